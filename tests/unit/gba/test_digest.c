/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP Digest, AKAv1, AKAv2. */
#include "gba/crypto/digest.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

static gba_view password_of(struct vec *v)
{
    return vec_has(v, "password_hex") ? vec_hex(v, "password_hex") : vec_text(v, "password");
}

static struct gba_digest_in input(struct vec *v)
{
    struct gba_digest_in in = {
        .username = vec_text(v, "username"), .realm = vec_text(v, "realm"), .password = password_of(v),
        .nonce = vec_text(v, "nonce"),       .nc = vec_text(v, "nc"),       .cnonce = vec_text(v, "cnonce"),
        .method = vec_text(v, "method"),     .uri = vec_text(v, "uri"),     .body = vec_text(v, "body"),
    };
    T_OK(gba_digest_alg_parse(vec_text(v, "alg"), &in.alg));
    T_OK(gba_digest_qop_parse(vec_text(v, "qop"), &in.qop));
    return in;
}

static gba_view text_of(const struct gba_digest_hex *hex)
{
    return gba_view_of(hex->s, hex->n);
}

/* ---- refused, or different ---- */

static void unknown_tokens(void)
{
    static const char *const bad[] = {
        "", "MD", "MD5 ", "MD5-Sess-", "SHA-512-256", "AKAv1-MD5-sess", "AKAv3-MD5", "SHA256"};
    enum gba_digest_alg alg = GBA_DIGEST_MD5;
    enum gba_digest_qop qop = GBA_QOP_AUTH;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(gba_digest_alg_parse(gba_view_cstr(bad[i]), &alg), GBA_E_ALGORITHM);
    T_RC(gba_digest_qop_parse(GBA_LIT("auth-conf"), &qop), GBA_E_ALGORITHM);
    T_RC(gba_digest_qop_parse(GBA_LIT(""), &qop), GBA_E_ALGORITHM);
    T_RC(gba_digest_qop_parse(GBA_LIT("auth,auth-int"), &qop), GBA_E_ALGORITHM);
}

static void password_only_for_akav2(void)
{
    char text[64];
    gba_aka_vector av = {.xres.n = 8};
    gba_writer w = gba_writer_of(text, sizeof text);
    T_RC(gba_digest_akav2_password(GBA_DIGEST_AKAV1_MD5, &av, &w), GBA_E_ALGORITHM);
    T_RC(gba_digest_akav2_password(GBA_DIGEST_SHA256, &av, &w), GBA_E_ALGORITHM);
    CU_ASSERT_EQUAL(w.n, 0);
    w = gba_writer_of(text, 23);
    T_RC(gba_digest_akav2_password(GBA_DIGEST_AKAV2_MD5, &av, &w), GBA_E_SPACE);
}

/* The inputs of a response that an attacker may change: each one counts. */
static void every_input_counts(void)
{
    static const struct {
        size_t offset;
        bool with_auth; /* does it count with qop=auth too? */
    } fields[] = {
        {offsetof(struct gba_digest_in, username), true}, {offsetof(struct gba_digest_in, realm), true},
        {offsetof(struct gba_digest_in, password), true}, {offsetof(struct gba_digest_in, nonce), true},
        {offsetof(struct gba_digest_in, nc), true},       {offsetof(struct gba_digest_in, cnonce), true},
        {offsetof(struct gba_digest_in, method), true},   {offsetof(struct gba_digest_in, uri), true},
        {offsetof(struct gba_digest_in, body), false},
    };
    for (struct vec *v = vec_open("digest.vec"); vec_next(v);) {
        const struct gba_digest_in good = input(v);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            struct gba_digest_in in = good;
            struct gba_digest_hex out;
            *(gba_view *)((char *)&in + fields[i].offset) = GBA_LIT("other");
            T_OK(gba_digest_response(&in, &out));
            bool counts = fields[i].with_auth || in.qop == GBA_QOP_AUTH_INT;
            CU_ASSERT_EQUAL(gba_view_eq(text_of(&out), vec_text(v, "response")), !counts);
        }
    }
}

/* ---- vectors ---- */

static void names_round_trip(void)
{
    for (enum gba_digest_alg alg = GBA_DIGEST_MD5; alg <= GBA_DIGEST_AKAV2_SHA256; alg++) {
        enum gba_digest_alg back = GBA_DIGEST_MD5;
        T_OK(gba_digest_alg_parse(gba_digest_alg_name(alg), &back));
        CU_ASSERT_EQUAL(back, alg);
    }
    enum gba_digest_alg alg = GBA_DIGEST_MD5;
    T_OK(gba_digest_alg_parse(GBA_LIT("akaV1-md5"), &alg));
    CU_ASSERT_EQUAL(alg, GBA_DIGEST_AKAV1_MD5);
    T_STR(gba_digest_qop_name(GBA_QOP_AUTH_INT), "auth-int");
}

/*= RFC 2617 3.5, RFC 7616 3.5, 3.9.1, RFC 3310 3.3, 3.4, RFC 4169 3 */
static void responses(void)
{
    unsigned rspauths = 0;
    for (struct vec *v = vec_open("digest.vec"); vec_next(v);) {
        struct gba_digest_in in = input(v);
        struct gba_digest_hex out;
        T_OK(gba_digest_response(&in, &out));
        T_BYTES(text_of(&out), vec_text(v, "response"));
        CU_ASSERT_EQUAL(out.s[out.n], '\0');
        if (!vec_has(v, "rspauth"))
            continue;
        in.body = vec_text(v, "rsp_body");
        T_OK(gba_digest_rspauth(&in, &out));
        T_BYTES(text_of(&out), vec_text(v, "rspauth"));
        rspauths++;
    }
    CU_ASSERT_EQUAL(rspauths, 6);
}

