/* SPDX-License-Identifier: Apache-2.0 */
/* Ub over HTTP: requests in, replies out, and in between what the engine orders. */
#pragma once

#include "bsf/io/seen.h"
#include "bsf/io/zh_fd.h"
#include "bsf/store.h"
#include "bsf/ub.h"
#include "rt/serve.h"

struct bsf_ub_http;

/* Who bootstrapped. Views live during the call. */
struct bsf_ub_http_done {
    gba_view impi, btid;
    int64_t expiry_s;
};

struct bsf_ub_http_parts {
    struct rt_loop *loop;
    const struct bsf_conf *conf; /* the first */
    struct rt_live *live;        /* a request keeps to the end what is in force when it arrives */
    struct bsf_zh_fd *zh;
    const struct bsf_store *store;
    const gba_seal_ring *ring;
    struct bsf_seen *seen;
    void (*done)(void *arg, const struct bsf_ub_http_done *done); /* after each; NULL: nobody cares */
    void *done_arg;
};

/* The parts live longer.  E_MEMORY. */
GBA_MUST_USE gba_rc bsf_ub_http_open(const struct bsf_ub_http_parts *parts, struct bsf_ub_http **out);

/* The handler of the HTTP side, for as long as ub. */
struct rt_serve_handler bsf_ub_http_handler(struct bsf_ub_http *ub);

/* How many vectors this subscriber could have now (ub.limits.identity). */
uint32_t bsf_ub_http_vectors_left(const struct bsf_ub_http *ub, gba_view impi);

/* How many challenges wait for their response. */
size_t bsf_ub_http_challenges(const struct bsf_ub_http *ub);

/* After store and Diameter node were closed: wipes; frees once the last request is answered. */
void bsf_ub_http_close(struct bsf_ub_http *ub);
