/* SPDX-License-Identifier: Apache-2.0 */
/* Milenage, TS 35.206, with the default r and c constants. */
#pragma once

#include "gba/base/secret.h"

/* OPc = OP xor E_K(OP), TS 35.206 4.1.  K has 16 octets (E_ALGORITHM otherwise). */
GBA_MUST_USE gba_rc gba_milenage_opc(const gba_k *k, const gba_op *op, gba_opc *opc);

/* f1 (MAC-A) and f1* (MAC-S); in1 is RAND (16), SQN (6), AMF (2); 8 octets each. */
GBA_MUST_USE gba_rc gba_milenage_f1(const gba_k *k, const gba_opc *opc, const uint8_t in1[24],
                                    uint8_t mac_a[8], uint8_t mac_s[8]);

struct gba_milenage_out {
    uint8_t res[8]; /* f2 */
    gba_ck ck;      /* f3 */
    gba_ik ik;      /* f4 */
    gba_ak ak;      /* f5 */
    gba_ak ak_s;    /* f5* */
};

/* f2, f3, f4, f5 and f5* of RAND.  The caller wipes *out. */
GBA_MUST_USE gba_rc gba_milenage_f2345(const gba_k *k, const gba_opc *opc, const gba_rand *rand,
                                       struct gba_milenage_out *out);
