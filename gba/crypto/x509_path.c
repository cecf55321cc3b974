/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "gba/crypto/x509_int.h"

/* What one verification keeps. */
struct run {
    const struct gba_x509_path *path;
    X509_STORE *store;
    STACK_OF(X509) * certs; /* leaf first */
    X509_STORE_CTX *ctx;
    bool skipped; /* libcrypto went on after a name that it could not judge */
};

/* ---- errors of libcrypto ---- */

static bool is_crl_unknown(int error)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
        return true;
    default:
        return false;
    }
}

static gba_rc reason(int error)
{
    switch (error) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return GBA_E_CERT_EXPIRED;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
        return GBA_E_CERT_CONSTRAINT;
    case X509_V_ERR_CERT_REVOKED:
        return GBA_E_CERT_REVOKED;
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
        return GBA_E_CERT_STATUS;
    default:
        return is_crl_unknown(error) ? GBA_E_CERT_STATUS : GBA_E_CERT_PATH;
    }
}

/* May the verification go on?  Whatever is let pass here is judged again: names by
 * gba_x509_constraints, the status by what the caller needs. */
static bool may_go_on(struct run *run, X509_STORE_CTX *ctx, int error)
{
    if (error == X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE || error == X509_V_ERR_UNSUPPORTED_NAME_SYNTAX) {
        run->skipped = true;
        return true;
    }
    /* an anchor is trusted because it is configured; nobody need vouch for it */
    bool anchor = X509_STORE_CTX_get_error_depth(ctx) == sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;
    return is_crl_unknown(error) && (anchor || !run->path->need_crl);
}

static int on_certificate(int good, X509_STORE_CTX *ctx)
{
    struct run *run = X509_STORE_CTX_get_app_data(ctx);
    if (good || !may_go_on(run, ctx, X509_STORE_CTX_get_error(ctx)))
        return good;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    return 1;
}

/* ---- what goes in ---- */

static bool add_anchors(X509_STORE *store, gba_view pem)
{
    STACK_OF(X509) *anchors = gba_x509_read_pem(pem);
    bool good = anchors != NULL;
    for (int i = 0; good && i < sk_X509_num(anchors); i++)
        good = X509_STORE_add_cert(store, sk_X509_value(anchors, i)) == 1;
    sk_X509_pop_free(anchors, X509_free);
    return good;
}

static bool add_crls(X509_STORE *store, gba_view pem)
{
    X509_CRL *crl;
    unsigned n = 0;
    BIO *in = pem.n > 0 && pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    bool good = in != NULL;
    while (good && (crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL))) {
        good = X509_STORE_add_crl(store, crl) == 1;
        X509_CRL_free(crl);
        n++;
    }
    good = good && n > 0 && gba_x509_pem_ended();
    BIO_free(in);
    return good;
}

static bool add_chain(STACK_OF(X509) * certs, const struct gba_x509_path *path)
{
    for (size_t i = 0; i < path->n; i++) {
        X509 *cert = gba_x509_read(path->chain[i]);
        if (!cert || sk_X509_push(certs, cert) <= 0) {
            X509_free(cert);
            return false;
        }
    }
    return path->n > 0;
}

static bool begin(struct run *run)
{
    const struct gba_x509_path *path = run->path;
    run->store = X509_STORE_new();
    run->certs = sk_X509_new_null();
    run->ctx = X509_STORE_CTX_new();
    if (!run->store || !run->certs || !run->ctx || !add_chain(run->certs, path))
        return false;
    if (!add_anchors(run->store, path->anchors))
        return false;
    if (path->status && path->crls.n > 0 && !add_crls(run->store, path->crls))
        return false;
    return X509_STORE_CTX_init(run->ctx, run->store, sk_X509_value(run->certs, 0), run->certs) == 1 &&
           X509_STORE_CTX_set_app_data(run->ctx, run) == 1;
}

static void end(struct run *run)
{
    X509_STORE_CTX_free(run->ctx);
    sk_X509_pop_free(run->certs, X509_free);
    X509_STORE_free(run->store);
}

/* ---- the verification ---- */

static gba_rc verify(struct run *run)
{
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN; /* any certificate can be an anchor */
    if (run->path->status)
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(run->ctx);
    X509_VERIFY_PARAM_set_depth(param, GBA_X509_CHAIN_MAX);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT); /* a CN is no name */
    X509_STORE_CTX_set_time(run->ctx, 0, (time_t)run->path->now_s);
    X509_STORE_CTX_set_flags(run->ctx, flags);
    X509_STORE_CTX_set_verify_cb(run->ctx, on_certificate);
    int good = X509_verify_cert(run->ctx);
    int error = X509_STORE_CTX_get_error(run->ctx);
    return good == 1 && error == X509_V_OK ? GBA_OK : reason(error);
}

/*= TS-0003 10.1.1: all of the path is ECDSA with SHA-256 on P-256 */
static gba_rc check_profile(const STACK_OF(X509) * chain)
{
    int n = sk_X509_num(chain);
    for (int i = 0; i < n; i++) {
        const X509 *cert = sk_X509_value(chain, i);
        bool signature = i == n - 1 || X509_get_signature_nid(cert) == NID_ecdsa_with_SHA256;
        GBA_ENSURE(signature && gba_x509_key_is_p256(cert), GBA_E_CERT_PROFILE);
    }
    return GBA_OK;
}

static gba_rc check_ocsp(const struct gba_x509_path *path, const STACK_OF(X509) * chain)
{
    bool known = sk_X509_num(chain) == 1; /* the leaf is an anchor */
    for (size_t i = 0; !known && i < sizeof path->ocsp / sizeof *path->ocsp; i++) {
        if (path->ocsp[i].n == 0)
            continue;
        gba_rc rc = gba_x509_ocsp_status(path->ocsp[i], sk_X509_value(chain, 0), sk_X509_value(chain, 1),
                                         path->now_s);
        GBA_ENSURE(rc != GBA_E_CERT_REVOKED, rc);
        known = rc == GBA_OK;
    }
    return known || !path->need_ocsp ? GBA_OK : GBA_E_CERT_STATUS;
}

static gba_rc check(struct run *run)
{
    GBA_TRY(verify(run));
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(run->ctx);
    GBA_TRY(gba_x509_constraints(chain, run->skipped));
    GBA_TRY(check_profile(chain));
    return run->path->status ? check_ocsp(run->path, chain) : GBA_OK;
}

gba_rc gba_x509_path_check(const struct gba_x509_path *path)
{
    struct run run = {.path = path};
    GBA_ENSURE(path->n <= GBA_X509_CHAIN_MAX, GBA_E_CERT_PATH);
    ERR_set_mark();
    gba_rc rc = begin(&run) ? check(&run) : GBA_E_CERT;
    end(&run);
    ERR_pop_to_mark();
    return rc;
}

gba_rc gba_x509_crls_check(gba_view pem)
{
    ERR_set_mark();
    X509_STORE *store = X509_STORE_new();
    bool good = store && add_crls(store, pem);
    X509_STORE_free(store);
    ERR_pop_to_mark();
    return good ? GBA_OK : GBA_E_CERT;
}
