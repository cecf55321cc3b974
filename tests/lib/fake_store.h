/* SPDX-License-Identifier: Apache-2.0 */
/* A session store as plain as can be, for tests that play the world around an engine: a
 * few records, and every answer at once. */
#pragma once

#include "bsf/store.h"

enum { FAKE_STORE_RECORDS = 16, FAKE_STORE_RECORD_MAX = 8192 };

struct fake_record {
    bool there;
    struct bsf_store_put put; /* its record points into b */
    uint8_t b[FAKE_STORE_RECORD_MAX];
    uint64_t age;
};

/* Zeroed before. */
struct fake_store {
    struct fake_record records[FAKE_STORE_RECORDS];
    uint64_t puts;
    bool broken; /* every answer is E_STORE */
    bool full;   /* every put is refused */
};

gba_rc fake_store_put(struct fake_store *s, const struct bsf_store_put *put, int64_t now_ms);
gba_rc fake_store_get(const struct fake_store *s, const bsf_store_key *key, int64_t now_ms,
                      struct bsf_stored *found);
gba_rc fake_store_of(const struct fake_store *s, const bsf_store_key *owner, int64_t now_ms,
                     struct bsf_stored found[BSF_STORE_KEEP_MAX], size_t *n);
gba_rc fake_store_del(struct fake_store *s, const bsf_store_key *key);
size_t fake_store_count(const struct fake_store *s, int64_t now_ms);
