/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session store asks of LMDB, inside one transaction of the caller's.  Four
 * databases: records by key, keys by alias, keys by owner (the newest first), keys by
 * expiry.
 */
#pragma once

#include <lmdb.h>

#include "bsf/store.h"

enum { BSF_LMDB_DBS = 4 };

struct bsf_lmdb_table {
    MDB_dbi records, aliases, owners, expiries;
};

/* One change or look-up under way. */
struct bsf_lmdb_txn {
    const struct bsf_lmdb_table *table;
    MDB_txn *txn;
};

/* Open the databases, making them in an environment that is empty.  An MDB code;
 * MDB_INCOMPATIBLE when what is there is no session store. */
int bsf_lmdb_table_open(MDB_env *env, struct bsf_lmdb_table *table);

struct bsf_lmdb_put {
    const struct bsf_store_put *put;
    int64_t now_ms; /* tells what has expired */
    size_t cap;     /* live records at most */
};

/* As bsf/store.h says.  E_STORE_FULL: nothing but expired records was touched, or the
 * transaction cannot be committed any more.  E_STORE: abort it. */
GBA_MUST_USE gba_rc bsf_lmdb_table_put(const struct bsf_lmdb_txn *t, const struct bsf_lmdb_put *what);

/* Views live until the transaction ends or changes something.  E_ABSENT, E_STORE. */
GBA_MUST_USE gba_rc bsf_lmdb_table_get(const struct bsf_lmdb_txn *t, const bsf_store_key *key, int64_t now_ms,
                                       struct bsf_stored *found);
GBA_MUST_USE gba_rc bsf_lmdb_table_of(const struct bsf_lmdb_txn *t, const bsf_store_key *owner,
                                      int64_t now_ms, struct bsf_stored found[BSF_STORE_KEEP_MAX], size_t *n);

GBA_MUST_USE gba_rc bsf_lmdb_table_del(const struct bsf_lmdb_txn *t, const bsf_store_key *key);

/* Forget expired records, `most` at most; *n: how many that was. */
GBA_MUST_USE gba_rc bsf_lmdb_table_expire(const struct bsf_lmdb_txn *t, int64_t now_ms, size_t most,
                                          size_t *n);

/* How many live records there are; 0 when it cannot be told. */
size_t bsf_lmdb_table_count(const struct bsf_lmdb_txn *t, int64_t now_ms);

/* E_ABSENT, E_STORE_FULL (disk or map), E_STORE. */
gba_rc bsf_lmdb_rc(int code);
