/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port every session store implements.  Asynchronous in shape: an answer
 * comes later, on the loop's thread, exactly once, so that a store across a
 * network fits.  Stores see records only as octets under a key.
 */
#pragma once

#include "gba/base/bytes.h"

/* OK and the record (valid during the call), ABSENT class when there is none,
 * UNAVAILABLE class when the store cannot say. */
typedef void bsf_store_fn(void *arg, gba_rc rc, gba_view record);

struct bsf_store {
    void *self;

    /* Keep record under key until expiry; an older record of the key is replaced. */
    void (*put)(void *self, gba_view key, gba_view record, int64_t expiry_ms, bsf_store_fn *fn, void *arg);

    /* Find the live record of key. */
    void (*get)(void *self, gba_view key, bsf_store_fn *fn, void *arg);

    /* Forget key; success also when there was none. */
    void (*del)(void *self, gba_view key, bsf_store_fn *fn, void *arg);

    /* How many live records there are, as far as the store knows. */
    size_t (*count)(void *self);

    /* Complete what waits with UNAVAILABLE class, wipe what is in memory, free self. */
    void (*close)(void *self);
};
