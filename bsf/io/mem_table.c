/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/mem_table.h"

#include <stdlib.h>

#include "bsf/io/slab.h"

/* Expiry buckets of a second each; what expires later waits in its bucket for the next round. */
enum { BUCKETS = 1 << 16 };

/* Three names a record at most, and a quarter of the index empty. */
enum { ENTRIES_EACH = 4 };

/* How far to look for expired ones when all is full. */
enum { ROOM_SWEEP = 4096 };

enum name { KEY, ALIAS, OWNER, NAMES, NAME_MASK = 3 };

struct record {
    bsf_store_key names[NAMES];
    int64_t expiry_ms;
    uint32_t n : 31, has_alias : 1;
    uint32_t older, newer;  /* of this owner */
    uint32_t after, before; /* in the bucket */
    uint8_t b[];
};

struct entry {
    uint32_t tag;   /* ends in the name it is for; says where in the index it belongs; 0: empty */
    uint32_t piece; /* of the owner: the newest */
};

struct bsf_mem_table {
    struct bsf_slab *slab;
    struct entry *entries;
    uint64_t n_entries, seed;
    uint32_t *buckets;
    int64_t swept_s; /* buckets before this second hold nothing expired */
    uint32_t cap, n;
};

static struct record *record_at(const struct bsf_mem_table *t, uint32_t piece)
{
    return bsf_slab_at(t->slab, piece);
}

/* ---- the index: open addressing, each entry as near behind its place as can be ---- */

static uint32_t tag_of(const struct bsf_mem_table *t, enum name name, const bsf_store_key *key)
{
    uint64_t half[2];
    gba_copy(half, GBA_ARRAY(key->b));
    uint64_t hash = (half[0] ^ t->seed) * UINT64_C(0x9e3779b97f4a7c15);
    hash = ((hash ^ hash >> 32) + half[1]) * UINT64_C(0xd6e8feb86659fd93);
    return ((uint32_t)(hash >> 32) & ~(uint32_t)NAME_MASK) | ((uint32_t)name + 1);
}

static uint64_t place_of(const struct bsf_mem_table *t, uint32_t tag)
{
    return tag * t->n_entries >> 32;
}

static uint64_t behind(const struct bsf_mem_table *t, uint64_t at)
{
    return at + 1 < t->n_entries ? at + 1 : 0;
}

static struct entry *find(const struct bsf_mem_table *t, enum name name, const bsf_store_key *key)
{
    uint32_t tag = tag_of(t, name, key);
    uint64_t at = place_of(t, tag);
    for (struct entry *e = &t->entries[at]; e->tag != 0; e = &t->entries[at = behind(t, at)]) {
        const struct record *r = record_at(t, e->piece);
        if (e->tag == tag && (name != ALIAS || r->has_alias) &&
            gba_view_eq(GBA_ARRAY(r->names[name].b), GBA_ARRAY(key->b)))
            return e;
    }
    return NULL;
}

static void add_entry(struct bsf_mem_table *t, enum name name, uint32_t piece)
{
    uint32_t tag = tag_of(t, name, &record_at(t, piece)->names[name]);
    uint64_t at = place_of(t, tag);
    while (t->entries[at].tag != 0)
        at = behind(t, at);
    t->entries[at] = (struct entry){tag, piece};
}

/* Those behind move up, unless they would stand before their place. */
static void drop_entry(struct bsf_mem_table *t, struct entry *e)
{
    uint64_t hole = (uint64_t)(e - t->entries);
    for (uint64_t at = behind(t, hole); t->entries[at].tag != 0; at = behind(t, at)) {
        uint64_t place = place_of(t, t->entries[at].tag);
        bool may_move = hole <= at ? place <= hole || place > at : place <= hole && place > at;
        if (!may_move)
            continue;
        t->entries[hole] = t->entries[at];
        hole = at;
    }
    t->entries[hole] = (struct entry){0, 0};
}

/* ---- owners ---- */

static void join_owner(struct bsf_mem_table *t, uint32_t piece)
{
    struct record *r = record_at(t, piece);
    struct entry *newest = find(t, OWNER, &r->names[OWNER]);
    r->newer = BSF_SLAB_NONE;
    r->older = newest ? newest->piece : BSF_SLAB_NONE;
    if (newest) {
        record_at(t, newest->piece)->newer = piece;
        newest->piece = piece;
    } else {
        add_entry(t, OWNER, piece);
    }
}

static void leave_owner(struct bsf_mem_table *t, const struct record *r)
{
    if (r->older != BSF_SLAB_NONE)
        record_at(t, r->older)->newer = r->newer;
    if (r->newer != BSF_SLAB_NONE) {
        record_at(t, r->newer)->older = r->older;
        return;
    }
    struct entry *newest = find(t, OWNER, &r->names[OWNER]);
    if (r->older != BSF_SLAB_NONE)
        newest->piece = r->older;
    else
        drop_entry(t, newest);
}

