/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/daemon.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "rt/audit.h"
#include "rt/confine.h"
#include "rt/daemon_conf.h"
#include "rt/notify.h"

enum {
    LISTENS_MAX = 12,
    STOP_MS = 5000,   /* without an option */
    STOP_LOOK_MS = 5, /* between looks whether everything is done */
    CLOCK_LOOK_MS = 1000,
    CLOCK_STEP_MS = 2000, /* more than that is no drift */
    EXIT_GOOD = 0,
    EXIT_START = 1,
    EXIT_USAGE = 2,
};

struct rt_daemon {
    const struct rt_daemon_spec *spec;
    struct rt_daemon_conf *conf;
    struct rt_loop *loop;
    bool ready, stopping;
    int64_t stop_until; /* monotonic; what is still in progress then is cut */
    const char *names[LISTENS_MAX];
    gba_text addresses[LISTENS_MAX];
    size_t n;
    struct rt_metrics metrics;
    struct rt_metrics_self *self;
    struct rt_health health;
    struct rt_workers *workers;
    struct rt_notify *notify;
    int64_t clock_ahead; /* of the monotonic one */
};

struct arguments {
    const char *conf_file;
    bool check_only;
    int exit_code; /* -1: go on */
};

/* ---- arguments ---- */

static void print_help(const struct rt_daemon_spec *spec)
{
    printf("%s: %s\n\n"
           "Usage: %s [-c FILE] [-t]\n\n"
           "  -c, --config=FILE    read this configuration (default %s)\n"
           "  -t, --check-config   check the configuration and exit: 0 good, 2 not\n"
           "  -h, --help           show this help and exit\n"
           "  -V, --version        show the version and exit\n",
           spec->program, spec->summary, spec->program, spec->conf_file);
}

static struct arguments parse_arguments(int argc, char **argv, const struct rt_daemon_spec *spec)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check-config", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    struct arguments args = {spec->conf_file, false, -1};
    int c;
    while (args.exit_code < 0 && (c = getopt_long(argc, argv, "c:thV", options, NULL)) != -1) {
        if (c == 'c') {
            args.conf_file = optarg;
        } else if (c == 't') {
            args.check_only = true;
        } else if (c == 'h') {
            print_help(spec);
            args.exit_code = EXIT_GOOD;
        } else if (c == 'V') {
            printf("%s %s\n", spec->program, PACKAGE_VERSION);
            args.exit_code = EXIT_GOOD;
        } else {
            args.exit_code = EXIT_USAGE; /* getopt said why */
        }
    }
    if (args.exit_code < 0 && optind < argc) {
        fprintf(stderr, "%s: unexpected argument \"%s\"; see --help\n", spec->program, argv[optind]);
        args.exit_code = EXIT_USAGE;
    }
    return args;
}

/* ---- the process ---- */

void rt_forbid_dumps(void)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static sigset_t our_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

/* ---- stopping ---- */

static size_t in_progress(const struct rt_daemon *daemon)
{
    return daemon->spec->busy ? daemon->spec->busy(daemon->spec->arg) : 0;
}

static void look(void *arg)
{
    struct rt_daemon *daemon = arg;
    size_t n = in_progress(daemon);
    bool late = rt_loop_env(daemon->loop)->mono_ms >= daemon->stop_until;
    if (n > 0 && late)
        rt_log(RT_LOG_WARN, "daemon.stop-timeout", RT_REASON(GBA_E_TIMEOUT), RT_NUM("in-progress", n));
    if (n == 0 || late || !rt_timer_start(daemon->loop, STOP_LOOK_MS, look, daemon))
        rt_loop_stop(daemon->loop);
}

static void on_stop(void *arg)
{
    struct rt_daemon *daemon = arg;
    const uint32_t *stop_ms = rt_daemon_conf_at(daemon->conf, daemon->spec->stop_ms);
    if (daemon->stopping) {
        rt_log(RT_LOG_NOTICE, "daemon.stopping", RT_CSTR("cause", "second signal"),
               RT_NUM("in-progress", in_progress(daemon)));
        rt_loop_stop(daemon->loop);
        return;
    }
    daemon->stopping = true;
    rt_notify_stopping(daemon->notify);
    daemon->stop_until = rt_loop_env(daemon->loop)->mono_ms + (stop_ms ? *stop_ms : STOP_MS);
    if (daemon->spec->drain)
        daemon->spec->drain(daemon->spec->arg);
    rt_log(RT_LOG_NOTICE, "daemon.stopping", RT_CSTR("cause", "signal"),
           RT_NUM("in-progress", in_progress(daemon)));
    look(daemon);
}

