/* SPDX-License-Identifier: Apache-2.0 */
/* The Ub engine: hostile requests and responses. */
#include "tests/unit/bsf/bench_ub.h"

#include <string.h>

static struct bench b;

static void set_up(void)
{
    bench_init(&b, 4);
}

static void tear_down(void)
{
    bench_free(&b);
}

/* ---- requests that are no requests ---- */

static void method_is_get(void)
{
    b.method = GBA_LIT("POST");
    bench_first(&b);
    bench_refused(&b, 405, GBA_E_UB_METHOD);
    T_STR(bench_field(&b, "Allow"), "GET");
    CU_ASSERT_EQUAL(b.asked, 0);
}

static void credentials_are_needed(void)
{
    bench_send(&b, NULL);
    bench_refused(&b, 400, GBA_E_UB_NO_AUTH);
    bench_send(&b, "Basic dXNlcjpwYXNz");
    bench_refused(&b, 400, GBA_E_AUTH_SCHEME);
    bench_send(&b, "Digest username=\"" IMPI "\", username=\"" OTHER_IMPI "\", uri=\"/\"");
    bench_refused(&b, 400, GBA_E_AUTH_REPEATED);
    bench_send(&b, "Digest realm=\"" HOST "\", nonce=\"\", uri=\"/\", response=\"\"");
    bench_refused(&b, 400, GBA_E_AUTH_MISSING);
    CU_ASSERT_EQUAL(b.asked, 0);
}

static void two_authorizations_are_refused(void)
{
    struct gba_http_msg req = {.method = GBA_LIT("GET"), .target = GBA_LIT("/"), .minor = 1};
    struct bsf_ub_order order;
    T_OK(gba_http_field_add(&req, GBA_LIT("Authorization"), GBA_LIT("Digest username=\"" IMPI "\"")));
    T_OK(gba_http_field_add(&req, GBA_LIT("Authorization"), GBA_LIT("Digest username=\"" OTHER_IMPI "\"")));
    bsf_ub_step(&b.ub, &b.run, &b.world.env,
                &(struct bsf_ub_event){.kind = BSF_UB_REQUEST, .req = &req, .via = &b.via}, &order);
    T_RC(order.reason, GBA_E_UB_NO_AUTH);
    CU_ASSERT_EQUAL(order.reply->status, 400);
}

static void username_is_an_identity(void)
{
    static char big[400] = "";
    memset(big, 'a', sizeof big - 1);
    static const char *const bad[] = {"nobody", "@", "a@", "@" HOST, "a b@" HOST, "a@b@c d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        b.username = bad[i];
        bench_first(&b);
        bench_refused(&b, 400, GBA_E_IMPI);
    }
    b.username = big;
    bench_first(&b);
    bench_refused(&b, 400, GBA_E_TOO_LONG);
    CU_ASSERT_EQUAL(b.asked, 0);
}

static void foreign_realm_is_refused(void)
{
    b.realm = "bsf.elsewhere.example";
    bench_first(&b);
    bench_refused(&b, 400, GBA_E_UB_REALM);
    CU_ASSERT_EQUAL(b.asked, 0);
}

static void first_uri_is_the_target(void)
{
    b.uri = "/other";
    bench_first(&b);
    bench_refused(&b, 400, GBA_E_UB_URI);
}

/* ---- responses ---- */

static void replay_gets_a_new_challenge(void)
{
    static char again[2048];
    bench_challenged(&b);
    bench_copy(again, sizeof again, bench_credentials(&b));
    bench_send(&b, again);
    CU_ASSERT_EQUAL(b.status, 200);
    b.store = (struct fake_store){.puts = 0};
    gba_copy(b.maa.vector.rand.b, t_hex("c00d603103dcee52c4478119494202e8"));
    bench_send(&b, again);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
    CU_ASSERT_EQUAL(b.asked, 2);
    CU_ASSERT_PTR_NULL(strstr(b.challenge, NONCE_ME));
}

static void nonce_is_used_once(void)
{
    bench_challenged(&b);
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
    b.store = (struct fake_store){.puts = 0};
    b.nc = "00000002";
    b.cnonce = "another";
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
}

