/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/peer_run.h"

#include <stdlib.h>

#include "m2m/io/secret_file.h"
#include "rt/log.h"
#include "rt/node.h"

enum { SWEEP_EVERY_MS = 60 * 1000, FORGET_AT_ONCE = 8, HEAD_MAX = 8192 };

/* TS 24.109 5.2.2, TS 33.222 5.4: clients of GBA find the kinds of key we take here. */
static const char hint_me[] = "3GPP-bootstrapping";
static const char hint_uicc[] = "3GPP-bootstrapping-uicc;3GPP-bootstrapping";

/* ---- whom we ask ---- */

static gba_rc take_source(struct m2m_peer_run *run, const struct m2m_conf_source *conf, bool maf,
                          struct m2m_ask_source *out)
{
    out->source.fqdn = conf->fqdn;
    gba_text_lower(&out->source.fqdn);
    if (maf)
        out->source.kind = M2M_SOURCE_MAF;
    else
        out->source.kind = M2M_SOURCE_MEF;
    out->address = conf->address;
    out->expect = (struct m2m_expect){
        .flavour = M2M_CERT_FQDN, .id = out->source.fqdn, .status = (enum m2m_status)conf->expect.status};
    return m2m_files_expect(&run->files, &conf->expect, &out->expect);
}

static gba_rc read_key(const struct m2m_peer_key *conf, gba_seal_key *key)
{
    gba_text why = {0};
    gba_rc rc = m2m_key_file_read(conf->key_file.s, key, &why);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "peer.key-unusable", RT_REASON(rc), RT_STR("key", gba_text_view(&conf->id)),
               RT_STR("why", gba_text_view(&why)));
    return rc;
}

static gba_rc take_km(const struct m2m_peer_conf *conf, struct m2m_ask_source *maf)
{
    const struct m2m_peer_key *keys = conf->maf_keys.items;
    gba_seal_key key;
    for (size_t i = 0; i < conf->maf_keys.n; i++) {
        if (!gba_view_eq_nocase(gba_text_view(&keys[i].owner), gba_text_view(&maf->source.fqdn)))
            continue;
        gba_rc rc = read_key(&keys[i], &key);
        maf->km.identity = keys[i].id;
        gba_copy(maf->km.key, GBA_ARRAY(key.b));
        maf->km.n = sizeof key.b;
        gba_wipe(&key);
        GBA_TRY(rc);
    }
    return GBA_OK;
}

static gba_rc take_sources(struct m2m_peer_run *run)
{
    const struct m2m_peer_conf *conf = run->conf;
    const struct m2m_conf_source *mefs = conf->mefs.items, *mafs = conf->mafs.items;
    const struct naf_route *bsf = conf->gba.bsf.items;
    size_t askable = conf->mefs.n + conf->mafs.n, n = askable + conf->gba.bsf.n;
    run->sources = calloc(n + 1, sizeof *run->sources);
    run->askable = calloc(askable + 1, sizeof *run->askable);
    GBA_ENSURE(run->sources && run->askable, GBA_E_MEMORY);
    run->askable_n = askable;
    for (size_t i = 0; i < conf->mefs.n; i++)
        GBA_TRY(take_source(run, &mefs[i], false, &run->askable[i]));
    for (size_t i = 0; i < conf->mafs.n; i++) {
        struct m2m_ask_source *maf = &run->askable[conf->mefs.n + i];
        GBA_TRY(take_source(run, &mafs[i], true, maf));
        GBA_TRY(take_km(conf, maf));
    }
    for (size_t i = 0; i < askable; i++)
        run->sources[i] = run->askable[i].source;
    for (size_t i = 0; i < conf->gba.bsf.n; i++)
        run->sources[askable + i] = (struct m2m_source){.fqdn = bsf[i].btid_domain, .kind = M2M_SOURCE_BSF};
    run->target.sources = run->sources;
    run->target.sources_n = n;
    return GBA_OK;
}

static gba_rc open_dia(struct m2m_peer_run *run)
{
    static const uint32_t apps[] = {DIA_APP_ZN};
    const struct m2m_peer_conf *conf = run->conf;
    if (conf->gba.bsf.n == 0)
        return GBA_OK;
    run->zn_conf.routes = conf->gba.bsf;
    run->zn_conf.diameter = conf->diameter;
    run->zn_service.fqdn = run->target.fqdn;
    run->zn_service.gsid = conf->gba.gsid;
    run->zn_service.uicc_keys = conf->gba.uicc_keys;
    return rt_node_start(run->loop, &conf->diameter, apps, 1, &run->dia);
}

