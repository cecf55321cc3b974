/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/stamp.h"
#include "tests/lib/digest_peer.h"
#include "tests/lib/file.h"
#include "tests/lib/vectors.h"
#include "ue/boot.h"

#define BSF "bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define TMPI "NdfNQvvGWK4SGbs7c17alrZHQXyhEcrW@tmpi.bsf.3gppnetwork.org"
#define NONCE "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M="
#define OTHER_NONCE "AAAAAAAAAAAAAAAAAAAAAFXzKLQ1d7m5Sp/6w1Tfr7M="
#define CHALLENGE(nonce)                                                                                     \
    "Digest realm=\"" BSF "\", nonce=\"" nonce "\", algorithm=AKAv1-MD5, qop=\"auth-int\", opaque=\"5ccc\""

/* 2029-12-31T00:00:00Z: one day before the key of bsinfo.xml expires. */
static const int64_t now_s = 1893369600;

static uint8_t cnonce[16];

static void give_cnonce(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    CU_ASSERT_EQUAL_FATAL(n, sizeof cnonce);
    gba_copy(out, GBA_ARRAY(cnonce));
}

static struct ue_boot_conf conf;
static struct ue_boot boot;
static struct ue_boot_order order;
static struct gba_http_msg response;
static gba_env env;
static uint8_t field_room[8192];
static uint8_t document_room[1024];
static gba_view document;

static void step(const struct ue_boot_event *event)
{
    ue_boot_step(&boot, &env, event, &order);
}

static void begin(const struct ue_keys *before)
{
    struct ue_keys who = {.app = UICC_APP_ISIM};
    conf = (struct ue_boot_conf){.bsf = GBA_LIT(BSF),
                                 .host = GBA_LIT(BSF),
                                 .product = GBA_LIT("test"),
                                 .tmpi = true,
                                 .max_resyncs = 2};
    env = (gba_env){now_s * 1000, give_cnonce, NULL};
    document = t_file("tests/vectors/bsinfo.xml", document_room, sizeof document_room);
    T_OK(gba_text_set(&who.impi, GBA_LIT(IMPI)));
    ue_boot_init(&boot, &conf, &who, before);
}

static void start(const struct ue_keys *before)
{
    begin(before);
    step(&(struct ue_boot_event){.kind = UE_BOOT_START, .rc = GBA_OK});
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
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
    step(&(struct ue_boot_event){.kind = UE_BOOT_HTTP, .rc = GBA_OK, .response = &response});
}

static void challenge(const char *field)
{
    answer(401);
    with("WWW-Authenticate", gba_view_cstr(field));
    http();
}

static const uint8_t res[] = {0xa5, 0x42, 0x11, 0xd5, 0xe3, 0xba, 0x50, 0xbf};

static void card_answers(bool in_card)
{
    struct uicc_auth auth = {.in_card = in_card, .res = {.n = sizeof res}};
    gba_copy(auth.res.b, GBA_ARRAY(res));
    step(&(struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = GBA_OK, .auth = &auth, .gba_context = in_card});
}

static void card_refuses(gba_rc rc, bool gba_context)
{
    struct uicc_auth auth = {.in_card = false};
    step(&(struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = rc, .auth = &auth, .gba_context = gba_context});
}

/* Up to the second request. */
static void until_second(void)
{
    start(NULL);
    challenge(CHALLENGE(NONCE));
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    card_answers(false);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
}

/* A 200 with a right proof over `body`. */
static void success(gba_view body)
{
    gba_writer w = gba_writer_of(field_room, sizeof field_room);
    peer_prove(order.msg, GBA_ARRAY(res), body, "", &w);
    answer(200);
    with("Authentication-Info", gba_writer_view(&w));
    response.body = body;
}

static void expect_done(gba_rc reason)
{
    CU_ASSERT_EQUAL(order.kind, UE_BOOT_DONE);
    T_RC(order.reason, reason);
}

static void expect_no_keys(gba_rc reason)
{
    expect_done(reason);
    CU_ASSERT_EQUAL(boot.result.mode, UE_MODE_NONE);
    CU_ASSERT_EQUAL(boot.result.btid.n, 0);
}

