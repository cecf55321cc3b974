/* SPDX-License-Identifier: Apache-2.0 */
/* keystrap-ue: GBA on a device, from the command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "m2m/id.h"
#include "rt/daemon.h"
#include "ue/io/args.h"
#include "ue/io/enrol_cmd.h"
#include "ue/io/out.h"
#include "ue/io/run.h"

/* Documented in keystrap-ue(1). */
enum {
    EXIT_DONE = 0,
    EXIT_OTHER = 1,
    EXIT_USAGE = 2,
    EXIT_CARD = 3,
    EXIT_UNREACHABLE = 4,
    EXIT_REFUSED = 5,
    EXIT_NO_KEY = 6,
    EXIT_STATUS = 7,
};

static bool is_of(gba_rc rc, const char *prefix)
{
    return strncmp(gba_rc_token(rc), prefix, strlen(prefix)) == 0;
}

static int exit_code_of(gba_rc rc)
{
    if (rc == GBA_OK)
        return EXIT_DONE;
    if (rc == GBA_E_UE_URL)
        return EXIT_USAGE;
    if (rc == GBA_E_CARD_MAC)
        return EXIT_REFUSED; /* the card works; it refuses the network */
    if (is_of(rc, "card-") || is_of(rc, "pin-") || is_of(rc, "pcsc-") || is_of(rc, "reader-"))
        return EXIT_CARD;
    if (rc == GBA_E_UE_NOT_BOOTSTRAPPED || rc == GBA_E_UE_EXPIRED || rc == GBA_E_UE_OTHER_CARD ||
        rc == GBA_E_ENROL_NONE || rc == GBA_E_ENROL_EXPIRED)
        return EXIT_NO_KEY;
    if (rc == GBA_E_CONFIG)
        return EXIT_USAGE;
    if (is_of(rc, "ue-state") || is_of(rc, "enrol-store") || rc == GBA_E_FILE || rc == GBA_E_MEMORY)
        return EXIT_OTHER;
    if (gba_rc_class(rc) == GBA_CLASS_UNAVAILABLE)
        return EXIT_UNREACHABLE;
    return gba_rc_class(rc) == GBA_CLASS_BUG ? EXIT_OTHER : EXIT_REFUSED;
}

/* ---- commands ---- */

static gba_rc bootstrap(struct ue_run *run)
{
    GBA_TRY(ue_run_open_card(run));
    GBA_TRY(ue_run_bootstrap(run));
    ue_out_bootstrapped(run);
    return GBA_OK;
}

static int status(const struct ue_run *run)
{
    gba_rc usable = ue_keys_check(&run->keys, (int64_t)time(NULL));
    ue_out_status(run, usable);
    return usable == GBA_OK ? EXIT_DONE : EXIT_NO_KEY;
}

static gba_rc key(struct ue_run *run, const struct ue_args *args)
{
    gba_nafid naf = {.ua = args->ua};
    gba_ks_naf ks_naf;
    snprintf(run->what, sizeof run->what, "key for %s", args->words[0]);
    GBA_ENSURE(gba_is_fqdn(gba_view_cstr(args->words[0])), GBA_E_NAFID);
    GBA_TRY(gba_text_set(&naf.fqdn, gba_view_cstr(args->words[0])));
    GBA_TRY(ue_run_open_card(run));
    gba_rc rc = ue_run_key(run, &naf, &ks_naf);
    if (rc == GBA_OK)
        ue_out_key(run, &naf, &ks_naf);
    gba_wipe(&ks_naf);
    return rc;
}

/* The whole file; free it.  E_FILE, with errno. */
static gba_rc read_body(const char *path, uint8_t **octets, gba_view *body)
{
    enum { MAX = 64 * 1024 * 1024 };
    FILE *file = fopen(path, "rb");
    GBA_ENSURE(file, GBA_E_FILE);
    bool good = fseek(file, 0, SEEK_END) == 0;
    long n = good ? ftell(file) : -1;
    if (n > MAX)
        errno = EFBIG;
    good = n >= 0 && n <= MAX && fseek(file, 0, SEEK_SET) == 0;
    *octets = good ? calloc(1, (size_t)n + 1) : NULL;
    good = *octets && fread(*octets, 1, (size_t)n, file) == (size_t)n;
    fclose(file);
    *body = gba_view_of(*octets, good ? (size_t)n : 0);
    return good ? GBA_OK : GBA_E_FILE;
}

