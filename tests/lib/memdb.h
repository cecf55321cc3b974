/* SPDX-License-Identifier: Apache-2.0 */
/* A store of records in memory, for engines of oneM2M; it can be told to fail. */
#pragma once

#include "m2m/vault.h"

enum { MEMDB_ROWS = 200 };

struct memdb {
    struct m2m_db db;
    struct m2m_vault vault; /* over db */
    gba_seal_key key;
    struct memdb_row {
        bool used;
        size_t name_n, n;
        uint8_t name[M2M_DB_NAME_MAX], record[M2M_DB_RECORD_MAX];
    } rows[MEMDB_ROWS]; /* in the order of names */
    struct memdb_row before[MEMDB_ROWS]; /* as they were when several changes began */
    bool grouped;
    gba_rc put_fails;   /* not OK: what the next put answers */
    size_t puts;        /* how often put was called */
};

/* Empty; forgets what it held. */
void memdb_init(struct memdb *mem);

/* How many records there are. */
size_t memdb_count(const struct memdb *mem);