/* ---- hostile first ---- */

static void bad_challenges(void)
{
    static const struct {
        const char *field;
        gba_rc reason;
    } rows[] = {
        {"Basic realm=\"x\"", GBA_E_UE_CHALLENGE},
        {"Digest realm=\"evil.example.org\", nonce=\"" NONCE "\", algorithm=AKAv1-MD5, qop=\"auth-int\"",
         GBA_E_UE_REALM},
        {"Digest realm=\"" BSF ".evil.org\", nonce=\"" NONCE "\", algorithm=AKAv1-MD5, qop=\"auth-int\"",
         GBA_E_UE_REALM},
        {"Digest realm=\"" BSF "\", nonce=\"" NONCE "\", algorithm=MD5, qop=\"auth-int\"",
         GBA_E_UE_ALGORITHM},
        {"Digest realm=\"" BSF "\", nonce=\"" NONCE "\", qop=\"auth-int\"", GBA_E_UE_ALGORITHM},
        {"Digest realm=\"" BSF "\", nonce=\"" NONCE "\", algorithm=AKAv1-MD5, qop=\"auth\"", GBA_E_UE_QOP},
        {"Digest realm=\"" BSF "\", nonce=\"" NONCE "\", algorithm=AKAv1-MD5", GBA_E_UE_QOP},
        {"Digest realm=\"" BSF "\", algorithm=AKAv1-MD5, qop=\"auth-int\"", GBA_E_AUTH_MISSING},
        {"Digest realm=\"" BSF "\", realm=\"" BSF "\"", GBA_E_AUTH_REPEATED},
        {CHALLENGE("I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfrw=="), GBA_E_UE_NONCE},
        {CHALLENGE("not base64"), GBA_E_UE_NONCE},
        {CHALLENGE("AAAA"), GBA_E_UE_NONCE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start(NULL);
        challenge(rows[i].field);
        expect_no_keys(rows[i].reason);
    }
}

static void huge_fields(void)
{
    static uint8_t huge[6000];
    start(NULL);
    answer(401);
    gba_writer w = gba_writer_of(huge, sizeof huge);
    gba_put_str(&w, "Digest realm=\"" BSF "\", algorithm=AKAv1-MD5, qop=\"auth-int\", nonce=\"" NONCE
                    "\", opaque=\"");
    gba_put_fill(&w, 'o', 4500);
    gba_put_u8(&w, '"');
    with("WWW-Authenticate", gba_writer_view(&w));
    http();
    expect_no_keys(GBA_E_SPACE);
}

static void proof_wrong_or_missing(void)
{
    until_second();
    answer(200);
    response.body = document;
    http();
    expect_no_keys(GBA_E_UE_RSPAUTH_MISSING);

    until_second();
    answer(200);
    with("Authentication-Info", GBA_LIT("qop=auth-int, nc=00000001"));
    response.body = document;
    http();
    expect_no_keys(GBA_E_UE_RSPAUTH_MISSING);

    until_second();
    answer(200);
    with("Authentication-Info", GBA_LIT("qop=auth-int, rspauth=\"0ad6d011461b5a899d785d02e69840b8\""));
    response.body = document;
    http();
    expect_no_keys(GBA_E_UE_RSPAUTH_WRONG);
}

/* A document other than the one the proof is over. */
static void body_changed(void)
{
    static uint8_t other[1024];
    until_second();
    success(document);
    gba_writer w = gba_writer_of(other, sizeof other);
    gba_put_view(&w, document);
    other[100] ^= 1;
    response.body = gba_writer_view(&w);
    http();
    expect_no_keys(GBA_E_UE_RSPAUTH_WRONG);
}

static void proof_of_another_request(void)
{
    static const char *const infos[] = {"qop=auth, rspauth=\"00\"",
                                        "qop=auth-int, nc=00000002, rspauth=\"00\"",
                                        "cnonce=\"other\", rspauth=\"00\""};
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++) {
        until_second();
        answer(200);
        with("Authentication-Info", gba_view_cstr(infos[i]));
        response.body = document;
        http();
        expect_no_keys(GBA_E_UE_INFO);
    }
}

