/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records in a folder, by LMDB (m2m/db.h).  The folder is this user's with mode
 * 0700 and made when it is not there; a lock in it keeps a second process out.
 *
 * What was acknowledged is the kernel's at once, so a killed process loses
 * nothing; it is on disk within a second (written by another thread) and at
 * closing.  After a loss of power the last second may be gone.  A store that was cut
 * off or overwritten at its beginning is refused; where pages in its middle were
 * overwritten LMDB may end the process with a message of its own.
 */
#pragma once

#include "gba/base/text.h"
#include "m2m/db.h"
#include "rt/loop.h"

struct m2m_lmdb;

struct m2m_lmdb_conf {
    const char *path;  /* the folder */
    uint32_t size_mib; /* room for records and what finds them; beyond: E_DB_FULL */
};

/* E_FILE (folder: other owner or mode, cannot be made), E_DB (in use by another
 * process; damaged, no record was changed), E_MEMORY; *why says it for people. */
GBA_MUST_USE gba_rc m2m_lmdb_open(struct rt_loop *loop, const struct m2m_lmdb_conf *conf,
                                  struct m2m_lmdb **out, gba_text *why);

/* The port; lives until m2m_lmdb_close. */
const struct m2m_db *m2m_lmdb_db(const struct m2m_lmdb *lmdb);

/* Write everything to disk and give up the lock; frees itself on the loop.  NULL is
 * ignored. */
void m2m_lmdb_close(struct m2m_lmdb *lmdb);
