/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays of a bootstrapping run (TS 33.220 4.5.2): the session, found by its
 * B-TID, by its TMPI and by whose it is.  It becomes a record that is sealed before a
 * store sees it and bound to the key it is filed under; keys tell nothing about names.
 *
 * B-TID and TMPI are no part of a record: they follow from what is.
 */
#pragma once

#include "bsf/store.h"
#include "gba/base/env.h"
#include "gba/base/text.h"
#include "gba/crypto/seal_ring.h"

enum { BSF_GUSS_MAX = 64 * 1024, BSF_RECORD_MAX = BSF_GUSS_MAX + 1024 };

enum bsf_mode { BSF_ME, BSF_U };

enum bsf_gba_type { BSF_3G, BSF_2G, BSF_DIGEST }; /* as in the GBA-Type AVP */

struct bsf_session {
    gba_text impi;
    gba_text domain; /* the BSF's name in B-TID and TMPI */
    gba_rand rand;
    gba_text ub_nonce; /* GBA_Digest: stands for RAND when keys are derived; else empty */
    gba_ks ks;         /* wiped by whoever declares the struct */
    enum bsf_mode mode;
    uint32_t gba_type; /* as in the GBA-Type AVP */
    bool tmpi;         /* one was agreed */
    int64_t created_s, expiry_s;
    gba_view settings; /* packed (gba/wire/uss_pack.h); absent when the HSS sent none */
};

/* Record: version octet first.  E_SPACE; E_TOO_LONG for times and types beyond what it can say. */
GBA_MUST_USE gba_rc bsf_session_encode(const struct bsf_session *s, gba_writer *w);

/* The settings point into `record`.  E_SESSION, and nothing is left in *s. */
GBA_MUST_USE gba_rc bsf_session_decode(gba_view record, struct bsf_session *s);

/* The names that a session has.  E_BTID; E_SPACE, E_CRYPTO. */
GBA_MUST_USE gba_rc bsf_session_btid(const struct bsf_session *s, gba_text *btid);
GBA_MUST_USE gba_rc bsf_session_tmpi(const struct bsf_session *s, gba_text *tmpi);

/* ---- keys ---- */

enum bsf_key_kind { BSF_KEY_BTID = 'b', BSF_KEY_TMPI = 't' };

/* SHA-256 of kind, ':' and name, cut to 16 octets.  E_CRYPTO. */
GBA_MUST_USE gba_rc bsf_key_of(enum bsf_key_kind kind, gba_view name, bsf_store_key *key);

/* The subscriber at a name of the BSF, keyed so that a store cannot try IMPIs.  E_CRYPTO. */
GBA_MUST_USE gba_rc bsf_owner_of(const gba_seal_key *key, gba_view impi, gba_view domain,
                                 bsf_store_key *owner);

/* ---- sealing ---- */

/* Where records are sealed and opened: room for two records, wiped by its owner. */
struct bsf_sealer {
    const gba_seal_ring *ring;
    uint8_t plain[BSF_RECORD_MAX];
    uint8_t sealed[BSF_RECORD_MAX + GBA_SEAL_RING_OVERHEAD];
};

/* *record points into the sealer until its next use. */
GBA_MUST_USE gba_rc bsf_session_seal(struct bsf_sealer *sealer, const gba_env *env, const bsf_store_key *key,
                                     const struct bsf_session *s, gba_view *record);

/* s->settings point into the sealer until its next use.  E_SEAL, E_SEAL_KEY, E_SESSION. */
GBA_MUST_USE gba_rc bsf_session_open(struct bsf_sealer *sealer, const bsf_store_key *key, gba_view record,
                                     struct bsf_session *s);
