/* SPDX-License-Identifier: Apache-2.0 */
/* TLS in memory with peers that are not ours, unusable configurations, and the choice of an engine. */
#include <openssl/ssl.h>

#include "rt/tls_int.h"
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

/* ---- contexts ---- */

static void refuse_context(const struct rt_tls_ctx_conf *conf)
{
    struct rt_tls_ctx *ctx = NULL;
    T_RC(rt_tls_ctx_new(conf, &ctx), GBA_E_TLS_CONF);
    CU_ASSERT_PTR_NULL(ctx);
}

static void contexts_refused(void)
{
    static const char *const suites[] = {NULL,
                                         "",
                                         "NO-SUCH-SUITE",
                                         PAIR_PSK_SUITE ":NO-SUCH-SUITE",
                                         "PSK-NULL-SHA256",
                                         PAIR_PSK_SUITE ":PSK-NULL-SHA256",
                                         "TLS_AES_128_GCM_SHA256",
                                         "ALL"};
    struct pair_cert cert, other, p384;
    pair_cert_make(&cert, "P-256");
    pair_cert_make(&other, "P-256");
    pair_cert_make(&p384, "P-384");
    gba_view c = gba_view_cstr(cert.cert), k = gba_view_cstr(cert.key);
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        refuse_context(&(struct rt_tls_ctx_conf){.server = i % 2, .suites = suites[i]});
    refuse_context(&(struct rt_tls_ctx_conf){.suites = PAIR_CERT_SUITE, .cert_pem = c});
    refuse_context(&(struct rt_tls_ctx_conf){.suites = PAIR_CERT_SUITE, .key_pem = k});
    refuse_context(&(struct rt_tls_ctx_conf){.suites = PAIR_CERT_SUITE, .cert_pem = k, .key_pem = c});
    refuse_context(&(struct rt_tls_ctx_conf){
        .suites = PAIR_CERT_SUITE, .cert_pem = c, .key_pem = gba_view_cstr(other.key)});
    refuse_context(&(struct rt_tls_ctx_conf){
        .suites = PAIR_CERT_SUITE, .cert_pem = gba_view_cstr(p384.cert), .key_pem = gba_view_cstr(p384.key)});
    refuse_context(&(struct rt_tls_ctx_conf){
        .suites = PAIR_CERT_SUITE, .cert_pem = gba_view_sub(c, 0, c.n / 2), .key_pem = k});
}

/* ---- other octets ---- */

static void garbage(void)
{
    static const gba_view bad[] = {GBA_LIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                                   GBA_LIT("\x16\x03\x01\x00\x05garbage"), GBA_LIT("\x16\x03\x01\xff\xff"),
                                   GBA_LIT("\x17\x03\x03\x00\x06secret"),
                                   GBA_LIT("\x14\x03\x03\x00\x01\x01")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pair_connect(&pair);
        rt_tls_feed(pair.server.tls, bad[i]);
        CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_FAILED);
        T_RC(rt_tls_reason(pair.server.tls), GBA_E_TLS_HANDSHAKE);
        end();
        begin();
    }
}

static void peer_ends_handshake(void)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40}, closing[] = {21, 3, 3, 0, 2, 1, 0};
    struct rt_buf hello = {0};
    pair.server.hold = true;
    run();
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    rt_tls_feed(pair.server.tls, GBA_ARRAY(alert));
    pair_pump(&pair);
    CU_ASSERT_EQUAL(pair.server.opened, 1); /* the alert came after the Finished that waits here */
    end();
    begin();
    pair_connect(&pair);
    CU_ASSERT(rt_tls_take(pair.client.tls, &hello));
    rt_tls_feed(pair.server.tls, rt_buf_view(&hello));
    rt_buf_free(&hello);
    rt_tls_feed(pair.server.tls, GBA_ARRAY(alert));
    pair_failed(&pair.server, GBA_E_TLS_ALERT);
    rt_tls_feed(pair.client.tls, GBA_ARRAY(closing));
    pair_failed(&pair.client, GBA_E_TLS_ALERT);
}

static void flood_while_asking(void)
{
    static const uint8_t octets[16384] = {23, 3, 3, 0x3f, 0};
    pair.server.hold = true;
    run();
    for (int i = 0; i < 64; i++)
        rt_tls_feed(pair.server.tls, GBA_ARRAY(octets));
    pair_failed(&pair.server, GBA_E_TOO_LONG);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    pair_failed(&pair.server, GBA_E_TOO_LONG);
}

/* A client of OpenSSL with its own ideas. */
struct foreign {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
};

enum { FOREIGN_IDENTITY = 256 };

static size_t foreign_identity_n = FOREIGN_IDENTITY;

