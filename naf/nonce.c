/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/nonce.h"

#include "gba/base/arena.h"
#include "gba/base/secret.h"
#include "gba/crypto/hash.h"

enum { ID = 16, TAG = 16 };

static bool same(const void *items, uint32_t slot, gba_view key)
{
    return gba_view_eq(GBA_ARRAY(((const struct naf_nonce_use *)items)[slot].id), key);
}

static size_t uses_size(uint32_t cap)
{
    return gba_aligned((size_t)cap * sizeof(struct naf_nonce_use));
}

size_t naf_nonces_memory(uint32_t cap)
{
    return uses_size(cap) + gba_slots_memory(cap);
}

void naf_nonces_init(struct naf_nonces *n, void *memory, uint32_t cap, const gba_env *env)
{
    uint64_t seed;
    n->uses = memory;
    n->forgotten_ms = 0;
    gba_env_random(env, n->secret, sizeof n->secret);
    gba_env_random(env, &seed, sizeof seed);
    gba_slots_init(&n->slots, (uint8_t *)memory + uses_size(cap), cap, seed);
}

static gba_rc tag_of(const struct naf_nonces *n, gba_view id, gba_view fqdn, uint8_t tag[GBA_HASH_MAX])
{
    uint8_t octets[ID + GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    gba_put_view(&w, id);
    gba_put_view(&w, fqdn);
    GBA_TRY(gba_writer_end(&w));
    return gba_hmac(GBA_HASH_SHA256, GBA_ARRAY(n->secret), gba_writer_view(&w), tag);
}

gba_rc naf_nonce_make(const struct naf_nonces *n, const gba_env *env, gba_view fqdn, gba_writer *w)
{
    uint8_t raw[NAF_NONCE_RAW], random[8], tag[GBA_HASH_MAX];
    gba_writer r = gba_writer_of(raw, sizeof raw);
    gba_env_random(env, random, sizeof random);
    gba_put_u64(&r, (uint64_t)env->now_ms);
    gba_put_view(&r, GBA_ARRAY(random));
    GBA_TRY(tag_of(n, gba_writer_view(&r), fqdn, tag));
    gba_put_view(&r, gba_view_of(tag, TAG));
    gba_put_b64(w, GBA_ARRAY(raw));
    return gba_writer_end(w);
}

/* Is this nonce one that we issued for this service? */
static bool ours(const struct naf_nonces *n, gba_view nonce, gba_view fqdn, uint8_t raw[NAF_NONCE_RAW])
{
    uint8_t tag[GBA_HASH_MAX];
    gba_writer w = gba_writer_of(raw, NAF_NONCE_RAW);
    if (nonce.n != NAF_NONCE_TEXT || gba_b64_parse(nonce, &w) != GBA_OK || w.n != NAF_NONCE_RAW)
        return false;
    if (tag_of(n, gba_view_of(raw, ID), fqdn, tag) != GBA_OK)
        return false;
    return gba_ct_eq(gba_view_of(raw + ID, TAG), gba_view_of(tag, TAG));
}

static int64_t issued_ms(gba_view id)
{
    gba_reader r = gba_reader_of(id);
    return (int64_t)gba_get_u64(&r);
}

/* Slots are taken at first use, not at issue: what is given back may be younger
 * than a nonce still to come, so the mark only moves forward. */
static void forget_oldest(struct naf_nonces *n)
{
    uint32_t slot = n->slots.oldest;
    int64_t issued = issued_ms(GBA_ARRAY(n->uses[slot].id));
    if (issued > n->forgotten_ms)
        n->forgotten_ms = issued;
    gba_slots_give(&n->slots, slot);
}

enum naf_nonce_state naf_nonce_use(struct naf_nonces *n, const gba_env *env, gba_view fqdn,
                                   const struct naf_nonce_claim *claim)
{
    uint8_t raw[NAF_NONCE_RAW];
    if (!ours(n, claim->nonce, fqdn, raw))
        return NAF_NONCE_STALE;
    gba_view id = gba_view_of(raw, ID);
    int64_t age_ms = env->now_ms - issued_ms(id);
    if (age_ms < 0 || age_ms > (int64_t)claim->max_age_s * 1000)
        return NAF_NONCE_STALE;
    uint32_t slot = gba_slots_find(&n->slots, id, same, n->uses);
    if (slot != GBA_SLOT_NONE) {
        if (claim->nc <= n->uses[slot].nc)
            return NAF_NONCE_REPLAYED;
        n->uses[slot].nc = claim->nc;
        return NAF_NONCE_FRESH;
    }
    if (issued_ms(id) <= n->forgotten_ms)
        return NAF_NONCE_STALE;
    if (n->slots.n == n->slots.cap)
        forget_oldest(n);
    slot = gba_slots_take(&n->slots, id);
    gba_copy(n->uses[slot].id, id);
    n->uses[slot].nc = claim->nc;
    return NAF_NONCE_FRESH;
}
