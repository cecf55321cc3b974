/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GUSS of users who were here lately, so that the HSS need not send them
 * again (GUSS-Timestamp, TS 29.109 4.2).  Bounded; the oldest goes first.
 */
#pragma once

#include "bsf/chain.h"
#include "gba/base/env.h"
#include "gba/base/slots.h"
#include "gba/base/text.h"

struct bsf_guss_item {
    gba_text impi;
    int64_t stamp_s; /* UTC, when it came */
    int64_t came_ms; /* monotonic */
    struct bsf_chain guss;
};

struct bsf_guss_cache {
    struct gba_slots slots; /* cap 0: nothing is kept */
    struct bsf_guss_item *items;
    struct bsf_chains chains;
    int64_t age_ms; /* kept no longer */
};

/* Octets of memory for cap users. */
size_t bsf_guss_cache_memory(uint32_t cap);

/* memory has bsf_guss_cache_memory(cap) octets, aligned for any type; set age_ms then. */
void bsf_guss_cache_init(struct bsf_guss_cache *c, void *memory, uint32_t cap, uint64_t seed);

/* What is kept for this IMPI, or NULL when there is none or it is too old.  Valid until the next put. */
const struct bsf_guss_item *bsf_guss_cache_find(const struct bsf_guss_cache *c, gba_view impi,
                                                int64_t mono_ms);

/* Keep or replace; older users give way.  A GUSS too long for the cache is forgotten. */
void bsf_guss_cache_put(struct bsf_guss_cache *c, const gba_text *impi, const gba_env *env, gba_view guss);
