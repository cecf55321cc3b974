/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/time.h>

#include "gba/base/secret.h"
#include "gba/crypto/x509.h"
#include "rt/tls_int.h"
#include "rt/tls_port.h"

enum { READ_MAX = 16384 };

struct engine {
    SSL *ssl;
    struct rt_tls_port port;
    BIO_ADDR *listening; /* DTLS server until the client returned its cookie */
    bool judged;         /* client: the server's certificate was asked about */
    gba_rc refused;      /* why a certificate is not accepted */
};

static struct rt_tls *of(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

static uint16_t pending_suite(const SSL *ssl)
{
    const SSL_CIPHER *cipher = SSL_get_pending_cipher(ssl);
    return cipher ? SSL_CIPHER_get_protocol_id(cipher) : 0;
}

/* ---- pre-shared keys ---- */

static unsigned on_psk(SSL *ssl, const char *identity, unsigned char *psk, unsigned max)
{
    struct rt_tls_psk key = {0};
    unsigned n = 0;
    rt_tls_ask_psk(of(ssl), gba_view_cstr(identity), pending_suite(ssl), &key);
    if (key.n <= max) {
        gba_copy(psk, gba_view_of(key.key, key.n));
        n = (unsigned)key.n;
    }
    gba_wipe(&key);
    return n;
}

static unsigned on_psk_client(SSL *ssl, const char *hint, char *identity, unsigned max_identity,
                              unsigned char *psk, unsigned max)
{
    struct rt_tls_psk key = {0};
    unsigned n = 0;
    if (rt_tls_ask_psk_client(of(ssl), gba_view_cstr(hint), pending_suite(ssl), &key) == GBA_OK &&
        key.identity.n < max_identity && key.n > 0 && key.n <= sizeof key.key && key.n <= max) {
        gba_copy(identity, gba_view_of(key.identity.s, key.identity.n + 1u));
        gba_copy(psk, gba_view_of(key.key, key.n));
        n = (unsigned)key.n;
    }
    gba_wipe(&key);
    return n;
}

/* ---- certificates ---- */

/* Ask about a chain of the peer. */
static gba_rc judge(struct rt_tls *tls, STACK_OF(X509) * chain, gba_view staple)
{
    struct rt_tls_shown shown = {.staple = staple};
    uint8_t *der[RT_TLS_CHAIN_MAX] = {0};
    struct engine *e = tls->engine;
    int n = sk_X509_num(chain);
    e->refused = n > 0 && n <= RT_TLS_CHAIN_MAX ? GBA_OK : GBA_E_CERT_PATH;
    for (int i = 0; i < n && e->refused == GBA_OK; i++) {
        int len = i2d_X509(sk_X509_value(chain, i), &der[i]);
        shown.chain[i] = gba_view_of(der[i], len > 0 ? (size_t)len : 0);
        gba_x509_keep(shown.chain[i], sk_X509_value(chain, i));
        e->refused = len > 0 ? GBA_OK : GBA_E_CERT;
    }
    shown.n = (size_t)n;
    if (e->refused == GBA_OK)
        e->refused = rt_tls_ask_cert(tls, &shown);
    else
        tls->refused = e->refused;
    for (int i = 0; i < RT_TLS_CHAIN_MAX; i++)
        OPENSSL_free(der[i]);
    return e->refused;
}

/* A client is asked later, in on_status: what is stapled comes after the certificate. */
static int on_verify(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    (void)arg;
    gba_rc rc =
        SSL_is_server(ssl) ? judge(of(ssl), X509_STORE_CTX_get0_untrusted(store), (gba_view){0}) : GBA_OK;
    X509_STORE_CTX_set_error(store, rc == GBA_OK ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return rc == GBA_OK;
}

static int staple(SSL *ssl, const struct rt_tls_ctx *ctx)
{
    if (ctx->staple.n == 0)
        return SSL_TLSEXT_ERR_NOACK;
    uint8_t *copy = OPENSSL_memdup(ctx->staple.p, ctx->staple.n);
    if (!copy)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)ctx->staple.n);
    return SSL_TLSEXT_ERR_OK;
}

/* Server: what to staple.  Client: the server's first flight is complete and
 * its signature proven; called with every suite. */
static int on_status(SSL *ssl, void *arg)
{
    const unsigned char *response = NULL;
    struct rt_tls *tls = of(ssl);
    (void)arg;
    if (SSL_is_server(ssl))
        return staple(ssl, tls->ctx);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    if (!chain || tls->ctx->web)
        return 1;
    struct engine *e = tls->engine;
    e->judged = true;
    long n = SSL_get_tlsext_status_ocsp_resp(ssl, &response);
    return judge(tls, chain, gba_view_of(response, response && n > 0 ? (size_t)n : 0)) == GBA_OK;
}