/* Certificates of others, and the lists about them. */
static gba_rc open_desk(struct m2m_peer_run *run)
{
    const struct m2m_peer_conf *conf = run->conf;
    const struct m2m_conf_source *mefs = conf->mefs.items, *mafs = conf->mafs.items;
    const struct m2m_status_conf desk = {.responder = conf->ocsp.responder,
                                         .timeout_ms = conf->ocsp.timeout_ms};
    GBA_TRY(m2m_status_open(run->loop, &desk, &run->link.status));
    for (size_t i = 0; i < conf->mefs.n; i++)
        GBA_TRY(m2m_status_watch(run->link.status, &mefs[i].expect.crls, &run->askable[i].expect.crls));
    for (size_t i = 0; i < conf->mafs.n; i++)
        GBA_TRY(m2m_status_watch(run->link.status, &mafs[i].expect.crls,
                                 &run->askable[conf->mefs.n + i].expect.crls));
    return m2m_status_watch_parties(run->link.status, &conf->peers, run->parties);
}

static gba_rc open_ask(struct m2m_peer_run *run)
{
    struct m2m_ask_conf ask = {
        .target = &run->target,
        .sources = run->askable,
        .sources_n = run->askable_n,
        .zn = {run->dia, &run->zn_conf, &run->zn_service},
        .timeout_ms = run->conf->ask_ms,
        .status = run->link.status,
    };
    GBA_TRY(m2m_files_read(&run->files, &run->conf->cert, &ask.cert_pem));
    GBA_TRY(m2m_files_read(&run->files, &run->conf->key, &ask.key_pem));
    gba_rc rc = m2m_ask_open(run->loop, &ask, &run->link.ask);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "peer.sources-unusable", RT_REASON(rc));
    return rc;
}

/* ---- keys that were provisioned by hand ---- */

struct forgotten {
    gba_text id[FORGET_AT_ONCE];
    size_t n;
};

static gba_rc pick_imported(void *arg, const struct m2m_shared *shared)
{
    struct forgotten *f = arg;
    if (shared->until_s == INT64_MAX && shared->suite == 0 && f->n < FORGET_AT_ONCE)
        f->id[f->n++] = shared->id;
    return GBA_OK;
}

/* The configuration alone says which there are. */
static gba_rc forget_imported(const struct m2m_target *target)
{
    struct forgotten f;
    do {
        f.n = 0;
        GBA_TRY(m2m_target_each(target, pick_imported, &f));
        for (size_t i = 0; i < f.n; i++)
            GBA_TRY(m2m_target_forget(target, gba_text_view(&f.id[i])));
    } while (f.n > 0);
    return GBA_OK;
}

static gba_rc import_one(struct m2m_peer_run *run, const struct m2m_peer_key *conf)
{
    struct m2m_shared shared = {.use = M2M_USE_KPSA, .id = conf->id, .until_s = INT64_MAX};
    gba_seal_key key;
    if (conf->owner.n > 0)
        GBA_TRY(m2m_id_parse(gba_text_view(&conf->owner), &shared.peer));
    gba_rc rc = read_key(conf, &key);
    gba_copy(shared.key, GBA_ARRAY(key.b));
    shared.n = sizeof key.b;
    gba_wipe(&key);
    if (rc == GBA_OK) {
        rc = m2m_target_import(&run->target, rt_loop_env(run->loop), &shared);
        if (rc != GBA_OK)
            rt_log(RT_LOG_ERROR, "peer.key-not-imported", RT_REASON(rc),
                   RT_STR("key", gba_text_view(&conf->id)));
    }
    gba_wipe(&shared);
    return rc;
}

static gba_rc import_keys(struct m2m_peer_run *run)
{
    const struct m2m_peer_key *keys = run->conf->keys.items;
    GBA_TRY(forget_imported(&run->target));
    for (size_t i = 0; i < run->conf->keys.n; i++)
        GBA_TRY(import_one(run, &keys[i]));
    return GBA_OK;
}

/* ---- start and stop ---- */

static gba_rc take_self(struct m2m_peer_run *run)
{
    const struct m2m_peer_conf *conf = run->conf;
    struct m2m_target *t = &run->target;
    GBA_TRY(m2m_id_parse(gba_text_view(&conf->id), &t->self));
    t->fqdn = conf->fqdn;
    gba_text_lower(&t->fqdn);
    if (t->fqdn.n == 0)
        GBA_TRY(m2m_id_fqdn(&t->self, &t->fqdn));
    t->vault = run->store.vault;
    t->suid = conf->suid;
    t->max_key_s = conf->key_s;
    t->peer_required = conf->peer_required;
    return GBA_OK;
}

