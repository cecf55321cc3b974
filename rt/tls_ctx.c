/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "gba/base/secret.h"
#include "gba/crypto/hash.h"
#include "rt/tls_gnu.h"
#include "rt/tls_int.h"
#include "rt/tls_port.h"

/* ---- own certificate ---- */

static int no_password(char *buf, int size, int writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static bool use_chain(SSL_CTX *ssl, BIO *pem)
{
    bool ok = true;
    X509 *leaf = PEM_read_bio_X509(pem, NULL, no_password, NULL);
    ok = leaf && SSL_CTX_use_certificate(ssl, leaf) == 1;
    X509_free(leaf);
    X509 *next = NULL;
    while (ok && (next = PEM_read_bio_X509(pem, NULL, no_password, NULL))) {
        ok = SSL_CTX_add1_chain_cert(ssl, next) == 1;
        X509_free(next);
    }
    return ok;
}

/*= TS-0003 10.1.1, 10.2.3: keys are on P-256 */
static bool on_p256(EVP_PKEY *key)
{
    char group[32] = "";
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           gba_view_eq(gba_view_cstr(group), GBA_LIT("prime256v1"));
}

static bool use_key(SSL_CTX *ssl, BIO *pem, bool any)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL);
    bool ok = key && (any || on_p256(key)) && SSL_CTX_use_PrivateKey(ssl, key) == 1 &&
              SSL_CTX_check_private_key(ssl) == 1;
    EVP_PKEY_free(key);
    return ok;
}

gba_rc rt_tls_ctx_own(struct rt_tls_ctx *ctx, const struct rt_tls_ctx_conf *conf, bool any_key)
{
    gba_view cert_pem = conf->cert_pem, key_pem = conf->key_pem;
    if (cert_pem.n == 0 && key_pem.n == 0)
        return GBA_OK;
    GBA_ENSURE(cert_pem.n > 0 && cert_pem.n <= INT_MAX && key_pem.n > 0 && key_pem.n <= INT_MAX,
               GBA_E_TLS_CONF);
    BIO *cert = BIO_new_mem_buf(cert_pem.p, (int)cert_pem.n);
    BIO *key = BIO_new_mem_buf(key_pem.p, (int)key_pem.n);
    bool ok = cert && key && use_chain(ctx->ssl, cert) && use_key(ctx->ssl, key, any_key);
    BIO_free(cert);
    BIO_free(key);
    return ok ? GBA_OK : GBA_E_TLS_CONF;
}

/* ---- suites ---- */

static size_t names_in(gba_view list)
{
    gba_view head;
    size_t n = 1;
    while (gba_view_split(list, ':', &head, &list))
        n++;
    return n;
}

/* OpenSSL skips names that it does not know and takes suites without encryption
 * when they are named: a configuration may do neither. */
static gba_rc use_suites(SSL_CTX *ssl, const char *suites)
{
    GBA_ENSURE(suites && SSL_CTX_set_ciphersuites(ssl, "") == 1, GBA_E_TLS_CONF);
    GBA_ENSURE(SSL_CTX_set_cipher_list(ssl, suites) == 1, GBA_E_TLS_CONF);
    const STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(ssl);
    GBA_ENSURE((size_t)sk_SSL_CIPHER_num(list) == names_in(gba_view_cstr(suites)), GBA_E_TLS_CONF);
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
        GBA_ENSURE(SSL_CIPHER_get_bits(sk_SSL_CIPHER_value(list, i), NULL) >= 128, GBA_E_TLS_CONF);
    return GBA_OK;
}

/* ---- contexts ---- */

