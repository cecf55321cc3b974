/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, Milenage, TUAK, vectors of AKA, AUTS and AUTN*. */
#include "gba/base/text.h"
#include "gba/crypto/aka.h"
#include "gba/crypto/hash.h"
#include "gba/crypto/keccak.h"
#include "gba/crypto/milenage.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

static gba_aka_key set1(void)
{
    gba_aka_key key = {.alg = GBA_AKA_MILENAGE, .k.n = 16};
    gba_copy(key.k.b, t_hex("465b5ce8b199b49faa5f0a2ee238a6bc"));
    gba_copy(key.opc.b, t_hex("cd63cb71954a9f4e48a5994e37a02baf"));
    return key;
}

static gba_aka_key tuak_key(void)
{
    gba_aka_key key = {.alg = GBA_AKA_TUAK, .k.n = 32, .tuak = {1, 8, 8, 16, 16}};
    gba_copy(key.k.b, t_hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0"));
    gba_copy(key.topc.b, t_hex("305425427e18c503c8a4b294ea72c95d0c36c6c6b29d0c65de5974d5977f8524"));
    return key;
}

static const gba_rand some_rand = {
    {0x23, 0x55, 0x3c, 0xbe, 0x96, 0x37, 0xa8, 0x9d, 0x21, 0x8a, 0xe6, 0x4d, 0xae, 0x47, 0xbf, 0x35}};

/* ---- hostile first ---- */

static bool all_zero(gba_view v)
{
    uint8_t any = 0;
    for (size_t i = 0; i < v.n; i++)
        any |= v.p[i];
    return any == 0;
}

/* Each of the 128 bits of AUTN counts, and nothing is told about a wrong one. */
static void any_changed_bit_of_autn_is_refused(void)
{
    gba_aka_key keys[] = {set1(), tuak_key()};
    for (unsigned which = 0; which < 4; which++) {
        const gba_aka_key *key = &keys[which % 2];
        bool star = which >= 2;
        gba_aka_vector av;
        struct gba_aka_checked out;
        T_OK(gba_aka_generate(key, &some_rand, 0x20, (gba_amf){{0, 0}}, &av));
        if (star)
            T_OK(gba_aka_autn_star(&av.autn, &av.ik, &av.autn));
        for (unsigned bit = 0; bit < 128; bit++) {
            gba_autn bad = av.autn;
            bad.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
            T_RC((star ? gba_aka_check_star : gba_aka_check)(key, &some_rand, &bad, &out), GBA_E_MAC);
            CU_ASSERT_TRUE(all_zero(gba_view_of(&out, sizeof out)));
        }
        T_OK((star ? gba_aka_check_star : gba_aka_check)(key, &some_rand, &av.autn, &out));
    }
}

/*= TS 33.220 5.3.2: AUTN and AUTN* do not stand for each other. */
static void autn_and_autn_star_are_not_the_same(void)
{
    gba_aka_key key = set1();
    gba_aka_vector av;
    gba_autn star;
    struct gba_aka_checked out;
    T_OK(gba_aka_generate(&key, &some_rand, 0x20, (gba_amf){{0, 0}}, &av));
    T_OK(gba_aka_autn_star(&av.autn, &av.ik, &star));
    T_RC(gba_aka_check_star(&key, &some_rand, &av.autn, &out), GBA_E_MAC);
    T_RC(gba_aka_check(&key, &some_rand, &star, &out), GBA_E_MAC);
}

static void any_changed_bit_of_auts_is_refused(void)
{
    gba_aka_key keys[] = {set1(), tuak_key()};
    for (unsigned which = 0; which < 2; which++) {
        gba_auts auts;
        uint64_t sqn_ms = 7;
        T_OK(gba_aka_auts_make(&keys[which], &some_rand, 0x123456789abc, &auts));
        for (unsigned bit = 0; bit < 112; bit++) {
            gba_auts bad = auts;
            bad.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
            T_RC(gba_aka_auts_open(&keys[which], &some_rand, &bad, &sqn_ms), GBA_E_MAC_S);
            CU_ASSERT_EQUAL(sqn_ms, 7);
        }
        T_OK(gba_aka_auts_open(&keys[which], &some_rand, &auts, &sqn_ms));
        CU_ASSERT_EQUAL(sqn_ms, 0x123456789abc);
    }
}

static void wrong_key_is_refused(void)
{
    gba_aka_key key = set1(), other = set1();
    gba_aka_vector av;
    gba_auts auts;
    uint64_t sqn_ms;
    struct gba_aka_checked out;
    other.k.b[15] ^= 1;
    T_OK(gba_aka_generate(&other, &some_rand, 0x20, (gba_amf){{0, 0}}, &av));
    T_RC(gba_aka_check(&key, &some_rand, &av.autn, &out), GBA_E_MAC);
    T_OK(gba_aka_auts_make(&other, &some_rand, 0x20, &auts));
    T_RC(gba_aka_auts_open(&key, &some_rand, &auts, &sqn_ms), GBA_E_MAC_S);
}

static void sqn_beyond_48_bits_is_refused(void)
{
    gba_aka_key key = set1();
    gba_aka_vector av;
    gba_auts auts;
    T_RC(gba_aka_generate(&key, &some_rand, UINT64_C(1) << 48, (gba_amf){{0, 0}}, &av), GBA_E_NUMBER);
    T_RC(gba_aka_auts_make(&key, &some_rand, UINT64_C(1) << 48, &auts), GBA_E_NUMBER);
}

static void keys_of_odd_length_are_refused(void)
{
    static const size_t sizes[] = {0, 8, 15, 17, 24, 31};
    gba_aka_key milenage = set1(), tuak = tuak_key();
    gba_aka_vector av;
    gba_op op = {{0}};
    gba_top top = {{0}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        milenage.k.n = tuak.k.n = sizes[i];
        T_RC(gba_aka_generate(&milenage, &some_rand, 1, (gba_amf){{0, 0}}, &av), GBA_E_ALGORITHM);
        T_RC(gba_aka_generate(&tuak, &some_rand, 1, (gba_amf){{0, 0}}, &av), GBA_E_ALGORITHM);
        T_RC(gba_milenage_opc(&milenage.k, &op, &milenage.opc), GBA_E_ALGORITHM);
        T_RC(gba_tuak_topc(&tuak.k, &top, 1, &tuak.topc), GBA_E_ALGORITHM);
    }
    milenage.k.n = 32;
    T_RC(gba_aka_generate(&milenage, &some_rand, 1, (gba_amf){{0, 0}}, &av), GBA_E_ALGORITHM);
}

static void odd_tuak_profiles_are_refused(void)
{
    static const struct gba_tuak_profile never[] = {
        {0, 8, 8, 16, 16}, {1, 4, 8, 16, 16}, {1, 8, 12, 16, 16}, {1, 8, 8, 8, 16}, {1, 8, 8, 16, 24},
    };
    static const struct gba_tuak_profile not_in_a_vector[] = {
        {1, 16, 8, 16, 16}, {1, 32, 8, 16, 16}, {1, 8, 8, 32, 16}, {1, 8, 8, 16, 32},
    };
    gba_aka_key key = tuak_key();
    gba_aka_vector av;
    struct gba_tuak_out out;
    uint8_t mac[2][32], in1[24] = {0};
    gba_top top = {{0}};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        T_RC(gba_tuak_f1(&key.k, &key.topc, &never[i], in1, mac), GBA_E_ALGORITHM);
        T_RC(gba_tuak_f2345(&key.k, &key.topc, &never[i], &some_rand, &out), GBA_E_ALGORITHM);
    }
    for (size_t i = 0; i < sizeof not_in_a_vector / sizeof *not_in_a_vector; i++) {
        key.tuak = not_in_a_vector[i];
        T_RC(gba_aka_generate(&key, &some_rand, 1, (gba_amf){{0, 0}}, &av), GBA_E_ALGORITHM);
    }
    T_RC(gba_tuak_topc(&key.k, &top, 0, &key.topc), GBA_E_ALGORITHM);
}

