/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "bsf/io/role.h"

struct app {
    struct bsf_conf conf;
    struct bsf_role bsf;
};

static void log_counters(void *arg)
{
    const struct app *app = arg;
    bsf_role_log_counters(&app->bsf);
}

static gba_rc start(void *arg, struct rt_daemon *daemon)
{
    struct app *app = arg;
    const struct bsf_role_mef mef = {NULL, NULL, NULL};
    GBA_TRY(bsf_role_open(&app->bsf, daemon, &app->conf, &mef));
    return rt_on_signal(rt_daemon_loop(daemon), SIGUSR1, log_counters, app);
}

static void stop(void *arg)
{
    struct app *app = arg;
    log_counters(app);
    bsf_role_close(&app->bsf);
}

static void check(const void *conf, const struct gba_conf_sink *sink)
{
    bsf_conf_check(conf, sink);
}

int main(int argc, char **argv)
{
    static struct app app;
    int code = rt_daemon_main(argc, argv,
                              &(struct rt_daemon_spec){
                                  .program = "keystrap-bsf",
                                  .summary = "GBA bootstrapping server function, M2M Enrolment Function",
                                  .conf_file = "/etc/keystrap/bsf.yaml",
                                  .rows = bsf_conf_rows,
                                  .conf = &app.conf,
                                  .log = &app.conf.log,
                                  .check = check,
                                  .start = start,
                                  .stop = stop,
                                  .arg = &app,
                              });
    return code;
}
