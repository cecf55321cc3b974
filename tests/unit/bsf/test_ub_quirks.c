/* SPDX-License-Identifier: Apache-2.0 */
/* What devices in the field do on Ub, each as it stands on the wire: accepted, or refused with a reason. */
#include "tests/unit/bsf/bench_ub.h"

#include <stdio.h>
#include <string.h>

static struct bench b;

/* A request, but for its Authorization; a test changes it. */
static const char *method, *target, *host, *agent, *more;

static void set_up(void)
{
    bench_init(&b, 4);
    method = "GET";
    target = "/";
    host = HOST;
    agent = "User-Agent: test; Release-6; 3gpp-gba-tmpi\r\n";
    more = "";
}

static void tear_down(void)
{
    bench_free(&b);
}

static void send(const char *authorization)
{
    static char head[8192];
    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s\r\n%s%sAuthorization: %s\r\n\r\n", method, target,
             host, agent, more, authorization);
    bench_send_text(&b, head);
}

#define FIRST(realm, uri)                                                                                    \
    "Digest username=\"" IMPI "\", realm=\"" realm "\", nonce=\"\", uri=\"" uri "\", response=\"\""

static void challenged(void)
{
    send(FIRST(HOST, "/"));
    T_RC(b.reason, GBA_OK);
    CU_ASSERT_EQUAL_FATAL(b.status, 401);
}

/* The right credentials with `from` written as `to`. */
static void respond_with(const char *from, const char *to)
{
    static char text[4096];
    const char *right = bench_credentials(&b);
    const char *at = strstr(right, from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - right), right, to, at + strlen(from));
    send(text);
}

static void accepted(void)
{
    T_RC(b.reason, GBA_OK);
    CU_ASSERT_EQUAL(b.status, 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.run.btid.s, "@"));
}

/* ---- the first request ---- */

static void empty_uri_at_first(void)
{
    send(FIRST(HOST, ""));
    T_RC(b.reason, GBA_OK);
    CU_ASSERT_EQUAL(b.status, 401);
    send(bench_credentials(&b));
    accepted();
}

static void domain_of_the_impi_as_realm(void)
{
    send(FIRST("ims.mnc001.mcc001.3gppnetwork.org", "/"));
    T_RC(b.reason, GBA_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.challenge, "realm=\"" HOST "\""));
    send(bench_credentials(&b));
    accepted();
}

static void domain_of_the_impi_only_at_first(void)
{
    challenged();
    b.realm = "ims.mnc001.mcc001.3gppnetwork.org";
    send(bench_credentials(&b));
    bench_refused(&b, 400, GBA_E_UB_REALM);
}

static void fields_of_vendors(void)
{
    more = "X-TMUS-IMEI: 356938035643809\r\nx-vendor: \xc3\xa9\r\nDate: Thu, 01 Jan 1970 00:00:00 "
           "GMT\r\nAccept: */*\r\n";
    challenged();
    send(bench_credentials(&b));
    accepted();
}

/* ---- User-Agent ---- */

static void agent_is_the_token_alone(void)
{
    agent = "User-Agent: 3gpp-gba-tmpi\r\n";
    b.conf.ub.require_token = true;
    challenged();
    send(bench_credentials(&b));
    accepted();
    CU_ASSERT_TRUE(b.put.has_alias); /* the TMPI */
}

static void agent_without_token_gets_no_tmpi(void)
{
    agent = "User-Agent: okhttp/4.9\r\n";
    challenged();
    send(bench_credentials(&b));
    accepted();
    CU_ASSERT_FALSE(b.put.has_alias);
}

static void no_agent_at_all(void)
{
    agent = "";
    challenged();
    send(bench_credentials(&b));
    accepted();
}

static void token_can_be_required(void)
{
    b.conf.ub.require_token = true;
    agent = "User-Agent: okhttp/4.9\r\n";
    send(FIRST(HOST, "/"));
    bench_refused(&b, 403, GBA_E_UB_TOKEN);
    agent = "";
    send(FIRST(HOST, "/"));
    bench_refused(&b, 403, GBA_E_UB_TOKEN);
    CU_ASSERT_EQUAL(b.asked, 0);
}

/* ---- parameters ---- */

static void nc_begins_at_two(void)
{
    challenged();
    b.nc = "00000002";
    send(bench_credentials(&b));
    accepted();
    CU_ASSERT(gba_view_contains(bench_field(&b, "Authentication-Info"), GBA_LIT("nc=00000002")));
}

static void quoted_qop_algorithm_and_nc(void)
{
    static const char *const quoted[][2] = {{"qop=auth-int", "qop=\"auth-int\""},
                                            {"nc=00000001", "nc=\"00000001\""},
                                            {"algorithm=AKAv1-MD5", "algorithm=\"AKAv1-MD5\""},
                                            {"algorithm=AKAv1-MD5", "algorithm = akav1-md5"}};
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        challenged();
        respond_with(quoted[i][0], quoted[i][1]);
        accepted();
    }
}

/* A device that takes the first of several values must find the right one. */
static void one_qop_is_offered(void)
{
    challenged();
    CU_ASSERT_PTR_NOT_NULL(strstr(b.challenge, "qop=\"auth-int\""));
}

