/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "m2m/io/admin_maf.h"
#include "m2m/io/maf_server.h"
#include "naf/io/proxy.h"
#include "rt/daemon.h"
#include "rt/node.h"
#include "rt/serve.h"

struct app {
    struct naf_conf conf;
    struct rt_dia *dia;
    struct naf_proxy *proxy;
    struct rt_serve serve;
    struct m2m_maf *maf;
    struct m2m_admin admin;
};

static void log_counters(void *arg)
{
    const struct app *app = arg;
    if (app->proxy)
        naf_proxy_log_counters(app->proxy);
    if (app->maf)
        m2m_maf_log_counters(app->maf);
    if (app->dia)
        rt_dia_log_counters(app->dia);
    rt_serve_log_counters(&app->serve);
}

static gba_rc start_maf(struct app *app, struct rt_daemon *daemon)
{
    GBA_TRY(m2m_maf_open(daemon, &app->conf, app->dia, &app->maf));
    GBA_TRY(m2m_admin_open(&app->admin, daemon, &app->conf.admin));
    m2m_admin_maf_mount(&app->admin, m2m_maf_target(app->maf));
    return GBA_OK;
}

static gba_rc start_proxy(struct app *app, struct rt_daemon *daemon)
{
    GBA_TRY(naf_proxy_open(daemon, &app->conf, app->dia, &app->proxy));
    const struct rt_serve_handler handler = {.fn = naf_proxy_on_request, .arg = app->proxy};
    return rt_serve_open(&app->serve, daemon, &app->conf.http, &handler);
}

static gba_rc start(void *arg, struct rt_daemon *daemon)
{
    static const uint32_t apps[] = {DIA_APP_ZN};
    struct app *app = arg;
    GBA_TRY(rt_on_signal(rt_daemon_loop(daemon), SIGUSR1, log_counters, app));
    if (app->conf.diameter.identity.n > 0)
        GBA_TRY(rt_node_start(rt_daemon_loop(daemon), &app->conf.diameter, apps, 1, &app->dia));
    if (app->conf.maf.name.fqdn.n > 0)
        GBA_TRY(start_maf(app, daemon));
    return app->conf.services.n > 0 ? start_proxy(app, daemon) : GBA_OK;
}

static void drain(void *arg)
{
    struct app *app = arg;
    rt_serve_drain(&app->serve);
}

static size_t busy(void *arg)
{
    const struct app *app = arg;
    return rt_serve_busy(&app->serve);
}

/* Diameter before what asks by it: whatever waits for the BSF is answered still. */
static void stop(void *arg)
{
    struct app *app = arg;
    rt_serve_close(&app->serve);
    m2m_admin_close(&app->admin);
    m2m_maf_close(app->maf);
    log_counters(app);
    if (app->dia)
        rt_dia_close(app->dia, 2000);
    if (app->proxy)
        naf_proxy_close(app->proxy);
    m2m_maf_stop(app->maf);
}

static void check(const void *conf, const struct gba_conf_sink *sink)
{
    naf_conf_check(conf, sink);
}

int main(int argc, char **argv)
{
    static struct app app;
    int code = rt_daemon_main(argc, argv,
                              &(struct rt_daemon_spec){
                                  .program = "keystrap-naf",
                                  .summary = "GBA network application function: reverse proxy, MAF of oneM2M",
                                  .conf_file = "/etc/keystrap/naf.yaml",
                                  .rows = naf_conf_rows,
                                  .conf = &app.conf,
                                  .conf_size = sizeof app.conf,
                                  .log = &app.conf.log,
                                  .confine = &app.conf.confine,
                                  .stop_ms = &app.conf.stop_ms,
                                  .check = check,
                                  .start = start,
                                  .drain = drain,
                                  .busy = busy,
                                  .stop = stop,
                                  .arg = &app,
                              });
    m2m_maf_free(app.maf);
    return code;
}
