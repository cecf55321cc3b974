/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays of a bootstrapping run (TS 33.220 4.5.2): the session, found by its
 * B-TID, and the pointer from a TMPI to the IMPI.  Both become records, sealed
 * before a store sees them and bound to the key they are filed under.
 */
#pragma once

#include "gba/base/env.h"
#include "gba/base/text.h"
#include "gba/crypto/seal.h"

enum { BSF_GUSS_MAX = 64 * 1024, BSF_RECORD_MAX = BSF_GUSS_MAX + 1024, BSF_KEY_MAX = GBA_TEXT_MAX + 2 };

enum bsf_mode { BSF_ME, BSF_U };

struct bsf_session {
    gba_text impi;
    gba_text tmpi; /* empty when none was agreed */
    gba_rand rand;
    gba_ks ks; /* wiped by whoever declares the struct */
    enum bsf_mode mode;
    uint32_t gba_type; /* as in the GBA-Type AVP */
    int64_t created_s, expiry_s;
    gba_view guss; /* XML; absent when the HSS sent none */
};

/* The key a record is filed under: a kind and a name. */
typedef struct bsf_key {
    uint8_t b[BSF_KEY_MAX];
    size_t n;
} bsf_key;

enum bsf_key_kind { BSF_KEY_SESSION = 'b', BSF_KEY_TMPI = 't' };

/* E_TOO_LONG when name has more than GBA_TEXT_MAX octets. */
GBA_MUST_USE gba_rc bsf_key_make(enum bsf_key_kind kind, gba_view name, bsf_key *key);
gba_view bsf_key_view(const bsf_key *key);

/* Plain record: version octet first.  E_SPACE. */
GBA_MUST_USE gba_rc bsf_session_encode(const struct bsf_session *s, gba_writer *w);

/* The guss points into `record`.  E_SESSION, and nothing is left in *s. */
GBA_MUST_USE gba_rc bsf_session_decode(gba_view record, struct bsf_session *s);

/* Where records are sealed and opened: room for two records, wiped by its owner. */
struct bsf_sealer {
    const gba_seal_key *key;
    uint8_t plain[BSF_RECORD_MAX];
    uint8_t sealed[BSF_RECORD_MAX + GBA_SEAL_OVERHEAD];
};

/* *record points into the sealer until its next use. */
GBA_MUST_USE gba_rc bsf_session_seal(struct bsf_sealer *sealer, const gba_env *env, const bsf_key *key,
                                     const struct bsf_session *s, gba_view *record);

/* s->guss points into the sealer until its next use.  E_SEAL, E_SESSION. */
GBA_MUST_USE gba_rc bsf_session_open(struct bsf_sealer *sealer, const bsf_key *key, gba_view record,
                                     struct bsf_session *s);

/* The same for the IMPI behind a TMPI. */
GBA_MUST_USE gba_rc bsf_tmpi_seal(struct bsf_sealer *sealer, const gba_env *env, const bsf_key *key,
                                  gba_view impi, gba_view *record);
GBA_MUST_USE gba_rc bsf_tmpi_open(struct bsf_sealer *sealer, const bsf_key *key, gba_view record,
                                  gba_text *impi);