static void invented_nonce_is_unknown(void)
{
    static const char *const bad[] = {"AAAA", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "%%%%",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bsf_ub_tick(&b.ub, &b.world.env);
        b.nonce = bad[i];
        bench_respond(&b);
        bench_refused(&b, 401, GBA_E_UB_NONCE);
        fake_world_pass(&b.world, 60000);
    }
}

/* RAND of a live challenge with another AUTN is not the nonce that was sent. */
static void nonce_counts_whole(void)
{
    bench_challenged(&b);
    gba_copy(b.maa.vector.rand.b, t_hex("c00d603103dcee52c4478119494202e8"));
    b.nonce = NONCE_U;
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
}

static void wrong_opaque(void)
{
    char right[sizeof b.opaque];
    bench_challenged(&b);
    gba_copy(right, GBA_ARRAY(b.opaque));
    b.opaque[0] = b.opaque[0] == '0' ? '1' : '0';
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_OPAQUE);
    b.opaque[0] = '\0';
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_OPAQUE);
    gba_copy(b.opaque, GBA_ARRAY(right));
    bench_still_answerable(&b);
}

static void uri_is_the_request_target(void)
{
    bench_challenged(&b);
    b.uri = "/other";
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_URI);
    b.uri = "";
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_URI);
    bench_still_answerable(&b);
}

static void realm_cannot_change(void)
{
    b.conf.names.n = 2;
    bench_challenged(&b);
    b.realm = "bsf.operator.example";
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_REALM);
    b.realm = "ims.mnc001.mcc001.3gppnetwork.org";
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_REALM);
    bench_still_answerable(&b);
}

/*= TS 24.109 4.3 */
static void qop_cannot_be_lowered(void)
{
    static const char *const bad[] = {"auth", "", "auth,auth-int", NULL};
    bench_challenged(&b);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        b.qop = bad[i];
        bench_respond(&b);
        bench_refused(&b, 400, GBA_E_UB_QOP);
    }
    bench_still_answerable(&b);
}

static void nc_and_cnonce_are_needed(void)
{
    static char big[400];
    memset(big, 'a', sizeof big - 1);
    bench_challenged(&b);
    b.nc = "1";
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_QOP);
    b.nc = "0000000g";
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_QOP);
    b.nc = "00000001";
    b.cnonce = "";
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_QOP);
    b.cnonce = big;
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_QOP);
    b.cnonce = "6629";
    bench_still_answerable(&b);
}

static void algorithm_cannot_change(void)
{
    static const char *const bad[] = {"MD5", "AKAv2-MD5", "none"};
    bench_challenged(&b);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        b.algorithm = bad[i];
        bench_respond(&b);
        bench_refused(&b, 400, GBA_E_UB_ALGORITHM);
    }
    bench_still_answerable(&b);
}

static void username_cannot_be_swapped(void)
{
    bench_challenged(&b);
    b.username = OTHER_IMPI;
    bench_respond(&b);
    bench_refused(&b, 403, GBA_E_UB_USERNAME);
    bench_still_answerable(&b);
}

static void wrong_response_uses_up_the_vector(void)
{
    bench_challenged(&b);
    b.response = "8dcd54cb1cecc2b2683ed39c868cbe19";
    bench_respond(&b);
    bench_refused(&b, 403, GBA_E_UB_RESPONSE);
    CU_ASSERT_EQUAL(b.asked, 1);
    b.response = NULL;
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
}

static void wrong_response_may_be_repeated_once(void)
{
    b.conf.ub.wrong_response = BSF_WRONG_401;
    bench_challenged(&b);
    b.response = "00000000000000000000000000000000";
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_RESPONSE);
    CU_ASSERT_EQUAL(b.asked, 2);
    bench_respond(&b);
    bench_refused(&b, 403, GBA_E_UB_RESPONSE);
    CU_ASSERT_EQUAL(b.asked, 2);
}

