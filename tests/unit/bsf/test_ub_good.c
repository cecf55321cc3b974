/* SPDX-License-Identifier: Apache-2.0 */
/* Ub runs that succeed, octet for octet where there are vectors. */
#include "tests/unit/bsf/bench_ub.h"

#include <string.h>

#include "tests/lib/vectors.h"

#define GUSS_U "<guss><bsfInfo><uiccType>GBA_U</uiccType><lifeTime>3600</lifeTime></bsfInfo><ussList/></guss>"
#define SERVER "keystrap-bsf; Release-6; 3gpp-gba-tmpi"
#define MIDNIGHT INT64_C(1893456000) /* 2030-01-01T00:00:00Z */

static struct bench b;

static void set_up(void)
{
    bench_init(&b, 4);
}

static void tear_down(void)
{
    bench_free(&b);
}

static void bootstrap(void)
{
    bench_first(&b);
    CU_ASSERT_EQUAL_FATAL(b.status, 401);
    bench_respond(&b);
    T_RC(b.reason, GBA_OK);
    CU_ASSERT_EQUAL_FATAL(b.status, 200);
}

/* Lines of the log about a challenge and its response belong together. */
static void one_run(void)
{
    b.via.run = 5;
    bench_first(&b);
    CU_ASSERT_EQUAL(b.run.via.run, 5);
    b.via.run = 6;
    b.qop = "auth";
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 400);
    CU_ASSERT_EQUAL(b.run.via.run, 5);
    b.via.run = 7;
    b.qop = "auth-int";
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
    CU_ASSERT_EQUAL(b.run.via.run, 5);
    b.via.run = 8; /* once more: another challenge, another run */
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 401);
    CU_ASSERT_EQUAL(b.run.via.run, 8);
}

/*= TS 24.109 A.3 */
static void worked_example(void)
{
    static char want[512];
    struct vec *v = vec_open("digest.vec");
    while (vec_next(v) && strcmp(vec_name(v), "Ub, GBA_ME") != 0)
        continue;
    bench_first(&b);
    T_STR(bench_field(&b, "Server"), SERVER);
    gba_writer w = gba_writer_of(want, sizeof want);
    gba_put_str(&w, "Digest realm=\"" HOST "\", nonce=\"" NONCE_ME "\", qop=\"auth-int\", opaque=\"");
    gba_put_str(&w, b.opaque);
    gba_put_str(&w, "\", algorithm=AKAv1-MD5");
    T_BYTES(bench_field(&b, "WWW-Authenticate"), gba_writer_view(&w));
    b.response = "8dcd54cb1cecc2b2683ed39c868cbe18";
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
    T_BYTES(b.run.reply.msg.body, vec_text(v, "rsp_body"));
    CU_ASSERT_EQUAL(b.run.reply.msg.body.n, 219);
    T_STR(bench_field(&b, "Authentication-Info"),
          "qop=auth-int, nc=00000001, cnonce=\"6629fae49393a05397450978507c4ef1\", "
          "rspauth=\"0ad6d011461b5a899d785d02e69840b9\"");
    T_STR(bench_field(&b, "Content-Type"), "application/vnd.3gpp.bsf+xml");
    T_STR(bench_field(&b, "Expires"), "Tue, 01 Jan 2030 00:00:00 GMT");
    T_STR(bench_field(&b, "Server"), SERVER);
    while (vec_next(v))
        continue;
}

static void session_is_kept(void)
{
    struct bsf_session s;
    gba_text tmpi, btid;
    b.maa.guss = GBA_LIT("<guss><ussList><uss id='7'/></ussList></guss>");
    bootstrap();
    bench_session(&b, BTID, &s);
    T_STR(gba_text_view(&s.impi), IMPI);
    T_OK(bsf_session_tmpi(&s, &tmpi));
    T_STR(gba_text_view(&tmpi), TMPI);
    T_OK(bsf_session_btid(&s, &btid));
    T_STR(gba_text_view(&btid), BTID);
    T_BYTES(GBA_ARRAY(s.ks.b), t_hex("b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441"));
    T_BYTES(GBA_ARRAY(s.rand.b), t_hex("23553cbe9637a89d218ae64dae47bf35"));
    T_BYTES(s.settings, t_hex("01013700000000"
                              "00"));
    CU_ASSERT_EQUAL(s.mode, BSF_ME);
    CU_ASSERT_EQUAL(s.created_s, MIDNIGHT - 86400);
    CU_ASSERT_EQUAL(s.expiry_s, MIDNIGHT);
    CU_ASSERT_EQUAL(b.put.expiry_ms, MIDNIGHT * 1000);
    CU_ASSERT_EQUAL(b.ub.challenges.slots.n, 0);
    CU_ASSERT_EQUAL(b.ub.challenges.settings.n, 0);
}

/* Ks must not lie open in what a store gets. */
static void records_are_sealed(void)
{
    bootstrap();
    for (size_t i = 0; i < FAKE_STORE_RECORDS; i++) {
        gba_view record = b.store.records[i].put.record;
        CU_ASSERT_FALSE(gba_view_contains(record, t_hex("b40ba9a3c58b2a05bbf0d987b21bf8cb")));
        CU_ASSERT_FALSE(gba_view_contains(record, GBA_LIT("0010101234")));
    }
}

