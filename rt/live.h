/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration in force, and older ones that requests in progress still use.
 * Of the loop's thread.
 *
 * Whoever starts something that goes on after this turn of the loop holds what is in
 * force then, uses it to the end and drops it.  A configuration that was replaced is
 * wiped and freed when nobody holds it; the first one stays, because what needs a
 * restart is used where it stands there.
 */
#pragma once

#include "gba/base/opt.h"

struct rt_live;

/* `first`, of so many octets, is in force; it stays the caller's and lives longer.  E_MEMORY. */
GBA_MUST_USE gba_rc rt_live_new(const struct gba_opt *rows, const void *first, size_t size,
                                struct rt_live **out);

/* What is in force, for use during this call only. */
const void *rt_live_now(const struct rt_live *live);

/* What is in force, until it is dropped. */
const void *rt_live_hold(struct rt_live *live);
void rt_live_drop(struct rt_live *live, const void *conf);

/* Room for another configuration, zeroed; NULL without memory.  It is put in force, or
 * freed when it holds nothing that must be freed. */
void *rt_live_draft(const struct rt_live *live);
void rt_live_replace(struct rt_live *live, void *draft);
void rt_live_discard(void *draft);

/* How many configurations there are, the first among them. */
size_t rt_live_count(const struct rt_live *live);

/* Nobody holds any; NULL is ignored. */
void rt_live_free(struct rt_live *live);
