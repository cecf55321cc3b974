/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/lmdb_env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "m2m/io/secret_file.h"

/*
 * Deleting needs pages too: RESERVE octets above the configured size are for that.
 *
 * LMDB reads a file that was cut off as if it were whole, and the process ends.  So
 * the file is always `tail` pages longer than what is in use, more than one change
 * takes: one that is shorter than what is in use was cut off.
 */
enum { RESERVE = 2 * 1024 * 1024, PAGES_SPARE = 24 };

gba_rc m2m_lmdb_rc(int code)
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

/* Pages that were given back: each record of the list of free pages (which has the
 * number 0) begins with how many it names. */
static size_t free_pages(const struct m2m_lmdb_env *e)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, value;
    size_t n = 0, count;
    if (mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn) != MDB_SUCCESS)
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

bool m2m_lmdb_env_has_room(const struct m2m_lmdb_env *e, size_t more)
{
    MDB_envinfo info;
    return mdb_env_info(e->env, &info) == MDB_SUCCESS &&
           (info.me_last_pgno + more < e->limit || free_pages(e) >= PAGES_SPARE + more);
}

/* Keep the tail. */
static gba_rc lengthen(struct m2m_lmdb_env *e)
{
    mdb_filehandle_t fd;
    MDB_envinfo info;
    GBA_TRY(m2m_lmdb_rc(mdb_env_info(e->env, &info)));
    size_t used = (info.me_last_pgno + 1) * e->page;
    if (e->whole >= used + e->tail * e->page)
        return GBA_OK;
    GBA_TRY(m2m_lmdb_rc(mdb_env_get_fd(e->env, &fd)));
    size_t whole = used + 2 * e->tail * e->page;
    if (ftruncate(fd, (off_t)whole) != 0)
        return m2m_lmdb_rc(errno);
    e->whole = whole;
    return GBA_OK;
}

gba_rc m2m_lmdb_env_commit(struct m2m_lmdb_env *e, MDB_txn *txn)
{
    gba_rc rc = lengthen(e);
    if (rc != GBA_OK) {
        mdb_txn_abort(txn);
        return rc;
    }
    rc = m2m_lmdb_rc(mdb_txn_commit(txn));
    return rc == GBA_E_ABSENT ? GBA_E_DB : rc;
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

static gba_rc take_lock(struct m2m_lmdb_env *e, const char *path, gba_text *why)
{
    char name[4096];
    if (in_folder(path, "in-use", name) != GBA_OK)
        return m2m_file_fault(why, path, "the name is too long");
    e->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (e->lock < 0)
        return m2m_file_fault(why, name, strerror(errno));
    if (flock(e->lock, LOCK_EX | LOCK_NB) == 0)
        return GBA_OK;
    (void)m2m_file_fault(why, path, "another process uses this store");
    return GBA_E_DB;
}

/* A store that was there and has no data now did not just begin. */
static gba_rc check_kept(struct m2m_lmdb_env *e, const char *path, gba_text *why)
{
    char name[4096];
    struct stat lock, data;
    GBA_TRY(in_folder(path, "data.mdb", name));
    bool began = fstat(e->lock, &lock) == 0 && lock.st_size > 0;
    if (!began || (stat(name, &data) == 0 && data.st_size > 0))
        return GBA_OK;
    (void)m2m_file_fault(why, name, "the records of this store are gone");
    return GBA_E_DB;
}

static gba_rc check_length(struct m2m_lmdb_env *e)
{
    mdb_filehandle_t fd;
    MDB_envinfo info;
    struct stat st;
    GBA_TRY(m2m_lmdb_rc(mdb_env_get_fd(e->env, &fd)));
    GBA_TRY(m2m_lmdb_rc(mdb_env_info(e->env, &info)));
    GBA_ENSURE(fstat(fd, &st) == 0 && (size_t)st.st_size / e->page > info.me_last_pgno, GBA_E_DB);
    e->whole = (size_t)st.st_size;
    return GBA_OK;
}

static int open_env(struct m2m_lmdb_env *e, const struct m2m_lmdb_env_conf *conf)
{
    size_t size = (size_t)conf->size_mib * 1024 * 1024;
    MDB_stat stat_;
    int code = mdb_env_create(&e->env);
    if (code == MDB_SUCCESS)
        code = mdb_env_set_mapsize(e->env, size + RESERVE);
    if (code == MDB_SUCCESS && conf->dbs > 0)
        code = mdb_env_set_maxdbs(e->env, conf->dbs);
    if (code == MDB_SUCCESS)
        code = mdb_env_open(e->env, conf->path, MDB_NOSYNC | MDB_NOTLS, 0600);
    if (code == MDB_SUCCESS)
        code = mdb_env_stat(e->env, &stat_);
    if (code != MDB_SUCCESS)
        return code;
    e->page = stat_.ms_psize;
    e->limit = size / e->page;
    return check_length(e) == GBA_OK ? MDB_SUCCESS : MDB_CORRUPTED;
}

gba_rc m2m_lmdb_env_open(struct m2m_lmdb_env *e, const struct m2m_lmdb_env_conf *conf, gba_text *why)
{
    *e = (struct m2m_lmdb_env){.lock = -1, .tail = conf->tail};
    GBA_TRY(check_folder(conf->path, why));
    GBA_TRY(take_lock(e, conf->path, why));
    GBA_TRY(check_kept(e, conf->path, why));
    int code = open_env(e, conf);
    if (code == MDB_SUCCESS && lengthen(e) == GBA_OK)
        return GBA_OK;
    (void)m2m_file_fault(why, conf->path,
                         code > 0 && code != EINVAL ? strerror(code) : "the store is damaged");
    return code == ENOMEM ? GBA_E_MEMORY : GBA_E_DB;
}

gba_rc m2m_lmdb_env_began(struct m2m_lmdb_env *e)
{
    return pwrite(e->lock, "\n", 1, 0) == 1 ? GBA_OK : GBA_E_DB;
}

gba_rc m2m_lmdb_env_close(struct m2m_lmdb_env *e)
{
    bool written = e->limit == 0 || mdb_env_sync(e->env, 1) == MDB_SUCCESS;
    if (e->env)
        mdb_env_close(e->env);
    if (e->lock >= 0)
        close(e->lock);
    return written ? GBA_OK : GBA_E_DB;
}
