/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/db_lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "m2m/io/secret_file.h"
#include "rt/log.h"

/*
 * Deleting needs pages too: RESERVE octets above the configured size are for that.
 *
 * LMDB reads a file that was cut off as if it were whole, and the process ends.  So
 * the file is always TAIL pages longer than what is in use, more than one change
 * takes: one that is shorter than what is in use was cut off.
 */
enum { RESERVE = 2 * 1024 * 1024, PAGES_SPARE = 24, TAIL = 128, SYNC_MS = 1000 };

struct m2m_lmdb {
    struct m2m_db port;
    struct rt_loop *loop;
    MDB_env *env;
    MDB_dbi dbi;
    MDB_txn *group; /* several changes under way; NULL: none */
    int lock;
    size_t page;  /* octets */
    size_t limit; /* pages; 0: not open yet */
    size_t whole; /* octets that the file has */
    uv_work_t work;
    rt_timer_fn *on_tick;
    struct rt_timer *timer;
    int synced; /* what the last one on the other thread said */
    bool dirty, busy, closing;
};

static gba_rc rc_of(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return GBA_OK;
    case MDB_NOTFOUND:
        return GBA_E_ABSENT;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return GBA_E_DB_FULL;
    default:
        return GBA_E_DB;
    }
}

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
    return *txn ? GBA_OK : rc_of(mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, txn));
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
    gba_rc rc = rc_of(mdb_get(txn, lmdb->dbi, &key, &value));
    if (rc == GBA_OK) {
        gba_put_view(w, view_of(&value));
        rc = gba_writer_end(w);
    }
    end_look(lmdb, txn);
    return rc;
}

/* Pages that were given back: each record of the list of free pages (which has the
 * number 0) begins with how many it names. */
static size_t free_pages(const struct m2m_lmdb *lmdb)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, value;
    size_t n = 0, count;
    if (mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn) != MDB_SUCCESS)
        return 0;
    if (mdb_cursor_open(txn, 0, &cursor) == MDB_SUCCESS) {
        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == MDB_SUCCESS &&
               value.mv_size >= sizeof count) {
            gba_copy(&count, gba_view_of(value.mv_data, sizeof count));
            n += count;
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return n;
}

static bool has_room(const struct m2m_lmdb *lmdb)
{
    MDB_envinfo info;
    return mdb_env_info(lmdb->env, &info) == MDB_SUCCESS &&
           (info.me_last_pgno < lmdb->limit || free_pages(lmdb) >= PAGES_SPARE);
}

/* Keep the tail. */
static gba_rc lengthen(struct m2m_lmdb *lmdb)
{
    mdb_filehandle_t fd;
    MDB_envinfo info;
    GBA_TRY(rc_of(mdb_env_info(lmdb->env, &info)));
    size_t used = (info.me_last_pgno + 1) * lmdb->page;
    if (lmdb->whole >= used + TAIL * lmdb->page)
        return GBA_OK;
    GBA_TRY(rc_of(mdb_env_get_fd(lmdb->env, &fd)));
    size_t whole = used + 2 * TAIL * lmdb->page;
    if (ftruncate(fd, (off_t)whole) != 0)
        return rc_of(errno);
    lmdb->whole = whole;
    return GBA_OK;
}

static gba_rc commit(struct m2m_lmdb *lmdb, MDB_txn *txn)
{
    gba_rc rc = lengthen(lmdb);
    if (rc == GBA_OK) {
        rc = rc_of(mdb_txn_commit(txn));
    } else {
        mdb_txn_abort(txn);
    }
    lmdb->dirty = lmdb->dirty || rc == GBA_OK;
    if (rc == GBA_OK && !lmdb->timer && !lmdb->busy)
        lmdb->timer = rt_timer_start(lmdb->loop, SYNC_MS, lmdb->on_tick, lmdb);
    return rc == GBA_E_ABSENT ? GBA_E_DB : rc;
}

static gba_rc begin_change(struct m2m_lmdb *lmdb, MDB_txn **txn)
{
    *txn = lmdb->group;
    return *txn ? GBA_OK : rc_of(mdb_txn_begin(lmdb->env, NULL, 0, txn));
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
    GBA_ENSURE(has_room(lmdb), GBA_E_DB_FULL);
    GBA_TRY(begin_change(lmdb, &txn));
    return end_change(lmdb, txn, rc_of(mdb_put(txn, lmdb->dbi, &key, &value, 0)));
}

static gba_rc db_del(void *self, gba_view name)
{
    struct m2m_lmdb *lmdb = self;
    MDB_txn *txn;
    MDB_val key = val_of(name);
    if (!name_fits(name))
        return GBA_OK;
    GBA_TRY(begin_change(lmdb, &txn));
    gba_rc rc = end_change(lmdb, txn, rc_of(mdb_del(txn, lmdb->dbi, &key, NULL)));
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
    return code == MDB_NOTFOUND ? GBA_OK : rc_of(code);
}

