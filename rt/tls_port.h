/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Octets of one connection in both directions, as a TLS library sees them.
 * For DTLS the borders of datagrams are kept: one read gives one datagram.
 */
#pragma once

#include <openssl/bio.h>

#include "rt/buf.h"

enum {
    RT_TLS_PORT_WAITING = 65536, /* octets of the peer that may wait to be read */
    RT_TLS_MTU = 1400,           /* octets of a datagram of ours */
};

struct rt_tls_queue {
    struct rt_buf octets; /* datagrams: each after its length in two octets */
    size_t at;            /* read up to here */
};

struct rt_tls_port {
    bool datagrams;
    struct rt_tls_queue in, out;
};

/* A method for BIOs on ports; NULL without memory. */
BIO_METHOD *rt_tls_port_method(void);

/* A BIO on the port, which must outlive it; NULL without memory. */
BIO *rt_tls_port_bio(const BIO_METHOD *method, struct rt_tls_port *port);

/* Octets (a datagram) of the peer.  E_TOO_LONG when too many wait: with datagrams
 * the datagram is lost instead.  E_MEMORY. */
GBA_MUST_USE gba_rc rt_tls_port_feed(struct rt_tls_port *port, gba_view octets);

/* Move what waits for the peer (one datagram of it) to the end of out; false: nothing. */
bool rt_tls_port_take(struct rt_tls_port *port, struct rt_buf *out);

/* For a library: at most n octets (of one datagram) of the peer to out; 0: there are none. */
size_t rt_tls_port_read(struct rt_tls_port *port, void *out, size_t n);
bool rt_tls_port_has(const struct rt_tls_port *port);

/* For a library: octets (a datagram) for the peer.  E_MEMORY. */
GBA_MUST_USE gba_rc rt_tls_port_write(struct rt_tls_port *port, gba_view octets);

/* Set the description of the unencrypted fatal alert that was written last. */
void rt_tls_port_alert(struct rt_tls_port *port, uint8_t description);

void rt_tls_port_free(struct rt_tls_port *port);
