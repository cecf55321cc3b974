/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MEF as a role of a daemon: listeners for TLS and DTLS, with whom they let in;
 * enrolment at the end of each handshake of an Enrolee; requests of targets
 * and Enrolees (m2m/io/mef_desk.h).
 */
#pragma once

#include "m2m/io/coap_server.h"
#include "m2m/io/front.h"
#include "m2m/io/status.h"
#include "m2m/io/store.h"
#include "m2m/mef.h"
#include "rt/reasons.h"

enum { M2M_MEF_NAMES_MAX = 64 }; /* config/m2m.opt allows no more */

struct m2m_mef_server;

/* One kind of listener. */
struct m2m_mef_side {
    struct m2m_mef_server *server;
    bool dtls;
    struct rt_tls_hooks hooks;
};

/* Zeroed before. */
struct m2m_mef_server {
    struct rt_loop *loop;
    const struct m2m_conf_mef *conf;
    struct m2m_store store;
    struct m2m_mef engine;
    gba_text names[M2M_MEF_NAMES_MAX];
    struct m2m_front_name fronts[M2M_MEF_NAMES_MAX]; /* of each name */
    size_t fronts_n;
    struct m2m_party *targets;
    struct m2m_files files;
    struct m2m_status_desk *desk;
    struct m2m_mef_side tls, dtls;
    struct m2m_front front;
    struct rt_timer *sweep;
    struct m2m_coap_server coap;
    bool closing;
    struct rt_reasons reasons;
};

/* What a connection is bound to from the end of its handshake on (rt_tls_kept). */
struct m2m_mef_session {
    const gba_text *name; /* of ours that it asked for */
    struct m2m_mef_who who;
    struct m2m_mef_enrolled enrolled; /* of an Enrolee */
    bool exported;                    /* its connection key was registered */
};

/* Listen, when the section is there (names).  What failed is logged; close and free all
 * the same.  E_FILE, E_DB, E_SEAL, E_TLS_CONF, E_ADDRESS, E_LISTEN, E_MEMORY. */
GBA_MUST_USE gba_rc m2m_mef_server_open(struct m2m_mef_server *server, struct rt_daemon *daemon,
                                        const struct m2m_conf_mef *conf);

/* One notice for each reason (mef.count). */
void m2m_mef_server_log_counters(const struct m2m_mef_server *server);

/* When the daemon stops; and once its loop is gone. */
void m2m_mef_server_close(struct m2m_mef_server *server);
void m2m_mef_server_free(struct m2m_mef_server *server);
