/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "bsf/io/store_mem.h"
#include "bsf/io/ub_http.h"
#include "bsf/io/zn_fd.h"
#include "rt/daemon.h"
#include "rt/log.h"
#include "rt/node.h"
#include "rt/serve.h"

struct app {
    struct bsf_conf conf;
    gba_seal_key key; /* of this process: records in memory do not outlive it */
    struct bsf_store store;
    struct rt_dia *dia;
    struct bsf_ub_http *ub;
    struct bsf_zn_fd *zn;
    struct rt_serve serve;
};

static void log_counters(void *arg)
{
    const struct app *app = arg;
    if (app->ub)
        bsf_ub_http_log_counters(app->ub);
    if (app->zn)
        bsf_zn_fd_log_counters(app->zn);
    if (app->dia)
        rt_dia_log_counters(app->dia);
    rt_serve_log_counters(&app->serve);
    if (app->store.count)
        rt_log(RT_LOG_NOTICE, "store.count", RT_NUM("n", app->store.count(app->store.self)));
}

static gba_rc start(void *arg, struct rt_daemon *daemon)
{
    static const uint32_t apps[] = {DIA_APP_ZH, DIA_APP_ZN};
    struct app *app = arg;
    struct rt_loop *loop = rt_daemon_loop(daemon);
    gba_env_random(rt_loop_env(loop), app->key.b, sizeof app->key.b);
    GBA_TRY(bsf_store_mem_open(loop, app->conf.store.max_records, &app->store));
    GBA_TRY(rt_node_start(loop, &app->conf.diameter, apps, 2, &app->dia));
    GBA_TRY(bsf_zn_fd_open(&(struct bsf_zn_fd_parts){loop, &app->conf, app->dia, &app->store, &app->key},
                           &app->zn));
    GBA_TRY(bsf_ub_http_open(&(struct bsf_ub_http_parts){loop, &app->conf, app->dia, &app->store, &app->key},
                             &app->ub));
    GBA_TRY(rt_on_signal(loop, SIGUSR1, log_counters, app));
    return rt_serve_open(&app->serve, daemon, &app->conf.http, bsf_ub_http_on_request, app->ub);
}

/* The store first, then Diameter: what waits for them is answered while its adapter lives. */
static void stop(void *arg)
{
    struct app *app = arg;
    rt_serve_close(&app->serve);
    log_counters(app);
    if (app->store.close)
        app->store.close(app->store.self);
    if (app->dia)
        rt_dia_close(app->dia, 2000);
    if (app->zn)
        bsf_zn_fd_close(app->zn);
    if (app->ub)
        bsf_ub_http_close(app->ub);
    gba_wipe(&app->key);
}

static void check(const void *conf, const struct gba_conf_sink *sink)
{
    bsf_conf_check(conf, sink);
}

int main(int argc, char **argv)
{
    static struct app app;
    return rt_daemon_main(argc, argv,
                          &(struct rt_daemon_spec){
                              .program = "keystrap-bsf",
                              .summary = "GBA bootstrapping server function",
                              .conf_file = "/etc/keystrap/bsf.yaml",
                              .rows = bsf_conf_rows,
                              .conf = &app.conf,
                              .log = &app.conf.log,
                              .check = check,
                              .start = start,
                              .stop = stop,
                              .arg = &app,
                          });
}
