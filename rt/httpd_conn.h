/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of the HTTP server, as rt/httpd.c (which reads), rt/httpd_conn.c
 * (which writes and ends) and rt/httpd_tls.c (TLS between the socket and both)
 * share it, with rt/httpd_tx.c (requests at their handler).  Private to these.
 */
#pragma once

#include <stddef.h>

#include "rt/buf.h"
#include "rt/http_out.h"
#include "rt/httpd.h"
#include "rt/tcp_out.h"

enum {
    RT_HTTPD_SCRATCH = 16384,
    RT_CONN_PEER_MAX = 56, /* "[IPv6]:port" */
};

enum rt_conn_state {
    RT_CONN_HANDSHAKE, /* of TLS */
    RT_CONN_HEAD,      /* or idle, when not begun */
    RT_CONN_BODY,
    RT_CONN_WAITING, /* for the owner's answer */
    RT_CONN_WRITING,
    RT_CONN_LINGERING, /* our side is shut; what still arrives is dropped (RFC 9112 9.6) */
    RT_CONN_CLOSED,
};

/* An answer as it is sent. */
struct rt_conn_out {
    struct rt_buf octets; /* none: no memory */
    bool close;           /* the connection ends with it */
    bool owes;            /* see struct rt_conn */
};

struct rt_conn {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_shutdown_t shutdown;
    struct rt_httpd *httpd;
    struct rt_tls *tls; /* NULL: plain HTTP; lives as long as the connection */
    struct rt_conn *prev, *next;
    struct rt_conn *next_ready;
    struct rt_http_tx *tx; /* ours while RT_CONN_BODY, the owner's while RT_CONN_WAITING or later */
    struct rt_buf in;      /* octets received and not yet used */
    size_t scanned;        /* so much of the unfinished head holds no end */
    uint64_t deadline;     /* loop time; 0: none */
    uint64_t armed;        /* when the timer fires; it is not restarted for later deadlines */
    enum rt_conn_state state;
    unsigned handles;    /* not yet closed */
    unsigned writes;     /* not yet done */
    bool begun;          /* part of a request has arrived */
    bool keep;           /* go on after the answer being written */
    bool asked_to_close; /* by the peer's request */
    bool eof;            /* the peer sends no more */
    bool paused;         /* reading is stopped until the answer is out */
    bool pumping;
    bool owes;  /* the last answer was a 401: the peer will come back */
    bool late;  /* it is closed because time is up */
    bool ready; /* in the list of those that can go on */
    uint8_t peer_n;
    char peer[RT_CONN_PEER_MAX];
};

struct rt_http_tx {
    struct rt_conn *conn;
    struct rt_loop *loop;      /* of the server */
    struct rt_http_desk *desk; /* who has it; NULL: the server's thread */
    struct gba_http_msg req;
    struct gba_http_body body;
    struct rt_buf payload;
    struct rt_conn_out out; /* on its way back from the desk */
    uint8_t peer_n;
    char peer[RT_CONN_PEER_MAX];
    size_t head_n;      /* octets of the head; behind it is the note */
    size_t room_n;      /* octets of both */
    max_align_t head[]; /* aligned for the note */
};

struct rt_httpd {
    uv_tcp_t listener;
    uv_async_t wakeup; /* sent when the ready list is not empty */
    struct rt_loop *loop;
    struct rt_httpd_conf conf;
    rt_httpd_fn *fn;
    void *arg;
    gba_text address;
    struct rt_conn *conns;
    size_t n_conns;
    struct rt_conn *ready, **ready_end;
    unsigned handles;
    bool listening; /* the listener is not closed yet */
    bool draining, closing;
    struct rt_http_date date;
    char scratch[RT_HTTPD_SCRATCH];
};

/* Wipe and free a transaction; NULL is ignored. */
void rt_conn_tx_free(struct rt_http_tx *tx);

/* Free the server once it is closed and has no connections. */
void rt_httpd_settle(struct rt_httpd *httpd);

/* Free a closed connection that neither libuv nor the owner of a transaction knows. */
void rt_conn_settle(struct rt_conn *conn);

/* Close now, whatever is going on; a transaction with its owner stays valid. */
void rt_conn_close(struct rt_conn *conn);

gba_view rt_conn_peer(const struct rt_conn *conn);

/* Restart the timer for this loop time. */
void rt_conn_arm(struct rt_conn *conn, uint64_t deadline);

/* Something must have happened within ms from now. */
void rt_conn_deadline(struct rt_conn *conn, uint32_t ms);

/* Go on with it from the loop, not from inside whoever answered; not once the server is closing. */
void rt_conn_make_ready(struct rt_conn *conn);

/* End once what was written has arrived.  Closing at once would make the kernel
 * reset the connection, and the answer be lost, if octets of the peer are on
 * their way (RFC 9112 9.6). */
void rt_conn_linger(struct rt_conn *conn);

/* Write the octets now or, what the kernel does not take, later; takes the
 * buffer.  The raw kind goes to the socket past TLS. */
void rt_conn_write(struct rt_conn *conn, struct rt_buf *buf);
void rt_conn_write_raw(struct rt_conn *conn, struct rt_buf *buf);

/* The octets of an answer.  One that cannot be sent becomes a plain 500. */
struct rt_conn_out rt_conn_render(const struct gba_http_msg *rsp, const struct rt_http_answer *how);

/* The date in an answer. */
gba_view rt_http_date_now(struct rt_http_date *date, struct rt_loop *loop);

/* Send an answer, which is taken, then go on or end. */
void rt_conn_send(struct rt_conn *conn, struct rt_conn_out *out);

/* ---- at a handler ---- */

/* Give a complete request to the desk; false without memory, and it is the connection's still. */
bool rt_http_desk_take(struct rt_http_tx *tx, struct rt_http_desk *desk);

/* Where the note stands. */
uint8_t *rt_http_note_room(const struct rt_http_tx *tx);

/* ---- with TLS ---- */

/* Put TLS onto a new connection; E_MEMORY or what the context lacks. */
GBA_MUST_USE gba_rc rt_conn_tls_begin(struct rt_conn *conn);

/* Octets of the peer, or none when something else may have changed: what is
 * decrypted is added to conn->in, what TLS has to say is sent, the handshake
 * goes on; the connection may be closed afterwards. */
void rt_conn_tls_feed(struct rt_conn *conn, gba_view octets);

/* Encrypt and send; takes the buffer. */
void rt_conn_tls_write(struct rt_conn *conn, struct rt_buf *plain);

/* Send close_notify. */
void rt_conn_tls_shut(struct rt_conn *conn);