/* ---- beginning and end ---- */

static void on_reload(void *arg)
{
    struct rt_daemon *daemon = arg;
    gba_rc rc = rt_daemon_reload(daemon);
    (void)rc; /* was logged */
}

static void log_ready(const struct rt_daemon *daemon)
{
    struct rt_log_field fields[LISTENS_MAX + 2] = {RT_CSTR("version", PACKAGE_VERSION)};
    for (size_t i = 0; i < daemon->n; i++)
        fields[i + 1] = RT_STR(daemon->names[i], gba_text_view(&daemon->addresses[i]));
    fields[daemon->n + 1].kind = RT_LOG_END;
    rt_log_fields(RT_LOG_NOTICE, "daemon.ready", fields);
}

static const char *daemon_cause(void *arg)
{
    const struct rt_daemon *daemon = arg;
    return daemon->stopping ? "stopping" : daemon->ready ? NULL : "starting";
}

static gba_rc open_watchers(struct rt_daemon *daemon)
{
    const struct rt_daemon_spec *spec = daemon->spec;
    GBA_TRY(rt_audit_open(spec->program, spec->log));
    GBA_TRY(rt_health_add(&daemon->health, "daemon", daemon_cause, daemon));
    return rt_metrics_self_open(&daemon->metrics, daemon->loop, spec->program, &daemon->self);
}

/* Sessions end by the time of day, and with them keys in use: the operator must know. */
static void look_at_clock(void *arg)
{
    struct rt_daemon *daemon = arg;
    const gba_env *env = rt_loop_env(daemon->loop);
    int64_t ahead = env->now_ms - env->mono_ms, step = ahead - daemon->clock_ahead;
    daemon->clock_ahead = ahead;
    if (step > CLOCK_STEP_MS || step < -CLOCK_STEP_MS)
        rt_log(RT_LOG_WARN, "clock.stepped", RT_NUM("ms", step));
    if (!rt_timer_start(daemon->loop, CLOCK_LOOK_MS, look_at_clock, daemon))
        rt_log(RT_LOG_ERROR, "clock.not-watched", RT_REASON(GBA_E_MEMORY));
}

static void watch_clock(struct rt_daemon *daemon)
{
    const gba_env *env = rt_loop_env(daemon->loop);
    daemon->clock_ahead = env->now_ms - env->mono_ms;
    look_at_clock(daemon);
}

/* The last thing of a start: what is needed later is open. */
static gba_rc confine(const struct rt_daemon_spec *spec)
{
    gba_text why = {0, ""};
    if (!spec->confine)
        return GBA_OK;
    gba_rc rc = rt_confine(spec->confine, &why);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "daemon.not-confined", RT_REASON(rc), RT_STR("why", gba_text_view(&why)));
    return rc;
}

static gba_rc open_notify(struct rt_daemon *daemon)
{
    gba_rc rc = rt_notify_open(daemon->loop, &daemon->notify);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "daemon.notify-failed", RT_REASON(rc));
    return rc;
}

static gba_rc start(struct rt_daemon *daemon)
{
    sigset_t set = our_signals();
    GBA_TRY(open_notify(daemon));
    GBA_TRY(open_watchers(daemon));
    GBA_TRY(rt_on_signal(daemon->loop, SIGTERM, on_stop, daemon));
    GBA_TRY(rt_on_signal(daemon->loop, SIGINT, on_stop, daemon));
    GBA_TRY(rt_on_signal(daemon->loop, SIGHUP, on_reload, daemon));
    GBA_TRY(daemon->spec->start(daemon->spec->arg, daemon));
    GBA_TRY(rt_audit("daemon.started", RT_CSTR("version", PACKAGE_VERSION)));
    watch_clock(daemon);
    GBA_TRY(confine(daemon->spec));
    daemon->ready = true;
    log_ready(daemon);
    rt_notify_ready(daemon->notify, "serving");
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return GBA_OK;
}

static void close_watchers(struct rt_daemon *daemon, gba_rc rc)
{
    if (daemon->ready)
        rt_audit_note("daemon.stopped", RT_REASON(rc));
    if (daemon->self)
        rt_metrics_self_close(daemon->self);
    rt_audit_close();
    rt_notify_close(daemon->notify);
}