/*= TS 33.220 5.3.2 */
static void gba_u_gets_autn_star(void)
{
    struct bsf_session s;
    b.maa.guss = GBA_LIT(GUSS_U);
    bench_first(&b);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.challenge, "nonce=\"" NONCE_U "\""));
    b.nonce = NONCE_U;
    b.response = "33df47e61c59abdef2bf3ae05245827d";
    bench_respond(&b);
    CU_ASSERT_EQUAL_FATAL(b.status, 200);
    bench_session(&b, BTID, &s);
    CU_ASSERT_EQUAL(s.mode, BSF_U);
    CU_ASSERT_EQUAL(s.expiry_s - s.created_s, 3600);
}

/*= TS 33.220 5.2: Only the operator turns GBA_U subscribers into GBA_ME ones, never a run. */
static void gba_u_as_me_is_policy(void)
{
    struct bsf_session s;
    b.maa.guss = GBA_LIT(GUSS_U);
    b.conf.ub.gba_u = BSF_GBA_U_AS_ME;
    bootstrap();
    bench_session(&b, BTID, &s);
    CU_ASSERT_EQUAL(s.mode, BSF_ME);
}

static void gba_u_survives_resync(void)
{
    b.maa.guss = GBA_LIT(GUSS_U);
    b.nonce = NONCE_U;
    b.auts = AUTS;
    bench_first(&b);
    bench_respond(&b);
    T_RC(b.reason, GBA_E_UB_SYNC);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.challenge, "nonce=\"" NONCE_U "\""));
}

/* ---- TMPI ---- */

static void tmpi_stands_for_the_impi(void)
{
    struct bsf_session s;
    bootstrap();
    b.username = TMPI;
    b.response = "22baa82a572daea95141e03f7ace8338";
    bench_first(&b);
    CU_ASSERT_EQUAL_FATAL(b.status, 401);
    CU_ASSERT_STRING_EQUAL(b.mar_impi, IMPI);
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
    bench_session(&b, BTID, &s);
    T_STR(gba_text_view(&s.impi), IMPI);
}

/* A store that finds somebody else's record by a TMPI is not believed. */
static void tmpi_of_another_is_refused(void)
{
    bootstrap();
    b.username = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@tmpi.bsf.3gppnetwork.org";
    T_OK(bsf_key_of(BSF_KEY_TMPI, gba_view_cstr(b.username), &b.put.alias));
    b.store.records[0].put.alias = b.put.alias;
    bench_first(&b);
    T_RC(b.reason, GBA_E_UB_TMPI);
    CU_ASSERT_EQUAL(b.asked, 1);
}

static void another_vector(uint8_t octet)
{
    b.maa.vector.rand.b[0] = octet;
    b.maa.impi = gba_view_cstr(b.username);
    bench_first(&b);
    uint8_t text[64];
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    uint8_t nonce[32];
    gba_copy(nonce, GBA_ARRAY(b.maa.vector.rand.b));
    gba_copy(nonce + 16, GBA_ARRAY(b.maa.vector.autn.b));
    gba_put_b64(&w, GBA_ARRAY(nonce));
    text[w.n] = '\0';
    b.nonce = (const char *)text;
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
}

/*= TS 33.220 4.5.2: of one subscriber only the newest sessions stay; others keep theirs */
static void new_bootstrap_replaces_old(void)
{
    bsf_store_key keys[4];
    struct bsf_stored found;
    int64_t now_ms = b.world.env.now_ms;
    b.username = OTHER_IMPI;
    another_vector(9);
    b.username = IMPI;
    for (uint8_t i = 0; i < 4; i++) {
        b.conf.ub.sessions_kept = i < 3 ? 2 : 1;
        another_vector(i);
        keys[i] = b.put.key;
        CU_ASSERT_EQUAL(fake_store_count(&b.store, now_ms), i == 0 || i == 3 ? 2 : 3);
    }
    for (uint8_t i = 0; i < 4; i++)
        T_RC(fake_store_get(&b.store, &keys[i], now_ms, &found), i == 3 ? GBA_OK : GBA_E_ABSENT);
}

static void unknown_tmpi_is_refused(void)
{
    b.username = TMPI;
    bench_first(&b);
    T_RC(b.reason, GBA_E_UB_TMPI);
    CU_ASSERT_EQUAL(b.status, 403);
    CU_ASSERT_EQUAL(b.asked, 0);
    b.store.broken = true;
    bench_first(&b);
    T_RC(b.reason, GBA_E_STORE);
    CU_ASSERT_EQUAL(b.status, 503);
}

/* The digest covers the name as sent: a TMPI challenge is not the IMPI's. */
static void tmpi_and_impi_do_not_mix(void)
{
    bootstrap();
    b.username = TMPI;
    bench_first(&b);
    b.username = IMPI;
    bench_respond(&b);
    T_RC(b.reason, GBA_E_UB_USERNAME);
    CU_ASSERT_EQUAL(b.status, 403);
}

