/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The side of a MEF, MAF or peer that others connect to: the contexts of a name it
 * has, and its listeners for TLS and DTLS.
 */
#pragma once

#include "m2m/io/coap_server.h"
#include "m2m/io/files.h"
#include "m2m/io/status.h"
#include "rt/daemon.h"
#include "rt/httpd.h"

/* ---- a name ---- */

struct m2m_front_name_conf {
    const struct m2m_conf_name *name; /* lives as long */
    bool raw_keys, forward_secrecy;
    const char *psk_hint; /* NULL: none */
};

/* Zeroed before. */
struct m2m_front_name {
    struct rt_tls_ctx *tls, *dtls;
    struct m2m_front_name_conf conf;
    struct rt_loop *loop;
    struct rt_timer *timer;
};

/* Both contexts; an OCSP response to staple is read now and every minute.  What failed is
 * logged.  E_FILE, E_SPACE, E_TLS_CONF, E_MEMORY. */
GBA_MUST_USE gba_rc m2m_front_name_open(struct m2m_front_name *name, struct rt_loop *loop,
                                        const struct m2m_front_name_conf *conf);

/* Keep our own status stapled, unless a file says what to staple.  E_FILE, E_SPACE, E_CERT, E_MEMORY. */
GBA_MUST_USE gba_rc m2m_front_name_staple(const struct m2m_front_name *name, struct m2m_status_desk *desk);

/* Also after a failure. */
void m2m_front_name_close(struct m2m_front_name *name);

/* What a peer showed, as rules want it; views into *shown. */
struct m2m_shown m2m_front_shown(const struct rt_tls_shown *shown);

/* ---- listeners ---- */

enum { M2M_FRONT_MAX = 16 }; /* config/m2m.opt allows no more of a kind */

struct m2m_front_conf {
    const struct gba_opt_list *listen, *listen_dtls; /* of gba_text */
    const struct m2m_conf_limits *limits;
    struct rt_tls_ctx *tls, *dtls; /* for clients that name nobody */
    const struct rt_tls_hooks *tls_hooks, *dtls_hooks;
    const char *name, *name_dtls; /* in the ready line */
    rt_httpd_fn *on_request;
    void *arg; /* of on_request */
    struct m2m_coap_server *coap; /* what serves datagrams */
};

/* Zeroed before; lives as long as the loop. */
struct m2m_front {
    struct rt_httpd *tls[M2M_FRONT_MAX];
    struct rt_dtls_server *dtls[M2M_FRONT_MAX];
    size_t tls_n, dtls_n;
    struct rt_reasons refused; /* what no handler heard of */
};

/* Listen on every address.  What failed is logged; then m2m_front_close closes what was
 * opened.  E_ADDRESS, E_LISTEN, E_MEMORY. */
GBA_MUST_USE gba_rc m2m_front_open(struct m2m_front *front, struct rt_daemon *daemon,
                                   const struct m2m_front_conf *conf);

void m2m_front_close(struct m2m_front *front);
