/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing: AES-256-GCM for records that leave the process's own memory.
 *
 * A record has its own key, HMAC-SHA-256(key, name), where name is what the
 * record is filed under; the name is also the associated data.  So a record
 * cannot be moved to another name, and random nonces stay safe however many
 * records there are.
 *
 *   sealed = nonce (12) || ciphertext || tag (16)
 */
#pragma once

#include "gba/base/secret.h"

typedef struct gba_seal_key {
    uint8_t b[32];
} gba_seal_key;
typedef struct gba_seal_nonce {
    uint8_t b[12];
} gba_seal_nonce;

enum { GBA_SEAL_OVERHEAD = 12 + 16 };

/* Append plain, sealed, to w.  The nonce is random and used once.  E_SPACE, E_CRYPTO. */
GBA_MUST_USE gba_rc gba_seal(const gba_seal_key *key, gba_view name, const gba_seal_nonce *nonce,
                             gba_view plain, gba_writer *w);

/* Append what was sealed to w; E_SEAL when key, name or any octet differs, and
 * then nothing was appended.  E_SPACE, E_CRYPTO. */
GBA_MUST_USE gba_rc gba_seal_open(const gba_seal_key *key, gba_view name, gba_view sealed, gba_writer *w);