static gba_rc db_each(void *self, gba_view prefix, gba_rc (*fn)(void *arg, gba_view name, gba_view record),
                      void *arg)
{
    struct m2m_lmdb *lmdb = self;
    MDB_txn *txn;
    MDB_cursor *cursor;
    GBA_TRY(begin_look(lmdb, &txn));
    gba_rc rc = rc_of(mdb_cursor_open(txn, lmdb->dbi, &cursor));
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
    if (lmdb->limit > 0 && mdb_env_sync(lmdb->env, 1) != MDB_SUCCESS)
        rt_log(RT_LOG_ERROR, "store.not-written", RT_REASON(GBA_E_DB));
    mdb_env_close(lmdb->env);
    if (lmdb->lock >= 0)
        close(lmdb->lock);
    free(lmdb);
}

/* On libuv's thread. */
static void sync_now(uv_work_t *work)
{
    struct m2m_lmdb *lmdb = work->data;
    lmdb->synced = mdb_env_sync(lmdb->env, 1);
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

static gba_rc check_folder(const char *path, gba_text *why)
{
    struct stat st;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return m2m_file_fault(why, path, strerror(errno));
    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return m2m_file_fault(why, path, "is not a folder");
    if (st.st_uid != geteuid())
        return m2m_file_fault(why, path, "belongs to another user");
    if ((st.st_mode & 077) != 0)
        return m2m_file_fault(why, path, "others may use it; its mode must be 0700");
    return GBA_OK;
}

/* A name in the folder; E_FILE when it is too long. */
static gba_rc in_folder(const char *path, const char *name, char out[4096])
{
    int n = snprintf(out, 4096, "%s/%s", path, name);
    return n > 0 && n < 4096 ? GBA_OK : GBA_E_FILE;
}

static gba_rc take_lock(struct m2m_lmdb *lmdb, const char *path, gba_text *why)
{
    char name[4096];
    if (in_folder(path, "in-use", name) != GBA_OK)
        return m2m_file_fault(why, path, "the name is too long");
    lmdb->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lmdb->lock < 0)
        return m2m_file_fault(why, name, strerror(errno));
    if (flock(lmdb->lock, LOCK_EX | LOCK_NB) == 0)
        return GBA_OK;
    (void)m2m_file_fault(why, path, "another process uses this store");
    return GBA_E_DB;
}

/* A store that was there and has no data now did not just begin. */
static gba_rc check_kept(struct m2m_lmdb *lmdb, const char *path, gba_text *why)
{
    char name[4096];
    struct stat lock, data;
    GBA_TRY(in_folder(path, "data.mdb", name));
    bool began = fstat(lmdb->lock, &lock) == 0 && lock.st_size > 0;
    if (!began || (stat(name, &data) == 0 && data.st_size > 0))
        return GBA_OK;
    (void)m2m_file_fault(why, name, "the records of this store are gone");
    return GBA_E_DB;
}

static gba_rc check_length(struct m2m_lmdb *lmdb)
{
    mdb_filehandle_t fd;
    MDB_envinfo info;
    struct stat st;
    GBA_TRY(rc_of(mdb_env_get_fd(lmdb->env, &fd)));
    GBA_TRY(rc_of(mdb_env_info(lmdb->env, &info)));
    GBA_ENSURE(fstat(fd, &st) == 0 && (size_t)st.st_size / lmdb->page > info.me_last_pgno, GBA_E_DB);
    lmdb->whole = (size_t)st.st_size;
    return GBA_OK;
}

static int open_env(struct m2m_lmdb *lmdb, const struct m2m_lmdb_conf *conf)
{
    size_t size = (size_t)conf->size_mib * 1024 * 1024;
    MDB_stat stat_;
    int code = mdb_env_create(&lmdb->env);
    if (code == MDB_SUCCESS)
        code = mdb_env_set_mapsize(lmdb->env, size + RESERVE);
    if (code == MDB_SUCCESS)
        code = mdb_env_open(lmdb->env, conf->path, MDB_NOSYNC | MDB_NOTLS, 0600);
    if (code == MDB_SUCCESS)
        code = mdb_env_stat(lmdb->env, &stat_);
    if (code != MDB_SUCCESS)
        return code;
    lmdb->page = stat_.ms_psize;
    lmdb->limit = size / lmdb->page;
    return check_length(lmdb) == GBA_OK ? MDB_SUCCESS : MDB_CORRUPTED;
}

static int open_records(struct m2m_lmdb *lmdb)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
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
    GBA_TRY(check_folder(conf->path, why));
    GBA_TRY(take_lock(lmdb, conf->path, why));
    GBA_TRY(check_kept(lmdb, conf->path, why));
    int code = open_env(lmdb, conf);
    if (code == MDB_SUCCESS)
        code = open_records(lmdb);
    if (code == MDB_SUCCESS && lengthen(lmdb) == GBA_OK && pwrite(lmdb->lock, "\n", 1, 0) == 1)
        return GBA_OK;
    (void)m2m_file_fault(why, conf->path,
                         code > 0 && code != EINVAL ? strerror(code) : "the store is damaged");
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
        .lock = -1,
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
