/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/role.h"

#include "bsf/io/role_watch.h"
#include "bsf/io/store_open.h"
#include "bsf/io/store_watch.h"
#include "rt/log.h"
#include "rt/node.h"

static gba_rc open_zn(struct bsf_role *role, struct rt_daemon *daemon, const struct bsf_conf *conf,
                      const struct bsf_role_mef *mef)
{
    const struct bsf_zn_fd_parts parts = {
        .loop = rt_daemon_loop(daemon),
        .conf = conf,
        .live = rt_daemon_live(daemon),
        .dia = role->dia,
        .store = &role->store,
        .ring = &role->ring,
        .seen = &role->seen,
        .mef = mef->zn,
    };
    return bsf_zn_fd_open(&parts, &role->zn);
}

static gba_rc open_ub(struct bsf_role *role, struct rt_daemon *daemon, const struct bsf_conf *conf,
                      const struct bsf_role_mef *mef)
{
    const struct bsf_ub_http_parts parts = {
        .loop = rt_daemon_loop(daemon),
        .conf = conf,
        .live = rt_daemon_live(daemon),
        .zh = role->zh,
        .store = &role->store,
        .ring = &role->ring,
        .seen = &role->seen,
        .done = mef->done,
        .done_arg = mef->done_arg,
    };
    return bsf_ub_http_open(&parts, &role->ub);
}

/* The name's own certificate, else the common one. */
static gba_rc open_tls(struct bsf_role *role, struct rt_daemon *daemon, const struct bsf_conf *conf)
{
    struct rt_serve_tls tls = {
        .http = &conf->http,
        .https = &conf->https,
        .names = role->names,
        .n_names = conf->names.n,
        .handler = bsf_ub_http_handler(role->ub),
    };
    for (size_t i = 0; i < conf->names.n; i++) {
        const struct bsf_conf_name *name = bsf_conf_name_at(conf, i);
        bool own = name->cert.n > 0;
        role->names[i] = (struct rt_serve_name){.host = &name->host,
                                                .cert = own ? &name->cert : &conf->https.cert,
                                                .key = own ? &name->key : &conf->https.key};
    }
    return rt_serve_open_tls(&role->serve, daemon, &tls);
}

gba_rc bsf_role_open(struct bsf_role *role, struct rt_daemon *daemon, const struct bsf_conf *conf,
                     const struct bsf_role_mef *mef)
{
    static const uint32_t apps[] = {DIA_APP_ZH, DIA_APP_ZN};
    struct rt_loop *loop = rt_daemon_loop(daemon);
    if (conf->names.n == 0)
        return GBA_OK;
    GBA_TRY(bsf_store_open(loop, &conf->store, &role->ring, &role->store));
    GBA_TRY(bsf_store_watch(&role->store, rt_daemon_metrics(daemon)));
    GBA_TRY(bsf_seen_open(&role->seen, rt_daemon_metrics(daemon)));
    GBA_TRY(rt_node_start(loop, &conf->diameter, apps, 2, &role->dia));
    GBA_TRY(open_zn(role, daemon, conf, mef));
    GBA_TRY(
        bsf_zh_fd_open(&(struct bsf_zh_fd_parts){loop, conf, rt_daemon_live(daemon), role->dia}, &role->zh));
    GBA_TRY(open_ub(role, daemon, conf, mef));
    GBA_TRY(bsf_role_watch(role, daemon));
    const struct rt_serve_handler handler = bsf_ub_http_handler(role->ub);
    GBA_TRY(rt_serve_open(&role->serve, daemon, &conf->http, &handler));
    return conf->https.listen.n > 0 ? open_tls(role, daemon, conf) : GBA_OK;
}

gba_rc bsf_role_reload(struct bsf_role *role)
{
    return rt_serve_renew(&role->serve);
}

void bsf_role_log_counters(const struct bsf_role *role)
{
    rt_reasons_log(&role->seen.ub, "ub.count");
    if (role->zh)
        bsf_zh_fd_log_counters(role->zh);
    rt_reasons_log(&role->seen.zn, "zn.count");
    if (role->dia)
        rt_dia_log_counters(role->dia);
    rt_serve_log_counters(&role->serve);
    if (role->store.count)
        rt_log(RT_LOG_NOTICE, "store.count", RT_NUM("n", role->store.count(role->store.self)));
}

void bsf_role_drain(struct bsf_role *role)
{
    rt_serve_drain(&role->serve);
}

size_t bsf_role_busy(const struct bsf_role *role)
{
    return rt_serve_busy(&role->serve) + (role->zn ? bsf_zn_fd_busy(role->zn) : 0);
}

/* The store first, then Diameter: what waits for them is answered while its adapter lives. */
void bsf_role_close(struct bsf_role *role)
{
    bsf_role_unwatch(role);
    bsf_seen_close(&role->seen);
    rt_serve_close(&role->serve);
    if (role->store.close)
        role->store.close(role->store.self);
    role->store.self = NULL;
    if (role->dia)
        rt_dia_close(role->dia, 2000);
    if (role->zh)
        bsf_zh_fd_close(role->zh);
    if (role->zn)
        bsf_zn_fd_close(role->zn);
    if (role->ub)
        bsf_ub_http_close(role->ub);
    gba_wipe(&role->ring);
}