static void bad_documents(void)
{
    until_second();
    success(GBA_LIT(""));
    http();
    expect_no_keys(GBA_E_XML);
    until_second();
    success(GBA_LIT("<!DOCTYPE x><x/>"));
    http();
    expect_no_keys(GBA_E_XML_FORBIDDEN);
    until_second();
    env.now_ms = INT64_C(1893456000000);
    success(document);
    http();
    expect_no_keys(GBA_E_UE_LIFETIME);
}

static void unexpected_statuses(void)
{
    static const struct {
        unsigned status;
        gba_rc reason;
    } rows[] = {{200, GBA_E_UE_BSF_ANSWER},      {302, GBA_E_UE_BSF_ANSWER},
                {400, GBA_E_UE_BSF_REFUSED},     {403, GBA_E_UE_BSF_REFUSED},
                {500, GBA_E_UE_BSF_UNAVAILABLE}, {503, GBA_E_UE_BSF_UNAVAILABLE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start(NULL);
        answer(rows[i].status);
        http();
        expect_no_keys(rows[i].reason);
        CU_ASSERT_EQUAL(boot.status, rows[i].status);
    }
    start(NULL);
    step(&(struct ue_boot_event){.kind = UE_BOOT_HTTP, .rc = GBA_E_CONNECT});
    expect_no_keys(GBA_E_CONNECT);
}

static void second_request_refused(void)
{
    until_second();
    answer(403);
    http();
    expect_no_keys(GBA_E_UE_BSF_REFUSED);
    until_second();
    challenge(CHALLENGE(NONCE));
    expect_no_keys(GBA_E_UE_NONCE_REPEATED);
    until_second();
    challenge(CHALLENGE(OTHER_NONCE));
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    card_answers(false);
    challenge(CHALLENGE(NONCE));
    expect_no_keys(GBA_E_UE_BSF_REFUSED);
}

static void resync_without_end(void)
{
    start(NULL);
    challenge(CHALLENGE(NONCE));
    card_refuses(GBA_E_SQN, true);
    challenge(CHALLENGE(OTHER_NONCE));
    card_refuses(GBA_E_SQN, true);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    challenge(CHALLENGE(NONCE));
    card_refuses(GBA_E_SQN, true);
    expect_no_keys(GBA_E_UE_RESYNC_LIMIT);
    CU_ASSERT_EQUAL(boot.resyncs, 2);
    start(NULL);
    challenge(CHALLENGE(NONCE));
    card_refuses(GBA_E_SQN, true);
    challenge(CHALLENGE(NONCE));
    expect_no_keys(GBA_E_UE_NONCE_REPEATED);
    start(NULL);
    challenge(CHALLENGE(NONCE));
    card_refuses(GBA_E_SQN, true);
    success(document);
    http();
    expect_no_keys(GBA_E_UE_BSF_ANSWER);
}

static void card_failures(void)
{
    start(NULL);
    challenge(CHALLENGE(NONCE));
    card_refuses(GBA_E_CARD_MAC, false);
    expect_no_keys(GBA_E_CARD_MAC);
    start(NULL);
    challenge(CHALLENGE(NONCE));
    card_refuses(GBA_E_CARD_MAC, true);
    expect_no_keys(GBA_E_CARD_MAC);
    start(NULL);
    challenge(CHALLENGE(NONCE));
    card_refuses(GBA_E_CARD_GONE, true);
    expect_no_keys(GBA_E_CARD_GONE);
}

static void event_out_of_turn(void)
{
    begin(NULL);
    card_answers(false);
    expect_done(GBA_E_BUG);
    start(NULL);
    step(&(struct ue_boot_event){.kind = UE_BOOT_DERIVED, .rc = GBA_OK});
    expect_done(GBA_E_BUG);
}

static struct ue_keys old_keys(enum ue_mode mode)
{
    struct ue_keys keys = {
        .mode = mode, .app = UICC_APP_ISIM, .created_s = now_s - 10, .expires_s = now_s + 10};
    T_OK(gba_text_set(&keys.impi, GBA_LIT(IMPI)));
    T_OK(gba_text_set(&keys.btid, GBA_LIT("old@" BSF)));
    T_OK(gba_text_set(&keys.tmpi, GBA_LIT(TMPI)));
    return keys;
}

/* A failed run leaves the old keys, unless the card has replaced them. */
static void failure_keeps_what_is_good(void)
{
    struct ue_keys before = old_keys(UE_MODE_ME);
    start(&before);
    answer(503);
    http();
    expect_done(GBA_E_UE_BSF_UNAVAILABLE);
    CU_ASSERT_EQUAL(boot.result.mode, UE_MODE_ME);
    T_STR(gba_text_view(&boot.result.tmpi), TMPI);
    before = old_keys(UE_MODE_U);
    start(&before);
    challenge(CHALLENGE(NONCE));
    card_answers(true);
    answer(403);
    http();
    expect_done(GBA_E_UE_BSF_REFUSED);
    CU_ASSERT_EQUAL(boot.result.mode, UE_MODE_NONE);
}

static void keys_of_another_card_unused(void)
{
    struct ue_keys before = old_keys(UE_MODE_ME);
    before.app = UICC_APP_USIM;
    start(&before);
    T_STR(peer_credentials(order.msg).username, IMPI);
    CU_ASSERT_EQUAL(boot.result.mode, UE_MODE_NONE);
}

/* ---- then the worked examples ---- */

static struct uicc_auth auth_of(struct vec *v)
{
    struct uicc_auth auth = {.in_card = !vec_has(v, "ck") && vec_has(v, "res")};
    if (vec_has(v, "res")) {
        auth.res.n = vec_hex(v, "res").n;
        gba_copy(auth.res.b, vec_hex(v, "res"));
    }
    if (vec_has(v, "ck")) {
        vec_get(v, "ck", auth.ck.b, sizeof auth.ck.b);
        vec_get(v, "ik", auth.ik.b, sizeof auth.ik.b);
    }
    if (vec_has(v, "auts"))
        vec_get(v, "auts", auth.auts.b, sizeof auth.auts.b);
    return auth;
}

static void check_first_request(struct vec *v)
{
    struct gba_auth a = peer_credentials(order.msg);
    T_STR(order.msg->method, "GET");
    T_STR(order.msg->target, "/");
    T_STR(gba_http_field_get(order.msg, GBA_LIT("Host")), BSF);
    CU_ASSERT_TRUE(
        gba_view_contains(gba_http_field_get(order.msg, GBA_LIT("User-Agent")), GBA_LIT("3gpp-gba-tmpi")));
    T_BYTES(a.username, vec_text(v, vec_has(v, "old_tmpi") ? "old_tmpi" : "impi"));
    T_STR(a.realm, BSF);
    T_STR(a.uri, "/");
    CU_ASSERT_TRUE(a.nonce.p && a.nonce.n == 0 && a.response.p && a.response.n == 0);
}

static void check_second_request(struct vec *v)
{
    struct gba_auth a = peer_credentials(order.msg);
    T_BYTES(a.response, vec_text(v, "response"));
    T_BYTES(a.nonce, vec_text(v, "nonce"));
    T_BYTES(a.cnonce, vec_text(v, "cnonce"));
    T_STR(a.nc, "00000001");
    T_STR(a.qop, "auth-int");
    T_STR(a.algorithm, "AKAv1-MD5");
    T_STR(a.opaque, "5ccc");
    if (vec_has(v, "auts_b64"))
        T_BYTES(a.auts, vec_text(v, "auts_b64"));
}

static void success_of(struct vec *v)
{
    gba_writer w = gba_writer_of(field_room, sizeof field_room);
    success(document);
    if (vec_has(v, "rspauth")) {
        response.n_fields = 0;
        gba_put_str(&w, "qop=auth-int, rspauth=\"");
        gba_put_view(&w, vec_text(v, "rspauth"));
        gba_put_str(&w, "\", cnonce=\"6629fae49393a05397450978507c4ef1\", nc=00000001, opaque=\"5ccc\"");
        with("Authentication-Info", gba_writer_view(&w));
    }
    with("Server", GBA_LIT("x; Release-6; 3gpp-gba-tmpi"));
    http();
}

static void check_gba_u(struct vec *v)
{
    gba_ks_naf ks;
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_STORE);
    T_BYTES(order.btid, vec_text(v, "btid"));
    T_STR(order.lifetime, "2030-01-01T00:00:00Z");
    step(&(struct ue_boot_event){.kind = UE_BOOT_STORED, .rc = GBA_E_CARD_FILE_SIZE});
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_DERIVE);
    T_BYTES(order.naf_id, vec_hex(v, "naf_id"));
    vec_get(v, "ks_ext_tmpi", ks.b, sizeof ks.b);
    step(&(struct ue_boot_event){.kind = UE_BOOT_DERIVED, .rc = GBA_OK, .ks_ext_naf = &ks});
    T_RC(boot.store_rc, GBA_E_CARD_FILE_SIZE);
}

