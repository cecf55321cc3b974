/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 certificates, CRLs and OCSP: a thin face on libcrypto (RFC 5280, RFC 6960).
 *
 * Everything is a function of octets and a time: certificates and responses are DER,
 * anchors and CRLs are PEM texts with any number of them.  What libcrypto allocates
 * inside a call is freed in it, but for certificates that were read lately, and its
 * error queue is left as it was.
 */
#pragma once

#include "gba/base/text.h"

/* What a certificate says of itself; nothing of it is trusted. */
struct gba_x509_facts {
    bool p256;         /* the key is on the named curve secp256r1, its point uncompressed */
    bool ecdsa_sha256; /* it is signed with ecdsa-with-SHA256 */
    bool signs;        /* keyUsage is there and has digitalSignature */
    bool for_tls;      /* extendedKeyUsage is not there, or has a TLS role or any */
    int64_t until_s;   /* notAfter, seconds since 1970 */
};

/* E_CERT. */
GBA_MUST_USE gba_rc gba_x509_facts(gba_view der, struct gba_x509_facts *facts);

/* Somebody has this certificate already read: the functions here need not do it again. */
struct x509_st;
void gba_x509_keep(gba_view der, struct x509_st *cert);

/* Is this SubjectPublicKeyInfo a point of secp256r1, named and uncompressed? */
bool gba_x509_spki_is_p256(gba_view spki);

enum gba_x509_name {
    GBA_X509_DNS, /* dNSName as it stands */
    GBA_X509_URI, /* uniformResourceIdentifier as it stands */
    GBA_X509_OID, /* otherName whose type and value make an object identifier: all arcs, dotted.
                     The value is a RELATIVE-OID or a UTF8String with dotted numbers. */
};

/* For each name of these kinds in subjectAltName call fn until it returns anything
 * but OK; that is then the result.  Views live during the call.  E_CERT. */
typedef gba_rc gba_x509_name_fn(void *self, enum gba_x509_name kind, gba_view name);
GBA_MUST_USE gba_rc gba_x509_names(gba_view der, gba_x509_name_fn *fn, void *self);

/* Numbers with dots between them, without leading zeros: an object identifier? */
bool gba_x509_is_oid(gba_view dotted);

/* The host of "scheme://host...", also without a scheme; false for user names, literal
 * addresses and URIs without a host.  *rest is what comes behind host and port. */
bool gba_x509_uri_host(gba_view uri, gba_view *host, gba_view *rest);

/* ---- the path to an anchor ---- */

enum { GBA_X509_CHAIN_MAX = 8, GBA_X509_SKEW_S = 300 };

struct gba_x509_path {
    const gba_view *chain; /* DER, leaf first */
    size_t n;
    gba_view anchors; /* PEM: trusted as they are, self-signed or not */
    gba_view crls;    /* PEM */
    gba_view ocsp[2]; /* DER responses about the leaf; empty: none */
    int64_t now_s;
    bool status;    /* ask CRLs and OCSP responses: what says revoked refuses */
    bool need_crl;  /* with status: each certificate below the anchor needs a current CRL */
    bool need_ocsp; /* with status: the leaf needs a good OCSP response, unless it is an anchor */
};

/*
 * RFC 5280 6.1.  Names in the subject's CN are no names.  Constraints on otherNames of
 * the kind GBA_X509_OID apply to whole object identifiers, however they are cut in type
 * and value; constraints on URIs apply to the host, with or without a scheme.  Every
 * signature and every key of the path is ECDSA with SHA-256 on P-256.
 *
 * E_CERT, E_CERT_PATH, E_CERT_PROFILE, E_CERT_EXPIRED, E_CERT_CONSTRAINT,
 * E_CERT_REVOKED, E_CERT_STATUS.
 */
GBA_MUST_USE gba_rc gba_x509_path_check(const struct gba_x509_path *path);

/* ---- questions to an OCSP responder ---- */

/* The request about chain[0], whose issuer is among the chain or the anchors, and the
 * first plain OCSP address in it (empty: none).  E_ABSENT without an issuer or for a
 * self-signed certificate, E_CERT, E_TOO_LONG, E_SPACE. */
GBA_MUST_USE gba_rc gba_x509_ocsp_request(const gba_view *chain, size_t n, gba_view anchors,
                                          gba_writer *request, gba_text *url);

/* The first plain OCSP address in a certificate; empty: none.  E_CERT, E_TOO_LONG. */
GBA_MUST_USE gba_rc gba_x509_ocsp_url(gba_view der, gba_text *url);

/* What a response says of chain[0] now: OK when its issuer (found as above) or the issuer's
 * delegate says it is good; E_CERT_REVOKED; E_CERT_STATUS for everything else. */
GBA_MUST_USE gba_rc gba_x509_ocsp_check(const gba_view *chain, size_t n, gba_view anchors, gba_view response,
                                        int64_t now_s);

/* Until when an OCSP response may be kept: the earliest nextUpdate in it, or 0 when
 * it has none.  Says nothing about trust.  E_CERT_STATUS when it is no successful response. */
GBA_MUST_USE gba_rc gba_x509_ocsp_until(gba_view response, int64_t *until_s);

/* ---- files ---- */

/* Is this one CRL or more in PEM, each readable?  E_CERT. */
GBA_MUST_USE gba_rc gba_x509_crls_check(gba_view pem);

/* The certificates of a PEM text as DER, appended to room: chain[0] to chain[*n - 1].
 * E_CERT, E_SPACE, E_TOO_LONG (more than GBA_X509_CHAIN_MAX). */
GBA_MUST_USE gba_rc gba_x509_chain_of_pem(gba_view pem, gba_writer *room, gba_view chain[GBA_X509_CHAIN_MAX],
                                          size_t *n);

/* Is this at least one certificate in PEM, and nothing that cannot be read?  E_CERT. */
GBA_MUST_USE gba_rc gba_x509_anchors_check(gba_view pem);

/* A detached signature, ECDSA P-256 with SHA-256 in DER, as `openssl dgst -sha256 -sign`
 * makes it; key_pem is a PEM public key.  E_CERT (the key), E_SIGNATURE. */
GBA_MUST_USE gba_rc gba_x509_signature_check(gba_view key_pem, gba_view content, gba_view signature);
