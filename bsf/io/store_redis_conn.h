/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a Redis server or Sentinel, with or without TLS: commands go out,
 * replies come in, in order.  Commands of one turn of the loop leave in one write. */
#pragma once

#include <sys/socket.h>

#include "bsf/io/store_redis_wire.h"
#include "rt/tls.h"

struct bsf_redis_conn;

/* Lives until freed was called, the only call after bsf_redis_conn_close. */
struct bsf_redis_conn_user {
    void *arg;
    void (*open)(void *arg); /* commands can be sent */
    void (*reply)(void *arg, const struct bsf_redis_reply *reply);
    void (*gone)(void *arg, gba_rc rc); /* E_CONNECT, E_PEER_GONE, E_REDIS_REPLY, E_TLS_...: close it */
    void (*freed)(void *arg);
};

struct bsf_redis_conn_conf {
    struct rt_loop *loop;
    struct sockaddr_storage address;
    struct rt_tls_ctx *tls;               /* NULL: plain */
    const struct rt_tls_hooks *tls_hooks; /* with tls; live longer */
    gba_text tls_name;                    /* what SNI says */
    const struct bsf_redis_conn_user *user;
};

/* Begin to connect.  How long that may take is for the user to bound.  E_MEMORY, E_CONNECT: nothing
 * is called then. */
GBA_MUST_USE gba_rc bsf_redis_conn_new(const struct bsf_redis_conn_conf *conf, struct bsf_redis_conn **out);

/* A command of the user, only once it is open.  E_MEMORY, and nothing is sent. */
GBA_MUST_USE gba_rc bsf_redis_conn_send(struct bsf_redis_conn *conn, const gba_view *args, size_t n);

/* Frees itself on the loop.  Also for one that is gone: exactly one close for each. */
void bsf_redis_conn_close(struct bsf_redis_conn *conn);
