/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of a daemon as its configuration says (section `store`): the folder,
 * and the key that its records are sealed with.
 */
#pragma once

#include "m2m/conf.h"
#include "m2m/io/db_lmdb.h"
#include "m2m/vault.h"

/* Zeroed before; wiped by m2m_store_close. */
struct m2m_store {
    struct m2m_lmdb *lmdb;
    gba_seal_key key;
    struct m2m_vault vault; /* points into this struct: do not copy it */
};

/* Read the key, open the folder and see that every record can be opened.  What failed
 * is logged.  E_FILE, E_HEX, E_DB, E_DB_FULL, E_SEAL (another key, or a record was
 * changed), E_MEMORY. */
GBA_MUST_USE gba_rc m2m_store_open(struct rt_loop *loop, const struct m2m_conf_store *conf,
                                   struct m2m_store *store);

/* Also after m2m_store_open failed. */
void m2m_store_close(struct m2m_store *store);