static gba_rc request_one(struct ue_run *run, const struct ue_args *args, const char *text,
                          struct ue_ua_request *request, bool *error_status)
{
    struct ue_url url;
    struct ue_run_answer answer;
    snprintf(run->what, sizeof run->what, "request to %s", text);
    GBA_TRY(ue_url_parse(gba_view_cstr(text), &url));
    request->target = url.target;
    GBA_TRY(ue_run_request(run, &url, request, &answer));
    *error_status = *error_status || answer.response->status >= 400;
    if (answer.response->status >= 400)
        fprintf(stderr, "keystrap-ue: %s: the service answers %u\n", text, answer.response->status);
    gba_rc rc = ue_out_answer(&answer, args->output_file);
    if (rc != GBA_OK)
        snprintf(run->what, sizeof run->what, "writing %s", args->output_file ? args->output_file : "output");
    return rc;
}

static gba_rc request(struct ue_run *run, const struct ue_args *args, bool *error_status)
{
    uint8_t *octets = NULL;
    struct ue_ua_request order = {
        .method = gba_view_cstr(args->words[0]), .fields = args->fields, .n_fields = args->n_fields};
    gba_rc rc = GBA_OK;
    if (args->body_file) {
        snprintf(run->what, sizeof run->what, "body file %s", args->body_file);
        rc = read_body(args->body_file, &octets, &order.body);
        if (rc != GBA_OK)
            snprintf(run->detail, sizeof run->detail, "%s", strerror(errno));
    }
    if (rc == GBA_OK)
        rc = ue_run_open_card(run);
    for (int i = 1; rc == GBA_OK && i < args->n_words; i++)
        rc = request_one(run, args, args->words[i], &order, error_status);
    free(octets);
    return rc;
}

static gba_rc check_id(struct ue_run *run, const struct ue_args *args)
{
    static const char *const kinds[] = {
        [M2M_ID_CSE] = "CSE-ID", [M2M_ID_AE] = "AE-ID", [M2M_ID_FQDN] = "FQDN"};
    struct m2m_id id;
    gba_view text = gba_view_cstr(args->words[0]);
    snprintf(run->what, sizeof run->what, "%s", args->words[0]);
    if (args->n_words > 1)
        GBA_TRY(m2m_id_absolute(text, gba_view_cstr(args->words[1]), &id));
    else
        GBA_TRY(m2m_id_parse(text, &id));
    ue_out_begin(true);
    ue_out_text("kind", gba_view_cstr(kinds[id.kind]));
    ue_out_text("id", gba_text_view(&id.text));
    ue_out_end();
    return GBA_OK;
}

static gba_rc serve(struct ue_run *run, const struct ue_args *args, int *code)
{
    bool error_status = false;
    enum ue_enrol_end end = UE_END_GOOD;
    gba_rc rc = GBA_OK;
    if (args->command == UE_CHECK_ID)
        return check_id(run, args);
    GBA_TRY(ue_run_load(run));
    if (args->command == UE_STATUS)
        *code = status(run);
    else if (args->command == UE_BOOTSTRAP)
        rc = bootstrap(run);
    else if (args->command == UE_KEY)
        rc = key(run, args);
    else if (args->command == UE_REQUEST)
        rc = request(run, args, &error_status);
    else
        rc = ue_enrol_command(run, args, &end);
    if (error_status || end == UE_END_ERROR_STATUS)
        *code = EXIT_STATUS;
    if (end == UE_END_NO_KEY)
        *code = EXIT_NO_KEY;
    return rc;
}

static int run_command(struct ue_run *run, const struct ue_args *args)
{
    int code = EXIT_DONE;
    gba_rc rc = serve(run, args, &code);
    if (rc != GBA_OK)
        ue_out_failure(run, rc);
    return rc == GBA_OK ? code : exit_code_of(rc);
}

int main(int argc, char **argv)
{
    static struct ue_conf conf;
    static struct ue_run run;
    rt_forbid_dumps();
    struct ue_args args = ue_args_parse(argc, argv);
    if (args.exit_code >= 0)
        return args.exit_code;
    if (!ue_args_conf(&args, &conf))
        return EXIT_USAGE;
    if (args.check_only)
        return EXIT_DONE;
    run.conf = &conf;
    ue_out_json(args.json);
    int code = run_command(&run, &args);
    ue_run_close(&run);
    return fflush(stdout) == 0 ? code : EXIT_OTHER;
}
