/* SPDX-License-Identifier: Apache-2.0 */
/* Digest fields: whatever parses can be written, and what was written parses to the same. */
#include <stdlib.h>

#include "gba/wire/auth_hdr.h"
#include "tests/lib/fuzz.h"

enum { ROOM = 1 << 16 };

static const size_t members[] = {
    offsetof(struct gba_auth, username),  offsetof(struct gba_auth, realm),
    offsetof(struct gba_auth, nonce),     offsetof(struct gba_auth, uri),
    offsetof(struct gba_auth, response),  offsetof(struct gba_auth, algorithm),
    offsetof(struct gba_auth, cnonce),    offsetof(struct gba_auth, opaque),
    offsetof(struct gba_auth, qop),       offsetof(struct gba_auth, nc),
    offsetof(struct gba_auth, auts),      offsetof(struct gba_auth, domain),
    offsetof(struct gba_auth, stale),     offsetof(struct gba_auth, rspauth),
    offsetof(struct gba_auth, nextnonce),
};

static void check_same(const struct gba_auth *a, const struct gba_auth *b)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const gba_view *x = (const gba_view *)(const void *)((const char *)a + members[i]);
        const gba_view *y = (const gba_view *)(const void *)((const char *)b + members[i]);
        if (!gba_view_eq(*x, *y) || (x->p == NULL) != (y->p == NULL))
            abort();
    }
}

static void check_round_trip(const struct gba_auth *a, void (*put)(gba_writer *, const struct gba_auth *))
{
    static uint8_t text[2 * ROOM], memory[ROOM];
    gba_arena arena = gba_arena_of(memory, sizeof memory);
    gba_writer w = gba_writer_of(text, sizeof text);
    struct gba_auth back;
    put(&w, a);
    if (gba_view_eq(gba_writer_view(&w), GBA_LIT("Digest ")))
        return; /* nothing but unknown parameters */
    if (gba_writer_end(&w) != GBA_OK || gba_auth_parse(gba_writer_view(&w), &arena, &back) != GBA_OK)
        abort();
    check_same(a, &back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[ROOM];
    gba_arena arena = gba_arena_of(memory, sizeof memory);
    struct gba_auth a;
    if (size > 8192)
        return 0;
    if (gba_auth_parse(gba_view_of(data, size), &arena, &a) == GBA_OK) {
        check_round_trip(&a, gba_put_credentials);
        check_round_trip(&a, gba_put_challenge);
        gba_auth_qop_offers(a.qop, GBA_LIT("auth-int"));
    }
    arena = gba_arena_of(memory, sizeof memory);
    if (gba_auth_info_parse(gba_view_of(data, size), &arena, &a) == GBA_OK)
        check_round_trip(&a, gba_put_credentials);
    return 0;
}
