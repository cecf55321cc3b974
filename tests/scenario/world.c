/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenario/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gba/wire/guss.h"

static void text(gba_text *t, const char *s)
{
    if (gba_text_set(t, gba_view_cstr(s)) != GBA_OK)
        abort();
}

/* The fallbacks of the option tables, as a configuration file without the key would get them. */
static void set_fallbacks(const struct gba_opt *rows, void *base)
{
    for (const struct gba_opt *row = rows; row->key; row++) {
        if (row->type == GBA_OPT_SECTION)
            set_fallbacks(row->rows, (char *)base + row->offset);
        else if (row->type != GBA_OPT_LIST && row->fallback && row->fallback[0] &&
                 gba_opt_set(row, base, gba_view_cstr(row->fallback)) != GBA_OK)
            abort();
    }
}

static const struct gba_opt *rows_of(const struct gba_opt *rows, const char *key)
{
    while (strcmp(rows->key, key) != 0)
        rows++;
    return rows->rows;
}

static void configure_bsf(struct world *w)
{
    set_fallbacks(bsf_conf_rows, &w->bsf_conf);
    set_fallbacks(rows_of(bsf_conf_rows, "zn"), &w->rule);
    text(&w->name.host, WORLD_BSF);
    text(&w->rule.peer, WORLD_NAF_PEER);
    text(&w->rule.naf, WORLD_NAF);
    text(&w->any_ua, "*");
    text(&w->any_gsid, "*");
    w->rule.ua = (struct gba_opt_list){&w->any_ua, 1};
    w->rule.gsids = (struct gba_opt_list){&w->any_gsid, 1};
    w->rule.gba_types = (struct gba_opt_list){w->all_types, 3};
    for (int i = 0; i < 3; i++)
        w->all_types[i] = i;
    w->bsf_conf.names = (struct gba_opt_list){&w->name, 1};
    w->bsf_conf.zn = (struct gba_opt_list){&w->rule, 1};
    text(&w->bsf_conf.zh.realm, "home.example");
    text(&w->bsf_conf.diameter.identity, "bsf.home.example");
    text(&w->bsf_conf.diameter.realm, "home.example");
    w->bsf_conf.ub.max_challenges = 64;
    w->bsf_conf.zh.guss_cache = 8;
}

static void configure_naf(struct world *w)
{
    set_fallbacks(naf_conf_rows, &w->naf_conf);
    set_fallbacks(rows_of(naf_conf_rows, "services"), &w->service);
    text(&w->service.fqdn, WORLD_NAF);
    text(&w->service.gsid, "2");
    text(&w->route.btid_domain, "*");
    text(&w->route.realm, "home.example");
    w->naf_conf.services = (struct gba_opt_list){&w->service, 1};
    w->naf_conf.routes = (struct gba_opt_list){&w->route, 1};
    text(&w->naf_conf.diameter.identity, WORLD_NAF_PEER);
    text(&w->naf_conf.diameter.realm, "home.example");
}

struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    fake_world_init(&w->fake);
    configure_bsf(w);
    configure_naf(w);
    return w;
}

void world_start(struct world *w)
{
    const gba_env *env = &w->fake.env;
    gba_seal_key seal;
    if (w->running)
        return;
    w->running = true;
    gba_env_random(env, &seal, sizeof seal);
    if (gba_seal_ring_add(&w->ring, 1, &seal) != GBA_OK)
        abort();
    w->memory[0] = calloc(1, bsf_ub_memory(&w->bsf_conf));
    w->memory[1] = calloc(1, bsf_zn_serve_memory());
    w->memory[2] = calloc(1, naf_cache_memory(8));
    w->memory[3] = calloc(1, naf_nonces_memory(8));
    if (!w->memory[0] || !w->memory[1] || !w->memory[2] || !w->memory[3])
        abort();
    bsf_ub_init(&w->ub, &w->bsf_conf, &w->ring, w->memory[0], env);
    bsf_zn_serve_init(&w->zn, &w->bsf_conf, &w->ring, w->memory[1]);
    naf_cache_init(&w->cache, w->memory[2], 8, 1);
    naf_nonces_init(&w->nonces, w->memory[3], 8, env);
    naf_ua_init(&w->ua, &w->naf_conf, &w->cache, &w->nonces, env);
}

void world_free(struct world *w)
{
    for (size_t i = 0; i < 4; i++)
        free(w->memory[i]);
    free(w);
}

