/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_lmdb.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bsf/io/lmdb_table.h"
#include "bsf/session.h"
#include "gba/base/secret.h"
#include "m2m/io/lmdb_env.h"
#include "m2m/io/secret_file.h"
#include "rt/log.h"

/* Pages of one batch are fewer than TAIL: it ends after so many things, or octets of records. */
enum {
    BATCH_OPS = 256,
    BATCH_OCTETS = 1024 * 1024,
    TAIL = 8192,
    PAGES_EACH = 6,
    TICK_MS = 1000,
    SWEEP_MOST = 1000
};

enum what { PUT, GET, OF, DEL, SWEEP };

/* What was asked, and once it is done, the answer. */
struct op {
    struct op *next;
    bsf_store_fn *fn; /* NULL for SWEEP */
    void *arg;
    enum what what;
    int64_t now_ms;
    struct bsf_store_put put; /* PUT: its record points into octets; else only the key counts */
    gba_rc rc;
    struct bsf_stored found[BSF_STORE_KEEP_MAX]; /* their records point into octets */
    size_t n;
    uint8_t *octets; /* own memory of record or records */
};

struct list {
    struct op *first, **last;
};

struct store {
    struct rt_loop *loop;
    struct m2m_lmdb_env e;
    struct bsf_lmdb_table table;
    size_t cap;
    struct rt_timer *tick;
    uv_thread_t thread;
    uv_mutex_t mutex; /* of the members below */
    uv_cond_t wake;
    struct list asked, done;
    bool posted, closing;
    /* of the loop */
    uv_work_t sync;
    int synced;
    bool syncing, running;
    /* of the thread, read by the loop */
    atomic_bool dirty, broken, full;
};

/* ---- lists ---- */