static gba_rc live(struct rt_daemon *daemon)
{
    const struct rt_daemon_spec *spec = daemon->spec;
    GBA_TRY(rt_live_new(spec->rows, spec->conf, spec->conf_size, &daemon->conf->live));
    GBA_TRY(rt_loop_new(&daemon->loop));
    gba_rc rc = start(daemon);
    if (rc == GBA_OK)
        rt_loop_run(daemon->loop);
    spec->stop(spec->arg);
    close_watchers(daemon, rc);
    rt_loop_free(daemon->loop);
    rt_workers_close(daemon->workers);
    return rc;
}

static int run(struct rt_daemon_conf *conf)
{
    struct rt_daemon daemon = {.spec = conf->spec, .conf = conf};
    sigset_t set = our_signals();
    rt_forbid_dumps();
    rt_confine_early();
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    const struct rt_log_conf log = rt_daemon_conf_log(conf);
    rt_log_init(&log);
    gba_rc rc = live(&daemon);
    rt_live_free(conf->live);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "daemon.failed", RT_REASON(rc), RT_CSTR("text", gba_rc_text(rc)));
    else
        rt_log(RT_LOG_NOTICE, "daemon.stopped", RT_CSTR("version", PACKAGE_VERSION));
    return rc == GBA_OK ? EXIT_GOOD : EXIT_START;
}

int rt_daemon_main(int argc, char **argv, const struct rt_daemon_spec *spec)
{
    struct arguments args = parse_arguments(argc, argv, spec);
    if (args.exit_code >= 0)
        return args.exit_code;
    struct rt_daemon_conf conf = {.spec = spec, .place = rt_file_place_of(args.conf_file)};
    if (rt_daemon_conf_read(&conf, spec->conf) != GBA_OK) {
        fputs(conf.said.text, stderr);
        rt_file_place_close(&conf.place);
        return EXIT_USAGE;
    }
    if (args.check_only)
        printf("%s: ok\n", args.conf_file);
    int exit_code = args.check_only ? EXIT_GOOD : run(&conf);
    rt_conf_free(spec->rows, spec->conf);
    rt_file_place_close(&conf.place);
    return exit_code;
}

const char *rt_daemon_program(const struct rt_daemon *daemon)
{
    return daemon->spec->program;
}

struct rt_loop *rt_daemon_loop(struct rt_daemon *daemon)
{
    return daemon->loop;
}

struct rt_metrics *rt_daemon_metrics(struct rt_daemon *daemon)
{
    return &daemon->metrics;
}

struct rt_health *rt_daemon_health(struct rt_daemon *daemon)
{
    return &daemon->health;
}

gba_rc rt_daemon_workers(struct rt_daemon *daemon, size_t n, struct rt_workers **out)
{
    if (!daemon->workers)
        GBA_TRY(rt_workers_open(n, &daemon->workers));
    *out = daemon->workers;
    return GBA_OK;
}

const struct gba_opt *rt_daemon_rows(const struct rt_daemon *daemon)
{
    return daemon->spec->rows;
}

struct rt_live *rt_daemon_live(struct rt_daemon *daemon)
{
    return daemon->conf->live;
}

/* A new audit log is begun even with a bad configuration: the old file was moved away. */
gba_rc rt_daemon_reload(struct rt_daemon *daemon)
{
    rt_notify_reloading(daemon->notify);
    gba_rc audit = rt_audit_reopen();
    if (audit != GBA_OK)
        rt_log(RT_LOG_ERROR, "audit.reopen-failed", RT_REASON(audit));
    gba_rc rc = rt_daemon_conf_reload(daemon->conf);
    rt_audit_note("daemon.reloaded", RT_REASON(rc));
    rt_notify_ready(daemon->notify, rc == GBA_OK ? "serving" : "serving; the last reload was refused");
    return rc;
}

gba_view rt_daemon_reload_said(const struct rt_daemon *daemon)
{
    return gba_view_of(daemon->conf->said.text, daemon->conf->said.n);
}

bool rt_daemon_ready(const struct rt_daemon *daemon)
{
    return daemon->ready && !daemon->stopping;
}

void rt_daemon_listens(struct rt_daemon *daemon, const char *name, gba_view address)
{
    if (daemon->n == LISTENS_MAX || gba_text_set(&daemon->addresses[daemon->n], address) != GBA_OK)
        return;
    daemon->names[daemon->n++] = name;
}
