/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "rt/tls_int.h"

/*= TS 33.310 E: TLS 1.2 and 1.3, forward secrecy and authenticated encryption */
static gba_rc restrict_protocol(SSL_CTX *ssl)
{
    static const char suites[] =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
    static const char suites13[] =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
    static const char signatures[] =
        "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA+SHA256:RSA+SHA384";
    bool ok = SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_cipher_list(ssl, suites) == 1 && SSL_CTX_set_ciphersuites(ssl, suites13) == 1 &&
              SSL_CTX_set1_groups_list(ssl, "X25519:P-256:P-384") == 1 &&
              SSL_CTX_set1_sigalgs_list(ssl, signatures) == 1;
    return ok ? GBA_OK : GBA_E_TLS_CONF;
}

static gba_rc trust(SSL_CTX *ssl, gba_view pem)
{
    X509 *ca = NULL;
    int n = 0;
    bool ok = true;
    if (pem.n == 0)
        return SSL_CTX_set_default_verify_paths(ssl) == 1 ? GBA_OK : GBA_E_TLS_CONF;
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    while (ok && bio && (ca = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        ok = X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), ca) == 1;
        X509_free(ca);
        n++;
    }
    BIO_free(bio);
    return ok && n > 0 ? GBA_OK : GBA_E_TLS_CONF;
}

gba_rc rt_tls_web_configure(struct rt_tls_ctx *ctx, const struct rt_tls_ctx_conf *conf)
{
    GBA_ENSURE(!conf->dtls && conf->ca_pem.n <= INT_MAX, GBA_E_TLS_CONF);
    GBA_TRY(restrict_protocol(ctx->ssl));
    if (!conf->server)
        return trust(ctx->ssl, conf->ca_pem);
    GBA_ENSURE(conf->cert_pem.n > 0, GBA_E_TLS_CONF);
    return rt_tls_ctx_own(ctx, conf, true);
}

enum { NAME_FLAGS = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS };

bool rt_tls_ctx_names(const struct rt_tls_ctx *ctx, const gba_text *host)
{
    X509 *own = SSL_CTX_get0_certificate(ctx->ssl);
    return own && X509_check_host(own, host->s, host->n, NAME_FLAGS, NULL) == 1;
}

/*= TS 33.220 I.6, M.7: the certificate is for the FQDN of the server */
bool rt_tls_web_expect(SSL *ssl, const gba_text *name)
{
    SSL_set_hostflags(ssl, NAME_FLAGS);
    return name->n > 0 && SSL_set1_host(ssl, name->s) == 1;
}

gba_rc rt_tls_web_verdict(const SSL *ssl)
{
    switch (SSL_get_verify_result(ssl)) {
    case X509_V_OK:
        return GBA_OK;
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return GBA_E_CERT_NAME;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return GBA_E_CERT_EXPIRED;
    default:
        return GBA_E_CERT_PATH;
    }
}
