/* SPDX-License-Identifier: Apache-2.0 */
/* The key derivation family of TS 33.220. */
#include "gba/base/text.h"
#include "gba/crypto/aka.h"
#include "gba/crypto/hash.h"
#include "gba/crypto/kdf.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define BSF "bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define NAF "xcap.ims.mnc001.mcc001.pub.3gppnetwork.org"

static gba_ks ks;
static gba_rand rand1;
static uint8_t naf_id[sizeof NAF - 1 + 5];

/* The common input of the vectors; the id is that of plain HTTP Digest. */
static struct gba_kdf_naf common(void)
{
    gba_copy(ks.b, t_hex("b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441"));
    gba_copy(rand1.b, t_hex("23553cbe9637a89d218ae64dae47bf35"));
    gba_copy(naf_id, GBA_LIT(NAF));
    gba_copy(naf_id + sizeof NAF - 1, t_hex("0100000002"));
    return (struct gba_kdf_naf){&ks, &rand1, GBA_LIT(IMPI), GBA_ARRAY(naf_id)};
}

static const char good_hex[] = "fd1ac8d09e974a83d864e40f158ddb173379a13316de75a7f659d3b4ab4dffab";

/* ---- refused, or different ---- */

static void too_long_or_too_many(void)
{
    static uint8_t big[65536];
    uint8_t out[32];
    gba_view p[9] = {GBA_ARRAY(big)};
    T_RC(gba_kdf(GBA_LIT("key"), 1, p, 1, out), GBA_E_TOO_LONG);
    p[0].n = 65535;
    T_OK(gba_kdf(GBA_LIT("key"), 1, p, 1, out));
    T_OK(gba_kdf(GBA_LIT("key"), 1, p, 8, out));
    T_RC(gba_kdf(GBA_LIT("key"), 1, p, 9, out), GBA_E_TOO_LONG);
}

/*= TS 33.220 B.2.2: one octet, or two that begin with FF. */
static void fc_that_cannot_be_written(void)
{
    uint8_t out[32];
    T_RC(gba_kdf(GBA_LIT("key"), 0xff, NULL, 0, out), GBA_E_NUMBER);
    T_RC(gba_kdf(GBA_LIT("key"), 0x100, NULL, 0, out), GBA_E_NUMBER);
    T_RC(gba_kdf(GBA_LIT("key"), 0xfeff, NULL, 0, out), GBA_E_NUMBER);
    T_OK(gba_kdf(GBA_LIT("key"), 0xff00, NULL, 0, out));
}

static void tmpi_without_room(void)
{
    char text[57];
    char long_name[300] = {'b'};
    struct gba_kdf_naf in = common();
    gba_writer w = gba_writer_of(text, 56);
    T_RC(gba_kdf_tmpi(&in, GBA_LIT(BSF), &w), GBA_E_SPACE);
    w = gba_writer_of(text, sizeof text);
    T_RC(gba_kdf_tmpi(&in, GBA_ARRAY(long_name), &w), GBA_E_TOO_LONG);
    T_OK(gba_kdf_tmpi(&in, GBA_LIT(BSF), &w));
}

static void differs(const struct gba_kdf_naf *in)
{
    gba_ks_naf out;
    T_OK(gba_kdf_ks_naf(in, GBA_KDF_ME, &out));
    CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(out.b), t_hex(good_hex)));
}

static void every_input_counts(void)
{
    struct gba_kdf_naf in = common();
    in.impi = GBA_LIT("001010123456789@IMS.mnc001.mcc001.3gppnetwork.org");
    differs(&in);
    in = common();
    naf_id[0] = 'X';
    differs(&in);
    in = common();
    naf_id[3] = 'b';
    differs(&in);
    in = common();
    naf_id[sizeof naf_id - 1] ^= 1;
    differs(&in);
    in = common();
    rand1.b[15] ^= 1;
    differs(&in);
    in = common();
    in.naf_id.n--;
    differs(&in);
}

/* Ks is CK || IK. */
static void ik_before_ck_is_wrong(void)
{
    struct gba_kdf_naf in = common();
    gba_ck ck;
    gba_ik ik;
    gba_copy(ik.b, gba_view_of(ks.b, 16));
    gba_copy(ck.b, gba_view_of(ks.b + 16, 16));
    gba_aka_ks(&ck, &ik, &ks);
    differs(&in);
}

