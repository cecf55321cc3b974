/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "hss/io/subs_file.h"
#include "hss/io/zh_fd.h"
#include "rt/daemon.h"
#include "rt/log.h"
#include "rt/node.h"

struct app {
    struct hss_conf conf;
    struct hss_subs_file file;
    struct hss_subs_file read; /* by the last check, not in use */
    struct hss_auc auc;
    struct rt_loop *loop;
    struct rt_dia *dia;
    struct hss_zh_fd *zh;
};

static struct app app;

static gba_rc open_sqn_file(const struct hss_conf *conf, struct hss_subs_file *file,
                            struct hss_sqn_file **out)
{
    gba_text why = {0, ""};
    struct hss_sqn_start *starts = calloc(file->n, sizeof *starts);
    GBA_ENSURE(starts != NULL, GBA_E_MEMORY);
    for (uint32_t i = 0; i < file->n; i++)
        starts[i] = (struct hss_sqn_start){&file->subs.sub[i].impi, file->subs.sub[i].sqn.last, 0};
    gba_rc rc = hss_sqn_file_open(conf->sqn_file.s, conf->sqn_block, (struct hss_sqn_starts){starts, file->n},
                                  out, &why);
    for (uint32_t i = 0; i < file->n && rc == GBA_OK; i++)
        file->subs.sub[i].sqn = (struct hss_sqn){starts[i].last, starts[i].limit, 0};
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "sqn.open-failed", RT_REASON(rc), RT_STR("why", gba_text_view(&why)));
    free(starts);
    return rc;
}

static void log_counters(void *arg)
{
    const struct app *a = arg;
    if (a->zh)
        hss_zh_fd_log_counters(a->zh);
    if (a->dia)
        rt_dia_log_counters(a->dia);
}

static gba_rc start_zh(struct app *a, struct rt_daemon *daemon, struct hss_sqn_file *file)
{
    static const uint32_t apps[] = {DIA_APP_ZH};
    struct rt_loop *loop = rt_daemon_loop(daemon);
    GBA_TRY(rt_node_start(loop, &a->conf.diameter, apps, 1, &a->dia));
    const struct hss_zh_fd_parts parts = {loop, &a->conf, rt_daemon_live(daemon), a->dia, &a->auc, a->file.n};
    return hss_zh_fd_open(&parts, file, &a->zh);
}

static gba_rc start(void *arg, struct rt_daemon *daemon)
{
    struct app *a = arg;
    struct rt_loop *loop = rt_daemon_loop(daemon);
    struct hss_sqn_file *file = NULL;
    a->loop = loop;
    a->file = a->read;
    a->read = (struct hss_subs_file){.n = 0};
    a->auc = (struct hss_auc){&a->file.subs, a->conf.ind, a->conf.sqn_block,
                              hss_auc_stamp(rt_loop_env(loop)->now_ms), gba_text_view(&a->conf.scheme_2g)};
    GBA_TRY(open_sqn_file(&a->conf, &a->file, &file));
    gba_rc rc = start_zh(a, daemon, file);
    if (rc != GBA_OK) {
        hss_sqn_file_close(file);
        return rc;
    }
    if (a->conf.diameter.listen.n > 0)
        rt_daemon_listens(daemon, "zh", gba_text_view(&a->conf.diameter.listen));
    rt_log(RT_LOG_NOTICE, "hss.subscribers", RT_NUM("n", a->file.n), RT_NUM("ind", a->conf.ind));
    return rt_on_signal(loop, SIGUSR1, log_counters, a);
}

/* The numbers issued go on; they belong to places in the file, so those must be the same. */
static bool same_subscribers(const struct hss_subs_file *a, const struct hss_subs_file *b)
{
    bool same = a->n == b->n;
    for (uint32_t i = 0; same && i < a->n; i++)
        same = gba_text_eq(&a->subs.sub[i].impi, &b->subs.sub[i].impi);
    return same;
}

/* Keys, settings, public identities and bars of the subscribers there are, as the check has
 * just read them. */
static gba_rc reload(void *arg, const void *next)
{
    struct app *a = arg;
    const struct hss_conf *conf = next;
    if (!same_subscribers(&a->file, &a->read)) {
        rt_log(RT_LOG_WARN, "conf.needs-restart", RT_STR("key", gba_text_view(&conf->subscribers)));
        return GBA_OK;
    }
    for (uint32_t i = 0; i < a->file.n; i++)
        a->read.subs.sub[i].sqn = a->file.subs.sub[i].sqn;
    struct hss_subs_file old = a->file;
    a->file = a->read;
    a->read = (struct hss_subs_file){.n = 0};
    hss_subs_file_free(&old);
    a->auc.loaded_s = hss_auc_stamp(rt_loop_env(a->loop)->now_ms);
    rt_log(RT_LOG_NOTICE, "hss.subscribers", RT_NUM("n", a->file.n), RT_NUM("ind", conf->ind));
    return GBA_OK;
}

static void stop(void *arg)
{
    struct app *a = arg;
    log_counters(a);
    if (a->zh)
        hss_zh_fd_drain(a->zh);
    if (a->dia)
        rt_dia_close(a->dia, 2000);
    if (a->zh)
        hss_zh_fd_close(a->zh);
}

/* The subscriber file belongs to the configuration: its faults are told line by line. */
static void check(const void *conf, const struct gba_conf_sink *sink)
{
    const struct hss_conf *c = conf;
    struct rt_conf_errors errors = {.n = 0};
    gba_conf_diameter_check(&c->diameter, sink);
    hss_subs_file_free(&app.read);
    gba_rc rc = hss_subs_file_read(c->subscribers.s, &app.read, &errors);
    if (rc == GBA_OK)
        return;
    fputs(errors.text, stderr);
    gba_conf_fault(sink, "subscribers", gba_rc_text(rc));
}

int main(int argc, char **argv)
{
    int exit_code = rt_daemon_main(argc, argv,
                                   &(struct rt_daemon_spec){
                                       .program = "keystrap-hss",
                                       .summary = "lab HSS and AuC for GBA",
                                       .conf_file = "/etc/keystrap/hss.yaml",
                                       .rows = hss_conf_rows,
                                       .conf = &app.conf,
                                       .conf_size = sizeof app.conf,
                                       .log = &app.conf.log,
                                       .confine = &app.conf.confine,
                                       .check = check,
                                       .start = start,
                                       .reload = reload,
                                       .stop = stop,
                                       .arg = &app,
                                   });
    hss_subs_file_free(&app.file);
    hss_subs_file_free(&app.read);
    return exit_code;
}