/* ---- names ---- */

static int on_name(SSL *ssl, int *alert, void *arg)
{
    struct rt_tls *tls = of(ssl);
    struct rt_tls_ctx *before = tls->ctx;
    (void)arg;
    if (!SSL_is_server(ssl))
        return SSL_TLSEXT_ERR_OK;
    if (rt_tls_ask_sni(tls, gba_view_cstr(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))) != GBA_OK) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (tls->ctx == before)
        return SSL_TLSEXT_ERR_OK;
    SSL_set_SSL_CTX(ssl, tls->ctx->ssl);
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(tls->ctx->ssl), NULL);
    return SSL_TLSEXT_ERR_OK;
}

/* ---- cookies ---- */

static int on_cookie(SSL *ssl, unsigned char *cookie, unsigned *n)
{
    gba_copy(cookie, GBA_ARRAY(of(ssl)->cookie));
    *n = RT_TLS_COOKIE;
    return 1;
}

static int on_returned(SSL *ssl, const unsigned char *cookie, unsigned n)
{
    return n == RT_TLS_COOKIE && gba_ct_eq(gba_view_of(cookie, n), GBA_ARRAY(of(ssl)->cookie));
}

void rt_tls_ossl_prepare(struct rt_tls_ctx *ctx)
{
    int client_shows = ctx->ask_cert ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE;
    SSL_CTX_set_verify(ctx->ssl, ctx->server ? client_shows : SSL_VERIFY_PEER, NULL);
    if (!ctx->web)
        SSL_CTX_set_cert_verify_callback(ctx->ssl, on_verify, NULL);
    SSL_CTX_set_tlsext_status_cb(ctx->ssl, on_status);
    SSL_CTX_set_tlsext_servername_callback(ctx->ssl, on_name);
    SSL_CTX_set_cookie_generate_cb(ctx->ssl, on_cookie);
    SSL_CTX_set_cookie_verify_cb(ctx->ssl, on_returned);
}

/* ---- a connection ---- */

static void ossl_free(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    SSL_free(e->ssl);
    BIO_ADDR_free(e->listening);
    rt_tls_port_free(&e->port);
    free(e);
    tls->engine = NULL;
}

static bool prepare_client(struct rt_tls *tls)
{
    SSL *ssl = ((struct engine *)tls->engine)->ssl;
    SSL_set_connect_state(ssl);
    if (tls->ctx->web && !rt_tls_web_expect(ssl, &tls->peer.server_name))
        return false;
    if (tls->hooks->psk_client)
        SSL_set_psk_client_callback(ssl, on_psk_client);
    return SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp) == 1 &&
           (tls->peer.server_name.n == 0 || SSL_set_tlsext_host_name(ssl, tls->peer.server_name.s) == 1);
}

static bool prepare_server(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    SSL_set_accept_state(e->ssl);
    if (tls->hooks->psk)
        SSL_set_psk_server_callback(e->ssl, on_psk);
    if (tls->ctx->dtls)
        e->listening = BIO_ADDR_new();
    return !tls->ctx->dtls || e->listening;
}

static gba_rc ossl_open(struct rt_tls *tls)
{
    struct engine *e = calloc(1, sizeof *e);
    tls->engine = e;
    GBA_ENSURE(e, GBA_E_MEMORY);
    e->port.datagrams = tls->ctx->dtls;
    e->ssl = SSL_new(tls->ctx->ssl);
    BIO *bio = rt_tls_port_bio(tls->ctx->bio, &e->port);
    if (!e->ssl || !bio) {
        BIO_free(bio);
        return GBA_E_MEMORY;
    }
    SSL_set_bio(e->ssl, bio, bio);
    SSL_set_app_data(e->ssl, tls);
    SSL_set_mtu(e->ssl, RT_TLS_MTU);
    bool ok = tls->ctx->server ? prepare_server(tls) : prepare_client(tls);
    return ok ? GBA_OK : GBA_E_MEMORY;
}

/* ---- handshake ---- */

static bool by_alert(void)
{
    unsigned long error = ERR_peek_error();
    return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET;
}

static enum rt_tls_step broken(struct rt_tls *tls, int error)
{
    struct engine *e = tls->engine;
    tls->alerted = error == SSL_ERROR_ZERO_RETURN || by_alert();
    if (tls->ctx->web && !tls->ctx->server && tls->refused == GBA_OK)
        tls->refused = rt_tls_web_verdict(e->ssl);
    if (e->refused != GBA_OK)
        rt_tls_port_alert(&e->port, rt_tls_alert(tls, e->refused));
    ERR_clear_error();
    return RT_TLS_STEP_BROKEN;
}

