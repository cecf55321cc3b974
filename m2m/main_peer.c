/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "m2m/io/peer_run.h"
#include "rt/daemon.h"

struct app {
    struct m2m_peer_conf conf;
    struct m2m_peer_run run;
};

static void log_counters(void *arg)
{
    m2m_peer_log_counters(arg);
}

static gba_rc start(void *arg, struct rt_daemon *daemon)
{
    struct app *app = arg;
    GBA_TRY(m2m_peer_start(&app->run, daemon, &app->conf));
    return rt_on_signal(rt_daemon_loop(daemon), SIGUSR1, log_counters, &app->run);
}

static void stop(void *arg)
{
    struct app *app = arg;
    m2m_peer_stop(&app->run);
}

static void check(const void *conf, const struct gba_conf_sink *sink)
{
    m2m_peer_conf_check(conf, sink);
}

int main(int argc, char **argv)
{
    static struct app app;
    int code =
        rt_daemon_main(argc, argv,
                       &(struct rt_daemon_spec){
                           .program = "keystrap-peer",
                           .summary = "a small Registrar of oneM2M: the other end of security associations",
                           .conf_file = "/etc/keystrap/peer.yaml",
                           .rows = m2m_peer_conf_rows,
                           .conf = &app.conf,
                           .conf_size = sizeof app.conf,
                           .log = &app.conf.log,
                           .check = check,
                           .start = start,
                           .stop = stop,
                           .arg = &app,
                       });
    m2m_peer_free(&app.run);
    return code;
}