enum length_form { TWO_BIG, TWO_LITTLE, ONE, BEFORE };

static void put_parameter(gba_writer *w, gba_view p, enum length_form form)
{
    if (form == BEFORE)
        gba_put_u16(w, (uint16_t)p.n);
    gba_put_view(w, p);
    if (form == TWO_BIG)
        gba_put_u16(w, (uint16_t)p.n);
    else if (form == TWO_LITTLE)
        gba_put_u16(w, (uint16_t)(p.n << 8 | p.n >> 8));
    else if (form == ONE)
        gba_put_u8(w, (uint8_t)p.n);
}

static void by_hand(enum length_form form, uint8_t out[32])
{
    uint8_t s[256];
    gba_writer w = gba_writer_of(s, sizeof s);
    gba_put_u8(&w, 1);
    put_parameter(&w, GBA_LIT("gba-me"), form);
    put_parameter(&w, GBA_ARRAY(rand1.b), form);
    put_parameter(&w, GBA_LIT(IMPI), form);
    put_parameter(&w, GBA_ARRAY(naf_id), form);
    CU_ASSERT_EQUAL(w.n, form == ONE ? 123 : 127);
    T_OK(gba_hmac(GBA_HASH_SHA256, GBA_ARRAY(ks.b), gba_writer_view(&w), out));
}

/*= TS 33.220 B.2.1: S by hand is the same only with Li big-endian in two octets behind Pi. */
static void lengths_have_one_form(void)
{
    uint8_t out[32];
    common();
    by_hand(TWO_BIG, out);
    T_BYTES(GBA_ARRAY(out), t_hex(good_hex));
    for (enum length_form form = TWO_LITTLE; form <= BEFORE; form++) {
        by_hand(form, out);
        CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(out), t_hex(good_hex)));
    }
}

/* ---- vectors ---- */

static void check_b64(struct vec *v, const char *key, const gba_ks_naf *got)
{
    char text[64];
    gba_writer w = gba_writer_of(text, sizeof text);
    if (!vec_has(v, key))
        return;
    gba_put_b64(&w, GBA_ARRAY(got->b));
    T_BYTES(gba_writer_view(&w), vec_text(v, key));
}

/*= TS 33.220 B.3 */
static void naf_keys(void)
{
    unsigned n = 0;
    for (struct vec *v = vec_open("kdf.vec"); vec_next(v); n++) {
        struct gba_kdf_naf in = common();
        gba_ks_naf me, uicc;
        vec_get(v, "id", naf_id + sizeof NAF - 1, 5);
        T_OK(gba_kdf_ks_naf(&in, GBA_KDF_ME, &me));
        T_BYTES(GBA_ARRAY(me.b), vec_hex(v, "ks_naf"));
        T_OK(gba_kdf_ks_naf(&in, GBA_KDF_UICC, &uicc));
        T_BYTES(GBA_ARRAY(uicc.b), vec_hex(v, "ks_int_naf"));
        check_b64(v, "ks_naf_b64", &me);
        check_b64(v, "ks_int_naf_b64", &uicc);
    }
    CU_ASSERT_EQUAL(n, 7);
}

/* The NAF keys of three vectors (TS 33.220 5.3.2), from their CK and IK. */
static void naf_keys_of_vectors(void)
{
    for (struct vec *v = vec_open("aka.vec"); vec_next(v);) {
        struct gba_kdf_naf in = common();
        gba_ks_naf out;
        if (!vec_has(v, "ks_naf"))
            continue;
        vec_get(v, "ks", ks.b, sizeof ks.b);
        vec_get(v, "rand", rand1.b, sizeof rand1.b);
        T_OK(gba_kdf_ks_naf(&in, GBA_KDF_ME, &out));
        T_BYTES(GBA_ARRAY(out.b), vec_hex(v, "ks_naf"));
        T_OK(gba_kdf_ks_naf(&in, GBA_KDF_UICC, &out));
        T_BYTES(GBA_ARRAY(out.b), vec_hex(v, "ks_int_naf"));
    }
}

/*= TS 33.220 B.2, TS 33.535 A */
static void generic(void)
{
    static const char *const names[] = {"p0", "p1", "p2", "p3"};
    for (struct vec *v = vec_open("kdf_generic.vec"); vec_next(v);) {
        gba_view p[4];
        uint8_t out[32];
        size_t n = 0;
        for (; n < 4 && vec_has(v, names[n]); n++)
            p[n] = vec_hex(v, names[n]);
        T_OK(gba_kdf(vec_hex(v, "key"), (uint16_t)vec_number(v, "fc"), p, n, out));
        T_BYTES(GBA_ARRAY(out), vec_hex(v, "out"));
    }
}

