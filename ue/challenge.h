/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's side of HTTP Digest, for Ub and Ua alike: choose a challenge of
 * a 401, answer it, check what the server proves (RFC 7616, RFC 3310).
 */
#pragma once

#include "gba/base/env.h"
#include "gba/crypto/digest.h"
#include "gba/wire/auth_hdr.h"
#include "gba/wire/http_msg.h"

enum { UE_CHALLENGE_ROOM = 4096, UE_CNONCE_N = 32 };

/* Views point into room, so it stays where it is. */
struct ue_challenge {
    gba_view realm, nonce, opaque; /* opaque absent when not given */
    enum gba_digest_alg alg;
    bool alg_given;
    enum gba_digest_qop qop; /* the better one of those offered */
    bool stale;
    uint32_t nc;              /* answers given so far */
    struct gba_digest_hex response; /* of the last answer */
    char cnonce[UE_CNONCE_N]; /* one for all answers: the session algorithms want that */
    uint8_t room[UE_CHALLENGE_ROOM];
};

/* What the caller accepts. */
struct ue_challenge_want {
    unsigned algs;  /* bit 1 << enum gba_digest_alg */
    bool strongest; /* of several acceptable challenges take the one with the highest algorithm, not the first
                     */
    bool integrity; /* qop auth alone is refused */

    /* OK and the part of the realm to answer for, or the reason why not. */
    gba_rc (*realm)(const void *ctx, gba_view offered, gba_view *chosen);
    const void *ctx;
};

/* The first (or strongest) acceptable challenge among all WWW-Authenticate fields.  Else what
 * is wrong with the first Digest challenge: E_UE_ALGORITHM, E_UE_QOP, E_AUTH_*,
 * E_SPACE for huge values, the realm's reason; E_UE_CHALLENGE when there is none. */
GBA_MUST_USE gba_rc ue_challenge_read(const struct gba_http_msg *response,
                                      const struct ue_challenge_want *want, const gba_env *env,
                                      struct ue_challenge *out);

/* What is known of a challenge that came with the answer of an earlier run. */
struct ue_challenge_known {
    gba_view realm, nonce, opaque;
    enum gba_digest_alg alg;
};

/* The same as if it were read now, with qop auth-int; E_SPACE. */
GBA_MUST_USE gba_rc ue_challenge_resume(const struct ue_challenge_known *known, const gba_env *env,
                                        struct ue_challenge *out);

/* Go on with another nonce (nextnonce); E_SPACE. */
GBA_MUST_USE gba_rc ue_challenge_renew(struct ue_challenge *c, gba_view nonce);

/* Who answers for which request. */
struct ue_answer {
    gba_view username, password; /* raw octets */
    gba_view auts;               /* base64; absent except on resynchronisation */
    gba_view method, uri, body;
};

/* Append the value of Authorization to w. */
GBA_MUST_USE gba_rc ue_challenge_answer(struct ue_challenge *c, const struct ue_answer *a, gba_writer *w);

/* Check Authentication-Info of the response to the last answer over its body:
 * E_UE_RSPAUTH_MISSING, E_UE_RSPAUTH_WRONG; E_UE_INFO when it speaks of another
 * qop, cnonce or nc.  *nextnonce (a view into the response) is absent when not given. */
GBA_MUST_USE gba_rc ue_challenge_proof(const struct ue_challenge *c, const struct ue_answer *a,
                                       const struct gba_http_msg *response, gba_view *nextnonce);
