/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, staples, names, and keys and certificates on one port, in memory. */
#include <openssl/ssl.h>

#include "tests/lib/tap.h"
#include "tests/unit/rt/tls_pair.h"

#define BOTH PAIR_CERT_SUITE ":" PAIR_PSK_SUITE

static struct pair pair;
static struct pair_cert mine, theirs, others;

static void client_context(const char *suites, bool certificate)
{
    struct rt_tls_ctx_conf conf = {.suites = suites};
    if (certificate) {
        conf.cert_pem = gba_view_cstr(mine.cert);
        conf.key_pem = gba_view_cstr(mine.key);
    }
    pair_context(&pair.client, &conf);
}

static struct rt_tls_ctx_conf server_conf(const struct pair_cert *cert, bool ask)
{
    return (struct rt_tls_ctx_conf){.server = true,
                                    .suites = BOTH,
                                    .cert_pem = gba_view_cstr(cert->cert),
                                    .key_pem = gba_view_cstr(cert->key),
                                    .ask_cert = ask};
}

static void make_certificates(void)
{
    pair_cert_make(&mine, "P-256");
    pair_cert_make(&theirs, "P-256");
    pair_cert_make(&others, "P-256");
}

static void begin(void)
{
    if (mine.der_n == 0)
        make_certificates();
    pair_init(&pair, false, PAIR_CERT_SUITE, PAIR_CERT_SUITE);
    struct rt_tls_ctx_conf conf = server_conf(&theirs, true);
    client_context(PAIR_CERT_SUITE, true);
    pair_context(&pair.server, &conf);
    conf = server_conf(&others, true);
    T_OK(rt_tls_ctx_new(&conf, &pair.server.named));
}

static void end(void)
{
    pair_free(&pair);
}

static void again(void)
{
    end();
    begin();
}

static void run(void)
{
    pair_connect(&pair);
    pair_pump(&pair);
}

/* ---- refused ---- */

static const struct {
    gba_rc rc;
    uint8_t by_server, by_client;
} alerts[] = {
    {GBA_E_CERT_EXPIRED, SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_EXPIRED},
    {GBA_E_CERT_REVOKED, SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_REVOKED},
    {GBA_E_CERT_PATH, SSL_AD_UNKNOWN_CA, SSL_AD_UNKNOWN_CA},
    {GBA_E_CERT_STATUS, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE},
    {GBA_E_CERT_NAME, SSL_AD_BAD_CERTIFICATE, SSL_AD_BAD_CERTIFICATE},
    {GBA_E_MEF_CERT, SSL_AD_BAD_CERTIFICATE, SSL_AD_BAD_CERTIFICATE},
};

static void answered(struct pair_end *judge, gba_rc rc, bool later)
{
    judge->answer.rc = rc;
    judge->hold = later;
    run();
    if (later) {
        CU_ASSERT_EQUAL(rt_tls_state(judge->tls), RT_TLS_ASKING);
        rt_tls_answer(judge->ask, &judge->answer);
        pair_pump(&pair);
    }
    CU_ASSERT_EQUAL(judge->cert_asked, 1);
}

static void client_refused(void)
{
    for (size_t i = 0; i < 2 * (sizeof alerts / sizeof *alerts); i++) {
        answered(&pair.server, alerts[i / 2].rc, i % 2);
        pair_failed(&pair.server, alerts[i / 2].rc);
        pair_failed(&pair.client, GBA_E_TLS_ALERT);
        pair_alerted(&pair.server, alerts[i / 2].by_server);
        again();
    }
}

static void server_refused(void)
{
    for (size_t i = 0; i < 2 * (sizeof alerts / sizeof *alerts); i++) {
        answered(&pair.client, alerts[i / 2].rc, i % 2);
        pair_failed(&pair.client, alerts[i / 2].rc);
        pair_failed(&pair.server, GBA_E_TLS_ALERT);
        pair_alerted(&pair.client, alerts[i / 2].by_client);
        CU_ASSERT_EQUAL(pair.server.cert_asked, 0);
        again();
    }
}

static void nobody_judges(void)
{
    pair.client.hooks.cert = NULL;
    run();
    pair_failed(&pair.client, GBA_E_CERT_PATH);
    again();
    pair.server.hooks.cert = NULL;
    run();
    pair_failed(&pair.server, GBA_E_CERT_PATH);
    pair_alerted(&pair.server, SSL_AD_UNKNOWN_CA);
}

