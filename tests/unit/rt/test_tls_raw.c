/* SPDX-License-Identifier: Apache-2.0 */
/* Raw public keys in memory: GnuTLS with itself and with OpenSSL. */
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tests/lib/tap.h"
#include "tests/unit/rt/tls_pair.h"

static struct pair pair;
static struct pair_cert mine, theirs, others;
static const gba_view label = {(const uint8_t *)"EXPORTER-oneM2M-Bootstrap", 25};

static struct rt_tls_ctx_conf conf_of(bool server, const struct pair_cert *cert)
{
    return (struct rt_tls_ctx_conf){.server = server,
                                    .suites = PAIR_CERT_SUITE ":" PAIR_PSK_SUITE,
                                    .cert_pem = gba_view_cstr(server ? cert->cert : ""),
                                    .key_pem = gba_view_cstr(cert->key),
                                    .ask_cert = server,
                                    .raw_keys = true,
                                    .staple = GBA_LIT("a response")};
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
    struct rt_tls_ctx_conf server = conf_of(true, &theirs), client = conf_of(false, &mine);
    pair_init(&pair, false, PAIR_CERT_SUITE, PAIR_CERT_SUITE);
    pair_context(&pair.server, &server);
    pair_context(&pair.client, &client);
    server = conf_of(true, &others);
    T_OK(rt_tls_ctx_new(&server, &pair.server.named));
}

static void finish(void)
{
    pair_free(&pair);
}

static void again(void)
{
    finish();
    begin();
}

static void run(void)
{
    pair_connect(&pair);
    pair_pump(&pair);
}

/* Is this the public key of the certificate? */
static bool is_key_of(gba_view spki, const struct pair_cert *cert)
{
    const uint8_t *der = cert->der;
    uint8_t *own = NULL;
    X509 *x = d2i_X509(NULL, &der, (long)cert->der_n);
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &own);
    bool same = n > 0 && gba_view_eq(spki, gba_view_of(own, (size_t)n));
    OPENSSL_free(own);
    X509_free(x);
    return same;
}

/* ---- refused ---- */

static void bad_contexts(void)
{
    struct rt_tls_ctx *ctx = NULL;
    struct rt_tls_ctx_conf conf = conf_of(true, &theirs);
    conf.suites = PAIR_PSK_SUITE;
    T_RC(rt_tls_ctx_new(&conf, &ctx), GBA_E_TLS_CONF);
    conf = conf_of(true, &theirs);
    conf.cert_pem = conf.key_pem = gba_view_of(NULL, 0);
    T_RC(rt_tls_ctx_new(&conf, &ctx), GBA_E_TLS_CONF);
    conf = conf_of(false, &mine);
    conf.key_pem = GBA_LIT("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n");
    T_RC(rt_tls_ctx_new(&conf, &ctx), GBA_E_TLS_CONF);
    CU_ASSERT_PTR_NULL(ctx);
}

static const struct {
    gba_rc rc;
    uint8_t alert;
} alerts[] = {
    {GBA_E_CERT_PATH, SSL_AD_UNKNOWN_CA},
    {GBA_E_CERT_REVOKED, SSL_AD_CERTIFICATE_REVOKED},
    {GBA_E_MEF_CERT, SSL_AD_BAD_CERTIFICATE},
};

static void keys_refused(void)
{
    for (size_t i = 0; i < 4 * (sizeof alerts / sizeof *alerts); i++) {
        struct pair_end *judge = i % 2 ? &pair.client : &pair.server;
        judge->answer.rc = alerts[i / 4].rc;
        judge->hold = i % 4 >= 2;
        run();
        if (judge->hold) {
            CU_ASSERT_EQUAL(rt_tls_state(judge->tls), RT_TLS_ASKING);
            rt_tls_answer(judge->ask, &judge->answer);
            pair_pump(&pair);
        }
        CU_ASSERT_EQUAL(judge->cert_asked, 1);
        pair_failed(judge, alerts[i / 4].rc);
        pair_failed(i % 2 ? &pair.server : &pair.client, GBA_E_TLS_ALERT);
        pair_alerted(judge, alerts[i / 4].alert);
        CU_ASSERT_EQUAL(pair.client.opened + pair.server.opened, 0);
        again();
    }
}

static void nobody_judges(void)
{
    pair.server.hooks.cert = NULL;
    run();
    pair_failed(&pair.server, GBA_E_CERT_PATH);
    again();
    pair.client.hooks.cert = NULL;
    run();
    pair_failed(&pair.client, GBA_E_CERT_PATH);
}

static void names_refused(void)
{
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("nobody")));
    run();
    pair_failed(&pair.server, GBA_E_TLS_NAME);
    pair_failed(&pair.client, GBA_E_TLS_ALERT);
    pair_alerted(&pair.server, SSL_AD_UNRECOGNIZED_NAME);
}

