/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/slots.h"

/* FNV-1a over the seed and the key. */
static uint32_t bucket_of(const struct gba_slots *s, gba_view key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ s->seed;
    for (size_t i = 0; i < key.n; i++)
        hash = (hash ^ key.p[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)((hash ^ hash >> 32) % s->cap);
}

size_t gba_slots_memory(uint32_t cap)
{
    return (size_t)cap * (sizeof(struct gba_slot_link) + sizeof(uint32_t));
}

void gba_slots_init(struct gba_slots *s, void *memory, uint32_t cap, uint64_t seed)
{
    struct gba_slot_link *links = memory;
    *s = (struct gba_slots){
        .links = links,
        .buckets = (uint32_t *)(links + cap),
        .cap = cap,
        .oldest = GBA_SLOT_NONE,
        .newest = GBA_SLOT_NONE,
        .seed = seed,
    };
    for (uint32_t i = 0; i < cap; i++) {
        s->buckets[i] = GBA_SLOT_NONE;
        s->links[i].chain = i + 1 < cap ? i + 1 : GBA_SLOT_NONE;
    }
}

uint32_t gba_slots_find(const struct gba_slots *s, gba_view key, gba_slot_same_fn *same, const void *items)
{
    uint32_t slot = s->buckets[bucket_of(s, key)];
    while (slot != GBA_SLOT_NONE && !same(items, slot, key))
        slot = s->links[slot].chain;
    return slot;
}

uint32_t gba_slots_take(struct gba_slots *s, gba_view key)
{
    uint32_t slot = s->free;
    if (slot == GBA_SLOT_NONE)
        return slot;
    struct gba_slot_link *link = &s->links[slot];
    uint32_t bucket = bucket_of(s, key);
    s->free = link->chain;
    *link = (struct gba_slot_link){s->buckets[bucket], s->newest, GBA_SLOT_NONE, bucket};
    s->buckets[bucket] = slot;
    if (s->newest != GBA_SLOT_NONE)
        s->links[s->newest].newer = slot;
    else
        s->oldest = slot;
    s->newest = slot;
    s->n++;
    return slot;
}

void gba_slots_give(struct gba_slots *s, uint32_t slot)
{
    struct gba_slot_link *link = &s->links[slot];
    uint32_t *at = &s->buckets[link->bucket];
    while (*at != slot)
        at = &s->links[*at].chain;
    *at = link->chain;
    if (link->older != GBA_SLOT_NONE)
        s->links[link->older].newer = link->newer;
    else
        s->oldest = link->newer;
    if (link->newer != GBA_SLOT_NONE)
        s->links[link->newer].older = link->older;
    else
        s->newest = link->older;
    link->chain = s->free;
    s->free = slot;
    s->n--;
}
