/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_mem.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "gba/base/slots.h"

enum { SWEEP_MS = 1000, KEY_MAX = 512 };

struct record {
    int64_t expiry_ms;
    uint32_t heap_at; /* where the heap keeps it */
    uint32_t key_n, n;
    uint8_t b[]; /* key, then the record */
};

/* A completed put or del, or a get to be looked up when its turn comes. */
struct op {
    struct op *next;
    bsf_store_fn *fn;
    void *arg;
    gba_rc rc;
    bool is_get;
    size_t key_n;
    uint8_t key[KEY_MAX];
};

struct store {
    struct rt_loop *loop;
    struct rt_timer *sweep;
    struct gba_slots slots;
    void *slots_memory;
    struct record **records; /* by slot */
    uint32_t *heap;          /* slots, soonest expiry first */
    struct op *first, **last;
    struct op *idle;
    bool posted, closing;
};

static gba_view key_of(const struct record *r)
{
    return gba_view_of(r->b, r->key_n);
}

static bool same_key(const void *items, uint32_t slot, gba_view key)
{
    struct record *const *records = items;
    return gba_view_eq(key_of(records[slot]), key);
}

/* ---- heap by expiry ---- */

static bool sooner(const struct store *s, uint32_t a, uint32_t b)
{
    return s->records[a]->expiry_ms < s->records[b]->expiry_ms;
}

static void heap_set(struct store *s, uint32_t at, uint32_t slot)
{
    s->heap[at] = slot;
    s->records[slot]->heap_at = at;
}

