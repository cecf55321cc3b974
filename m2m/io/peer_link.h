/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The associations of a peer: its handshakes, what they are bound to, and the
 * requests over them.
 */
#pragma once

#include "m2m/io/ask.h"
#include "m2m/io/coap_server.h"
#include "m2m/peer.h"
#include "rt/httpd.h"
#include "rt/reasons.h"

/* Zeroed before; everything lives as long as the loop. */
struct m2m_peer_link {
    struct rt_loop *loop;
    struct m2m_peer peer;
    struct m2m_ask *ask;
    struct m2m_status_desk *status;
    struct m2m_parties parties;
    uint32_t association_s;    /* 0: as long as the credential */
    struct rt_reasons reasons; /* of handshakes and requests */
    struct m2m_coap_server coap;
};

/* Set the loop, and who serves datagrams; the other members are the caller's. */
void m2m_peer_link_init(struct m2m_peer_link *link, struct rt_loop *loop);

/* The hooks of its listeners; link is their arg. */
struct rt_tls_hooks m2m_peer_hooks(struct m2m_peer_link *link);

/* Requests over TLS, and those without, which are refused; arg is the link. */
void m2m_peer_on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req);
void m2m_peer_on_open_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req);
