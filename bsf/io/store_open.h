/* SPDX-License-Identifier: Apache-2.0 */
/* The store that the configuration names, and the keys that seal what is in it. */
#pragma once

#include "bsf/conf.h"
#include "bsf/store.h"
#include "gba/crypto/seal_ring.h"
#include "rt/loop.h"

/* conf lives longer; ring is zeroed before and wiped by its owner, also after a failure.
 * What failed is logged.  E_FILE, E_HEX, E_P11..., and as the store's own open. */
GBA_MUST_USE gba_rc bsf_store_open(struct rt_loop *loop, const struct bsf_conf_store *conf,
                                   gba_seal_ring *ring, struct bsf_store *out);