/* ---- then the vectors ---- */

static enum gba_hash hash_named(gba_view name)
{
    if (gba_view_eq(name, GBA_LIT("md5")))
        return GBA_HASH_MD5;
    return gba_view_eq(name, GBA_LIT("sha1")) ? GBA_HASH_SHA1 : GBA_HASH_SHA256;
}

static void try_hash(struct vec *v)
{
    uint8_t out[GBA_HASH_MAX];
    enum gba_hash h = hash_named(vec_text(v, "hash"));
    gba_view text = vec_has(v, "text_hex") ? vec_hex(v, "text_hex") : vec_text(v, "text");
    size_t cut = text.n / 3;
    gba_view parts[] = {gba_view_sub(text, 0, cut), {NULL, 0}, gba_view_sub(text, cut, text.n)};
    if (vec_has(v, "key"))
        T_OK(gba_hmac_parts(h, vec_hex(v, "key"), parts, 3, out));
    else
        T_OK(gba_hash_parts(h, parts, 3, out));
    T_BYTES(gba_view_of(out, gba_hash_size(h)), vec_hex(v, "out"));
}

static void try_aes(struct vec *v)
{
    uint8_t key[16], block[16];
    vec_get(v, "key", key, sizeof key);
    vec_get(v, "in", block, sizeof block);
    T_OK(gba_aes128_block(key, block, block));
    T_BYTES(GBA_ARRAY(block), vec_hex(v, "out"));
}