static void client_shows_none(void)
{
    client_context(PAIR_CERT_SUITE, false);
    run();
    pair_failed(&pair.server, GBA_E_TLS_HANDSHAKE);
    pair_failed(&pair.client, GBA_E_TLS_ALERT);
    pair_alerted(&pair.server, SSL_AD_HANDSHAKE_FAILURE);
    CU_ASSERT_EQUAL(pair.server.cert_asked, 0);
}

static void freed_in_hook(void)
{
    for (int i = 0; i < 4; i++) {
        struct pair_end *judge = i % 2 ? &pair.client : &pair.server;
        judge->free_in_hook = true;
        judge->hold = i / 2;
        run();
        CU_ASSERT_PTR_NULL(judge->tls);
        CU_ASSERT_EQUAL(judge->opened + judge->refused, 0);
        if (judge->hold)
            rt_tls_answer(judge->ask, &judge->answer);
        again();
    }
}

static void freed_while_asking(void)
{
    for (int i = 0; i < 2; i++) {
        struct pair_end *judge = i % 2 ? &pair.client : &pair.server;
        judge->hold = true;
        run();
        rt_tls_free(judge->tls);
        judge->tls = NULL;
        rt_tls_answer(judge->ask, &judge->answer);
        T_RC(judge->why, GBA_E_TLS_HANDSHAKE);
        again();
    }
}

static void unknown_name(void)
{
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("nobody")));
    run();
    pair_failed(&pair.server, GBA_E_TLS_NAME);
    pair_failed(&pair.client, GBA_E_TLS_ALERT);
    pair_alerted(&pair.server, SSL_AD_UNRECOGNIZED_NAME);
}

/* A context that is not for servers over TLS is none. */
static void name_of_a_client(void)
{
    rt_tls_ctx_free(pair.server.named);
    T_OK(rt_tls_ctx_new(&(struct rt_tls_ctx_conf){.suites = BOTH}, &pair.server.named));
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("other")));
    run();
    pair_failed(&pair.server, GBA_E_TLS_NAME);
}

static CU_TestInfo refused[] = {
    {"the client's certificate", client_refused},
    {"the server's certificate", server_refused},
    {"by default", nobody_judges},
    {"a client without a certificate", client_shows_none},
    {"an unknown name", unknown_name},
    {"a name with an unfit context", name_of_a_client},
    {"freed in the hook", freed_in_hook},
    {"freed while asking", freed_while_asking},
    CU_TEST_INFO_NULL,
};

/* ---- good ---- */

static void both_show(void)
{
    run();
    pair_carries(&pair);
    T_BYTES(rt_buf_view(&pair.client.leaf), gba_view_of(theirs.der, theirs.der_n));
    T_BYTES(rt_buf_view(&pair.server.leaf), gba_view_of(mine.der, mine.der_n));
    CU_ASSERT_EQUAL(pair.server.shown_n, 1);
    CU_ASSERT_FALSE(pair.client.staple_seen || pair.server.staple_seen);
    const struct rt_tls_peer *peer = rt_tls_peer(pair.server.tls);
    CU_ASSERT_EQUAL(peer->suite, 0xC023);
    CU_ASSERT_EQUAL(peer->identity.n, 0);
    T_BYTES(gba_text_view(&peer->who), GBA_LIT("somebody"));
    T_BYTES(gba_text_view(&rt_tls_peer(pair.client.tls)->who), GBA_LIT("the server"));
}

static void answers_later(void)
{
    pair.client.hold = pair.server.hold = true;
    run();
    CU_ASSERT_EQUAL(rt_tls_state(pair.client.tls), RT_TLS_ASKING);
    rt_tls_answer(pair.client.ask, &pair.client.answer);
    pair_pump(&pair);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_ASKING);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    pair_carries(&pair);
}

static void only_the_server_shows(void)
{
    struct rt_tls_ctx_conf conf = server_conf(&theirs, false);
    pair_context(&pair.server, &conf);
    run();
    pair_carries(&pair);
    CU_ASSERT_EQUAL(pair.server.cert_asked, 0);
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->who.n, 0);
}

static void staples(void)
{
    struct rt_tls_ctx_conf conf = server_conf(&theirs, true);
    conf.staple = GBA_LIT("first");
    pair_context(&pair.server, &conf);
    run();
    pair_carries(&pair);
    T_BYTES(rt_buf_view(&pair.client.staple), GBA_LIT("first"));
    again();
    rt_tls_ctx_staple(pair.server.ctx, GBA_LIT("second"));
    run();
    pair_carries(&pair);
    T_BYTES(rt_buf_view(&pair.client.staple), GBA_LIT("second"));
    CU_ASSERT_FALSE(pair.server.staple_seen);
}