static void short_and_long_responses_are_wrong(void)
{
    static const char *const bad[] = {"8", "8dcd54cb1cecc2b2683ed39c868cbe1",
                                      "8dcd54cb1cecc2b2683ed39c868cbe180"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bench_challenged(&b);
        b.response = bad[i];
        bench_respond(&b);
        bench_refused(&b, 403, GBA_E_UB_RESPONSE);
    }
}

static void challenges_expire(void)
{
    bench_challenged(&b);
    fake_world_pass(&b.world, 60000);
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
    fake_world_pass(&b.world, 59999);
    bench_still_answerable(&b);
}

static void stepped_clock_changes_no_challenge(void)
{
    bench_challenged(&b);
    b.world.env.now_ms -= 86400000;
    bench_still_answerable(&b);
    b.store = (struct fake_store){.puts = 0};
    bench_challenged(&b);
    fake_world_pass(&b.world, 60000);
    b.world.env.now_ms -= 86400000;
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
}

static void full_table_costs_no_vector(void)
{
    for (uint8_t i = 0; i < 4; i++) {
        b.maa.vector.rand.b[0] = i;
        bench_challenged(&b);
    }
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_UB_FULL);
    T_STR(bench_field(&b, "Retry-After"), "10");
    CU_ASSERT_EQUAL(b.asked, 4);
    fake_world_pass(&b.world, 60000);
    bench_challenged(&b);
}

/* Each octet of each value counts: whatever is changed, no key comes of it. */
static void every_octet_counts(void)
{
    static char good[2048], bad[2048];
    bool quoted = false, value = false;
    bench_challenged(&b);
    bench_copy(good, sizeof good, bench_credentials(&b));
    for (size_t i = 0; good[i]; i++) {
        quoted = good[i] == '"' ? !quoted : quoted;
        value = good[i] == '=' ? true : good[i] == ',' && !quoted ? false : value;
        if (!value || good[i] == '"' || good[i] == '=' || good[i] == ',')
            continue;
        bench_copy(bad, sizeof bad, good);
        bad[i] ^= 1;
        bench_send(&b, bad);
        CU_ASSERT_NOT_EQUAL(b.status, 200);
        bsf_ub_wipe(&b.ub);
        bsf_ub_init(&b.ub, &b.conf, &b.ring, b.memory, &b.world.env);
        bench_challenged(&b);
        memcpy(strstr(good, "opaque=\"") + 8, b.opaque, 32);
    }
    bench_send(&b, good);
    CU_ASSERT_EQUAL(b.status, 200);
}

int main(void)
{
    CU_TestInfo requests[] = {
        {"only GET", method_is_get},
        {"no or other credentials", credentials_are_needed},
        {"two Authorization fields", two_authorizations_are_refused},
        {"a username that is no identity", username_is_an_identity},
        {"a foreign realm", foreign_realm_is_refused},
        {"first uri is not the target", first_uri_is_the_target},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo responses[] = {
        {"an exact replay", replay_gets_a_new_challenge},
        {"a nonce again", nonce_is_used_once},
        {"an invented nonce", invented_nonce_is_unknown},
        {"a nonce with another AUTN", nonce_counts_whole},
        {"wrong opaque", wrong_opaque},
        {"digest-uri is not the target", uri_is_the_request_target},
        {"realm changed between the requests", realm_cannot_change},
        {"qop lowered", qop_cannot_be_lowered},
        {"nc or cnonce missing", nc_and_cnonce_are_needed},
        {"algorithm changed", algorithm_cannot_change},
        {"username changed between the requests", username_cannot_be_swapped},
        {"a wrong response", wrong_response_uses_up_the_vector},
        {"a wrong response where 401 is configured", wrong_response_may_be_repeated_once},
        {"responses of other lengths", short_and_long_responses_are_wrong},
        {"an expired challenge", challenges_expire},
        {"the clock stepped", stepped_clock_changes_no_challenge},
        {"a full table", full_table_costs_no_vector},
        {"any octet changed", every_octet_counts},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"ub requests", NULL, NULL, set_up, tear_down, requests},
        {"ub responses", NULL, NULL, set_up, tear_down, responses},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
