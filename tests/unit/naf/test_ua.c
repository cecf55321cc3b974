/* SPDX-License-Identifier: Apache-2.0 */
/* The Ua engine against a device of this file's own making, with the keys of the vectors. */
#include "naf/ua.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

#define NAF_FQDN "xcap.ims.mnc001.mcc001.pub.3gppnetwork.org"
#define REALM_ME "3GPP-bootstrapping@" NAF_FQDN
#define REALM_UICC "3GPP-bootstrapping-uicc@" NAF_FQDN
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define PASSWORD_ME "/RrI0J6XSoPYZOQPFY3bFzN5oTMW3nWn9lnTtKtN/6s="
#define PASSWORD_UICC "HW2jViRYTJDA5TtF81pWV2EluVxDr7daC8ZWeLRQZFk="
#define KS_NAF "fd1ac8d09e974a83d864e40f158ddb173379a13316de75a7f659d3b4ab4dffab"
#define KS_INT_NAF "1d6da35624584c90c0e53b45f35a56576125b95c43afb75a0bc65678b4506459"
#define TARGET "/simservs.ngn.etsi.org/users/sip:user@example.com/simservs.xml"
#define USS                                                                                                  \
    "<ussList><uss id=\"2\" type=\"2\"><uids><uid>sip:user@home1.net</uid><uid>tel:+1555</uid>"              \
    "<uid>bad\"quote</uid></uids><flags/></uss></ussList>"

static struct fake_world world;
static struct naf_service service;
static struct naf_route route;
static struct naf_conf conf;
static struct naf_cache cache;
static struct naf_nonces nonces;
static void *cache_memory, *nonce_memory;
static struct naf_ua ua;
static struct naf_ua_run run;
static struct gba_http_msg req;
static char nonce[64], opaque[32], header[2048];

/* What the device says; a test changes one thing. */
static struct {
    const char *username, *realm, *password, *uri, *algorithm, *opaque;
    gba_view method, body;
    enum gba_digest_alg alg;
    enum gba_digest_qop qop;
    unsigned nc;
    bool no_qop, no_cnonce, wrong_response;
} device;

static void set_up(void)
{
    fake_world_init(&world);
    memset(&device, 0, sizeof device);
    device.username = BTID;
    device.realm = REALM_ME;
    device.password = PASSWORD_ME;
    device.uri = TARGET;
    device.method = GBA_LIT("GET");
    device.qop = GBA_QOP_AUTH_INT;
    device.nc = 1;
    service = (struct naf_service){0};
    T_OK(gba_text_set(&service.fqdn, GBA_LIT(NAF_FQDN)));
    T_OK(gba_text_set(&service.gsid, GBA_LIT("2")));
    service.assert_identity = NAF_ASSERT_USS;
    route = (struct naf_route){0};
    T_OK(gba_text_set(&route.btid_domain, GBA_LIT("bsf.mnc001.mcc001.pub.3gppnetwork.org")));
    T_OK(gba_text_set(&route.realm, GBA_LIT("home")));
    conf = (struct naf_conf){.services = {&service, 1}, .routes = {&route, 1}, .nonce_s = 300};
    cache_memory = calloc(1, naf_cache_memory(4));
    nonce_memory = calloc(1, naf_nonces_memory(4));
    naf_cache_init(&cache, cache_memory, 4, 1);
    naf_nonces_init(&nonces, nonce_memory, 4, &world.env);
    naf_ua_init(&ua, &conf, &cache, &nonces, &world.env);
}

static void tear_down(void)
{
    naf_ua_run_wipe(&run);
    free(cache_memory);
    free(nonce_memory);
}

static void new_request(void)
{
    req = (struct gba_http_msg){
        .method = device.method, .target = GBA_LIT(TARGET), .minor = 1, .body = device.body};
    T_OK(gba_http_field_add(&req, GBA_LIT("Host"),
                            GBA_LIT("XCAP.ims.mnc001.mcc001.pub.3gppnetwork.org:8080")));
    T_OK(gba_http_field_add(&req, GBA_LIT("User-Agent"), GBA_LIT("unit 3gpp-gba")));
}

static const struct naf_ua_order *request(void)
{
    return naf_ua_request(&ua, &run, &world.env, &req);
}