static void check_result(struct vec *v)
{
    expect_done(GBA_OK);
    CU_ASSERT_EQUAL(boot.result.mode, vec_has(v, "ck") ? UE_MODE_ME : UE_MODE_U);
    T_BYTES(gba_text_view(&boot.result.btid), vec_text(v, "btid"));
    T_BYTES(gba_text_view(&boot.result.tmpi), vec_text(v, "tmpi"));
    T_BYTES(GBA_ARRAY(boot.result.rand.b), vec_hex(v, "rand"));
    if (vec_has(v, "ks"))
        T_BYTES(GBA_ARRAY(boot.result.ks.b), vec_hex(v, "ks"));
    CU_ASSERT_EQUAL(boot.result.expires_s, 1893456000);
}

static void run_vector(struct vec *v)
{
    struct ue_keys before = old_keys(UE_MODE_NONE);
    struct uicc_auth auth = auth_of(v);
    static char field[512];
    gba_writer w = gba_writer_of(field, sizeof field - 1);
    vec_get(v, "cnonce", cnonce, sizeof cnonce);
    start(vec_has(v, "old_tmpi") ? &before : NULL);
    check_first_request(v);
    gba_put_str(&w,
                "Digest realm=\"" BSF "\", algorithm=AKAv1-MD5, qop=\"auth-int\", opaque=\"5ccc\", nonce=\"");
    gba_put_view(&w, vec_text(v, "nonce"));
    gba_put_str(&w, "\"");
    field[w.n] = '\0';
    challenge(field);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    T_BYTES(GBA_ARRAY(order.rand->b), vec_hex(v, "rand"));
    T_BYTES(GBA_ARRAY(order.autn->b), vec_hex(v, "autn"));
    gba_rc rc = vec_has(v, "auts") ? GBA_E_SQN : GBA_OK;
    step(&(struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = rc, .auth = &auth, .gba_context = auth.in_card});
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    check_second_request(v);
    if (rc == GBA_E_SQN)
        return;
    success_of(v);
    if (auth.in_card)
        check_gba_u(v);
    check_result(v);
}

