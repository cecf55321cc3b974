/* SPDX-License-Identifier: Apache-2.0 */
/* keystrap-load: arguments and results of the load generator. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/load.h"
#include "bench/profile.h"
#include "rt/daemon.h"
#include "rt/log.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct arguments {
    struct load_conf load;
    const char *card;
    bool json, print_subscribers;
    int exit_code; /* -1: go on */
};

static void print_help(void)
{
    printf("keystrap-load: many devices bootstrap, or make requests, at once\n\n"
           "Usage: keystrap-load --card=FILE --bsf=ADDRESS:PORT [--bsf-host=NAME] [options]\n"
           "       keystrap-load --card=FILE --bsf=... --naf=ADDRESS:PORT --naf-host=NAME [options]\n"
           "       keystrap-load --card=FILE --subscribers=N --print-subscribers\n\n"
           "      --card=FILE           a card's profile: first IMSI, and the key of all subscribers\n"
           "      --subscribers=N       how many, counting on from that IMSI (default 1000); a run takes\n"
           "                            the next one, round and round\n"
           "      --print-subscribers   print them as a subscriber file for keystrap-hss and exit\n"
           "      --bsf=ADDRESS:PORT    the BSF\n"
           "      --bsf-host=NAME       the name it goes by (default: from the IMSI)\n"
           "      --naf=ADDRESS:PORT    measure requests through this NAF, after one run each\n"
           "      --naf-host=NAME       the name it goes by\n"
           "      --concurrency=N       devices at work at once (default 64)\n"
           "      --seconds=N           how long (default 10)\n"
           "      --count=N             stop after so many runs or requests\n"
           "      --rate=N              begin so many runs a second, however long they take, as far as\n"
           "                            --concurrency allows; a run whose BSF says 503 is over\n"
           "      --json                the result as one JSON object\n"
           "  -h, --help                show this help and exit\n"
           "  -V, --version             show the version and exit\n");
}

