/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key that seals records, from a PKCS#11 token.
 *
 * The token keeps a secret that nobody can read; what comes out is made of it in
 * the token, once a start:
 *
 *   key = HMAC-SHA-256(secret, "keystrap store key" || 00 || key id)
 *
 * So one secret gives a key for each id, and records cost no visit to the token.
 */
#pragma once

#include "gba/base/text.h"
#include "gba/crypto/seal.h"

/* Live during the call. */
struct rt_pkcs11 {
    const char *module; /* path of the library */
    const char *token;  /* label of the token */
    const char *label;  /* of the secret key: sensitive, not extractable, for signing */
    gba_view pin;       /* of the user; wiped by its owner */
    uint8_t key_id;
};

/*
 * Log in, make the key, log out.  Blocks as long as the token takes, so only at the start.
 *
 * E_P11_MODULE (cannot be loaded), E_P11_TOKEN (not there, or twice), E_P11_PIN (refused, or
 * only one try is left: not risked), E_P11_KEY (not there, or twice), E_P11_READABLE (the
 * secret could leave the token), E_P11 (the token fails); *why says for people what is wrong
 * with which module, token or object.  On failure *out is wiped.
 */
GBA_MUST_USE gba_rc rt_pkcs11_key(const struct rt_pkcs11 *from, gba_seal_key *out, gba_text *why);
