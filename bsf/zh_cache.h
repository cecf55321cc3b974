/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What redirect agents (SLF) said, for as long and for as much as they said
 * (RFC 6733 6.13, 6.14).  Bounded; the oldest goes first.
 */
#pragma once

#include "bsf/zh_hosts.h"
#include "gba/base/slots.h"

/* What an answer of an agent is good for. */
enum bsf_zh_scope { BSF_ZH_OF_USER = 'u', BSF_ZH_OF_REALM = 'r', BSF_ZH_OF_HOST = 'h' };

struct bsf_zh_ways {
    struct bsf_zh_host *hosts[DIA_REDIRECTS]; /* in the agent's order */
    size_t n;
};

struct bsf_zh_cached {
    gba_text key;
    int64_t until_ms; /* monotonic */
    struct bsf_zh_ways ways;
    uint32_t generations[DIA_REDIRECTS]; /* a learned host's slot may have another host now */
};

struct bsf_zh_cache {
    struct gba_slots slots; /* cap 0: nothing is kept */
    struct bsf_zh_cached *items;
};

size_t bsf_zh_cache_memory(uint32_t cap);

/* memory has bsf_zh_cache_memory(cap) octets, aligned for any type. */
void bsf_zh_cache_init(struct bsf_zh_cache *c, void *memory, uint32_t cap, uint64_t seed);

/* Keep or replace. A name too long to be kept is not. */
void bsf_zh_cache_put(struct bsf_zh_cache *c, enum bsf_zh_scope scope, gba_view name,
                      const struct bsf_zh_ways *ways, int64_t until_ms);

/* False when nothing is kept, or its time is over. */
bool bsf_zh_cache_find(struct bsf_zh_cache *c, enum bsf_zh_scope scope, gba_view name, int64_t mono_ms,
                       struct bsf_zh_ways *ways);

void bsf_zh_cache_drop(struct bsf_zh_cache *c, enum bsf_zh_scope scope, gba_view name);