static void vectors(void)
{
    for (struct vec *v = vec_open("ub.vec"); vec_next(v);)
        run_vector(v);
}

/* ---- and how it goes on after trouble ---- */

static void resynchronises(void)
{
    start(NULL);
    challenge(CHALLENGE(OTHER_NONCE));
    card_refuses(GBA_E_SQN, false);
    CU_ASSERT_TRUE(peer_accepts(order.msg, GBA_LIT("")));
    CU_ASSERT_PTR_NOT_NULL(peer_credentials(order.msg).auts.p);
    challenge(CHALLENGE(NONCE));
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    card_answers(false);
    CU_ASSERT_TRUE(peer_accepts(order.msg, GBA_ARRAY(res)));
    CU_ASSERT_PTR_NULL(peer_credentials(order.msg).auts.p);
    success(document);
    http();
    expect_done(GBA_OK);
    CU_ASSERT_EQUAL(boot.result.tmpi.n, 0);
}

static void tmpi_falls_back(void)
{
    static const unsigned statuses[] = {400, 403, 404};
    struct ue_keys before = old_keys(UE_MODE_ME);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        start(&before);
        T_STR(peer_credentials(order.msg).username, TMPI);
        answer(statuses[i]);
        http();
        CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
        T_STR(peer_credentials(order.msg).username, IMPI);
        CU_ASSERT_EQUAL(boot.result.tmpi.n, 0);
        answer(403);
        http();
        expect_done(GBA_E_UE_BSF_REFUSED);
        CU_ASSERT_EQUAL(boot.result.mode, UE_MODE_ME);
    }
    start(&before);
    challenge(CHALLENGE(NONCE));
    card_refuses(GBA_E_CARD_MAC, false);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    T_STR(peer_credentials(order.msg).username, IMPI);
}

