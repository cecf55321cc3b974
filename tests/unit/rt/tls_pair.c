/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rt/tls_pair.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/lib/tap.h"

/* ---- certificates ---- */

static void to_pem(BIO *bio, char *out)
{
    int n = BIO_read(bio, out, PAIR_PEM_MAX - 1);
    out[n > 0 ? n : 0] = 0;
    BIO_free(bio);
}

void pair_cert_make(struct pair_cert *out, const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);
    X509 *cert = X509_new();
    BIO *cert_pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem());
    uint8_t *der = out->der;
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const uint8_t *)"test", -1,
                               -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    CU_ASSERT(X509_sign(cert, key, EVP_sha256()) > 0);
    out->der_n = (size_t)i2d_X509(cert, &der);
    PEM_write_bio_X509(cert_pem, cert);
    PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL);
    to_pem(cert_pem, out->cert);
    to_pem(key_pem, out->key);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* ---- hooks ---- */

static void freed(struct pair_end *end)
{
    rt_tls_free(end->tls);
    end->tls = NULL;
}

static void answer_or_hold(struct pair_end *end, struct rt_tls_ask *ask)
{
    end->ask = ask;
    if (end->free_in_hook)
        freed(end);
    if (end->hold)
        return;
    end->ask = NULL;
    rt_tls_answer(ask, &end->answer);
}

static struct rt_tls_ctx *on_sni(void *arg, gba_view name)
{
    struct pair_end *end = arg;
    T_OK(gba_text_set(&end->name, name));
    if (gba_view_eq(name, GBA_LIT("nobody")))
        return NULL;
    return gba_view_eq(name, GBA_LIT("other")) ? end->named : end->ctx;
}

static void on_psk(void *arg, struct rt_tls_ask *ask, gba_view identity, uint16_t suite)
{
    struct pair_end *end = arg;
    end->psk_asked++;
    end->suite = suite;
    T_OK(gba_text_set(&end->identity, identity));
    CU_ASSERT_PTR_EQUAL(rt_tls_of(ask), end->tls);
    answer_or_hold(end, ask);
}

static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    struct pair_end *end = arg;
    end->cert_asked++;
    end->shown_n = shown->n;
    end->staple_seen = shown->staple.p;
    end->shown_raw = shown->raw;
    T_OK(rt_buf_append(&end->leaf, shown->chain[0]));
    T_OK(rt_buf_append(&end->staple, shown->staple));
    answer_or_hold(end, ask);
}

static gba_rc on_psk_client(void *arg, gba_view hint, uint16_t suite, struct rt_tls_psk *out)
{
    struct pair_end *end = arg;
    end->psk_asked++;
    end->suite = suite;
    T_OK(gba_text_set(&end->hint, hint));
    *out = end->psk;
    return end->psk_rc;
}

static gba_rc on_open(void *arg, struct rt_tls *tls)
{
    struct pair_end *end = arg;
    end->opened++;
    CU_ASSERT_EQUAL(rt_tls_state(tls), RT_TLS_OPEN);
    if (end->free_in_hook)
        freed(end);
    return end->open_rc;
}

static void on_refused(void *arg, struct rt_tls *tls, gba_rc rc)
{
    struct pair_end *end = arg;
    end->refused++;
    end->why = rc;
    T_RC(rt_tls_reason(tls), rc);
    if (end->free_in_hook)
        freed(end);
}

static void on_wake(void *owner)
{
    struct pair_end *end = owner;
    end->woken++;
}

/* ---- pairs ---- */

static void init_end(struct pair *pair, struct pair_end *end, const struct rt_tls_ctx_conf *conf)
{
    end->pair = pair;
    end->hooks = (struct rt_tls_hooks){end, NULL, NULL, on_cert, NULL, on_open, on_refused};
    if (conf->server) {
        end->hooks.sni = on_sni;
        end->hooks.psk = on_psk;
    } else {
        end->hooks.psk_client = on_psk_client;
    }
    T_OK(rt_tls_ctx_new(conf, &end->ctx));
}

void pair_init(struct pair *pair, bool dtls, const char *client_suites, const char *server_suites)
{
    static const uint8_t key[32] = {1, 2, 3};
    *pair = (struct pair){0};
    T_OK(rt_loop_new(&pair->loop));
    init_end(pair, &pair->client, &(struct rt_tls_ctx_conf){.dtls = dtls, .suites = client_suites});
    init_end(pair, &pair->server,
             &(struct rt_tls_ctx_conf){
                 .server = true, .dtls = dtls, .suites = server_suites, .psk_hint = "the hint"});
    pair->server.answer = (struct rt_tls_answer){.psk = GBA_ARRAY(key), .who = GBA_LIT("somebody")};
    pair->client.answer.who = GBA_LIT("the server");
    T_OK(gba_text_set(&pair->client.psk.identity, GBA_LIT("me@example")));
    gba_copy(pair->client.psk.key, GBA_ARRAY(key));
    pair->client.psk.n = sizeof key;
}

