/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/maf_server.h"

#include <stdlib.h>

#include "m2m/io/front.h"
#include "m2m/io/maf_assoc.h"
#include "m2m/io/maf_desk.h"
#include "m2m/io/store.h"
#include "rt/log.h"

enum { SWEEP_EVERY_MS = 60 * 1000 };

struct m2m_maf {
    struct rt_loop *loop;
    const struct naf_conf *conf;
    struct rt_dia *dia;
    struct m2m_files files;
    struct m2m_store store;
    struct m2m_front_name name;
    struct m2m_front front;
    struct m2m_party *clients;
    struct m2m_source *sources;     /* MEFs, then BSFs */
    struct m2m_ask_source *mefs;
    struct naf_service service;     /* this MAF as NAF */
    struct m2m_target target;
    struct m2m_maf_assoc assoc;
    struct m2m_maf_desk desk;
    struct rt_timer *sweep;
};

/* ---- time ---- */

static void on_sweep(void *arg)
{
    struct m2m_maf *maf = arg;
    size_t n = 0;
    gba_rc rc = m2m_reg_sweep(&maf->desk.reg, rt_loop_env(maf->loop), &n);
    if (rc == GBA_OK)
        rc = m2m_target_sweep(&maf->target, rt_loop_env(maf->loop), &n);
    if (rc != GBA_OK || n > 0)
        rt_log(rc == GBA_OK ? RT_LOG_INFO : RT_LOG_ERROR, "maf.swept", RT_REASON(rc), RT_NUM("n", n));
    maf->sweep = rt_timer_start(maf->loop, SWEEP_EVERY_MS, on_sweep, maf);
}

/* ---- start ---- */

static gba_rc take_mef(struct m2m_maf *maf, size_t i)
{
    const struct m2m_conf_source *conf = &((const struct m2m_conf_source *)maf->conf->maf.mefs.items)[i];
    struct m2m_ask_source *mef = &maf->mefs[i];
    mef->source = (struct m2m_source){conf->fqdn, M2M_SOURCE_MEF};
    gba_text_lower(&mef->source.fqdn);
    mef->address = conf->address;
    mef->expect = (struct m2m_expect){
        .flavour = M2M_CERT_FQDN, .id = mef->source.fqdn, .status = (enum m2m_status)conf->expect.status};
    maf->sources[i] = mef->source;
    return m2m_files_expect(&maf->files, &conf->expect, &mef->expect);
}

static gba_rc take_sources(struct m2m_maf *maf)
{
    const struct naf_route *routes = maf->conf->routes.items;
    size_t mefs = maf->conf->maf.mefs.n, bsfs = maf->dia ? maf->conf->routes.n : 0;
    maf->mefs = calloc(mefs + 1, sizeof *maf->mefs);
    maf->sources = calloc(mefs + bsfs + 1, sizeof *maf->sources);
    GBA_ENSURE(maf->mefs && maf->sources, GBA_E_MEMORY);
    for (size_t i = 0; i < mefs; i++)
        GBA_TRY(take_mef(maf, i));
    for (size_t i = 0; i < bsfs; i++)
        maf->sources[mefs + i] = (struct m2m_source){routes[i].btid_domain, M2M_SOURCE_BSF};
    maf->target.sources = maf->sources;
    maf->target.sources_n = mefs + bsfs;
    return GBA_OK;
}

/* Revocation lists of MEFs and clients are kept current. */
static gba_rc open_status(struct m2m_maf *maf)
{
    const struct m2m_conf_maf *conf = &maf->conf->maf;
    const struct m2m_conf_source *mefs = conf->mefs.items;
    const struct m2m_status_conf desk = {.responder = conf->ocsp.responder,
                                         .timeout_ms = conf->ocsp.timeout_ms};
    GBA_TRY(m2m_status_open(maf->loop, &desk, &maf->assoc.status));
    for (size_t i = 0; i < conf->mefs.n; i++)
        GBA_TRY(m2m_status_watch(maf->assoc.status, &mefs[i].expect.crls, &maf->mefs[i].expect.crls));
    return m2m_status_watch_parties(maf->assoc.status, &conf->clients, maf->clients);
}

/*= TS-0003 8.3.1.2: a MAF needs to know whose key it is */
static gba_rc take_self(struct m2m_maf *maf)
{
    const struct m2m_conf_maf *conf = &maf->conf->maf;
    struct m2m_target *target = &maf->target;
    target->vault = maf->store.vault;
    target->suid = conf->suid;
    target->peer_required = true;
    GBA_TRY(m2m_id_parse(gba_text_view(&conf->name.fqdn), &target->self));
    target->fqdn = target->self.text;
    maf->service.fqdn = target->fqdn;
    maf->service.gsid = conf->gsid;
    maf->service.uicc_keys = conf->uicc_keys;
    maf->desk.reg = (struct m2m_reg){
        .vault = maf->store.vault,
        .fqdn = target->fqdn,
        .maf = true,
        .admins = conf->registrations.admins.items,
        .admins_n = conf->registrations.admins.n,
        .max_client_s = conf->registrations.max_client_s,
        .max_key_s = conf->registrations.max_key_s,
    };
    return GBA_OK;
}

