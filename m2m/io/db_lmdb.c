/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/db_lmdb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "m2m/io/lmdb_env.h"
#include "m2m/io/secret_file.h"
#include "rt/log.h"

/* Pages that one change takes less than. */
enum { TAIL = 128, SYNC_MS = 1000 };

struct m2m_lmdb {
    struct m2m_db port;
    struct rt_loop *loop;
    struct m2m_lmdb_env e;
    MDB_dbi dbi;
    MDB_txn *group; /* several changes under way; NULL: none */
    uv_work_t work;
    rt_timer_fn *on_tick;
    struct rt_timer *timer;
    int synced; /* what the last one on the other thread said */
    bool dirty, busy, closing;
};

static MDB_val val_of(gba_view v)
{
    return (MDB_val){v.n, (void *)v.p};
}

static gba_view view_of(const MDB_val *val)
{
    return gba_view_of(val->mv_data, val->mv_size);
}

/* ---- the port ---- */

static bool name_fits(gba_view name)
{
    return name.n > 0 && name.n <= M2M_DB_NAME_MAX;
}

static gba_rc begin_look(struct m2m_lmdb *lmdb, MDB_txn **txn)
{
    *txn = lmdb->group;
    return *txn ? GBA_OK : m2m_lmdb_rc(mdb_txn_begin(lmdb->e.env, NULL, MDB_RDONLY, txn));
}

static void end_look(const struct m2m_lmdb *lmdb, MDB_txn *txn)
{
    if (txn != lmdb->group)
        mdb_txn_abort(txn);
}

static gba_rc db_get(void *self, gba_view name, gba_writer *w)
{
    struct m2m_lmdb *lmdb = self;
    MDB_txn *txn;
    MDB_val key = val_of(name), value;
    GBA_ENSURE(name_fits(name), GBA_E_ABSENT);
    GBA_TRY(begin_look(lmdb, &txn));
    gba_rc rc = m2m_lmdb_rc(mdb_get(txn, lmdb->dbi, &key, &value));
    if (rc == GBA_OK) {
        gba_put_view(w, view_of(&value));
        rc = gba_writer_end(w);
    }
    end_look(lmdb, txn);
    return rc;
}

static gba_rc commit(struct m2m_lmdb *lmdb, MDB_txn *txn)
{
    gba_rc rc = m2m_lmdb_env_commit(&lmdb->e, txn);
    lmdb->dirty = lmdb->dirty || rc == GBA_OK;
    if (rc == GBA_OK && !lmdb->timer && !lmdb->busy)
        lmdb->timer = rt_timer_start(lmdb->loop, SYNC_MS, lmdb->on_tick, lmdb);
    return rc;
}

static gba_rc begin_change(struct m2m_lmdb *lmdb, MDB_txn **txn)
{
    *txn = lmdb->group;
    return *txn ? GBA_OK : m2m_lmdb_rc(mdb_txn_begin(lmdb->e.env, NULL, 0, txn));
}

static gba_rc end_change(struct m2m_lmdb *lmdb, MDB_txn *txn, gba_rc rc)
{
    if (txn == lmdb->group)
        return rc;
    if (rc == GBA_OK)
        return commit(lmdb, txn);
    mdb_txn_abort(txn);
    return rc;
}

static gba_rc db_put(void *self, gba_view name, gba_view record)
{
    struct m2m_lmdb *lmdb = self;
    MDB_txn *txn;
    MDB_val key = val_of(name), value = val_of(record);
    GBA_ENSURE(name_fits(name) && record.n <= M2M_DB_RECORD_MAX, GBA_E_TOO_LONG);
    GBA_ENSURE(m2m_lmdb_env_has_room(&lmdb->e, 0), GBA_E_DB_FULL);
    GBA_TRY(begin_change(lmdb, &txn));
    return end_change(lmdb, txn, m2m_lmdb_rc(mdb_put(txn, lmdb->dbi, &key, &value, 0)));
}

static gba_rc db_del(void *self, gba_view name)
{
    struct m2m_lmdb *lmdb = self;
    MDB_txn *txn;
    MDB_val key = val_of(name);
    if (!name_fits(name))
        return GBA_OK;
    GBA_TRY(begin_change(lmdb, &txn));
    gba_rc rc = end_change(lmdb, txn, m2m_lmdb_rc(mdb_del(txn, lmdb->dbi, &key, NULL)));
    return rc == GBA_E_ABSENT ? GBA_OK : rc;
}

static gba_rc db_begin(void *self)
{
    struct m2m_lmdb *lmdb = self;
    GBA_ENSURE(!lmdb->group, GBA_E_BUG);
    return begin_change(lmdb, &lmdb->group);
}

static gba_rc db_end(void *self, gba_rc rc)
{
    struct m2m_lmdb *lmdb = self;
    MDB_txn *txn = lmdb->group;
    GBA_ENSURE(txn, GBA_E_BUG);
    lmdb->group = NULL;
    return end_change(lmdb, txn, rc);
}