static void init_list(struct list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void append(struct list *list, struct op *op)
{
    op->next = NULL;
    *list->last = op;
    list->last = &op->next;
}

static struct op *take_all(struct list *list)
{
    struct op *first = list->first;
    init_list(list);
    return first;
}

static void free_op(struct op *op)
{
    free(op->octets);
    free(op);
}

/* ---- on the thread: one thing in a transaction ---- */

/* Copies, because the answer outlives the transaction. */
static gba_rc keep_found(struct op *op)
{
    size_t octets = 1;
    for (size_t i = 0; i < op->n; i++)
        octets += op->found[i].record.n;
    free(op->octets);
    op->octets = malloc(octets);
    if (!op->octets) {
        op->n = 0;
        return GBA_E_MEMORY;
    }
    uint8_t *at = op->octets;
    for (size_t i = 0; i < op->n; i++) {
        gba_view *record = &op->found[i].record;
        gba_copy(at, *record);
        record->p = at;
        at += record->n;
    }
    return GBA_OK;
}

static gba_rc look_up(const struct bsf_lmdb_txn *t, struct op *op)
{
    gba_rc rc;
    op->n = 0;
    if (op->what == OF)
        rc = bsf_lmdb_table_of(t, &op->put.key, op->now_ms, op->found, &op->n);
    else
        rc = bsf_lmdb_table_get(t, &op->put.key, op->now_ms, &op->found[0]);
    if (op->what == GET)
        op->n = rc == GBA_OK;
    return rc == GBA_OK ? keep_found(op) : rc;
}

static gba_rc perform(const struct store *s, const struct bsf_lmdb_txn *t, struct op *op)
{
    const struct bsf_lmdb_put put = {&op->put, op->now_ms, s->cap};
    switch (op->what) {
    case PUT:
        return bsf_lmdb_table_put(t, &put);
    case DEL:
        return bsf_lmdb_table_del(t, &op->put.key);
    case SWEEP:
        return bsf_lmdb_table_expire(t, op->now_ms, SWEEP_MOST, &op->n);
    default:
        return look_up(t, op);
    }
}

static bool changes(const struct op *op)
{
    return op->what == PUT || op->what == DEL || op->what == SWEEP;
}

/* ---- on the thread: transactions ---- */

static gba_rc begin(struct store *s, bool for_change, struct bsf_lmdb_txn *t)
{
    t->table = &s->table;
    return bsf_lmdb_rc(mdb_txn_begin(s->e.env, NULL, for_change ? 0 : MDB_RDONLY, &t->txn));
}

static gba_rc end(struct store *s, bool for_change, struct bsf_lmdb_txn *t)
{
    if (!for_change) {
        mdb_txn_abort(t->txn);
        return GBA_OK;
    }
    gba_rc rc = m2m_lmdb_env_commit(&s->e, t->txn);
    if (rc == GBA_OK)
        s->dirty = true;
    return rc == GBA_E_DB_FULL ? GBA_E_STORE_FULL : rc == GBA_E_DB ? GBA_E_STORE : rc;
}

/* By itself: a failure is its own. */
static void do_one(struct store *s, struct op *op)
{
    struct bsf_lmdb_txn t;
    if (op->what == PUT && !m2m_lmdb_env_has_room(&s->e, 0)) {
        op->rc = GBA_E_STORE_FULL;
        return;
    }
    op->rc = begin(s, changes(op), &t);
    if (op->rc != GBA_OK)
        return;
    op->rc = perform(s, &t, op);
    if (changes(op) && op->rc != GBA_OK)
        mdb_txn_abort(t.txn);
    else if (changes(op))
        op->rc = end(s, true, &t);
    else
        (void)end(s, false, &t);
}

/* All in one; false when nothing of it was done. */
static bool do_together(struct store *s, struct op *first, bool for_change)
{
    struct bsf_lmdb_txn t;
    bool good = true;
    if (begin(s, for_change, &t) != GBA_OK)
        return false;
    for (struct op *op = first; op && good; op = op->next) {
        op->rc = perform(s, &t, op);
        good = op->rc != GBA_E_STORE;
    }
    if (good)
        return end(s, for_change, &t) == GBA_OK;
    mdb_txn_abort(t.txn);
    return false;
}

/* Tell once when it begins and once when it is over. */
static void note(struct store *s, const struct op *op)
{
    bool broken = op->rc == GBA_E_STORE, full = op->what == PUT && op->rc == GBA_E_STORE_FULL;
    if (broken && !s->broken)
        rt_log(RT_LOG_ERROR, "store.broken", RT_REASON(op->rc));
    if (full && !s->full)
        rt_log(RT_LOG_ERROR, "store.full", RT_REASON(op->rc));
    if (!full && s->full && op->what == PUT && op->rc == GBA_OK)
        rt_log(RT_LOG_NOTICE, "store.has-room", RT_NUM("mib", s->e.limit * s->e.page / 1024 / 1024));
    s->broken = broken;
    if (op->what == PUT)
        s->full = full;
}

static void do_batch(struct store *s, struct op *first)
{
    bool for_change = false;
    size_t pages = 0;
    for (const struct op *op = first; op; op = op->next) {
        for_change = for_change || changes(op);
        pages += op->what == PUT ? PAGES_EACH + op->put.record.n / s->e.page : 0;
    }
    bool done = (pages == 0 || m2m_lmdb_env_has_room(&s->e, pages)) && do_together(s, first, for_change);
    for (struct op *op = first; op; op = op->next) {
        if (!done)
            do_one(s, op);
        note(s, op);
    }
}

/* ---- on the thread: work as long as there is any ---- */

static void on_post(void *arg);

/* As many as one batch may have; with the lock. */
static struct op *take_batch(struct store *s)
{
    struct list batch;
    size_t n = 0, octets = 0;
    init_list(&batch);
    while (s->asked.first && n < BATCH_OPS && octets < BATCH_OCTETS) {
        struct op *op = s->asked.first;
        s->asked.first = op->next;
        if (!op->next)
            s->asked.last = &s->asked.first;
        octets += op->what == PUT ? op->put.record.n : 0;
        n++;
        append(&batch, op);
    }
    return batch.first;
}

/* With the lock. */
static void hand_back(struct store *s, struct op *first)
{
    while (first) {
        struct op *next = first->next;
        append(&s->done, first);
        first = next;
    }
    if (!s->posted)
        s->posted = rt_post(s->loop, on_post, s);
}

static void run(void *arg)
{
    struct store *s = arg;
    uv_mutex_lock(&s->mutex);
    while (!s->closing) {
        struct op *batch = take_batch(s);
        if (!batch) {
            uv_cond_wait(&s->wake, &s->mutex);
            continue;
        }
        uv_mutex_unlock(&s->mutex);
        do_batch(s, batch);
        uv_mutex_lock(&s->mutex);
        hand_back(s, batch);
    }
    uv_mutex_unlock(&s->mutex);
}

/* ---- on the loop: answers ---- */

static void answer(struct op *op)
{
    while (op) {
        struct op *next = op->next;
        if (op->fn)
            op->fn(op->arg, op->rc, op->found, op->rc == GBA_OK && !changes(op) ? op->n : 0);
        free_op(op);
        op = next;
    }
}

static struct op *take_done(struct store *s)
{
    uv_mutex_lock(&s->mutex);
    struct op *done = take_all(&s->done);
    uv_mutex_unlock(&s->mutex);
    return done;
}

static void release(struct store *s)
{
    if (s->posted || s->syncing || s->running)
        return;
    if (m2m_lmdb_env_close(&s->e) != GBA_OK)
        rt_log(RT_LOG_ERROR, "store.not-written", RT_REASON(GBA_E_DB));
    uv_mutex_destroy(&s->mutex);
    uv_cond_destroy(&s->wake);
    free(s);
}

static void on_post(void *arg)
{
    struct store *s = arg;
    uv_mutex_lock(&s->mutex);
    s->posted = false;
    uv_mutex_unlock(&s->mutex);
    answer(take_done(s));
    if (s->closing)
        release(s);
}

/* ---- on the loop: asking ---- */

static void ask(struct store *s, struct op *op)
{
    op->now_ms = rt_loop_env(s->loop)->now_ms;
    uv_mutex_lock(&s->mutex);
    append(&s->asked, op);
    uv_cond_signal(&s->wake);
    uv_mutex_unlock(&s->mutex);
}

static void ask_for(struct store *s, const struct op *what)
{
    struct op *op = malloc(sizeof *op);
    if (!op) {
        what->fn(what->arg, GBA_E_MEMORY, NULL, 0);
        return;
    }
    *op = *what;
    ask(s, op);
}

static void store_put(void *self, const struct bsf_store_put *put, bsf_store_fn *fn, void *arg)
{
    struct op *op = malloc(sizeof *op);
    uint8_t *octets = malloc(put->record.n + 1);
    if (!op || !octets) {
        free(op);
        free(octets);
        fn(arg, GBA_E_MEMORY, NULL, 0);
        return;
    }
    gba_copy(octets, put->record);
    *op = (struct op){.fn = fn, .arg = arg, .what = PUT, .put = *put, .octets = octets};
    op->put.record.p = octets;
    ask(self, op);
}

static void store_get(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    ask_for(self, &(struct op){.fn = fn, .arg = arg, .what = GET, .put.key = *key});
}

static void store_of(void *self, const bsf_store_key *owner, bsf_store_fn *fn, void *arg)
{
    ask_for(self, &(struct op){.fn = fn, .arg = arg, .what = OF, .put.key = *owner});
}

static void store_del(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    ask_for(self, &(struct op){.fn = fn, .arg = arg, .what = DEL, .put.key = *key});
}

static size_t store_count(void *self)
{
    struct store *s = self;
    struct bsf_lmdb_txn t;
    if (begin(s, false, &t) != GBA_OK)
        return 0;
    size_t n = bsf_lmdb_table_count(&t, rt_loop_env(s->loop)->now_ms);
    (void)end(s, false, &t);
    return n;
}

static bool store_ready(void *self)
{
    const struct store *s = self;
    return !s->broken;
}

/* ---- every second: to disk, and what has expired ---- */

/* On a thread of libuv's. */
static void sync_now(uv_work_t *work)
{
    struct store *s = work->data;
    s->synced = mdb_env_sync(s->e.env, 1);
}

static void on_synced(uv_work_t *work, int status)
{
    struct store *s = work->data;
    s->syncing = false;
    if (status != 0 || s->synced != MDB_SUCCESS) {
        s->dirty = true;
        rt_log(RT_LOG_ERROR, "store.not-written", RT_REASON(GBA_E_DB));
    }
    if (s->closing)
        release(s);
}

static void on_tick(void *arg)
{
    struct store *s = arg;
    struct op *sweep = calloc(1, sizeof *sweep);
    if (sweep) {
        sweep->what = SWEEP;
        ask(s, sweep);
    }
    if (s->dirty && !s->syncing) {
        s->dirty = false;
        s->syncing = uv_queue_work(rt_loop_uv(s->loop), &s->sync, sync_now, on_synced) == 0;
    }
    s->tick = rt_timer_start(s->loop, TICK_MS, on_tick, s);
}

/* ---- opening and closing ---- */

static void store_close(void *self)
{
    struct store *s = self;
    rt_timer_cancel(s->tick);
    uv_mutex_lock(&s->mutex);
    s->closing = true;
    uv_cond_signal(&s->wake);
    uv_mutex_unlock(&s->mutex);
    uv_thread_join(&s->thread);
    s->running = false;
    answer(take_done(s));
    struct op *asked = take_all(&s->asked);
    for (struct op *op = asked; op; op = op->next)
        op->rc = GBA_E_STORE;
    answer(asked);
    release(s);
}

static gba_rc open_table(struct store *s, const struct bsf_store_lmdb_conf *conf, gba_text *why)
{
    const struct m2m_lmdb_env_conf env = {conf->path, conf->size_mib, BSF_LMDB_DBS, TAIL};
    GBA_TRY(m2m_lmdb_env_open(&s->e, &env, why));
    int code = bsf_lmdb_table_open(s->e.env, &s->table);
    if (code == MDB_SUCCESS)
        return m2m_lmdb_env_began(&s->e);
    (void)m2m_file_fault(why, conf->path,
                         code == MDB_INCOMPATIBLE ? "is no store of sessions"
                         : code > 0               ? strerror(code)
                                                  : "the store is damaged");
    return GBA_E_DB;
}

gba_rc bsf_store_lmdb_open(struct rt_loop *loop, const struct bsf_store_lmdb_conf *conf,
                           struct bsf_store *out, gba_text *why)
{
    struct store *s = calloc(1, sizeof *s);
    GBA_ENSURE(s != NULL, GBA_E_MEMORY);
    s->loop = loop;
    s->cap = conf->max_records;
    s->sync.data = s;
    init_list(&s->asked);
    init_list(&s->done);
    gba_rc rc = open_table(s, conf, why);
    if (rc != GBA_OK || uv_mutex_init(&s->mutex) != 0 || uv_cond_init(&s->wake) != 0) {
        (void)m2m_lmdb_env_close(&s->e);
        free(s);
        return rc != GBA_OK ? rc : GBA_E_MEMORY;
    }
    s->running = uv_thread_create(&s->thread, run, s) == 0;
    s->tick = s->running ? rt_timer_start(loop, TICK_MS, on_tick, s) : NULL;
    if (!s->running) {
        release(s);
        return GBA_E_MEMORY;
    }
    *out = (struct bsf_store){s,         store_put,   store_get,   store_of,
                              store_del, store_count, store_ready, store_close};
    return GBA_OK;
}
