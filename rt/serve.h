/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP side of a daemon, plain and over TLS: every address of its configuration,
 * opened and closed together and named in the ready line. */
#pragma once

#include "rt/daemon.h"
#include "rt/file.h"
#include "rt/httpd.h"

enum { RT_SERVE_MAX = 16 }; /* of either kind; config/common.opt allows no more */

/* A host name and the PEM files of its certificate chain and key. */
struct rt_serve_name {
    const gba_text *host, *cert, *key;
    /* private */
    struct rt_file_place cert_at, key_at;
    _Atomic(struct rt_tls_ctx *) ctx;
    struct rt_tls_ctx *other; /* while reading anew: the next one, then the last one */
};

/* Who answers, on the daemon's loop. */
struct rt_serve_handler {
    rt_httpd_fn *fn;
    void *arg;
    void (*note)(const void *note_arg, const struct rt_http_tx *tx, void *room); /* see rt_httpd_conf */
    const void *note_arg;
    size_t note_n;
};

/* A server, and the worker on whose thread it is. */
struct rt_serve_at {
    struct rt_httpd *httpd;
    size_t worker;
};

struct rt_serve {
    struct rt_serve_at *at;
    size_t n;
    size_t n_listens;
    _Atomic uint32_t n_conns[2 * RT_SERVE_MAX]; /* of each listener on all workers */
    struct rt_workers *workers;                 /* NULL: all is on the daemon's loop */
    struct rt_http_desk desk;
    struct rt_reasons refused;
    struct rt_serve_name *names; /* of the TLS side */
    size_t n_names;
    struct rt_tls_ctx *door;     /* every handshake begins with it; the first name's at the start */
    struct rt_tls_hooks hooks;
};

struct rt_serve_tls {
    const struct gba_conf_http *http; /* bounds */
    const struct gba_conf_https *https;
    struct rt_serve_name *names;
    size_t n_names;
    struct rt_serve_handler handler;
};

/* Listen on every address, with conf->workers threads that read, parse and encrypt; requests
 * go to the handler.  *serve is zeroed before, and lives as long as the loop and its
 * workers.  What failed is logged; then rt_serve_close closes
 * what was opened.  E_ADDRESS, E_LISTEN, E_MEMORY. */
GBA_MUST_USE gba_rc rt_serve_open(struct rt_serve *serve, struct rt_daemon *daemon,
                                  const struct gba_conf_http *conf,
                                  const struct rt_serve_handler *handler);

/* The same over TLS 1.2 and 1.3, after rt_serve_open.  A client that asks for none of the
 * names is refused; one that asks for no name gets the first.  names lives as long as *serve.
 * E_TLS_CONF, E_CERT_NAME: a file cannot be used, or the certificate is for another name. */
GBA_MUST_USE gba_rc rt_serve_open_tls(struct rt_serve *serve, struct rt_daemon *daemon,
                                      const struct rt_serve_tls *conf);

/* Read certificates and keys anew: what they are now is shown from the next handshake on,
 * while connections that are there go on.  As rt_serve_open_tls, and then nothing has changed. */
GBA_MUST_USE gba_rc rt_serve_renew(struct rt_serve *serve);

/* One line a reason (http.count): requests that no handler heard of. */
void rt_serve_log_counters(const struct rt_serve *serve);

/* Take no new connections; how many still do something. */
void rt_serve_drain(struct rt_serve *serve);
size_t rt_serve_busy(const struct rt_serve *serve);

/* Ends names too: no handshake gets through any more. */
void rt_serve_close(struct rt_serve *serve);
