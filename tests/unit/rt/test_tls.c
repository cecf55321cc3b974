/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-shared keys, asking, and the life of a connection, over TLS in memory. */
#include <openssl/ssl.h>
#include <stdlib.h>

#include "tests/lib/tap.h"
#include "tests/unit/rt/tls_pair.h"

static struct pair pair;

static void begin(void)
{
    pair_init(&pair, false, PAIR_PSK_SUITE, PAIR_PSK_SUITE);
}

static void end(void)
{
    pair_free(&pair);
}

static void run(void)
{
    pair_connect(&pair);
    pair_pump(&pair);
}

/* ---- keys that do not fit ---- */

static void wrong_key(void)
{
    pair.client.psk.key[31] ^= 1;
    run();
    pair_failed(&pair.server, GBA_E_TLS_HANDSHAKE);
    pair_failed(&pair.client, GBA_E_TLS_ALERT);
    pair_alerted(&pair.server, SSL_AD_BAD_RECORD_MAC);
}

static void refused_identity(gba_rc rc, bool later)
{
    pair.server.answer.rc = rc;
    pair.server.hold = later;
    run();
    if (later)
        rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    pair_failed(&pair.server, rc);
    pair_failed(&pair.client, GBA_E_TLS_ALERT);
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->who.n, 0);
}

/* What the server sent, without the parts that are random in any handshake. */
static size_t without_random(gba_view sent, uint8_t *out)
{
    enum { RANDOM_AT = 11, RANDOM = 32 };
    gba_copy(out, gba_view_sub(sent, 0, RANDOM_AT));
    gba_view rest = gba_view_sub(sent, RANDOM_AT + RANDOM, 512);
    gba_copy(out + RANDOM_AT, rest);
    return RANDOM_AT + rest.n;
}

static void unknown_looks_like_wrong(void)
{
    uint8_t a[1024], b[1024];
    wrong_key();
    size_t an = without_random(rt_buf_view(&pair.server.sent), a);
    for (int later = 0; later < 2; later++) {
        end();
        begin();
        refused_identity(GBA_E_MEF_CERT, later);
        size_t bn = without_random(rt_buf_view(&pair.server.sent), b);
        T_BYTES(gba_view_of(b, bn), gba_view_of(a, an));
    }
}

static void useless_keys(void)
{
    static const uint8_t long_key[RT_TLS_PSK_MAX + 1];
    pair.server.answer.psk = (gba_view){0};
    run();
    pair_failed(&pair.server, GBA_E_TOO_SHORT);
    end();
    begin();
    pair.server.answer.psk = GBA_ARRAY(long_key);
    run();
    pair_failed(&pair.server, GBA_E_TOO_LONG);
    end();
    begin();
    pair.server.answer.who = GBA_LIT("a\0b");
    run();
    pair_failed(&pair.server, GBA_E_CHARSET);
}

static void client_without_key(void)
{
    pair.client.psk_rc = GBA_E_UE_EXPIRED;
    run();
    pair_failed(&pair.client, GBA_E_UE_EXPIRED);
    pair_failed(&pair.server, GBA_E_TLS_ALERT);
    CU_ASSERT_EQUAL(pair.server.psk_asked, 0);
}

static void no_common_suite(void)
{
    pair_context(&pair.client, &(struct rt_tls_ctx_conf){.suites = "PSK-AES128-GCM-SHA256"});
    run();
    pair_failed(&pair.server, GBA_E_TLS_HANDSHAKE);
    pair_failed(&pair.client, GBA_E_TLS_ALERT);
    pair_alerted(&pair.server, SSL_AD_HANDSHAKE_FAILURE);
}

static void server_without_keys(void)
{
    pair.server.hooks.psk = NULL;
    run();
    pair_failed(&pair.server, GBA_E_TLS_HANDSHAKE);
}

