/* SPDX-License-Identifier: Apache-2.0 */
/* TUAK, TS 35.231. */
#pragma once

#include "gba/base/secret.h"

/* What an operator chooses, TS 35.231 5: lengths in octets. */
struct gba_tuak_profile {
    uint8_t iterations; /* of the permutation, 1..255 */
    uint8_t mac_n;      /* 8, 16 or 32; the 3GPP AV has 8 */
    uint8_t res_n;      /* 4, 8, 16 or 32 */
    uint8_t ck_n;       /* 16 or 32; Zh and the UICC have room for 16 */
    uint8_t ik_n;       /* 16 or 32 */
};

struct gba_tuak_out {
    gba_res res;
    uint8_t ck[32], ik[32]; /* ck_n and ik_n octets are used */
    gba_ak ak;              /* f5 */
    gba_ak ak_s;            /* f5* */
};

/* TOPc from TOP. K has 16 or 32 octets. */
GBA_MUST_USE gba_rc gba_tuak_topc(const gba_k *k, const gba_top *top, uint8_t iterations, gba_topc *topc);

/* f1 and f1* over RAND (16), SQN (6), AMF (2); profile->mac_n octets each. */
GBA_MUST_USE gba_rc gba_tuak_f1(const gba_k *k, const gba_topc *topc, const struct gba_tuak_profile *profile,
                                const uint8_t in1[24], uint8_t mac[2][32]);

/* f2, f3, f4, f5 and f5* of RAND.  The caller wipes *out. */
GBA_MUST_USE gba_rc gba_tuak_f2345(const gba_k *k, const gba_topc *topc,
                                   const struct gba_tuak_profile *profile, const gba_rand *rand,
                                   struct gba_tuak_out *out);
