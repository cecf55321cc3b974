/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of Authorization, WWW-Authenticate and Authentication-Info
 * with the Digest scheme (RFC 7616, RFC 3310): text to struct and back.
 *
 * Tolerant where devices differ (any order, quoted or bare qop, algorithm, nc
 * and stale, white space and line folds inside auts, unknown parameters),
 * strict where it matters (a parameter twice, unterminated strings, control
 * characters are errors).
 */
#pragma once

#include "gba/base/arena.h"
#include "gba/base/text.h"

/* Values without quotes; an absent parameter has p == NULL. */
struct gba_auth {
    gba_view username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc;
    gba_view auts;                /* RFC 3310 3.4, white space removed */
    gba_view domain, stale;       /* challenge */
    gba_view rspauth, nextnonce;  /* Authentication-Info */
};

/* Parse `Digest name=value, ...` (challenge or credentials).  Values are views
 * into `field` or, when escapes had to be removed, into the arena. */
GBA_MUST_USE gba_rc gba_auth_parse(gba_view field, gba_arena *arena, struct gba_auth *out);

/* The same without the scheme: Authentication-Info. */
GBA_MUST_USE gba_rc gba_auth_info_parse(gba_view field, gba_arena *arena, struct gba_auth *out);

/* Format the present parameters after "Digest ".  Quoting as devices expect:
 * bare qop, nc, algorithm and stale in credentials; quoted qop in challenges. */
void gba_put_credentials(gba_writer *w, const struct gba_auth *a);
void gba_put_challenge(gba_writer *w, const struct gba_auth *a);
void gba_put_auth_info(gba_writer *w, const struct gba_auth *a);

/* Does the comma-separated token list of a qop parameter hold `token`? */
bool gba_auth_qop_offers(gba_view qop, gba_view token);
