/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bsf/bench_ub.h"

#include <stdlib.h>
#include <string.h>

static void init_conf(struct bench *b)
{
    b->conf.names = (struct gba_opt_list){b->names, 1};
    T_OK(gba_text_set(&b->names[0].host, GBA_LIT(HOST)));
    T_OK(gba_text_set(&b->names[1].host, GBA_LIT("bsf.operator.example")));
    T_OK(gba_text_set(&b->names[1].btid_domain, GBA_LIT("keys.operator.example")));
    T_OK(gba_text_set(&b->conf.ub.product, GBA_LIT("keystrap-bsf")));
    T_OK(gba_text_set(&b->conf.zh.realm, GBA_LIT("home.example")));
    T_OK(gba_text_set(&b->conf.diameter.identity, GBA_LIT("bsf.home.example")));
    T_OK(gba_text_set(&b->conf.diameter.realm, GBA_LIT("home.example")));
    b->conf.ub.tmpi = true;
    b->conf.ub.challenge_s = 60;
    b->conf.ub.resync_limit = 2;
    b->conf.ub.retry_after_s = 10;
    b->conf.ub.sessions_kept = 2;
    b->conf.ub.key_lifetime = (struct bsf_conf_lifetime){86400, 60, 604800};
}

static void init_device(struct bench *b)
{
    b->username = IMPI;
    b->realm = HOST;
    b->host = HOST;
    b->uri = "/";
    b->nonce = NONCE_ME;
    b->cnonce = "6629fae49393a05397450978507c4ef1";
    b->nc = "00000001";
    b->qop = "auth-int";
    b->algorithm = "AKAv1-MD5";
    b->alg = GBA_DIGEST_AKAV1_MD5;
    b->user_agent = "test; Release-6; 3gpp-gba-tmpi";
    b->method = GBA_LIT("GET");
}

static void init_hss(struct bench *b)
{
    b->maa.result.code = DIA_SUCCESS;
    b->maa.impi = GBA_LIT(IMPI);
    b->maa.has_vector = true;
    gba_copy(b->maa.vector.rand.b, t_hex("23553cbe9637a89d218ae64dae47bf35"));
    gba_copy(b->maa.vector.autn.b, t_hex("55f328b43577b9b94a9ffac354dfafb3"));
    gba_copy(b->maa.vector.xres.b, t_hex(RES));
    b->maa.vector.xres.n = 8;
    b->res = gba_view_of(b->maa.vector.xres.b, 8);
    gba_copy(b->maa.vector.ck.b, t_hex("b40ba9a3c58b2a05bbf0d987b21bf8cb"));
    gba_copy(b->maa.vector.ik.b, t_hex("f769bcd751044604127672711c6d3441"));
}

void bench_init(struct bench *b, uint32_t cap)
{
    gba_seal_key key;
    memset(b, 0, sizeof *b);
    fake_world_init(&b->world);
    init_conf(b);
    init_device(b);
    init_hss(b);
    b->conf.ub.max_challenges = cap;
    b->conf.zh.guss_cache = 4;
    b->conf.zh.guss_cache_age_s = 3600;
    b->memory = malloc(bsf_ub_memory(&b->conf));
    CU_ASSERT_FATAL(b->memory != NULL);
    gba_env_random(&b->world.env, key.b, sizeof key.b);
    T_OK(gba_seal_ring_add(&b->ring, 1, &key));
    bsf_ub_init(&b->ub, &b->conf, &b->ring, b->memory, &b->world.env);
}

void bench_free(struct bench *b)
{
    bsf_ub_wipe(&b->ub);
    free(b->memory);
}

/* ---- the store ---- */

static struct bsf_ub_event stored(struct bench *b, const struct bsf_ub_order *order)
{
    gba_rc rc = fake_store_put(&b->store, &order->put, b->world.env.now_ms);
    b->put = order->put;
    return (struct bsf_ub_event){.kind = BSF_UB_STORED, .rc = rc};
}

static struct bsf_ub_event found(struct bench *b, const struct bsf_ub_order *order)
{
    static struct bsf_stored found;
    gba_rc rc = fake_store_get(&b->store, &order->key, b->world.env.now_ms, &found);
    return (struct bsf_ub_event){.kind = BSF_UB_FOUND, .rc = rc, .found = &found};
}