static gba_view field(const struct naf_ua_order *order, const char *name)
{
    return gba_http_field_get(order->msg, gba_view_cstr(name));
}

static void keep(char *out, size_t cap, gba_view v)
{
    CU_ASSERT_FATAL(v.n < cap);
    gba_copy(out, v);
    out[v.n] = 0;
}

/* Ask without credentials and take nonce and opaque from the challenge. */
static void get_challenge(void)
{
    uint8_t room[512];
    gba_arena arena = gba_arena_of(room, sizeof room);
    struct gba_auth challenge;
    world.env.now_ms++;
    new_request();
    const struct naf_ua_order *order = request();
    CU_ASSERT_EQUAL_FATAL(order->kind, NAF_UA_REPLY);
    CU_ASSERT_EQUAL_FATAL(order->msg->status, 401);
    T_OK(gba_auth_parse(field(order, "WWW-Authenticate"), &arena, &challenge));
    keep(nonce, sizeof nonce, challenge.nonce);
    keep(opaque, sizeof opaque, challenge.opaque);
}

static struct gba_digest_in device_digest(const char *nc)
{
    return (struct gba_digest_in){
        .alg = device.alg,
        .qop = device.qop,
        .username = gba_view_cstr(device.username),
        .realm = gba_view_cstr(device.realm),
        .password = gba_view_cstr(device.password),
        .nonce = gba_view_cstr(nonce),
        .nc = gba_view_cstr(nc),
        .cnonce = GBA_LIT("0a4f113b"),
        .method = device.method,
        .uri = gba_view_cstr(device.uri),
        .body = device.body,
    };
}

static void sign(void)
{
    static const char digits[] = "0123456789abcdef";
    char nc[] = "00000000";
    struct gba_digest_hex response;
    nc[7] = digits[device.nc & 15];
    struct gba_digest_in in = device_digest(nc);
    T_OK(gba_digest_response(&in, &response));
    if (device.wrong_response)
        response.s[0] = response.s[0] == '0' ? '1' : '0';
    struct gba_auth a = {
        .username = in.username,
        .realm = in.realm,
        .nonce = in.nonce,
        .uri = in.uri,
        .response = gba_view_of(response.s, response.n),
        .nc = in.nc,
        .opaque = gba_view_cstr(device.opaque ? device.opaque : opaque),
        .algorithm = device.algorithm ? gba_view_cstr(device.algorithm) : gba_digest_alg_name(device.alg),
    };
    if (!device.no_qop)
        a.qop = gba_digest_qop_name(in.qop);
    if (!device.no_cnonce)
        a.cnonce = in.cnonce;
    gba_writer w = gba_writer_of(header, sizeof header);
    gba_put_credentials(&w, &a);
    new_request();
    T_OK(gba_http_field_add(&req, GBA_LIT("Authorization"), gba_writer_view(&w)));
}

static struct dia_bia good_bia(void)
{
    struct dia_bia bia = {.result = {false, DIA_SUCCESS},
                          .has_me_key = true,
                          .has_uicc_key = true,
                          .has_expiry = true,
                          .expiry_s = 1893456000,
                          .has_creation = true,
                          .creation_s = 1893369500,
                          .impi = GBA_LIT("001010123456789@ims.mnc001.mcc001.3gppnetwork.org"),
                          .uss_list = GBA_LIT(USS)};
    gba_copy(bia.me_key.b, t_hex(KS_NAF));
    gba_copy(bia.uicc_key.b, t_hex(KS_INT_NAF));
    return bia;
}

static const struct naf_ua_order *give_key(void)
{
    struct dia_bia bia = good_bia();
    return naf_ua_key(&ua, &run, &world.env, GBA_OK, &bia);
}

/* Challenge, signed request, key: the order that follows. */
static const struct naf_ua_order *full_request(void)
{
    get_challenge();
    sign();
    const struct naf_ua_order *order = request();
    return order->kind == NAF_UA_ASK ? give_key() : order;
}

static void expect_refusal(const struct naf_ua_order *order, unsigned status, gba_rc reason)
{
    CU_ASSERT_EQUAL_FATAL(order->kind, NAF_UA_REPLY);
    CU_ASSERT_EQUAL(order->msg->status, status);
    T_RC(order->reason, reason);
    CU_ASSERT_EQUAL(field(order, "WWW-Authenticate").p != NULL, status == 401);
}

