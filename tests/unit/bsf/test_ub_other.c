/* SPDX-License-Identifier: Apache-2.0 */
/* Ub with what is not AKA: 2G GBA and GBA_Digest. */
#include "gba/crypto/kdf.h"
#include "gba/wire/names.h"
#include "tests/unit/bsf/bench_ub.h"

#define HOME "ims.mnc001.mcc001.3gppnetwork.org"
#define HA1 "5a51fbb0263bacd03a72238b6b074955"
#define GUSS_U "<guss><bsfInfo><uiccType>GBA_U</uiccType></bsfInfo><ussList/></guss>"

static struct bench b;
static struct dia_maa other; /* what the HSS answers to the second question */
static gba_tls_mk mk;
static gba_ks ks; /* what the device derived */
static gba_res res;

static void set_up(void)
{
    bench_init(&b, 4);
    b.conf.ub.gba_2g = b.conf.ub.gba_digest = true;
    T_OK(gba_text_set(&b.conf.zh.scheme_2g, GBA_LIT("2G-GBA")));
    T_OK(gba_text_set(&b.conf.zh.scheme_digest, GBA_LIT("SIP Digest")));
    for (uint8_t i = 0; i < sizeof mk.b; i++)
        mk.b[i] = i;
    b.via = (struct bsf_ub_via){.tls = true, .tls_mk = &mk};
}

static void tear_down(void)
{
    bench_free(&b);
}

/* ---- 2G GBA ---- */

static struct dia_maa triplet_maa(void)
{
    struct dia_maa maa = {.result.code = DIA_SUCCESS, .impi = GBA_LIT(IMPI), .has_triplet = true};
    gba_copy(maa.triplet.rand.b, t_hex("23553cbe9637a89d218ae64dae47bf35"));
    gba_copy(maa.triplet.sres, t_hex("a1b2c3d4"));
    gba_copy(maa.triplet.kc, t_hex("d1c2b3a495867768"));
    return maa;
}

/* The HSS has no AKA vectors for a SIM, and says so first. */
static void insert_sim(void)
{
    other = triplet_maa();
    b.maa = (struct dia_maa){.result = {true, DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED}};
    b.then = &other;
}

/* What the device makes of the challenge. */
static void answer_2g(void)
{
    uint8_t octets[48];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    struct gba_kdf_2g in = {.triplet = triplet_maa().triplet};
    T_OK(gba_b64_parse(gba_view_cstr(b.asked_nonce), &w));
    CU_ASSERT_EQUAL_FATAL(w.n, 48);
    T_BYTES(gba_view_of(octets, 16), GBA_ARRAY(in.triplet.rand.b));
    T_BYTES(gba_view_of(octets + 16, 16), t_hex("00000000000000000000000000000000"));
    gba_copy(in.ks_input, gba_view_of(octets + 32, 16));
    T_OK(gba_kdf_2g_derive(&in, &res, &ks));
    b.res = gba_view_of(res.b, res.n);
    b.nonce = b.asked_nonce;
}

static void off_by_configuration(void)
{
    b.conf.ub.gba_2g = false;
    insert_sim();
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_ZH_SCHEME);
    CU_ASSERT_EQUAL(b.asked, 1);
    b.maa = triplet_maa();
    b.then = NULL;
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_UB_2G_OFF);
}

/*= TS 24.109 H.2 */
static void not_without_tls(void)
{
    b.via.tls = false;
    insert_sim();
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_UB_2G_PLAIN);
    b.maa = triplet_maa();
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_UB_2G_PLAIN);
}

static void response_without_tls(void)
{
    insert_sim();
    bench_challenged(&b);
    answer_2g();
    b.via.tls = false;
    bench_respond(&b);
    bench_refused(&b, 403, GBA_E_UB_2G_PLAIN);
    b.via.tls = true;
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
}

/* A SIM has no sequence number: auts is a response without RES, and the nonce is used up. */
static void no_resynchronisation(void)
{
    insert_sim();
    bench_challenged(&b);
    answer_2g();
    b.auts = AUTS;
    bench_respond(&b);
    bench_refused(&b, 403, GBA_E_UB_RESPONSE);
    CU_ASSERT_EQUAL(b.asked, 2);
}

static void nonce_counts_whole(void)
{
    static char changed[128];
    insert_sim();
    bench_challenged(&b);
    answer_2g();
    bench_copy(changed, sizeof changed, b.asked_nonce);
    changed[60] = changed[60] == 'A' ? 'B' : 'A'; /* in Ks-input */
    b.nonce = changed;
    b.maa.triplet.rand.b[0] ^= 1; /* of the next challenge */
    bench_respond(&b);
    T_RC(b.reason, GBA_E_UB_NONCE);
}

