/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "naf/io/proxy.h"
#include "rt/daemon.h"
#include "rt/node.h"
#include "rt/serve.h"

struct app {
    struct naf_conf conf;
    struct rt_dia *dia;
    struct naf_proxy *proxy;
    struct rt_serve serve;
};

static void log_counters(void *arg)
{
    const struct app *app = arg;
    if (app->proxy)
        naf_proxy_log_counters(app->proxy);
    if (app->dia)
        rt_dia_log_counters(app->dia);
    rt_serve_log_counters(&app->serve);
}

static gba_rc start(void *arg, struct rt_daemon *daemon)
{
    static const uint32_t apps[] = {DIA_APP_ZN};
    struct app *app = arg;
    GBA_TRY(rt_node_start(rt_daemon_loop(daemon), &app->conf.diameter, apps, 1, &app->dia));
    GBA_TRY(naf_proxy_open(rt_daemon_loop(daemon), &app->conf, app->dia, &app->proxy));
    GBA_TRY(rt_on_signal(rt_daemon_loop(daemon), SIGUSR1, log_counters, app));
    return rt_serve_open(&app->serve, daemon, &app->conf.http, naf_proxy_on_request, app->proxy);
}

/* Diameter first: whatever waits for the BSF is answered while the proxy lives. */
static void stop(void *arg)
{
    struct app *app = arg;
    rt_serve_close(&app->serve);
    rt_serve_log_counters(&app->serve);
    if (app->dia) {
        rt_dia_log_counters(app->dia);
        rt_dia_close(app->dia, 2000);
    }
    if (app->proxy)
        naf_proxy_close(app->proxy);
}

static void check(const void *conf, const struct gba_conf_sink *sink)
{
    naf_conf_check(conf, sink);
}

int main(int argc, char **argv)
{
    static struct app app;
    return rt_daemon_main(argc, argv,
                          &(struct rt_daemon_spec){
                              .program = "keystrap-naf",
                              .summary = "GBA network application function: a reverse proxy for devices",
                              .conf_file = "/etc/keystrap/naf.yaml",
                              .rows = naf_conf_rows,
                              .conf = &app.conf,
                              .log = &app.conf.log,
                              .check = check,
                              .start = start,
                              .stop = stop,
                              .arg = &app,
                          });
}
