/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/fake_store.h"

#include <stdlib.h>

static bool same(const bsf_store_key *a, const bsf_store_key *b)
{
    return gba_view_eq(GBA_ARRAY(a->b), GBA_ARRAY(b->b));
}

static bool live(const struct fake_record *r, int64_t now_ms)
{
    return r->there && r->put.expiry_ms > now_ms;
}

static struct bsf_stored found_of(const struct fake_record *r)
{
    return (struct bsf_stored){r->put.key, r->put.record, r->put.expiry_ms};
}

gba_rc fake_store_del(struct fake_store *s, const bsf_store_key *key)
{
    GBA_ENSURE(!s->broken, GBA_E_STORE);
    for (size_t i = 0; i < FAKE_STORE_RECORDS; i++) {
        if (s->records[i].there && same(&s->records[i].put.key, key))
            s->records[i].there = false;
    }
    return GBA_OK;
}

/* The newest live record of the owner that is older than age. */
static const struct fake_record *older(const struct fake_store *s, const bsf_store_key *owner, int64_t now_ms,
                                       uint64_t age)
{
    const struct fake_record *best = NULL;
    for (size_t i = 0; i < FAKE_STORE_RECORDS; i++) {
        const struct fake_record *r = &s->records[i];
        if (live(r, now_ms) && same(&r->put.owner, owner) && r->age < age && (!best || r->age > best->age))
            best = r;
    }
    return best;
}

static struct fake_record *room(struct fake_store *s, int64_t now_ms)
{
    for (size_t i = 0; i < FAKE_STORE_RECORDS; i++) {
        if (!live(&s->records[i], now_ms))
            return &s->records[i];
    }
    abort();
}

static void take_alias(struct fake_store *s, const bsf_store_key *alias)
{
    for (size_t i = 0; i < FAKE_STORE_RECORDS; i++) {
        if (same(&s->records[i].put.alias, alias))
            s->records[i].put.has_alias = false;
    }
}

gba_rc fake_store_put(struct fake_store *s, const struct bsf_store_put *put, int64_t now_ms)
{
    GBA_ENSURE(!s->full, GBA_E_STORE_FULL);
    GBA_TRY(fake_store_del(s, &put->key));
    if (put->has_alias)
        take_alias(s, &put->alias);
    struct fake_record *r = room(s, now_ms);
    if (put->record.n > sizeof r->b || put->keep < 1 || put->keep > BSF_STORE_KEEP_MAX)
        abort();
    gba_copy(r->b, put->record);
    r->put = *put;
    r->put.record.p = r->b;
    r->age = ++s->puts;
    r->there = true;
    uint32_t n = 0;
    for (const struct fake_record *of = r; of; of = older(s, &put->owner, now_ms, of->age)) {
        if (n++ >= put->keep)
            s->records[of - s->records].there = false;
    }
    return GBA_OK;
}

gba_rc fake_store_get(const struct fake_store *s, const bsf_store_key *key, int64_t now_ms,
                      struct bsf_stored *found)
{
    GBA_ENSURE(!s->broken, GBA_E_STORE);
    for (size_t i = 0; i < FAKE_STORE_RECORDS; i++) {
        const struct fake_record *r = &s->records[i];
        if (live(r, now_ms) && (same(&r->put.key, key) || (r->put.has_alias && same(&r->put.alias, key)))) {
            *found = found_of(r);
            return GBA_OK;
        }
    }
    return GBA_E_ABSENT;
}

gba_rc fake_store_of(const struct fake_store *s, const bsf_store_key *owner, int64_t now_ms,
                     struct bsf_stored found[BSF_STORE_KEEP_MAX], size_t *n)
{
    GBA_ENSURE(!s->broken, GBA_E_STORE);
    *n = 0;
    const struct fake_record *r = older(s, owner, now_ms, UINT64_MAX);
    for (; r && *n < BSF_STORE_KEEP_MAX; r = older(s, owner, now_ms, r->age))
        found[(*n)++] = found_of(r);
    return *n > 0 ? GBA_OK : GBA_E_ABSENT;
}

size_t fake_store_count(const struct fake_store *s, int64_t now_ms)
{
    size_t n = 0;
    for (size_t i = 0; i < FAKE_STORE_RECORDS; i++)
        n += live(&s->records[i], now_ms);
    return n;
}
