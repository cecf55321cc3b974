/* SPDX-License-Identifier: Apache-2.0 */
/* TLS towards Redis and Sentinels: our certificate if they ask for one, and what theirs must be. */
#pragma once

#include "bsf/conf.h"
#include "rt/tls.h"

struct bsf_redis_tls;

/* PEM files as views; they live during the call. */
struct bsf_redis_pems {
    gba_view ca, cert, key; /* cert and key empty: none */
};

/* The server's certificate must lead to the CA and be for this name.  E_TLS_CONF, E_CERT, E_MEMORY. */
GBA_MUST_USE gba_rc bsf_redis_tls_new(struct rt_loop *loop, const struct bsf_redis_pems *pems,
                                      const gba_text *name, struct bsf_redis_tls **out);

struct rt_tls_ctx *bsf_redis_tls_ctx(struct bsf_redis_tls *tls);
const struct rt_tls_hooks *bsf_redis_tls_hooks(const struct bsf_redis_tls *tls);

/* After its last connection.  NULL is ignored. */
void bsf_redis_tls_free(struct bsf_redis_tls *tls);
