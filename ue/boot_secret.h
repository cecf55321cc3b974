/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of ue/boot.h: from what the card or TLS says to the password of the digest and to Ks. */
#pragma once

#include "ue/boot.h"

/* Algorithms of a challenge that can be answered; as in struct ue_challenge_want. */
unsigned ue_boot_algs(const struct ue_boot_conf *conf);

/* The password out of b->auth: RES, or the one of AKAv2 (RFC 4169).  E_UE_ALGORITHM: that
 * needs CK and IK, which stayed in the card. */
GBA_MUST_USE gba_rc ue_boot_secret_3g(struct ue_boot *b);

/* RES and Ks out of SRES, Kc and Ks-input (TS 33.220 I). */
GBA_MUST_USE gba_rc ue_boot_secret_2g(struct ue_boot *b, const gba_triplet *triplet);

/* passwd out of H(A1) and what TLS exported (TS 33.220 M.6.3, B.5). */
GBA_MUST_USE gba_rc ue_boot_secret_digest(struct ue_boot *b, const gba_tls_mk *tls_mk);

/* After success, not in GBA_U. */
GBA_MUST_USE gba_rc ue_boot_ks(const struct ue_boot *b, gba_ks *ks);
enum ue_mode ue_boot_mode(const struct ue_boot *b);

/* Wipe all this. */
void ue_boot_forget(struct ue_boot *b);
