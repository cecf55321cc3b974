/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/ctl_args.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "m2m/io/admin.h"

enum { EXIT_GOOD = 0, EXIT_USAGE = 2, SIG = 1000, KEY, USE, PEER, UNTIL, LIFETIME, NAF, UA };

static const struct command {
    const char *words[2]; /* the second may be NULL */
    const char *what;
    enum m2m_ctl_command command;
    bool has_word;
} commands[] = {
    {{"new-key", NULL}, "new-key", M2M_CTL_NEW_KEY, true},
    {{"enrolee", "put"}, "enrolee put", M2M_CTL_ENROLEE_PUT, true},
    {{"enrolee", "list"}, "enrolee list", M2M_CTL_ENROLEE_LIST, false},
    {{"enrolee", "show"}, "enrolee show", M2M_CTL_ENROLEE_SHOW, true},
    {{"enrolee", "delete"}, "enrolee delete", M2M_CTL_ENROLEE_DELETE, true},
    {{"token", "issue"}, "token issue", M2M_CTL_TOKEN_ISSUE, true},
    {{"token", "revoke"}, "token revoke", M2M_CTL_TOKEN_REVOKE, true},
    {{"enrolment-keys", "list"}, "enrolment-keys list", M2M_CTL_ENROLMENT_KEY_LIST, false},
    {{"enrolment-key", "delete"}, "enrolment-key delete", M2M_CTL_ENROLMENT_KEY_DELETE, true},
    {{"keys", "list"}, "keys list", M2M_CTL_KEY_LIST, false},
    {{"key", "import"}, "key import", M2M_CTL_KEY_IMPORT, true},
    {{"key", "delete"}, "key delete", M2M_CTL_KEY_DELETE, true},
    {{"health", NULL}, "health", M2M_CTL_HEALTH, false},
    {{"metrics", NULL}, "metrics", M2M_CTL_METRICS, false},
    {{"version", NULL}, "version", M2M_CTL_VERSION, false},
    {{"configuration", NULL}, "configuration", M2M_CTL_CONFIGURATION, false},
    {{"peers", NULL}, "peers", M2M_CTL_PEERS, false},
    {{"challenges", NULL}, "challenges", M2M_CTL_CHALLENGES, false},
    {{"sessions", "of"}, "sessions of", M2M_CTL_SESSIONS_OF, true},
    {{"sessions", NULL}, "sessions", M2M_CTL_SESSIONS, false},
    {{"session", "show"}, "session show", M2M_CTL_SESSION_SHOW, true},
    {{"revoke", "session"}, "revoke session", M2M_CTL_REVOKE_SESSION, true},
    {{"revoke", "subscriber"}, "revoke subscriber", M2M_CTL_REVOKE_SUBSCRIBER, true},
    {{"explain", NULL}, "explain", M2M_CTL_EXPLAIN, true},
    {{"reload", NULL}, "reload", M2M_CTL_RELOAD, false},
};

static void print_help(void)
{
    printf("keystrap-ctl: what operators see and do at a running BSF, MEF, MAF or peer\n\n"
           "Usage: keystrap-ctl new-key FILE\n"
           "       keystrap-ctl [OPTION]... enrolee put FILE [--sig=FILE]\n"
           "       keystrap-ctl [OPTION]... enrolee list | enrolee show NAME | enrolee delete NAME\n"
           "       keystrap-ctl [OPTION]... token issue NAME [--lifetime=SECONDS] | token revoke NAME\n"
           "       keystrap-ctl [OPTION]... enrolment-keys list | enrolment-key delete KEID\n"
           "       keystrap-ctl [OPTION]... keys list | key delete NAME\n"
           "       keystrap-ctl [OPTION]... key import NAME --use=km|kpsa --key=FILE [--peer=ID] "
           "[--until=TIME]\n"
           "       keystrap-ctl [OPTION]... health | metrics | version | configuration\n"
           "       keystrap-ctl [OPTION]... peers | challenges | reload\n"
           "       keystrap-ctl [OPTION]... sessions | sessions of IMPI | session show BTID\n"
           "       keystrap-ctl [OPTION]... revoke session BTID | revoke subscriber IMPI\n"
           "       keystrap-ctl [OPTION]... explain IMPI|BTID [--naf=FQDN] [--ua=PROTOCOL]\n\n"
           "  -a, --admin=ADDRESS:PORT  where the daemon's admin section listens (default 127.0.0.1:8089)\n"
           "  -t, --token-file=FILE     its token (default /etc/keystrap/admin.token)\n"
           "      --sig=FILE            signature over the instruction file (openssl dgst -sha256 -sign)\n"
           "      --lifetime=SECONDS    of the token; a day without it\n"
           "      --use=km|kpsa         what the key is: towards a MAF, or between two entities\n"
           "      --key=FILE            file with the key in hexadecimal, - for standard input\n"
           "      --peer=ID             CSE-ID or AE-ID of who else has the key\n"
           "      --until=TIME          when it ends, as in 20270101T000000 (UTC)\n"
           "      --naf=FQDN            explain which rule would let whom ask for this NAF\n"
           "      --ua=PROTOCOL         with this Ua security protocol, as in zn.ua\n"
           "  -j, --json                print JSON\n"
           "  -h, --help                show this help and exit\n"
           "      --version             show the version and exit\n\n"
           "Exit codes: 0 done, 1 the daemon refuses or is not ready, 2 wrong usage, 3 the daemon cannot be "
           "asked,\n"
           "4 a file cannot be used.\n");
}

