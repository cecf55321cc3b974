/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every session store must do (bsf/store.h), as one suite.  An
 * implementation brings a program that opens and closes its store:
 *
 *   static gba_rc open_store(struct rt_loop *loop, uint32_t cap, struct bsf_store *out) ...
 *   int main(void) { return store_contract_run("memory", open_store); }
 */
#pragma once

#include "bsf/store.h"
#include "rt/loop.h"

/* Open an empty store that holds at most cap records. */
typedef gba_rc store_contract_open(struct rt_loop *loop, uint32_t cap, struct bsf_store *out);

/* Exit code for main; prints TAP. */
int store_contract_run(const char *name, store_contract_open *open);
