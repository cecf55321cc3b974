/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions in memory, a million in 512 MiB.  Dead records give their memory back.
 * Nothing survives the process.
 */
#pragma once

#include "bsf/store.h"
#include "rt/loop.h"

/* At most cap records; further ones are refused with E_STORE_FULL.  E_MEMORY.
 * close() completes what waits with E_STORE and wipes every record. */
GBA_MUST_USE gba_rc bsf_store_mem_open(struct rt_loop *loop, uint32_t cap, struct bsf_store *out);
