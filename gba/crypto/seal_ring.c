/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/seal_ring.h"

static const struct gba_seal_ring_key *find(const gba_seal_ring *ring, uint8_t id)
{
    for (size_t i = 0; i < ring->n; i++) {
        if (ring->keys[i].id == id)
            return &ring->keys[i];
    }
    return NULL;
}

gba_rc gba_seal_ring_add(gba_seal_ring *ring, uint8_t id, const gba_seal_key *key)
{
    GBA_ENSURE(ring->n < GBA_SEAL_RING_MAX && find(ring, id) == NULL, GBA_E_SEAL_RING);
    ring->keys[ring->n++] = (struct gba_seal_ring_key){id, *key};
    return GBA_OK;
}

gba_rc gba_seal_ring_seal(const gba_seal_ring *ring, gba_view name, const gba_seal_nonce *nonce,
                          gba_view plain, gba_writer *w)
{
    GBA_ENSURE(ring->n > 0, GBA_E_BUG);
    gba_put_u8(w, ring->keys[0].id);
    return gba_seal(&ring->keys[0].key, name, nonce, plain, w);
}

gba_rc gba_seal_ring_open(const gba_seal_ring *ring, gba_view name, gba_view sealed, gba_writer *w)
{
    GBA_ENSURE(sealed.n >= GBA_SEAL_RING_OVERHEAD, GBA_E_SEAL);
    const struct gba_seal_ring_key *key = find(ring, sealed.p[0]);
    GBA_ENSURE(key != NULL, GBA_E_SEAL_KEY);
    return gba_seal_open(&key->key, name, gba_view_sub(sealed, 1, sealed.n - 1), w);
}
