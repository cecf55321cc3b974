/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE

#include "ue/io/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "ue/io/pin.h"
#include "ue/io/state_file.h"
#include "uicc/io/card_open.h"

/* ---- the world ---- */

static void random_octets(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    if (getentropy(out, n) != 0)
        abort(); /* a predictable cnonce is worse than no answer */
}

static int64_t clock_ms(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

gba_env ue_run_env(void)
{
    return (gba_env){
        .now_ms = clock_ms(CLOCK_REALTIME), .random = random_octets, .mono_ms = clock_ms(CLOCK_MONOTONIC)};
}

void ue_run_trying(struct ue_run *run, const char *what, const char *item)
{
    snprintf(run->what, sizeof run->what, "%s%s", what, item);
    run->detail[0] = '\0';
}

/* What HTTP knows about a failure. */
static void explain_http(struct ue_run *run, unsigned status)
{
    const char *said = run->http ? ue_http_detail(run->http) : "";
    if (said[0])
        snprintf(run->detail, sizeof run->detail, "%s", said);
    else if (status > 0)
        snprintf(run->detail, sizeof run->detail, "last HTTP status %u", status);
}

/* ---- state ---- */

gba_rc ue_run_load(struct ue_run *run)
{
    ue_run_trying(run, "state file ", run->conf->state.s);
    gba_rc rc = ue_state_read(run->conf->state.s, &run->keys);
    return rc == GBA_E_ABSENT ? GBA_OK : rc;
}

/* What a run changed is kept, whether it was a success or not. */
static gba_rc keep(struct ue_run *run, const struct ue_keys *result, gba_rc rc)
{
    bool changed = result->mode != run->keys.mode || !gba_text_eq(&result->tmpi, &run->keys.tmpi) ||
                   !gba_text_eq(&result->next.nonce, &run->keys.next.nonce);
    run->keys = *result;
    if (rc != GBA_OK && !changed)
        return rc;
    gba_rc stored = ue_state_write(run->conf->state.s, result);
    if (stored != GBA_OK && rc == GBA_OK) {
        ue_run_trying(run, "state file ", run->conf->state.s);
        return stored;
    }
    return rc;
}

/* ---- card ---- */

static gba_rc open_session(struct ue_run *run, gba_view pin)
{
    struct uicc_session_conf conf = {
        .app = run->conf->gba == UE_GBA_2G ? UICC_APP_USIM : (enum uicc_app)run->conf->app,
        .pin = pin,
        .risk_last_try = run->conf->risk_last_pin_try,
        .mnc_n = run->conf->mnc_digits,
    };
    gba_rc rc = uicc_session_open(&run->session, &run->card, &conf);
    run->session_open = rc == GBA_OK;
    return rc;
}

static gba_rc open_with_pin(struct ue_run *run)
{
    uint8_t room[16];
    gba_writer w = gba_writer_of(room, sizeof room);
    if (run->conf->pin_file.n > 0) {
        gba_rc rc = ue_pin_from_file(run->conf->pin_file.s, &w);
        if (rc != GBA_OK) {
            ue_run_trying(run, "PIN file ", run->conf->pin_file.s);
            return rc;
        }
    }
    gba_rc rc = open_session(run, w.n > 0 ? gba_writer_view(&w) : (gba_view){NULL, 0});
    if (rc == GBA_E_PIN_NEEDED && w.n == 0) {
        rc = ue_pin_from_terminal(&w);
        if (rc == GBA_OK)
            rc = open_session(run, gba_writer_view(&w));
    }
    gba_wipe_bytes(room, sizeof room);
    return rc;
}

/* The first line of the configuration reader's errors. */
static void explain_card(struct ue_run *run, const struct rt_conf_errors *errors)
{
    gba_view line, rest;
    gba_view_split(gba_view_of(errors->text, errors->n), '\n', &line, &rest);
    snprintf(run->detail, sizeof run->detail, "%.*s", (int)line.n, (const char *)line.p);
}

static gba_rc be_without_card(struct ue_run *run)
{
    run->session = (struct uicc_session){.app = UICC_APP_AUTO, .impi = run->conf->gba_digest.impi};
    ue_run_trying(run, "identity ", run->session.impi.s);
    return gba_bsf_name_isim(gba_text_view(&run->session.impi), &run->session.bsf);
}

gba_rc ue_run_open_card(struct ue_run *run)
{
    struct rt_conf_errors errors = {.n = 0};
    if (run->conf->gba == UE_GBA_DIGEST)
        return be_without_card(run);
    ue_run_trying(run, "card ", run->conf->card.s);
    gba_rc rc = uicc_card_open(gba_text_view(&run->conf->card), &run->card, &errors);
    if (rc != GBA_OK) {
        explain_card(run, &errors);
        return rc;
    }
    run->card_open = true;
    return open_with_pin(run);
}

/* ---- HTTP ---- */

static gba_rc need_http(struct ue_run *run)
{
    if (run->http)
        return GBA_OK;
    run->http_conf = (struct ue_http_conf){
        .proxy = gba_text_view(&run->conf->proxy),
        .timeout_ms = run->conf->timeout_ms,
        .max_body = run->conf->max_body,
    };
    return ue_http_open(&run->http_conf, &run->http);
}

/* ---- bootstrapping ---- */

/* What an event of a run points to. */
struct material {
    const struct gba_http_msg *response;
    struct uicc_auth auth;
    gba_triplet triplet;
    gba_tls_mk tls_mk;
    gba_ks_naf ks_naf;
};

static struct ue_boot_event ask_card(struct ue_run *run, const struct ue_boot_order *order,
                                     struct material *m)
{
    if (order->gsm) {
        gba_rc given = uicc_session_gsm(&run->session, order->rand, &m->triplet);
        return (struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = given, .triplet = &m->triplet};
    }
    if (order->as_me)
        run->session.gba_u = false;
    gba_rc rc = uicc_session_challenge(&run->session, order->rand, order->autn, &m->auth);
    return (struct ue_boot_event){
        .kind = UE_BOOT_CARD, .rc = rc, .auth = &m->auth, .gba_context = run->session.gba_u};
}

static struct ue_boot_event send_to_bsf(struct ue_run *run, const struct ue_boot_order *order,
                                        struct material *m)
{
    struct ue_boot_event event = {.kind = UE_BOOT_HTTP};
    if (run->bsf_over_tls)
        event.rc = ue_bsf_tls_send(&run->bsf_tls, order->msg, &m->response);
    else
        event.rc = ue_http_send(run->http, &run->bsf, order->msg, &m->response);
    event.response = m->response;
    return event;
}

static struct ue_boot_event carry_out(struct ue_run *run, const struct ue_boot_order *order,
                                      struct material *m)
{
    struct ue_boot_event event = {.kind = UE_BOOT_HTTP};
    switch (order->kind) {
    case UE_BOOT_CHALLENGE:
        return ask_card(run, order, m);
    case UE_BOOT_EXPORT:
        event.kind = UE_BOOT_EXPORTED;
        event.rc = ue_bsf_tls_export(&run->bsf_tls, &run->conf->gba_digest.label, &m->tls_mk);
        event.tls_mk = &m->tls_mk;
        break;
    case UE_BOOT_STORE:
        event.kind = UE_BOOT_STORED;
        event.rc = uicc_session_store(&run->session, order->btid, order->lifetime);
        break;
    case UE_BOOT_DERIVE:
        event.kind = UE_BOOT_DERIVED;
        event.rc = uicc_session_derive(&run->session, order->naf_id, &m->ks_naf);
        event.ks_ext_naf = &m->ks_naf;
        break;
    case UE_BOOT_SEND:
    case UE_BOOT_DONE:
        return send_to_bsf(run, order, m);
    }
    return event;
}

static gba_rc step_to_the_end(struct ue_run *run, struct ue_boot *boot)
{
    struct material material = {.response = NULL};
    struct ue_boot_event event = {.kind = UE_BOOT_START, .rc = GBA_OK};
    struct ue_boot_order order;
    gba_env env = ue_run_env();
    ue_boot_step(boot, &env, &event, &order);
    while (order.kind != UE_BOOT_DONE) {
        event = carry_out(run, &order, &material);
        env = ue_run_env();
        ue_boot_step(boot, &env, &event, &order);
        gba_wipe(&material.auth);
        gba_wipe(&material.triplet);
        gba_wipe(&material.tls_mk);
        gba_wipe(&material.ks_naf);
    }
    return order.reason;
}

static gba_rc find_bsf(struct ue_run *run)
{
    const gba_text *name = run->conf->bsf.n > 0 ? &run->conf->bsf : &run->session.bsf;
    ue_run_trying(run, "bootstrapping at ", name->s);
    GBA_TRY(ue_conf_bsf(run->conf, gba_text_view(name), &run->bsf, &run->bsf_over_tls));
    run->bsf.connect = run->conf->connect_bsf.n > 0 ? run->conf->connect_bsf : run->conf->connect;
    if (!run->bsf_over_tls)
        return need_http(run);
    const struct ue_bsf_tls_conf tls = {&run->bsf, &run->conf->bsf_ca, run->conf->timeout_ms,
                                        run->conf->max_body};
    gba_rc rc = ue_bsf_tls_open(&run->bsf_tls, &tls);
    if (rc == GBA_E_FILE)
        snprintf(run->detail, sizeof run->detail, "bsf_ca: %s", run->bsf_tls.files.why.s);
    return rc;
}

/* The first line of the password file, which lives with `files`. */
static gba_rc read_password(struct ue_run *run, struct ue_files *files, gba_view *password)
{
    gba_view content, rest;
    const gba_text *path = &run->conf->gba_digest.password_file;
    gba_rc rc = ue_files_read(files, path, true, &content);
    if (rc != GBA_OK) {
        ue_run_trying(run, "password file ", path->s);
        snprintf(run->detail, sizeof run->detail, "%s", files->why.s);
        return rc;
    }
    gba_view_split(content, '\n', password, &rest);
    return GBA_OK;
}

static gba_rc set_digest(struct ue_run *run, struct ue_files *files, struct ue_boot_digest *digest)
{
    const struct ue_conf_digest *conf = &run->conf->gba_digest;
    gba_view user;
    if (run->conf->gba != UE_GBA_DIGEST)
        return GBA_OK;
    (void)gba_view_split(gba_text_view(&conf->impi), '@', &user, &digest->realm);
    if (conf->realm.n > 0)
        digest->realm = gba_text_view(&conf->realm);
    digest->ha1_hex = conf->ha1 != 0;
    return read_password(run, files, &digest->password);
}

static gba_rc bootstrap(struct ue_run *run, struct ue_files *files)
{
    struct ue_boot_conf conf = {
        .gba = (enum ue_gba)run->conf->gba,
        .akav2 = run->conf->akav2 && !run->session.gba_u,
        .bsf = gba_text_view(&run->bsf.host),
        .host = gba_text_view(&run->bsf.authority),
        .product = gba_text_view(&run->conf->product),
        .tmpi = run->conf->tmpi && run->conf->gba != UE_GBA_DIGEST,
        .allow_downgrade = run->conf->allow_downgrade,
        .max_resyncs = 2,
    };
    struct ue_keys who = {.app = run->session.app, .impi = run->session.impi};
    struct ue_boot boot;
    GBA_TRY(set_digest(run, files, &conf.digest));
    ue_boot_init(&boot, &conf, &who, &run->keys);
    gba_rc rc = step_to_the_end(run, &boot);
    if (rc != GBA_OK)
        explain_http(run, boot.status);
    run->resyncs = boot.resyncs;
    run->store_rc = boot.store_rc;
    rc = keep(run, &boot.result, rc);
    gba_wipe(&boot);
    return rc;
}

gba_rc ue_run_bootstrap(struct ue_run *run)
{
    struct ue_files files = {.n = 0};
    gba_rc rc = find_bsf(run);
    if (rc == GBA_OK)
        rc = bootstrap(run, &files);
    ue_files_drop(&files);
    ue_bsf_tls_close(&run->bsf_tls);
    return rc;
}

/* ---- keys ---- */

/* Somebody else may have bootstrapped with the card since: then Ks in it is
 * another.  A card that does not say is believed. */
static gba_rc check_gba_u(struct ue_run *run)
{
    struct uicc_gbabp gbabp;
    if (uicc_session_gbabp(&run->session, &gbabp) != GBA_OK)
        return GBA_OK;
    bool same = gba_view_eq(gba_view_of(gbabp.rand, gbabp.rand_n), GBA_ARRAY(run->keys.rand.b));
    return same ? GBA_OK : GBA_E_UE_OTHER_CARD;
}

/* TS 33.220 4.4.11: keys belong to the application of the card that made them. */
static gba_rc check_keys(struct ue_run *run)
{
    gba_env env = ue_run_env();
    GBA_TRY(ue_keys_check(&run->keys, gba_env_now_s(&env)));
    bool same = run->keys.app == run->session.app && gba_text_eq(&run->keys.impi, &run->session.impi);
    bool digest = run->keys.mode == UE_MODE_DIGEST;
    GBA_ENSURE(same && digest == (run->conf->gba == UE_GBA_DIGEST), GBA_E_UE_OTHER_CARD);
    return run->keys.mode == UE_MODE_U ? check_gba_u(run) : GBA_OK;
}

static gba_rc derive(struct ue_run *run, const gba_nafid *naf, gba_ks_naf *ks_naf)
{
    uint8_t room[GBA_NAFID_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    if (run->keys.mode != UE_MODE_U)
        return ue_keys_derive(&run->keys, naf, ks_naf);
    gba_nafid_encode(naf, &w);
    return uicc_session_derive(&run->session, gba_writer_view(&w), ks_naf);
}

gba_rc ue_run_key(struct ue_run *run, const gba_nafid *naf, gba_ks_naf *ks_naf)
{
    ue_run_trying(run, "key for ", naf->fqdn.s);
    GBA_TRY(check_keys(run));
    return derive(run, naf, ks_naf);
}

gba_rc ue_run_int_key(struct ue_run *run, const gba_nafid *naf, gba_ks_naf *ks_int_naf)
{
    uint8_t room[GBA_NAFID_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_ks_naf ks_ext_naf;
    ue_run_trying(run, "key in the UICC for ", naf->fqdn.s);
    GBA_TRY(check_keys(run));
    GBA_ENSURE(run->keys.mode == UE_MODE_U && run->card.int_key, GBA_E_ENROL_UICC);
    gba_rc rc = derive(run, naf, &ks_ext_naf); /* the card derives both */
    gba_wipe(&ks_ext_naf);
    gba_nafid_encode(naf, &w);
    return rc == GBA_OK ? run->card.int_key(run->card.self, gba_writer_view(&w), ks_int_naf) : rc;
}

gba_rc ue_run_need_keys(struct ue_run *run, bool fresh)
{
    return fresh || check_keys(run) != GBA_OK ? ue_run_bootstrap(run) : GBA_OK;
}

static gba_rc key_for_request(struct ue_run *run, const struct ue_ua_order *order, gba_ks_naf *ks_naf)
{
    gba_nafid naf = *order->naf;
    GBA_TRY(ue_run_need_keys(run, order->fresh));
    return ue_run_key(run, &naf, ks_naf);
}

/* ---- requests ---- */

/* Nonce and key of a NAF serve the next request to it too. */
static void meet_naf(struct ue_run *run, const struct ue_url *url)
{
    if (gba_text_eq(&run->naf.authority, &url->authority))
        return;
    gba_wipe(&run->ua);
    run->naf = *url;
    run->naf.connect = run->conf->connect;
    run->ua_conf = (struct ue_ua_conf){
        .host = gba_text_view(&run->naf.host),
        .authority = gba_text_view(&run->naf.authority),
        .product = gba_text_view(&run->conf->product),
        .ua = gba_uaid_http_digest,
        .integrity = run->conf->integrity,
        .digest = run->conf->gba == UE_GBA_DIGEST,
    };
    ue_ua_init(&run->ua, &run->ua_conf);
}

static struct ue_ua_event serve(struct ue_run *run, const struct ue_ua_order *order,
                                struct ue_run_answer *answer, gba_ks_naf *ks_naf)
{
    struct ue_ua_event event = {.kind = UE_UA_HTTP};
    if (order->kind == UE_UA_KEY) {
        answer->response = NULL; /* bootstrapping uses the same transport */
        event.kind = UE_UA_KEY_READY;
        event.rc = key_for_request(run, order, ks_naf);
        event.btid = gba_text_view(&run->keys.btid);
        event.ks_naf = ks_naf;
        return event;
    }
    ue_run_trying(run, "request to ", run->naf.authority.s);
    event.rc = ue_http_send(run->http, &run->naf, order->msg, &answer->response);
    event.response = answer->response;
    if (event.rc != GBA_OK)
        answer->response = NULL;
    return event;
}

gba_rc ue_run_request(struct ue_run *run, const struct ue_url *url, const struct ue_ua_request *request,
                      struct ue_run_answer *answer)
{
    struct ue_ua_event event = {.kind = UE_UA_START, .rc = GBA_OK, .request = request};
    struct ue_ua_order order;
    gba_ks_naf ks_naf;
    gba_env env = ue_run_env();
    *answer = (struct ue_run_answer){.response = NULL};
    ue_run_trying(run, "request to ", url->authority.s);
    GBA_TRY(need_http(run));
    meet_naf(run, url);
    ue_ua_step(&run->ua, &env, &event, &order);
    while (order.kind != UE_UA_DONE) {
        event = serve(run, &order, answer, &ks_naf);
        env = ue_run_env();
        ue_ua_step(&run->ua, &env, &event, &order);
        gba_wipe(&ks_naf);
    }
    if (order.reason != GBA_OK && event.kind == UE_UA_HTTP)
        explain_http(run, run->ua.status);
    answer->proven = order.proven;
    return order.reason;
}

void ue_run_close(struct ue_run *run)
{
    if (run->session_open)
        uicc_session_close(&run->session);
    if (run->card_open)
        run->card.close(run->card.self);
    ue_http_close(run->http);
    ue_bsf_tls_close(&run->bsf_tls);
    gba_wipe(run);
}
