/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/io/args.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gba/wire/chars.h"
#include "rt/conf.h"
#include "ue/io/files.h"

enum { EXIT_GOOD = 0, EXIT_USAGE = 2, SET = 1000 };

static const char default_file[] = "/etc/keystrap/ue.yaml";

/* Options that are one of the configuration's keys. */
static const struct {
    const char *option, *key;
} shorthands[] = {
    {"card", "card"},   {"app", "app"},         {"pin-file", "pin_file"}, {"bsf", "bsf"},
    {"state", "state"}, {"connect", "connect"}, {"timeout", "timeout"},   {"connect-bsf", "connect_bsf"},
    {"gba", "gba"},     {"bsf-ca", "bsf_ca"},
};

enum { SHORTHANDS = sizeof shorthands / sizeof *shorthands };

static const struct {
    const char *name;
    enum ue_command command;
    int min_words, max_words;
} commands[] = {
    {"bootstrap", UE_BOOTSTRAP, 0, 0},
    {"status", UE_STATUS, 0, 0},
    {"key", UE_KEY, 1, 1},
    {"request", UE_REQUEST, 2, 64},
    {"check-id", UE_CHECK_ID, 1, 2},
    {"enrol", UE_ENROL, 0, 0},
    {"enrol-status", UE_ENROL_STATUS, 0, 0},
    {"keys", UE_ENROL_KEYS, 0, 0},
    {"connect", UE_CONNECT, 0, 1},
    {"import", UE_IMPORT, 2, 2},
    {"forget", UE_FORGET, 0, 0},
    {"e2e", UE_E2E, 2, 2},
};

static void print_help(void)
{
    printf("keystrap-ue: GBA on a device: bootstrap with a card, use the keys\n\n"
           "Usage: keystrap-ue [OPTION]... bootstrap\n"
           "       keystrap-ue [OPTION]... status\n"
           "       keystrap-ue [OPTION]... key NAF-FQDN [--ua=http|tls13-psk|tls:SUITE|HEX]\n"
           "       keystrap-ue [OPTION]... request METHOD URL... [--body=FILE] [--header='NAME: VALUE']\n"
           "                               [--output=FILE]\n"
           "       keystrap-ue [OPTION]... enrol [--fresh] | enrol-status | keys [--show-keys] | forget\n"
           "       keystrap-ue [OPTION]... connect [TARGET] [--via=key|maf|cert]\n"
           "       keystrap-ue [OPTION]... import KEY-ID KEY-FILE\n"
           "       keystrap-ue [OPTION]... e2e TARGET SALT-HEX\n"
           "       keystrap-ue [OPTION]... check-id ID [M2M-SP-ID]\n\n"
           "  -c, --config=FILE      read this configuration (default %s, if it exists)\n"
           "      --card=CARD        pcsc, pcsc:READER or sim:FILE\n"
           "      --app=APP          auto, isim or usim\n"
           "      --pin-file=FILE    file with the PIN; else it is asked for on the terminal\n"
           "      --gba=HOW          bootstrap with AKA (3g), the GSM context (2g) or SIP Digest (digest)\n"
           "      --bsf=HOST[:PORT]  the BSF, instead of the name made of the card's identity;\n"
           "                         https://HOST[:PORT] for TLS, which 2g and digest always have\n"
           "      --bsf-ca=FILE      who signs the certificate of a BSF over TLS\n"
           "      --connect=ADDRESS:PORT  connect there, whatever host is meant\n"
           "      --connect-bsf=ADDRESS:PORT  the same for the BSF alone\n"
           "      --state=FILE       where keys are kept between runs\n"
           "      --timeout=TIME     of one HTTP exchange, e.g. 10s\n"
           "      --dtls             enrolment and associations over DTLS\n"
           "      --fresh            enrol even when a valid key is kept\n"
           "      --show-keys        print the keys of an Enrolee too\n"
           "      --via=WAY          associate by the key shared with the target (key), by one that the\n"
           "                         MAF hands out (maf), or by certificate (cert)\n"
           "      --set=KEY=VALUE    any other key of the configuration, as enrolee.target.id\n"
           "  -j, --json             print JSON\n"
           "  -t, --check-config     check the configuration and exit: 0 good, 2 not\n"
           "  -h, --help             show this help and exit\n"
           "  -V, --version          show the version and exit\n\n"
           "Early drafts of oneM2M call Ke Kte, KeId KteId, Km Kmm, KmId KmmId and the MAF-ID Id_MAF.\n",
           default_file);
}

static bool complain(const char *text, const char *item)
{
    fprintf(stderr, "keystrap-ue: %s: \"%s\"; see --help\n", text, item);
    return false;
}

/* ---- options ---- */

