/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_mem.h"

#include <stdlib.h>

#include "bsf/io/mem_table.h"
#include "bsf/io/slab.h"

/* Each sweep forgets so many at most, and the next comes soon when there are more. */
enum { SWEEP_MS = 1000, SWEEP_SOON_MS = 5, SWEEP_MOST = 8192 };

enum what { PUT, GET, OF, DEL };

/* What was asked, done when its turn comes. */
struct op {
    struct op *next;
    bsf_store_fn *fn;
    void *arg;
    enum what what;
    uint32_t keep, copy; /* PUT */
    bsf_store_key key;   /* GET, OF, DEL */
};

struct store {
    struct rt_loop *loop;
    struct rt_timer *sweep;
    struct bsf_mem_table *table;
    struct op *first, **last;
    struct op *idle;
    bool posted, closing;
};

static int64_t now_ms(const struct store *s)
{
    return rt_loop_env(s->loop)->now_ms;
}

static void on_sweep(void *arg)
{
    struct store *s = arg;
    bool all = bsf_mem_table_expire(s->table, now_ms(s), SWEEP_MOST);
    s->sweep = rt_timer_start(s->loop, all ? SWEEP_MS : SWEEP_SOON_MS, on_sweep, s);
}

/* ---- answers come later, in the order of asking ---- */

struct answer {
    struct bsf_stored found[BSF_STORE_KEEP_MAX];
    size_t n;
};

static gba_rc perform(struct store *s, const struct op *op, struct answer *answer)
{
    gba_rc rc = GBA_OK;
    switch (op->what) {
    case PUT:
        return op->copy == BSF_SLAB_NONE ? GBA_E_MEMORY
                                         : bsf_mem_table_put(s->table, op->copy, op->keep, now_ms(s));
    case GET:
        rc = bsf_mem_table_get(s->table, &op->key, now_ms(s), &answer->found[0]);
        answer->n = rc == GBA_OK;
        return rc;
    case OF:
        answer->n = bsf_mem_table_of(s->table, &op->key, now_ms(s), answer->found);
        return answer->n > 0 ? GBA_OK : GBA_E_ABSENT;
    case DEL:
        bsf_mem_table_del(s->table, &op->key);
        return GBA_OK;
    }
    return GBA_E_BUG;
}

static void deliver(struct store *s, struct op *op)
{
    struct answer answer;
    answer.n = 0;
    gba_rc rc = s->closing ? GBA_E_STORE : perform(s, op, &answer);
    op->fn(op->arg, rc, answer.found, answer.n);
    op->next = s->idle;
    s->idle = op;
}

static void deliver_all(struct store *s)
{
    struct op *op = s->first;
    s->first = NULL;
    s->last = &s->first;
    for (const struct op *soon = op; soon; soon = soon->next) {
        if (soon->what == GET)
            bsf_mem_table_warm_record(s->table, &soon->key);
    }
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
    bsf_mem_table_free(s->table);
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

static void perform_later(struct store *s, struct op *op)
{
    op->next = NULL;
    *s->last = op;
    s->last = &op->next;
    if (!s->posted)
        s->posted = rt_post(s->loop, on_post, s);
    if (!s->posted)
        deliver_all(s); /* the loop has ended */
}

static struct op *new_op(struct store *s, enum what what, bsf_store_fn *fn, void *arg)
{
    struct op *op = s->idle;
    if (op)
        s->idle = op->next;
    else
        op = malloc(sizeof *op);
    if (!op) {
        fn(arg, GBA_E_MEMORY, NULL, 0);
        return NULL;
    }
    op->what = what;
    op->fn = fn;
    op->arg = arg;
    return op;
}

static void ask(struct store *s, enum what what, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    struct op *op = new_op(s, what, fn, arg);
    if (!op)
        return;
    op->key = *key;
    perform_later(s, op);
}

/* ---- the port ---- */

static void store_put(void *self, const struct bsf_store_put *put, bsf_store_fn *fn, void *arg)
{
    struct store *s = self;
    struct op *op = new_op(s, PUT, fn, arg);
    if (!op)
        return;
    op->keep = put->keep;
    op->copy = bsf_mem_table_copy(s->table, put);
    perform_later(s, op);
}

static void store_get(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    struct store *s = self;
    bsf_mem_table_warm_index(s->table, key);
    ask(s, GET, key, fn, arg);
}

static void store_of(void *self, const bsf_store_key *owner, bsf_store_fn *fn, void *arg)
{
    ask(self, OF, owner, fn, arg);
}

static void store_del(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    ask(self, DEL, key, fn, arg);
}

static size_t store_count(void *self)
{
    struct store *s = self;
    (void)bsf_mem_table_expire(s->table, now_ms(s), SWEEP_MOST);
    return bsf_mem_table_count(s->table);
}

static bool store_ready(void *self)
{
    (void)self;
    return true;
}

static void store_close(void *self)
{
    struct store *s = self;
    s->closing = true;
    rt_timer_cancel(s->sweep);
    while (s->first)
        deliver_all(s);
    if (!s->posted)
        release(s);
}

gba_rc bsf_store_mem_open(struct rt_loop *loop, uint32_t cap, struct bsf_store *out)
{
    struct store *s = calloc(1, sizeof *s);
    uint64_t seed;
    GBA_ENSURE(s != NULL, GBA_E_MEMORY);
    s->loop = loop;
    s->last = &s->first;
    gba_env_random(rt_loop_env(loop), &seed, sizeof seed);
    gba_rc rc = bsf_mem_table_new(cap, seed, &s->table);
    if (rc == GBA_OK)
        s->sweep = rt_timer_start(loop, SWEEP_MS, on_sweep, s);
    if (!s->sweep) {
        release(s);
        return GBA_E_MEMORY;
    }
    *out = (struct bsf_store){s,         store_put,   store_get,   store_of,
                              store_del, store_count, store_ready, store_close};
    return GBA_OK;
}
