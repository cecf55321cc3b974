/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ClientHello of TLS 1.2 and DTLS 1.2 (RFC 5246 7.4.1.2, RFC 6347 4.2), as
 * far as must be known before it is given to a TLS library: which certificate
 * types are offered (RFC 7250), which name is asked for (RFC 6066 3) and, with
 * DTLS, the cookie.
 */
#pragma once

#include "gba/base/bytes.h"

enum {
    GBA_HELLO_MAX = 16384, /* octets of a ClientHello that is looked at */
    GBA_HELLO_RAW_KEY = 2, /* RFC 7250: the certificate type RawPublicKey */
    /* TS-0003 10.2.3: the suites of certificates */
    GBA_HELLO_ECDSA_CBC = 0xc023,   /* TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 */
    GBA_HELLO_ECDSA_CCM_8 = 0xc0ae, /* TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 */
};

/* Views into what was parsed. */
struct gba_hello {
    bool dtls;
    uint16_t message_seq;       /* DTLS: 0, or 1 after a HelloVerifyRequest */
    uint64_t record_seq;        /* DTLS: of the record */
    gba_view random;            /* 32 octets */
    gba_view cookie;            /* DTLS: may be empty */
    gba_view suites;            /* two octets each */
    gba_view server_name;       /* host_name of the server_name extension; absent: none */
    gba_view client_cert_types; /* one octet each; absent: not offered */
    gba_view server_cert_types;
};

/* Of a TLS connection's first octets: the message, put together from its records,
 * goes to `whole` (empty, room for GBA_HELLO_MAX octets; the views point there).
 * E_HELLO_MORE: octets are missing.  E_HELLO: it is none, or larger than that. */
GBA_MUST_USE gba_rc gba_hello_tls(gba_view stream, gba_writer *whole, struct gba_hello *out);

/* Of a datagram that holds nothing else.  A ClientHello in fragments is E_HELLO:
 * a server that keeps nothing for unknown peers cannot put it together. */
GBA_MUST_USE gba_rc gba_hello_dtls(gba_view datagram, struct gba_hello *out);

/* Is the suite among those offered? */
bool gba_hello_offers(const struct gba_hello *hello, uint16_t suite);

/*= RFC 6347 4.2.1 */
/* The datagram of the HelloVerifyRequest that asks the sender of this ClientHello
 * to return the cookie (at most 255 octets). */
void gba_hello_put_verify(gba_writer *w, const struct gba_hello *hello, gba_view cookie);