static unsigned foreign_key(SSL *ssl, const char *hint, char *identity, unsigned max_identity,
                            unsigned char *psk, unsigned max)
{
    (void)ssl;
    (void)hint;
    CU_ASSERT(max_identity >= FOREIGN_IDENTITY && max >= pair.client.psk.n);
    for (int i = 0; i < FOREIGN_IDENTITY; i++)
        identity[i] = 'x';
    identity[foreign_identity_n] = 0;
    gba_copy(psk, gba_view_of(pair.client.psk.key, pair.client.psk.n));
    return (unsigned)pair.client.psk.n;
}

static void foreign_begin(struct foreign *f, const char *suites, int version)
{
    f->ctx = SSL_CTX_new(TLS_client_method());
    CU_ASSERT_EQUAL(SSL_CTX_set_cipher_list(f->ctx, suites), 1);
    SSL_CTX_set_min_proto_version(f->ctx, version);
    SSL_CTX_set_max_proto_version(f->ctx, version);
    SSL_CTX_set_psk_client_callback(f->ctx, foreign_key);
    f->ssl = SSL_new(f->ctx);
    f->in = BIO_new(BIO_s_mem());
    f->out = BIO_new(BIO_s_mem());
    SSL_set_bio(f->ssl, f->in, f->out);
    SSL_set_connect_state(f->ssl);
    pair_connect(&pair);
}

/* Some rounds of whatever the client does: its handshake, or reading. */
static void foreign_run(struct foreign *f)
{
    for (int i = 0; i < 6; i++) {
        struct rt_buf octets = {0};
        char *p = NULL, one = 0;
        SSL_do_handshake(f->ssl);
        SSL_read(f->ssl, &one, 1);
        long n = BIO_get_mem_data(f->out, &p);
        rt_tls_feed(pair.server.tls, gba_view_of(p, n > 0 ? (size_t)n : 0));
        BIO_reset(f->out);
        rt_tls_read(pair.server.tls, &pair.server.got);
        while (rt_tls_take(pair.server.tls, &octets))
            ;
        T_OK(rt_buf_append(&pair.server.sent, rt_buf_view(&octets)));
        BIO_write(f->in, octets.p, (int)octets.n);
        rt_buf_free(&octets);
    }
}

static void foreign_end(struct foreign *f)
{
    SSL_free(f->ssl);
    SSL_CTX_free(f->ctx);
}

static void foreign_refused(const char *suites, int version, uint8_t alert)
{
    struct foreign f;
    foreign_begin(&f, suites, version);
    foreign_run(&f);
    pair_failed(&pair.server, GBA_E_TLS_HANDSHAKE);
    pair_alerted(&pair.server, alert);
    foreign_end(&f);
}

static void other_versions(void)
{
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 3; i++) {
        foreign_refused("ALL:@SECLEVEL=0", versions[i], SSL_AD_PROTOCOL_VERSION);
        end();
        begin();
    }
}

static void null_suites(void)
{
    foreign_refused("eNULL:@SECLEVEL=0", TLS1_2_VERSION, SSL_AD_HANDSHAKE_FAILURE);
}

/* One octet more than we keep looks like a wrong key. */
static void long_identity(void)
{
    struct foreign f;
    foreign_begin(&f, PAIR_PSK_SUITE, TLS1_2_VERSION);
    foreign_run(&f);
    pair_failed(&pair.server, GBA_E_TOO_LONG);
    pair_alerted(&pair.server, SSL_AD_BAD_RECORD_MAC);
    CU_ASSERT_EQUAL(pair.server.psk_asked, 0);
    foreign_end(&f);
}

/* No session identifier, no ticket, no second handshake. */
static void nothing_goes_on(void)
{
    struct foreign f;
    unsigned n = 1;
    foreign_identity_n = 10;
    foreign_begin(&f, PAIR_PSK_SUITE, TLS1_2_VERSION);
    foreign_run(&f);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_OPEN);
    SSL_SESSION_get_id(SSL_get0_session(f.ssl), &n);
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_FALSE(SSL_SESSION_has_ticket(SSL_get0_session(f.ssl)));
    CU_ASSERT_FALSE(SSL_SESSION_is_resumable(SSL_get0_session(f.ssl)));
    CU_ASSERT_EQUAL(SSL_renegotiate(f.ssl), 1);
    foreign_run(&f);
    CU_ASSERT_EQUAL(pair.server.psk_asked, 1);
    CU_ASSERT_EQUAL(pair.server.opened, 1);
    foreign_end(&f);
    foreign_identity_n = FOREIGN_IDENTITY;
}

