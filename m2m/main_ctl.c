/* SPDX-License-Identifier: Apache-2.0 */
/* keystrap-ctl: client of the operator's interface of keystrap-bsf, keystrap-naf and keystrap-peer. */
#include <curl/curl.h>
#include <stdio.h>

#include "gba/base/secret.h"
#include "gba/wire/json.h"
#include "m2m/io/ctl_args.h"
#include "m2m/io/ctl_file.h"
#include "m2m/io/ctl_http.h"
#include "m2m/io/ctl_show.h"
#include "m2m/io/secret_file.h"
#include "rt/daemon.h"

/* Documented in keystrap-ctl(1). */
enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_UNREACHABLE = 3, EXIT_FILE = 4 };

enum { SIGNATURE_MAX = 200, KEY_TEXT_MAX = 520 };

/* One run.  Holds secrets: wiped at the end. */
struct run {
    const struct m2m_ctl_args *args;
    struct m2m_ctl_daemon daemon;
    gba_text name;
    uint8_t body[GBA_JSON_SIZE_MAX + 1];
    gba_writer body_w;
    uint8_t signature[SIGNATURE_MAX];
    struct m2m_ctl_request req;
    struct m2m_ctl_answer answer;
    gba_text why; /* what is wrong with a file */
};

/* ---- requests ---- */

static gba_rc read_token(struct run *run)
{
    gba_writer w = gba_writer_of(run->daemon.token, sizeof run->daemon.token);
    GBA_TRY(m2m_secret_file_read(run->args->token_file, &w, &run->why));
    run->daemon.token_n = w.n > 0 && run->daemon.token[w.n - 1] == '\n' ? w.n - 1 : w.n;
    run->daemon.address = run->args->address;
    return GBA_OK;
}

static gba_rc read_instruction(struct run *run)
{
    const struct m2m_ctl_args *args = run->args;
    gba_writer w = gba_writer_of(run->signature, sizeof run->signature);
    bool has_key;
    GBA_TRY(m2m_ctl_file_read(args->word, args->sig ? M2M_CTL_ANY : M2M_CTL_OWNED, &run->body_w, &run->why));
    GBA_TRY(m2m_ctl_instr_name(gba_writer_view(&run->body_w), &run->name, &has_key));
    if (has_key && m2m_ctl_file_readable(args->word))
        return m2m_file_fault(&run->why, args->word,
                              "others may read it, and it holds a key; its mode must be 0600");
    if (args->sig)
        GBA_TRY(m2m_ctl_file_read(args->sig, M2M_CTL_ANY, &w, &run->why));
    run->req = (struct m2m_ctl_request){.method = "PUT", .collection = "/v1/enrolees"};
    run->req.signature = args->sig ? gba_writer_view(&w) : gba_view_cstr(NULL);
    return GBA_OK;
}

static gba_rc read_key(struct run *run)
{
    uint8_t text[KEY_TEXT_MAX], key[KEY_TEXT_MAX / 2];
    gba_writer t = gba_writer_of(text, sizeof text), k = gba_writer_of(key, sizeof key);
    struct gba_json_out o = {.w = &run->body_w};
    gba_rc rc = m2m_ctl_file_read(run->args->key, M2M_CTL_OWNED, &t, &run->why);
    if (rc == GBA_OK && m2m_ctl_file_readable(run->args->key))
        rc = m2m_file_fault(&run->why, run->args->key, "others may read it; its mode must be 0600");
    if (rc == GBA_OK)
        rc = m2m_ctl_key_parse(gba_writer_view(&t), &k);
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "use", gba_view_cstr(run->args->use));
    gba_json_b64(&o, "key", gba_writer_view(&k));
    if (run->args->peer)
        gba_json_text(&o, "peer", gba_view_cstr(run->args->peer));
    if (run->args->until)
        gba_json_text(&o, "until", gba_view_cstr(run->args->until));
    gba_json_end(&o, '}');
    gba_wipe(&text);
    gba_wipe(&key);
    GBA_TRY(rc);
    run->req = (struct m2m_ctl_request){.method = "PUT", .collection = "/v1/keys"};
    return gba_writer_end(&run->body_w);
}

