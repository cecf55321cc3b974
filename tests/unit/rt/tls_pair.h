/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS client and a TLS server in memory, and what tests want to know of them.
 */
#pragma once

#include "rt/tls.h"

enum { PAIR_PEM_MAX = 2048, PAIR_DER_MAX = 1024 };

#define PAIR_PSK_SUITE "PSK-AES128-CBC-SHA256"
#define PAIR_CERT_SUITE "ECDHE-ECDSA-AES128-SHA256"
#define PAIR_DTLS_PSK_SUITE "PSK-AES128-CCM8"
#define PAIR_DTLS_CERT_SUITE "ECDHE-ECDSA-AES128-CCM8"

/* A self-signed P-256 certificate made now. */
struct pair_cert {
    char cert[PAIR_PEM_MAX], key[PAIR_PEM_MAX];
    uint8_t der[PAIR_DER_MAX];
    size_t der_n;
};
void pair_cert_make(struct pair_cert *out, const char *curve);

struct pair;

/* One end. What it answers and what its hooks saw. */
struct pair_end {
    struct pair *pair;
    struct rt_tls_hooks hooks;
    struct rt_tls_ctx *ctx;
    struct rt_tls *tls;

    struct rt_tls_answer answer; /* of psk and cert */
    bool hold;                   /* keep the ask instead of answering */
    struct rt_tls_ask *ask;
    struct rt_tls_psk psk; /* client: what psk_client gives */
    gba_rc psk_rc, open_rc;
    struct rt_tls_ctx *named; /* server: for the name "other" */
    bool free_in_hook;        /* psk, cert, open and refused free the connection */

    int psk_asked, cert_asked, opened, refused, woken;
    gba_rc why; /* of refused */
    gba_text identity, hint, name;
    uint16_t suite;
    size_t shown_n;
    bool staple_seen, shown_raw;
    struct rt_buf leaf, staple, got;
    struct rt_buf sent;    /* everything it sent */
    size_t largest;        /* of what it sent in one go */
    struct rt_buf delayed; /* a datagram to it that comes after the next */
    int datagrams;         /* to it */
};

struct pair {
    struct rt_loop *loop;
    struct pair_end client, server;
    /* How often datagram i (from 1) to this end arrives; negative: after the next one. */
    int (*fate)(const struct pair_end *to, int i);
};

/* Hooks for everything; contexts for these suites on both ends; nothing is connected yet. */
void pair_init(struct pair *pair, bool dtls, const char *client_suites, const char *server_suites);

/* Give an end another context. */
void pair_context(struct pair_end *end, const struct rt_tls_ctx_conf *conf);

/* Make both connections and start. */
void pair_connect(struct pair *pair);

/* Move octets and run the loop until nothing moves. */
void pair_pump(struct pair *pair);
void pair_free(struct pair *pair);

/* What this end sent last over TLS is the unencrypted fatal alert. */
void pair_alerted(const struct pair_end *end, uint8_t description);

/* This end failed: why, and hooks.refused was called once. */
void pair_failed(const struct pair_end *end, gba_rc why);

/* Both open; `octets` get from one end to the other. */
void pair_carries(struct pair *pair);
