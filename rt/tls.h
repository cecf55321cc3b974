/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a TLS or DTLS connection without a socket: octets from the peer go in
 * with rt_tls_feed, octets for it come out with rt_tls_take.  Whoever owns the socket
 * (rt/httpd, rt/httpc, rt/dtls) moves them.
 *
 * A context has the profile of oneM2M (TLS 1.2 and DTLS 1.2, pre-shared keys, P-256) or
 * that of the web: TLS 1.2 and 1.3, and certificates of RSA too.
 *
 * A handshake that needs an answer from elsewhere (the key of a PSK identity, a
 * verdict on a certificate) asks through a hook and waits, while every other
 * connection goes on: the answer may come at once or any time later.
 *
 * Two libraries are behind it: OpenSSL for everything but raw public keys
 * (RFC 7250), which OpenSSL 3.0 lacks and GnuTLS has.  A server that allows raw
 * keys reads the ClientHello first and gives the connection to the right one.
 *
 * No resumption: no tickets, no session cache; an exported key belongs to one
 * handshake (oneM2M TS-0003 10.3.1).  No renegotiation, no compression.
 */
#pragma once

#include "gba/base/text.h"
#include "rt/buf.h"
#include "rt/loop.h"

struct rt_tls_ctx; /* one configuration, shared by any number of connections */
struct rt_tls;     /* one connection */
struct rt_tls_ask; /* one question of a handshake */

enum { RT_TLS_PSK_MAX = 256, RT_TLS_CHAIN_MAX = 8 };

/* What the peer showed. Views live during the call. */
struct rt_tls_shown {
    bool raw;                        /* chain[0] is a SubjectPublicKeyInfo (RFC 7250) */
    gba_view chain[RT_TLS_CHAIN_MAX]; /* DER, leaf first */
    size_t n;
    gba_view staple;                 /* DER OCSP response that came with it; absent: none */
};

/* What a question is answered with. */
struct rt_tls_answer {
    gba_rc rc;        /* OK, or why not: the handshake fails with a fitting alert (a
                         PSK identity that is refused fails just as a wrong key does) */
    gba_view psk;     /* of a PSK question; copied */
    gba_view who;     /* what the session is bound to from now on; up to GBA_TEXT_MAX octets; copied */
    int64_t until_ms; /* UTC; the connection is closed then; 0: no such end */
};

/* A key a client proves itself with. */
struct rt_tls_psk {
    gba_text identity;
    uint8_t key[RT_TLS_PSK_MAX]; /* wiped by whoever declares it */
    size_t n;
};

/* Any may be NULL.  Calls are made on the loop's thread. */
struct rt_tls_hooks {
    void *arg;

    /* Server: the context for this host name (empty: none was sent); NULL refuses
     * with unrecognized_name.  Without the hook every name gets the same. */
    struct rt_tls_ctx *(*sni)(void *arg, gba_view name);

    /* Server: who is this, and what is the key for this cipher suite?  Answer
     * exactly once with rt_tls_answer. */
    void (*psk)(void *arg, struct rt_tls_ask *ask, gba_view identity, uint16_t suite);

    /* Both: is this the right peer?  Answer exactly once with rt_tls_answer.
     * Required wherever certificates or raw keys are used: nothing is accepted
     * by default. */
    void (*cert)(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown);

    /* Client: the key to use with this hint and the negotiated suite. */
    gba_rc (*psk_client)(void *arg, gba_view hint, uint16_t suite, struct rt_tls_psk *out);

    /* The handshake is complete and proven by both sides; before any data.
     * A failure ends the connection. */
    gba_rc (*open)(void *arg, struct rt_tls *tls);

    /* The handshake failed, or the connection died in it; rc tells why (the rc of
     * the answer when that was the cause).  For log and counters. */
    void (*refused)(void *arg, struct rt_tls *tls, gba_rc rc);
};

/* Texts are copied. PEM texts are whole files as views. */
struct rt_tls_ctx_conf {
    bool server, dtls;
    bool web;                   /* the profile of the web: TLS only; of the members below cert_pem,
                                   key_pem (server) and ca_pem (client) are used, and of the hooks
                                   never cert */
    gba_view ca_pem;            /* web client: who may sign the certificate of the server, which must
                                   be for server_name; empty: those that the system trusts */
    const char *suites;         /* OpenSSL names with ':'; only TLS 1.2 suites */
    gba_view cert_pem, key_pem; /* own certificate and its chain; empty: none */
    bool ask_cert;              /* server: with a certificate suite the client must show one */
    const char *psk_hint;       /* server; NULL: none */
    gba_view staple;            /* server: DER OCSP response to staple; may be empty */
    bool raw_keys;              /* server: clients may show raw public keys;
                                   client: show our key raw, and X.509 or raw is fine from the server */
};