static gba_rc open_ask(struct m2m_maf *maf)
{
    struct m2m_ask_conf ask = {
        .target = &maf->target,
        .sources = maf->mefs,
        .sources_n = maf->conf->maf.mefs.n,
        .zn = {maf->dia, maf->conf, &maf->service},
        .status = maf->assoc.status,
    };
    GBA_TRY(m2m_files_read(&maf->files, &maf->conf->maf.name.cert, &ask.cert_pem));
    GBA_TRY(m2m_files_read(&maf->files, &maf->conf->maf.name.key, &ask.key_pem));
    gba_rc rc = m2m_ask_open(maf->loop, &ask, &maf->assoc.ask);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "maf.sources-unusable", RT_REASON(rc));
    return rc;
}

/* TS 24.109 5.2.2, TS 33.222 5.4: what keys clients of GBA may use. */
static const char *hint(const struct m2m_conf_maf *conf)
{
    return conf->uicc_keys ? "3GPP-bootstrapping-uicc;3GPP-bootstrapping" : "3GPP-bootstrapping";
}

static gba_rc open_front(struct m2m_maf *maf, struct rt_daemon *daemon)
{
    const struct m2m_conf_maf *conf = &maf->conf->maf;
    const struct m2m_front_name_conf name = {&conf->name, conf->raw_keys, conf->forward_secrecy, hint(conf)};
    GBA_TRY(m2m_front_name_open(&maf->name, maf->loop, &name));
    GBA_TRY(m2m_front_name_staple(&maf->name, maf->assoc.status));
    const struct m2m_front_conf front = {
        .listen = &conf->listen,
        .listen_dtls = &conf->listen_dtls,
        .limits = &conf->limits,
        .tls = maf->name.tls,
        .dtls = maf->name.dtls,
        .tls_hooks = &maf->assoc.hooks,
        .dtls_hooks = &maf->assoc.hooks,
        .name = "maf",
        .name_dtls = "maf-dtls",
        .on_request = m2m_maf_desk_http,
        .arg = &maf->desk,
        .coap = &maf->desk.coap,
    };
    return m2m_front_open(&maf->front, daemon, &front);
}

gba_rc m2m_maf_open(struct rt_daemon *daemon, const struct naf_conf *conf, struct rt_dia *dia,
                    struct m2m_maf **out)
{
    struct m2m_maf *maf = *out = calloc(1, sizeof *maf);
    GBA_ENSURE(maf, GBA_E_MEMORY);
    maf->loop = rt_daemon_loop(daemon);
    maf->conf = conf;
    maf->dia = dia;
    maf->assoc.loop = maf->loop;
    m2m_maf_desk_init(&maf->desk, maf->loop);
    maf->desk.target = &maf->target;
    GBA_TRY(m2m_store_open(maf->loop, &conf->maf.store, &maf->store));
    GBA_TRY(take_self(maf));
    GBA_TRY(take_sources(maf));
    GBA_TRY(m2m_files_parties(&maf->files, &conf->maf.clients, &maf->clients));
    maf->assoc.clients = maf->clients;
    maf->assoc.clients_n = conf->maf.clients.n;
    GBA_TRY(open_status(maf));
    GBA_TRY(open_ask(maf));
    m2m_maf_assoc_init(&maf->assoc);
    on_sweep(maf);
    return open_front(maf, daemon);
}

/* ---- the rest ---- */

const struct m2m_target *m2m_maf_target(const struct m2m_maf *maf)
{
    return &maf->target;
}

void m2m_maf_log_counters(const struct m2m_maf *maf)
{
    rt_reasons_log(&maf->assoc.counts, "maf.associations");
    rt_reasons_log(&maf->desk.counts, "maf.requests");
    rt_reasons_log(&maf->front.refused, "maf.http");
}

void m2m_maf_close(struct m2m_maf *maf)
{
    if (!maf)
        return;
    m2m_front_close(&maf->front);
    rt_timer_cancel(maf->sweep);
    maf->sweep = NULL;
}

void m2m_maf_stop(struct m2m_maf *maf)
{
    if (!maf)
        return;
    if (maf->assoc.ask)
        m2m_ask_close(maf->assoc.ask);
    maf->assoc.ask = NULL;
    m2m_status_close(maf->assoc.status);
    maf->assoc.status = NULL;
    m2m_front_name_close(&maf->name);
    m2m_store_close(&maf->store);
}

void m2m_maf_free(struct m2m_maf *maf)
{
    if (!maf)
        return;
    m2m_files_free(&maf->files);
    free(maf->clients);
    free(maf->sources);
    free(maf->mefs);
    free(maf);
}
