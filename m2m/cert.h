/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of oneM2M entities: flavours, profile, names, path and status
 * (TS-0003 8.1.2, 10.1).  A function of what the peer showed, what is configured
 * and the time; whoever owns the handshake turns the result into an alert.
 */
#pragma once

#include "gba/base/text.h"

enum m2m_flavour {
    M2M_CERT_RAW,    /* id: "ni:///sha-256;..." (RFC 6920), any of three lengths */
    M2M_CERT_DEVICE, /* id: M2M Device ID "0.2.481.1.100.3030.10011" */
    M2M_CERT_CSE,    /* id: public domain name of the CSE-ID */
    M2M_CERT_AE,     /* id: absolute AE-ID */
    M2M_CERT_NODE,   /* id: M2M-Node-ID, a URN */
    M2M_CERT_FQDN,   /* id: host name of a MEF or MAF */
};

/* "raw", "device", "cse", "ae", "node", "fqdn"; E_WORD. */
GBA_MUST_USE gba_rc m2m_flavour_parse(gba_view word, enum m2m_flavour *flavour);
const char *m2m_flavour_name(enum m2m_flavour flavour);

enum { M2M_CHAIN_MAX = 8 };

/* What to ask an OCSP responder about a certificate, and where. */
struct m2m_ocsp_question {
    gba_text url;         /* in the certificate; empty: none */
    uint8_t request[256]; /* DER */
    size_t n;             /* 0: there is nothing to ask */
    bool addressed;       /* said by who asks: without an address in the certificate it is of no use */
};

/* What the peer showed, as rt_tls_shown has it. */
struct m2m_shown {
    bool raw;
    const gba_view *chain; /* DER, leaf first; raw: one SubjectPublicKeyInfo */
    size_t n;
    gba_view staple;                   /* DER OCSP response; absent: none */
    struct m2m_ocsp_question *missing; /* NULL, or where m2m_cert_check tells what could still be asked: when
                                          all else is fine, status is OCSP or IF_KNOWN, and no answer came */
};

/* How the status of a certificate is found out (8.1.2.5 (5)). */
enum m2m_status {
    M2M_STATUS_OFF,      /* not at all */
    M2M_STATUS_CRL,      /* a current CRL of each issuer must be among crls */
    M2M_STATUS_OCSP,     /* a good OCSP response must be stapled or given */
    M2M_STATUS_IF_KNOWN, /* what says revoked refuses; nothing said is accepted */
};

/* Whom to expect (8.1.2.4). */
struct m2m_expect {
    enum m2m_flavour flavour;
    gba_text id;
    gba_view anchors; /* PEM, trust anchors; a self-signed certificate may be its own */
    gba_view crls;    /* PEM; may be empty */
    gba_view ocsp;    /* DER response that somebody fetched; may be empty */
    enum m2m_status status;
};

/* The question about the leaf, whose issuer is in the chain or an anchor.  E_ABSENT (raw, self-signed,
 * issuer unknown), E_CERT, E_SPACE. */
GBA_MUST_USE gba_rc m2m_cert_ocsp_ask(const struct m2m_shown *shown, gba_view anchors,
                                      struct m2m_ocsp_question *q);

/* All of 8.1.2.5: flavour, profile (10.1: P-256, SHA-256, digitalSignature), exact
 * name, path with name constraints, status.  E_CERT_FLAVOUR, E_CERT_PROFILE,
 * E_CERT_NAME, E_CERT_PATH, E_CERT_EXPIRED, E_CERT_CONSTRAINT, E_CERT_REVOKED,
 * E_CERT_STATUS (unknown, and it must be known), E_CERT (unreadable). */
GBA_MUST_USE gba_rc m2m_cert_check(const struct m2m_expect *expect, const struct m2m_shown *shown,
                                   int64_t now_s);

/* Every name a certificate could be known by, to look up who it may be: for each
 * (flavour, canonical id) fn is called until it returns anything but OK.  For a raw
 * key: the three ni forms.  The result says nothing about trust. */
typedef gba_rc m2m_cert_name_fn(void *self, enum m2m_flavour flavour, gba_view id);
GBA_MUST_USE gba_rc m2m_cert_names(const struct m2m_shown *shown, m2m_cert_name_fn *fn, void *self);

/* Bring a configured id to the form that names are compared in; E_CERT_NAME. */
GBA_MUST_USE gba_rc m2m_cert_id_parse(enum m2m_flavour flavour, gba_view text, gba_text *id);

/* Public key identifiers (10.1.2, RFC 6920 2): the SHA-256 of a DER
 * SubjectPublicKeyInfo, cut to bits (120, 128 or 256). */
GBA_MUST_USE gba_rc m2m_ni_make(gba_view spki, unsigned bits, gba_text *ni);
bool m2m_ni_matches(gba_view ni, gba_view spki);

/* Is text such an identifier, in its one spelling?  E_CERT_NAME. */
GBA_MUST_USE gba_rc m2m_ni_check(gba_view text);

/* End of the leaf's validity, seconds since 1970; raw keys: INT64_MAX. E_CERT. */
GBA_MUST_USE gba_rc m2m_cert_until(const struct m2m_shown *shown, int64_t *until_s);