/* Every device has the keys of Milenage set 1 and an IMSI of its own. */
struct world_device *world_device(struct world *w, const char *name)
{
    for (size_t i = 0; i < w->n_devices; i++) {
        if (strcmp(w->devices[i].name, name) == 0)
            return &w->devices[i];
    }
    if (w->n_devices == WORLD_DEVICES)
        abort();
    struct world_device *d = &w->devices[w->n_devices];
    char impi[64];
    snprintf(d->name, sizeof d->name, "%s", name);
    snprintf(impi, sizeof impi, "00101012345678%zu@ims.mnc001.mcc001.3gppnetwork.org", 9 - w->n_devices++);
    text(&d->impi, impi);
    d->key.alg = GBA_AKA_MILENAGE;
    d->key.k.n = 16;
    if (gba_hex_parse(GBA_LIT("465b5ce8b199b49faa5f0a2ee238a6bc"), d->key.k.b, 16) != GBA_OK ||
        gba_hex_parse(GBA_LIT("cd63cb71954a9f4e48a5994e37a02baf"), d->key.opc.b, 16) != GBA_OK)
        abort();
    d->auc_key = d->key;
    return d;
}

size_t world_sessions(const struct world *w)
{
    return fake_store_count(&w->store, w->fake.env.now_ms);
}

/* ---- Ub ---- */

/* As it would go over the wire, so that what is expected is what a device reads. */
static void keep_message(struct world_side *side, const struct gba_http_msg *msg)
{
    gba_writer w = gba_writer_of(side->text, sizeof side->text);
    size_t used = 0;
    if (gba_http_format(msg, &w) != GBA_OK)
        abort();
    side->n = w.n;
    gba_rc rc = msg->status ? gba_http_response_parse(gba_writer_view(&w), false, &side->msg, &used)
                            : gba_http_request_parse(gba_writer_view(&w), &side->msg, &used);
    if (rc != GBA_OK)
        abort();
    side->msg.body = gba_view_sub(gba_writer_view(&w), used, w.n);
}

static void keep_question(struct world *w, struct world_device *d, const struct bsf_zh_ask *ask)
{
    const struct bsf_zh_target target = {.realm = gba_text_view(&w->bsf_conf.zh.realm)};
    d->zh_ask = *ask;
    bsf_zh_ask_mar(&w->bsf_conf, ask, &target, &d->mar);
    if (gba_text_set(&d->mar_impi, ask->impi) != GBA_OK)
        abort();
    d->ub.state = SIDE_ASKED;
}

/* The store answers at once, until the engine wants the HSS or has an answer. */
static void run_ub(struct world *w, struct world_device *d, struct bsf_ub_event event)
{
    struct bsf_ub_order order;
    struct bsf_stored found;
    int64_t now_ms = w->fake.env.now_ms;
    for (;;) {
        bsf_ub_step(&w->ub, &d->ub_run, &w->fake.env, &event, &order);
        if (order.kind == BSF_UB_ASK_HSS) {
            keep_question(w, d, &order.zh);
            return;
        }
        if (order.kind == BSF_UB_REPLY) {
            d->ub.state = SIDE_REPLIED;
            d->ub.reason = order.reason;
            keep_message(&d->ub, order.reply);
            return;
        }
        event = (struct bsf_ub_event){.kind = order.kind == BSF_UB_FIND ? BSF_UB_FOUND : BSF_UB_STORED};
        if (order.kind == BSF_UB_FIND)
            event.rc = fake_store_get(&w->store, &order.key, now_ms, &found);
        else
            event.rc = fake_store_put(&w->store, &order.put, now_ms);
        event.found = &found;
    }
}

void world_ub_request(struct world *w, struct world_device *d)
{
    world_start(w);
    run_ub(w, d, (struct bsf_ub_event){.kind = BSF_UB_REQUEST, .req = &d->ub_req, .via = &d->ub_via});
}

void world_ub_vector(struct world *w, struct world_device *d, gba_rc rc, const struct dia_maa *maa)
{
    run_ub(w, d,
           (struct bsf_ub_event){
               .kind = BSF_UB_VECTOR, .rc = bsf_zh_ask_means(&d->zh_ask, NULL, rc, maa), .maa = maa});
}

/* ---- AuC ---- */

static bool resynchronise(struct world_device *d)
{
    uint64_t sqn_ms;
    if (gba_aka_auts_open(&d->auc_key, &d->mar.rand, &d->mar.auts, &sqn_ms) != GBA_OK)
        return false;
    d->sqn_he = gba_sqn_resync(d->sqn_he, sqn_ms, 0);
    return true;
}

