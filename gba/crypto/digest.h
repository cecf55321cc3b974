/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP Digest arithmetic: RFC 2617/7616 (MD5, MD5-sess, SHA-256, SHA-256-sess;
 * qop auth and auth-int), AKAv1 (RFC 3310) and AKAv2 (RFC 4169) passwords.
 */
#pragma once

#include "gba/crypto/hash.h"
#include "gba/base/text.h"

enum gba_digest_alg {
    GBA_DIGEST_MD5,
    GBA_DIGEST_MD5_SESS,
    GBA_DIGEST_SHA256,
    GBA_DIGEST_SHA256_SESS,
    GBA_DIGEST_AKAV1_MD5,
    GBA_DIGEST_AKAV2_MD5,
    GBA_DIGEST_AKAV2_SHA256,
};

enum gba_digest_qop { GBA_QOP_AUTH, GBA_QOP_AUTH_INT };

/* The token of an algorithm ("AKAv1-MD5") and back, without regard to case; E_ALGORITHM. */
gba_view gba_digest_alg_name(enum gba_digest_alg alg);
GBA_MUST_USE gba_rc gba_digest_alg_parse(gba_view token, enum gba_digest_alg *alg);
gba_view gba_digest_qop_name(enum gba_digest_qop qop);
GBA_MUST_USE gba_rc gba_digest_qop_parse(gba_view token, enum gba_digest_qop *qop);

/* Everything that enters a response.  nonce, nc and cnonce are the texts as sent. */
struct gba_digest_in {
    enum gba_digest_alg alg;
    enum gba_digest_qop qop;
    gba_view username, realm, password; /* raw octets; AKAv1: RES; empty on resynchronisation */
    gba_view nonce, nc, cnonce;
    gba_view method, uri, body; /* body counts with auth-int only; method is ignored in rspauth */
};

/* A digest as lower-case hexadecimal text. */
struct gba_digest_hex {
    char s[2 * GBA_HASH_MAX + 1];
    size_t n;
};

/* H(A1), RFC 7616 3.4.2, of username, realm and password with this algorithm (not a session
 * one) and nothing else of *in. */
GBA_MUST_USE gba_rc gba_digest_ha1(const struct gba_digest_in *in, struct gba_digest_hex *out);

/* request-digest, RFC 7616 3.4.1. */
GBA_MUST_USE gba_rc gba_digest_response(const struct gba_digest_in *in, struct gba_digest_hex *out);

/* rspauth, RFC 7616 3.5: `body` is that of the response. */
GBA_MUST_USE gba_rc gba_digest_rspauth(const struct gba_digest_in *in, struct gba_digest_hex *out);

/* AKAv2 password (base64 text, RFC 4169 3) appended to w; alg must be an AKAv2 one. */
GBA_MUST_USE gba_rc gba_digest_akav2_password(enum gba_digest_alg alg, const gba_aka_vector *av,
                                              gba_writer *w);
