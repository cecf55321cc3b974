/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of the memory store and what finds them: by key, by alias, by owner, by
 * the second they expire in.  Laid out for millions: a look-up reads one line of the
 * index and the record itself.
 */
#pragma once

#include "bsf/store.h"

struct bsf_mem_table;

/* For at most cap records.  seed is random, so that nobody can choose collisions.  E_MEMORY. */
GBA_MUST_USE gba_rc bsf_mem_table_new(uint32_t cap, uint64_t seed, struct bsf_mem_table **out);

/* A copy of a record that is not in the table yet, by number; BSF_SLAB_NONE without
 * memory.  It goes in, or away, by bsf_mem_table_put. */
uint32_t bsf_mem_table_copy(struct bsf_mem_table *t, const struct bsf_store_put *put);

/* Put a copy in as bsf/store.h says; on failure it is gone.  E_STORE_FULL. */
GBA_MUST_USE gba_rc bsf_mem_table_put(struct bsf_mem_table *t, uint32_t copy, uint32_t keep, int64_t now_ms);

/* The live record of a key or alias; its view lives until the table is changed.  E_ABSENT. */
GBA_MUST_USE gba_rc bsf_mem_table_get(const struct bsf_mem_table *t, const bsf_store_key *key, int64_t now_ms,
                                      struct bsf_stored *found);

/* The live records of an owner, newest first: how many. */
size_t bsf_mem_table_of(const struct bsf_mem_table *t, const bsf_store_key *owner, int64_t now_ms,
                        struct bsf_stored found[BSF_STORE_KEEP_MAX]);

void bsf_mem_table_del(struct bsf_mem_table *t, const bsf_store_key *key);

/* Have ready in the processor's cache what a get will read: first the index, then, some
 * time later, the record. */
void bsf_mem_table_warm_index(const struct bsf_mem_table *t, const bsf_store_key *key);
void bsf_mem_table_warm_record(const struct bsf_mem_table *t, const bsf_store_key *key);

/* Forget expired records, but no more than about `most` in one go; true when none is left. */
bool bsf_mem_table_expire(struct bsf_mem_table *t, int64_t now_ms, unsigned most);

/* How many are in, expired ones that were not forgotten yet among them. */
uint32_t bsf_mem_table_count(const struct bsf_mem_table *t);

/* Wipe and free; NULL is ignored. */
void bsf_mem_table_free(struct bsf_mem_table *t);