/* E_TLS_CONF (unusable certificate, key or suites), E_MEMORY. */
GBA_MUST_USE gba_rc rt_tls_ctx_new(const struct rt_tls_ctx_conf *conf, struct rt_tls_ctx **out);

/* Is the context's own certificate for this host name?  Only a dNSName counts, and no wildcard. */
bool rt_tls_ctx_names(const struct rt_tls_ctx *ctx, const gba_text *host);

/* Replace what is stapled from the next handshake on. */
void rt_tls_ctx_staple(struct rt_tls_ctx *ctx, gba_view response);

/* Freed with its last connection. */
void rt_tls_ctx_free(struct rt_tls_ctx *ctx);

/* ---- a connection, for those who own sockets ---- */

struct rt_tls_new {
    struct rt_loop *loop;
    struct rt_tls_ctx *ctx;          /* kept until rt_tls_free */
    const struct rt_tls_hooks *hooks; /* live as long */
    gba_view server_name;            /* client: what SNI says; empty: none */
    gba_view peer;                   /* DTLS server: the peer's address, bound into the cookie */
    void (*wake)(void *owner);       /* something changed outside of a call: an answer came;
                                        look at state, take and read again */
    void *owner;
};

GBA_MUST_USE gba_rc rt_tls_new(const struct rt_tls_new *conf, struct rt_tls **out);

enum rt_tls_state {
    RT_TLS_HANDSHAKE, /* waiting for octets of the peer */
    RT_TLS_ASKING,    /* waiting for an answer to a hook */
    RT_TLS_OPEN,
    RT_TLS_CLOSED,    /* by close_notify of either side */
    RT_TLS_FAILED,    /* rt_tls_reason tells; an alert may wait to be taken */
};
enum rt_tls_state rt_tls_state(const struct rt_tls *tls);
gba_rc rt_tls_reason(const struct rt_tls *tls);

/* Client: make the first flight. */
void rt_tls_start(struct rt_tls *tls);

/* Octets of the peer; with DTLS exactly one datagram.  All are taken. */
void rt_tls_feed(struct rt_tls *tls, gba_view octets);

/* Move octets for the peer to the end of out (DTLS: one datagram); false: none. */
bool rt_tls_take(struct rt_tls *tls, struct rt_buf *out);

/* Decrypted octets to the end of out (DTLS: of one record); false: none. */
bool rt_tls_read(struct rt_tls *tls, struct rt_buf *out);

/* Encrypt; only in RT_TLS_OPEN.  DTLS: one record; E_TOO_LONG over the path MTU. */
GBA_MUST_USE gba_rc rt_tls_write(struct rt_tls *tls, gba_view plain);

/* Send close_notify. */
void rt_tls_shut(struct rt_tls *tls);

/* The way to the peer is gone, or time is up: a handshake that is not complete
 * fails with this reason. */
void rt_tls_lost(struct rt_tls *tls, gba_rc rc);

/* DTLS: milliseconds until rt_tls_tick must be called; -1: no timer runs. */
int64_t rt_tls_timeout(const struct rt_tls *tls);
void rt_tls_tick(struct rt_tls *tls);

/* An ask that waits stays valid until it is answered; the answer is dropped. NULL is ignored. */
void rt_tls_free(struct rt_tls *tls);

/* Exactly one answer for each ask. Everything in it is copied. */
void rt_tls_answer(struct rt_tls_ask *ask, const struct rt_tls_answer *answer);

/* The connection of an ask, or NULL when it is gone. */
struct rt_tls *rt_tls_of(const struct rt_tls_ask *ask);

/* DTLS server: the cookie of a peer at this address; 32 octets. */
GBA_MUST_USE gba_rc rt_tls_cookie(const struct rt_tls_ctx *ctx, gba_view peer, uint8_t out[32]);

/* ---- what is known of a connection ---- */

/* RFC 5705 without context.  E_TLS_STATE unless open (or in the open hook). */
GBA_MUST_USE gba_rc rt_tls_export(struct rt_tls *tls, gba_view label, uint8_t *out, size_t n);

struct rt_tls_peer {
    gba_text server_name; /* SNI */
    gba_text identity;    /* PSK identity; empty: certificates were used */
    gba_text who;         /* of the last answer */
    int64_t until_ms;     /* of the answers; 0: no end */
    uint16_t suite;
    bool dtls, raw;
};
const struct rt_tls_peer *rt_tls_peer(const struct rt_tls *tls);

/* The owner of the hooks may keep one pointer with a connection; `done` is
 * called with it when the connection is freed. */
void rt_tls_keep(struct rt_tls *tls, void *data, void (*done)(void *data));
void *rt_tls_kept(const struct rt_tls *tls);
