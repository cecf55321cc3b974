/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 3G AKA (TS 33.102 6.3) over either algorithm set, both sides: the AuC makes
 * vectors and opens AUTS, the USIM checks AUTN and makes AUTS.  And AUTN* of
 * GBA_U (TS 33.220 5.3.2).
 */
#pragma once

#include "gba/crypto/tuak.h"

enum gba_aka_alg { GBA_AKA_MILENAGE, GBA_AKA_TUAK };

/* The long-term secret of one subscription, the same at AuC and USIM. */
typedef struct gba_aka_key {
    enum gba_aka_alg alg;
    gba_k k;
    gba_opc opc;                 /* Milenage */
    gba_topc topc;               /* TUAK */
    struct gba_tuak_profile tuak; /* TUAK; mac_n 8, ck_n and ik_n 16 */
} gba_aka_key;

/* A vector for RAND and SQN (48 bits).  The caller wipes *av. */
GBA_MUST_USE gba_rc gba_aka_generate(const gba_aka_key *key, const gba_rand *rand, uint64_t sqn,
                                     gba_amf amf, gba_aka_vector *av);

/* AuC: the GSM triplet that a USIM's key gives for RAND, which takes no sequence number
 * (TS 33.102 6.8.1.2: c2, c3).  The caller wipes *out. */
GBA_MUST_USE gba_rc gba_aka_triplet(const gba_aka_key *key, const gba_rand *rand, gba_triplet *out);

/* What the USIM learns from a challenge. */
struct gba_aka_checked {
    uint64_t sqn;
    gba_amf amf;
    gba_aka_vector av; /* res in xres */
};

/* USIM: open AUTN and check its MAC; E_MAC when it does not match (then *out
 * is wiped).  Whether SQN is acceptable is for gba_sqn_ms_accept. */
GBA_MUST_USE gba_rc gba_aka_check(const gba_aka_key *key, const gba_rand *rand, const gba_autn *autn,
                                  struct gba_aka_checked *out);

/* USIM in the GBA context: the same for AUTN* (MAC* = MAC xor Trunc(SHA-1(IK))). */
GBA_MUST_USE gba_rc gba_aka_check_star(const gba_aka_key *key, const gba_rand *rand,
                                       const gba_autn *autn_star, struct gba_aka_checked *out);

/* USIM: AUTS for SQN_MS, with AMF* = 0000 (TS 33.102 6.3.3). */
GBA_MUST_USE gba_rc gba_aka_auts_make(const gba_aka_key *key, const gba_rand *rand, uint64_t sqn_ms,
                                      gba_auts *auts);

/* AuC: SQN_MS out of AUTS; E_MAC_S when MAC-S does not match. */
GBA_MUST_USE gba_rc gba_aka_auts_open(const gba_aka_key *key, const gba_rand *rand, const gba_auts *auts,
                                      uint64_t *sqn_ms);

/* BSF: AUTN* from AUTN, or back: the operation is its own inverse. */
GBA_MUST_USE gba_rc gba_aka_autn_star(const gba_autn *autn, const gba_ik *ik, gba_autn *out);

/* Ks = CK || IK (TS 33.220 4.5.2), and back. */
void gba_aka_ks(const gba_ck *ck, const gba_ik *ik, gba_ks *ks);
void gba_aka_ks_split(const gba_ks *ks, gba_ck *ck, gba_ik *ik);