static CU_TestInfo foreign[] = {
    {"unusable contexts", contexts_refused},
    {"not TLS", garbage},
    {"an alert ends the handshake", peer_ends_handshake},
    {"a flood while an answer is awaited", flood_while_asking},
    {"TLS 1.0, 1.1 and 1.3", other_versions},
    {"suites without encryption", null_suites},
    {"an identity of 256 octets", long_identity},
    {"no resumption, no renegotiation", nothing_goes_on},
    CU_TEST_INFO_NULL,
};

/* ---- a second engine ---- */

/* An engine that counts what it is fed. */
static int engines;
static size_t fed;

static gba_rc other_open(struct rt_tls *tls)
{
    tls->engine = &engines;
    engines++;
    return GBA_OK;
}

static enum rt_tls_step other_step(struct rt_tls *tls)
{
    (void)tls;
    return RT_TLS_STEP_MORE;
}

static gba_rc other_feed(struct rt_tls *tls, gba_view octets)
{
    (void)tls;
    fed += octets.n;
    return GBA_OK;
}

static bool other_take(struct rt_tls *tls, struct rt_buf *out)
{
    (void)tls;
    (void)out;
    return false;
}

static void other_free(struct rt_tls *tls)
{
    tls->engine = NULL;
    engines--;
}

static const struct rt_tls_ops other_ops = {
    .open = other_open, .step = other_step, .feed = other_feed, .take = other_take, .free = other_free};

static const uint8_t raw_or_x509[] = {2, 2, 0}, x509_only[] = {1, 0};

static int add_types(SSL *ssl, unsigned type, const unsigned char **out, size_t *n, int *alert, void *arg)
{
    (void)ssl;
    (void)type;
    (void)alert;
    *out = arg;
    *n = *(const uint8_t *)arg + 1u;
    return 1;
}

/* The client offers these certificate types to a server with raw keys. */
static void offer(const uint8_t *types)
{
    pair.server.ctx->raw_ops = &other_ops;
    if (types)
        CU_ASSERT_EQUAL(SSL_CTX_add_client_custom_ext(pair.client.ctx->ssl, 19, add_types, NULL,
                                                      (void *)types, NULL, NULL),
                        1);
}

static void raw_goes_to_the_other(void)
{
    offer(raw_or_x509);
    CU_ASSERT_EQUAL(SSL_CTX_set_cipher_list(pair.client.ctx->ssl, PAIR_PSK_SUITE ":" PAIR_CERT_SUITE), 1);
    run();
    CU_ASSERT_EQUAL(engines, 1);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_HANDSHAKE);
    rt_tls_feed(pair.server.tls, GBA_LIT("second"));
    CU_ASSERT_EQUAL(fed, pair.client.sent.n + 6);
    end();
    CU_ASSERT_EQUAL(engines, 0);
    begin();
}

static void others_go_to_openssl(void)
{
    const uint8_t *const offers[] = {NULL, x509_only, raw_or_x509}; /* the last without a suite for it */
    for (int i = 0; i < 3; i++) {
        offer(offers[i]);
        run();
        pair_carries(&pair);
        CU_ASSERT_EQUAL(engines, 0);
        end();
        begin();
    }
}

static void choice_octet_by_octet(void)
{
    struct rt_buf flight = {0};
    offer(NULL);
    pair_connect(&pair);
    CU_ASSERT(rt_tls_take(pair.client.tls, &flight));
    for (size_t i = 0; i < flight.n; i++) {
        struct rt_buf early = {0};
        CU_ASSERT_FALSE(rt_tls_take(pair.server.tls, &early));
        CU_ASSERT_EQUAL(rt_tls_timeout(pair.server.tls), -1);
        rt_tls_feed(pair.server.tls, gba_view_sub(rt_buf_view(&flight), i, 1));
    }
    rt_buf_free(&flight);
    pair_pump(&pair);
    pair_carries(&pair);
}

static void garbage_without_choice(void)
{
    offer(NULL);
    pair_connect(&pair);
    rt_tls_feed(pair.server.tls, GBA_LIT("GET / HTTP/1.1\r\n\r\n"));
    pair_failed(&pair.server, GBA_E_TLS_HANDSHAKE);
    end();
    begin();
    offer(NULL);
    pair_connect(&pair);
    rt_tls_feed(pair.server.tls, GBA_LIT("\x16\x03"));
    rt_tls_free(pair.server.tls);
    pair.server.tls = NULL;
    T_RC(pair.server.why, GBA_E_TLS_HANDSHAKE);
}

static CU_TestInfo choice[] = {
    {"clients with raw keys", raw_goes_to_the_other},
    {"clients without", others_go_to_openssl},
    {"octet by octet", choice_octet_by_octet},
    {"what is not TLS", garbage_without_choice},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"foreign", NULL, NULL, begin, end, foreign},
                             {"choice of an engine", NULL, NULL, begin, end, choice},
                             CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
