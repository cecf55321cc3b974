/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records sealed before they reach a store and bound to the name they are filed
 * under.  A name is a kind, ':' and what it names: "ke:EE71...@mef.mte.example".
 */
#pragma once

#include "gba/base/env.h"
#include "gba/crypto/seal.h"
#include "m2m/db.h"

struct m2m_vault {
    const struct m2m_db *db;
    const gba_seal_key *key;
};

/* Seal and keep.  name: kind and rest, joined here.  E_DB, E_DB_FULL, E_SPACE, E_TOO_LONG. */
GBA_MUST_USE gba_rc m2m_vault_put(const struct m2m_vault *v, const gba_env *env, const char *kind,
                                  gba_view rest, gba_view plain);

/* Open; appended to w, which its owner wipes.  E_ABSENT, E_SEAL, E_DB. */
GBA_MUST_USE gba_rc m2m_vault_get(const struct m2m_vault *v, const char *kind, gba_view rest, gba_writer *w);

GBA_MUST_USE gba_rc m2m_vault_del(const struct m2m_vault *v, const char *kind, gba_view rest);

/* Several changes as one (m2m/db.h): rc is how they went, the result whether they are kept. */
GBA_MUST_USE gba_rc m2m_vault_begin(const struct m2m_vault *v);
GBA_MUST_USE gba_rc m2m_vault_end(const struct m2m_vault *v, gba_rc rc);

/* Every record of a kind, opened; rest is the name behind the kind.  plain lives
 * during the call and is wiped after it. */
typedef gba_rc m2m_vault_fn(void *arg, gba_view rest, gba_view plain);
GBA_MUST_USE gba_rc m2m_vault_each(const struct m2m_vault *v, const char *kind, m2m_vault_fn *fn, void *arg);
