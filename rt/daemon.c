/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/daemon.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "rt/audit.h"
#include "rt/conf.h"

enum { LISTENS_MAX = 12, EXIT_GOOD = 0, EXIT_START = 1, EXIT_USAGE = 2 };

struct rt_daemon {
    const struct rt_daemon_spec *spec;
    struct rt_loop *loop;
    const char *names[LISTENS_MAX];
    gba_text addresses[LISTENS_MAX];
    size_t n;
    struct rt_metrics metrics;
    struct rt_metrics_self *self;
    struct rt_health health;
    bool ready, stopping;
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
        {"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'V'},
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

/* ---- configuration ---- */

struct check_ctx {
    struct rt_conf_errors *errors;
    const char *path;
    bool bad;
};

static void on_fault(void *ctx, const char *key, const char *text)
{
    struct check_ctx *check = ctx;
    check->bad = true;
    rt_conf_complain(check->errors, check->path, key, text);
}

/* True when conf is filled and good; else the errors were printed. */
static bool read_conf(const struct rt_daemon_spec *spec, const char *path)
{
    struct rt_conf_errors errors = {0};
    struct check_ctx check = {&errors, path, false};
    gba_rc rc = rt_conf_read(path, spec->rows, spec->conf, &errors);
    if (rc == GBA_OK && spec->check)
        spec->check(spec->conf, &(struct gba_conf_sink){on_fault, &check});
    if (rc == GBA_OK && !check.bad)
        return true;
    if (errors.n == 0)
        rt_conf_complain(&errors, path, "cannot be read", gba_rc_text(rc));
    fputs(errors.text, stderr);
    if (rc == GBA_OK)
        rt_conf_free(spec->rows, spec->conf);
    return false;
}

/* ---- the process ---- */

void rt_forbid_dumps(void)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

static void on_stop(void *arg)
{
    struct rt_daemon *daemon = arg;
    daemon->stopping = true;
    rt_log(RT_LOG_NOTICE, "daemon.stopping", RT_CSTR("cause", "signal"));
    rt_loop_stop(daemon->loop);
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

static gba_rc start(struct rt_daemon *daemon)
{
    sigset_t set = stop_signals();
    GBA_TRY(open_watchers(daemon));
    GBA_TRY(rt_on_signal(daemon->loop, SIGTERM, on_stop, daemon));
    GBA_TRY(rt_on_signal(daemon->loop, SIGINT, on_stop, daemon));
    GBA_TRY(daemon->spec->start(daemon->spec->arg, daemon));
    GBA_TRY(rt_audit("daemon.started", RT_CSTR("version", PACKAGE_VERSION)));
    daemon->ready = true;
    log_ready(daemon);
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
}

static int run(const struct rt_daemon_spec *spec)
{
    struct rt_daemon daemon = {.spec = spec};
    sigset_t set = stop_signals();
    rt_forbid_dumps();
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    rt_log_init(&(struct rt_log_conf){
        .program = spec->program,
        .level = (enum rt_log_level)spec->log->level,
        .show_identities = spec->log->identities == GBA_CONF_IDENTITIES_SHOWN,
        .fd = 2,
        .json = spec->log->format == GBA_CONF_FORMAT_JSON,
    });
    gba_rc rc = rt_loop_new(&daemon.loop);
    if (rc == GBA_OK) {
        rc = start(&daemon);
        if (rc == GBA_OK)
            rt_loop_run(daemon.loop);
        spec->stop(spec->arg);
        close_watchers(&daemon, rc);
        rt_loop_free(daemon.loop);
    }
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
    if (!read_conf(spec, args.conf_file))
        return EXIT_USAGE;
    if (args.check_only)
        printf("%s: ok\n", args.conf_file);
    int exit_code = args.check_only ? EXIT_GOOD : run(spec);
    rt_conf_free(spec->rows, spec->conf);
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

void rt_daemon_listens(struct rt_daemon *daemon, const char *name, gba_view address)
{
    if (daemon->n == LISTENS_MAX || gba_text_set(&daemon->addresses[daemon->n], address) != GBA_OK)
        return;
    daemon->names[daemon->n++] = name;
}
