/* SPDX-License-Identifier: Apache-2.0 */
/* keystrap-card: a simulated UICC behind vsmartcard's virtual PC/SC reader. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rt/daemon.h"
#include "rt/log.h"
#include "uicc/io/sim_card.h"
#include "uicc/io/vpcd.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, DESYNC = 1000000 };

/* TS, T0 and TD1: T=0 alone; T=1 alone, with the check octet it needs. */
#define ATR_T0 GBA_LIT("\x3b\x80\x00")
#define ATR_T1 GBA_LIT("\x3b\x80\x80\x01\x01")

struct arguments {
    struct uicc_sim_conf sim;
    struct uicc_vpcd_conf vpcd;
    bool check_only;
    uint32_t desync; /* 0: serve */
    int exit_code;   /* -1: go on */
};

/* ---- arguments ---- */

static void print_help(void)
{
    printf("keystrap-card: a simulated USIM and ISIM for a virtual PC/SC reader\n\n"
           "Usage: keystrap-card [-c FILE] [--host=HOST] [--port=PORT] [--t0|--t1] [--wait=SECONDS]\n"
           "       keystrap-card [-c FILE] --desync[=N]\n"
           "       keystrap-card [-c FILE] -t\n\n"
           "  -c, --config=FILE    the card's profile (default /etc/keystrap/card.yaml)\n"
           "      --host=HOST      where the virtual reader listens (default 127.0.0.1)\n"
           "      --port=PORT      and its port (default 35963)\n"
           "      --t0, --t1       the transmission protocol (default T=1)\n"
           "      --wait=SECONDS   how long to try to reach the reader (default 10)\n"
           "      --desync[=N]     put the card, while it is not running, N sequence numbers\n"
           "                       ahead of its network (default 1000000) and exit\n"
           "  -t, --check-config   check the profile and exit: 0 good, 2 not\n"
           "  -h, --help           show this help and exit\n"
           "  -V, --version        show the version and exit\n");
}

static bool take_number(const char *option, const char *text, uint64_t max, unsigned *out)
{
    uint64_t number;
    if (gba_dec_parse(gba_view_cstr(text), max, &number) != GBA_OK) {
        fprintf(stderr, "keystrap-card: --%s: \"%s\": expected a number up to %llu\n", option, text,
                (unsigned long long)max);
        return false;
    }
    *out = (unsigned)number;
    return true;
}

/* False when the argument is no good (and said so). */
static bool take_option(struct arguments *args, int c)
{
    bool good = true;
    switch (c) {
    case 'c':
        args->sim.profile = optarg;
        break;
    case 'H':
        args->vpcd.host = optarg;
        break;
    case 'p':
        args->vpcd.port = optarg;
        break;
    case '0':
        args->sim.t0 = true;
        break;
    case '1':
        args->sim.t0 = false;
        break;
    case 'w':
        good = take_number("wait", optarg, 3600, &args->vpcd.wait_s);
        break;
    case 'd':
        good = !optarg || take_number("desync", optarg, 1U << 30, &args->desync);
        break;
    case 't':
        args->check_only = true;
        break;
    case 'h':
        print_help();
        args->exit_code = EXIT_GOOD;
        break;
    case 'V':
        printf("keystrap-card %s\n", PACKAGE_VERSION);
        args->exit_code = EXIT_GOOD;
        break;
    default:
        good = false; /* getopt said why */
    }
    if (c == 'd' && !optarg)
        args->desync = DESYNC;
    return good;
}

static struct arguments parse_arguments(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"host", required_argument, NULL, 'H'},
        {"port", required_argument, NULL, 'p'},
        {"t0", no_argument, NULL, '0'},
        {"t1", no_argument, NULL, '1'},
        {"wait", required_argument, NULL, 'w'},
        {"desync", optional_argument, NULL, 'd'},
        {"check-config", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    struct arguments args = {{"/etc/keystrap/card.yaml", false}, {"127.0.0.1", "35963", 10}, false, 0, -1};
    int c;
    while (args.exit_code < 0 && (c = getopt_long(argc, argv, "c:thV", options, NULL)) != -1) {
        if (!take_option(&args, c))
            args.exit_code = EXIT_USAGE;
    }
    if (args.exit_code < 0 && optind < argc) {
        fprintf(stderr, "keystrap-card: unexpected argument \"%s\"; see --help\n", argv[optind]);
        args.exit_code = EXIT_USAGE;
    }
    return args;
}

/* ---- the card ---- */

static void reset(void *self)
{
    uicc_sim_reset(self);
}

static void transmit(void *self, gba_view command, gba_writer *rsp)
{
    gba_rc rc = uicc_sim_transmit(self, command, rsp);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "card.save-failed", RT_REASON(rc));
}

static int serve(const struct arguments *args, struct uicc_sim *sim)
{
    struct uicc_vpcd_card card = {sim, args->sim.t0 ? ATR_T0 : ATR_T1, reset, transmit};
    int fd;
    gba_rc rc = uicc_vpcd_connect(&args->vpcd, &fd);
    if (rc != GBA_OK) {
        rt_log(RT_LOG_ERROR, "card.connect-failed", RT_REASON(rc), RT_CSTR("host", args->vpcd.host),
               RT_CSTR("port", args->vpcd.port));
        return EXIT_FAILED;
    }
    rt_log(RT_LOG_NOTICE, "card.ready", RT_CSTR("port", args->vpcd.port),
           RT_CSTR("protocol", args->sim.t0 ? "T=0" : "T=1"));
    rc = uicc_vpcd_serve(fd, &card);
    close(fd);
    rt_log(RT_LOG_NOTICE, "card.removed", RT_REASON(rc));
    return rc == GBA_OK ? EXIT_GOOD : EXIT_FAILED;
}

static int desync(const struct arguments *args, struct uicc_sim *sim)
{
    gba_rc rc = uicc_sim_desync(sim, args->desync);
    bool good = rc == GBA_OK;
    rt_log(good ? RT_LOG_NOTICE : RT_LOG_ERROR, good ? "card.desynchronised" : "card.desync-failed",
           RT_REASON(rc), RT_NUM("by", args->desync));
    return good ? EXIT_GOOD : EXIT_FAILED;
}

static int complain(const struct arguments *args, gba_rc rc, const struct rt_conf_errors *errors)
{
    if (errors->n > 0)
        fputs(errors->text, stderr);
    else
        fprintf(stderr, "%s: %s\n", args->sim.profile, gba_rc_text(rc));
    return rc == GBA_E_CONFIG ? EXIT_USAGE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    struct arguments args = parse_arguments(argc, argv);
    struct rt_conf_errors errors = {.n = 0};
    struct uicc_sim *sim;
    if (args.exit_code >= 0)
        return args.exit_code;
    rt_log_init(&(struct rt_log_conf){.program = "keystrap-card", .level = RT_LOG_INFO, .fd = STDERR_FILENO});
    rt_forbid_dumps();
    gba_rc rc =
        args.check_only ? uicc_sim_check(args.sim.profile, &errors) : uicc_sim_new(&args.sim, &errors, &sim);
    if (rc != GBA_OK)
        return complain(&args, rc, &errors);
    if (args.check_only)
        return EXIT_GOOD;
    int exit_code = args.desync ? desync(&args, sim) : serve(&args, sim);
    uicc_sim_free(sim);
    return exit_code;
}
