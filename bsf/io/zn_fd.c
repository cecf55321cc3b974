/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/zn_fd.h"

#include <stdlib.h>

#include "diameter-dict/zh.h"
#include "rt/log.h"
#include "rt/reasons.h"

struct bsf_zn_fd {
    struct bsf_zn_fd_parts parts;
    struct bsf_zn engine;
    void *memory;
    size_t live; /* requests not yet answered */
    struct rt_reasons reasons;
};

/* One BIR on its way; freed when it is answered. */
struct exchange {
    struct bsf_zn_fd *zn;
    struct msg *msg;
    const struct bsf_conf *conf;
    struct dia_bir bir;
    struct bsf_zn_run run;
};

static void answer_fault(struct bsf_zn_fd *zn, struct msg *msg, const struct dia_fault *fault, gba_rc reason)
{
    const struct dia_route origin = {
        .origin_host = gba_text_view(&zn->parts.conf->diameter.identity),
        .origin_realm = gba_text_view(&zn->parts.conf->diameter.realm),
    };
    rt_reasons_add(&zn->reasons, reason);
    if (dia_error_encode(&msg, &origin, fault) != GBA_OK)
        rt_log(RT_LOG_ERROR, "zn.unanswered", RT_REASON(GBA_E_DIA_ENCODE));
    rt_dia_answer(zn->parts.dia, msg);
}

/* The NAF-Id without its Ua protocol. */
static gba_view fqdn_of(gba_view naf_id)
{
    return gba_view_sub(naf_id, 0, naf_id.n >= sizeof(gba_uaid) ? naf_id.n - sizeof(gba_uaid) : 0);
}

static void log_answer(const struct exchange *x, const struct bsf_zn_order *order)
{
    bool good = order->reason == GBA_OK;
    rt_log(good ? RT_LOG_INFO : RT_LOG_WARN, good ? "zn.key-given" : "zn.refused", RT_REASON(order->reason),
           RT_STR("peer", rt_dia_peer_of(x->msg)), RT_STR("origin", x->bir.route.origin_host),
           RT_STR("naf", fqdn_of(x->bir.naf_id)), RT_ID("btid", x->bir.btid),
           RT_NUM("code", order->bia.result.code));
}

static void answer(struct exchange *x, const struct bsf_zn_order *order)
{
    struct bsf_zn_fd *zn = x->zn;
    log_answer(x, order);
    if (order->avp_code != 0 || dia_bia_encode(&x->msg, &order->bia) != GBA_OK) {
        struct dia_fault fault = {order->bia.result, order->avp_code};
        if (order->avp_code == 0)
            fault.result = (struct dia_result){false, DIA_UNABLE_TO_COMPLY};
        answer_fault(zn, x->msg, &fault, order->avp_code ? order->reason : GBA_E_DIA_ENCODE);
    } else {
        rt_reasons_add(&zn->reasons, order->reason);
        rt_dia_answer(zn->parts.dia, x->msg);
    }
    rt_live_drop(zn->parts.live, x->conf);
    zn->live--;
    free(x);
}

static void on_found(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct exchange *x = arg;
    struct bsf_zn_event event = {.kind = BSF_ZN_FOUND, .rc = rc};
    if (n > 0)
        event.record = found->record;
    struct bsf_zn_order order;
    x->zn->engine.conf = x->conf;
    bsf_zn_serve_step(&x->zn->engine, &x->run, rt_loop_env(x->zn->parts.loop), &event, &order);
    answer(x, &order);
    gba_wipe(&order.bia);
}

static void serve(struct exchange *x)
{
    const struct bsf_store *store = x->zn->parts.store;
    struct bsf_zn_event event = {.kind = BSF_ZN_REQUEST, .bir = &x->bir, .peer = rt_dia_peer_of(x->msg)};
    event.in_cert = rt_dia_peer_certified(x->zn->parts.dia, x->msg, fqdn_of(x->bir.naf_id));
    struct bsf_zn_order order;
    x->zn->engine.conf = x->conf;
    bsf_zn_serve_step(&x->zn->engine, &x->run, rt_loop_env(x->zn->parts.loop), &event, &order);
    if (order.kind == BSF_ZN_FIND)
        store->get(store->self, &order.key, on_found, x);
    else
        answer(x, &order);
}

static void on_request(void *arg, struct msg *msg)
{
    struct bsf_zn_fd *zn = arg;
    struct dia_fault fault = {{false, DIA_TOO_BUSY}, 0};
    struct exchange *x = malloc(sizeof *x);
    gba_rc rc = x ? dia_bir_decode(msg, &x->bir, &fault) : GBA_E_MEMORY;
    if (rc != GBA_OK) {
        rt_log(RT_LOG_WARN, "zn.refused", RT_REASON(rc), RT_STR("peer", rt_dia_peer_of(msg)),
               RT_NUM("code", fault.result.code), RT_NUM("avp", fault.avp_code));
        answer_fault(zn, msg, &fault, rc);
        free(x);
        return;
    }
    x->zn = zn;
    x->msg = msg;
    x->conf = rt_live_hold(zn->parts.live);
    zn->live++;
    serve(x);
}

gba_rc bsf_zn_fd_open(const struct bsf_zn_fd_parts *parts, struct bsf_zn_fd **out)
{
    struct bsf_zn_fd *zn = calloc(1, sizeof *zn);
    GBA_ENSURE(zn != NULL, GBA_E_MEMORY);
    zn->parts = *parts;
    zn->memory = malloc(bsf_zn_serve_memory());
    gba_rc rc = GBA_E_MEMORY;
    if (!zn->memory)
        goto out;
    bsf_zn_serve_init(&zn->engine, parts->conf, parts->ring, zn->memory);
    zn->engine.mef = parts->mef;
    rc = rt_dia_on_request(parts->dia, DIA_APP_ZN, DIA_CMD_BI, on_request, zn);
    if (rc != GBA_OK)
        goto out;
    *out = zn;
    return GBA_OK;
out:
    free(zn->memory);
    free(zn);
    return rc;
}

size_t bsf_zn_fd_busy(const struct bsf_zn_fd *zn)
{
    return zn->live;
}

void bsf_zn_fd_log_counters(const struct bsf_zn_fd *zn)
{
    rt_reasons_log(&zn->reasons, "zn.count");
}

void bsf_zn_fd_close(struct bsf_zn_fd *zn)
{
    bsf_zn_serve_wipe(&zn->engine);
    free(zn->memory);
    free(zn);
}
