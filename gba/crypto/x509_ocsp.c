/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "gba/crypto/x509_int.h"

/* ---- a response ---- */

static OCSP_BASICRESP *read_response(gba_view der)
{
    const unsigned char *p = der.p;
    OCSP_BASICRESP *basic = NULL;
    OCSP_RESPONSE *response = der.n <= INT32_MAX ? d2i_OCSP_RESPONSE(NULL, &p, (long)der.n) : NULL;
    if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        basic = OCSP_response_get1_basic(response);
    OCSP_RESPONSE_free(response);
    return basic;
}

static bool is_valid_at(const X509 *cert, int64_t now_s)
{
    int64_t from, until;
    return gba_x509_time(X509_get0_notBefore(cert), &from) &&
           gba_x509_time(X509_get0_notAfter(cert), &until) && from <= now_s && now_s <= until;
}

/*= RFC 6960 4.2.2.2: the issuer itself, or whom it named with id-kp-OCSPSigning */
static bool may_answer(X509 *signer, X509 *issuer, int64_t now_s)
{
    if (X509_cmp(signer, issuer) == 0)
        return true;
    return X509_check_issued(issuer, signer) == X509_V_OK &&
           X509_verify(signer, X509_get0_pubkey(issuer)) == 1 &&
           (X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) &&
           (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) && is_valid_at(signer, now_s);
}

static bool is_authentic(OCSP_BASICRESP *basic, X509 *issuer, int64_t now_s)
{
    X509 *signer = NULL;
    STACK_OF(X509) *more = sk_X509_new_null(); /* the issuer need not be sent along */
    bool good = more && sk_X509_push(more, issuer) > 0 && OCSP_resp_get0_signer(basic, &signer, more) == 1 &&
                may_answer(signer, issuer, now_s) && OCSP_basic_verify(basic, more, NULL, OCSP_NOVERIFY) == 1;
    sk_X509_free(more);
    return good;
}

/* Is this answer about cert?  Responders choose the hash of the identifier. */
static bool is_about(OCSP_SINGLERESP *single, X509 *cert, X509 *issuer)
{
    ASN1_OBJECT *hash = NULL;
    OCSP_CERTID *id = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
    if (OCSP_id_get0_info(NULL, &hash, NULL, NULL, id) != 1)
        return false;
    int nid = OBJ_obj2nid(hash);
    const EVP_MD *md = nid == NID_sha1 ? EVP_sha1() : nid == NID_sha256 ? EVP_sha256() : NULL;
    OCSP_CERTID *ours = md ? OCSP_cert_to_id(md, cert, issuer) : NULL;
    bool same = ours && OCSP_id_cmp(ours, id) == 0;
    OCSP_CERTID_free(ours);
    return same;
}

/* Without nextUpdate an answer is one for now. */
static bool is_current(const ASN1_TIME *from, const ASN1_TIME *next, int64_t now_s)
{
    int64_t from_s, until_s;
    if (!gba_x509_time(from, &from_s))
        return false;
    until_s = from_s;
    if (next && !gba_x509_time(next, &until_s))
        return false;
    return from_s - GBA_X509_SKEW_S <= now_s && now_s <= until_s + GBA_X509_SKEW_S;
}

static gba_rc answer_of(OCSP_BASICRESP *basic, X509 *cert, X509 *issuer, int64_t now_s)
{
    gba_rc rc = GBA_E_CERT_STATUS;
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        ASN1_GENERALIZEDTIME *from = NULL, *next = NULL;
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        if (!is_about(single, cert, issuer))
            continue;
        int status = OCSP_single_get0_status(single, NULL, NULL, &from, &next);
        GBA_ENSURE(status != V_OCSP_CERTSTATUS_REVOKED, GBA_E_CERT_REVOKED);
        if (status == V_OCSP_CERTSTATUS_GOOD && is_current(from, next, now_s))
            rc = GBA_OK;
    }
    return rc;
}

gba_rc gba_x509_ocsp_status(gba_view response, X509 *cert, X509 *issuer, int64_t now_s)
{
    OCSP_BASICRESP *basic = read_response(response);
    gba_rc rc = GBA_E_CERT_STATUS;
    if (basic && is_authentic(basic, issuer, now_s))
        rc = answer_of(basic, cert, issuer, now_s);
    OCSP_BASICRESP_free(basic);
    return rc;
}

static int64_t earliest_next(OCSP_BASICRESP *basic)
{
    int64_t earliest = 0;
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        int64_t s;
        ASN1_GENERALIZEDTIME *next = NULL;
        OCSP_single_get0_status(OCSP_resp_get0(basic, i), NULL, NULL, NULL, &next);
        if (next && gba_x509_time(next, &s) && (earliest == 0 || s < earliest))
            earliest = s;
    }
    return earliest;
}

