/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port of what MEF, MAF, targets and their operators keep: records under
 * names.  Local and immediate (memory, LMDB), so engines use it directly, as
 * they use a card.  Records are sealed before an adapter sees them
 * (m2m/vault.h); names are not secret.
 */
#pragma once

#include "gba/base/bytes.h"

enum { M2M_DB_NAME_MAX = 300, M2M_DB_RECORD_MAX = 32 * 1024 };

struct m2m_db {
    void *self;

    /* Append the record to w; E_ABSENT, E_SPACE, E_DB. */
    gba_rc (*get)(void *self, gba_view name, gba_writer *w);

    /* Keep or replace; when it returns OK a killed process does not lose it.
     * E_DB, E_DB_FULL, E_TOO_LONG (name of 1 to M2M_DB_NAME_MAX octets, record of at
     * most M2M_DB_RECORD_MAX): nothing changed. */
    gba_rc (*put)(void *self, gba_view name, gba_view record);

    /* Forget; OK also when there was none. */
    gba_rc (*del)(void *self, gba_view name);

    /* Every name that begins with prefix, in order of octets, until fn says something
     * but OK (which is the result then).  fn may look up, but not change the store. */
    gba_rc (*each)(void *self, gba_view prefix, gba_rc (*fn)(void *arg, gba_view name, gba_view record),
                   void *arg);

    /* What is changed between both is kept in one go by `end` with OK, or not at all: then
     * it tells why.  With anything else nothing of it is kept, and that is the result.  It is
     * seen before.  For a few records; not nested (E_BUG).  begin: E_DB. */
    gba_rc (*begin)(void *self);
    gba_rc (*end)(void *self, gba_rc rc);
};