/*= TS 24.109 4.2 */
static void tmpi_only_when_both_know_it(void)
{
    b.user_agent = "an old phone";
    bootstrap();
    CU_ASSERT_FALSE(b.put.has_alias);
    b.user_agent = "3gpp-gba-tmpi";
    b.conf.ub.tmpi = false;
    bootstrap();
    CU_ASSERT_FALSE(b.put.has_alias);
    T_STR(bench_field(&b, "Server"), "keystrap-bsf; Release-6");
}

/* ---- names, lifetimes, quirks ---- */

static void realm_may_be_missing_at_first(void)
{
    b.conf.names.n = 2;
    b.host = "bsf.operator.example:80";
    b.realm = "";
    bench_first(&b);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.challenge, "realm=\"bsf.operator.example\""));
    b.maa.vector.rand.b[0] ^= 1;
    b.realm = "ims.mnc001.mcc001.3gppnetwork.org";
    b.host = "127.0.0.1";
    b.uri = "";
    bench_first(&b);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.challenge, "realm=\"" HOST "\""));
}

static void btid_domain_is_its_own(void)
{
    struct bsf_session s;
    b.conf.names.n = 2;
    b.realm = "bsf.operator.example";
    bootstrap();
    bench_session(&b, "I1U8vpY3qJ0hiuZNrke/NQ==@keys.operator.example", &s);
    CU_ASSERT_TRUE(gba_view_contains(b.run.reply.msg.body, GBA_LIT("@keys.operator.example</btid>")));
}

static void lifetimes_have_bounds(void)
{
    static const struct {
        const char *guss;
        int64_t want_s;
    } cases[] = {
        {"<guss><bsfInfo><lifeTime>5</lifeTime></bsfInfo></guss>", 60},
        {"<guss><bsfInfo><lifeTime>7200</lifeTime></bsfInfo></guss>", 7200},
        {"<guss><bsfInfo><lifeTime>99999999</lifeTime></bsfInfo></guss>", 604800},
        {"<guss><ussList/></guss>", 86400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bsf_session s;
        b.maa.guss = gba_view_cstr(cases[i].guss);
        bootstrap();
        bench_session(&b, BTID, &s);
        CU_ASSERT_EQUAL(s.expiry_s - s.created_s, cases[i].want_s);
    }
}

static void nc_may_start_elsewhere(void)
{
    b.nc = "00000002";
    bootstrap();
    CU_ASSERT_TRUE(gba_view_contains(bench_field(&b, "Authentication-Info"), GBA_LIT("nc=00000002")));
}

static void algorithm_may_be_left_out(void)
{
    b.algorithm = NULL;
    bootstrap();
}

static void long_res_is_fine(void)
{
    b.maa.vector.xres.n = 32;
    b.res = GBA_ARRAY(b.maa.vector.xres.b);
    bootstrap();
    b.maa.vector.xres.n = 4;
    b.res.n = 4;
    bootstrap();
}

/*= TS 29.109 4.2: GUSS-Timestamp */
static void guss_is_remembered(void)
{
    struct bsf_session s;
    b.maa.guss = GBA_LIT(GUSS_U);
    bench_first(&b);
    CU_ASSERT_FALSE(b.mar.has_guss_stamp);
    fake_world_pass(&b.world, 60000);
    b.maa.guss = (gba_view){NULL, 0};
    bench_first(&b);
    CU_ASSERT_TRUE(b.mar.has_guss_stamp);
    /* a minute earlier, as the clocks of BSF and HSS differ */
    CU_ASSERT_EQUAL(b.mar.guss_stamp_s, MIDNIGHT - 86400 - 60);
    b.nonce = NONCE_U;
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
    bench_session(&b, BTID, &s);
    CU_ASSERT_PTR_NOT_NULL(s.settings.p);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"the worked example, octet for octet", worked_example},
        {"a response is of the run of its challenge", one_run},
        {"the session is kept", session_is_kept},
        {"records are sealed", records_are_sealed},
        {"GBA_U gets AUTN*", gba_u_gets_autn_star},
        {"GBA_U as GBA_ME only by policy", gba_u_as_me_is_policy},
        {"GBA_U after resynchronisation", gba_u_survives_resync},
        {"a TMPI stands for the IMPI", tmpi_stands_for_the_impi},
        {"a TMPI of somebody else", tmpi_of_another_is_refused},
        {"a new bootstrapping replaces old ones", new_bootstrap_replaces_old},
        {"an unknown TMPI", unknown_tmpi_is_refused},
        {"TMPI and IMPI do not mix", tmpi_and_impi_do_not_mix},
        {"no TMPI unless both know it", tmpi_only_when_both_know_it},
        {"the realm may be missing at first", realm_may_be_missing_at_first},
        {"the B-TID domain is its own", btid_domain_is_its_own},
        {"lifetimes have bounds", lifetimes_have_bounds},
        {"nc may start elsewhere", nc_may_start_elsewhere},
        {"algorithm may be left out", algorithm_may_be_left_out},
        {"RES of 4 and of 32 octets", long_res_is_fine},
        {"the GUSS is remembered", guss_is_remembered},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"ub", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
