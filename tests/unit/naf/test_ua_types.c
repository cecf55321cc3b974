/* SPDX-License-Identifier: Apache-2.0 */
/* The Ua engine and how keys came about: 3G GBA, 2G GBA, GBA_Digest. */
#include <stdlib.h>

#include "naf/ua.h"
#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

#define NAF_FQDN "xcap.ims.mnc001.mcc001.pub.3gppnetwork.org"
#define REALM_ME "3GPP-bootstrapping@" NAF_FQDN
#define REALM_DIGEST "3GPP-bootstrapping-digest@" NAF_FQDN
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define PASSWORD "/RrI0J6XSoPYZOQPFY3bFzN5oTMW3nWn9lnTtKtN/6s="
#define KS_NAF "fd1ac8d09e974a83d864e40f158ddb173379a13316de75a7f659d3b4ab4dffab"

static struct fake_world world;
static struct naf_service service;
static struct naf_route route;
static struct naf_conf conf;
static struct naf_cache cache;
static struct naf_nonces nonces;
static void *cache_memory, *nonce_memory;
static struct naf_ua ua;
static struct naf_ua_run run;
static const char *agent;
static char header[1024];

static void set_up(void)
{
    fake_world_init(&world);
    service = (struct naf_service){.gba_2g = false};
    T_OK(gba_text_set(&service.fqdn, GBA_LIT(NAF_FQDN)));
    T_OK(gba_text_set(&route.btid_domain, GBA_LIT("*")));
    T_OK(gba_text_set(&route.realm, GBA_LIT("home")));
    conf = (struct naf_conf){.services = {&service, 1}, .routes = {&route, 1}, .nonce_s = 300};
    cache_memory = calloc(1, naf_cache_memory(4));
    nonce_memory = calloc(1, naf_nonces_memory(4));
    naf_nonces_init(&nonces, nonce_memory, 4, &world.env);
    naf_ua_init(&ua, &conf, &cache, &nonces, &world.env);
    agent = "unit 3gpp-gba";
}

static void tear_down(void)
{
    naf_ua_run_wipe(&run);
    free(cache_memory);
    free(nonce_memory);
}

static const struct naf_ua_order *request(gba_view authorization)
{
    static struct gba_http_msg req;
    req = (struct gba_http_msg){.method = GBA_LIT("GET"), .target = GBA_LIT("/"), .minor = 1};
    T_OK(gba_http_field_add(&req, GBA_LIT("Host"), GBA_LIT(NAF_FQDN)));
    T_OK(gba_http_field_add(&req, GBA_LIT("User-Agent"), gba_view_cstr(agent)));
    if (authorization.p)
        T_OK(gba_http_field_add(&req, GBA_LIT("Authorization"), authorization));
    return naf_ua_request(&ua, &run, &world.env, &req);
}

static gba_view challenge(void)
{
    const struct naf_ua_order *order = request((gba_view){NULL, 0});
    CU_ASSERT_EQUAL_FATAL(order->msg->status, 401);
    return gba_http_field_get(order->msg, GBA_LIT("WWW-Authenticate"));
}

/* Credentials for this realm, right for a fresh challenge. */
static gba_view credentials(const char *realm)
{
    uint8_t room[512];
    gba_arena arena = gba_arena_of(room, sizeof room);
    struct gba_auth asked;
    struct gba_digest_hex response;
    gba_writer w = gba_writer_of(header, sizeof header);
    world.env.now_ms++;
    T_OK(gba_auth_parse(challenge(), &arena, &asked));
    const struct gba_digest_in in = {
        .alg = GBA_DIGEST_MD5,
        .qop = GBA_QOP_AUTH_INT,
        .username = GBA_LIT(BTID),
        .realm = gba_view_cstr(realm),
        .password = GBA_LIT(PASSWORD),
        .nonce = asked.nonce,
        .nc = GBA_LIT("00000001"),
        .cnonce = GBA_LIT("0a4f113b"),
        .method = GBA_LIT("GET"),
        .uri = GBA_LIT("/"),
    };
    T_OK(gba_digest_response(&in, &response));
    const struct gba_auth a = {
        .username = in.username,
        .realm = in.realm,
        .nonce = in.nonce,
        .uri = in.uri,
        .qop = GBA_LIT("auth-int"),
        .nc = in.nc,
        .cnonce = in.cnonce,
        .response = gba_view_of(response.s, response.n),
        .opaque = asked.opaque,
        .algorithm = GBA_LIT("MD5"),
    };
    gba_put_credentials(&w, &a);
    return gba_writer_view(&w);
}

/* A request under this realm with a key that came about in this way. */
static const struct naf_ua_order *serve(const char *realm, uint32_t gba_type)
{
    struct dia_bia bia = {.result = {false, DIA_SUCCESS}, .has_me_key = true, .gba_type = gba_type};
    gba_copy(bia.me_key.b, t_hex(KS_NAF));
    naf_cache_init(&cache, cache_memory, 4, 1);
    const struct naf_ua_order *order = request(credentials(realm));
    return order->kind == NAF_UA_ASK ? naf_ua_key(&ua, &run, &world.env, GBA_OK, &bia) : order;
}

static void refused(const char *realm, uint32_t gba_type, unsigned status, gba_rc reason)
{
    const struct naf_ua_order *order = serve(realm, gba_type);
    CU_ASSERT_EQUAL_FATAL(order->kind, NAF_UA_REPLY);
    CU_ASSERT_EQUAL(order->msg->status, status);
    T_RC(order->reason, reason);
}

static void served(const char *realm, uint32_t gba_type)
{
    CU_ASSERT_EQUAL(serve(realm, gba_type)->kind, NAF_UA_FORWARD);
}

/* ---- refused ---- */

/*= TS 33.220 I.4, M.5 */
static void not_by_default(void)
{
    refused(REALM_ME, 1, 403, GBA_E_NAF_GBA_TYPE);
    refused(REALM_ME, 2, 403, GBA_E_NAF_GBA_TYPE);
    refused(REALM_DIGEST, 2, 401, GBA_E_NAF_REALM);
    served(REALM_ME, 0);
}

static void a_realm_has_one_kind(void)
{
    service.gba_2g = service.gba_digest = true;
    refused(REALM_ME, 2, 403, GBA_E_NAF_GBA_TYPE);
    refused(REALM_DIGEST, 0, 403, GBA_E_NAF_GBA_TYPE);
    refused(REALM_DIGEST, 1, 403, GBA_E_NAF_GBA_TYPE);
}

/* ---- served ---- */

static void when_allowed(void)
{
    service.gba_2g = service.gba_digest = true;
    served(REALM_ME, 0);
    served(REALM_ME, 1);
    served(REALM_DIGEST, 2);
}

/*= TS 24.109 annex I: who says that he does GBA_Digest is offered that */
static void realm_on_demand(void)
{
    service.gba_digest = true;
    CU_ASSERT_TRUE(gba_view_contains(challenge(), GBA_LIT("realm=\"" REALM_ME "\"")));
    agent = "unit 3gpp-gba-digest";
    CU_ASSERT_TRUE(gba_view_contains(challenge(), GBA_LIT("realm=\"" REALM_DIGEST "\"")));
    service.gba_digest = false;
    CU_ASSERT_TRUE(gba_view_contains(challenge(), GBA_LIT("realm=\"" REALM_ME "\"")));
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"nothing but 3G GBA by default", not_by_default},
        {"a realm has one kind of keys", a_realm_has_one_kind},
        {"when the service allows it", when_allowed},
        {"the realm of GBA_Digest on demand", realm_on_demand},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"kinds of bootstrapping", NULL, NULL, set_up, tear_down, tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