/* ---- refused before any key is asked for ---- */

static void unknown_host(void)
{
    new_request();
    req.fields[0].value = GBA_LIT("other.example");
    expect_refusal(request(), 421, GBA_E_NAF_HOST);
}

static void token_required(void)
{
    service.token_required = true;
    new_request();
    gba_http_field_remove(&req, GBA_LIT("User-Agent"));
    expect_refusal(request(), 403, GBA_E_NAF_TOKEN);
}

static void two_authorizations(void)
{
    get_challenge();
    sign();
    T_OK(gba_http_field_add(&req, GBA_LIT("Authorization"), gba_view_cstr("Digest username=\"x\"")));
    expect_refusal(request(), 400, GBA_E_AUTH_REPEATED);
}

static void other_scheme(void)
{
    new_request();
    T_OK(gba_http_field_add(&req, GBA_LIT("Authorization"), GBA_LIT("Basic dXNlcjpwYXNz")));
    expect_refusal(request(), 400, GBA_E_AUTH_SCHEME);
}

static void wrong_parameters(void)
{
    get_challenge();
    device.realm = "3GPP-bootstrapping@other.example";
    sign();
    expect_refusal(request(), 401, GBA_E_NAF_REALM);
    device.realm = REALM_UICC; /* not offered by this service */
    sign();
    expect_refusal(request(), 401, GBA_E_NAF_REALM);
    device.realm = REALM_ME;
    device.alg = GBA_DIGEST_SHA256;
    sign();
    expect_refusal(request(), 401, GBA_E_NAF_ALGORITHM);
    device.alg = GBA_DIGEST_MD5;
    device.algorithm = "AKAv1-MD5";
    sign();
    expect_refusal(request(), 401, GBA_E_NAF_ALGORITHM);
    device.algorithm = NULL;
    device.uri = "/other";
    sign();
    expect_refusal(request(), 401, GBA_E_NAF_URI);
    device.uri = TARGET;
    device.opaque = "0000";
    sign();
    expect_refusal(request(), 401, GBA_E_NAF_OPAQUE);
}

static void downgrade_to_no_qop(void)
{
    get_challenge();
    device.no_qop = true;
    sign();
    expect_refusal(request(), 401, GBA_E_NAF_QOP);
    device.no_qop = false;
    device.no_cnonce = true;
    sign();
    expect_refusal(request(), 400, GBA_E_AUTH_MISSING);
}

static void bad_btid(void)
{
    get_challenge();
    device.username = "no-domain";
    sign();
    expect_refusal(request(), 401, GBA_E_BTID);
    device.username = "x@unknown.example";
    sign();
    expect_refusal(request(), 403, GBA_E_NAF_NO_ROUTE);
}

/* ---- refused by the BSF ---- */

static void bsf_refuses(void)
{
    static const struct {
        struct dia_result result;
        unsigned status;
        gba_rc reason;
    } rows[] = {
        {{true, 5402}, 403, GBA_E_NAF_NOT_AUTHORIZED},
        {{true, 5403}, 401, GBA_E_NAF_BTID_UNKNOWN},
        {{true, 5001}, 503, GBA_E_NAF_BSF},
        {{false, 5012}, 503, GBA_E_NAF_BSF},
    };
    get_challenge();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dia_bia bia = {.result = rows[i].result};
        sign();
        CU_ASSERT_EQUAL_FATAL(request()->kind, NAF_UA_ASK);
        expect_refusal(naf_ua_key(&ua, &run, &world.env, GBA_OK, &bia), rows[i].status, rows[i].reason);
    }
    sign();
    CU_ASSERT_EQUAL_FATAL(request()->kind, NAF_UA_ASK);
    expect_refusal(naf_ua_key(&ua, &run, &world.env, GBA_E_DIA_TIMEOUT, NULL), 503, GBA_E_DIA_TIMEOUT);
    CU_ASSERT_EQUAL(cache.slots.n, 0);
}

static void first_request(void)
{
    get_challenge();
    sign();
    CU_ASSERT_EQUAL_FATAL(request()->kind, NAF_UA_ASK);
}

