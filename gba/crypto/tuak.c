/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/tuak.h"

#include "gba/crypto/keccak.h"

/*= TS 35.231 7.2 to 7.4: where inputs and outputs stand in the state, and INSTANCE. */
enum {
    AT_TOP = 0,
    AT_INSTANCE = 32,
    AT_NAME = 33,
    AT_RAND = 40,
    AT_AMF = 56,
    AT_SQN = 58,
    AT_K = 64,
    AT_PAD = 96,
    AT_PAD_END = 135,
    OUT_MAC = 0,
    OUT_RES = 0,
    OUT_CK = 32,
    OUT_IK = 64,
    OUT_AK = 96,
    INSTANCE_F1 = 0x00,
    INSTANCE_F2345 = 0x40,
    INSTANCE_STAR = 0x80,
    INSTANCE_IK_256 = 0x02,
    INSTANCE_CK_256 = 0x04,
    INSTANCE_K_256 = 0x01,
};

/* All inputs and outputs stand in the state with their octets reversed. */
static void put_reversed(uint8_t *at, gba_view v)
{
    for (size_t i = 0; i < v.n; i++)
        at[i] = v.p[v.n - 1 - i];
}

struct sponge {
    uint8_t s[200];
};

static gba_rc start(struct sponge *sponge, const gba_k *k, const uint8_t top[32], unsigned instance)
{
    GBA_ENSURE(k->n == 16 || k->n == 32, GBA_E_ALGORITHM);
    *sponge = (struct sponge){{0}};
    put_reversed(sponge->s + AT_TOP, gba_view_of(top, 32));
    sponge->s[AT_INSTANCE] = (uint8_t)(instance | (k->n == 32 ? INSTANCE_K_256 : 0));
    put_reversed(sponge->s + AT_NAME, GBA_LIT("TUAK1.0"));
    put_reversed(sponge->s + AT_K, gba_view_of(k->b, k->n));
    sponge->s[AT_PAD] = 0x1f;
    sponge->s[AT_PAD_END] = 0x80;
    return GBA_OK;
}

static void permute(struct sponge *sponge, uint8_t iterations)
{
    for (unsigned i = 0; i < iterations; i++)
        gba_keccak_f1600(sponge->s);
}

/*= TS 35.231 7.3: the length of MAC or RES inside INSTANCE. */
static unsigned length_bits(size_t n)
{
    return n == 4 ? 0x00 : n == 8 ? 0x08 : n == 16 ? 0x10 : 0x20;
}

static bool is_one_of(size_t n, size_t a, size_t b, size_t c)
{
    return n == a || n == b || n == c;
}

static gba_rc check_profile(const struct gba_tuak_profile *p)
{
    GBA_ENSURE(p->iterations >= 1, GBA_E_ALGORITHM);
    GBA_ENSURE(is_one_of(p->mac_n, 8, 16, 32), GBA_E_ALGORITHM);
    GBA_ENSURE(p->res_n == 4 || is_one_of(p->res_n, 8, 16, 32), GBA_E_ALGORITHM);
    GBA_ENSURE((p->ck_n == 16 || p->ck_n == 32) && (p->ik_n == 16 || p->ik_n == 32), GBA_E_ALGORITHM);
    return GBA_OK;
}

gba_rc gba_tuak_topc(const gba_k *k, const gba_top *top, uint8_t iterations, gba_topc *topc)
{
    struct sponge sponge;
    GBA_ENSURE(iterations >= 1, GBA_E_ALGORITHM);
    GBA_TRY(start(&sponge, k, top->b, INSTANCE_F1));
    permute(&sponge, iterations);
    put_reversed(topc->b, gba_view_of(sponge.s, sizeof topc->b));
    gba_wipe(&sponge);
    return GBA_OK;
}

gba_rc gba_tuak_f1(const gba_k *k, const gba_topc *topc, const struct gba_tuak_profile *profile,
                   const uint8_t in1[24], uint8_t mac[2][32])
{
    struct sponge sponge;
    GBA_TRY(check_profile(profile));
    for (unsigned star = 0; star < 2; star++) {
        unsigned instance = length_bits(profile->mac_n) | (star ? INSTANCE_STAR : INSTANCE_F1);
        GBA_TRY(start(&sponge, k, topc->b, instance));
        put_reversed(sponge.s + AT_RAND, gba_view_of(in1, 16));
        put_reversed(sponge.s + AT_SQN, gba_view_of(in1 + 16, 6));
        put_reversed(sponge.s + AT_AMF, gba_view_of(in1 + 22, 2));
        permute(&sponge, profile->iterations);
        put_reversed(mac[star], gba_view_of(sponge.s + OUT_MAC, profile->mac_n));
    }
    gba_wipe(&sponge);
    return GBA_OK;
}

/*= TS 35.231 7.4: f5* is an instance of its own, without any length in it. */
static gba_rc f5_star(const gba_k *k, const gba_topc *topc, uint8_t iterations, const gba_rand *rand,
                      gba_ak *ak_s)
{
    struct sponge sponge;
    GBA_TRY(start(&sponge, k, topc->b, INSTANCE_F2345 | INSTANCE_STAR));
    put_reversed(sponge.s + AT_RAND, GBA_ARRAY(rand->b));
    permute(&sponge, iterations);
    put_reversed(ak_s->b, gba_view_of(sponge.s + OUT_AK, sizeof ak_s->b));
    gba_wipe(&sponge);
    return GBA_OK;
}

gba_rc gba_tuak_f2345(const gba_k *k, const gba_topc *topc, const struct gba_tuak_profile *profile,
                      const gba_rand *rand, struct gba_tuak_out *out)
{
    struct sponge sponge;
    unsigned instance = INSTANCE_F2345 | length_bits(profile->res_n);
    instance |= (profile->ck_n == 32 ? INSTANCE_CK_256 : 0) | (profile->ik_n == 32 ? INSTANCE_IK_256 : 0);
    GBA_TRY(check_profile(profile));
    GBA_TRY(start(&sponge, k, topc->b, instance));
    put_reversed(sponge.s + AT_RAND, GBA_ARRAY(rand->b));
    permute(&sponge, profile->iterations);
    out->res.n = profile->res_n;
    put_reversed(out->res.b, gba_view_of(sponge.s + OUT_RES, profile->res_n));
    put_reversed(out->ck, gba_view_of(sponge.s + OUT_CK, profile->ck_n));
    put_reversed(out->ik, gba_view_of(sponge.s + OUT_IK, profile->ik_n));
    put_reversed(out->ak.b, gba_view_of(sponge.s + OUT_AK, sizeof out->ak.b));
    gba_wipe(&sponge);
    return f5_star(k, topc, profile->iterations, rand, &out->ak_s);
}
