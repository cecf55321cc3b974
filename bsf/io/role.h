/* SPDX-License-Identifier: Apache-2.0 */
/* Bootstrapping as a role of keystrap-bsf: Ub, Zh and Zn with the store between them,
 * opened and closed together. */
#pragma once

#include "bsf/io/seen.h"
#include "bsf/io/ub_http.h"
#include "bsf/io/zn_fd.h"
#include "rt/serve.h"

/* Zeroed before. */
struct bsf_role {
    gba_seal_ring ring; /* what records are sealed with */
    struct bsf_store store;
    struct rt_dia *dia;
    struct bsf_zh_fd *zh;
    struct bsf_ub_http *ub;
    struct bsf_zn_fd *zn;
    struct bsf_seen seen;
    struct rt_daemon *daemon; /* NULL: nobody watches */
    struct rt_serve serve;
    struct rt_serve_name names[64]; /* of TLS; config/bsf.opt allows no more */
};

/* What the MEF has to do with it; all NULL: there is none. */
struct bsf_role_mef {
    const struct bsf_zn_mef *zn;
    void (*done)(void *arg, const struct bsf_ub_http_done *done);
    void *done_arg;
};

/* When there are names; else nothing.  What failed is logged; close all the same. */
GBA_MUST_USE gba_rc bsf_role_open(struct bsf_role *role, struct rt_daemon *daemon,
                                  const struct bsf_conf *conf, const struct bsf_role_mef *mef);

/* Take over what configurations do not hold: the certificates of TLS.  As rt_serve_renew. */
GBA_MUST_USE gba_rc bsf_role_reload(struct bsf_role *role);

/* One notice for each counter. */
void bsf_role_log_counters(const struct bsf_role *role);

/* Take no new connections of devices; how much is in progress on Ub and Zn. */
void bsf_role_drain(struct bsf_role *role);
size_t bsf_role_busy(const struct bsf_role *role);

void bsf_role_close(struct bsf_role *role);