static bool add_set(struct ue_args *args, const char *option, gba_view key, gba_view value)
{
    if (args->n_sets == UE_ARGS_SETS)
        return complain("too many options", option);
    args->sets[args->n_sets++] = (struct ue_args_set){option, key, value};
    return true;
}

static bool take_set(struct ue_args *args, const char *text)
{
    gba_view key, value;
    if (!gba_view_split(gba_view_cstr(text), '=', &key, &value))
        return complain("--set: expected KEY=VALUE", text);
    return add_set(args, text, key, value);
}

/* Fields that the tool makes itself: a second one would contradict it. */
static bool is_reserved(gba_view name)
{
    static const char *const names[] = {"Authorization", "Host",       "Content-Length", "Transfer-Encoding",
                                        "Connection",    "User-Agent", "Expect",         "TE",
                                        "Trailer",       "Upgrade"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (gba_view_eq_nocase(name, gba_view_cstr(names[i])))
            return true;
    }
    return false;
}

static bool take_header(struct ue_args *args, const char *text)
{
    struct gba_http_field field;
    if (!gba_view_split(gba_view_cstr(text), ':', &field.name, &field.value) ||
        !gba_view_is_token(field.name))
        return complain("--header: expected NAME: VALUE", text);
    field.value = gba_view_trim(field.value);
    if (!gba_view_is_value(field.value))
        return complain("--header: a control character in the value", text);
    if (is_reserved(field.name))
        return complain("--header: this field is the tool's own", text);
    if (args->n_fields == UE_ARGS_FIELDS)
        return complain("--header: too many", text);
    args->fields[args->n_fields++] = field;
    return true;
}

static bool take_ua(struct ue_args *args, const char *text)
{
    if (gba_uaid_parse(gba_view_cstr(text), &args->ua) != GBA_OK)
        return complain("--ua: expected http, tls13-psk, tls:SUITE or ten hexadecimal digits", text);
    return true;
}

static bool take_via(struct ue_args *args, const char *text)
{
    static const char *const ways[] = {
        [M2M_SAEF_KEY] = "key", [M2M_SAEF_KC] = "maf", [M2M_SAEF_CERT] = "cert"};
    for (int i = M2M_SAEF_KEY; i <= M2M_SAEF_CERT; i++) {
        if (strcmp(text, ways[i]) == 0) {
            args->via = (enum m2m_saef_way)i;
            return true;
        }
    }
    return complain("--via: expected key, maf or cert", text);
}

static bool take_option(struct ue_args *args, int c)
{
    switch (c) {
    case 'c':
        args->conf_file = optarg;
        return true;
    case 'j':
        args->json = true;
        return true;
    case 't':
        args->check_only = true;
        return true;
    case 'h':
        print_help();
        args->exit_code = EXIT_GOOD;
        return true;
    case 'V':
        printf("keystrap-ue %s\n", PACKAGE_VERSION);
        args->exit_code = EXIT_GOOD;
        return true;
    case 'b':
        args->body_file = optarg;
        return true;
    case 'o':
        args->output_file = optarg;
        return true;
    case 'H':
        return take_header(args, optarg);
    case 'u':
        return take_ua(args, optarg);
    case 's':
        return take_set(args, optarg);
    case 'f':
        args->fresh = true;
        return true;
    case 'k':
        args->show_keys = true;
        return true;
    case 'v':
        return take_via(args, optarg);
    case 'd':
        return add_set(args, "dtls", GBA_LIT("enrolee.transport"), GBA_LIT("dtls"));
    default:
        if (c < SET || c >= SET + SHORTHANDS)
            return false; /* getopt said why */
        return add_set(args, shorthands[c - SET].option, gba_view_cstr(shorthands[c - SET].key),
                       gba_view_cstr(optarg));
    }
}

/* ---- the whole line ---- */

static bool take_command(struct ue_args *args, const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        args->command = commands[i].command;
        if (args->n_words < commands[i].min_words || args->n_words > commands[i].max_words)
            return complain("too few or too many arguments", name);
        return true;
    }
    return complain("not a command", name);
}

static bool take_words(struct ue_args *args, int n, char **words)
{
    if (args->check_only)
        return n == 0 || complain("unexpected argument", words[0]);
    if (n == 0)
        return complain("expected a command", "");
    args->words = words + 1;
    args->n_words = n - 1;
    if (!take_command(args, words[0]))
        return false;
    bool target = (args->command == UE_CONNECT && n > 1) || args->command == UE_E2E;
    return !target || add_set(args, words[1], GBA_LIT("enrolee.target.id"), gba_view_cstr(words[1]));
}

