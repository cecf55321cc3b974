/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600], FIPS 202 3.3: the bare permutation, which libcrypto does not offer. */
#pragma once

#include <stdint.h>

/* Permute a state of 200 octets in place. */
void gba_keccak_f1600(uint8_t state[200]);