static gba_rc walk(MDB_cursor *cursor, gba_view prefix,
                   gba_rc (*fn)(void *arg, gba_view name, gba_view record), void *arg)
{
    MDB_val key = val_of(prefix), value;
    int code = mdb_cursor_get(cursor, &key, &value, prefix.n > 0 ? MDB_SET_RANGE : MDB_FIRST);
    while (code == MDB_SUCCESS && gba_view_starts(view_of(&key), prefix)) {
        GBA_TRY(fn(arg, view_of(&key), view_of(&value)));
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? GBA_OK : m2m_lmdb_rc(code);
}

static gba_rc db_each(void *self, gba_view prefix, gba_rc (*fn)(void *arg, gba_view name, gba_view record),
                      void *arg)
{
    struct m2m_lmdb *lmdb = self;
    MDB_txn *txn;
    MDB_cursor *cursor;
    GBA_TRY(begin_look(lmdb, &txn));
    gba_rc rc = m2m_lmdb_rc(mdb_cursor_open(txn, lmdb->dbi, &cursor));
    if (rc == GBA_OK) {
        rc = walk(cursor, prefix, fn, arg);
        mdb_cursor_close(cursor);
    }
    end_look(lmdb, txn);
    return rc;
}

/* ---- to disk ---- */

static void destroy(struct m2m_lmdb *lmdb)
{
    if (m2m_lmdb_env_close(&lmdb->e) != GBA_OK)
        rt_log(RT_LOG_ERROR, "store.not-written", RT_REASON(GBA_E_DB));
    free(lmdb);
}

/* On libuv's thread. */
static void sync_now(uv_work_t *work)
{
    struct m2m_lmdb *lmdb = work->data;
    lmdb->synced = mdb_env_sync(lmdb->e.env, 1);
}

static void on_synced(uv_work_t *work, int status)
{
    struct m2m_lmdb *lmdb = work->data;
    lmdb->busy = false;
    if (status != 0 || lmdb->synced != MDB_SUCCESS) {
        lmdb->dirty = true;
        rt_log(RT_LOG_ERROR, "store.not-written", RT_REASON(GBA_E_DB));
    }
    if (lmdb->closing)
        destroy(lmdb);
    else if (lmdb->dirty)
        lmdb->timer = rt_timer_start(lmdb->loop, SYNC_MS, lmdb->on_tick, lmdb);
}

static void on_tick(void *arg)
{
    struct m2m_lmdb *lmdb = arg;
    lmdb->timer = NULL;
    lmdb->dirty = false;
    lmdb->busy = uv_queue_work(rt_loop_uv(lmdb->loop), &lmdb->work, sync_now, on_synced) == 0;
}

/* ---- opening ---- */

static int open_records(struct m2m_lmdb *lmdb)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(lmdb->e.env, NULL, 0, &txn);
    if (code != MDB_SUCCESS)
        return code;
    code = mdb_dbi_open(txn, NULL, 0, &lmdb->dbi);
    if (code == MDB_SUCCESS)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

static gba_rc open_store(struct m2m_lmdb *lmdb, const struct m2m_lmdb_conf *conf, gba_text *why)
{
    const struct m2m_lmdb_env_conf env = {conf->path, conf->size_mib, 0, TAIL};
    GBA_TRY(m2m_lmdb_env_open(&lmdb->e, &env, why));
    int code = open_records(lmdb);
    if (code == MDB_SUCCESS && m2m_lmdb_env_began(&lmdb->e) == GBA_OK)
        return GBA_OK;
    (void)m2m_file_fault(why, conf->path, code > 0 ? strerror(code) : "the store is damaged");
    return code == ENOMEM ? GBA_E_MEMORY : GBA_E_DB;
}

gba_rc m2m_lmdb_open(struct rt_loop *loop, const struct m2m_lmdb_conf *conf, struct m2m_lmdb **out,
                     gba_text *why)
{
    struct m2m_lmdb *lmdb = calloc(1, sizeof *lmdb);
    GBA_ENSURE(lmdb != NULL, GBA_E_MEMORY);
    *lmdb = (struct m2m_lmdb){
        .port = {lmdb, db_get, db_put, db_del, db_each, db_begin, db_end},
        .loop = loop,
        .e.lock = -1,
        .on_tick = on_tick,
    };
    lmdb->work.data = lmdb;
    gba_rc rc = open_store(lmdb, conf, why);
    if (rc == GBA_OK)
        *out = lmdb;
    else
        destroy(lmdb);
    return rc;
}

const struct m2m_db *m2m_lmdb_db(const struct m2m_lmdb *lmdb)
{
    return &lmdb->port;
}

void m2m_lmdb_close(struct m2m_lmdb *lmdb)
{
    if (!lmdb)
        return;
    rt_timer_cancel(lmdb->timer);
    lmdb->timer = NULL;
    lmdb->closing = true;
    if (!lmdb->busy)
        destroy(lmdb);
}
