/* SPDX-License-Identifier: Apache-2.0 */
/* Bootstrapping runs that end well, some after trouble. */
#include "tests/lib/vectors.h"
#include "tests/unit/ue/boot_bench.h"

/* ---- the worked examples ---- */

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
    static uint8_t room[512];
    gba_writer w = gba_writer_of(room, sizeof room);
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

/*= TS 24.109 A.4 */
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

/* Whatever the order of the offers. */
static void takes_the_strongest(void)
{
    begin(NULL);
    conf.akav2 = true;
    step(&(struct ue_boot_event){.kind = UE_BOOT_START, .rc = GBA_OK});
    answer(401);
    with("WWW-Authenticate", GBA_LIT(CHALLENGE(NONCE)));
    with("WWW-Authenticate", GBA_LIT("Digest realm=\"" BSF "\", nonce=\"" NONCE
                                     "\", algorithm=AKAv2-SHA-256, qop=\"auth-int\", opaque=\"5ccc\""));
    with("WWW-Authenticate", GBA_LIT("Digest realm=\"" BSF "\", nonce=\"" NONCE
                                     "\", algorithm=AKAv2-MD5, qop=\"auth-int\", opaque=\"5ccc\""));
    http();
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    card_answers(false);
    T_STR(peer_credentials(order.msg).algorithm, "AKAv2-SHA-256");
    CU_ASSERT_EQUAL(peer_credentials(order.msg).response.n, 64);
}

/* ---- nextnonce ---- */

static struct ue_keys keys_with_next(void)
{
    struct ue_keys keys = old_keys(UE_MODE_ME);
    keys.next.alg = GBA_DIGEST_AKAV1_MD5;
    T_OK(gba_text_set(&keys.next.nonce, GBA_LIT(NONCE)));
    T_OK(gba_text_set(&keys.next.opaque, GBA_LIT("5ccc")));
    return keys;
}

static void start_with(const struct ue_keys *before)
{
    begin(before);
    step(&(struct ue_boot_event){.kind = UE_BOOT_START, .rc = GBA_OK});
}

static void nextnonce_is_kept(void)
{
    static uint8_t room[512];
    gba_writer w = gba_writer_of(room, sizeof room);
    until_second();
    peer_prove(order.msg, GBA_ARRAY(res), document, ", nextnonce=\"" OTHER_NONCE "\"", &w);
    answer(200);
    with("Authentication-Info", gba_writer_view(&w));
    response.body = document;
    http();
    expect_done(GBA_OK);
    T_STR(gba_text_view(&boot.result.next.nonce), OTHER_NONCE);
    T_STR(gba_text_view(&boot.result.next.opaque), "5ccc");
    CU_ASSERT_EQUAL(boot.result.next.alg, GBA_DIGEST_AKAV1_MD5);
}

/* The card first, then one request. */
static void nextnonce_saves_a_request(void)
{
    struct ue_keys before = keys_with_next();
    start_with(&before);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    card_answers(false);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    CU_ASSERT_TRUE(peer_accepts(order.msg, GBA_ARRAY(res)));
    T_STR(peer_credentials(order.msg).username, TMPI);
    T_STR(peer_credentials(order.msg).nonce, NONCE);
    T_STR(peer_credentials(order.msg).opaque, "5ccc");
    T_STR(peer_credentials(order.msg).nc, "00000001");
    success(document);
    http();
    expect_done(GBA_OK);
    CU_ASSERT_EQUAL(boot.result.next.nonce.n, 0);
}

static void forgotten_nextnonce_is_no_trouble(void)
{
    struct ue_keys before = keys_with_next();
    start_with(&before);
    card_answers(false);
    challenge(CHALLENGE(OTHER_NONCE));
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    card_answers(false);
    success(document);
    http();
    expect_done(GBA_OK);
}

static void refused_nextnonce_starts_anew(void)
{
    struct ue_keys before = keys_with_next();
    start_with(&before);
    card_answers(false);
    answer(403);
    http();
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    T_STR(peer_credentials(order.msg).nonce, "");
    T_STR(peer_credentials(order.msg).username, TMPI);
    answer(403);
    http();
    T_STR(peer_credentials(order.msg).username, IMPI);
}

static void card_refuses_nextnonce(void)
{
    struct ue_keys before = keys_with_next();
    start_with(&before);
    card_refuses(GBA_E_CARD_MAC, false);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    T_STR(peer_credentials(order.msg).nonce, "");
}

static void nextnonce_of_no_use(void)
{
    struct ue_keys before = keys_with_next();
    before.next.alg = GBA_DIGEST_AKAV2_MD5; /* not allowed here */
    start_with(&before);
    CU_ASSERT_EQUAL(order.kind, UE_BOOT_SEND);
    before = keys_with_next();
    T_OK(gba_text_set(&before.next.nonce, GBA_LIT("AAAA")));
    start_with(&before);
    CU_ASSERT_EQUAL(order.kind, UE_BOOT_SEND);
    CU_ASSERT_EQUAL(boot.result.next.nonce.n, 0);
}

int main(void)
{
    CU_TestInfo good[] = {
        {"worked examples", vectors},
        {"resynchronisation", resynchronises},
        {"TMPI refused: goes on with the IMPI", tmpi_falls_back},
        {"GBA_U to GBA_ME only when allowed", downgrades_only_when_allowed},
        {"several challenges, other spelling, server data", tolerates},
        {"wrong clock", wrong_clock},
        {"the strongest algorithm", takes_the_strongest},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo next[] = {
        {"is kept", nextnonce_is_kept},
        {"saves a request", nextnonce_saves_a_request},
        {"forgotten by the BSF", forgotten_nextnonce_is_no_trouble},
        {"refused by the BSF", refused_nextnonce_starts_anew},
        {"refused by the card", card_refuses_nextnonce},
        {"of no use", nextnonce_of_no_use},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"nextnonce", NULL, NULL, NULL, NULL, next},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