/*= FIPS 202 3.2.2, 3.2.3, 3.2.5, 6.1: SHA3-256 of a message shorter than its rate, made of the bare
 * permutation. */
static void try_sha3(struct vec *v)
{
    uint8_t state[200] = {0};
    gba_view in = vec_hex(v, "in");
    gba_copy(state, in);
    state[in.n] = 0x06;
    state[135] = 0x80;
    gba_keccak_f1600(state);
    T_BYTES(gba_view_of(state, 32), vec_hex(v, "out"));
}

/* Twice, since the second time meets contexts that were used before. */
static void hash_vectors(void)
{
    for (unsigned round = 0; round < 2; round++) {
        for (struct vec *v = vec_open("hash.vec"); vec_next(v);) {
            if (vec_has(v, "hash"))
                try_hash(v);
            else if (vec_has(v, "aes"))
                try_aes(v);
            else
                try_sha3(v);
        }
    }
}

static void hmac_takes_an_empty_key(void)
{
    uint8_t out[GBA_HASH_MAX];
    T_OK(gba_hmac(GBA_HASH_SHA256, GBA_LIT(""), GBA_LIT(""), out));
    T_BYTES(GBA_ARRAY(out), t_hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

static void blocks_are_independent(void)
{
    uint8_t key[16] = {1}, in[48], all[48], one[16];
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 7);
    T_OK(gba_aes128_blocks(key, in, all, 3));
    for (unsigned i = 0; i < 3; i++) {
        T_OK(gba_aes128_block(key, in + 16 * i, one));
        T_BYTES(gba_view_of(all + 16 * i, 16), GBA_ARRAY(one));
    }
}

static void read_in1(struct vec *v, uint8_t in1[24])
{
    vec_get(v, "rand", in1, 16);
    vec_get(v, "sqn", in1 + 16, 6);
    vec_get(v, "amf", in1 + 22, 2);
}

static void read_k(struct vec *v, gba_k *k)
{
    k->n = vec_hex(v, "k").n;
    vec_get(v, "k", k->b, k->n);
}

/*= TS 35.206 4.1; TS 35.208 */
static void milenage_vectors(void)
{
    unsigned sets = 0;
    for (struct vec *v = vec_open("milenage.vec"); vec_next(v); sets++) {
        uint8_t in1[24], mac_a[8], mac_s[8];
        gba_k k;
        gba_op op;
        gba_opc opc;
        gba_rand rand;
        struct gba_milenage_out out;
        read_k(v, &k);
        read_in1(v, in1);
        vec_get(v, "op", op.b, sizeof op.b);
        vec_get(v, "rand", rand.b, sizeof rand.b);
        T_OK(gba_milenage_opc(&k, &op, &opc));
        T_BYTES(GBA_ARRAY(opc.b), vec_hex(v, "opc"));
        T_OK(gba_milenage_f1(&k, &opc, in1, mac_a, mac_s));
        T_BYTES(GBA_ARRAY(mac_a), vec_hex(v, "f1"));
        T_BYTES(GBA_ARRAY(mac_s), vec_hex(v, "f1star"));
        T_OK(gba_milenage_f2345(&k, &opc, &rand, &out));
        T_BYTES(GBA_ARRAY(out.res), vec_hex(v, "f2"));
        T_BYTES(GBA_ARRAY(out.ck.b), vec_hex(v, "f3"));
        T_BYTES(GBA_ARRAY(out.ik.b), vec_hex(v, "f4"));
        T_BYTES(GBA_ARRAY(out.ak.b), vec_hex(v, "f5"));
        T_BYTES(GBA_ARRAY(out.ak_s.b), vec_hex(v, "f5star"));
    }
    CU_ASSERT_EQUAL(sets, 6);
}

static void try_tuak_f2345(struct vec *v, const gba_k *k, const gba_topc *topc,
                           struct gba_tuak_profile profile)
{
    gba_rand rand;
    struct gba_tuak_out out = {.res.n = 0};
    vec_get(v, "rand", rand.b, sizeof rand.b);
    profile.res_n = (uint8_t)vec_hex(v, "f2").n;
    T_OK(gba_tuak_f2345(k, topc, &profile, &rand, &out));
    T_BYTES(gba_view_of(out.res.b, out.res.n), vec_hex(v, "f2"));
    T_BYTES(gba_view_of(out.ck, profile.ck_n), vec_hex(v, "f3"));
    T_BYTES(gba_view_of(out.ik, profile.ik_n), vec_hex(v, "f4"));
    T_BYTES(GBA_ARRAY(out.ak.b), vec_hex(v, "f5"));
    T_BYTES(GBA_ARRAY(out.ak_s.b), vec_hex(v, "f5star"));
}

/*= TS 35.231 7.2, 7.3, 7.4; TS 35.232, TS 35.233 */
static void tuak_vectors(void)
{
    unsigned sets = 0;
    for (struct vec *v = vec_open("tuak.vec"); vec_next(v); sets++) {
        uint8_t in1[24], mac[2][32];
        gba_k k;
        gba_top top;
        gba_topc topc;
        struct gba_tuak_profile profile = {.iterations = (uint8_t)vec_number(v, "iterations"),
                                           .mac_n = (uint8_t)vec_hex(v, "f1").n,
                                           .res_n = 8, .ck_n = 16, .ik_n = 16};
        read_k(v, &k);
        read_in1(v, in1);
        vec_get(v, "top", top.b, sizeof top.b);
        T_OK(gba_tuak_topc(&k, &top, profile.iterations, &topc));
        T_BYTES(GBA_ARRAY(topc.b), vec_hex(v, "topc"));
        T_OK(gba_tuak_f1(&k, &topc, &profile, in1, mac));
        T_BYTES(gba_view_of(mac[0], profile.mac_n), vec_hex(v, "f1"));
        if (vec_has(v, "f1star"))
            T_BYTES(gba_view_of(mac[1], profile.mac_n), vec_hex(v, "f1star"));
        if (vec_has(v, "f2"))
            try_tuak_f2345(v, &k, &topc, profile);
    }
    CU_ASSERT_EQUAL(sets, 7);
}

struct aka_case {
    gba_aka_key key;
    gba_rand rand;
    uint64_t sqn;
    gba_amf amf;
};

static void read_case(struct vec *v, struct aka_case *c)
{
    gba_op op;
    uint8_t sqn[6];
    *c = (struct aka_case){.key.alg = GBA_AKA_MILENAGE};
    read_k(v, &c->key.k);
    vec_get(v, "op", op.b, sizeof op.b);
    T_OK(gba_milenage_opc(&c->key.k, &op, &c->key.opc));
    vec_get(v, "rand", c->rand.b, sizeof c->rand.b);
    vec_get(v, "sqn", sqn, sizeof sqn);
    gba_reader r = gba_reader_of(GBA_ARRAY(sqn));
    c->sqn = gba_get_u48(&r);
    vec_get(v, "amf", c->amf.b, sizeof c->amf.b);
}

static void check_both_sides(const struct aka_case *c, const gba_aka_vector *av, const gba_autn *star)
{
    for (unsigned i = 0; i < 2; i++) {
        struct gba_aka_checked out;
        T_OK(i ? gba_aka_check_star(&c->key, &c->rand, star, &out)
               : gba_aka_check(&c->key, &c->rand, &av->autn, &out));
        CU_ASSERT_EQUAL(out.sqn, c->sqn);
        T_BYTES(GBA_ARRAY(out.amf.b), GBA_ARRAY(c->amf.b));
        T_BYTES(gba_view_of(out.av.xres.b, out.av.xres.n), gba_view_of(av->xres.b, av->xres.n));
        T_BYTES(GBA_ARRAY(out.av.ck.b), GBA_ARRAY(av->ck.b));
        T_BYTES(GBA_ARRAY(out.av.ik.b), GBA_ARRAY(av->ik.b));
    }
}

/*= TS 33.102 6.3.2, 6.3.3; TS 33.220 5.3.2 */
static void aka_vectors(void)
{
    for (struct vec *v = vec_open("aka.vec"); vec_next(v);) {
        struct aka_case c;
        gba_aka_vector av;
        gba_autn star, back;
        gba_ks ks;
        uint8_t trunc[8];
        read_case(v, &c);
        T_OK(gba_aka_generate(&c.key, &c.rand, c.sqn, c.amf, &av));
        T_BYTES(GBA_ARRAY(av.rand.b), GBA_ARRAY(c.rand.b));
        T_BYTES(GBA_ARRAY(av.autn.b), vec_hex(v, "autn"));
        T_BYTES(gba_view_of(av.xres.b, av.xres.n), vec_hex(v, "res"));
        T_BYTES(GBA_ARRAY(av.ck.b), vec_hex(v, "ck"));
        T_BYTES(GBA_ARRAY(av.ik.b), vec_hex(v, "ik"));
        gba_aka_ks(&av.ck, &av.ik, &ks);
        T_BYTES(GBA_ARRAY(ks.b), vec_hex(v, "ks"));
        T_OK(gba_aka_autn_star(&av.autn, &av.ik, &star));
        T_BYTES(GBA_ARRAY(star.b), vec_hex(v, "autn_star"));
        T_OK(gba_aka_autn_star(&star, &av.ik, &back));
        T_BYTES(GBA_ARRAY(back.b), GBA_ARRAY(av.autn.b));
        for (unsigned i = 0; i < 8; i++)
            trunc[i] = av.autn.b[8 + i] ^ star.b[8 + i];
        T_BYTES(GBA_ARRAY(trunc), vec_hex(v, "trunc"));
        check_both_sides(&c, &av, &star);
    }
}

/*= TS 33.102 6.3.3, 6.3.5 */
static void auts_vectors(void)
{
    for (struct vec *v = vec_open("auts.vec"); vec_next(v);) {
        gba_aka_key key = set1();
        gba_rand rand;
        gba_auts auts;
        uint64_t opened = 0;
        char text[32];
        vec_get(v, "k", key.k.b, 16);
        vec_get(v, "rand", rand.b, sizeof rand.b);
        gba_reader r = gba_reader_of(vec_hex(v, "sqn_ms"));
        uint64_t sqn_ms = gba_get_u48(&r);
        T_OK(gba_aka_auts_make(&key, &rand, sqn_ms, &auts));
        T_BYTES(GBA_ARRAY(auts.b), vec_hex(v, "auts"));
        gba_writer w = gba_writer_of(text, sizeof text);
        gba_put_b64(&w, GBA_ARRAY(auts.b));
        T_BYTES(gba_writer_view(&w), vec_text(v, "b64"));
        T_OK(gba_aka_auts_open(&key, &rand, &auts, &opened));
        CU_ASSERT_EQUAL(opened, sqn_ms);
    }
}

/* A whole round with TUAK: RES of every length that fits into a vector. */
static void tuak_round(void)
{
    static const uint8_t lengths[] = {4, 8, 16, 32};
    gba_aka_key key = tuak_key();
    for (size_t i = 0; i < sizeof lengths; i++) {
        gba_aka_vector av;
        struct gba_aka_checked out;
        key.tuak.res_n = lengths[i];
        T_OK(gba_aka_generate(&key, &some_rand, 0x40, (gba_amf){{0x12, 0x34}}, &av));
        CU_ASSERT_EQUAL(av.xres.n, lengths[i]);
        T_OK(gba_aka_check(&key, &some_rand, &av.autn, &out));
        CU_ASSERT_EQUAL(out.sqn, 0x40);
        T_BYTES(GBA_ARRAY(out.amf.b), t_hex("1234"));
        T_BYTES(gba_view_of(out.av.xres.b, out.av.xres.n), gba_view_of(av.xres.b, av.xres.n));
    }
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"a changed bit of AUTN or AUTN*", any_changed_bit_of_autn_is_refused},
        {"AUTN for AUTN* and back", autn_and_autn_star_are_not_the_same},
        {"a changed bit of AUTS", any_changed_bit_of_auts_is_refused},
        {"wrong key", wrong_key_is_refused},
        {"SQN beyond 48 bits", sqn_beyond_48_bits_is_refused},
        {"keys of odd length", keys_of_odd_length_are_refused},
        {"odd TUAK profiles", odd_tuak_profiles_are_refused},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"hashes, HMAC, AES, Keccak", hash_vectors},
        {"HMAC with an empty key", hmac_takes_an_empty_key},
        {"several blocks", blocks_are_independent},
        {"Milenage sets", milenage_vectors},
        {"TUAK sets", tuak_vectors},
        {"AKA and AUTN*", aka_vectors},
        {"AUTS", auts_vectors},
        {"TUAK round", tuak_round},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"vectors", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
