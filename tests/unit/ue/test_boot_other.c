/* SPDX-License-Identifier: Apache-2.0 */
/* Bootstrapping that is not AKAv1: 2G GBA, GBA_Digest, AKAv2. */
#include "gba/crypto/kdf.h"
#include "tests/lib/vectors.h"
#include "tests/unit/ue/boot_bench.h"

#define HOME "ims.mnc001.mcc001.3gppnetwork.org"
#define DIGEST_NONCE "I1U8vpY3qJ0hiuZNrke/NQ=="
#define DIGEST_CHALLENGE(realm, alg)                                                                         \
    "Digest realm=\"" realm "\", nonce=\"" DIGEST_NONCE "\", algorithm=" alg ", qop=\"auth-int\""
#define NONCE_2G "I1U8vpY3qJ0hiuZNrke/NQAAAAAAAAAAAAAAAAAAAAAAAQIDBAUGBwgJCgsMDQ4P"
#define NONCE_2G_WITH_AUTN "I1U8vpY3qJ0hiuZNrke/NQAAAAAAAAAAAAAAAAAAAAEAAQIDBAUGBwgJCgsMDQ4P"

static uint8_t proof_room[512];

static void go(enum ue_gba gba)
{
    begin(NULL);
    conf.gba = gba;
    conf.digest = (struct ue_boot_digest){.realm = GBA_LIT(HOME), .password = GBA_LIT("secret")};
    step(&(struct ue_boot_event){.kind = UE_BOOT_START, .rc = GBA_OK});
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
}

static bool agent_has(const char *token)
{
    return gba_view_contains(gba_http_field_get(order.msg, GBA_LIT("User-Agent")), gba_view_cstr(token));
}

/* The BSF proves this password over bsinfo.xml. */
static void succeed(gba_view password)
{
    gba_writer w = gba_writer_of(proof_room, sizeof proof_room);
    peer_prove(order.msg, password, document, "", &w);
    answer(200);
    with("Authentication-Info", gba_writer_view(&w));
    response.body = document;
    http();
}

/* ---- 2G GBA ---- */

static void give_triplet(const gba_triplet *triplet)
{
    step(&(struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = GBA_OK, .triplet = triplet});
}

static void nonces_that_are_not_2g(void)
{
    static const char *const bad[] = {CHALLENGE(NONCE), CHALLENGE(NONCE_2G_WITH_AUTN),
                                      CHALLENGE(DIGEST_NONCE)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        go(UE_GBA_2G);
        challenge(bad[i]);
        expect_no_keys(GBA_E_UE_NONCE);
    }
}

static void card_without_gsm(void)
{
    go(UE_GBA_2G);
    challenge(CHALLENGE(NONCE_2G));
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    step(&(struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = GBA_E_CARD_CONTEXT});
    expect_no_keys(GBA_E_CARD_CONTEXT);
}

/*= TS 24.109 H.2: the realm is the BSF's name, which its certificate has */
static void realm_of_another(void)
{
    go(UE_GBA_2G);
    challenge("Digest realm=\"x.example\", nonce=\"" NONCE_2G "\", algorithm=AKAv1-MD5, qop=\"auth-int\"");
    expect_no_keys(GBA_E_UE_REALM);
}

/*= TS 33.220 I.5.2 */
static void second_generation(void)
{
    struct vec *v = vec_open("gba_2g.vec");
    gba_triplet triplet;
    CU_ASSERT_TRUE_FATAL(vec_next(v));
    go(UE_GBA_2G);
    challenge(CHALLENGE(NONCE_2G));
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    CU_ASSERT_TRUE(order.gsm);
    triplet.rand = *order.rand;
    T_BYTES(GBA_ARRAY(triplet.rand.b), vec_hex(v, "rand"));
    vec_get(v, "sres", triplet.sres, sizeof triplet.sres);
    vec_get(v, "kc", triplet.kc, sizeof triplet.kc);
    give_triplet(&triplet);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    CU_ASSERT_TRUE(peer_accepts(order.msg, vec_hex(v, "res")));
    succeed(vec_hex(v, "res"));
    expect_done(GBA_OK);
    CU_ASSERT_EQUAL(boot.result.mode, UE_MODE_2G);
    T_BYTES(GBA_ARRAY(boot.result.ks.b), vec_hex(v, "ks"));
    CU_ASSERT_FALSE(vec_next(v));
}

/* ---- GBA_Digest ---- */

static gba_tls_mk counting(void)
{
    gba_tls_mk mk;
    for (uint8_t i = 0; i < sizeof mk.b; i++)
        mk.b[i] = i;
    return mk;
}

static void give_exported(gba_rc rc)
{
    gba_tls_mk mk = counting();
    step(&(struct ue_boot_event){.kind = UE_BOOT_EXPORTED, .rc = rc, .tls_mk = &mk});
}

static void digest_refuses(void)
{
    go(UE_GBA_DIGEST);
    challenge(DIGEST_CHALLENGE(BSF, "MD5"));
    expect_no_keys(GBA_E_UE_REALM);
    go(UE_GBA_DIGEST);
    challenge(DIGEST_CHALLENGE(HOME, "AKAv1-MD5"));
    expect_no_keys(GBA_E_UE_ALGORITHM);
    go(UE_GBA_DIGEST);
    challenge("Digest realm=\"" HOME "\", nonce=\"" DIGEST_NONCE "\", algorithm=MD5, qop=\"auth\"");
    expect_no_keys(GBA_E_UE_QOP);
    go(UE_GBA_DIGEST);
    challenge(DIGEST_CHALLENGE(HOME, "MD5"));
    give_exported(GBA_E_PEER_GONE);
    expect_no_keys(GBA_E_PEER_GONE);
}