static void freed_while_asking(void)
{
    for (int i = 0; i < 4; i++) {
        struct pair_end *judge = i % 2 ? &pair.client : &pair.server;
        judge->hold = i < 2;
        judge->free_in_hook = i >= 2;
        run();
        rt_tls_free(judge->tls);
        judge->tls = NULL;
        if (judge->ask)
            rt_tls_answer(judge->ask, &judge->answer);
        pair_pump(&pair);
        CU_ASSERT_EQUAL(judge->opened, 0);
        again();
    }
}

/* An octet of the ClientHello is another one, whatever it is. */
static void broken_octets(void)
{
    for (size_t i = 3; i < 100; i += 3) {
        struct rt_buf flight = {0};
        pair_connect(&pair);
        CU_ASSERT_TRUE(rt_tls_take(pair.client.tls, &flight));
        CU_ASSERT_FATAL(i < flight.n);
        flight.p[i] ^= 0x41;
        rt_tls_feed(pair.server.tls, rt_buf_view(&flight));
        pair_pump(&pair);
        CU_ASSERT_EQUAL(pair.server.opened, 0);
        rt_buf_free(&flight);
        again();
    }
}

static void broken_records(void)
{
    run();
    pair_carries(&pair);
    rt_tls_feed(pair.server.tls, GBA_LIT("\x17\x03\x03\0\x20"
                                         "01234567890123456789012345678901"));
    pair_pump(&pair);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_FAILED);
    T_RC(rt_tls_reason(pair.server.tls), GBA_E_TLS_BROKEN);
}

/* ---- accepted ---- */

static void keys_accepted(void)
{
    run();
    pair_carries(&pair);
    CU_ASSERT_TRUE(is_key_of(rt_buf_view(&pair.server.leaf), &mine));
    CU_ASSERT_TRUE(pair.server.shown_raw);
    CU_ASSERT_EQUAL(pair.server.shown_n, 1);
    CU_ASSERT_FALSE(pair.server.staple_seen);
    const struct rt_tls_peer *peer = rt_tls_peer(pair.server.tls);
    CU_ASSERT_TRUE(peer->raw && !peer->dtls);
    CU_ASSERT_EQUAL(peer->suite, 0xc023);
    T_STR(gba_text_view(&peer->who), "somebody");
    CU_ASSERT_EQUAL(peer->identity.n, 0);
    /* the server prefers to show its certificate */
    T_BYTES(rt_buf_view(&pair.client.leaf), gba_view_of(theirs.der, theirs.der_n));
    CU_ASSERT_FALSE(pair.client.shown_raw);
    T_STR(rt_buf_view(&pair.client.staple), "a response");
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
    CU_ASSERT_EQUAL(pair.server.cert_asked + pair.client.cert_asked, 2);
}

static void another_name(void)
{
    T_OK(gba_text_set(&pair.client.name, GBA_LIT("other")));
    run();
    pair_carries(&pair);
    T_BYTES(rt_buf_view(&pair.client.leaf), gba_view_of(others.der, others.der_n));
    T_STR(gba_text_view(&rt_tls_peer(pair.server.tls)->server_name), "other");
}

static void much_data(void)
{
    static uint8_t much[100000];
    run();
    CU_ASSERT_EQUAL_FATAL(rt_tls_state(pair.server.tls), RT_TLS_OPEN);
    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (uint8_t)(i * i >> 8);
    T_OK(rt_tls_write(pair.server.tls, GBA_ARRAY(much)));
    pair_pump(&pair);
    T_BYTES(rt_buf_view(&pair.client.got), GBA_ARRAY(much));
}

static void goodbye(void)
{
    for (int i = 0; i < 2; i++) {
        run();
        rt_tls_shut(i ? pair.client.tls : pair.server.tls);
        pair_pump(&pair);
        CU_ASSERT_EQUAL(rt_tls_state(pair.client.tls), RT_TLS_CLOSED);
        CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_CLOSED);
        again();
    }
}

/*= RFC 5705 4: both libraries mean the same by "no context" */
static void exports_as_openssl_does(void)
{
    uint8_t ours[48] = {1}, its[48] = {2};
    struct rt_tls_ctx_conf server = conf_of(true, &theirs);
    server.raw_keys = server.ask_cert = false;
    pair_context(&pair.server, &server);
    run();
    pair_carries(&pair);
    CU_ASSERT_EQUAL(pair.server.cert_asked, 0);
    T_OK(rt_tls_export(pair.client.tls, label, ours, sizeof ours));
    T_OK(rt_tls_export(pair.server.tls, label, its, sizeof its));
    T_BYTES(GBA_ARRAY(ours), GBA_ARRAY(its));
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"contexts", bad_contexts},
        {"keys refused", keys_refused},
        {"nobody judges", nobody_judges},
        {"names refused", names_refused},
        {"freed while asking", freed_while_asking},
        {"broken handshakes", broken_octets},
        {"broken records", broken_records},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"keys accepted", keys_accepted},
        {"answers that come later", answers_later},
        {"another name", another_name},
        {"much data", much_data},
        {"goodbye", goodbye},
        {"exported keys", exports_as_openssl_does},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, begin, finish, hostile},
        {"good", NULL, NULL, begin, finish, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