static void first_of_several_qop_values_counts(void)
{
    challenged();
    respond_with("qop=auth-int", "qop=\"auth-int,auth\"");
    accepted();
    b.store = (struct fake_store){.puts = 0};
    challenged();
    respond_with("qop=auth-int", "qop=\"auth, auth-int\"");
    bench_refused(&b, 400, GBA_E_UB_QOP);
}

static void order_and_commas_are_free(void)
{
    challenged();
    respond_with("Digest username", "Digest ,, X-vendor=1,username");
    accepted();
}

/* ---- auts ---- */

/* The card is out of step; its device writes auts so. */
static void auts_written(const char *auts)
{
    char field[128];
    challenged();
    b.auts = AUTS;
    b.maa.vector.rand.b[0] ^= 1;
    snprintf(field, sizeof field, "auts=\"%s\"", auts);
    respond_with("auts=\"" AUTS "\"", field);
    T_RC(b.reason, GBA_E_UB_SYNC);
    CU_ASSERT_EQUAL(b.status, 401);
    CU_ASSERT_TRUE(b.mar.resync);
    T_BYTES(GBA_ARRAY(b.mar.auts.b), t_hex("ba853f3c121cb55edb820040ab41"));
    b.auts = NULL;
    b.maa.vector.rand.b[0] ^= 1;
    fake_world_pass(&b.world, 60000);
}

static void line_break_in_auts(void)
{
    auts_written("uoU/PBIctV7bggBAq0E=\n");
    auts_written("uoU/PBIctV7bggBAq0E=\r\n");
    auts_written("uoU/PBIctV7b\r\n ggBAq0E=");
    auts_written("uoU/PBIctV7b\nggBAq0E=\n");
}

static void blanks_in_auts(void)
{
    auts_written(" uoU/PBIc tV7bggBAq0E=\t");
}

/* ---- targets ---- */

static void any_path(void)
{
    target = "/bootstrap?x=1";
    b.uri = target;
    send(FIRST(HOST, "/bootstrap?x=1"));
    CU_ASSERT_EQUAL(b.status, 401);
    send(bench_credentials(&b));
    accepted();
}

static void absolute_target(void)
{
    static const char *const forms[][2] = {{"http://" HOST "/", "/"},
                                           {"http://" HOST ":8080/", "/"},
                                           {"http://" HOST, "/"},
                                           {"/", "http://" HOST "/"},
                                           {"http://" HOST "/", "http://" HOST "/"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        target = b.uri = "/";
        host = HOST;
        challenged();
        target = forms[i][0];
        host = strstr(target, ":8080") ? HOST ":8080" : HOST;
        b.uri = forms[i][1];
        send(bench_credentials(&b));
        accepted();
    }
}

static void absolute_target_of_another_host(void)
{
    challenged();
    target = "http://bsf.elsewhere.example/";
    host = "bsf.elsewhere.example";
    send(bench_credentials(&b));
    bench_refused(&b, 400, GBA_E_UB_URI);
    target = "/";
    b.uri = "http://bsf.elsewhere.example/";
    send(bench_credentials(&b));
    bench_refused(&b, 400, GBA_E_UB_URI);
}

static void method_in_lower_case(void)
{
    method = "get";
    send(FIRST(HOST, "/"));
    bench_refused(&b, 405, GBA_E_UB_METHOD);
}

/* ---- nonce ---- */

static void nonce_with_more_behind_it(void)
{
    static const char *const bad[] = {"I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7MAAAAA", NONCE_ME " ",
                                      NONCE_ME NONCE_ME, NONCE_ME ",",
                                      "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        b.nonce = NONCE_ME;
        challenged();
        b.nonce = bad[i];
        b.maa.vector.rand.b[0] ^= 1;
        send(bench_credentials(&b));
        bench_refused(&b, 401, GBA_E_UB_NONCE);
        b.maa.vector.rand.b[0] ^= 1;
        fake_world_pass(&b.world, 60000);
    }
}

int main(void)
{
    CU_TestInfo requests[] = {
        {"empty uri in the first request", empty_uri_at_first},
        {"IMPI domain as realm in the first request", domain_of_the_impi_as_realm},
        {"but not in the second", domain_of_the_impi_only_at_first},
        {"unknown fields of vendors", fields_of_vendors},
        {"User-Agent exactly 3gpp-gba-tmpi", agent_is_the_token_alone},
        {"User-Agent without token", agent_without_token_gets_no_tmpi},
        {"no User-Agent", no_agent_at_all},
        {"the token required", token_can_be_required},
        {"path other than /", any_path},
        {"absolute-form target", absolute_target},
        {"absolute-form target of another host", absolute_target_of_another_host},
        {"method in lower case", method_in_lower_case},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo parameters[] = {
        {"nc=00000002 on a fresh nonce", nc_begins_at_two},
        {"quoted or unquoted qop, algorithm, nc", quoted_qop_algorithm_and_nc},
        {"one qop is offered", one_qop_is_offered},
        {"first of several qop values", first_of_several_qop_values_counts},
        {"order and commas", order_and_commas_are_free},
        {"line break inside auts", line_break_in_auts},
        {"white space inside auts", blanks_in_auts},
        {"nonce with more behind it", nonce_with_more_behind_it},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"ub quirks of requests", NULL, NULL, set_up, tear_down, requests},
        {"ub quirks of parameters", NULL, NULL, set_up, tear_down, parameters},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
