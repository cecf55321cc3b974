/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much is served: token buckets for everybody together, for each address
 * (IPv6: each /64) and for each subscriber.  Bounded: when a table is full,
 * those who asked longest ago are forgotten.  Times are of the monotonic clock.
 */
#pragma once

#include "bsf/conf.h"
#include "gba/base/secret.h"
#include "gba/base/slots.h"

/* What a nonce that nobody waits for costs beside its request. */
enum { BSF_LIMITS_BAD_NONCE = 4 };

struct bsf_bucket {
    uint64_t level; /* in 1/60000 of a token: what a rate of 1 a minute gives in a millisecond */
    int64_t at_ms;
};

struct bsf_limits_item {
    uint8_t key[16];
    struct bsf_bucket bucket;
    gba_rand waiting[2]; /* of a subscriber: last challenged as IMPI, as TMPI */
};

struct bsf_limits_table {
    struct gba_slots slots;
    struct bsf_limits_item *items;
};

struct bsf_limits {
    const struct bsf_conf_limits *conf; /* may be replaced; the sizes stay those of the first */
    struct bsf_bucket total;
    struct bsf_limits_table addresses, identities;
};

/* Octets of memory under this configuration. */
size_t bsf_limits_memory(const struct bsf_conf_limits *conf);

/* memory has bsf_limits_memory(conf) octets, aligned for any type, and lives as
 * long; so does conf. */
void bsf_limits_init(struct bsf_limits *l, const struct bsf_conf_limits *conf, void *memory, uint64_t seed);

/* One request of the address (4 or 16 octets; absent: not known), which costs so
 * many tokens.  E_UB_LIMIT_ADDRESS, E_UB_LIMIT_TOTAL. */
GBA_MUST_USE gba_rc bsf_limits_request(struct bsf_limits *l, int64_t mono_ms, gba_view address,
                                       unsigned cost);

/* One vector for the subscriber.  E_UB_LIMIT_IDENTITY. */
GBA_MUST_USE gba_rc bsf_limits_vector(struct bsf_limits *l, int64_t mono_ms, gba_view impi);

/* How many vectors it could have now. */
uint32_t bsf_limits_left(const struct bsf_limits *l, int64_t mono_ms, gba_view impi);

/* Remember, and find, the challenge that the subscriber was given last when it
 * named itself so; NULL when there is none. */
void bsf_limits_challenged(struct bsf_limits *l, gba_view impi, bool by_tmpi, const gba_rand *rand);
const gba_rand *bsf_limits_last(const struct bsf_limits *l, gba_view impi, bool by_tmpi);
