/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 server on the loop.  A request is given to the handler when it is
 * complete (head and body, both bounded); the handler answers at once or any
 * time later.  Pipelined requests are served one after the other.
 */
#pragma once

#include "gba/wire/http_msg.h"
#include "rt/loop.h"
#include "rt/reasons.h"
#include "rt/tls.h"

struct rt_httpd;
struct rt_http_tx; /* one request waiting for its answer */

/* tx stays valid until it is answered; req's views live as long.  When the peer
 * goes away meanwhile tx stays valid too, and the answer is dropped. */
typedef void rt_httpd_fn(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req);

/* The date as answers tell it, made once a second.  Zeroed before. */
struct rt_http_date {
    int64_t now_s;
    uint8_t text[32];
    size_t n;
};

/* Where requests are handled that servers on other threads read.  All of it belongs to
 * the loop's thread; it lives as long as the loop. */
struct rt_http_desk {
    struct rt_loop *loop;
    rt_httpd_fn *fn;
    void *arg;
    bool draining; /* as after rt_httpd_drain */
    bool shut;     /* nobody is there any more: requests that are still on their way get 503 */
    struct rt_http_date date;
};

struct rt_httpd_conf {
    gba_text listen;       /* ADDRESS:PORT */
    uint32_t max_head;     /* octets of the header section */
    uint32_t max_body;     /* octets of a request body */
    uint32_t max_conns;    /* beyond: accepted and closed at once */
    uint32_t request_ms;   /* from its first octet a request must be complete */
    uint32_t idle_ms;      /* a kept-alive connection may wait this long */
    struct rt_tls_ctx *tls;               /* NULL: plain HTTP */
    const struct rt_tls_hooks *tls_hooks; /* with tls; live as long as the server */
    uint32_t handshake_ms;                /* with tls: a handshake must be complete */
    struct rt_reasons *refused; /* counts what no handler hears of; lives as long as the loop; may be NULL */

    /* What the handler must know of the connection: written to note_n octets, aligned for any
     * type, on the server's thread right before the handler gets the request.  May be NULL. */
    void (*note)(const void *note_arg, const struct rt_http_tx *tx, void *room);
    const void *note_arg; /* never changes, as all threads read it */
    size_t note_n;

    /* For servers on several threads. */
    struct rt_http_desk *desk;   /* requests are handled there; NULL: here */
    _Atomic uint32_t *all_conns; /* max_conns bounds this sum; NULL: each server's own number */
    bool share_port;             /* others may listen on the same address (SO_REUSEPORT) */
};

/* E_ADDRESS, E_LISTEN, E_MEMORY.  fn and arg are not used when there is a desk. */
GBA_MUST_USE gba_rc rt_httpd_open(struct rt_loop *loop, const struct rt_httpd_conf *conf, rt_httpd_fn *fn,
                                  void *arg, struct rt_httpd **out);

/* ADDRESS:PORT really listened on. */
void rt_httpd_address(const struct rt_httpd *httpd, gba_text *out);

/* Before closing: stop listening and end connections, but for those that have begun a request
 * or whose last answer was a 401, because the other half of that exchange comes over them. */
void rt_httpd_drain(struct rt_httpd *httpd);

/* How many connections still do something. */
size_t rt_httpd_busy(const struct rt_httpd *httpd);

/* Stop listening, close idle connections; waiting transactions are answered
 * still (by their owner) and then closed.  Frees itself on the loop. */
void rt_httpd_close(struct rt_httpd *httpd);

/* Answer: everything in rsp is copied.  Adds Date and Content-Length (and
 * Connection: close where due).  Exactly one answer per tx. */
void rt_http_reply(struct rt_http_tx *tx, const struct gba_http_msg *rsp);

/* The TLS connection a request came over, valid as long as the transaction;
 * NULL for plain HTTP, when the peer is gone, and for a handler at a desk. */
struct rt_tls *rt_http_tls(const struct rt_http_tx *tx);

/* What conf.note wrote, valid as long as the transaction. */
const void *rt_http_note(const struct rt_http_tx *tx);

/* Address of the peer as text, valid as long as the transaction. */
gba_view rt_http_peer(const struct rt_http_tx *tx);
