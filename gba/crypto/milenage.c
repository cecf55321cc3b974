/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/milenage.h"

#include "gba/crypto/hash.h"

/*= TS 35.206 4.1: r1..r5 in octets (all are whole octets) and the last octet of c1..c5. */
static const struct turn_and_mark {
    uint8_t r, c;
} constants[5] = {{8, 0x00}, {0, 0x01}, {4, 0x02}, {8, 0x04}, {12, 0x08}};

static void mix(uint8_t block[16], const uint8_t with[16])
{
    for (unsigned i = 0; i < 16; i++)
        block[i] ^= with[i];
}

/* rot(in xor OPc, r_i) xor c_i, with i from 0 */
static void prepare(const uint8_t in[16], const gba_opc *opc, unsigned i, uint8_t out[16])
{
    unsigned r = constants[i].r;
    for (unsigned j = 0; j < 16; j++)
        out[j] = in[(j + r) % 16] ^ opc->b[(j + r) % 16];
    out[15] ^= constants[i].c;
}

/* TEMP = E(RAND xor OPc) */
static gba_rc temp_of(const gba_k *k, const gba_opc *opc, const uint8_t rand[16], uint8_t temp[16])
{
    GBA_ENSURE(k->n == 16, GBA_E_ALGORITHM);
    gba_copy(temp, gba_view_of(rand, 16));
    mix(temp, opc->b);
    return gba_aes128_block(k->b, temp, temp);
}

gba_rc gba_milenage_opc(const gba_k *k, const gba_op *op, gba_opc *opc)
{
    GBA_ENSURE(k->n == 16, GBA_E_ALGORITHM);
    GBA_TRY(gba_aes128_block(k->b, op->b, opc->b));
    mix(opc->b, op->b);
    return GBA_OK;
}

gba_rc gba_milenage_f1(const gba_k *k, const gba_opc *opc, const uint8_t in1[24], uint8_t mac_a[8],
                       uint8_t mac_s[8])
{
    uint8_t temp[16], twice[16], block[16];
    GBA_TRY(temp_of(k, opc, in1, temp));
    gba_copy(twice, gba_view_of(in1 + 16, 8));
    gba_copy(twice + 8, gba_view_of(in1 + 16, 8));
    prepare(twice, opc, 0, block);
    mix(block, temp);
    gba_rc rc = gba_aes128_block(k->b, block, block);
    mix(block, opc->b);
    gba_copy(mac_a, gba_view_of(block, 8));
    gba_copy(mac_s, gba_view_of(block + 8, 8));
    gba_wipe(&temp);
    gba_wipe(&block);
    return rc;
}

gba_rc gba_milenage_f2345(const gba_k *k, const gba_opc *opc, const gba_rand *rand,
                          struct gba_milenage_out *out)
{
    uint8_t temp[16], blocks[4][16]; /* OUT2 to OUT5 */
    GBA_TRY(temp_of(k, opc, rand->b, temp));
    for (unsigned i = 0; i < 4; i++)
        prepare(temp, opc, i + 1, blocks[i]);
    gba_rc rc = gba_aes128_blocks(k->b, blocks[0], blocks[0], 4);
    for (unsigned i = 0; i < 4; i++)
        mix(blocks[i], opc->b);
    gba_copy(out->ak.b, gba_view_of(blocks[0], 6));
    gba_copy(out->res, gba_view_of(blocks[0] + 8, 8));
    gba_copy(out->ck.b, gba_view_of(blocks[1], 16));
    gba_copy(out->ik.b, gba_view_of(blocks[2], 16));
    gba_copy(out->ak_s.b, gba_view_of(blocks[3], 6));
    gba_wipe(&temp);
    gba_wipe(&blocks);
    return rc;
}