static void refused_twice(void)
{
    b.maa = (struct dia_maa){.result = {true, DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED}};
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_ZH_SCHEME);
    CU_ASSERT_EQUAL(b.asked, 2);
}

/*= TS 33.220 I.5.2 */
static void second_generation(void)
{
    struct bsf_session session;
    insert_sim();
    other.guss = GBA_LIT(GUSS_U);
    bench_challenged(&b);
    T_STR(b.mar.scheme, "2G-GBA");
    answer_2g();
    bench_respond(&b);
    T_RC(b.reason, GBA_OK);
    CU_ASSERT_EQUAL_FATAL(b.status, 200);
    bench_session(&b, BTID, &session);
    CU_ASSERT_EQUAL(session.gba_type, 1);
    CU_ASSERT_EQUAL(session.mode, BSF_ME);
    T_BYTES(GBA_ARRAY(session.ks.b), GBA_ARRAY(ks.b));
    bench_respond(&b);
    T_RC(b.reason, GBA_E_UB_NONCE);
}

static void triplet_at_once(void)
{
    b.maa = triplet_maa();
    bench_challenged(&b);
    CU_ASSERT_EQUAL(b.asked, 1);
    answer_2g();
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
}

/* ---- GBA_Digest ---- */

static void be_digest(void)
{
    b.maa = (struct dia_maa){.result.code = DIA_SUCCESS, .impi = GBA_LIT(IMPI), .has_digest = true};
    b.maa.digest = (struct dia_sip_digest){.realm = GBA_LIT(HOME), .ha1.n = 16};
    gba_copy(b.maa.digest.ha1.b, t_hex(HA1));
    b.user_agent = "test; Release-6; 3gpp-gba-tmpi; GBA_Digest";
    b.realm = HOME;
    b.alg = GBA_DIGEST_MD5;
    b.algorithm = "MD5";
}

/* What the device makes of the challenge when its TLS exports this. */
static void answer_digest(const gba_tls_mk *exported)
{
    char hex[64];
    gba_writer w = gba_writer_of(hex, sizeof hex);
    gba_view octets = gba_view_of(b.maa.digest.ha1.b, b.maa.digest.ha1.n);
    struct gba_kdf_digest in = {octets, exported};
    gba_put_hex(&w, octets);
    if (b.conf.ub.digest_ha1 == BSF_HA1_HEX)
        in.ha1 = gba_writer_view(&w);
    T_OK(gba_kdf_digest_passwd(&in, res.b));
    b.res = gba_view_of(res.b, 32);
    b.nonce = b.asked_nonce;
    bench_send(&b, bench_credentials(&b));
}

static void digest_off(void)
{
    be_digest();
    b.conf.ub.gba_digest = false;
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_UB_DIGEST_OFF);
    CU_ASSERT_EQUAL(b.asked, 0);
}

/*= TS 24.109 I.2 */
static void digest_not_without_tls(void)
{
    be_digest();
    b.via = (struct bsf_ub_via){.tls = true}; /* nothing exported */
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_UB_DIGEST_PLAIN);
    b.via = (struct bsf_ub_via){.tls = false, .tls_mk = &mk};
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_UB_DIGEST_PLAIN);
    CU_ASSERT_EQUAL(b.asked, 0);
}

static void digest_not_with_tmpi(void)
{
    be_digest();
    b.username = TMPI;
    bench_first(&b);
    bench_refused(&b, 400, GBA_E_IMPI);
}

/* Somebody between two TLS connections passes everything on. */
static void digest_of_another_connection(void)
{
    gba_tls_mk elsewhere = mk;
    be_digest();
    bench_challenged(&b);
    elsewhere.b[47] ^= 1;
    answer_digest(&elsewhere);
    bench_refused(&b, 403, GBA_E_UB_RESPONSE);
    answer_digest(&mk);
    T_RC(b.reason, GBA_E_UB_NONCE); /* used up */
}

static void digest_without_its_token(void)
{
    be_digest();
    bench_challenged(&b);
    b.user_agent = "test; 3gpp-gba-tmpi";
    answer_digest(&mk);
    bench_refused(&b, 400, GBA_E_UB_REALM);
    b.user_agent = "test; GBA_Digest";
    b.realm = HOST;
    answer_digest(&mk);
    bench_refused(&b, 400, GBA_E_UB_REALM);
    b.realm = HOME;
    answer_digest(&mk);
    CU_ASSERT_EQUAL(b.status, 200);
}