static void success_without_key(void)
{
    struct dia_bia bia = good_bia();
    bia.has_me_key = false;
    first_request();
    expect_refusal(naf_ua_key(&ua, &run, &world.env, GBA_OK, &bia), 503, GBA_E_NAF_BSF);
    service.uicc_keys = true; /* may have the card's alone, which does not open this realm */
    first_request();
    expect_refusal(naf_ua_key(&ua, &run, &world.env, GBA_OK, &bia), 401, GBA_E_NAF_NO_ME_KEY);
}

static void unreadable_settings(void)
{
    struct dia_bia bia = good_bia();
    bia.uss_list = GBA_LIT("<ussList><uss>");
    first_request();
    expect_refusal(naf_ua_key(&ua, &run, &world.env, GBA_OK, &bia), 503, GBA_E_NAF_USS);
}

static void expired_key(void)
{
    first_request();
    struct dia_bia bia = good_bia();
    bia.expiry_s = gba_env_now_s(&world.env);
    expect_refusal(naf_ua_key(&ua, &run, &world.env, GBA_OK, &bia), 401, GBA_E_NAF_BTID_UNKNOWN);
}

static void key_too_old_for_policy(void)
{
    conf.max_key_s = 50;
    const struct naf_ua_order *order = full_request();
    expect_refusal(order, 401, GBA_E_NAF_KEY_AGE);
    CU_ASSERT_EQUAL(cache.slots.n, 0);
}

/* ---- refused with the key at hand ---- */

static void wrong_response(void)
{
    device.wrong_response = true;
    expect_refusal(full_request(), 401, GBA_E_NAF_RESPONSE);
    CU_ASSERT_FALSE(gba_view_contains(field(&run.order, "WWW-Authenticate"), GBA_LIT("stale")));
}

static void changed_body(void)
{
    device.method = GBA_LIT("PUT");
    device.body = GBA_LIT("<simservs/>");
    get_challenge();
    sign();
    req.body = GBA_LIT("<simservs><evil/></simservs>");
    CU_ASSERT_EQUAL_FATAL(request()->kind, NAF_UA_ASK);
    expect_refusal(give_key(), 401, GBA_E_NAF_RESPONSE);
}

static void replayed_request(void)
{
    CU_ASSERT_EQUAL_FATAL(full_request()->kind, NAF_UA_FORWARD);
    const struct naf_ua_order *order = request();
    expect_refusal(order, 401, GBA_E_NAF_REPLAY);
    CU_ASSERT_TRUE(gba_view_contains(field(order, "WWW-Authenticate"), GBA_LIT("stale=true")));
}

static void stale_nonce(void)
{
    CU_ASSERT_EQUAL_FATAL(full_request()->kind, NAF_UA_FORWARD);
    world.env.now_ms += 301 * 1000;
    device.nc = 2;
    sign();
    const struct naf_ua_order *order = request();
    expect_refusal(order, 401, GBA_E_NAF_STALE);
    CU_ASSERT_TRUE(gba_view_contains(field(order, "WWW-Authenticate"), GBA_LIT("stale=true")));
}

static void missing_settings(void)
{
    service.uss_required = true;
    first_request();
    struct dia_bia bia = good_bia();
    bia.uss_list = (gba_view){NULL, 0};
    const struct naf_ua_order *order = naf_ua_key(&ua, &run, &world.env, GBA_OK, &bia);
    expect_refusal(order, 403, GBA_E_NAF_USS_MISSING);
    CU_ASSERT_PTR_NOT_NULL(field(order, "Authentication-Info").p);
}