static bool wrong(const char *what, const char *value, int *exit_code)
{
    fprintf(stderr, "keystrap-ctl: %s%s%s; see keystrap-ctl --help\n", what, value ? ": " : "",
            value ? value : "");
    *exit_code = EXIT_USAGE;
    return false;
}

static bool set_lifetime(struct m2m_ctl_args *args, const char *value)
{
    uint64_t s;
    if (gba_dec_parse(gba_view_cstr(value), UINT32_MAX, &s) != GBA_OK || s == 0)
        return false;
    args->lifetime_s = (uint32_t)s;
    return true;
}

static bool set_address(struct m2m_ctl_args *args, const char *value)
{
    return m2m_admin_address_check(gba_view_cstr(value)) == GBA_OK &&
           gba_text_set(&args->address, gba_view_cstr(value)) == GBA_OK;
}

/* False: *exit_code says how it ends. */
static bool set_option(struct m2m_ctl_args *args, int option, int *exit_code)
{
    const struct {
        int option;
        const char **file;
    } texts[] = {{'t', &args->token_file}, {SIG, &args->sig},     {KEY, &args->key}, {USE, &args->use},
                 {PEER, &args->peer},      {UNTIL, &args->until}, {NAF, &args->naf}, {UA, &args->ua}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].option == option) {
            *texts[i].file = optarg;
            return true;
        }
    }
    switch (option) {
    case 'a':
        return set_address(args, optarg) || wrong("not a loopback address and port", optarg, exit_code);
    case LIFETIME:
        return set_lifetime(args, optarg) || wrong("not a number of seconds", optarg, exit_code);
    case 'j':
        args->json = true;
        return true;
    case 'h':
        print_help();
        *exit_code = EXIT_GOOD;
        return false;
    case 'V':
        printf("keystrap-ctl %s\n", PACKAGE_VERSION);
        *exit_code = EXIT_GOOD;
        return false;
    default:
        *exit_code = EXIT_USAGE; /* getopt said what is wrong */
        return false;
    }
}

static bool is_command(const struct command *command, int n, char **words)
{
    int want = 1 + (command->words[1] != NULL);
    return n >= want && strcmp(words[0], command->words[0]) == 0 &&
           (want == 1 || strcmp(words[1], command->words[1]) == 0);
}

static bool set_command(struct m2m_ctl_args *args, int n, char **words, int *exit_code)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct command *command = &commands[i];
        int used = 1 + (command->words[1] != NULL);
        if (!is_command(command, n, words))
            continue;
        if (n != used + command->has_word)
            return wrong(command->has_word ? "one argument is needed" : "no argument is expected",
                         command->what, exit_code);
        args->command = command->command;
        args->what = command->what;
        args->word = command->has_word ? words[used] : NULL;
        return true;
    }
    return wrong(n > 0 ? "no such command" : "a command is needed", n > 0 ? words[0] : NULL, exit_code);
}

/* Options that make no sense with the command. */
static bool check_options(const struct m2m_ctl_args *args, int *exit_code)
{
    bool import = args->command == M2M_CTL_KEY_IMPORT;
    if ((args->naf || args->ua) && args->command != M2M_CTL_EXPLAIN)
        return wrong("--naf and --ua are for explain", NULL, exit_code);
    if (args->sig && args->command != M2M_CTL_ENROLEE_PUT)
        return wrong("--sig is for enrolee put", NULL, exit_code);
    if (args->lifetime_s > 0 && args->command != M2M_CTL_TOKEN_ISSUE)
        return wrong("--lifetime is for token issue", NULL, exit_code);
    if (!import && (args->key || args->use || args->peer || args->until))
        return wrong("--key, --use, --peer and --until are for key import", NULL, exit_code);
    if (import && (!args->key || !args->use))
        return wrong("key import needs --use and --key", NULL, exit_code);
    return true;
}

bool m2m_ctl_args_parse(int argc, char **argv, struct m2m_ctl_args *args, int *exit_code)
{
    static const struct option options[] = {
        {"admin", required_argument, NULL, 'a'},   {"token-file", required_argument, NULL, 't'},
        {"sig", required_argument, NULL, SIG},     {"key", required_argument, NULL, KEY},
        {"use", required_argument, NULL, USE},     {"peer", required_argument, NULL, PEER},
        {"until", required_argument, NULL, UNTIL}, {"lifetime", required_argument, NULL, LIFETIME},
        {"json", no_argument, NULL, 'j'},          {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},       {"naf", required_argument, NULL, NAF},
        {"ua", required_argument, NULL, UA},       {NULL, 0, NULL, 0},
    };
    *args = (struct m2m_ctl_args){.token_file = "/etc/keystrap/admin.token"};
    if (!set_address(args, "127.0.0.1:8089"))
        return false;
    for (int option; (option = getopt_long(argc, argv, "a:t:jh", options, NULL)) != -1;) {
        if (!set_option(args, option, exit_code))
            return false;
    }
    return set_command(args, argc - optind, argv + optind, exit_code) && check_options(args, exit_code);
}