/* ---- expiry ---- */

static uint32_t *bucket_of(const struct bsf_mem_table *t, int64_t ms)
{
    return &t->buckets[(uint64_t)(ms / 1000) % BUCKETS];
}

static void join_bucket(struct bsf_mem_table *t, uint32_t piece)
{
    struct record *r = record_at(t, piece);
    uint32_t *first = bucket_of(t, r->expiry_ms);
    r->before = BSF_SLAB_NONE;
    r->after = *first;
    if (*first != BSF_SLAB_NONE)
        record_at(t, *first)->before = piece;
    *first = piece;
}

static void leave_bucket(struct bsf_mem_table *t, const struct record *r)
{
    if (r->after != BSF_SLAB_NONE)
        record_at(t, r->after)->before = r->before;
    if (r->before != BSF_SLAB_NONE)
        record_at(t, r->before)->after = r->after;
    else
        *bucket_of(t, r->expiry_ms) = r->after;
}

/* ---- records ---- */

static void forget(struct bsf_mem_table *t, uint32_t piece)
{
    struct record *r = record_at(t, piece);
    leave_owner(t, r);
    leave_bucket(t, r);
    drop_entry(t, find(t, KEY, &r->names[KEY]));
    if (r->has_alias)
        drop_entry(t, find(t, ALIAS, &r->names[ALIAS]));
    bsf_slab_give(t->slab, piece);
    t->n--;
}

/* False when it had to stop because *most was used up. */
static bool sweep_bucket(struct bsf_mem_table *t, int64_t now_ms, unsigned *most)
{
    uint32_t piece = *bucket_of(t, t->swept_s * 1000);
    while (piece != BSF_SLAB_NONE) {
        const struct record *r = record_at(t, piece);
        uint32_t after = r->after;
        bool expired = r->expiry_ms <= now_ms;
        if (expired && *most == 0)
            return false;
        if (expired)
            forget(t, piece);
        *most -= *most > 0;
        piece = after;
    }
    return true;
}

bool bsf_mem_table_expire(struct bsf_mem_table *t, int64_t now_ms, unsigned most)
{
    int64_t now_s = now_ms / 1000;
    if (t->swept_s > now_s || t->swept_s <= now_s - BUCKETS)
        t->swept_s = now_s - BUCKETS + 1;
    while (sweep_bucket(t, now_ms, &most)) {
        if (t->swept_s == now_s)
            return true;
        t->swept_s++;
        if (most == 0)
            return false;
    }
    return false;
}

/* Of the owner of r, others than r: forget the expired ones; how many are left. */
static uint32_t live_others(struct bsf_mem_table *t, const struct record *r, int64_t now_ms)
{
    const struct entry *newest = find(t, OWNER, &r->names[OWNER]);
    uint32_t n = 0, piece = newest ? newest->piece : BSF_SLAB_NONE;
    while (piece != BSF_SLAB_NONE) {
        const struct record *other = record_at(t, piece);
        uint32_t older = other->older;
        if (other->expiry_ms <= now_ms)
            forget(t, piece);
        else if (!gba_view_eq(GBA_ARRAY(other->names[KEY].b), GBA_ARRAY(r->names[KEY].b)))
            n++;
        piece = older;
    }
    return n;
}

/* Of the owner of r: forget all but the newest `keep`. */
static void trim(struct bsf_mem_table *t, const struct record *r, uint32_t keep)
{
    const struct entry *newest = find(t, OWNER, &r->names[OWNER]);
    uint32_t piece = newest ? newest->piece : BSF_SLAB_NONE;
    for (uint32_t n = 0; piece != BSF_SLAB_NONE; n++) {
        uint32_t older = record_at(t, piece)->older;
        if (n >= keep)
            forget(t, piece);
        piece = older;
    }
}

static void take_alias(struct bsf_mem_table *t, const bsf_store_key *alias)
{
    struct entry *e = find(t, ALIAS, alias);
    if (!e)
        return;
    record_at(t, e->piece)->has_alias = 0;
    drop_entry(t, e);
}

static void insert(struct bsf_mem_table *t, uint32_t piece)
{
    const struct record *r = record_at(t, piece);
    add_entry(t, KEY, piece);
    if (r->has_alias) {
        take_alias(t, &r->names[ALIAS]);
        add_entry(t, ALIAS, piece);
    }
    join_owner(t, piece);
    join_bucket(t, piece);
    t->n++;
}

uint32_t bsf_mem_table_copy(struct bsf_mem_table *t, const struct bsf_store_put *put)
{
    uint32_t piece = bsf_slab_take(t->slab, sizeof(struct record) + put->record.n);
    if (piece == BSF_SLAB_NONE)
        return piece;
    struct record *r = record_at(t, piece);
    *r = (struct record){
        .names = {put->key, put->alias, put->owner},
        .expiry_ms = put->expiry_ms,
        .n = (uint32_t)put->record.n,
        .has_alias = put->has_alias,
    };
    gba_copy(r->b, put->record);
    return piece;
}

