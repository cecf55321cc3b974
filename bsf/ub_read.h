/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a request on Ub (TS 24.109 4.2, 4.3): what it asks, and whether its
 * credentials answer a given challenge.
 */
#pragma once

#include "bsf/challenge.h"
#include "bsf/conf.h"
#include "gba/crypto/digest.h"
#include "gba/wire/auth_hdr.h"
#include "gba/wire/http_msg.h"

/* Views point into the request and the arena it was read with. */
struct bsf_ub_ask {
    struct gba_auth auth;
    gba_view method, target, body;
    gba_view qop; /* of several the first */
    enum gba_digest_alg alg;
    bool alg_known;
    size_t name;       /* which of our names it is for */
    bool first;        /* no response in it: asks for a challenge */
    bool tmpi_capable; /* the User-Agent says 3gpp-gba-tmpi */
    bool digest;       /* the User-Agent says GBA_Digest */
};

/* Which name it is for, and what it asks.  MALFORMED class, E_UB_METHOD, E_UB_REALM, E_UB_URI, E_IMPI ... */
GBA_MUST_USE gba_rc bsf_ub_read(const struct bsf_conf *conf, const struct gba_http_msg *req, gba_arena *arena,
                                struct bsf_ub_ask *ask);

/* What the nonce begins with, by which its challenge is found: RAND, or what stands for it;
 * E_UB_NONCE when it cannot be one of ours. */
GBA_MUST_USE gba_rc bsf_ub_read_nonce(gba_view nonce, gba_rand *rand);

/* Is it the nonce of this challenge, and the request of its kind? */
bool bsf_ub_read_is_for(const struct bsf_ub_ask *ask, const struct bsf_challenge *c);

/* The realm of a challenge: the name that asked, or with GBA_Digest the home network. */
gba_view bsf_ub_read_realm(const struct bsf_conf *conf, const struct bsf_challenge *c);

/* Do the credentials belong to this challenge?  Checks all but the response:
 * E_UB_OPAQUE, E_UB_REALM, E_UB_QOP, E_UB_ALGORITHM, E_UB_USERNAME. */
GBA_MUST_USE gba_rc bsf_ub_read_match(const struct bsf_conf *conf, const struct bsf_ub_ask *ask,
                                      const struct bsf_challenge *c);

/* Room for any password of a challenge; wiped by its owner. */
enum { BSF_UB_PASSWORD_MAX = 64 };

/* The password that answers the challenge under the algorithm of the request:
 * RES, or what RFC 4169 3 makes of it.  Points into c or room. */
GBA_MUST_USE gba_rc bsf_ub_read_password(const struct bsf_ub_ask *ask, const struct bsf_challenge *c,
                                         uint8_t room[BSF_UB_PASSWORD_MAX], gba_view *password);

/* Does the response prove this password (empty beside auts)?  E_UB_RESPONSE. */
GBA_MUST_USE gba_rc bsf_ub_read_proof(const struct bsf_ub_ask *ask, gba_view password);

/* AUTS of the auts parameter; E_UB_AUTS. */
GBA_MUST_USE gba_rc bsf_ub_read_auts(const struct bsf_ub_ask *ask, gba_auts *auts);
