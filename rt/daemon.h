/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the main of every daemon shares: arguments, configuration, log, loop,
 * signals and exit codes.  A main.c says what is its own and nothing else:
 *
 *   struct bsf_app {
 *       struct bsf_conf conf;
 *       struct rt_httpd *httpd;
 *       struct rt_dia *dia;
 *   };
 *
 *   static gba_rc start(void *arg, struct rt_daemon *daemon)
 *   {
 *       struct bsf_app *app = arg;
 *       gba_text address;
 *       GBA_TRY(rt_httpd_open(rt_daemon_loop(daemon), &httpd_conf, on_request, app, &app->httpd));
 *       rt_httpd_address(app->httpd, &address);
 *       rt_daemon_listens(daemon, "ub", gba_text_view(&address));
 *       return GBA_OK;
 *   }
 *
 *   static void stop(void *arg)          also after a start that failed half-way
 *   {
 *       struct bsf_app *app = arg;
 *       if (app->httpd)
 *           rt_httpd_close(app->httpd);
 *   }
 *
 *   static void check(const void *conf, const struct gba_conf_sink *sink)
 *   {
 *       bsf_conf_check(conf, sink);
 *   }
 *
 *   int main(int argc, char **argv)
 *   {
 *       static struct bsf_app app;
 *       return rt_daemon_main(argc, argv, &(struct rt_daemon_spec){
 *           .program = "keystrap-bsf", .summary = "GBA bootstrapping server function",
 *           .conf_file = "/etc/keystrap/bsf.yaml", .rows = bsf_conf_rows,
 *           .conf = &app.conf, .conf_size = sizeof app.conf, .log = &app.conf.log, .check = check,
 *           .start = start, .stop = stop, .arg = &app});
 *   }
 *
 *     keystrap-bsf [-c FILE] [-t|--check-config] [--help] [--version]
 *
 * SIGHUP reads the configuration anew.  SIGTERM or SIGINT stops: what is in progress is
 * ended first, for a bounded time; a second one ends at once.
 *
 * Exit codes: 0 stopped by SIGTERM or SIGINT, or the configuration is good;
 * 1 the start failed (the log says why); 2 wrong usage or configuration.
 */
#pragma once

#include "gba/base/conf.h"
#include "rt/health.h"
#include "rt/live.h"
#include "rt/metrics.h"
#include "rt/workers.h"

struct rt_daemon;

struct rt_daemon_spec {
    const char *program;
    const char *summary;   /* one line for --help */
    const char *conf_file; /* used without -c */
    const struct gba_opt *rows;
    void *conf;                     /* zeroed; filled before start; what never changes is used from here */
    size_t conf_size;               /* octets of it */
    const struct gba_conf_log *log; /* inside conf */
    const struct gba_conf_confine *confine; /* inside conf; may be NULL */
    const uint32_t *stop_ms;        /* inside conf: how long what is in progress may take to end */
    void (*check)(const void *conf, const struct gba_conf_sink *sink); /* cross-field; may be NULL */

    /* Open everything on the loop.  Signals that stop are blocked here, so
     * threads made here never see them.  A failure ends the daemon with 1 after
     * stop was called; log what was being tried. */
    gba_rc (*start)(void *arg, struct rt_daemon *daemon);

    /* `next` is about to be in force (rt_daemon_live): take over what is kept elsewhere.  A
     * failure, which it logs, changes nothing.  May be NULL. */
    gba_rc (*reload)(void *arg, const void *next);

    /* Take no new work; how much is still in progress.  NULL: there never is any. */
    void (*drain)(void *arg);
    size_t (*busy)(void *arg);

    /* Close what is open; the loop runs on until all handles are gone. */
    void (*stop)(void *arg);
    void *arg;
};

/* Returns the exit code for main. */
int rt_daemon_main(int argc, char **argv, const struct rt_daemon_spec *spec);

/* Keys live in this process: no core file, no attaching by other processes of the
 * user.  rt_daemon_main does it; programs with another main call it first. */
void rt_forbid_dumps(void);

const char *rt_daemon_program(const struct rt_daemon *daemon);
struct rt_loop *rt_daemon_loop(struct rt_daemon *daemon);

/* Where components register what they count, and what it takes to be ready. */
struct rt_metrics *rt_daemon_metrics(struct rt_daemon *daemon);
struct rt_health *rt_daemon_health(struct rt_daemon *daemon);

/* n worker threads, made for the first who asks; they end after the loop.  E_MEMORY. */
GBA_MUST_USE gba_rc rt_daemon_workers(struct rt_daemon *daemon, size_t n, struct rt_workers **out);

/* What describes them. */
const struct gba_opt *rt_daemon_rows(const struct rt_daemon *daemon);

/* Configurations, for whoever serves requests. */
struct rt_live *rt_daemon_live(struct rt_daemon *daemon);

/* As SIGHUP does: read and check the file anew, take over what can change while requests in
 * progress keep what they started with.  E_CONFIG, E_FILE, E_MEMORY or what spec->reload
 * says: nothing has changed.  On the loop's thread. */
GBA_MUST_USE gba_rc rt_daemon_reload(struct rt_daemon *daemon);

/* Lines about the last reload, until the next one: what is wrong with the file, or, when it
 * was good, each option that differs: "FILE: KEY: changed", "FILE: KEY: needs a restart". */
gba_view rt_daemon_reload_said(const struct rt_daemon *daemon);

/* Started, and not stopping. */
bool rt_daemon_ready(const struct rt_daemon *daemon);

/* Name an address for the ready line, at most 8 of them; `name` must stay. After a
 * good start one line tells all: "daemon.ready version=0.1.0 ub=127.0.0.1:8080 zn=...". */
void rt_daemon_listens(struct rt_daemon *daemon, const char *name, gba_view address);