/* ---- the HSS ---- */

static void text_of(char *out, gba_view v)
{
    gba_copy(out, v);
    out[v.n] = '\0';
}

static struct bsf_ub_event vector(struct bench *b, const struct bsf_ub_order *order)
{
    const struct bsf_zh_target target = {.realm = gba_text_view(&b->conf.zh.realm)};
    if (b->asked++ > 0 && b->then) {
        b->maa = *b->then;
        b->then = NULL;
    }
    bsf_zh_ask_mar(&b->conf, &order->zh, &target, &b->mar);
    text_of(b->mar_impi, b->mar.impi);
    if (b->dies_after > 0 && b->asked > b->dies_after)
        b->maa_rc = GBA_E_DIA_TIMEOUT;
    return (struct bsf_ub_event){
        .kind = BSF_UB_VECTOR,
        .rc = bsf_zh_ask_means(&order->zh, NULL, b->maa_rc, &b->maa),
        .maa = &b->maa,
        .retry_after_s = b->retry_after_s,
    };
}

/* ---- the device ---- */

static void step(struct bench *b, struct bsf_ub_event event)
{
    struct bsf_ub_order order;
    for (unsigned i = 0; i < 16; i++) {
        bsf_ub_step(&b->ub, &b->run, &b->world.env, &event, &order);
        if (order.kind == BSF_UB_REPLY) {
            b->reason = order.reason;
            b->status = order.reply->status;
            return;
        }
        if (order.kind == BSF_UB_FIND)
            event = found(b, &order);
        else if (order.kind == BSF_UB_ASK_HSS)
            event = vector(b, &order);
        else
            event = stored(b, &order);
    }
    CU_FAIL_FATAL("the run does not end");
}

gba_view bench_field(const struct bench *b, const char *name)
{
    return gba_http_field_get(&b->run.reply.msg, gba_view_cstr(name));
}

static void note_challenge(struct bench *b)
{
    gba_view field = bench_field(b, "WWW-Authenticate");
    struct gba_auth auth;
    uint8_t room[256];
    gba_arena arena = gba_arena_of(room, sizeof room);
    text_of(b->challenge, field);
    if (field.p == NULL)
        return;
    T_OK(gba_auth_parse(field, &arena, &auth));
    CU_ASSERT_EQUAL_FATAL(auth.opaque.n, 32);
    text_of(b->opaque, auth.opaque);
    text_of(b->asked_realm, auth.realm);
    text_of(b->asked_nonce, auth.nonce);
}

void bench_send(struct bench *b, const char *authorization)
{
    struct gba_http_msg req = {.method = b->method, .target = GBA_LIT("/"), .minor = 1};
    T_OK(gba_http_field_add(&req, GBA_LIT("Host"), gba_view_cstr(b->host)));
    T_OK(gba_http_field_add(&req, GBA_LIT("User-Agent"), gba_view_cstr(b->user_agent)));
    if (authorization)
        T_OK(gba_http_field_add(&req, GBA_LIT("Authorization"), gba_view_cstr(authorization)));
    step(b, (struct bsf_ub_event){.kind = BSF_UB_REQUEST, .req = &req, .via = &b->via});
    note_challenge(b);
}

void bench_send_text(struct bench *b, const char *head)
{
    static struct gba_http_msg req; /* the engine may look at it as long as the run goes on */
    size_t used;
    T_OK(gba_http_request_parse(gba_view_cstr(head), &req, &used));
    CU_ASSERT_EQUAL(used, strlen(head));
    step(b, (struct bsf_ub_event){.kind = BSF_UB_REQUEST, .req = &req, .via = &b->via});
    note_challenge(b);
}

void bench_first(struct bench *b)
{
    static char text[1024];
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    gba_put_str(&w, "Digest username=\"");
    gba_put_str(&w, b->username);
    gba_put_str(&w, "\", realm=\"");
    gba_put_str(&w, b->realm);
    gba_put_str(&w, "\", nonce=\"\", uri=\"");
    gba_put_str(&w, b->uri);
    gba_put_str(&w, "\", response=\"\"");
    text[w.n] = '\0';
    bench_send(b, text);
}

