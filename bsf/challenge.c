/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/challenge.h"

#include "gba/base/arena.h"

/* Blocks of the pool of settings a challenge: four hold 2 KiB, more than usual. */
enum { BLOCKS_EACH = 4, BLOCKS_LEAST = 256 };

static uint32_t blocks_of(uint32_t cap)
{
    return cap * BLOCKS_EACH + BLOCKS_LEAST;
}

size_t bsf_challenges_memory(uint32_t cap)
{
    return gba_aligned(gba_slots_memory(cap)) + gba_aligned(cap * sizeof(struct bsf_challenge)) +
           blocks_of(cap) * sizeof(struct bsf_chain_block);
}

void bsf_challenges_init(struct bsf_challenges *t, void *memory, uint32_t cap, uint64_t seed)
{
    uint8_t *items = (uint8_t *)memory + gba_aligned(gba_slots_memory(cap));
    uint8_t *blocks = items + gba_aligned(cap * sizeof(struct bsf_challenge));
    gba_slots_init(&t->slots, memory, cap, seed);
    t->items = (struct bsf_challenge *)(void *)items;
    bsf_chains_init(&t->settings, (struct bsf_chain_block *)(void *)blocks, blocks_of(cap));
}

static bool alive(const struct bsf_challenges *t, const struct bsf_challenge *c, int64_t mono_ms)
{
    return mono_ms - c->issued_ms < t->lifetime_ms;
}

void bsf_challenges_drop(struct bsf_challenges *t, struct bsf_challenge *c)
{
    bsf_chain_drop(&t->settings, &c->settings);
    gba_wipe(c);
    gba_slots_give(&t->slots, (uint32_t)(c - t->items));
}

void bsf_challenges_expire(struct bsf_challenges *t, int64_t mono_ms)
{
    while (t->slots.n > 0 && !alive(t, &t->items[t->slots.oldest], mono_ms))
        bsf_challenges_drop(t, &t->items[t->slots.oldest]);
}

bool bsf_challenges_full(const struct bsf_challenges *t)
{
    return t->slots.n == t->slots.cap;
}

static bool same_rand(const void *items, uint32_t slot, gba_view rand)
{
    const struct bsf_challenge *c = (const struct bsf_challenge *)items + slot;
    return gba_view_eq(GBA_ARRAY(c->rand.b), rand);
}

gba_rc bsf_challenges_put(struct bsf_challenges *t, const struct bsf_challenge *c, gba_view settings)
{
    gba_view key = GBA_ARRAY(c->rand.b);
    GBA_ENSURE(gba_slots_find(&t->slots, key, same_rand, t->items) == GBA_SLOT_NONE, GBA_E_ZH_REPEATED);
    GBA_ENSURE(!bsf_challenges_full(t), GBA_E_UB_FULL);
    struct bsf_chain kept;
    GBA_ENSURE(bsf_chain_put(&t->settings, settings, &kept) == GBA_OK, GBA_E_UB_FULL);
    struct bsf_challenge *item = &t->items[gba_slots_take(&t->slots, key)];
    *item = *c;
    item->settings = kept;
    return GBA_OK;
}

struct bsf_challenge *bsf_challenges_find(struct bsf_challenges *t, const gba_rand *rand, int64_t mono_ms)
{
    uint32_t slot = gba_slots_find(&t->slots, GBA_ARRAY(rand->b), same_rand, t->items);
    if (slot == GBA_SLOT_NONE || !alive(t, &t->items[slot], mono_ms))
        return NULL;
    return &t->items[slot];
}

/*= TS 24.109 H.2: with 2G GBA Ks-input stands behind zeros; I.2: with GBA_Digest it is random */
void bsf_challenge_put_nonce(const struct bsf_challenge *c, gba_writer *w)
{
    uint8_t octets[sizeof c->rand.b + sizeof c->autn.b + sizeof c->ks_input];
    gba_writer plain = gba_writer_of(octets, sizeof octets);
    gba_put_view(&plain, GBA_ARRAY(c->rand.b));
    if (c->type != BSF_DIGEST)
        gba_put_view(&plain, GBA_ARRAY(c->autn.b));
    if (c->type == BSF_2G)
        gba_put_view(&plain, GBA_ARRAY(c->ks_input));
    gba_put_b64(w, gba_writer_view(&plain));
}