static CU_TestInfo refused[] = {
    {"wrong key", wrong_key},
    {"unknown identity looks like a wrong key", unknown_looks_like_wrong},
    {"empty and long keys, bad names", useless_keys},
    {"client without a key", client_without_key},
    {"no common suite", no_common_suite},
    {"server without keys", server_without_keys},
    CU_TEST_INFO_NULL,
};

/* ---- freed at any time ---- */

static void freed_while_asking(void)
{
    pair.server.hold = true;
    run();
    rt_tls_free(pair.server.tls);
    pair.server.tls = NULL;
    CU_ASSERT_PTR_NULL(rt_tls_of(pair.server.ask));
    CU_ASSERT_EQUAL(pair.server.refused, 1);
    T_RC(pair.server.why, GBA_E_TLS_HANDSHAKE);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    CU_ASSERT_EQUAL(pair.server.woken, 0);
}

static void freed_after_answer(void)
{
    pair.server.hold = true;
    run();
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    rt_tls_free(pair.server.tls);
    pair.server.tls = NULL;
    pair_pump(&pair);
    CU_ASSERT_EQUAL(pair.server.opened, 0);
    CU_ASSERT_EQUAL(pair.server.woken, 0);
}

static void freed_in_hook(void)
{
    pair.server.free_in_hook = true;
    run();
    CU_ASSERT_PTR_NULL(pair.server.tls);
    CU_ASSERT_EQUAL(pair.server.opened, 0);
    CU_ASSERT_EQUAL(pair.server.refused, 0);
}

static void freed_in_hook_held(void)
{
    pair.server.free_in_hook = pair.server.hold = true;
    run();
    CU_ASSERT_PTR_NULL(pair.server.tls);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
}

static void freed_in_open(void)
{
    pair.client.free_in_hook = true;
    run();
    CU_ASSERT_PTR_NULL(pair.client.tls);
    CU_ASSERT_EQUAL(pair.client.opened, 1);
}

static void freed_in_refused(void)
{
    pair.client.psk.key[0] ^= 1;
    pair.client.free_in_hook = true;
    run();
    CU_ASSERT_PTR_NULL(pair.client.tls);
    CU_ASSERT_EQUAL(pair.client.refused, 1);
}

static void died_in_handshake(void)
{
    pair_connect(&pair);
    rt_tls_free(pair.server.tls);
    pair.server.tls = NULL;
    CU_ASSERT_EQUAL(pair.server.refused, 0); /* it never heard of anybody */
    rt_tls_free(pair.client.tls);
    pair.client.tls = NULL;
    CU_ASSERT_EQUAL(pair.client.refused, 1);
    T_RC(pair.client.why, GBA_E_TLS_HANDSHAKE);
}

static void lost_in_handshake(void)
{
    pair.server.hold = true;
    run();
    rt_tls_lost(pair.server.tls, GBA_E_TIME);
    pair_failed(&pair.server, GBA_E_TIME);
    rt_tls_lost(pair.server.tls, GBA_E_MEMORY);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    pair_failed(&pair.server, GBA_E_TIME);
    CU_ASSERT_EQUAL(pair.server.woken, 0);
}

static void done(void *data)
{
    ++*(int *)data;
}

static void keeps_a_pointer(void)
{
    int n = 0;
    pair_connect(&pair);
    rt_tls_keep(pair.server.tls, &n, done);
    CU_ASSERT_PTR_EQUAL(rt_tls_kept(pair.server.tls), &n);
    rt_tls_free(pair.server.tls);
    pair.server.tls = NULL;
    CU_ASSERT_EQUAL(n, 1);
}

static CU_TestInfo freeing[] = {
    {"while asking", freed_while_asking},
    {"between answer and going on", freed_after_answer},
    {"in the hook that asks, which answers", freed_in_hook},
    {"in the hook that asks, answered later", freed_in_hook_held},
    {"in the open hook", freed_in_open},
    {"in the refused hook", freed_in_refused},
    {"in the handshake", died_in_handshake},
    {"the peer is lost while asking", lost_in_handshake},
    {"the kept pointer", keeps_a_pointer},
    CU_TEST_INFO_NULL,
};

