/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions by what operators know of them, without their keys. */
#pragma once

#include "bsf/conf.h"
#include "bsf/session.h"

enum { BSF_LOOKUP_MAX = 64 };

/* A session as it may be shown. */
struct bsf_lookup_session {
    bsf_store_key key;
    gba_text impi, btid;
    enum bsf_mode mode;
    uint32_t gba_type;
    bool tmpi;
    int64_t created_s, expiry_s;
};

struct bsf_lookup;
typedef void bsf_lookup_fn(void *arg, gba_rc rc);

/* Filled by bsf_lookup_begin; fn is called exactly once, later, on the loop's thread. */
struct bsf_lookup {
    const struct bsf_store *store;
    const struct bsf_conf *conf; /* whose names of the BSF are tried */
    bsf_lookup_fn *fn;
    void *arg;
    struct bsf_lookup_session sessions[BSF_LOOKUP_MAX];
    size_t n;
    gba_text name;
    size_t next;
    bsf_store_fn *on_some;
    struct bsf_sealer sealer;
};

/* Who asks, of what, with which keys; then one of the two below. */
struct bsf_lookup_parts {
    const struct bsf_store *store;
    const struct bsf_conf *conf;
    const gba_seal_ring *ring;
    bsf_lookup_fn *fn;
    void *arg;
};
void bsf_lookup_begin(struct bsf_lookup *lookup, const struct bsf_lookup_parts *parts);

/* The session of a B-TID or TMPI: OK and one, ABSENT class and none, or why it cannot be told.
 * fn may be called at once when the name cannot be one. */
void bsf_lookup_one(struct bsf_lookup *lookup, gba_view name);

/* All sessions of an IMPI under every name of the BSF and every key of the ring; OK also with none. */
void bsf_lookup_all(struct bsf_lookup *lookup, gba_view impi);