static gba_rc prepare(struct run *run)
{
    static const struct m2m_ctl_request plain[] = {
        [M2M_CTL_ENROLEE_LIST] = {.method = "GET", .collection = "/v1/enrolees"},
        [M2M_CTL_ENROLEE_SHOW] = {.method = "GET", .collection = "/v1/enrolees"},
        [M2M_CTL_ENROLEE_DELETE] = {.method = "DELETE", .collection = "/v1/enrolees"},
        [M2M_CTL_TOKEN_ISSUE] = {.method = "POST", .collection = "/v1/enrolees", .action = "/token"},
        [M2M_CTL_TOKEN_REVOKE] = {.method = "DELETE", .collection = "/v1/enrolees", .action = "/token"},
        [M2M_CTL_ENROLMENT_KEY_LIST] = {.method = "GET", .collection = "/v1/enrolment-keys"},
        [M2M_CTL_ENROLMENT_KEY_DELETE] = {.method = "DELETE", .collection = "/v1/enrolment-keys"},
        [M2M_CTL_KEY_LIST] = {.method = "GET", .collection = "/v1/keys"},
        [M2M_CTL_KEY_DELETE] = {.method = "DELETE", .collection = "/v1/keys"},
        [M2M_CTL_HEALTH] = {.method = "GET", .collection = "/readyz"},
        [M2M_CTL_METRICS] = {.method = "GET", .collection = "/metrics"},
        [M2M_CTL_VERSION] = {.method = "GET", .collection = "/v1/version"},
        [M2M_CTL_CONFIGURATION] = {.method = "GET", .collection = "/v1/configuration"},
        [M2M_CTL_PEERS] = {.method = "GET", .collection = "/v1/peers"},
        [M2M_CTL_CHALLENGES] = {.method = "GET", .collection = "/v1/challenges"},
        [M2M_CTL_SESSIONS] = {.method = "GET", .collection = "/v1/sessions"},
        [M2M_CTL_SESSIONS_OF] = {.method = "GET", .collection = "/v1/subscribers", .action = "/sessions"},
        [M2M_CTL_SESSION_SHOW] = {.method = "GET", .collection = "/v1/sessions"},
        [M2M_CTL_REVOKE_SESSION] = {.method = "DELETE", .collection = "/v1/sessions"},
        [M2M_CTL_REVOKE_SUBSCRIBER] = {.method = "DELETE",
                                       .collection = "/v1/subscribers",
                                       .action = "/sessions"},
        [M2M_CTL_EXPLAIN] = {.method = "GET", .collection = "/v1/explain"},
        [M2M_CTL_RELOAD] = {.method = "POST", .collection = "/v1/reload"},
    };
    const struct m2m_ctl_args *args = run->args;
    struct gba_json_out o = {.w = &run->body_w};
    if (args->command == M2M_CTL_ENROLEE_PUT)
        return read_instruction(run);
    if (args->word)
        GBA_TRY(gba_text_set(&run->name, gba_view_cstr(args->word)));
    if (args->command == M2M_CTL_KEY_IMPORT)
        return read_key(run);
    run->req = plain[args->command];
    run->req.query[0] = (struct m2m_ctl_query){"naf", args->naf};
    run->req.query[1] = (struct m2m_ctl_query){"ua", args->ua};
    if (args->lifetime_s > 0) {
        gba_json_begin(&o, NULL, '{');
        gba_json_integer(&o, "lifetime", args->lifetime_s);
        gba_json_end(&o, '}');
    }
    return GBA_OK;
}

/* ---- running ---- */

static int failed(const struct run *run, gba_rc rc, int exit_code)
{
    m2m_ctl_show_failure(run->args->what, rc, &run->why, run->args->json);
    return exit_code;
}

static int ask(struct run *run)
{
    gba_rc rc = read_token(run);
    if (rc == GBA_OK)
        rc = prepare(run);
    if (rc != GBA_OK)
        return failed(run, rc, EXIT_FILE);
    run->req.name = run->name.n > 0 ? gba_text_view(&run->name) : gba_view_cstr(NULL);
    run->req.body = gba_writer_view(&run->body_w);
    rc = m2m_ctl_ask(&run->daemon, &run->req, &run->answer);
    if (rc != GBA_OK)
        return failed(run, rc, EXIT_UNREACHABLE);
    gba_view json = gba_view_of(run->answer.octets, run->answer.n);
    if (run->args->command == M2M_CTL_HEALTH && run->answer.status == 503) {
        rc = m2m_ctl_show(json, run->args->json);
        return rc == GBA_OK ? EXIT_REFUSED : failed(run, rc, EXIT_UNREACHABLE);
    }
    if (run->answer.status / 100 != 2) {
        m2m_ctl_show_refusal(run->args->what, run->answer.status, json, run->args->json);
        return EXIT_REFUSED;
    }
    rc = m2m_ctl_show(json, run->args->json || run->args->command == M2M_CTL_METRICS);
    return rc == GBA_OK ? EXIT_DONE : failed(run, rc, EXIT_UNREACHABLE);
}

static int new_key(struct run *run)
{
    gba_rc rc = m2m_key_file_make(run->args->word, &run->why);
    return rc == GBA_OK ? EXIT_DONE : failed(run, rc, EXIT_FILE);
}

int main(int argc, char **argv)
{
    static struct run run;
    struct m2m_ctl_args args;
    int exit_code = EXIT_DONE;
    rt_forbid_dumps();
    if (!m2m_ctl_args_parse(argc, argv, &args, &exit_code))
        return exit_code;
    run.args = &args;
    run.body_w = gba_writer_of(run.body, sizeof run.body);
    if (args.command == M2M_CTL_NEW_KEY)
        return new_key(&run);
    if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
        return failed(&run, GBA_E_MEMORY, EXIT_UNREACHABLE);
    exit_code = ask(&run);
    m2m_ctl_answer_free(&run.answer);
    curl_global_cleanup();
    gba_wipe(&run);
    return exit_code;
}