static void downgrades_only_when_allowed(void)
{
    begin(NULL);
    conf.allow_downgrade = true;
    step(&(struct ue_boot_event){.kind = UE_BOOT_START, .rc = GBA_OK});
    challenge(CHALLENGE(NONCE));
    CU_ASSERT_FALSE(order.as_me);
    card_refuses(GBA_E_CARD_MAC, true);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    challenge(CHALLENGE(OTHER_NONCE));
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    CU_ASSERT_TRUE(order.as_me);
    card_refuses(GBA_E_CARD_MAC, false);
    expect_done(GBA_E_CARD_MAC);
}

static void tolerates(void)
{
    start(NULL);
    answer(401);
    with("WWW-Authenticate", GBA_LIT("Basic realm=\"x\""));
    with("www-authenticate",
         GBA_LIT("digest ALGORITHM=\"akav1-md5\",qop=auth-int,realm=\"" BSF
                 "\",nonce=\"I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7MAESIzRFVmdw==\""));
    http();
    CU_ASSERT_EQUAL(order.kind, UE_BOOT_CHALLENGE);
}

/* The device's clock is a year slow: the BSF's Date, then currenttime, counts. */
static void wrong_clock(void)
{
    static const char told[] = "<BootstrappingInfo xmlns=\"uri:3gpp-gba\"><btid>a@b.org</btid>"
                               "<lifetime>2030-01-01T00:00:00Z</lifetime>"
                               "<Extension><currenttime>2029-12-31T23:59:00Z</currenttime></Extension>"
                               "</BootstrappingInfo>";
    until_second();
    env.now_ms = 1000000;
    success(document);
    with("Date", GBA_LIT("Mon, 31 Dec 2029 23:00:00 GMT"));
    http();
    expect_done(GBA_OK);
    CU_ASSERT_EQUAL(boot.result.expires_s, 1000 + 3600);
    until_second();
    env.now_ms = 1000000;
    success(gba_view_cstr(told));
    with("Date", GBA_LIT("Mon, 31 Dec 2029 23:00:00 GMT"));
    http();
    expect_done(GBA_OK);
    CU_ASSERT_EQUAL(boot.result.expires_s, 1000 + 60);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"bad challenges", bad_challenges},
        {"huge fields", huge_fields},
        {"proof wrong or missing", proof_wrong_or_missing},
        {"body changed", body_changed},
        {"proof of another request", proof_of_another_request},
        {"bad documents", bad_documents},
        {"unexpected statuses", unexpected_statuses},
        {"second request refused", second_request_refused},
        {"resynchronisation without end", resync_without_end},
        {"card failures", card_failures},
        {"event out of turn", event_out_of_turn},
        {"failure keeps what is good", failure_keeps_what_is_good},
        {"keys of another card", keys_of_another_card_unused},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"worked examples", vectors},
        {"resynchronisation", resynchronises},
        {"TMPI refused: goes on with the IMPI", tmpi_falls_back},
        {"GBA_U to GBA_ME only when allowed", downgrades_only_when_allowed},
        {"several challenges, other spelling, server data", tolerates},
        {"wrong clock", wrong_clock},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
