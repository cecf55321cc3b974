/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection with a MEF, a MAF or Entity B over TLS 1.2 or DTLS 1.2, or with a BSF over the
 * TLS of the web, waited for: each has a loop of its own that runs while something is expected.
 *
 * Requests are HTTP over TLS, and CoAP over DTLS; here both are said as HTTP says them
 * (m2m/prim.h).
 */
#pragma once

#include "gba/base/secret.h"
#include "gba/wire/http_msg.h"
#include "m2m/cert.h"
#include "rt/tls.h"

struct ue_peer;

/* Views and pointers live as long as the connection. */
struct ue_peer_conf {
    gba_text address; /* ADDRESS:PORT; empty: the name is looked up */
    gba_text name;    /* what SNI and Host say */
    uint16_t port;    /* with the name */
    bool dtls;
    uint32_t timeout_ms; /* of connecting with the handshake, and of one request */
    uint32_t max_body;

    /* The key for the negotiated suite; NULL: certificates */
    gba_rc (*psk)(void *arg, uint16_t suite, struct rt_tls_psk *out);
    void *psk_arg;

    bool web;        /* TLS with the profile of the web: none of the members below but ca_pem */
    gba_view ca_pem; /* who signs the certificate of `name`; empty: whom the system trusts */
    gba_view cert_pem, key_pem;      /* ours */
    bool raw;                        /* as a raw public key */
    const struct m2m_expect *expect; /* whom the peer's certificate must name */
};

/* Connect and shake hands.  E_CONNECT, E_TIMEOUT, E_TLS_*, E_CERT_*, what psk said,
 * E_MEMORY. */
GBA_MUST_USE gba_rc ue_peer_open(const struct ue_peer_conf *conf, struct ue_peer **out);

/* Have a connection again when the last one ended. Errors as above. */
GBA_MUST_USE gba_rc ue_peer_renew(struct ue_peer *peer);

/* RFC 5705 without context. */
GBA_MUST_USE gba_rc ue_peer_export(struct ue_peer *peer, gba_view label, uint8_t *out, size_t n);

uint16_t ue_peer_suite(struct ue_peer *peer);

/* Send and wait; fn is called once with the answer, whose views live during the call,
 * or with why there is none. */
typedef void ue_peer_fn(void *arg, gba_rc rc, const struct gba_http_msg *rsp);
void ue_peer_request(struct ue_peer *peer, const struct gba_http_msg *req, ue_peer_fn *fn, void *arg);

/* NULL is ignored. */
void ue_peer_close(struct ue_peer *peer);
