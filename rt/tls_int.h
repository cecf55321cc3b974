/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of rt/tls.h: what its engines share.
 *
 *   rt/tls.c       connections: states, driving the handshake, what ends it
 *   rt/tls_ask.c   questions of a handshake, and the jobs that wait for answers
 *   rt/tls_ctx.c   configurations
 *   rt/tls_web.c   those with the profile of the web
 *   rt/tls_ossl.c  the engine on OpenSSL
 *   rt/tls_gnu.c   the engine on GnuTLS
 *
 * An engine is a struct rt_tls_ops.  It keeps octets in both directions in
 * memory and knows nothing of hooks, owners, states and freeing order: tls.c
 * does all that.  Its handshake runs as a job with a stack of its own
 * (libcrypto's ASYNC jobs, which carry any code), so an engine simply calls
 * rt_tls_ask_* where its library wants a key or a verdict: the call returns
 * when the answer is there, and every other connection goes on meanwhile.  Hooks are called
 * on the thread's own stack, never on that of a job, which is small (32 KiB).
 */
#pragma once

#include <openssl/async.h>

#include "rt/tls.h"

struct rt_tls_question;
struct ssl_st; /* of OpenSSL */

enum { RT_TLS_COOKIE = 32 };

/* How far a handshake got. */
enum rt_tls_step {
    RT_TLS_STEP_MORE,   /* octets of the peer are missing */
    RT_TLS_STEP_DONE,   /* complete; tls->peer.suite is set */
    RT_TLS_STEP_BROKEN, /* an alert of ours, if any, can be taken; tls->alerted tells if it was the peer's */
    RT_TLS_STEP_WAITS,  /* for an answer; engines never return it */
};

/* Engines are called only in the states named; all in the loop's thread.  A server
 * with raw keys gives a client that offers RawPublicKey as its certificate type
 * to the context's raw_ops and any other to OpenSSL; either engine is fed all
 * that the client sent (DTLS: from the ClientHello with the cookie on). */
struct rt_tls_ops {
    /* Make tls->engine for tls->ctx; a client says peer.server_name. E_MEMORY. */
    gba_rc (*open)(struct rt_tls *tls);

    /* Go on with the handshake. Runs in a job; here and nowhere else rt_tls_ask_* may be called. */
    enum rt_tls_step (*step)(struct rt_tls *tls);

    /* Keep octets of the peer (DTLS: a datagram) for step and read; any time, also
     * while step waits for an answer. */
    gba_rc (*feed)(struct rt_tls *tls, gba_view octets);

    /* As rt_tls_take; any time but while step runs. */
    bool (*take)(struct rt_tls *tls, struct rt_buf *out);

    /* As rt_tls_read; RT_TLS_OPEN. When the peer ended the connection: rt_tls_ended. */
    bool (*read)(struct rt_tls *tls, struct rt_buf *out);

    /* As rt_tls_write; RT_TLS_OPEN; plain is not empty. */
    gba_rc (*write)(struct rt_tls *tls, gba_view plain);

    /* close_notify into what can be taken; RT_TLS_OPEN. */
    void (*shut)(struct rt_tls *tls);

    /* DTLS, not while step waits; tick false: given up after too many retransmissions. */
    int64_t (*timeout)(const struct rt_tls *tls);
    bool (*tick)(struct rt_tls *tls);

    /* RT_TLS_OPEN. */
    gba_rc (*export)(struct rt_tls *tls, gba_view label, uint8_t *out, size_t n);

    /* Free tls->engine; step does not wait then. */
    void (*free)(struct rt_tls *tls);
};

extern const struct rt_tls_ops rt_tls_ossl_ops;

struct rt_tls_ctx {
    _Atomic uint32_t refs; /* the owner's and one a connection */
    bool server, dtls, ask_cert;
    bool web; /* OpenSSL judges the server's certificate */
    uint8_t cookie_key[32];           /* DTLS server: of this process only */
    struct rt_buf staple;             /* server: what is stapled */
    const struct rt_tls_ops *raw_ops; /* engine for raw keys; NULL: none are used */
    struct ssl_ctx_st *ssl;           /* OpenSSL's */
    struct bio_method_st *bio;        /* how OpenSSL reaches our octets */
    struct rt_tls_gnu *gnu;           /* GnuTLS's; NULL: no raw keys are used */
};

struct rt_tls {
    const struct rt_tls_ops *ops; /* NULL: a server that does not know yet which */
    struct rt_buf hello;          /* until then: what the client sent */
    void *engine;                 /* of ops */
    struct rt_loop *loop;
    struct rt_tls_ctx *first; /* as it was made with; counted */
    struct rt_tls_ctx *ctx;   /* the same, or that of the name asked for; counted */
    const struct rt_tls_hooks *hooks;
    void (*wake)(void *owner);
    void *owner;

    enum rt_tls_state state;
    gba_rc reason;
    gba_rc refused;                /* of the first answer that refused */
    bool alerted;                  /* engine: a fatal alert of the peer ended it */
    bool begun;                    /* the handshake saw or made an octet */
    uint8_t cookie[RT_TLS_COOKIE]; /* DTLS server: of this peer */
    struct rt_tls_peer peer;

    /* the job of the handshake; see tls_ask.c */
    ASYNC_JOB *job;
    ASYNC_WAIT_CTX *wait;
    struct rt_tls_question *question; /* what the job waits for */
    struct rt_tls_ask *ask;           /* the question as the hook has it, until answered */
    bool driving;                     /* in drive: an answer is noticed there */
    bool abandoned;                   /* no question is asked any more: all fail */
    bool dead;                        /* freed in a hook: goes when drive is done */

    struct rt_timer *until; /* runs to peer.until_ms */
    void *data;             /* rt_tls_keep */
    void (*done)(void *data);
};

/* ---- for engines: in step only ---- */

/* Server: the key of the identity; also keeps peer.identity.  A refusal gives a
 * random key and is remembered, so that the peer cannot tell it from a wrong key. */
void rt_tls_ask_psk(struct rt_tls *tls, gba_view identity, uint16_t suite, struct rt_tls_psk *out);

/* Client: identity and key; also keeps peer.identity. Not OK: fail. */
gba_rc rt_tls_ask_psk_client(struct rt_tls *tls, gba_view hint, uint16_t suite, struct rt_tls_psk *out);

/* Either: OK, or fail with the alert rt_tls_alert gives. */
gba_rc rt_tls_ask_cert(struct rt_tls *tls, const struct rt_tls_shown *shown);

/* Server: keeps peer.server_name; the context for it is then tls->ctx.  Not OK: fail
 * with unrecognized_name. */
gba_rc rt_tls_ask_sni(struct rt_tls *tls, gba_view name);

/* The description of the alert that fits a refused certificate (RFC 5246 7.2.2, RFC 6066 8). */
uint8_t rt_tls_alert(const struct rt_tls *tls, gba_rc rc);

/* ---- for engines: in read only ---- */

/* rc OK: close_notify came. Else: why the connection is broken. */
void rt_tls_ended(struct rt_tls *tls, gba_rc rc);

/* ---- jobs: between tls.c and tls_ask.c ---- */

/* Start or go on with the job of the handshake, calling hooks, as far as it goes. */
enum rt_tls_step rt_tls_run(struct rt_tls *tls);

/* Let a waiting job come to its end: whatever it asks fails. */
void rt_tls_abandon(struct rt_tls *tls);

/* In tls.c: an answer came outside of rt_tls_run. */
void rt_tls_resume(struct rt_tls *tls);

/* ---- contexts ---- */

struct rt_tls_ctx *rt_tls_ctx_hold(struct rt_tls_ctx *ctx);

/* Own certificate and key out of PEM texts; neither: none.  any_key: not only on P-256. E_TLS_CONF. */
GBA_MUST_USE gba_rc rt_tls_ctx_own(struct rt_tls_ctx *ctx, const struct rt_tls_ctx_conf *conf, bool any_key);

/* No resumption, renegotiation or compression. */
void rt_tls_ctx_plain(struct rt_tls_ctx *ctx);

/* The profile of the web.  E_TLS_CONF, E_MEMORY. */
GBA_MUST_USE gba_rc rt_tls_web_configure(struct rt_tls_ctx *ctx, const struct rt_tls_ctx_conf *conf);

/* A client's connection, before its handshake: the name to check. */
GBA_MUST_USE bool rt_tls_web_expect(struct ssl_st *ssl, const gba_text *name);

/* Of a handshake that is done or failed: OK, or what is wrong with the server's certificate. */
GBA_MUST_USE gba_rc rt_tls_web_verdict(const struct ssl_st *ssl);

/* Tell OpenSSL's context of the engine's callbacks. */
void rt_tls_ossl_prepare(struct rt_tls_ctx *ctx);
