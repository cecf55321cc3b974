/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nonces of the NAF: nothing is kept for one until a proven device uses it.
 *
 * nonce = base64(issue time in ms (8) || random (8) || first 16 octets of
 * HMAC-SHA-256(secret, time || random || realm name)).  Once a correct response
 * arrived, the highest nc is remembered.  When the memory is full the oldest
 * goes, and from then on any nonce issued up to that one's time counts as
 * stale, so that forgetting can never allow a replay.
 */
#pragma once

#include "gba/base/env.h"
#include "gba/base/slots.h"
#include "gba/base/text.h"

enum { NAF_NONCE_RAW = 32, NAF_NONCE_TEXT = 44 };

struct naf_nonce_use {
    uint8_t id[16]; /* time || random */
    uint32_t nc;    /* highest accepted */
};

struct naf_nonces {
    struct gba_slots slots;
    struct naf_nonce_use *uses;
    uint8_t secret[32];
    int64_t forgotten_ms; /* nonces issued up to here are stale unless remembered */
};

/* Octets of memory for cap nonces in use. */
size_t naf_nonces_memory(uint32_t cap);

/* memory has naf_nonces_memory(cap) octets, aligned for any type, and lives as
 * long.  The secret comes from env. */
void naf_nonces_init(struct naf_nonces *n, void *memory, uint32_t cap, const gba_env *env);

/* Append a fresh nonce for the service fqdn to w. */
GBA_MUST_USE gba_rc naf_nonce_make(const struct naf_nonces *n, const gba_env *env, gba_view fqdn,
                                   gba_writer *w);

/* What a device said. */
struct naf_nonce_claim {
    gba_view nonce;
    uint32_t nc;
    uint32_t max_age_s;
};

enum naf_nonce_state {
    NAF_NONCE_FRESH,    /* ours, and this nc is higher than any before */
    NAF_NONCE_STALE,    /* not ours, too old, or forgotten */
    NAF_NONCE_REPLAYED, /* ours, but this nc was used */
};

/* What a response that is otherwise right may claim with this nonce and nc;
 * FRESH remembers the nc.  Call only after the response was verified. */
enum naf_nonce_state naf_nonce_use(struct naf_nonces *n, const gba_env *env, gba_view fqdn,
                                   const struct naf_nonce_claim *claim);
