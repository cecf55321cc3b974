/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads with a loop each, for work that needs no engine: the main loop stays the
 * only one that steps engines.
 */
#pragma once

#include "rt/loop.h"

struct rt_workers;

enum { RT_WORKERS_MAX = 64 };

/* Start n threads; they take no signals.  E_MEMORY. */
GBA_MUST_USE gba_rc rt_workers_open(size_t n, struct rt_workers **out);

size_t rt_workers_count(const struct rt_workers *workers);

/* The loop of worker i: only rt_post from elsewhere. */
struct rt_loop *rt_workers_loop(struct rt_workers *workers, size_t i);

/* Run fn(arg) on worker i, and wait until it has returned.  Not from a worker. */
void rt_workers_call(struct rt_workers *workers, size_t i, rt_timer_fn *fn, void *arg);

/* Handles on the loops must be closed or closing, and nobody may post any more.  What was
 * posted is run, then the threads end.  NULL is ignored. */
void rt_workers_close(struct rt_workers *workers);