gba_rc gba_x509_ocsp_until(gba_view response, int64_t *until_s)
{
    ERR_set_mark();
    OCSP_BASICRESP *basic = read_response(response);
    *until_s = basic ? earliest_next(basic) : 0;
    OCSP_BASICRESP_free(basic);
    ERR_pop_to_mark();
    return basic ? GBA_OK : GBA_E_CERT_STATUS;
}

/* ---- a request ---- */

static bool is_issuer(X509 *ca, X509 *cert)
{
    return X509_check_issued(ca, cert) == X509_V_OK && X509_verify(cert, X509_get0_pubkey(ca)) == 1;
}

static X509 *issuer_shown(const gba_view *chain, size_t n, X509 *cert)
{
    for (size_t i = 1; i < n; i++) {
        X509 *ca = gba_x509_read(chain[i]);
        if (ca && is_issuer(ca, cert))
            return ca;
        X509_free(ca);
    }
    return NULL;
}

static X509 *issuer_among(gba_view anchors, X509 *cert)
{
    X509 *found = NULL;
    STACK_OF(X509) *all = gba_x509_read_pem(anchors);
    for (int i = 0; !found && i < sk_X509_num(all); i++) {
        X509 *ca = sk_X509_value(all, i);
        if (is_issuer(ca, cert) && X509_up_ref(ca) == 1)
            found = ca;
    }
    sk_X509_pop_free(all, X509_free);
    return found;
}

/*= RFC 6960 4.1.1: SHA-1 names the certificate, because that is what responders know */
static gba_rc put_request(X509 *cert, X509 *issuer, gba_writer *w)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, issuer);
    bool good = request && id && OCSP_request_add0_id(request, id);
    if (!good)
        OCSP_CERTID_free(id);
    int n = good ? i2d_OCSP_REQUEST(request, NULL) : 0;
    unsigned char *p = n > 0 ? gba_put_room(w, (size_t)n) : NULL;
    if (p)
        i2d_OCSP_REQUEST(request, &p);
    OCSP_REQUEST_free(request);
    GBA_ENSURE(n > 0, GBA_E_CRYPTO);
    return gba_writer_end(w);
}

static gba_rc find_url(const X509 *cert, gba_text *url)
{
    gba_rc rc = GBA_OK;
    *url = (gba_text){0};
    AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
    for (int i = 0; url->n == 0 && rc == GBA_OK && i < sk_ACCESS_DESCRIPTION_num(all); i++) {
        const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(all, i);
        if (OBJ_obj2nid(one->method) != NID_ad_OCSP || one->location->type != GEN_URI)
            continue;
        const ASN1_STRING *uri = one->location->d.uniformResourceIdentifier;
        rc = gba_text_set(url, gba_view_of(ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri)));
    }
    AUTHORITY_INFO_ACCESS_free(all);
    return rc == GBA_OK ? GBA_OK : GBA_E_TOO_LONG;
}

gba_rc gba_x509_ocsp_url(gba_view der, gba_text *url)
{
    ERR_set_mark();
    X509 *cert = gba_x509_read(der);
    gba_rc rc = cert ? find_url(cert, url) : GBA_E_CERT;
    X509_free(cert);
    ERR_pop_to_mark();
    return rc;
}

static X509 *find_issuer(const gba_view *chain, size_t n, gba_view anchors, X509 *cert)
{
    if (X509_get_extension_flags(cert) & EXFLAG_SI)
        return NULL;
    X509 *issuer = issuer_shown(chain, n, cert);
    return issuer ? issuer : issuer_among(anchors, cert);
}

gba_rc gba_x509_ocsp_request(const gba_view *chain, size_t n, gba_view anchors, gba_writer *request,
                             gba_text *url)
{
    ERR_set_mark();
    X509 *cert = n > 0 ? gba_x509_read(chain[0]) : NULL;
    X509 *issuer = cert ? find_issuer(chain, n, anchors, cert) : NULL;
    gba_rc rc = cert ? find_url(cert, url) : GBA_E_CERT;
    if (rc == GBA_OK)
        rc = issuer ? put_request(cert, issuer, request) : GBA_E_ABSENT;
    X509_free(issuer);
    X509_free(cert);
    ERR_pop_to_mark();
    return rc;
}

gba_rc gba_x509_ocsp_check(const gba_view *chain, size_t n, gba_view anchors, gba_view response,
                           int64_t now_s)
{
    ERR_set_mark();
    gba_rc rc = GBA_E_CERT_STATUS;
    X509 *cert = n > 0 ? gba_x509_read(chain[0]) : NULL;
    X509 *issuer = cert ? find_issuer(chain, n, anchors, cert) : NULL;
    if (issuer)
        rc = gba_x509_ocsp_status(response, cert, issuer, now_s);
    X509_free(issuer);
    X509_free(cert);
    ERR_pop_to_mark();
    return rc;
}
