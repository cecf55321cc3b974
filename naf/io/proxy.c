/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/io/proxy.h"

#include <stdlib.h>

#include "naf/io/zn_fd.h"
#include "rt/log.h"
#include "rt/reasons.h"

struct naf_proxy {
    struct rt_loop *loop;
    struct rt_live *live;
    const struct naf_conf *conf;
    struct rt_dia *dia;
    struct rt_httpc **clients; /* one a service, in its order */
    struct naf_ua ua;
    struct naf_cache cache;
    struct naf_nonces nonces;
    void *cache_memory, *nonce_memory;
    struct rt_reasons reasons;
    size_t n_exchanges; /* requests on their way */
    bool closing;
};

/* One request on its way; freed when it is answered. */
struct exchange {
    struct naf_proxy *proxy;
    struct rt_http_tx *tx;
    struct naf_ua_run run;
};

static const gba_env *now(const struct exchange *x)
{
    return rt_loop_env(x->proxy->loop);
}

/* A first request without credentials is no refusal worth a notice. */
static void log_refusal(const struct exchange *x, const struct naf_ua_order *order)
{
    bool routine = order->reason == GBA_E_NAF_CHALLENGE || order->reason == GBA_OK;
    rt_log(routine ? RT_LOG_DEBUG : RT_LOG_NOTICE, routine ? "ua.answered" : "ua.refused",
           RT_REASON(order->reason), RT_NUM("status", order->msg->status),
           RT_STR("peer", rt_http_peer(x->tx)),
           RT_STR("naf", order->service ? gba_text_view(&order->service->fqdn) : GBA_LIT("")),
           RT_ID("btid", x->run.question.btid));
}

void naf_proxy_log_counters(const struct naf_proxy *proxy)
{
    rt_reasons_log(&proxy->reasons, "ua.count");
}

static void destroy(struct naf_proxy *proxy)
{
    naf_proxy_log_counters(proxy);
    if (proxy->cache_memory)
        gba_wipe_bytes(proxy->cache_memory, naf_cache_memory(proxy->conf->max_keys));
    free(proxy->clients);
    free(proxy->cache_memory);
    free(proxy->nonce_memory);
    gba_wipe(&proxy->nonces);
    free(proxy);
}

static void reply(struct exchange *x, const struct naf_ua_order *order)
{
    struct naf_proxy *proxy = x->proxy;
    log_refusal(x, order);
    rt_reasons_add(&proxy->reasons, order->reason);
    rt_http_reply(x->tx, order->msg);
    naf_ua_run_wipe(&x->run);
    free(x);
    if (--proxy->n_exchanges == 0 && proxy->closing)
        destroy(proxy);
}

static void on_upstream(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct exchange *x = arg;
    reply(x, naf_ua_upstream(&x->proxy->ua, &x->run, now(x), rc, rsp));
}

/* After the key is known there is nothing left to ask. */
static void forward_or_reply(struct exchange *x, const struct naf_ua_order *order)
{
    if (order->kind == NAF_UA_REPLY) {
        reply(x, order);
        return;
    }
    const struct naf_service *services = x->proxy->conf->services.items;
    rt_httpc_request(x->proxy->clients[order->service - services], order->msg, on_upstream, x);
}

static void on_key(void *arg, gba_rc rc, const struct dia_bia *bia)
{
    struct exchange *x = arg;
    forward_or_reply(x, naf_ua_key(&x->proxy->ua, &x->run, now(x), rc, bia));
}

void naf_proxy_on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    static const struct gba_http_msg no_memory = {.status = 503, .minor = 1};
    struct naf_proxy *proxy = arg;
    struct exchange *x = calloc(1, sizeof *x);
    if (!x) {
        rt_reasons_add(&proxy->reasons, GBA_E_MEMORY);
        rt_http_reply(tx, &no_memory);
        return;
    }
    x->proxy = proxy;
    x->tx = tx;
    proxy->n_exchanges++;
    const struct naf_ua_order *order = naf_ua_request(&proxy->ua, &x->run, now(x), req);
    const struct naf_conf *conf = rt_live_now(proxy->live);
    if (order->kind == NAF_UA_ASK)
        naf_zn_send(proxy->dia, order->bir, conf->diameter.timeout_ms, on_key, x);
    else
        forward_or_reply(x, order);
}

static gba_rc open_clients(struct naf_proxy *proxy)
{
    const struct naf_upstream *up = &proxy->conf->upstream;
    const struct naf_service *services = proxy->conf->services.items;
    for (size_t i = 0; i < proxy->conf->services.n; i++) {
        struct rt_httpc_conf conf = {
            .server = services[i].upstream,
            .max_conns = up->connections,
            .max_queue = up->queue,
            .max_head = proxy->conf->http.max_head,
            .max_body = up->max_body,
            .connect_ms = up->connect_ms,
            .answer_ms = up->answer_ms,
        };
        GBA_TRY(rt_httpc_open(proxy->loop, &conf, &proxy->clients[i]));
    }
    return GBA_OK;
}

static gba_rc open_tables(struct naf_proxy *proxy)
{
    const gba_env *env = rt_loop_env(proxy->loop);
    uint32_t cap = proxy->conf->max_keys;
    uint64_t seed;
    proxy->clients = calloc(proxy->conf->services.n, sizeof(struct rt_httpc *));
    proxy->cache_memory = calloc(1, naf_cache_memory(cap));
    proxy->nonce_memory = calloc(1, naf_nonces_memory(cap));
    GBA_ENSURE(proxy->clients && proxy->cache_memory && proxy->nonce_memory, GBA_E_MEMORY);
    gba_env_random(env, &seed, sizeof seed);
    naf_cache_init(&proxy->cache, proxy->cache_memory, cap, seed);
    naf_nonces_init(&proxy->nonces, proxy->nonce_memory, cap, env);
    naf_ua_init(&proxy->ua, proxy->conf, &proxy->cache, &proxy->nonces, env);
    return GBA_OK;
}

gba_rc naf_proxy_open(struct rt_daemon *daemon, const struct naf_conf *conf, struct rt_dia *dia,
                      struct naf_proxy **out)
{
    struct naf_proxy *proxy = calloc(1, sizeof *proxy);
    GBA_ENSURE(proxy != NULL, GBA_E_MEMORY);
    proxy->loop = rt_daemon_loop(daemon);
    proxy->live = rt_daemon_live(daemon);
    proxy->conf = conf;
    proxy->dia = dia;
    gba_rc rc = open_tables(proxy);
    if (rc == GBA_OK)
        rc = open_clients(proxy);
    if (rc != GBA_OK) {
        naf_proxy_close(proxy);
        proxy = NULL;
    }
    *out = proxy;
    return rc;
}

void naf_proxy_close(struct naf_proxy *proxy)
{
    proxy->closing = true;
    for (size_t i = 0; proxy->clients && i < proxy->conf->services.n; i++) {
        if (proxy->clients[i])
            rt_httpc_close(proxy->clients[i]);
    }
    if (proxy->n_exchanges == 0)
        destroy(proxy);
}