void pair_context(struct pair_end *end, const struct rt_tls_ctx_conf *conf)
{
    rt_tls_ctx_free(end->ctx);
    T_OK(rt_tls_ctx_new(conf, &end->ctx));
}

static void connect_end(struct pair_end *end, gba_view name)
{
    struct rt_tls_new conf = {.loop = end->pair->loop,
                              .ctx = end->ctx,
                              .hooks = &end->hooks,
                              .server_name = name,
                              .peer = GBA_LIT("127.0.0.1:5684"),
                              .wake = on_wake,
                              .owner = end};
    T_OK(rt_tls_new(&conf, &end->tls));
}

void pair_connect(struct pair *pair)
{
    connect_end(&pair->server, (gba_view){0});
    connect_end(&pair->client, gba_text_view(&pair->client.name));
    rt_tls_start(pair->client.tls);
}

static void arrive(struct pair_end *to, gba_view octets)
{
    if (to->tls)
        rt_tls_feed(to->tls, octets);
}

static void deliver(struct pair *pair, struct pair_end *to, gba_view octets)
{
    int n = pair->fate ? pair->fate(to, ++to->datagrams) : 1;
    if (n < 0) {
        T_OK(rt_buf_append(&to->delayed, octets));
        return;
    }
    for (; n > 0; n--)
        arrive(to, octets);
    if (to->delayed.n > 0)
        arrive(to, rt_buf_view(&to->delayed));
    rt_buf_free(&to->delayed);
}

static bool move(struct pair *pair, struct pair_end *from, struct pair_end *to)
{
    struct rt_buf octets = {0};
    bool moved = from->tls && rt_tls_take(from->tls, &octets);
    if (moved) {
        T_OK(rt_buf_append(&from->sent, rt_buf_view(&octets)));
        from->largest = octets.n > from->largest ? octets.n : from->largest;
        deliver(pair, to, rt_buf_view(&octets));
    }
    rt_buf_free(&octets);
    while (to->tls && rt_tls_read(to->tls, &to->got))
        moved = true;
    return moved;
}

void pair_pump(struct pair *pair)
{
    bool moved = true;
    while (moved) {
        int woken = pair->client.woken + pair->server.woken;
        uv_run(rt_loop_uv(pair->loop), UV_RUN_NOWAIT);
        moved = move(pair, &pair->client, &pair->server);
        moved |= move(pair, &pair->server, &pair->client);
        moved |= woken != pair->client.woken + pair->server.woken;
    }
}

static void free_end(struct pair_end *end)
{
    rt_tls_free(end->tls);
    rt_tls_ctx_free(end->ctx);
    rt_tls_ctx_free(end->named);
    rt_buf_free(&end->leaf);
    rt_buf_free(&end->staple);
    rt_buf_free(&end->got);
    rt_buf_free(&end->sent);
    rt_buf_free(&end->delayed);
}

void pair_free(struct pair *pair)
{
    free_end(&pair->client);
    free_end(&pair->server);
    rt_loop_free(pair->loop);
}

void pair_carries(struct pair *pair)
{
    uint8_t a[48] = {1}, b[48] = {2};
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->client.tls);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->server.tls);
    CU_ASSERT_EQUAL_FATAL(rt_tls_state(pair->client.tls), RT_TLS_OPEN);
    CU_ASSERT_EQUAL_FATAL(rt_tls_state(pair->server.tls), RT_TLS_OPEN);
    CU_ASSERT_EQUAL(pair->client.opened + pair->server.opened, 2);
    T_OK(rt_tls_write(pair->client.tls, GBA_LIT("ping")));
    T_OK(rt_tls_write(pair->server.tls, GBA_LIT("pong")));
    pair_pump(pair);
    T_BYTES(rt_buf_view(&pair->server.got), GBA_LIT("ping"));
    T_BYTES(rt_buf_view(&pair->client.got), GBA_LIT("pong"));
    T_OK(rt_tls_export(pair->client.tls, GBA_LIT("EXPORTER-oneM2M-Bootstrap"), a, sizeof a));
    T_OK(rt_tls_export(pair->server.tls, GBA_LIT("EXPORTER-oneM2M-Bootstrap"), b, sizeof b));
    T_BYTES(GBA_ARRAY(a), GBA_ARRAY(b));
}

void pair_alerted(const struct pair_end *end, uint8_t description)
{
    const uint8_t alert[] = {0, 2, 2, description};
    gba_view sent = rt_buf_view(&end->sent);
    gba_view record = gba_view_sub(sent, sent.n - 7, 7);
    CU_ASSERT_EQUAL_FATAL(record.n, 7);
    CU_ASSERT_EQUAL(record.p[0], 21);
    T_BYTES(gba_view_sub(record, 3, 4), GBA_ARRAY(alert));
}

void pair_failed(const struct pair_end *end, gba_rc why)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(end->tls);
    CU_ASSERT_EQUAL(rt_tls_state(end->tls), RT_TLS_FAILED);
    T_RC(rt_tls_reason(end->tls), why);
    T_RC(end->why, why);
    CU_ASSERT_EQUAL(end->refused, 1);
    CU_ASSERT_EQUAL(end->opened, 0);
}
