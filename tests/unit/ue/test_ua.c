/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/digest_peer.h"
#include "tests/lib/fakes.h"
#include "ue/ua.h"

#define NAF "xcap.ims.mnc001.mcc001.pub.3gppnetwork.org"
#define REALM "3GPP-bootstrapping@" NAF
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define CHALLENGE(more) "Digest realm=\"" REALM "\", nonce=\"n1\", opaque=\"o\", " more
#define AUTH_INT "algorithm=MD5, qop=\"auth,auth-int\""

/* base64 of Ks_NAF of the common input for Ua id 0100000002. */
static const gba_view password = {(const uint8_t *)"/RrI0J6XSoPYZOQPFY3bFzN5oTMW3nWn9lnTtKtN/6s=", 44};

static struct fake_world world;
static struct ue_ua_conf conf;
static struct ue_ua ua;
static struct ue_ua_order order;
static struct gba_http_msg response;
static struct ue_ua_request request;
static uint8_t field_room[8192];

static void step(const struct ue_ua_event *event)
{
    ue_ua_step(&ua, &world.env, event, &order);
}

static void start_again(void)
{
    step(&(struct ue_ua_event){.kind = UE_UA_START, .rc = GBA_OK, .request = &request});
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_UA_SEND);
}

static void start(void)
{
    fake_world_init(&world);
    conf = (struct ue_ua_conf){.host = GBA_LIT(NAF),
                               .authority = GBA_LIT(NAF),
                               .product = GBA_LIT("test/1"),
                               .ua = gba_uaid_http_digest};
    request = (struct ue_ua_request){
        .method = GBA_LIT("PUT"),
        .target = GBA_LIT("/simservs.ngn.etsi.org/users/sip:user@example.com/simservs.xml"),
        .body = GBA_LIT("<simservs/>"),
    };
    ue_ua_init(&ua, &conf);
    start_again();
}

static void answer(unsigned status)
{
    response = (struct gba_http_msg){.status = status, .minor = 1};
}

static void with(const char *name, gba_view value)
{
    T_OK(gba_http_field_add(&response, gba_view_cstr(name), value));
}

static void http(void)
{
    step(&(struct ue_ua_event){.kind = UE_UA_HTTP, .rc = GBA_OK, .response = &response});
}

static void challenge(const char *field)
{
    answer(401);
    with("WWW-Authenticate", gba_view_cstr(field));
    http();
}

static void give_key(void)
{
    static const char hex[] = "fd1ac8d09e974a83d864e40f158ddb173379a13316de75a7f659d3b4ab4dffab";
    gba_ks_naf ks;
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_UA_KEY);
    T_OK(gba_hex_parse(gba_view_cstr(hex), ks.b, sizeof ks.b));
    step(&(struct ue_ua_event){.kind = UE_UA_KEY_READY, .rc = GBA_OK, .btid = GBA_LIT(BTID), .ks_naf = &ks});
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_UA_SEND);
}

static void until_credentials(const char *field)
{
    start();
    challenge(field);
    give_key();
}

static void prove(unsigned status, gba_view body, const char *extra)
{
    gba_writer w = gba_writer_of(field_room, sizeof field_room);
    peer_prove(order.msg, password, body, extra, &w);
    answer(status);
    with("Authentication-Info", gba_writer_view(&w));
    response.body = body;
}

static void expect_done(gba_rc reason, bool proven)
{
    CU_ASSERT_EQUAL(order.kind, UE_UA_DONE);
    T_RC(order.reason, reason);
    CU_ASSERT_EQUAL(order.proven, proven);
}

/* ---- hostile first ---- */