/*= TS 33.220 B.4 */
static void tmpi(void)
{
    char text[64];
    struct gba_kdf_naf in = common();
    gba_writer w = gba_writer_of(text, sizeof text);
    in.naf_id = (gba_view){NULL, 0};
    T_OK(gba_kdf_tmpi(&in, GBA_LIT(BSF), &w));
    T_STR(gba_writer_view(&w), "NdfNQvvGWK4SGbs7c17alrZHQXyhEcrW@tmpi.bsf.3gppnetwork.org");
}

/*= TS 33.220 I. */
static void second_generation(void)
{
    for (struct vec *v = vec_open("gba_2g.vec"); vec_next(v);) {
        struct gba_kdf_naf naf = common();
        struct gba_kdf_2g in;
        gba_res res;
        gba_ks_naf out;
        char text[80];
        gba_triplet *t = &in.triplet;
        vec_get(v, "kc", t->kc, sizeof t->kc);
        vec_get(v, "sres", t->sres, sizeof t->sres);
        vec_get(v, "rand", t->rand.b, sizeof t->rand.b);
        vec_get(v, "ks_input", in.ks_input, sizeof in.ks_input);
        T_OK(gba_kdf_2g_derive(&in, &res, &ks));
        T_BYTES(gba_view_of(res.b, res.n), vec_hex(v, "res"));
        T_BYTES(GBA_ARRAY(ks.b), vec_hex(v, "ks"));
        T_OK(gba_kdf_ks_naf(&naf, GBA_KDF_ME, &out));
        T_BYTES(GBA_ARRAY(out.b), vec_hex(v, "ks_naf"));
        uint8_t nonce[48] = {0};
        gba_copy(nonce, GBA_ARRAY(t->rand.b));
        gba_copy(nonce + 32, GBA_ARRAY(in.ks_input));
        gba_writer w = gba_writer_of(text, sizeof text);
        gba_put_b64(&w, GBA_ARRAY(nonce));
        T_BYTES(gba_writer_view(&w), vec_text(v, "nonce"));
    }
}

/*= TS 33.220 B.5, B.6: made with other code */
static void digest(void)
{
    unsigned n = 0;
    for (struct vec *v = vec_open("gba_digest.vec"); vec_next(v); n++) {
        struct gba_kdf_naf naf = common();
        gba_tls_mk mk;
        uint8_t passwd[32];
        gba_ks_naf out, other;
        struct gba_kdf_digest in = {vec_hex(v, "ha1"), &mk};
        vec_get(v, "tls_mk", mk.b, sizeof mk.b);
        T_OK(gba_kdf_digest_passwd(&in, passwd));
        T_BYTES(GBA_ARRAY(passwd), vec_hex(v, "passwd"));
        T_OK(gba_kdf_digest_ks(&in, vec_hex(v, "resp"), &ks));
        T_BYTES(GBA_ARRAY(ks.b), vec_hex(v, "ks"));
        T_OK(gba_kdf_ks_naf_digest(&naf, vec_text(v, "nonce"), &out));
        T_BYTES(GBA_ARRAY(out.b), vec_hex(v, "ks_naf"));
        T_OK(gba_kdf_ks_naf(&naf, GBA_KDF_ME, &other));
        CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(out.b), GBA_ARRAY(other.b)));
        mk.b[47] ^= 1;
        T_OK(gba_kdf_digest_passwd(&in, passwd));
        CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(passwd), vec_hex(v, "passwd")));
    }
    CU_ASSERT_EQUAL(n, 2);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"too long or too many", too_long_or_too_many},
        {"FC that cannot be written", fc_that_cannot_be_written},
        {"TMPI without room", tmpi_without_room},
        {"every input counts", every_input_counts},
        {"IK before CK", ik_before_ck_is_wrong},
        {"lengths have one form", lengths_have_one_form},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"NAF keys", naf_keys},
        {"NAF keys of three vectors", naf_keys_of_vectors},
        {"generic KDF", generic},
        {"TMPI", tmpi},
        {"2G GBA", second_generation},
        {"GBA_Digest", digest},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"vectors", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
