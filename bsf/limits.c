/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/limits.h"

#include "gba/base/arena.h"
#include "gba/crypto/hash.h"

enum { TOKEN = 60000 };

/* ---- buckets ---- */

static uint64_t room_of(const struct bsf_conf_limit *limit)
{
    return (uint64_t)limit->burst * TOKEN;
}

static void refill(struct bsf_bucket *b, const struct bsf_conf_limit *limit, int64_t mono_ms)
{
    uint64_t room = room_of(limit), missing = room > b->level ? room - b->level : 0;
    uint64_t elapsed = mono_ms > b->at_ms ? (uint64_t)(mono_ms - b->at_ms) : 0;
    b->at_ms = mono_ms;
    if (limit->rate > 0 && elapsed > missing / limit->rate)
        b->level = room;
    else
        b->level += elapsed * limit->rate;
    b->level = b->level < room ? b->level : room; /* the burst may have been larger before */
}

/* What is asked for beyond what is there is not forgiven: the bucket ends up empty. */
static bool take(struct bsf_bucket *b, const struct bsf_conf_limit *limit, int64_t mono_ms, unsigned cost)
{
    uint64_t price = (uint64_t)cost * TOKEN;
    refill(b, limit, mono_ms);
    bool enough = b->level >= price;
    b->level = enough ? b->level - price : cost > 1 ? 0 : b->level;
    return enough;
}

/* ---- tables ---- */

static size_t table_memory(uint32_t cap)
{
    return gba_aligned(gba_slots_memory(cap)) + gba_aligned(cap * sizeof(struct bsf_limits_item));
}

size_t bsf_limits_memory(const struct bsf_conf_limits *conf)
{
    return table_memory(conf->addresses) + table_memory(conf->identities);
}

static void init_table(struct bsf_limits_table *t, uint32_t cap, void *memory, uint64_t seed)
{
    uint8_t *items = (uint8_t *)memory + gba_aligned(gba_slots_memory(cap));
    t->items = (struct bsf_limits_item *)(void *)items;
    gba_slots_init(&t->slots, memory, cap, seed);
}

void bsf_limits_init(struct bsf_limits *l, const struct bsf_conf_limits *conf, void *memory, uint64_t seed)
{
    *l = (struct bsf_limits){.conf = conf, .total.level = room_of(&conf->total)};
    init_table(&l->addresses, conf->addresses, memory, seed);
    init_table(&l->identities, conf->identities, (uint8_t *)memory + table_memory(conf->addresses), seed);
}

static bool same_key(const void *items, uint32_t slot, gba_view key)
{
    const struct bsf_limits_item *item = (const struct bsf_limits_item *)items + slot;
    return gba_view_eq(GBA_ARRAY(item->key), key);
}

static struct bsf_limits_item *find(const struct bsf_limits_table *t, gba_view key)
{
    uint32_t slot = gba_slots_find(&t->slots, key, same_key, t->items);
    return slot == GBA_SLOT_NONE ? NULL : &t->items[slot];
}

/* The item of the key, new or as it was, now the newest. */
static struct bsf_limits_item *touch(struct bsf_limits_table *t, const struct bsf_conf_limit *limit,
                                     gba_view key)
{
    struct bsf_limits_item kept = {.bucket.level = room_of(limit)};
    const struct bsf_limits_item *old = find(t, key);
    if (old) {
        kept = *old;
        gba_slots_give(&t->slots, (uint32_t)(old - t->items));
    } else if (t->slots.n == t->slots.cap) {
        gba_slots_give(&t->slots, t->slots.oldest);
    }
    struct bsf_limits_item *item = &t->items[gba_slots_take(&t->slots, key)];
    *item = kept;
    gba_copy(item->key, key);
    return item;
}

/* ---- addresses ---- */

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* A house or a phone has a whole /64 of IPv6; IPv4 comes mapped on sockets of both kinds. */
static void address_key(gba_view address, uint8_t key[16])
{
    gba_writer w = gba_writer_of(key, 16);
    if (address.n == 16 && gba_view_eq(gba_view_sub(address, 0, 12), GBA_ARRAY(mapped)))
        address = gba_view_sub(address, 12, 4);
    gba_put_u8(&w, (uint8_t)address.n);
    gba_put_view(&w, gba_view_sub(address, 0, address.n == 4 ? 4 : 8));
    while (w.n < 16)
        gba_put_u8(&w, 0);
}

gba_rc bsf_limits_request(struct bsf_limits *l, int64_t mono_ms, gba_view address, unsigned cost)
{
    uint8_t key[16];
    if (l->conf->address.burst > 0) {
        address_key(address, key);
        struct bsf_limits_item *item = touch(&l->addresses, &l->conf->address, GBA_ARRAY(key));
        GBA_ENSURE(take(&item->bucket, &l->conf->address, mono_ms, cost), GBA_E_UB_LIMIT_ADDRESS);
    }
    if (l->conf->total.burst > 0)
        GBA_ENSURE(take(&l->total, &l->conf->total, mono_ms, cost), GBA_E_UB_LIMIT_TOTAL);
    return GBA_OK;
}

/* ---- subscribers ---- */

static gba_rc identity_key(gba_view impi, uint8_t key[16])
{
    uint8_t hash[GBA_HASH_MAX];
    GBA_TRY(gba_hash_parts(GBA_HASH_SHA256, &impi, 1, hash));
    gba_copy(key, gba_view_of(hash, 16));
    return GBA_OK;
}

gba_rc bsf_limits_vector(struct bsf_limits *l, int64_t mono_ms, gba_view impi)
{
    uint8_t key[16];
    if (l->conf->identity.burst == 0)
        return GBA_OK;
    GBA_TRY(identity_key(impi, key));
    struct bsf_limits_item *item = touch(&l->identities, &l->conf->identity, GBA_ARRAY(key));
    return take(&item->bucket, &l->conf->identity, mono_ms, 1) ? GBA_OK : GBA_E_UB_LIMIT_IDENTITY;
}

static struct bsf_limits_item *known(const struct bsf_limits *l, gba_view impi)
{
    uint8_t key[16];
    if (l->conf->identity.burst == 0 || identity_key(impi, key) != GBA_OK)
        return NULL;
    return find(&l->identities, GBA_ARRAY(key));
}

uint32_t bsf_limits_left(const struct bsf_limits *l, int64_t mono_ms, gba_view impi)
{
    const struct bsf_limits_item *item = known(l, impi);
    if (item == NULL)
        return l->conf->identity.burst;
    struct bsf_bucket bucket = item->bucket;
    refill(&bucket, &l->conf->identity, mono_ms);
    return (uint32_t)(bucket.level / TOKEN);
}

void bsf_limits_challenged(struct bsf_limits *l, gba_view impi, bool by_tmpi, const gba_rand *rand)
{
    struct bsf_limits_item *item = known(l, impi);
    if (item)
        item->waiting[by_tmpi] = *rand;
}

const gba_rand *bsf_limits_last(const struct bsf_limits *l, gba_view impi, bool by_tmpi)
{
    const struct bsf_limits_item *item = known(l, impi);
    return item ? &item->waiting[by_tmpi] : NULL;
}