void bsf_mem_table_del(struct bsf_mem_table *t, const bsf_store_key *key)
{
    const struct entry *e = find(t, KEY, key);
    if (e)
        forget(t, e->piece);
}

static bool has_room(struct bsf_mem_table *t, int64_t now_ms)
{
    if (t->n >= t->cap)
        (void)bsf_mem_table_expire(t, now_ms, ROOM_SWEEP);
    return t->n < t->cap;
}

gba_rc bsf_mem_table_put(struct bsf_mem_table *t, uint32_t copy, uint32_t keep, int64_t now_ms)
{
    const struct record *r = record_at(t, copy);
    bool expired = r->expiry_ms <= now_ms;
    uint32_t others = live_others(t, r, now_ms);
    bool old = find(t, KEY, &r->names[KEY]) != NULL;
    bool fits = expired || old || others >= keep || has_room(t, now_ms);
    if (fits)
        bsf_mem_table_del(t, &r->names[KEY]);
    if (expired || !fits) {
        bsf_slab_give(t->slab, copy);
        return fits ? GBA_OK : GBA_E_STORE_FULL;
    }
    trim(t, r, keep - 1);
    insert(t, copy);
    return GBA_OK;
}

static struct bsf_stored found_of(const struct record *r)
{
    return (struct bsf_stored){r->names[KEY], gba_view_of(r->b, r->n), r->expiry_ms};
}

static const struct entry *find_any(const struct bsf_mem_table *t, const bsf_store_key *key)
{
    const struct entry *e = find(t, KEY, key);
    return e ? e : find(t, ALIAS, key);
}

gba_rc bsf_mem_table_get(const struct bsf_mem_table *t, const bsf_store_key *key, int64_t now_ms,
                         struct bsf_stored *found)
{
    const struct entry *e = find_any(t, key);
    GBA_ENSURE(e != NULL, GBA_E_ABSENT);
    const struct record *r = record_at(t, e->piece);
    GBA_ENSURE(r->expiry_ms > now_ms, GBA_E_ABSENT);
    *found = found_of(r);
    return GBA_OK;
}

size_t bsf_mem_table_of(const struct bsf_mem_table *t, const bsf_store_key *owner, int64_t now_ms,
                        struct bsf_stored found[BSF_STORE_KEEP_MAX])
{
    const struct entry *newest = find(t, OWNER, owner);
    uint32_t piece = newest ? newest->piece : BSF_SLAB_NONE;
    size_t n = 0;
    while (piece != BSF_SLAB_NONE && n < BSF_STORE_KEEP_MAX) {
        const struct record *r = record_at(t, piece);
        if (r->expiry_ms > now_ms)
            found[n++] = found_of(r);
        piece = r->older;
    }
    return n;
}

void bsf_mem_table_warm_index(const struct bsf_mem_table *t, const bsf_store_key *key)
{
    __builtin_prefetch(&t->entries[place_of(t, tag_of(t, KEY, key))]);
}

void bsf_mem_table_warm_record(const struct bsf_mem_table *t, const bsf_store_key *key)
{
    uint32_t tag = tag_of(t, KEY, key);
    uint64_t at = place_of(t, tag);
    while (t->entries[at].tag != tag && t->entries[at].tag != 0)
        at = behind(t, at);
    if (t->entries[at].tag == 0)
        return;
    const uint8_t *p = (const uint8_t *)record_at(t, t->entries[at].piece);
    for (size_t line = 0; line < 4; line++)
        __builtin_prefetch(p + 64 * line);
}

uint32_t bsf_mem_table_count(const struct bsf_mem_table *t)
{
    return t->n;
}

gba_rc bsf_mem_table_new(uint32_t cap, uint64_t seed, struct bsf_mem_table **out)
{
    struct bsf_mem_table *t = calloc(1, sizeof *t);
    GBA_ENSURE(t != NULL, GBA_E_MEMORY);
    *t = (struct bsf_mem_table){.cap = cap, .seed = seed, .n_entries = (uint64_t)ENTRIES_EACH * cap};
    t->entries = calloc(t->n_entries, sizeof *t->entries);
    t->buckets = malloc(BUCKETS * sizeof *t->buckets);
    if (!t->entries || !t->buckets || bsf_slab_new(&t->slab) != GBA_OK) {
        bsf_mem_table_free(t);
        return GBA_E_MEMORY;
    }
    for (size_t i = 0; i < BUCKETS; i++)
        t->buckets[i] = BSF_SLAB_NONE;
    *out = t;
    return GBA_OK;
}

void bsf_mem_table_free(struct bsf_mem_table *t)
{
    if (!t)
        return;
    bsf_slab_free(t->slab);
    free(t->entries);
    free(t->buckets);
    free(t);
}
