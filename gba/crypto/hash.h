/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes and block cipher.  With seal.c the only module that calls libcrypto.
 * Callable on any thread.  Every function fails with E_CRYPTO when libcrypto does.
 */
#pragma once

#include "gba/base/secret.h"

enum gba_hash { GBA_HASH_MD5, GBA_HASH_SHA1, GBA_HASH_SHA256 };

enum { GBA_HASH_MAX = 32 };

/* Octets of output: 16, 20 or 32. */
size_t gba_hash_size(enum gba_hash h);

/* Hash of the parts one after the other; out has gba_hash_size octets. */
GBA_MUST_USE gba_rc gba_hash_parts(enum gba_hash h, const gba_view *parts, size_t n, uint8_t *out);

/* HMAC (RFC 2104) of one message, or of parts one after the other; out has gba_hash_size octets. */
GBA_MUST_USE gba_rc gba_hmac(enum gba_hash h, gba_view key, gba_view message, uint8_t *out);
GBA_MUST_USE gba_rc gba_hmac_parts(enum gba_hash h, gba_view key, const gba_view *parts, size_t n,
                                   uint8_t *out);

/* One block of AES-128 encryption (the kernel of Milenage). `in` may be `out`. */
GBA_MUST_USE gba_rc gba_aes128_block(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);

/* n consecutive blocks under one key; in and out have 16*n octets, may be the same. */
GBA_MUST_USE gba_rc gba_aes128_blocks(const uint8_t key[16], const uint8_t *in, uint8_t *out, size_t n);
