/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/zh_cache.h"

#include "gba/base/arena.h"

size_t bsf_zh_cache_memory(uint32_t cap)
{
    return gba_aligned(gba_slots_memory(cap)) + cap * sizeof(struct bsf_zh_cached);
}

void bsf_zh_cache_init(struct bsf_zh_cache *c, void *memory, uint32_t cap, uint64_t seed)
{
    gba_slots_init(&c->slots, memory, cap, seed);
    c->items = (struct bsf_zh_cached *)(void *)((uint8_t *)memory + gba_aligned(gba_slots_memory(cap)));
}

/* The scope, then the name; host names and realms know no case. */
static gba_rc key_of(enum bsf_zh_scope scope, gba_view name, gba_text *key)
{
    GBA_ENSURE(name.n < GBA_TEXT_MAX, GBA_E_TOO_LONG);
    GBA_TRY(gba_text_set(key, name));
    if (scope != BSF_ZH_OF_USER)
        gba_text_lower(key);
    key->s[key->n++] = (char)scope;
    key->s[key->n] = '\0';
    return GBA_OK;
}

static bool same_key(const void *items, uint32_t slot, gba_view key)
{
    const struct bsf_zh_cached *item = (const struct bsf_zh_cached *)items + slot;
    return gba_view_eq(gba_text_view(&item->key), key);
}

static uint32_t slot_of(const struct bsf_zh_cache *c, const gba_text *key)
{
    return c->slots.cap ? gba_slots_find(&c->slots, gba_text_view(key), same_key, c->items) : GBA_SLOT_NONE;
}

void bsf_zh_cache_put(struct bsf_zh_cache *c, enum bsf_zh_scope scope, gba_view name,
                      const struct bsf_zh_ways *ways, int64_t until_ms)
{
    gba_text key;
    if (c->slots.cap == 0 || key_of(scope, name, &key) != GBA_OK)
        return;
    uint32_t slot = slot_of(c, &key);
    if (slot != GBA_SLOT_NONE)
        gba_slots_give(&c->slots, slot);
    else if (c->slots.n == c->slots.cap)
        gba_slots_give(&c->slots, c->slots.oldest);
    slot = gba_slots_take(&c->slots, gba_text_view(&key));
    struct bsf_zh_cached *item = &c->items[slot];
    *item = (struct bsf_zh_cached){.key = key, .until_ms = until_ms, .ways = *ways};
    for (size_t i = 0; i < ways->n; i++)
        item->generations[i] = ways->hosts[i]->generation;
}

bool bsf_zh_cache_find(struct bsf_zh_cache *c, enum bsf_zh_scope scope, gba_view name, int64_t mono_ms,
                       struct bsf_zh_ways *ways)
{
    gba_text key;
    uint32_t slot = key_of(scope, name, &key) == GBA_OK ? slot_of(c, &key) : GBA_SLOT_NONE;
    if (slot == GBA_SLOT_NONE)
        return false;
    const struct bsf_zh_cached *item = &c->items[slot];
    *ways = (struct bsf_zh_ways){.n = 0};
    for (size_t i = 0; i < item->ways.n && mono_ms < item->until_ms; i++) {
        if (item->ways.hosts[i]->generation == item->generations[i])
            ways->hosts[ways->n++] = item->ways.hosts[i];
    }
    if (ways->n == 0)
        gba_slots_give(&c->slots, slot);
    return ways->n > 0;
}

void bsf_zh_cache_drop(struct bsf_zh_cache *c, enum bsf_zh_scope scope, gba_view name)
{
    gba_text key;
    uint32_t slot = key_of(scope, name, &key) == GBA_OK ? slot_of(c, &key) : GBA_SLOT_NONE;
    if (slot != GBA_SLOT_NONE)
        gba_slots_give(&c->slots, slot);
}
