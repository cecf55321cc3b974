/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of sealing keys: the first seals, every one opens what it sealed.  So keys
 * are changed without losing records: the new one is put in front, the old one stays
 * until all it sealed is gone.
 *
 *   sealed = id of the key (1) || gba_seal
 */
#pragma once

#include "gba/crypto/seal.h"

enum { GBA_SEAL_RING_MAX = 4, GBA_SEAL_RING_OVERHEAD = 1 + GBA_SEAL_OVERHEAD };

/* Zeroed before; wiped by whoever declares it. */
typedef struct gba_seal_ring {
    struct gba_seal_ring_key {
        uint8_t id;
        gba_seal_key key;
    } keys[GBA_SEAL_RING_MAX];
    size_t n;
} gba_seal_ring;

/* Add a key behind the others.  E_SEAL_RING: there are MAX already, or one of this id. */
GBA_MUST_USE gba_rc gba_seal_ring_add(gba_seal_ring *ring, uint8_t id, const gba_seal_key *key);

/* Append plain, sealed with the first key, to w.  E_BUG without keys; as gba_seal. */
GBA_MUST_USE gba_rc gba_seal_ring_seal(const gba_seal_ring *ring, gba_view name, const gba_seal_nonce *nonce,
                                       gba_view plain, gba_writer *w);

/* Append what was sealed to w.  E_SEAL_KEY: no key of the ring has its id; as gba_seal_open. */
GBA_MUST_USE gba_rc gba_seal_ring_open(const gba_seal_ring *ring, gba_view name, gba_view sealed,
                                       gba_writer *w);