/* RES, or what AKAv2 makes of it. */
static gba_view password_of(struct bench *b, enum gba_digest_alg alg)
{
    static uint8_t room[64];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_aka_vector av = b->maa.vector;
    if (b->auts)
        return GBA_LIT("");
    if (alg == GBA_DIGEST_AKAV1_MD5)
        return b->res;
    gba_copy(av.xres.b, b->res);
    av.xres.n = b->res.n;
    T_OK(gba_digest_akav2_password(alg, &av, &w));
    return gba_writer_view(&w);
}

const char *bench_credentials(struct bench *b)
{
    static char text[2048];
    enum gba_digest_alg alg = GBA_DIGEST_AKAV1_MD5;
    if (gba_digest_alg_parse(gba_view_cstr(b->algorithm), &alg) != GBA_OK || alg < GBA_DIGEST_AKAV1_MD5)
        alg = GBA_DIGEST_AKAV1_MD5;
    struct gba_digest_in in = {
        .alg = b->alg == GBA_DIGEST_AKAV1_MD5 ? alg : b->alg,
        .qop = GBA_QOP_AUTH_INT,
        .username = gba_view_cstr(b->username),
        .realm = gba_view_cstr(b->realm),
        .password = password_of(b, alg),
        .nonce = gba_view_cstr(b->nonce),
        .nc = gba_view_cstr(b->nc),
        .cnonce = gba_view_cstr(b->cnonce),
        .method = GBA_LIT("GET"),
        .uri = gba_view_cstr(b->uri),
    };
    struct gba_digest_hex response;
    T_OK(gba_digest_response(&in, &response));
    struct gba_auth a = {
        .username = in.username,
        .realm = in.realm,
        .nonce = in.nonce,
        .uri = in.uri,
        .qop = gba_view_cstr(b->qop),
        .nc = in.nc,
        .cnonce = in.cnonce,
        .response = b->response ? gba_view_cstr(b->response) : gba_view_of(response.s, response.n),
        .opaque = gba_view_cstr(b->opaque),
        .algorithm = gba_view_cstr(b->algorithm),
        .auts = gba_view_cstr(b->auts),
    };
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    gba_put_credentials(&w, &a);
    T_OK(gba_writer_end(&w));
    text[w.n] = '\0';
    return text;
}

void bench_copy(char *out, size_t cap, const char *text)
{
    CU_ASSERT_FATAL(strlen(text) < cap);
    text_of(out, gba_view_cstr(text));
}

void bench_respond(struct bench *b)
{
    bench_send(b, bench_credentials(b));
}

void bench_session(struct bench *b, const char *btid, struct bsf_session *session)
{
    static struct bsf_sealer sealer;
    struct bsf_stored found;
    bsf_store_key key;
    sealer.ring = &b->ring;
    T_OK(bsf_key_of(BSF_KEY_BTID, gba_view_cstr(btid), &key));
    CU_ASSERT_EQUAL_FATAL(fake_store_get(&b->store, &key, b->world.env.now_ms, &found), GBA_OK);
    T_OK(bsf_session_open(&sealer, &key, found.record, session));
}

/* ---- what tests expect ---- */

void bench_refused(const struct bench *b, unsigned status, gba_rc reason)
{
    T_RC(b->reason, reason);
    CU_ASSERT_EQUAL(b->status, status);
    CU_ASSERT_EQUAL(fake_store_count(&b->store, b->world.env.now_ms), 0);
    CU_ASSERT_PTR_NULL(bench_field(b, "Authentication-Info").p);
}

void bench_challenged(struct bench *b)
{
    bench_first(b);
    T_RC(b->reason, GBA_OK);
    CU_ASSERT_EQUAL_FATAL(b->status, 401);
}

void bench_still_answerable(struct bench *b)
{
    b->username = IMPI;
    b->realm = HOST;
    b->uri = "/";
    b->qop = "auth-int";
    b->algorithm = "AKAv1-MD5";
    bench_respond(b);
    CU_ASSERT_EQUAL(b->status, 200);
}