static void names(void)
{
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("other")));
    rt_tls_ctx_staple(pair.server.named, GBA_LIT("of the other"));
    run();
    pair_carries(&pair);
    T_BYTES(rt_buf_view(&pair.client.leaf), gba_view_of(others.der, others.der_n));
    T_BYTES(rt_buf_view(&pair.client.staple), GBA_LIT("of the other"));
    T_BYTES(gba_text_view(&rt_tls_peer(pair.server.tls)->server_name), GBA_LIT("other"));
    CU_ASSERT_EQUAL(pair.server.cert_asked, 1);
    again();
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("whatever")));
    run();
    pair_carries(&pair);
    T_BYTES(rt_buf_view(&pair.client.leaf), gba_view_of(theirs.der, theirs.der_n));
    T_BYTES(gba_text_view(&pair.server.name), GBA_LIT("whatever"));
    again();
    run();
    CU_ASSERT_EQUAL(pair.server.name.n, 0);
    pair_carries(&pair);
}

/* The other name asks for no certificate, has other suites and another hint. */
static void name_changes_all(void)
{
    struct rt_tls_ctx_conf conf = server_conf(&others, false);
    conf.psk_hint = "another hint";
    conf.suites = PAIR_PSK_SUITE;
    rt_tls_ctx_free(pair.server.named);
    T_OK(rt_tls_ctx_new(&conf, &pair.server.named));
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("other")));
    client_context(BOTH, true);
    run();
    pair_carries(&pair);
    T_BYTES(gba_text_view(&pair.client.hint), GBA_LIT("another hint"));
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->suite, 0x00AE);
}

/* The server's chain has n certificates. */
static void chain_of(size_t n, char *pem, size_t cap)
{
    gba_writer w = gba_writer_of(pem, cap);
    for (size_t i = 0; i < n; i++)
        gba_put_view(&w, gba_view_cstr(i == 0 ? theirs.cert : others.cert));
    T_OK(gba_writer_end(&w));
    struct rt_tls_ctx_conf conf = server_conf(&theirs, true);
    conf.cert_pem = gba_writer_view(&w);
    pair_context(&pair.server, &conf);
    run();
}

static void chains(void)
{
    static char pem[10 * PAIR_PEM_MAX];
    chain_of(RT_TLS_CHAIN_MAX, pem, sizeof pem);
    pair_carries(&pair);
    CU_ASSERT_EQUAL(pair.client.shown_n, RT_TLS_CHAIN_MAX);
    T_BYTES(rt_buf_view(&pair.client.leaf), gba_view_of(theirs.der, theirs.der_n));
    again();
    chain_of(RT_TLS_CHAIN_MAX + 1, pem, sizeof pem);
    pair_failed(&pair.client, GBA_E_CERT_PATH);
    CU_ASSERT_EQUAL(pair.client.cert_asked, 0);
}

static void no_names_wanted(void)
{
    pair.server.hooks.sni = NULL;
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("nobody")));
    run();
    pair_carries(&pair);
    T_BYTES(gba_text_view(&rt_tls_peer(pair.server.tls)->server_name), GBA_LIT("nobody"));
}

static void keys_on_the_same_port(void)
{
    client_context(PAIR_PSK_SUITE, false);
    run();
    pair_carries(&pair);
    CU_ASSERT_EQUAL(pair.server.cert_asked + pair.client.cert_asked, 0);
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->suite, 0x00AE);
}

/* The context goes with its last connection. */
static void context_freed_first(void)
{
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("other")));
    run();
    rt_tls_ctx_free(pair.server.ctx);
    rt_tls_ctx_free(pair.server.named);
    rt_tls_ctx_free(pair.client.ctx);
    pair.server.ctx = pair.server.named = pair.client.ctx = NULL;
    pair_carries(&pair);
}

static void earliest_end(void)
{
    pair.client.answer.until_ms = rt_loop_env(pair.loop)->now_ms + 1000000;
    run();
    CU_ASSERT_EQUAL(rt_tls_peer(pair.client.tls)->until_ms, pair.client.answer.until_ms);
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->until_ms, 0);
    pair_carries(&pair);
}

static CU_TestInfo good[] = {
    {"certificates both ways", both_show},
    {"answers later", answers_later},
    {"only the server shows one", only_the_server_shows},
    {"staples", staples},
    {"long chains", chains},
    {"names", names},
    {"a name changes suites, hint and what the client shows", name_changes_all},
    {"no names wanted", no_names_wanted},
    {"keys on the same port", keys_on_the_same_port},
    {"contexts freed first", context_freed_first},
    {"an end in the future", earliest_end},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"refused", NULL, NULL, begin, end, refused},
                             {"good", NULL, NULL, begin, end, good},
                             CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