static void bad_challenges(void)
{
    static const struct {
        const char *field;
        gba_rc reason;
    } rows[] = {
        {"Basic realm=\"" REALM "\"", GBA_E_UE_CHALLENGE},
        {"Digest realm=\"3GPP-bootstrapping@evil.example.org\", nonce=\"n\", " AUTH_INT, GBA_E_UE_REALM},
        {"Digest realm=\"3GPP-bootstrapping-uicc@" NAF "\", nonce=\"n\", " AUTH_INT, GBA_E_UE_REALM},
        {"Digest realm=\"" NAF "\", nonce=\"n\", " AUTH_INT, GBA_E_UE_REALM},
        {"Digest realm=\"3GPP-bootstrapping@\", nonce=\"n\", " AUTH_INT, GBA_E_UE_REALM},
        {"Digest realm=\"" REALM ".evil.org;3GPP-bootstrapping@x\", nonce=\"n\", " AUTH_INT, GBA_E_UE_REALM},
        {CHALLENGE("algorithm=MD4, qop=auth"), GBA_E_UE_ALGORITHM},
        {CHALLENGE("algorithm=AKAv1-MD5, qop=auth"), GBA_E_UE_ALGORITHM},
        {CHALLENGE("algorithm=MD5"), GBA_E_UE_QOP},
        {CHALLENGE("algorithm=MD5, qop=\"none\""), GBA_E_UE_QOP},
        {"Digest realm=\"" REALM "\", " AUTH_INT, GBA_E_AUTH_MISSING},
        {CHALLENGE(AUTH_INT ", nonce=\"again\""), GBA_E_AUTH_REPEATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start();
        challenge(rows[i].field);
        expect_done(rows[i].reason, false);
    }
}

static void integrity_demanded(void)
{
    start();
    conf.integrity = true;
    challenge(CHALLENGE("algorithm=MD5, qop=\"auth\""));
    expect_done(GBA_E_UE_QOP, false);
}

static void huge_values(void)
{
    static char huge[6000];
    gba_writer w = gba_writer_of(huge, sizeof huge - 1);
    gba_put_str(&w, CHALLENGE(AUTH_INT) ", domain=\"/\", stale=\"");
    gba_put_fill(&w, 'x', 100);
    gba_put_str(&w, "\"");
    start();
    challenge(huge);
    CU_ASSERT_EQUAL(order.kind, UE_UA_KEY);
    w = gba_writer_of(huge, sizeof huge - 1);
    gba_put_str(&w, "Digest realm=\"" REALM "\", " AUTH_INT ", nonce=\"");
    gba_put_fill(&w, 'x', 5000);
    gba_put_str(&w, "\"");
    start();
    challenge(huge);
    expect_done(GBA_E_UE_CHALLENGE_SIZE, false);
}

static void proof_wrong_or_missing(void)
{
    until_credentials(CHALLENGE(AUTH_INT));
    answer(200);
    http();
    expect_done(GBA_E_UE_RSPAUTH_MISSING, false);

    until_credentials(CHALLENGE(AUTH_INT));
    answer(200);
    with("Authentication-Info", GBA_LIT("rspauth=\"00000000000000000000000000000000\""));
    http();
    expect_done(GBA_E_UE_RSPAUTH_WRONG, false);

    until_credentials(CHALLENGE(AUTH_INT));
    prove(200, GBA_LIT("document"), "");
    response.body = GBA_LIT("Document");
    http();
    expect_done(GBA_E_UE_RSPAUTH_WRONG, false);

    until_credentials(CHALLENGE(AUTH_INT));
    prove(404, GBA_LIT("document"), "");
    response.body = GBA_LIT("Document");
    http();
    expect_done(GBA_E_UE_RSPAUTH_WRONG, false);
}

/* The server answers for qop=auth although auth-int was agreed. */
static void proof_downgraded(void)
{
    until_credentials(CHALLENGE(AUTH_INT));
    answer(200);
    with("Authentication-Info", GBA_LIT("qop=auth, rspauth=\"00000000000000000000000000000000\""));
    http();
    expect_done(GBA_E_UE_INFO, false);
}

static void later_challenge_downgraded(void)
{
    static const char *const before[] = {CHALLENGE("algorithm=SHA-256, qop=\"auth-int\""),
                                         CHALLENGE(AUTH_INT)};
    static const char *const after[] = {
        "Digest realm=\"" REALM "\", nonce=\"n2\", stale=true, algorithm=MD5, qop=\"auth-int\"",
        "Digest realm=\"" REALM "\", nonce=\"n2\", stale=true, algorithm=MD5, qop=\"auth\"",
    };
    for (size_t i = 0; i < 2; i++) {
        until_credentials(before[i]);
        challenge(after[i]);
        expect_done(GBA_E_UE_DOWNGRADE, false);
    }
    until_credentials(CHALLENGE(AUTH_INT));
    challenge("Digest realm=\"3GPP-bootstrapping@evil.org\", nonce=\"n2\", stale=true, " AUTH_INT);
    expect_done(GBA_E_UE_REALM, false);
    until_credentials(CHALLENGE(AUTH_INT));
    challenge(CHALLENGE(AUTH_INT ", stale=true"));
    expect_done(GBA_E_UE_NONCE_REPEATED, false);
}

static void stale_without_end(void)
{
    static const char *const fields[] = {
        "Digest realm=\"" REALM "\", nonce=\"n2\", stale=true, " AUTH_INT,
        "Digest realm=\"" REALM "\", nonce=\"n3\", stale=true, " AUTH_INT,
        "Digest realm=\"" REALM "\", nonce=\"n4\", stale=true, " AUTH_INT,
    };
    until_credentials(CHALLENGE(AUTH_INT));
    challenge(fields[0]);
    CU_ASSERT_EQUAL(order.kind, UE_UA_SEND);
    challenge(fields[1]);
    CU_ASSERT_EQUAL(order.kind, UE_UA_SEND);
    challenge(fields[2]);
    expect_done(GBA_E_UE_STALE, false);
}

static void key_rejected_twice(void)
{
    until_credentials(CHALLENGE(AUTH_INT));
    challenge("Digest realm=\"" REALM "\", nonce=\"n2\", " AUTH_INT);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_UA_KEY);
    CU_ASSERT_TRUE(order.fresh);
    give_key();
    challenge("Digest realm=\"" REALM "\", nonce=\"n3\", " AUTH_INT);
    expect_done(GBA_E_UE_NAF_REJECTED, false);
}

