/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder with an LMDB environment: whose it is, that one process uses it, that
 * nothing of it was cut off, and how much fits.  The folder is this user's with mode
 * 0700 and made when it is not there; a lock in it keeps a second process out.
 *
 * What was committed is the kernel's at once, so a killed process loses nothing; it
 * is on disk after mdb_env_sync.
 */
#pragma once

#include <lmdb.h>

#include "gba/base/text.h"

struct m2m_lmdb_env {
    MDB_env *env;
    int lock;
    size_t page;  /* octets */
    size_t limit; /* pages; 0: not open yet */
    size_t whole; /* octets that the file has */
    uint32_t tail;
};

struct m2m_lmdb_env_conf {
    const char *path;  /* the folder */
    uint32_t size_mib; /* room for records and what finds them */
    uint32_t dbs;      /* named databases; 0: only the main one */
    uint32_t tail;     /* pages, more than one commit takes */
};

/* E_FILE (folder: other owner or mode, cannot be made), E_DB (in use by another
 * process; damaged), E_MEMORY; *why says it for people.  Close it all the same. */
GBA_MUST_USE gba_rc m2m_lmdb_env_open(struct m2m_lmdb_env *e, const struct m2m_lmdb_env_conf *conf,
                                      gba_text *why);

/* The store is as it should be: from now on its data may not be gone.  E_DB. */
GBA_MUST_USE gba_rc m2m_lmdb_env_began(struct m2m_lmdb_env *e);

/* OK, E_ABSENT, E_DB_FULL (disk or map), E_DB. */
gba_rc m2m_lmdb_rc(int code);

/* Is there room for one more record, and `more` pages beside it?  Deleting needs pages
 * too, so there is more than size_mib, for that. */
bool m2m_lmdb_env_has_room(const struct m2m_lmdb_env *e, size_t more);

/* Commit or, on failure, abort.  E_DB_FULL, E_DB. */
GBA_MUST_USE gba_rc m2m_lmdb_env_commit(struct m2m_lmdb_env *e, MDB_txn *txn);

/* Write everything to disk and give up the lock.  E_DB: it could not be written. */
gba_rc m2m_lmdb_env_close(struct m2m_lmdb_env *e);
