/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenges that wait for their response: one vector each, found by RAND, used
 * once.  Bounded; the oldest are dropped when their time is over.
 */
#pragma once

#include "bsf/chain.h"
#include "bsf/session.h"
#include "gba/base/slots.h"
#include "gba/crypto/digest.h"

/* GBA_Digest: credentials of the subscriber and how they are asked for. */
struct bsf_challenge_digest {
    gba_text realm;
    gba_ha1 ha1;
};

struct bsf_challenge {
    enum bsf_gba_type type;
    uint8_t ks_input[16]; /* 2G */
    struct bsf_challenge_digest digest;
    gba_text username; /* as sent: IMPI or TMPI */
    gba_text impi;
    gba_rand rand;
    gba_autn autn; /* as sent: AUTN, or AUTN* with GBA_U; zeros with 2G */
    gba_res xres;
    gba_ks ks;
    uint8_t opaque[16];
    uint32_t name; /* which of our names asked */
    enum bsf_mode mode;
    unsigned algs;             /* offered: bits 1 << enum gba_digest_alg */
    uint32_t lifetime_s;       /* of the key to be */
    uint32_t resyncs;          /* resynchronisations so far in this run */
    bool second;               /* follows a wrong response */
    bool next;                 /* given with a success, for the next run */
    int64_t issued_ms;         /* of the monotonic clock */
    uint64_t run;              /* of the log; its response belongs to the same */
    struct bsf_chain settings; /* packed, in the pool of the table */
};

struct bsf_challenges {
    struct gba_slots slots;
    struct bsf_challenge *items;
    struct bsf_chains settings;
    int64_t lifetime_ms;
};

/* Octets of memory for cap challenges. */
size_t bsf_challenges_memory(uint32_t cap);

/* memory has bsf_challenges_memory(cap) octets, aligned for any type. */
void bsf_challenges_init(struct bsf_challenges *t, void *memory, uint32_t cap, uint64_t seed);

/* Wipe and drop those whose time is over. */
void bsf_challenges_expire(struct bsf_challenges *t, int64_t mono_ms);

/* Is there room for one more? */
bool bsf_challenges_full(const struct bsf_challenges *t);

/* Keep a copy of *c with its settings.  E_UB_FULL; E_ZH_REPEATED when a challenge
 * with this RAND waits already. */
GBA_MUST_USE gba_rc bsf_challenges_put(struct bsf_challenges *t, const struct bsf_challenge *c,
                                       gba_view settings);

/* The live challenge with this RAND, or NULL.  Valid until the next put, expire or drop. */
struct bsf_challenge *bsf_challenges_find(struct bsf_challenges *t, const gba_rand *rand, int64_t mono_ms);

/* The nonce of its challenge, base64 (TS 24.109 4.2, H.2, I.2). */
void bsf_challenge_put_nonce(const struct bsf_challenge *c, gba_writer *w);

/* Wipe and forget it: it was used. */
void bsf_challenges_drop(struct bsf_challenges *t, struct bsf_challenge *c);
