/* SPDX-License-Identifier: Apache-2.0 */
/* GUSS and ussList: what parses can be written, and what was written parses to the same. */
#include <stdlib.h>

#include "gba/wire/guss.h"
#include "tests/lib/fuzz.h"

enum { ROOM = 1 << 20 };

static void ensure(bool holds)
{
    if (!holds)
        abort();
}

static void check_same_uss(const struct gba_uss *a, const struct gba_uss *b)
{
    ensure(gba_view_eq(a->id, b->id) && a->type == b->type && a->key_choice == b->key_choice);
    ensure(gba_view_eq(a->naf_group, b->naf_group) && (a->naf_group.p == NULL) == (b->naf_group.p == NULL));
    ensure(a->n_uids == b->n_uids && a->n_flags == b->n_flags);
    for (size_t i = 0; i < a->n_uids; i++)
        ensure(gba_view_eq(a->uids[i], b->uids[i]));
    for (size_t i = 0; i < a->n_flags; i++)
        ensure(a->flags[i] == b->flags[i]);
}

static void check_round_trip(const struct gba_guss *guss)
{
    static uint8_t text[ROOM], memory[ROOM];
    gba_arena arena = gba_arena_of(memory, sizeof memory);
    gba_writer w = gba_writer_of(text, sizeof text);
    struct gba_guss back;
    gba_put_guss(&w, guss);
    ensure(gba_writer_end(&w) == GBA_OK);
    if (w.n > GBA_GUSS_MAX)
        return; /* escapes and short forms can make a document longer than it was */
    ensure(gba_guss_parse(gba_writer_view(&w), &arena, &back) == GBA_OK);
    ensure(gba_view_eq(guss->impi, back.impi) && guss->uicc_type == back.uicc_type);
    ensure(guss->lifetime_s == back.lifetime_s && guss->n_uss == back.n_uss);
    for (size_t i = 0; i < guss->n_uss; i++)
        check_same_uss(&guss->uss[i], &back.uss[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[ROOM];
    gba_arena arena = gba_arena_of(memory, sizeof memory);
    struct gba_guss guss;
    if (gba_guss_parse(gba_view_of(data, size), &arena, &guss) == GBA_OK)
        check_round_trip(&guss);
    return 0;
}