static void unproven_answers(void)
{
    static const struct {
        unsigned status;
        gba_rc reason;
    } rows[] = {{200, GBA_E_UE_NOT_CHALLENGED}, {302, GBA_E_UE_NOT_CHALLENGED},  {400, GBA_E_UE_NAF_STATUS},
                {403, GBA_E_UE_NAF_FORBIDDEN},  {503, GBA_E_UE_NAF_UNAVAILABLE}, {500, GBA_E_UE_NAF_STATUS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start();
        answer(rows[i].status);
        http();
        expect_done(rows[i].reason, false);
        if (rows[i].status < 400)
            continue;
        until_credentials(CHALLENGE(AUTH_INT));
        answer(rows[i].status);
        http();
        expect_done(rows[i].reason, false);
    }
}

static void failures_passed_on(void)
{
    start();
    step(&(struct ue_ua_event){.kind = UE_UA_HTTP, .rc = GBA_E_TIMEOUT});
    expect_done(GBA_E_TIMEOUT, false);
    start();
    challenge(CHALLENGE(AUTH_INT));
    step(&(struct ue_ua_event){.kind = UE_UA_KEY_READY, .rc = GBA_E_CARD_GONE});
    expect_done(GBA_E_CARD_GONE, false);
    start();
    step(&(struct ue_ua_event){.kind = UE_UA_KEY_READY, .rc = GBA_OK});
    expect_done(GBA_E_BUG, false);
}

static void user_fields_keep_inside(void)
{
    struct gba_http_field many[GBA_HTTP_MAX_FIELDS];
    for (size_t i = 0; i < GBA_HTTP_MAX_FIELDS; i++)
        many[i] = (struct gba_http_field){GBA_LIT("X-A"), GBA_LIT("b")};
    start();
    answer(503);
    http();
    request.fields = many;
    request.n_fields = GBA_HTTP_MAX_FIELDS;
    step(&(struct ue_ua_event){.kind = UE_UA_START, .rc = GBA_OK, .request = &request});
    expect_done(GBA_E_SPACE, false);
}

/* ---- then the good cases ---- */

/*= TS 24.109 5.2.3, B.3 */
static void first_request(void)
{
    static const struct gba_http_field mine = {{(const uint8_t *)"X-3GPP-Intended-Identity", 24},
                                               {(const uint8_t *)"\"sip:user@home1.net\"", 20}};
    start();
    answer(503);
    http();
    request.fields = &mine;
    request.n_fields = 1;
    start_again();
    T_STR(order.msg->method, "PUT");
    T_STR(order.msg->body, "<simservs/>");
    T_STR(gba_http_field_get(order.msg, GBA_LIT("Host")), NAF);
    T_STR(gba_http_field_get(order.msg, GBA_LIT("User-Agent")), "test/1 3gpp-gba");
    T_STR(gba_http_field_get(order.msg, GBA_LIT("X-3GPP-Intended-Identity")), "\"sip:user@home1.net\"");
    CU_ASSERT_PTR_NULL(gba_http_field_get(order.msg, GBA_LIT("Authorization")).p);
}

static void every_algorithm(void)
{
    static const char *const fields[] = {
        CHALLENGE(AUTH_INT), CHALLENGE("qop=auth"), CHALLENGE("algorithm=\"MD5-sess\", qop=\"auth-int\""),
        CHALLENGE("algorithm=SHA-256, qop=\"auth-int\""), CHALLENGE("algorithm=SHA-256-sess, qop=\"auth\"")};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        start();
        challenge(fields[i]);
        CU_ASSERT_EQUAL_FATAL(order.kind, UE_UA_KEY);
        CU_ASSERT_FALSE(order.fresh);
        T_STR(gba_text_view(&order.naf->fqdn), NAF);
        T_BYTES(GBA_ARRAY(order.naf->ua.b), t_hex("0100000002"));
        give_key();
        struct gba_auth a = peer_credentials(order.msg);
        T_STR(a.username, BTID);
        T_STR(a.realm, REALM);
        T_STR(a.nc, "00000001");
        T_STR(a.opaque, "o");
        CU_ASSERT_EQUAL(a.algorithm.p == NULL, i == 1);
        CU_ASSERT_TRUE(peer_accepts(order.msg, password));
        prove(200, GBA_LIT("document"), "");
        http();
        expect_done(GBA_OK, true);
    }
}

