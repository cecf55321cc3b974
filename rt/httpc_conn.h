/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client's calls and connections, as rt/httpc.c (which decides and
 * reads) and rt/httpc_conn.c (which writes and ends) share them.  Private to both.
 */
#pragma once

#include <sys/queue.h>

#include "rt/httpc.h"
#include "rt/tcp_out.h"

enum { RT_HTTPC_SCRATCH = 16384 };

/* The octets of a request: needed by its call (to repeat it) and by the
 * connection that writes them, whichever ends later. */
struct rt_httpc_octets {
    unsigned refs;
    struct rt_buf octets;
};

enum rt_httpc_place { RT_HTTPC_ON_CONN, RT_HTTPC_IN_QUEUE, RT_HTTPC_IN_AGAIN, RT_HTTPC_IN_DONE };

struct rt_httpc_call {
    TAILQ_ENTRY(rt_httpc_call) entry; /* of the list that place says */
    struct rt_httpc *client;
    rt_httpc_fn *fn;
    void (*opened)(void *arg, gba_rc rc); /* instead of fn, when only a connection is wanted */
    void *arg;
    struct rt_httpc_octets *request; /* NULL with opened */
    struct rt_timer *timer;
    struct rt_httpc_conn *conn;
    enum rt_httpc_place place;
    gba_rc rc;
    bool to_head, idempotent;
};

enum rt_httpc_state {
    RT_HTTPC_CONNECTING, /* and the handshake of TLS */
    RT_HTTPC_IDLE,
    RT_HTTPC_HEAD, /* of an answer */
    RT_HTTPC_BODY,
    RT_HTTPC_CLOSED,
};

struct rt_httpc_conn {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    LIST_ENTRY(rt_httpc_conn) entry;
    LIST_ENTRY(rt_httpc_conn) idle_entry;
    struct rt_httpc *client;
    struct rt_httpc_call *call;
    struct rt_tls *tls;              /* NULL: plain HTTP, or no TCP connection yet */
    struct rt_httpc_octets *writing; /* not yet taken by the kernel */
    unsigned writes;                 /* of TLS, not yet taken by the kernel */
    struct rt_timer *timer;          /* while connecting */
    struct rt_buf in;                /* the head, and what came with it */
    struct rt_buf payload;
    struct gba_http_msg rsp;
    struct gba_http_body body;
    enum rt_httpc_state state;
    bool reused; /* it has carried an answer before */
    bool heard;  /* an octet of the present answer */
};

TAILQ_HEAD(rt_httpc_calls, rt_httpc_call);
LIST_HEAD(rt_httpc_conns, rt_httpc_conn);

struct rt_httpc {
    uv_async_t wakeup;
    struct rt_loop *loop;
    struct rt_httpc_conf conf;
    struct sockaddr_storage addr;
    struct rt_httpc_calls queue; /* for a free connection */
    struct rt_httpc_calls again; /* for a new connection, which is theirs by right */
    struct rt_httpc_calls done;  /* whose fn is to be called without an answer */
    size_t n_queue, n_again;
    struct rt_httpc_conns conns, idle;
    size_t n_conns; /* not closed */
    size_t n_alive; /* not freed */
    bool closing, ended;
    char scratch[RT_HTTPC_SCRATCH];
};

/* ---- calls ---- */

void rt_httpc_call_free(struct rt_httpc_call *call);
void rt_httpc_call_move(struct rt_httpc_call *call, struct rt_httpc_calls *list, enum rt_httpc_place place);

/* The call ends without an answer: its fn is called from the loop, never from
 * inside of another call. */
void rt_httpc_call_end(struct rt_httpc_call *call, gba_rc rc);

/* The first of the queue, or NULL. */
struct rt_httpc_call *rt_httpc_queue_take(struct rt_httpc *client);

/* Take the call from its connection; NULL when it has none. */
struct rt_httpc_call *rt_httpc_detach(struct rt_httpc_conn *conn);

/* ---- connections ---- */

/* Free the client once it is closed and nothing of it is left. */
void rt_httpc_settle(struct rt_httpc *client);

/* Close; its call is detached already.  The rc tells why there was no handshake. */
void rt_httpc_conn_close(struct rt_httpc_conn *conn, gba_rc rc);

/* Close, and end or repeat its call. */
void rt_httpc_conn_fail(struct rt_httpc_conn *conn, gba_rc rc);

void rt_httpc_conn_send(struct rt_httpc_conn *conn, struct rt_httpc_call *call);

/* The connection is free: for the next request, or idle. */
void rt_httpc_conn_release(struct rt_httpc_conn *conn);

/* It can carry requests: first that of the call it was made for. */
void rt_httpc_conn_ready(struct rt_httpc_conn *conn);

/* TCP is there: begin TLS on it. */
void rt_httpc_tls_begin(struct rt_httpc_conn *conn, void (*wake)(void *conn));

/* Octets of the server, or none when an answer to the handshake came: what is
 * decrypted is added to plain; the connection may be closed afterwards. */
void rt_httpc_tls_feed(struct rt_httpc_conn *conn, gba_view octets, struct rt_buf *plain);
