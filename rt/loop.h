/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: a thin face on libuv.  One loop a thread; everything that
 * has a callback here is called on the loop's thread, never re-entrantly from
 * the function that started it.
 */
#pragma once

#include <uv.h>

#include "gba/base/env.h"

struct rt_loop;

/* A new loop; SIGPIPE is ignored from here on.  E_MEMORY. */
GBA_MUST_USE gba_rc rt_loop_new(struct rt_loop **out);

/* The libuv loop inside, for adapters that own handles. */
uv_loop_t *rt_loop_uv(struct rt_loop *loop);

/* Run until rt_loop_stop, which is for the loop's thread only (others post it). */
void rt_loop_run(struct rt_loop *loop);
void rt_loop_stop(struct rt_loop *loop);

/* All handles of adapters must be closed or closing: runs what was posted,
 * forgets pending timers and signals, runs the loop until all is closed, then
 * frees.  No thread may post once this has returned. */
void rt_loop_free(struct rt_loop *loop);

/* The environment that engines are given: the clock read once per loop turn,
 * random bytes of the system (the process stops if there are none).  Ask in each
 * callback; a pointer kept from an earlier turn shows that turn's time. */
const gba_env *rt_loop_env(struct rt_loop *loop);

/* ---- one-shot timers ---- */

struct rt_timer;
typedef void rt_timer_fn(void *arg);

/* Call fn(arg) once after ms milliseconds.  NULL without memory. */
struct rt_timer *rt_timer_start(struct rt_loop *loop, uint64_t ms, rt_timer_fn *fn, void *arg);

/* Forget a timer that has not fired; NULL is ignored. After firing, the handle is dead. */
void rt_timer_cancel(struct rt_timer *timer);

/* ---- signals ---- */

/* On the signal call fn(arg) on the loop, any number of times, until the loop is
 * freed.  E_MEMORY; E_BUG for a signal that cannot be caught. */
GBA_MUST_USE gba_rc rt_on_signal(struct rt_loop *loop, int signum, rt_timer_fn *fn, void *arg);

/* ---- hand-over from other threads ---- */

/* Thread-safe: call fn(arg) on the loop's thread, in the order of posting.
 * False when the loop no longer takes posts or there is no memory; arg is then
 * the caller's still. */
bool rt_post(struct rt_loop *loop, rt_timer_fn *fn, void *arg);