/* RFC 5705 keys belong to one handshake, so nothing is resumed. */
void rt_tls_ctx_plain(struct rt_tls_ctx *ctx)
{
    SSL_CTX_set_options(ctx->ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_session_cache_mode(ctx->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx->ssl, 0);
    SSL_CTX_set_dh_auto(ctx->ssl, 1);
}

/*= TS-0003 10.2.1: TLS 1.2 and DTLS 1.2 */
static gba_rc restrict_protocol(SSL_CTX *ssl, bool dtls)
{
    int version = dtls ? DTLS1_2_VERSION : TLS1_2_VERSION;
    bool ok = SSL_CTX_set_min_proto_version(ssl, version) == 1 &&
              SSL_CTX_set_max_proto_version(ssl, version) == 1 &&
              SSL_CTX_set1_groups_list(ssl, "P-256") == 1 &&
              SSL_CTX_set1_sigalgs_list(ssl, "ECDSA+SHA256") == 1 &&
              SSL_CTX_set1_client_sigalgs_list(ssl, "ECDSA+SHA256") == 1;
    return ok ? GBA_OK : GBA_E_TLS_CONF;
}

static gba_rc configure(struct rt_tls_ctx *ctx, const struct rt_tls_ctx_conf *conf)
{
    bool only_raw = conf->raw_keys && !conf->server;
    rt_tls_ctx_plain(ctx);
    if (conf->web)
        return rt_tls_web_configure(ctx, conf);
    GBA_TRY(restrict_protocol(ctx->ssl, conf->dtls));
    GBA_TRY(use_suites(ctx->ssl, conf->suites));
    if (!only_raw)
        GBA_TRY(rt_tls_ctx_own(ctx, conf, false));
    if (conf->raw_keys)
        GBA_TRY(rt_tls_gnu_new(ctx, conf));
    if (conf->server && conf->psk_hint)
        GBA_ENSURE(SSL_CTX_use_psk_identity_hint(ctx->ssl, conf->psk_hint) == 1, GBA_E_TLS_CONF);
    return rt_buf_append(&ctx->staple, conf->staple);
}

gba_rc rt_tls_ctx_new(const struct rt_tls_ctx_conf *conf, struct rt_tls_ctx **out)
{
    gba_rc rc = GBA_E_MEMORY;
    struct rt_tls_ctx *ctx = calloc(1, sizeof *ctx);
    GBA_ENSURE(ctx, GBA_E_MEMORY);
    *ctx = (struct rt_tls_ctx){
        .refs = 1, .server = conf->server, .dtls = conf->dtls, .ask_cert = conf->ask_cert, .web = conf->web};
    ctx->ssl = SSL_CTX_new(conf->dtls ? DTLS_method() : TLS_method());
    ctx->bio = rt_tls_port_method();
    if (!ctx->ssl || !ctx->bio || RAND_bytes(ctx->cookie_key, sizeof ctx->cookie_key) != 1)
        goto out;
    rt_tls_ossl_prepare(ctx);
    rc = configure(ctx, conf);
out:
    ERR_clear_error();
    if (rc != GBA_OK)
        rt_tls_ctx_free(ctx);
    *out = rc == GBA_OK ? ctx : NULL;
    return rc;
}

void rt_tls_ctx_staple(struct rt_tls_ctx *ctx, gba_view response)
{
    rt_buf_free(&ctx->staple);
    if (rt_buf_append(&ctx->staple, response) != GBA_OK)
        rt_buf_free(&ctx->staple); /* without memory nothing is stapled */
}

struct rt_tls_ctx *rt_tls_ctx_hold(struct rt_tls_ctx *ctx)
{
    ctx->refs++;
    return ctx;
}

void rt_tls_ctx_free(struct rt_tls_ctx *ctx)
{
    if (!ctx || --ctx->refs > 0)
        return;
    SSL_CTX_free(ctx->ssl);
    BIO_meth_free(ctx->bio);
    rt_tls_gnu_free(ctx->gnu);
    rt_buf_free(&ctx->staple);
    gba_wipe(ctx);
    free(ctx);
}

gba_rc rt_tls_cookie(const struct rt_tls_ctx *ctx, gba_view peer, uint8_t out[32])
{
    return gba_hmac(GBA_HASH_SHA256, GBA_ARRAY(ctx->cookie_key), peer, out);
}
