/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a running keystrap-peer consists of. */
#pragma once

#include "m2m/io/front.h"
#include "m2m/io/peer_link.h"
#include "m2m/io/store.h"
#include "m2m/peer_conf.h"
#include "rt/fdiam.h"

enum { M2M_PEER_OPEN_MAX = 16 };

/* Zeroed before; do not copy. */
struct m2m_peer_run {
    const struct m2m_peer_conf *conf;
    struct rt_loop *loop;
    struct m2m_files files;
    struct m2m_store store;
    struct m2m_party *parties;
    struct m2m_source *sources;
    struct m2m_ask_source *askable; /* the MEFs and MAFs of sources */
    size_t askable_n;
    struct m2m_target target;
    struct rt_dia *dia;
    struct naf_conf zn_conf; /* routes and diameter */
    struct naf_service zn_service;
    struct m2m_conf_name name;
    struct m2m_front_name contexts;
    struct m2m_front front;
    struct rt_httpd *open[M2M_PEER_OPEN_MAX];
    size_t open_n;
    struct rt_tls_hooks hooks;
    struct m2m_peer_link link;
    struct rt_timer *sweep;
};

/* What failed is logged; then m2m_peer_stop. */
GBA_MUST_USE gba_rc m2m_peer_start(struct m2m_peer_run *run, struct rt_daemon *daemon,
                                   const struct m2m_peer_conf *conf);
void m2m_peer_log_counters(const struct m2m_peer_run *run);

/* Close what is open. */
void m2m_peer_stop(struct m2m_peer_run *run);

/* Once the loop has ended: free and wipe. */
void m2m_peer_free(struct m2m_peer_run *run);