/* ---- good ---- */

static void psk_completes(void)
{
    run();
    pair_carries(&pair);
    T_BYTES(gba_text_view(&pair.server.identity), GBA_LIT("me@example"));
    T_BYTES(gba_text_view(&pair.client.hint), GBA_LIT("the hint"));
    CU_ASSERT_EQUAL(pair.server.suite, 0x00AE);
    CU_ASSERT_EQUAL(pair.client.suite, 0x00AE);
    const struct rt_tls_peer *peer = rt_tls_peer(pair.server.tls);
    CU_ASSERT_EQUAL(peer->suite, 0x00AE);
    CU_ASSERT_FALSE(peer->dtls || peer->raw);
    T_BYTES(gba_text_view(&peer->identity), GBA_LIT("me@example"));
    T_BYTES(gba_text_view(&peer->who), GBA_LIT("somebody"));
    T_BYTES(gba_text_view(&rt_tls_peer(pair.client.tls)->identity), GBA_LIT("me@example"));
}

static void longest_identity(void)
{
    char name[GBA_TEXT_MAX];
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = 'x';
    T_OK(gba_text_set(&pair.client.psk.identity, GBA_ARRAY(name)));
    run();
    pair_carries(&pair);
    T_BYTES(gba_text_view(&pair.server.identity), GBA_ARRAY(name));
}

static void late_answer(void)
{
    uint8_t out[48];
    pair.server.hold = true;
    run();
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_ASKING);
    T_RC(rt_tls_write(pair.server.tls, GBA_LIT("early")), GBA_E_TLS_STATE);
    T_RC(rt_tls_export(pair.server.tls, GBA_LIT("EXPORTER"), out, sizeof out), GBA_E_TLS_STATE);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_ASKING);
    pair_pump(&pair);
    CU_ASSERT_EQUAL(pair.server.woken, 1);
    pair_carries(&pair);
}

static void open_hook_refuses(void)
{
    pair.server.open_rc = GBA_E_MEMORY;
    run();
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_FAILED);
    T_RC(pair.server.why, GBA_E_MEMORY);
    CU_ASSERT_EQUAL(rt_tls_state(pair.client.tls), RT_TLS_CLOSED);
}

static void closes(void)
{
    run();
    rt_tls_shut(pair.client.tls);
    T_RC(rt_tls_write(pair.client.tls, GBA_LIT("late")), GBA_E_TLS_STATE);
    pair_pump(&pair);
    CU_ASSERT_EQUAL(rt_tls_state(pair.client.tls), RT_TLS_CLOSED);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_CLOSED);
    T_OK(rt_tls_reason(pair.server.tls));
    CU_ASSERT_EQUAL(pair.server.refused + pair.client.refused, 0);
}

static void broken_record(void)
{
    run();
    struct rt_buf record = {0};
    T_OK(rt_tls_write(pair.client.tls, GBA_LIT("secret")));
    CU_ASSERT(rt_tls_take(pair.client.tls, &record));
    record.p[record.n - 1] ^= 1;
    rt_tls_feed(pair.server.tls, rt_buf_view(&record));
    rt_buf_free(&record);
    pair_pump(&pair);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_FAILED);
    T_RC(rt_tls_reason(pair.server.tls), GBA_E_TLS_BROKEN);
    T_RC(rt_tls_reason(pair.client.tls), GBA_E_TLS_ALERT);
    CU_ASSERT_EQUAL(pair.server.got.n, 0);
}

