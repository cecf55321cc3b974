/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "bsf/io/admin_bsf.h"
#include "bsf/io/mef_role.h"
#include "m2m/io/admin_mef.h"

struct app {
    struct bsf_conf conf;
    struct m2m_mef_server mef;
    struct bsf_mef_role between;
    struct bsf_role bsf;
    struct m2m_admin admin;
    struct m2m_admin_mef admin_mef;
    struct bsf_admin *admin_bsf;
};

static void log_counters(void *arg)
{
    const struct app *app = arg;
    bsf_role_log_counters(&app->bsf);
    m2m_mef_server_log_counters(&app->mef);
}

static gba_rc start_mef(struct app *app, struct rt_daemon *daemon)
{
    const struct m2m_conf_mef *conf = &app->conf.mef;
    GBA_TRY(m2m_mef_server_open(&app->mef, daemon, conf));
    GBA_TRY(m2m_admin_open(&app->admin, daemon, &app->conf.admin));
    if (conf->names.n == 0)
        return GBA_OK;
    return m2m_admin_mef_mount(&app->admin_mef, &app->admin, &app->mef.engine, &conf->instructions_key);
}

static gba_rc start(void *arg, struct rt_daemon *daemon)
{
    struct app *app = arg;
    GBA_TRY(start_mef(app, daemon));
    const struct bsf_role_mef mef = bsf_mef_role_of(&app->between, &app->mef);
    GBA_TRY(bsf_role_open(&app->bsf, daemon, &app->conf, &mef));
    if (app->conf.names.n > 0)
        GBA_TRY(bsf_admin_mount(&app->admin, daemon, &app->bsf, &app->admin_bsf));
    return rt_on_signal(rt_daemon_loop(daemon), SIGUSR1, log_counters, app);
}

static gba_rc reload(void *arg, const void *next)
{
    struct app *app = arg;
    (void)next; /* who serves requests asks rt_live */
    return bsf_role_reload(&app->bsf);
}

static void drain(void *arg)
{
    struct app *app = arg;
    bsf_role_drain(&app->bsf);
}

static size_t busy(void *arg)
{
    const struct app *app = arg;
    return bsf_role_busy(&app->bsf);
}

static void stop(void *arg)
{
    struct app *app = arg;
    log_counters(app);
    m2m_admin_close(&app->admin);
    bsf_role_close(&app->bsf);
    bsf_admin_free(app->admin_bsf);
    m2m_mef_server_close(&app->mef);
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
                                  .conf_size = sizeof app.conf,
                                  .log = &app.conf.log,
                                  .confine = &app.conf.confine,
                                  .stop_ms = &app.conf.stop_ms,
                                  .check = check,
                                  .start = start,
                                  .reload = reload,
                                  .drain = drain,
                                  .busy = busy,
                                  .stop = stop,
                                  .arg = &app,
                              });
    m2m_mef_server_free(&app.mef);
    return code;
}