static void realm_alternatives(void)
{
    start();
    challenge("Digest realm=\"3GPP-bootstrapping-uicc@" NAF "; " REALM "\", nonce=\"n\", " AUTH_INT);
    give_key();
    T_STR(peer_credentials(order.msg).realm, REALM);
    start();
    challenge("Digest realm=\"3GPP-bootstrapping@XCAP.ims.mnc001.mcc001.pub.3gppnetwork.org\", "
              "nonce=\"n\", " AUTH_INT);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_UA_KEY);
    T_STR(gba_text_view(&order.naf->fqdn), "XCAP.ims.mnc001.mcc001.pub.3gppnetwork.org");
    start();
    answer(401);
    with("WWW-Authenticate", GBA_LIT("Digest realm=\"other\", nonce=\"n\", " AUTH_INT));
    with("WWW-Authenticate", GBA_LIT(CHALLENGE(AUTH_INT)));
    http();
    CU_ASSERT_EQUAL(order.kind, UE_UA_KEY);
}

static void stale_nonce(void)
{
    until_credentials(CHALLENGE(AUTH_INT));
    challenge("Digest realm=\"" REALM "\", nonce=\"n2\", stale=TRUE, " AUTH_INT);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_UA_SEND);
    struct gba_auth a = peer_credentials(order.msg);
    T_STR(a.nonce, "n2");
    T_STR(a.nc, "00000001");
    CU_ASSERT_TRUE(peer_accepts(order.msg, password));
}

static void next_requests(void)
{
    until_credentials(CHALLENGE(AUTH_INT));
    prove(200, GBA_LIT(""), "");
    http();
    expect_done(GBA_OK, true);
    start_again();
    T_STR(peer_credentials(order.msg).nc, "00000002");
    CU_ASSERT_TRUE(peer_accepts(order.msg, password));
    prove(200, GBA_LIT(""), ", nextnonce=\"n9\"");
    http();
    expect_done(GBA_OK, true);
    start_again();
    T_STR(peer_credentials(order.msg).nonce, "n9");
    T_STR(peer_credentials(order.msg).nc, "00000001");
    CU_ASSERT_TRUE(peer_accepts(order.msg, password));
}

static void renegotiation(void)
{
    until_credentials(CHALLENGE(AUTH_INT));
    challenge("Digest realm=\"" REALM "\", nonce=\"n2\", " AUTH_INT);
    CU_ASSERT_TRUE(order.fresh);
    give_key();
    T_STR(peer_credentials(order.msg).nonce, "n2");
    prove(200, GBA_LIT("x"), "");
    http();
    expect_done(GBA_OK, true);
}

/* The service behind the NAF says 404 and the NAF proves it. */
static void proven_errors(void)
{
    until_credentials(CHALLENGE(AUTH_INT));
    prove(404, GBA_LIT("nothing here"), "");
    http();
    expect_done(GBA_OK, true);
    CU_ASSERT_EQUAL(ua.status, 404);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"bad challenges", bad_challenges},
        {"integrity demanded", integrity_demanded},
        {"huge values", huge_values},
        {"proof wrong or missing", proof_wrong_or_missing},
        {"proof downgraded", proof_downgraded},
        {"later challenge downgraded", later_challenge_downgraded},
        {"stale without end", stale_without_end},
        {"key rejected twice", key_rejected_twice},
        {"answers without proof", unproven_answers},
        {"failures passed on", failures_passed_on},
        {"too many fields", user_fields_keep_inside},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"first request", first_request},
        {"every algorithm", every_algorithm},
        {"alternatives of the realm", realm_alternatives},
        {"stale nonce", stale_nonce},
        {"next requests", next_requests},
        {"renegotiation", renegotiation},
        {"errors with proof", proven_errors},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
