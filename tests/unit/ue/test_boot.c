/* SPDX-License-Identifier: Apache-2.0 */
/* What the device refuses on Ub. */
#include "tests/unit/ue/boot_bench.h"

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
    expect_no_keys(GBA_E_UE_CHALLENGE_SIZE);
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
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