static void put_hex(gba_writer *w, gba_view octets)
{
    gba_put_hex(w, octets);
    gba_put_u8(w, ':');
}

/*= RFC 7616 3.4.1: H(H(A1):nonce:nc:cnonce:qop:H(A2)), with H(A1) and H(A2) as the vector has them. */
static void check_steps(struct vec *v, const char *ha2, const char *digest)
{
    uint8_t text[512], out[GBA_HASH_MAX];
    gba_writer w = gba_writer_of(text, sizeof text);
    gba_view ha1 = vec_hex(v, "ha1");
    enum gba_hash h = ha1.n == 16 ? GBA_HASH_MD5 : GBA_HASH_SHA256;
    static const char *const middle[] = {"nonce", "nc", "cnonce", "qop"};
    put_hex(&w, ha1);
    for (size_t i = 0; i < 4; i++) {
        gba_put_view(&w, vec_text(v, middle[i]));
        gba_put_u8(&w, ':');
    }
    gba_put_hex(&w, vec_hex(v, ha2));
    T_OK(gba_hash_parts(h, &(gba_view){text, w.n}, 1, out));
    T_BYTES(gba_view_of(out, gba_hash_size(h)), vec_hex(v, digest));
}

static void check_body_hash(struct vec *v, const char *body, const char *key)
{
    uint8_t md5[16];
    if (!vec_has(v, key))
        return;
    gba_view text = vec_text(v, body);
    T_OK(gba_hash_parts(GBA_HASH_MD5, &text, 1, md5));
    T_BYTES(GBA_ARRAY(md5), vec_hex(v, key));
}

/* H(A1) alone: it decides about the response together with H(A2) of this request. */
static void check_ha1(struct vec *v)
{
    uint8_t out[GBA_HASH_MAX];
    gba_view ha1 = vec_hex(v, "ha1"), colon = GBA_LIT(":");
    enum gba_hash h = ha1.n == 16 ? GBA_HASH_MD5 : GBA_HASH_SHA256;
    gba_view parts[] = {vec_text(v, "username"), colon, vec_text(v, "realm"), colon, password_of(v)};
    T_OK(gba_hash_parts(h, parts, 5, out));
    T_BYTES(gba_view_of(out, gba_hash_size(h)), ha1);
}

/*= RFC 7616 3.4.2, 3.4.3: what a response is made of. */
static void steps(void)
{
    unsigned n = 0;
    for (struct vec *v = vec_open("digest.vec"); vec_next(v);) {
        check_body_hash(v, "body", "body_hash");
        check_body_hash(v, "rsp_body", "rsp_body_hash");
        if (!vec_has(v, "ha1"))
            continue;
        n++;
        if (!gba_view_eq(vec_text(v, "alg"), GBA_LIT("MD5-sess")))
            check_ha1(v);
        if (vec_has(v, "ha2"))
            check_steps(v, "ha2", "response");
        if (vec_has(v, "ha2_rsp"))
            check_steps(v, "ha2_rsp", "rspauth");
    }
    CU_ASSERT_EQUAL(n, 11);
}

/* The body of the example, TS 24.109 A.3, has the length that the vectors state. */
static void example_body(void)
{
    unsigned n = 0;
    for (struct vec *v = vec_open("digest.vec"); vec_next(v);) {
        if (!vec_has(v, "rsp_body_hash"))
            continue;
        CU_ASSERT_EQUAL(vec_text(v, "rsp_body").n, 219);
        n++;
    }
    CU_ASSERT_EQUAL(n, 1);
}

static void check_session_keys(struct vec *v, const gba_aka_vector *av)
{
    uint8_t out[GBA_HASH_MAX];
    T_OK(gba_hmac(GBA_HASH_MD5, GBA_ARRAY(av->ik.b), GBA_LIT("http-digest-akav2-integritykey"), out));
    T_BYTES(gba_view_of(out, 16), vec_hex(v, "ik_session"));
    T_OK(gba_hmac(GBA_HASH_MD5, GBA_ARRAY(av->ck.b), GBA_LIT("http-digest-akav2-cipherkey"), out));
    T_BYTES(gba_view_of(out, 16), vec_hex(v, "ck_session"));
}

/*= RFC 4169 3 */
static void akav2_passwords(void)
{
    for (struct vec *v = vec_open("akav2.vec"); vec_next(v);) {
        char text[64];
        enum gba_digest_alg alg = GBA_DIGEST_MD5;
        gba_aka_vector av = {.xres.n = 8};
        gba_writer w = gba_writer_of(text, sizeof text);
        T_OK(gba_digest_alg_parse(vec_text(v, "alg"), &alg));
        vec_get(v, "res", av.xres.b, 8);
        vec_get(v, "ck", av.ck.b, sizeof av.ck.b);
        vec_get(v, "ik", av.ik.b, sizeof av.ik.b);
        T_OK(gba_digest_akav2_password(alg, &av, &w));
        T_BYTES(gba_writer_view(&w), vec_text(v, "password"));
        if (vec_has(v, "ik_session"))
            check_session_keys(v, &av);
    }
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"unknown tokens", unknown_tokens},
        {"a password only for AKAv2", password_only_for_akav2},
        {"every input counts", every_input_counts},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"names", names_round_trip},
        {"response and rspauth", responses},
        {"H(A1), H(A2) and bodies", steps},
        {"the example body", example_body},
        {"AKAv2 password and keys", akav2_passwords},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"vectors", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
