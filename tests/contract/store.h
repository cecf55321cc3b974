/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every session store must do (bsf/store.h), as one suite.  An
 * implementation brings a program that opens its store:
 *
 *   static gba_rc open_store(struct rt_loop *loop, uint32_t cap, struct bsf_store *out) ...
 *   int main(void) { return store_contract_run(&(struct store_contract){"memory", open_store, true}); }
 */
#pragma once

#include "bsf/store.h"
#include "rt/loop.h"

struct store_contract {
    const char *name;
    /* Open an empty store, with a fresh place of its own, that holds at most cap records. */
    gba_rc (*open)(struct rt_loop *loop, uint32_t cap, struct bsf_store *out);
    bool bounded; /* it counts its records: the one after cap is refused */
};

/* Exit code for main; prints TAP. */
int store_contract_run(const struct store_contract *contract);
