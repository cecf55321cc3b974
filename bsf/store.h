/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port every session store implements.  Asynchronous in shape: an answer
 * comes later, on the loop's thread, exactly once, so that a store across a
 * network fits.  A store sees no names and no plain text: keys are hashes, and
 * records are sealed and bound to their key (bsf/session.h).
 *
 * What was asked is done in the order of asking.  A record whose expiry has come
 * is as good as forgotten: no function finds or counts it.
 */
#pragma once

#include "gba/base/bytes.h"

typedef struct bsf_store_key {
    uint8_t b[16];
} bsf_store_key;

enum { BSF_STORE_KEEP_MAX = 8 };

struct bsf_stored {
    bsf_store_key key;
    gba_view record;
    int64_t expiry_ms;
};

/* OK and what was found (n records, valid during the call; none for put and del),
 * ABSENT class when there is none, LIMIT class when there is no room and nothing was
 * changed, UNAVAILABLE class when the store cannot say: a put or del may then have
 * happened or not. */
typedef void bsf_store_fn(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n);

/* Views need not outlive the call of put. */
struct bsf_store_put {
    bsf_store_key key;   /* a record that has it is replaced */
    bsf_store_key alias; /* a second key the record is found by (its TMPI); taken from whoever has it */
    bool has_alias;
    bsf_store_key owner; /* whose it is (subscriber and name of the BSF) */
    uint32_t keep;       /* 1..KEEP_MAX: as many of the owner stay, the newest; others are forgotten */
    gba_view record;     /* at most BSF_RECORD_MAX octets and what sealing adds */
    int64_t expiry_ms;   /* UTC */
};

struct bsf_store {
    void *self;

    /* All or nothing: record, alias and the owner's list change in one step.  OK only when
     * a killed process does not lose it (where the store promises that). */
    void (*put)(void *self, const struct bsf_store_put *put, bsf_store_fn *fn, void *arg);

    /* The live record of a key, else that of an alias. */
    void (*get)(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg);

    /* The live records of an owner, at most KEEP_MAX, the one put last first. */
    void (*of)(void *self, const bsf_store_key *owner, bsf_store_fn *fn, void *arg);

    /* Forget the record of a key (an alias is none) with its alias; success also when
     * there was none. */
    void (*del)(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg);

    /* How many live records there are, as far as the store knows. */
    size_t (*count)(void *self);

    /* Does it answer at present? */
    bool (*ready)(void *self);

    /* Complete what waits with UNAVAILABLE class, wipe what is in memory, free self. */
    void (*close)(void *self);
};
