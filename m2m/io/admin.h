/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's interface of a daemon: JSON over plain HTTP on loopback, for whoever
 * can show the token (Authorization: Bearer).  What every daemon serves stands in
 * m2m/io/admin_watch.h; roles add what they serve:
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
#include "m2m/io/admin_watch.h"
#include "rt/daemon.h"
#include "rt/httpd.h"

struct m2m_admin_later;

/* How success is answered: application/json and 200 unless the handler says otherwise. */
struct m2m_admin_how {
    const char *type;
    unsigned status;
};

/* What is asked of one resource; lives during the call, or until the answer when that comes later. */
struct m2m_admin_ask {
    const gba_env *env;
    gba_view name;  /* what stands for '*' in the path, percent-decoded; absent: no '*' */
    gba_view query; /* behind '?'; m2m_admin_query */
    gba_view body;
    gba_view signature; /* over the body, DER, from Keystrap-Signature; absent: none */
    gba_writer *out;    /* JSON of the answer; nothing written: 204 */
    gba_text *at;       /* on failure: the member at fault; starts empty */
    struct m2m_admin_how *how;
    struct m2m_admin_later *later; /* for m2m_admin_later */
};
typedef gba_rc m2m_admin_fn(void *arg, const struct m2m_admin_ask *ask);

/* A row of a constant table, ended by {0}: "GET", "/v1/enrolees/ * /token" without blanks. */
struct m2m_admin_route {
    const char *method, *path;
    m2m_admin_fn *fn;
};

/* Who may ask.  On addresses for metrics only OPEN and SCRAPE are served. */
enum m2m_admin_access {
    M2M_ADMIN_TOKEN,  /* who shows the token */
    M2M_ADMIN_SCRAPE, /* who shows the token, and anybody on addresses for metrics */
    M2M_ADMIN_OPEN,   /* anybody */
};

struct m2m_admin_table {
    const struct m2m_admin_route *routes;
    void *arg;
    enum m2m_admin_access access;
};

enum { M2M_ADMIN_LISTEN_MAX = 2, M2M_ADMIN_TABLES_MAX = 8, M2M_ADMIN_ANSWER_MAX = 16 * 1024 * 1024 };

/* Zeroed before; lives as long as the loop. */
struct m2m_admin {
    struct rt_httpd *at[2 * M2M_ADMIN_LISTEN_MAX];
    size_t n;
    struct rt_loop *loop;
    struct m2m_admin_watch watch;
    struct m2m_admin_table tables[M2M_ADMIN_TABLES_MAX];
    size_t tables_n;
    uint8_t token[256]; /* wiped by m2m_admin_close */
    size_t token_n;
    struct rt_reasons refused;
};

/* Read the token, listen on every address; the ready line has admin= and metrics=.  What failed is
 * logged.  E_FILE, E_SPACE, E_TOO_SHORT and E_CHARSET (token), E_ADMIN_ADDRESS,
 * E_ADDRESS, E_LISTEN, E_MEMORY. */
GBA_MUST_USE gba_rc m2m_admin_open(struct m2m_admin *admin, struct rt_daemon *daemon,
                                   const struct m2m_conf_admin *conf);

/* Is this ADDRESS:PORT on loopback?  E_ADDRESS, E_ADMIN_ADDRESS. */
GBA_MUST_USE gba_rc m2m_admin_address_check(gba_view address);

/* Serve these too; both live as long as the loop. */
void m2m_admin_add(struct m2m_admin *admin, const struct m2m_admin_route *routes, void *arg);

/* The same for whom it says. */
void m2m_admin_add_as(struct m2m_admin *admin, enum m2m_admin_access access,
                      const struct m2m_admin_route *routes, void *arg);

/* The handler answers later: it calls this, keeps what is returned, returns OK, and calls
 * m2m_admin_answer exactly once. */
struct m2m_admin_later *m2m_admin_later(const struct m2m_admin_ask *ask);

/* What was asked, with the time of now. */
const struct m2m_admin_ask *m2m_admin_ask_of(struct m2m_admin_later *later);
void m2m_admin_answer(struct m2m_admin_later *later, gba_rc rc);

/* The value of one name in the query, percent-decoded; empty: it is not there.
 * E_ADMIN_QUERY (malformed or repeated), E_TOO_LONG, E_CHARSET. */
GBA_MUST_USE gba_rc m2m_admin_query(const struct m2m_admin_ask *ask, const char *name, gba_text *value);

/* Also after m2m_admin_open failed or was never called. */
void m2m_admin_close(struct m2m_admin *admin);