static gba_rc listen_open(struct m2m_peer_run *run, struct rt_daemon *daemon)
{
    const gba_text *listen = run->conf->listen_open.items;
    const struct m2m_conf_limits *limits = &run->conf->limits;
    for (size_t i = 0; i < run->conf->listen_open.n && i < M2M_PEER_OPEN_MAX; i++) {
        gba_text address;
        struct rt_httpd_conf conf = {
            .listen = listen[i],
            .max_head = HEAD_MAX,
            .max_body = limits->max_body,
            .max_conns = limits->max_connections,
            .request_ms = limits->request_ms,
            .idle_ms = limits->idle_ms,
        };
        GBA_TRY(rt_httpd_open(run->loop, &conf, m2m_peer_on_open_request, &run->link, &run->open[i]));
        run->open_n++;
        rt_httpd_address(run->open[i], &address);
        rt_daemon_listens(daemon, "open", gba_text_view(&address));
    }
    return GBA_OK;
}

static gba_rc listen_all(struct m2m_peer_run *run, struct rt_daemon *daemon)
{
    const struct m2m_peer_conf *conf = run->conf;
    run->name = (struct m2m_conf_name){.fqdn = run->target.fqdn, .cert = conf->cert, .key = conf->key};
    struct m2m_front_name_conf name = {.name = &run->name, .raw_keys = conf->raw_keys && conf->cert.n > 0};
    if (conf->gba.bsf.n > 0)
        name.psk_hint = conf->gba.uicc_keys ? hint_uicc : hint_me;
    GBA_TRY(m2m_front_name_open(&run->contexts, run->loop, &name));
    GBA_TRY(m2m_front_name_staple(&run->contexts, run->link.status));
    run->hooks = m2m_peer_hooks(&run->link);
    struct m2m_front_conf front = {
        .listen = &conf->listen,
        .listen_dtls = &conf->listen_dtls,
        .limits = &conf->limits,
        .tls = run->contexts.tls,
        .dtls = run->contexts.dtls,
        .tls_hooks = &run->hooks,
        .dtls_hooks = &run->hooks,
        .name = "tls",
        .name_dtls = "dtls",
        .on_request = m2m_peer_on_request,
        .arg = &run->link,
        .coap = &run->link.coap,
    };
    GBA_TRY(m2m_front_open(&run->front, daemon, &front));
    return listen_open(run, daemon);
}

static void on_sweep(void *arg)
{
    struct m2m_peer_run *run = arg;
    size_t n = 0;
    gba_rc rc = m2m_target_sweep(&run->target, rt_loop_env(run->loop), &n);
    if (rc != GBA_OK || n > 0)
        rt_log(rc == GBA_OK ? RT_LOG_INFO : RT_LOG_WARN, "peer.keys-dropped", RT_REASON(rc), RT_NUM("n", n));
    run->sweep = rt_timer_start(run->loop, SWEEP_EVERY_MS, on_sweep, run);
}

gba_rc m2m_peer_start(struct m2m_peer_run *run, struct rt_daemon *daemon, const struct m2m_peer_conf *conf)
{
    run->conf = conf;
    run->loop = rt_daemon_loop(daemon);
    GBA_TRY(m2m_store_open(run->loop, &conf->store, &run->store));
    GBA_TRY(take_self(run));
    GBA_TRY(take_sources(run));
    GBA_TRY(import_keys(run));
    GBA_TRY(m2m_files_parties(&run->files, &conf->peers, &run->parties));
    GBA_TRY(open_dia(run));
    GBA_TRY(open_desk(run));
    GBA_TRY(open_ask(run));
    m2m_peer_link_init(&run->link, run->loop);
    run->link.peer = (struct m2m_peer){run->store.vault, run->target.self};
    run->link.parties = (struct m2m_parties){run->parties, conf->peers.n};
    run->link.association_s = conf->association_s;
    on_sweep(run);
    return listen_all(run, daemon);
}

void m2m_peer_log_counters(const struct m2m_peer_run *run)
{
    rt_reasons_log(&run->link.reasons, "peer.count");
    rt_reasons_log(&run->front.refused, "http.count");
    if (run->dia)
        rt_dia_log_counters(run->dia);
}

/* Diameter before the questions: those that wait for a BSF are answered by its end. */
void m2m_peer_stop(struct m2m_peer_run *run)
{
    rt_timer_cancel(run->sweep);
    while (run->open_n > 0)
        rt_httpd_close(run->open[--run->open_n]);
    m2m_front_close(&run->front);
    m2m_peer_log_counters(run);
    if (run->dia)
        rt_dia_close(run->dia, 2000);
    if (run->link.ask)
        m2m_ask_close(run->link.ask);
    m2m_status_close(run->link.status);
    run->link.status = NULL;
    m2m_front_name_close(&run->contexts);
    m2m_store_close(&run->store);
}

void m2m_peer_free(struct m2m_peer_run *run)
{
    if (run->askable)
        gba_wipe_bytes(run->askable, run->askable_n * sizeof *run->askable);
    free(run->askable);
    free(run->sources);
    free(run->parties);
    m2m_files_free(&run->files);
}
