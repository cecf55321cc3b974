/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DTLS 1.2 over UDP on the loop: a server with many sessions on one port and a
 * client with one.  The server keeps nothing for a peer until it returned its
 * cookie (RFC 6347 4.2.1); retransmission timers run per session.
 */
#pragma once

#include "rt/tls.h"

struct rt_dtls; /* a session */
struct rt_dtls_server;

/* A datagram of data arrived; octets live during the call. */
typedef void rt_dtls_fn(void *arg, struct rt_dtls *session, gba_view octets);

struct rt_dtls_server_conf {
    gba_text listen; /* ADDRESS:PORT */
    struct rt_tls_ctx *ctx;
    const struct rt_tls_hooks *hooks;
    uint32_t max_sessions; /* beyond: new peers are not answered */
    uint32_t handshake_ms; /* a handshake must be complete */
    uint32_t idle_ms;      /* a session without data is closed */
};

/* E_ADDRESS, E_LISTEN, E_MEMORY. */
GBA_MUST_USE gba_rc rt_dtls_server_open(struct rt_loop *loop, const struct rt_dtls_server_conf *conf,
                                        rt_dtls_fn *fn, void *arg, struct rt_dtls_server **out);
void rt_dtls_server_address(const struct rt_dtls_server *server, gba_text *out);
void rt_dtls_server_close(struct rt_dtls_server *server);

struct rt_dtls_client_conf {
    gba_text server; /* ADDRESS:PORT */
    gba_text name;   /* SNI */
    struct rt_tls_ctx *ctx;
    const struct rt_tls_hooks *hooks;
    uint32_t handshake_ms;
};

/* `end` is called once when the session ended: rc OK after a close of either
 * side, else why.  `fn` gets data once hooks->open was called. */
GBA_MUST_USE gba_rc rt_dtls_connect(struct rt_loop *loop, const struct rt_dtls_client_conf *conf,
                                    rt_dtls_fn *fn, void (*end)(void *arg, gba_rc rc), void *arg,
                                    struct rt_dtls **out);

/* Send one datagram of data; E_TOO_LONG, E_TLS_STATE. */
GBA_MUST_USE gba_rc rt_dtls_send(struct rt_dtls *session, gba_view octets);
struct rt_tls *rt_dtls_tls(struct rt_dtls *session);

/* Bind data to the session, once; drop is called with it when the session is freed. */
void rt_dtls_keep(struct rt_dtls *session, void *data, void (*drop)(void *data));
void *rt_dtls_kept(const struct rt_dtls *session); /* NULL: nothing */

/* Address of the peer as text, as long as the session. */
gba_view rt_dtls_peer(const struct rt_dtls *session);

/* close_notify, then the end; frees itself on the loop. */
void rt_dtls_close(struct rt_dtls *session);
