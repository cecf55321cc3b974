/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/cache.h"

#include "gba/base/arena.h"

/* The names of an entry as one octet string: NAF-Id is unambiguous behind a
 * B-TID because a B-TID holds no NUL. */
struct name {
    uint8_t octets[GBA_TEXT_MAX + 1 + GBA_NAFID_MAX];
    gba_view view;
};

static void name_of(gba_view btid, const gba_nafid *nafid, struct name *name)
{
    gba_writer w = gba_writer_of(name->octets, sizeof name->octets);
    gba_put_view(&w, btid);
    gba_put_u8(&w, 0);
    gba_nafid_encode(nafid, &w);
    name->view = gba_writer_view(&w);
}

static bool same(const void *items, uint32_t slot, gba_view key)
{
    const struct naf_key *entry = (const struct naf_key *)items + slot;
    struct name name;
    name_of(gba_text_view(&entry->btid), &entry->nafid, &name);
    return gba_view_eq(name.view, key);
}

/* The links follow the keys. */
static size_t keys_size(uint32_t cap)
{
    return gba_aligned((size_t)cap * sizeof(struct naf_key));
}

size_t naf_cache_memory(uint32_t cap)
{
    return keys_size(cap) + gba_slots_memory(cap);
}

void naf_cache_init(struct naf_cache *c, void *memory, uint32_t cap, uint64_t seed)
{
    c->keys = memory;
    gba_slots_init(&c->slots, (uint8_t *)memory + keys_size(cap), cap, seed);
}

static void forget(struct naf_cache *c, uint32_t slot)
{
    gba_wipe(&c->keys[slot]);
    gba_slots_give(&c->slots, slot);
}

static uint32_t slot_of(const struct naf_cache *c, gba_view btid, const gba_nafid *nafid)
{
    struct name name;
    if (btid.n > GBA_TEXT_MAX)
        return GBA_SLOT_NONE;
    name_of(btid, nafid, &name);
    return gba_slots_find(&c->slots, name.view, same, c->keys);
}

/* Equality is asked before the slot is given back: forget() wipes what it compares. */
void naf_cache_drop(struct naf_cache *c, gba_view btid, const gba_nafid *nafid)
{
    uint32_t slot = slot_of(c, btid, nafid);
    if (slot != GBA_SLOT_NONE)
        forget(c, slot);
}

const struct naf_key *naf_cache_find(struct naf_cache *c, gba_view btid, const gba_nafid *nafid,
                                     int64_t now_s)
{
    uint32_t slot = slot_of(c, btid, nafid);
    if (slot == GBA_SLOT_NONE)
        return NULL;
    if (c->keys[slot].expiry_s > now_s)
        return &c->keys[slot];
    forget(c, slot);
    return NULL;
}

void naf_cache_keep(struct naf_cache *c, const struct naf_key *key)
{
    struct name name;
    naf_cache_drop(c, gba_text_view(&key->btid), &key->nafid);
    if (c->slots.n == c->slots.cap)
        forget(c, c->slots.oldest);
    name_of(gba_text_view(&key->btid), &key->nafid, &name);
    c->keys[gba_slots_take(&c->slots, name.view)] = *key;
}