static void intended_identity(void)
{
    static const struct {
        const char *value;
        bool allowed;
    } rows[] = {
        {"\"sip:user@home1.net\"", true},
        {"\"tel:+1555\"", true},
        {"\"sip:other@home1.net\"", false},
        {"\"user@home1.net\"", false},
        {"sip:user@home1.net", false},
        {"\"\"", false},
        {"\", \"", false},
        {"\"sip:user@home1.net\", \"tel:+1555\"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        get_challenge();
        sign();
        T_OK(gba_http_field_add(&req, GBA_LIT("X-3GPP-Intended-Identity"), gba_view_cstr(rows[i].value)));
        const struct naf_ua_order *order = request();
        if (order->kind == NAF_UA_ASK)
            order = give_key();
        CU_ASSERT_EQUAL(order->kind, rows[i].allowed ? NAF_UA_FORWARD : NAF_UA_REPLY);
        if (!rows[i].allowed)
            expect_refusal(order, 403, GBA_E_NAF_IDENTITY);
    }
}

static void upstream_fails(void)
{
    CU_ASSERT_EQUAL_FATAL(full_request()->kind, NAF_UA_FORWARD);
    const struct naf_ua_order *order = naf_ua_upstream(&ua, &run, &world.env, GBA_E_TIMEOUT, NULL);
    expect_refusal(order, 504, GBA_E_NAF_UPSTREAM_SLOW);
    CU_ASSERT_PTR_NOT_NULL(field(order, "Authentication-Info").p);
    expect_refusal(naf_ua_upstream(&ua, &run, &world.env, GBA_E_CONNECT, NULL), 502, GBA_E_NAF_UPSTREAM);
}

/* ---- let through ---- */

static void challenge_as_devices_expect(void)
{
    get_challenge();
    gba_view value = field(&run.order, "WWW-Authenticate");
    CU_ASSERT_TRUE(gba_view_starts(value, GBA_LIT("Digest realm=\"" REALM_ME "\"")));
    CU_ASSERT_TRUE(gba_view_contains(value, GBA_LIT("qop=\"auth-int,auth\"")));
    CU_ASSERT_TRUE(gba_view_contains(value, GBA_LIT("algorithm=MD5")));
    CU_ASSERT_FALSE(gba_view_contains(value, GBA_LIT("stale")));
    service.algorithms = NAF_ALG_BOTH;
    service.uicc_keys = true;
    get_challenge();
    value = field(&run.order, "WWW-Authenticate");
    CU_ASSERT_EQUAL(gba_http_field_count(run.order.msg, GBA_LIT("WWW-Authenticate")), 2);
    CU_ASSERT_TRUE(gba_view_contains(value, GBA_LIT("realm=\"" REALM_UICC ";" REALM_ME "\"")));
    CU_ASSERT_TRUE(gba_view_contains(value, GBA_LIT("algorithm=SHA-256")));
}

static void question_to_the_bsf(void)
{
    get_challenge();
    sign();
    const struct naf_ua_order *order = request();
    CU_ASSERT_EQUAL_FATAL(order->kind, NAF_UA_ASK);
    T_STR(order->bir->btid, BTID);
    T_STR(order->bir->route.dest_realm, "home");
    CU_ASSERT_EQUAL(order->bir->naf_id.n, sizeof NAF_FQDN - 1 + 5);
    T_BYTES(gba_view_sub(order->bir->naf_id, sizeof NAF_FQDN - 1, 5), t_hex("0100000002"));
    CU_ASSERT_EQUAL(order->bir->n_gsids, 1);
    T_STR(order->bir->gsids[0], "2");
    CU_ASSERT_FALSE(order->bir->gba_u_aware);
}

static void forwarded_clean(void)
{
    get_challenge();
    sign();
    T_OK(gba_http_field_add(&req, GBA_LIT("X-3GPP-Asserted-Identity"), GBA_LIT("\"sip:ceo@home1.net\"")));
    T_OK(gba_http_field_add(&req, GBA_LIT("Connection"), GBA_LIT("close, X-Hop")));
    T_OK(gba_http_field_add(&req, GBA_LIT("X-Hop"), GBA_LIT("1")));
    T_OK(gba_http_field_add(&req, GBA_LIT("If-Match"), GBA_LIT("\"etag\"")));
    CU_ASSERT_EQUAL_FATAL(request()->kind, NAF_UA_ASK);
    const struct naf_ua_order *order = give_key();
    CU_ASSERT_EQUAL_FATAL(order->kind, NAF_UA_FORWARD);
    CU_ASSERT_PTR_NULL(field(order, "Authorization").p);
    CU_ASSERT_PTR_NULL(field(order, "Connection").p);
    CU_ASSERT_PTR_NULL(field(order, "X-Hop").p);
    T_STR(field(order, "If-Match"), "\"etag\"");
    T_STR(field(order, "X-3GPP-Asserted-Identity"), "\"sip:user@home1.net\", \"tel:+1555\"");
    CU_ASSERT_EQUAL(gba_http_field_count(order->msg, GBA_LIT("X-3GPP-Asserted-Identity")), 1);
}

static void asserted_impi(void)
{
    service.assert_identity = NAF_ASSERT_IMPI;
    const struct naf_ua_order *order = full_request();
    CU_ASSERT_EQUAL_FATAL(order->kind, NAF_UA_FORWARD);
    T_STR(field(order, "X-3GPP-Asserted-Identity"), "\"001010123456789@ims.mnc001.mcc001.3gppnetwork.org\"");
}

/* The device checks rspauth over the body it got. */
static void answer_is_signed(void)
{
    struct gba_digest_hex want;
    struct gba_http_msg rsp = {.status = 200, .minor = 1, .body = GBA_LIT("<simservs/>")};
    T_OK(gba_http_field_add(&rsp, GBA_LIT("ETag"), GBA_LIT("\"1\"")));
    T_OK(gba_http_field_add(&rsp, GBA_LIT("Connection"), GBA_LIT("keep-alive")));
    CU_ASSERT_EQUAL_FATAL(full_request()->kind, NAF_UA_FORWARD);
    const struct naf_ua_order *order = naf_ua_upstream(&ua, &run, &world.env, GBA_OK, &rsp);
    CU_ASSERT_EQUAL(order->msg->status, 200);
    T_RC(order->reason, GBA_OK);
    T_STR(order->msg->body, "<simservs/>");
    T_STR(field(order, "ETag"), "\"1\"");
    CU_ASSERT_PTR_NULL(field(order, "Connection").p);
    struct gba_digest_in in = device_digest("00000001");
    in.body = rsp.body;
    T_OK(gba_digest_rspauth(&in, &want));
    CU_ASSERT_TRUE(gba_view_contains(field(order, "Authentication-Info"), gba_view_of(want.s, want.n)));
}

static void next_request_uses_the_cache(void)
{
    CU_ASSERT_EQUAL_FATAL(full_request()->kind, NAF_UA_FORWARD);
    device.nc = 2;
    device.qop = GBA_QOP_AUTH;
    sign();
    CU_ASSERT_EQUAL(request()->kind, NAF_UA_FORWARD);
    device.nc = 3;
    device.alg = GBA_DIGEST_MD5_SESS;
    sign();
    CU_ASSERT_EQUAL(request()->kind, NAF_UA_FORWARD);
}

static void key_of_the_uicc(void)
{
    service.uicc_keys = true;
    service.algorithms = NAF_ALG_BOTH;
    device.realm = REALM_UICC;
    device.password = PASSWORD_UICC;
    device.alg = GBA_DIGEST_SHA256;
    CU_ASSERT_EQUAL(full_request()->kind, NAF_UA_FORWARD);
    device.password = PASSWORD_ME; /* it does not open the UICC realm */
    device.nc = 2;
    sign();
    expect_refusal(request(), 401, GBA_E_NAF_RESPONSE);
}

int main(void)
{
    CU_TestInfo refused[] = {
        {"unknown host", unknown_host},
        {"token required", token_required},
        {"two Authorization fields", two_authorizations},
        {"another scheme", other_scheme},
        {"wrong realm, algorithm, uri, opaque", wrong_parameters},
        {"downgrade to no qop", downgrade_to_no_qop},
        {"B-TID without or of unknown domain", bad_btid},
        {"the BSF refuses", bsf_refuses},
        {"success without a key", success_without_key},
        {"unreadable settings", unreadable_settings},
        {"expired key", expired_key},
        {"key too old for policy", key_too_old_for_policy},
        {"wrong response", wrong_response},
        {"changed body", changed_body},
        {"replayed request", replayed_request},
        {"stale nonce", stale_nonce},
        {"missing settings", missing_settings},
        {"intended identity", intended_identity},
        {"upstream fails", upstream_fails},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo passed[] = {
        {"challenge", challenge_as_devices_expect},
        {"question to the BSF", question_to_the_bsf},
        {"forwarded without what is ours", forwarded_clean},
        {"asserted IMPI", asserted_impi},
        {"answer is signed", answer_is_signed},
        {"next request uses the cache", next_request_uses_the_cache},
        {"key of the UICC", key_of_the_uicc},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, set_up, tear_down, refused},
        {"let through", NULL, NULL, set_up, tear_down, passed},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
