/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/uss_pack.h"

enum { TWO_FOLLOW = 253, FOUR_FOLLOW = 254 };

static void put_number(gba_writer *w, uint32_t v)
{
    if (v < TWO_FOLLOW) {
        gba_put_u8(w, (uint8_t)v);
    } else if (v <= UINT16_MAX) {
        gba_put_u8(w, TWO_FOLLOW);
        gba_put_u16(w, (uint16_t)v);
    } else {
        gba_put_u8(w, FOUR_FOLLOW);
        gba_put_u32(w, v);
    }
}

static void put_text(gba_writer *w, gba_view text)
{
    put_number(w, (uint32_t)text.n);
    gba_put_view(w, text);
}

static void put_uss(gba_writer *w, const struct gba_uss *uss)
{
    put_text(w, uss->id);
    put_number(w, uss->type);
    gba_put_u8(w, uss->naf_group.p != NULL);
    if (uss->naf_group.p)
        put_text(w, uss->naf_group);
    put_number(w, (uint32_t)uss->n_uids);
    for (size_t i = 0; i < uss->n_uids; i++)
        put_text(w, uss->uids[i]);
    put_number(w, (uint32_t)uss->n_flags);
    for (size_t i = 0; i < uss->n_flags; i++)
        put_number(w, uss->flags[i]);
    gba_put_u8(w, (uint8_t)uss->key_choice);
}

void gba_put_uss_packed(gba_writer *w, const struct gba_guss *guss)
{
    put_number(w, (uint32_t)guss->n_uss);
    for (size_t i = 0; i < guss->n_uss; i++)
        put_uss(w, &guss->uss[i]);
}

static gba_rc get_number(gba_reader *r, uint32_t *v)
{
    uint8_t first = gba_get_u8(r);
    uint32_t least = first == TWO_FOLLOW ? TWO_FOLLOW : UINT16_MAX + 1;
    *v = first;
    if (first < TWO_FOLLOW)
        return GBA_OK;
    GBA_ENSURE(first <= FOUR_FOLLOW, GBA_E_NUMBER);
    *v = first == TWO_FOLLOW ? gba_get_u16(r) : gba_get_u32(r);
    GBA_ENSURE(!r->bad, GBA_E_TRUNCATED);
    return *v >= least ? GBA_OK : GBA_E_NUMBER;
}

static gba_rc get_text(gba_reader *r, gba_view *text)
{
    uint32_t n;
    GBA_TRY(get_number(r, &n));
    *text = gba_get_view(r, n);
    return r->bad ? GBA_E_TRUNCATED : GBA_OK;
}

static gba_rc get_count(gba_reader *r, uint32_t max, size_t *count)
{
    uint32_t n;
    GBA_TRY(get_number(r, &n));
    GBA_ENSURE(n <= max, GBA_E_XML_SIZE);
    *count = n;
    return GBA_OK;
}

static gba_rc get_octet(gba_reader *r, uint8_t max, uint8_t *v)
{
    *v = gba_get_u8(r);
    return *v <= max ? GBA_OK : GBA_E_NUMBER;
}

static gba_rc get_uss(gba_reader *r, struct gba_uss *uss)
{
    uint8_t has_group, choice;
    GBA_TRY(get_text(r, &uss->id));
    GBA_TRY(get_number(r, &uss->type));
    GBA_TRY(get_octet(r, 1, &has_group));
    if (has_group)
        GBA_TRY(get_text(r, &uss->naf_group));
    GBA_TRY(get_count(r, GBA_USS_MAX_ITEMS, &uss->n_uids));
    for (size_t i = 0; i < uss->n_uids; i++)
        GBA_TRY(get_text(r, &uss->uids[i]));
    GBA_TRY(get_count(r, GBA_USS_MAX_ITEMS, &uss->n_flags));
    for (size_t i = 0; i < uss->n_flags; i++)
        GBA_TRY(get_number(r, &uss->flags[i]));
    GBA_TRY(get_octet(r, GBA_KEY_BOTH, &choice));
    uss->key_choice = (enum gba_key_choice)choice;
    return GBA_OK;
}

gba_rc gba_uss_unpack(gba_view packed, gba_arena *arena, struct gba_guss *out)
{
    gba_reader r = gba_reader_of(packed);
    *out = (struct gba_guss){.n_uss = 0};
    size_t n;
    GBA_TRY(get_count(&r, GBA_GUSS_MAX_USS, &n));
    out->uss = gba_arena_take(arena, n * sizeof *out->uss);
    GBA_ENSURE(out->uss != NULL, GBA_E_SPACE);
    for (; out->n_uss < n; out->n_uss++)
        GBA_TRY(get_uss(&r, &out->uss[out->n_uss]));
    return gba_reader_end(&r);
}