static void much_data(void)
{
    enum { MUCH = 200000 };
    uint8_t *octets = calloc(1, MUCH);
    run();
    for (int i = 0; i < MUCH; i++)
        octets[i] = (uint8_t)(i * 7 + i / 256);
    T_OK(rt_tls_write(pair.client.tls, gba_view_of(octets, MUCH)));
    T_OK(rt_tls_write(pair.client.tls, (gba_view){0}));
    pair_pump(&pair);
    CU_ASSERT(gba_view_eq(rt_buf_view(&pair.server.got), gba_view_of(octets, MUCH)));
    free(octets);
}

static void octet_by_octet(void)
{
    struct rt_buf flight = {0};
    pair_connect(&pair);
    CU_ASSERT(rt_tls_take(pair.client.tls, &flight));
    for (size_t i = 0; i < flight.n; i++)
        rt_tls_feed(pair.server.tls, gba_view_sub(rt_buf_view(&flight), i, 1));
    rt_buf_free(&flight);
    pair_pump(&pair);
    pair_carries(&pair);
}

static void ends_in_time(void)
{
    pair.server.answer.until_ms = rt_loop_env(pair.loop)->now_ms + 50;
    run();
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->until_ms, pair.server.answer.until_ms);
    for (int i = 0; i < 100 && rt_tls_state(pair.server.tls) == RT_TLS_OPEN; i++)
        uv_run(rt_loop_uv(pair.loop), UV_RUN_ONCE);
    pair_pump(&pair);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_CLOSED);
    CU_ASSERT_EQUAL(rt_tls_state(pair.client.tls), RT_TLS_CLOSED);
    CU_ASSERT_EQUAL(pair.server.woken, 1);
}

static void each_export_is_new(void)
{
    uint8_t a[48], b[48];
    run();
    T_OK(rt_tls_export(pair.client.tls, GBA_LIT("EXPORTER-oneM2M-Bootstrap"), a, sizeof a));
    T_OK(rt_tls_export(pair.client.tls, GBA_LIT("EXPORTER-oneM2M-Connection"), b, sizeof b));
    CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(a), GBA_ARRAY(b)));
    end();
    begin();
    run();
    T_OK(rt_tls_export(pair.client.tls, GBA_LIT("EXPORTER-oneM2M-Bootstrap"), b, sizeof b));
    CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(a), GBA_ARRAY(b)));
}

static void many_wait(void)
{
    enum { MANY = 256 };
    struct pair *many = calloc(MANY, sizeof *many);
    for (int i = 0; i < MANY; i++) {
        pair_init(&many[i], false, PAIR_PSK_SUITE, PAIR_PSK_SUITE);
        many[i].server.hold = true;
        pair_connect(&many[i]);
        pair_pump(&many[i]);
        CU_ASSERT_EQUAL(rt_tls_state(many[i].server.tls), RT_TLS_ASKING);
    }
    run();
    pair_carries(&pair);
    for (int i = MANY - 1; i >= 0; i--) {
        if (i % 3 == 1)
            many[i].server.answer.rc = GBA_E_MEF_CERT;
        rt_tls_answer(many[i].server.ask, &many[i].server.answer);
        pair_pump(&many[i]);
        if (i % 3 == 1)
            pair_failed(&many[i].server, GBA_E_MEF_CERT);
        else
            pair_carries(&many[i]);
        pair_free(&many[i]);
    }
    free(many);
}

static CU_TestInfo good[] = {
    {"a key", psk_completes},
    {"the longest identity", longest_identity},
    {"answer later", late_answer},
    {"the open hook refuses", open_hook_refuses},
    {"close", closes},
    {"a changed record", broken_record},
    {"much data", much_data},
    {"octet by octet", octet_by_octet},
    {"closed when the key ends", ends_in_time},
    {"exported keys differ by label and handshake", each_export_is_new},
    {"256 wait for an answer, another does not", many_wait},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"refused", NULL, NULL, begin, end, refused},
                             {"freed", NULL, NULL, begin, end, freeing},
                             {"good", NULL, NULL, begin, end, good},
                             CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