static void heap_up(struct store *s, uint32_t at, uint32_t slot)
{
    while (at > 0 && sooner(s, slot, s->heap[(at - 1) / 2])) {
        heap_set(s, at, s->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(s, at, slot);
}

static void heap_down(struct store *s, uint32_t n, uint32_t at, uint32_t slot)
{
    for (uint32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && sooner(s, s->heap[child + 1], s->heap[child]))
            child++;
        if (!sooner(s, s->heap[child], slot))
            break;
        heap_set(s, at, s->heap[child]);
        at = child;
    }
    heap_set(s, at, slot);
}

/* ---- records ---- */

static void forget(struct store *s, uint32_t slot)
{
    struct record *r = s->records[slot];
    uint32_t at = r->heap_at, n = s->slots.n - 1;
    uint32_t moved = s->heap[n];
    if (moved != slot) {
        heap_up(s, at, moved);
        if (s->records[moved]->heap_at == at)
            heap_down(s, n, at, moved);
    }
    gba_slots_give(&s->slots, slot);
    gba_wipe_bytes(r, sizeof *r + r->key_n + r->n);
    free(r);
    s->records[slot] = NULL;
}

static void forget_expired(struct store *s)
{
    int64_t now_ms = rt_loop_env(s->loop)->now_ms;
    while (s->slots.n > 0 && s->records[s->heap[0]]->expiry_ms <= now_ms)
        forget(s, s->heap[0]);
}

static void on_sweep(void *arg)
{
    struct store *s = arg;
    forget_expired(s);
    s->sweep = rt_timer_start(s->loop, SWEEP_MS, on_sweep, s);
}

static uint32_t find(const struct store *s, gba_view key)
{
    return gba_slots_find(&s->slots, key, same_key, s->records);
}

static gba_rc keep(struct store *s, gba_view key, gba_view record, int64_t expiry_ms)
{
    uint32_t old = find(s, key);
    if (old == GBA_SLOT_NONE && s->slots.n == s->slots.cap)
        forget_expired(s);
    GBA_ENSURE(old != GBA_SLOT_NONE || s->slots.n < s->slots.cap, GBA_E_STORE_FULL);
    struct record *r = malloc(sizeof *r + key.n + record.n);
    GBA_ENSURE(r != NULL, GBA_E_MEMORY);
    *r = (struct record){.expiry_ms = expiry_ms, .key_n = (uint32_t)key.n, .n = (uint32_t)record.n};
    gba_copy(r->b, key);
    gba_copy(r->b + key.n, record);
    if (old != GBA_SLOT_NONE)
        forget(s, old);
    uint32_t slot = gba_slots_take(&s->slots, key);
    s->records[slot] = r;
    heap_up(s, s->slots.n - 1, slot);
    return GBA_OK;
}

/* ---- answers come later, in the order of asking ---- */

static gba_rc look_up(const struct store *s, const struct op *op, gba_view *record)
{
    uint32_t slot = find(s, gba_view_of(op->key, op->key_n));
    GBA_ENSURE(slot != GBA_SLOT_NONE, GBA_E_ABSENT);
    const struct record *r = s->records[slot];
    GBA_ENSURE(r->expiry_ms > rt_loop_env(s->loop)->now_ms, GBA_E_ABSENT);
    *record = gba_view_of(r->b + r->key_n, r->n);
    return GBA_OK;
}

static void deliver(struct store *s, struct op *op)
{
    gba_view record = {NULL, 0};
    gba_rc rc = op->rc;
    if (s->closing)
        rc = GBA_E_STORE;
    else if (op->is_get)
        rc = look_up(s, op, &record);
    op->fn(op->arg, rc, record);
    op->next = s->idle;
    s->idle = op;
}

static void deliver_all(struct store *s)
{
    struct op *op = s->first;
    s->first = NULL;
    s->last = &s->first;
    while (op) {
        struct op *next = op->next;
        deliver(s, op);
        op = next;
    }
}

static void release(struct store *s)
{
    while (s->idle) {
        struct op *op = s->idle;
        s->idle = op->next;
        free(op);
    }
    free(s->slots_memory);
    free(s->records);
    free(s->heap);
    free(s);
}

static void on_post(void *arg)
{
    struct store *s = arg;
    s->posted = false;
    deliver_all(s);
    if (s->closing)
        release(s);
}

static void answer_later(struct store *s, struct op *op)
{
    op->next = NULL;
    *s->last = op;
    s->last = &op->next;
    if (!s->posted)
        s->posted = rt_post(s->loop, on_post, s);
    if (!s->posted)
        deliver_all(s); /* the loop has ended */
}

static struct op *new_op(struct store *s, bsf_store_fn *fn, void *arg)
{
    struct op *op = s->idle;
    if (op)
        s->idle = op->next;
    else
        op = malloc(sizeof *op);
    if (!op) {
        fn(arg, GBA_E_MEMORY, (gba_view){NULL, 0});
        return NULL;
    }
    op->fn = fn;
    op->arg = arg;
    op->rc = GBA_OK;
    op->is_get = false;
    return op;
}

/* ---- the port ---- */

static void store_put(void *self, gba_view key, gba_view record, int64_t expiry_ms, bsf_store_fn *fn,
                      void *arg)
{
    struct store *s = self;
    struct op *op = new_op(s, fn, arg);
    if (!op)
        return;
    op->rc = key.n <= KEY_MAX ? keep(s, key, record, expiry_ms) : GBA_E_TOO_LONG;
    answer_later(s, op);
}

static void store_get(void *self, gba_view key, bsf_store_fn *fn, void *arg)
{
    struct store *s = self;
    struct op *op = new_op(s, fn, arg);
    if (!op)
        return;
    op->is_get = key.n <= KEY_MAX;
    op->rc = GBA_E_ABSENT;
    op->key_n = op->is_get ? key.n : 0;
    gba_copy(op->key, gba_view_sub(key, 0, op->key_n));
    answer_later(s, op);
}

static void store_del(void *self, gba_view key, bsf_store_fn *fn, void *arg)
{
    struct store *s = self;
    struct op *op = new_op(s, fn, arg);
    if (!op)
        return;
    uint32_t slot = find(s, key);
    if (slot != GBA_SLOT_NONE)
        forget(s, slot);
    answer_later(s, op);
}

static size_t store_count(void *self)
{
    struct store *s = self;
    forget_expired(s);
    return s->slots.n;
}

static void store_close(void *self)
{
    struct store *s = self;
    s->closing = true;
    rt_timer_cancel(s->sweep);
    while (s->first)
        deliver_all(s);
    while (s->slots.n > 0)
        forget(s, s->heap[0]);
    if (!s->posted)
        release(s);
}

gba_rc bsf_store_mem_open(struct rt_loop *loop, uint32_t cap, struct bsf_store *out)
{
    struct store *s = calloc(1, sizeof *s);
    GBA_ENSURE(s != NULL, GBA_E_MEMORY);
    s->loop = loop;
    s->last = &s->first;
    s->slots_memory = malloc(gba_slots_memory(cap));
    s->records = calloc(cap, sizeof(struct record *));
    s->heap = calloc(cap, sizeof *s->heap);
    s->sweep = rt_timer_start(loop, SWEEP_MS, on_sweep, s);
    if (!s->slots_memory || !s->records || !s->heap || !s->sweep)
        goto out;
    uint64_t seed;
    gba_env_random(rt_loop_env(loop), &seed, sizeof seed);
    gba_slots_init(&s->slots, s->slots_memory, cap, seed);
    *out = (struct bsf_store){s, store_put, store_get, store_del, store_count, store_close};
    return GBA_OK;
out:
    rt_timer_cancel(s->sweep);
    release(s);
    return GBA_E_MEMORY;
}
