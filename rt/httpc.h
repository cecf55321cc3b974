/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 client on the loop with kept-alive connections to one server: for
 * the reverse proxy and the load generator.  (Ordinary clients use libcurl.)
 */
#pragma once

#include "gba/wire/http_msg.h"
#include "rt/loop.h"
#include "rt/tls.h"

struct rt_httpc;

struct rt_httpc_conf {
    gba_text server;    /* ADDRESS:PORT */
    uint32_t max_conns; /* further requests wait in a queue */
    uint32_t max_queue; /* beyond: E_HTTP_BUSY */
    uint32_t max_head;  /* octets of an answer's header section */
    uint32_t max_body;  /* octets of an answer's body */
    uint32_t connect_ms;  /* TCP, and the handshake of TLS */
    struct rt_tls_ctx *tls; /* NULL: plain HTTP */
    const struct rt_tls_hooks *tls_hooks; /* with tls; live as long as the client */
    gba_text tls_name;                    /* with tls: what SNI says */
    uint32_t answer_ms; /* from the request to the end of its answer, queue included */
};

/* E_ADDRESS, E_MEMORY.  Connections are made when they are needed. */
GBA_MUST_USE gba_rc rt_httpc_open(struct rt_loop *loop, const struct rt_httpc_conf *conf,
                                  struct rt_httpc **out);

/* rc OK and the answer (views live during the call), or why there is none:
 * E_CONNECT, E_PEER_GONE, E_TIMEOUT, E_HTTP_*, E_MEMORY, E_SPACE. */
typedef void rt_httpc_fn(void *arg, gba_rc rc, const struct gba_http_msg *rsp);

/* Everything in req is copied before the call returns.  Host (the server's
 * address unless given), Content-Length and Connection fields are set here.
 * fn is called exactly once, later (at once only when there is no memory to
 * remember it).  An idempotent request that dies on a reused connection before
 * any octet of its answer is repeated once on a new one. */
void rt_httpc_request(struct rt_httpc *client, const struct gba_http_msg *req, rt_httpc_fn *fn, void *arg);

/* Make a connection now, without a request: its TLS handshake is what matters.
 * fn is called exactly once, from the loop: OK once it is open, or why not (its
 * handshake's reason); the connection then serves requests.  With max_conns
 * reached an open one, once it is idle, will do. */
void rt_httpc_connect(struct rt_httpc *client, void (*fn)(void *arg, gba_rc rc), void *arg);

/* The TLS of the connection that is open, with max_conns 1; NULL: none is. */
struct rt_tls *rt_httpc_tls(struct rt_httpc *client);

/* Waiting requests get E_PEER_GONE, and so does whatever their fn still asks
 * for.  Frees itself on the loop. */
void rt_httpc_close(struct rt_httpc *client);
