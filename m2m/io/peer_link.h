/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The associations of a peer: its handshakes, what they are bound to, and the
 * requests over them.
 */
#pragma once

#include "m2m/io/ask.h"
#include "m2m/peer.h"
#include "rt/dtls.h"
#include "rt/httpd.h"
#include "rt/reasons.h"

/* Everything lives as long as the loop; `reasons` is zeroed before. */
struct m2m_peer_link {
    struct rt_loop *loop;
    struct m2m_peer peer;
    struct m2m_ask *ask;
    struct m2m_status_desk *status;
    struct m2m_parties parties;
    uint32_t association_s;    /* 0: as long as the credential */
    struct rt_reasons reasons; /* of handshakes and requests */
};

/* The hooks of its listeners; link is their arg. */
struct rt_tls_hooks m2m_peer_hooks(struct m2m_peer_link *link);

/* Requests over TLS; those without, which are refused; datagrams over DTLS, each of
 * which is answered with what "/" tells.  arg is the link. */
void m2m_peer_on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req);
void m2m_peer_on_open_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req);
void m2m_peer_on_data(void *arg, struct rt_dtls *session, gba_view octets);
