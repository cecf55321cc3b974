/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's interface of a daemon: JSON over plain HTTP on loopback, for whoever
 * can show the token (Authorization: Bearer).  Roles add what they serve:
 *
 *   GBA_TRY(m2m_admin_open(&app->admin, daemon, &app->conf.admin));     in start
 *   m2m_admin_mef_mount(&app->admin_mef, &app->admin, ...);             m2m/io/admin_mef.h
 *   m2m_admin_maf_mount(&app->admin_maf, &app->admin, ...);             m2m/io/admin_maf.h
 *   ...
 *   m2m_admin_close(&app->admin);                                       in stop
 *
 * with `struct m2m_conf_admin admin` in the configuration as an optional section (its rows
 * are m2m_conf_admin_rows, its cross-field check m2m_conf_admin_check).  Without
 * addresses in it nothing is opened, and mounting is harmless.
 *
 * A refusal is {"error":"<reason code>","text":"<sentence>"[,"at":"<member at fault>"]}.
 */
#pragma once

#include "gba/wire/json.h"
#include "m2m/conf.h"
#include "rt/daemon.h"
#include "rt/httpd.h"

/* What is asked of one resource; views live during the call. */
struct m2m_admin_ask {
    const gba_env *env;
    gba_view name; /* what stands for '*' in the path, percent-decoded; absent: no '*' */
    gba_view body;
    gba_view signature; /* over the body, DER, from Keystrap-Signature; absent: none */
    gba_writer *out;    /* JSON of the answer; nothing written: 204 */
    gba_text *at;       /* on failure: the member at fault; starts empty */
};
typedef gba_rc m2m_admin_fn(void *arg, const struct m2m_admin_ask *ask);

/* A row of a constant table, ended by {0}: "GET", "/v1/enrolees/ * /token" without blanks. */
struct m2m_admin_route {
    const char *method, *path;
    m2m_admin_fn *fn;
};

enum { M2M_ADMIN_LISTEN_MAX = 2, M2M_ADMIN_TABLES_MAX = 4, M2M_ADMIN_ANSWER_MAX = 16 * 1024 * 1024 };

/* Zeroed before; lives as long as the loop. */
struct m2m_admin {
    struct rt_httpd *at[M2M_ADMIN_LISTEN_MAX];
    size_t n;
    struct rt_loop *loop;
    struct {
        const struct m2m_admin_route *routes;
        void *arg;
    } tables[M2M_ADMIN_TABLES_MAX];
    size_t tables_n;
    uint8_t token[256]; /* wiped by m2m_admin_close */
    size_t token_n;
    struct rt_reasons refused;
};

/* Read the token, listen on every address; the ready line has admin=.  What failed is
 * logged.  E_FILE, E_SPACE, E_TOO_SHORT and E_CHARSET (token), E_ADMIN_ADDRESS,
 * E_ADDRESS, E_LISTEN, E_MEMORY. */
GBA_MUST_USE gba_rc m2m_admin_open(struct m2m_admin *admin, struct rt_daemon *daemon,
                                   const struct m2m_conf_admin *conf);

/* Is this ADDRESS:PORT on loopback?  E_ADDRESS, E_ADMIN_ADDRESS. */
GBA_MUST_USE gba_rc m2m_admin_address_check(gba_view address);

/* Serve these too; both live as long as the loop. */
void m2m_admin_add(struct m2m_admin *admin, const struct m2m_admin_route *routes, void *arg);

/* Also after m2m_admin_open failed or was never called. */
void m2m_admin_close(struct m2m_admin *admin);