static bool take_number(const char *text, uint64_t max, uint32_t *out)
{
    uint64_t number;
    if (gba_dec_parse(gba_view_cstr(text), max, &number) != GBA_OK || number == 0) {
        fprintf(stderr, "keystrap-load: \"%s\": expected a number from 1 to %llu\n", text,
                (unsigned long long)max);
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool take_text(const char *text, gba_text *out)
{
    if (gba_text_set(out, gba_view_cstr(text)) == GBA_OK)
        return true;
    fprintf(stderr, "keystrap-load: \"%s\" is too long\n", text);
    return false;
}

/* False when the argument is no good (and said so). */
static bool take_option(struct arguments *args, int c)
{
    struct load_conf *load = &args->load;
    switch (c) {
    case 'c':
        args->card = optarg;
        return true;
    case 's':
        return take_number(optarg, 10000000, &load->subscribers);
    case 'p':
        args->print_subscribers = true;
        return true;
    case 'b':
        return take_text(optarg, &load->bsf);
    case 'B':
        return take_text(optarg, &load->bsf_host);
    case 'n':
        load->mode = LOAD_NAF;
        return take_text(optarg, &load->naf);
    case 'N':
        return take_text(optarg, &load->naf_host);
    case 'C':
        return take_number(optarg, 100000, &load->concurrency);
    case 't':
        return take_number(optarg, 86400, &load->seconds);
    case 'k':
        load->seconds = 0;
        return take_number(optarg, UINT32_MAX, &load->count);
    case 'r':
        return take_number(optarg, 1000000, &load->rate);
    case 'j':
        args->json = true;
        return true;
    case 'h':
        print_help();
        args->exit_code = EXIT_GOOD;
        return true;
    case 'V':
        printf("keystrap-load %s\n", PACKAGE_VERSION);
        args->exit_code = EXIT_GOOD;
        return true;
    default:
        return false; /* getopt said why */
    }
}

static struct arguments parse_arguments(int argc, char **argv)
{
    static const struct option options[] = {
        {"card", required_argument, NULL, 'c'},
        {"subscribers", required_argument, NULL, 's'},
        {"print-subscribers", no_argument, NULL, 'p'},
        {"bsf", required_argument, NULL, 'b'},
        {"bsf-host", required_argument, NULL, 'B'},
        {"naf", required_argument, NULL, 'n'},
        {"naf-host", required_argument, NULL, 'N'},
        {"concurrency", required_argument, NULL, 'C'},
        {"seconds", required_argument, NULL, 't'},
        {"count", required_argument, NULL, 'k'},
        {"rate", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    struct arguments args = {.load = {.subscribers = 1000, .concurrency = 64, .seconds = 10},
                             .exit_code = -1};
    int c;
    while (args.exit_code < 0 && (c = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
        if (!take_option(&args, c))
            args.exit_code = EXIT_USAGE;
    }
    if (args.exit_code < 0 &&
        (optind < argc || !args.card || (!args.print_subscribers && args.load.bsf.n == 0) ||
         (args.load.mode == LOAD_NAF && args.load.naf_host.n == 0))) {
        fprintf(stderr,
                "keystrap-load: --card and --bsf are needed, and --naf-host with --naf; see --help\n");
        args.exit_code = EXIT_USAGE;
    }
    return args;
}

/* Take IMSI and key out of the card's profile. */
static void read_card(struct arguments *args)
{
    struct bench_profile profile;
    args->exit_code = EXIT_USAGE;
    if (!bench_profile_read(args->card, &profile))
        return;
    args->load.key = profile.key;
    args->load.imsi = profile.imsi;
    args->load.mnc_n = profile.mnc_n;
    gba_wipe(&profile.key);
    if (args->load.bsf_host.n == 0 &&
        gba_bsf_name_usim(gba_text_view(&profile.imsi), profile.mnc_n, &args->load.bsf_host) != GBA_OK)
        fprintf(stderr, "%s: imsi: no BSF name follows from it\n", args->card);
    else
        args->exit_code = -1;
}

static void print_hex(const char *key, gba_view octets)
{
    char hex[65];
    gba_writer w = gba_writer_of(hex, sizeof hex - 1);
    gba_put_hex(&w, octets);
    printf("    %s: %.*s\n", key, (int)w.n, hex);
    gba_wipe(&hex);
}

/* The subscriber file holds keys: it belongs in a file of mode 0600. */
static int print_subscribers(const struct load_conf *conf)
{
    const gba_aka_key *key = &conf->key;
    gba_text imsi, impi;
    printf("subscribers:\n");
    for (uint32_t i = 0; i < conf->subscribers; i++) {
        if (load_impi(conf, i, &imsi, &impi) != GBA_OK)
            return EXIT_FAILED;
        printf("  - impi: %s\n    imsi: \"%s\"\n", impi.s, imsi.s);
        print_hex("k", gba_view_of(key->k.b, key->k.n));
        if (key->alg == GBA_AKA_TUAK)
            printf("    algorithm: tuak\n");
        print_hex(key->alg == GBA_AKA_TUAK ? "topc" : "opc",
                  key->alg == GBA_AKA_TUAK ? GBA_ARRAY(key->topc.b) : GBA_ARRAY(key->opc.b));
    }
    return EXIT_GOOD;
}

static int run(const struct arguments *args)
{
    struct load_stats stats = {0}, challenges = {0};
    struct rt_loop *loop;
    gba_rc rc = rt_loop_new(&loop);
    if (rc == GBA_OK) {
        rc = load_run(loop, &args->load, &stats, &challenges);
        rt_loop_free(loop);
    }
    if (rc != GBA_OK)
        fprintf(stderr, "keystrap-load: %s (%s)\n", gba_rc_text(rc), gba_rc_token(rc));
    else if (challenges.n > 0)
        load_stats_print(&challenges, "challenge", args->load.concurrency, args->json);
    if (rc == GBA_OK)
        load_stats_print(&stats, args->load.mode == LOAD_BOOTSTRAP ? "bootstrap" : "naf",
                         args->load.concurrency, args->json);
    bool good = rc == GBA_OK && stats.n > 0 && load_stats_failed(&stats) == 0;
    load_stats_free(&stats);
    load_stats_free(&challenges);
    return good ? EXIT_GOOD : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    rt_forbid_dumps();
    struct arguments args = parse_arguments(argc, argv);
    rt_log_init(&(struct rt_log_conf){.program = "keystrap-load", .level = RT_LOG_WARN, .fd = 2});
    if (args.exit_code < 0)
        read_card(&args);
    if (args.exit_code < 0)
        args.exit_code = args.print_subscribers ? print_subscribers(&args.load) : run(&args);
    gba_wipe(&args.load.key);
    return args.exit_code;
}