/* A card's answer is not expected where there is none. */
static void digest_has_no_card(void)
{
    go(UE_GBA_DIGEST);
    challenge(DIGEST_CHALLENGE(HOME, "MD5"));
    card_answers(false);
    expect_no_keys(GBA_E_BUG);
}

static void check_digest(struct vec *v, const char *field)
{
    gba_tls_mk mk = counting();
    uint8_t resp[32];
    gba_ks ks;
    go(UE_GBA_DIGEST);
    CU_ASSERT_TRUE(agent_has("GBA_Digest"));
    T_STR(peer_credentials(order.msg).realm, HOME);
    challenge(field);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_EXPORT);
    give_exported(GBA_OK);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    CU_ASSERT_TRUE(agent_has("GBA_Digest"));
    CU_ASSERT_TRUE(peer_accepts(order.msg, vec_hex(v, "passwd")));
    gba_view sent = peer_credentials(order.msg).response;
    T_OK(gba_hex_parse(sent, resp, sent.n / 2));
    struct gba_kdf_digest in = {vec_hex(v, "ha1"), &mk};
    T_OK(gba_kdf_digest_ks(&in, gba_view_of(resp, sent.n / 2), &ks));
    succeed(vec_hex(v, "passwd"));
    expect_done(GBA_OK);
    CU_ASSERT_EQUAL(boot.result.mode, UE_MODE_DIGEST);
    T_STR(gba_text_view(&boot.result.nonce), DIGEST_NONCE);
    T_BYTES(GBA_ARRAY(boot.result.ks.b), GBA_ARRAY(ks.b));
}

/*= TS 33.220 M.6.3 */
static void digest_runs(void)
{
    struct vec *v = vec_open("gba_digest.vec");
    CU_ASSERT_TRUE_FATAL(vec_next(v));
    check_digest(v, DIGEST_CHALLENGE(HOME, "MD5"));
    CU_ASSERT_TRUE_FATAL(vec_next(v));
    check_digest(v, DIGEST_CHALLENGE(HOME, "SHA-256"));
    CU_ASSERT_FALSE(vec_next(v));
}

/* ---- AKAv2 ---- */

#define AKAV2(alg) "Digest realm=\"" BSF "\", nonce=\"" NONCE "\", algorithm=" alg ", qop=\"auth-int\""

static void akav2_only_when_wanted(void)
{
    start(NULL);
    challenge(AKAV2("AKAv2-MD5"));
    expect_no_keys(GBA_E_UE_ALGORITHM);
}

/* CK and IK are in the card. */
static void akav2_not_with_gba_u(void)
{
    begin(NULL);
    conf.akav2 = true;
    step(&(struct ue_boot_event){.kind = UE_BOOT_START, .rc = GBA_OK});
    challenge(AKAV2("AKAv2-MD5"));
    card_answers(true);
    expect_no_keys(GBA_E_UE_ALGORITHM);
}

static void check_akav2(struct vec *v, const char *field)
{
    struct uicc_auth auth = {.res.n = 8};
    vec_get(v, "res", auth.res.b, 8);
    vec_get(v, "ck", auth.ck.b, sizeof auth.ck.b);
    vec_get(v, "ik", auth.ik.b, sizeof auth.ik.b);
    begin(NULL);
    conf.akav2 = true;
    step(&(struct ue_boot_event){.kind = UE_BOOT_START, .rc = GBA_OK});
    challenge(field);
    step(&(struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = GBA_OK, .auth = &auth});
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
    CU_ASSERT_TRUE(peer_accepts(order.msg, vec_text(v, "password")));
    succeed(vec_text(v, "password"));
    expect_done(GBA_OK);
    T_BYTES(gba_view_of(boot.result.ks.b, 16), vec_hex(v, "ck"));
    T_BYTES(gba_view_of(boot.result.ks.b + 16, 16), vec_hex(v, "ik"));
}

/*= RFC 4169 3 */
static void akav2_runs(void)
{
    struct vec *v = vec_open("akav2.vec");
    CU_ASSERT_TRUE_FATAL(vec_next(v));
    check_akav2(v, AKAV2("AKAv2-MD5"));
    CU_ASSERT_TRUE_FATAL(vec_next(v));
    check_akav2(v, AKAV2("AKAv2-SHA-256"));
    CU_ASSERT_FALSE(vec_next(v));
}

int main(void)
{
    CU_TestInfo second[] = {
        {"nonces that are not of it", nonces_that_are_not_2g},
        {"a card without GSM context", card_without_gsm},
        {"another's realm", realm_of_another},
        {"a run", second_generation},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo digest[] = {
        {"refused", digest_refuses},
        {"no card", digest_has_no_card},
        {"runs", digest_runs},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo akav2[] = {
        {"only when wanted", akav2_only_when_wanted},
        {"not with GBA_U", akav2_not_with_gba_u},
        {"runs", akav2_runs},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"2G GBA", NULL, NULL, NULL, NULL, second},
        {"GBA_Digest", NULL, NULL, NULL, NULL, digest},
        {"AKAv2", NULL, NULL, NULL, NULL, akav2},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