static void answers_that_do_not_fit(void)
{
    struct dia_maa aka = b.maa;
    be_digest();
    struct dia_maa digest = b.maa;
    b.maa = aka;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_PROTOCOL);
    b.maa = digest;
    b.maa.digest.ha1.n = 32;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_PROTOCOL);
    b.maa = digest;
    b.maa.digest.algorithm = GBA_LIT("MD5-sess");
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_PROTOCOL);
    b.maa = digest;
    b.user_agent = "test";
    b.realm = HOST;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_PROTOCOL);
}

static void unknown_looks_the_same(void)
{
    be_digest();
    b.maa = (struct dia_maa){.result = {true, DIA_EXP_IDENTITY_UNKNOWN}};
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_ZH_IDENTITY);
    b.conf.ub.hide_unknown = true;
    bench_first(&b);
    CU_ASSERT_EQUAL(b.status, 401);
    T_STR(gba_view_cstr(b.asked_realm), HOME);
    CU_ASSERT_EQUAL(gba_view_cstr(b.asked_nonce).n, 24);
}

static void digest_ks(const struct gba_digest_hex *response)
{
    uint8_t resp[32];
    char hex[64];
    gba_writer w = gba_writer_of(hex, sizeof hex);
    gba_view octets = gba_view_of(b.maa.digest.ha1.b, b.maa.digest.ha1.n);
    struct gba_kdf_digest in = {octets, &mk};
    gba_put_hex(&w, octets);
    if (b.conf.ub.digest_ha1 == BSF_HA1_HEX)
        in.ha1 = gba_writer_view(&w);
    T_OK(gba_hex_parse(gba_view_of(response->s, response->n), resp, response->n / 2));
    T_OK(gba_kdf_digest_ks(&in, gba_view_of(resp, response->n / 2), &ks));
}

/*= TS 33.220 M.6.3 */
static void check_digest_run(void)
{
    struct bsf_session session;
    struct gba_digest_hex response;
    gba_rand rand;
    gba_text btid;
    gba_writer w = gba_writer_of(rand.b, sizeof rand.b);
    bench_challenged(&b);
    T_STR(b.mar.scheme, "SIP Digest");
    T_STR(gba_view_cstr(b.asked_realm), HOME);
    T_OK(gba_b64_parse(gba_view_cstr(b.asked_nonce), &w));
    CU_ASSERT_EQUAL_FATAL(w.n, 16);
    answer_digest(&mk);
    T_RC(b.reason, GBA_OK);
    CU_ASSERT_EQUAL_FATAL(b.status, 200);
    CU_ASSERT_PTR_NOT_NULL(bench_field(&b, "Authentication-Info").p);
    T_OK(gba_btid_make(&rand, GBA_LIT(HOST), &btid));
    bench_session(&b, btid.s, &session);
    CU_ASSERT_EQUAL(session.gba_type, 2);
    CU_ASSERT_FALSE(session.tmpi);
    T_STR(gba_text_view(&session.ub_nonce), b.asked_nonce);
    const struct gba_auth *a = &b.run.ask.auth;
    gba_copy(response.s, a->response);
    response.n = a->response.n;
    digest_ks(&response);
    T_BYTES(GBA_ARRAY(session.ks.b), GBA_ARRAY(ks.b));
}

static void digest_runs(void)
{
    be_digest();
    check_digest_run();
    b.conf.ub.digest_ha1 = BSF_HA1_HEX;
    check_digest_run();
    b.maa.digest.algorithm = GBA_LIT("SHA-256");
    b.maa.digest.ha1.n = 32;
    b.alg = GBA_DIGEST_SHA256;
    b.algorithm = "SHA-256";
    check_digest_run();
}

int main(void)
{
    CU_TestInfo second[] = {
        {"off", off_by_configuration},
        {"not without TLS", not_without_tls},
        {"a response without TLS", response_without_tls},
        {"no resynchronisation", no_resynchronisation},
        {"the whole nonce counts", nonce_counts_whole},
        {"refused for good", refused_twice},
        {"a run", second_generation},
        {"a triplet at once", triplet_at_once},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo digest[] = {
        {"off", digest_off},
        {"not without TLS", digest_not_without_tls},
        {"not with a TMPI", digest_not_with_tmpi},
        {"of another connection", digest_of_another_connection},
        {"without its token", digest_without_its_token},
        {"answers that do not fit", answers_that_do_not_fit},
        {"an unknown subscriber looks the same", unknown_looks_the_same},
        {"runs", digest_runs},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"2G GBA", NULL, NULL, set_up, tear_down, second},
        {"GBA_Digest", NULL, NULL, set_up, tear_down, digest},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