gba_ha1 world_ha1(const struct world_device *d)
{
    struct gba_digest_in in = {
        .alg = GBA_DIGEST_MD5, .username = gba_text_view(&d->impi), .password = GBA_LIT("secret")};
    struct gba_digest_hex hex;
    gba_ha1 ha1 = {.n = 16};
    gba_view user;
    (void)gba_view_split(in.username, '@', &user, &in.realm);
    if (gba_digest_ha1(&in, &hex) != GBA_OK ||
        gba_hex_parse(gba_view_of(hex.s, hex.n), ha1.b, ha1.n) != GBA_OK)
        abort();
    return ha1;
}

/* A SIM's triplet, or H(A1) of the password "secret", when it is asked for by its scheme. */
static void answer_other(struct world_device *d, const gba_rand *rand, struct dia_maa *maa)
{
    gba_view user, scheme = d->mar.scheme;
    maa->has_triplet = d->kind == WITH_SIM && scheme.p && gba_view_eq(scheme, GBA_LIT("2G-GBA"));
    maa->has_digest = d->kind == WITH_DIGEST && scheme.p && gba_view_eq(scheme, GBA_LIT("SIP Digest"));
    (void)gba_view_split(gba_text_view(&d->impi), '@', &user, &maa->digest.realm);
    maa->digest.ha1 = world_ha1(d);
    if (!maa->has_triplet && !maa->has_digest)
        maa->result = (struct dia_result){true, DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED};
    if (gba_aka_triplet(&d->auc_key, rand, &maa->triplet) != GBA_OK)
        abort();
    maa->guss = d->guss_n > 0 ? gba_view_of(d->guss, d->guss_n) : maa->guss;
}

void world_hss_answer(struct world_device *d, const gba_env *env, struct dia_maa *maa)
{
    gba_rand rand;
    *maa = (struct dia_maa){.result = {false, DIA_SUCCESS}, .impi = gba_text_view(&d->impi)};
    if (d->mar.resync && !resynchronise(d)) {
        maa->result = (struct dia_result){false, DIA_UNABLE_TO_COMPLY};
        return;
    }
    gba_env_random(env, rand.b, sizeof rand.b);
    if (d->kind != WITH_USIM) {
        answer_other(d, &rand, maa);
        return;
    }
    if (gba_sqn_next(d->sqn_he, 0, &d->sqn_he) != GBA_OK ||
        gba_aka_generate(&d->auc_key, &rand, d->sqn_he, (gba_amf){{0, 0}}, &maa->vector) != GBA_OK)
        abort();
    maa->has_vector = true;
    if (d->guss_n > 0)
        maa->guss = gba_view_of(d->guss, d->guss_n);
}

/* ---- Zn ---- */

void world_bsf_answer(struct world *w, struct world_device *d, struct dia_bia *bia)
{
    struct bsf_zn_order order;
    struct bsf_zn_event event = {.kind = BSF_ZN_REQUEST, .bir = &d->bir, .peer = GBA_LIT(WORLD_NAF_PEER)};
    bsf_zn_serve_step(&w->zn, &w->zn_run, &w->fake.env, &event, &order);
    if (order.kind == BSF_ZN_FIND) {
        struct bsf_stored found = {.record = {NULL, 0}};
        event = (struct bsf_zn_event){.kind = BSF_ZN_FOUND};
        event.rc = fake_store_get(&w->store, &order.key, w->fake.env.now_ms, &found);
        event.record = found.record;
        bsf_zn_serve_step(&w->zn, &w->zn_run, &w->fake.env, &event, &order);
    }
    *bia = order.bia;
}

/* ---- Ua ---- */

static void keep_ua(struct world_device *d, const struct naf_ua_order *order)
{
    if (order->kind == NAF_UA_ASK) {
        d->ua.state = SIDE_ASKED;
        d->bir = *order->bir;
        return;
    }
    d->ua.state = order->kind == NAF_UA_FORWARD ? SIDE_FORWARDED : SIDE_REPLIED;
    d->ua.reason = order->reason;
    keep_message(&d->ua, order->msg);
}

void world_ua_request(struct world *w, struct world_device *d)
{
    world_start(w);
    keep_ua(d, naf_ua_request(&w->ua, &d->ua_run, &w->fake.env, &d->ua_req));
}

void world_ua_key(struct world *w, struct world_device *d, gba_rc rc, const struct dia_bia *bia)
{
    keep_ua(d, naf_ua_key(&w->ua, &d->ua_run, &w->fake.env, rc, bia));
}

void world_ua_upstream(struct world *w, struct world_device *d, gba_rc rc, const struct gba_http_msg *rsp)
{
    keep_ua(d, naf_ua_upstream(&w->ua, &d->ua_run, &w->fake.env, rc, rsp));
}
