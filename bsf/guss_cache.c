/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/guss_cache.h"

#include "gba/base/arena.h"

enum { BLOCKS_EACH = 2, BLOCKS_LEAST = 256 };

static uint32_t blocks_of(uint32_t cap)
{
    return cap ? cap * BLOCKS_EACH + BLOCKS_LEAST : 0;
}

size_t bsf_guss_cache_memory(uint32_t cap)
{
    return gba_aligned(gba_slots_memory(cap)) + gba_aligned(cap * sizeof(struct bsf_guss_item)) +
           blocks_of(cap) * sizeof(struct bsf_chain_block);
}

void bsf_guss_cache_init(struct bsf_guss_cache *c, void *memory, uint32_t cap, uint64_t seed)
{
    uint8_t *items = (uint8_t *)memory + gba_aligned(gba_slots_memory(cap));
    uint8_t *blocks = items + gba_aligned(cap * sizeof(struct bsf_guss_item));
    gba_slots_init(&c->slots, memory, cap, seed);
    c->items = (struct bsf_guss_item *)(void *)items;
    bsf_chains_init(&c->chains, (struct bsf_chain_block *)(void *)blocks, blocks_of(cap));
}

static bool same_impi(const void *items, uint32_t slot, gba_view impi)
{
    const struct bsf_guss_item *item = (const struct bsf_guss_item *)items + slot;
    return gba_view_eq(gba_text_view(&item->impi), impi);
}

const struct bsf_guss_item *bsf_guss_cache_find(const struct bsf_guss_cache *c, gba_view impi,
                                                int64_t mono_ms)
{
    if (c->slots.cap == 0)
        return NULL;
    uint32_t slot = gba_slots_find(&c->slots, impi, same_impi, c->items);
    if (slot == GBA_SLOT_NONE || mono_ms - c->items[slot].came_ms >= c->age_ms)
        return NULL;
    return &c->items[slot];
}

static void forget(struct bsf_guss_cache *c, uint32_t slot)
{
    bsf_chain_drop(&c->chains, &c->items[slot].guss);
    gba_slots_give(&c->slots, slot);
}

void bsf_guss_cache_put(struct bsf_guss_cache *c, const gba_text *impi, const gba_env *env, gba_view guss)
{
    if (c->slots.cap == 0)
        return;
    gba_view key = gba_text_view(impi);
    uint32_t slot = gba_slots_find(&c->slots, key, same_impi, c->items);
    if (slot != GBA_SLOT_NONE)
        forget(c, slot);
    if (c->slots.n == c->slots.cap)
        forget(c, c->slots.oldest);
    struct bsf_chain kept;
    while (bsf_chain_put(&c->chains, guss, &kept) != GBA_OK) {
        if (c->slots.n == 0)
            return;
        forget(c, c->slots.oldest);
    }
    slot = gba_slots_take(&c->slots, key);
    c->items[slot] = (struct bsf_guss_item){*impi, gba_env_now_s(env), env->mono_ms, kept};
}
