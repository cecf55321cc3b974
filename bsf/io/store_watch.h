/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store that is watched: every operation is counted by its result and timed, its answer
 * comes in the run of whoever asked, and a debug line tells of it.
 */
#pragma once

#include "bsf/store.h"
#include "rt/metrics.h"

/* *store is replaced by one in front of it, which closes it too.  Its metrics are in metrics
 * until it is closed.  E_MEMORY, E_BUG: *store stays what it is. */
GBA_MUST_USE gba_rc bsf_store_watch(struct bsf_store *store, struct rt_metrics *metrics);