/* Nothing may have been accepted without a verdict on the server's certificate. */
static enum rt_tls_step complete(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    if (!tls->ctx->server && !e->judged && SSL_get_peer_cert_chain(e->ssl) &&
        !(tls->ctx->web && rt_tls_web_verdict(e->ssl) == GBA_OK))
        return RT_TLS_STEP_BROKEN;
    tls->peer.suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(e->ssl));
    return RT_TLS_STEP_DONE;
}

static enum rt_tls_step ossl_step(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    ERR_clear_error();
    if (e->listening) {
        int heard = DTLSv1_listen(e->ssl, e->listening);
        if (heard <= 0)
            return heard < 0 ? broken(tls, SSL_ERROR_SSL) : RT_TLS_STEP_MORE;
        BIO_ADDR_free(e->listening);
        e->listening = NULL;
    }
    int r = SSL_do_handshake(e->ssl);
    if (r == 1)
        return complete(tls);
    int error = SSL_get_error(e->ssl, r);
    return error == SSL_ERROR_WANT_READ ? RT_TLS_STEP_MORE : broken(tls, error);
}

/* ---- octets ---- */

static gba_rc ossl_feed(struct rt_tls *tls, gba_view octets)
{
    struct engine *e = tls->engine;
    return rt_tls_port_feed(&e->port, octets);
}

static bool ossl_take(struct rt_tls *tls, struct rt_buf *out)
{
    struct engine *e = tls->engine;
    return rt_tls_port_take(&e->port, out);
}

static void read_failed(struct rt_tls *tls, int error)
{
    struct engine *e = tls->engine;
    if (error == SSL_ERROR_ZERO_RETURN) {
        SSL_shutdown(e->ssl);
        rt_tls_ended(tls, GBA_OK);
    } else if (error != SSL_ERROR_WANT_READ) {
        rt_tls_ended(tls, by_alert() ? GBA_E_TLS_ALERT : GBA_E_TLS_BROKEN);
    }
    ERR_clear_error();
}

static bool ossl_read(struct rt_tls *tls, struct rt_buf *out)
{
    struct engine *e = tls->engine;
    size_t n = 0;
    if (rt_buf_reserve(out, READ_MAX) != GBA_OK)
        return false;
    ERR_clear_error();
    int r = SSL_read_ex(e->ssl, out->p + out->n, READ_MAX, &n);
    if (r != 1)
        read_failed(tls, SSL_get_error(e->ssl, r));
    out->n += n;
    return n > 0;
}

static gba_rc ossl_write(struct rt_tls *tls, gba_view plain)
{
    struct engine *e = tls->engine;
    size_t n = 0;
    GBA_ENSURE(!tls->ctx->dtls || plain.n <= DTLS_get_data_mtu(e->ssl), GBA_E_TOO_LONG);
    ERR_clear_error();
    bool ok = SSL_write_ex(e->ssl, plain.p, plain.n, &n) == 1 && n == plain.n;
    ERR_clear_error();
    return ok ? GBA_OK : GBA_E_MEMORY;
}

static void ossl_shut(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    SSL_shutdown(e->ssl);
    ERR_clear_error();
}

/* ---- timers ---- */

static int64_t ossl_timeout(const struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    struct timeval left;
    if (e->listening || DTLSv1_get_timeout(e->ssl, &left) != 1)
        return -1;
    return (int64_t)left.tv_sec * 1000 + (left.tv_usec + 999) / 1000;
}

static bool ossl_tick(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    bool ok = DTLSv1_handle_timeout(e->ssl) >= 0;
    ERR_clear_error();
    return ok;
}

static gba_rc ossl_export(struct rt_tls *tls, gba_view label, uint8_t *out, size_t n)
{
    struct engine *e = tls->engine;
    /*= RFC 5705 4: without a context, which is not the same as an empty one */
    int r = SSL_export_keying_material(e->ssl, out, n, (const char *)label.p, label.n, NULL, 0, 0);
    ERR_clear_error();
    return r == 1 ? GBA_OK : GBA_E_CRYPTO;
}

const struct rt_tls_ops rt_tls_ossl_ops = {
    .open = ossl_open,
    .step = ossl_step,
    .feed = ossl_feed,
    .take = ossl_take,
    .read = ossl_read,
    .write = ossl_write,
    .shut = ossl_shut,
    .timeout = ossl_timeout,
    .tick = ossl_tick,
    .export = ossl_export,
    .free = ossl_free,
};