struct ue_args ue_args_parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {"check-config", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {"body", required_argument, NULL, 'b'},
        {"output", required_argument, NULL, 'o'},
        {"header", required_argument, NULL, 'H'},
        {"ua", required_argument, NULL, 'u'},
        {"set", required_argument, NULL, 's'},
        {"fresh", no_argument, NULL, 'f'},
        {"show-keys", no_argument, NULL, 'k'},
        {"via", required_argument, NULL, 'v'},
        {"dtls", no_argument, NULL, 'd'},
        {"card", required_argument, NULL, SET},
        {"app", required_argument, NULL, SET + 1},
        {"pin-file", required_argument, NULL, SET + 2},
        {"bsf", required_argument, NULL, SET + 3},
        {"state", required_argument, NULL, SET + 4},
        {"connect", required_argument, NULL, SET + 5},
        {"timeout", required_argument, NULL, SET + 6},
        {"connect-bsf", required_argument, NULL, SET + 7},
        {"gba", required_argument, NULL, SET + 8},
        {"bsf-ca", required_argument, NULL, SET + 9},
        {NULL, 0, NULL, 0},
    };
    struct ue_args args = {.ua = gba_uaid_http_digest, .exit_code = -1};
    int c;
    while (args.exit_code < 0 && (c = getopt_long(argc, argv, "c:jthV", options, NULL)) != -1) {
        if (!take_option(&args, c))
            args.exit_code = EXIT_USAGE;
    }
    if (args.exit_code < 0 && !take_words(&args, argc - optind, argv + optind))
        args.exit_code = EXIT_USAGE;
    return args;
}

/* ---- configuration ---- */

struct check_ctx {
    struct rt_conf_errors errors;
    const char *path;
    bool bad;
};

static void on_fault(void *ctx, const char *key, const char *text)
{
    struct check_ctx *check = ctx;
    check->bad = true;
    rt_conf_complain(&check->errors, check->path, key, text);
}

/* The row of "key" or "section.key", and the struct that it is of. */
static const struct gba_opt *row_of(gba_view key, const struct gba_opt *rows, uint8_t **base)
{
    gba_view head, tail;
    bool deeper = gba_view_split(key, '.', &head, &tail);
    const struct gba_opt *row = rows;
    while (row->key && !gba_view_eq(gba_view_cstr(row->key), head))
        row++;
    if (!row->key || deeper != (row->type == GBA_OPT_SECTION))
        return NULL;
    if (!deeper)
        return row;
    *base += row->offset;
    return row_of(tail, row->rows, base);
}

static bool apply(const struct ue_args_set *set, struct ue_conf *conf)
{
    char expects[256];
    uint8_t *base = (uint8_t *)conf;
    const struct gba_opt *row = row_of(set->key, ue_conf_rows, &base);
    if (!row)
        return complain("--set: no such key", set->option);
    if (gba_opt_set(row, base, set->value) == GBA_OK)
        return true;
    gba_writer w = gba_writer_of(expects, sizeof expects);
    gba_opt_expects(row, &w);
    fprintf(stderr, "keystrap-ue: %s: \"%.*s\": expected %.*s\n", row->key, (int)set->value.n,
            (const char *)set->value.p, (int)w.n, expects);
    return false;
}

static gba_rc read_file(const struct ue_args *args, struct ue_conf *conf, struct check_ctx *check)
{
    check->path = args->conf_file ? args->conf_file : default_file;
    if (args->conf_file || access(default_file, F_OK) == 0)
        return rt_conf_read(check->path, ue_conf_rows, conf, &check->errors);
    check->path = "command line";
    return rt_conf_parse(check->path, GBA_LIT("{}"), ue_conf_rows, conf, &check->errors);
}

/* Instructions in a file that somebody else could have written are none. */
static bool may_instruct(const struct ue_args *args, const struct ue_conf *conf)
{
    const char *path = args->conf_file ? args->conf_file : default_file;
    if (conf->enrolee.id.n == 0 || (!args->conf_file && access(default_file, F_OK) != 0))
        return true;
    gba_rc rc = ue_files_trusted(path);
    if (rc != GBA_OK)
        fprintf(stderr, "keystrap-ue: %s: %s [%s]\n", path, gba_rc_text(rc), gba_rc_token(rc));
    return rc == GBA_OK;
}

bool ue_args_conf(const struct ue_args *args, struct ue_conf *conf)
{
    struct check_ctx check = {.bad = false};
    gba_rc rc = read_file(args, conf, &check);
    if (rc != GBA_OK && check.errors.n == 0)
        rt_conf_complain(&check.errors, check.path, "cannot be read", gba_rc_text(rc));
    for (size_t i = 0; rc == GBA_OK && i < args->n_sets; i++) {
        if (!apply(&args->sets[i], conf))
            return false;
    }
    if (rc == GBA_OK)
        ue_conf_check(conf, &(struct gba_conf_sink){on_fault, &check});
    fputs(check.errors.text, stderr);
    return rc == GBA_OK && !check.bad && may_instruct(args, conf);
}
