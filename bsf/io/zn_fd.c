/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/zn_fd.h"

#include <stdlib.h>
#include <uv.h>

#include "diameter-dict/zh.h"
#include "rt/log.h"

struct bsf_zn_fd {
    struct bsf_zn_fd_parts parts;
    struct bsf_zn engine;
    void *memory;
    size_t live; /* requests not yet answered */
};

/* One BIR on its way; freed when it is answered. */
struct exchange {
    struct bsf_zn_fd *zn;
    struct msg *msg;
    const struct bsf_conf *conf;
    uint64_t begun_ns;
    struct dia_bir bir;
    struct bsf_zn_run run;
};

static void answer_fault(struct bsf_zn_fd *zn, struct msg *msg, const struct dia_fault *fault)
{
    const struct dia_route origin = {
        .origin_host = gba_text_view(&zn->parts.conf->diameter.identity),
        .origin_realm = gba_text_view(&zn->parts.conf->diameter.realm),
    };
    if (dia_error_encode(&msg, &origin, fault) != GBA_OK)
        rt_log(RT_LOG_ERROR, "zn.unanswered", RT_REASON(GBA_E_DIA_ENCODE));
    rt_dia_answer(zn->parts.dia, msg);
}

/* The NAF-Id without its Ua protocol. */
static gba_view fqdn_of(gba_view naf_id)
{
    return gba_view_sub(naf_id, 0, naf_id.n >= sizeof(gba_uaid) ? naf_id.n - sizeof(gba_uaid) : 0);
}

static struct bsf_seen_zn seen_of(const struct exchange *x, const struct bsf_zn_order *order)
{
    return (struct bsf_seen_zn){
        .reason = order->reason,
        .code = order->bia.result.code,
        .gba_type = order->bia.gba_type,
        .peer = rt_dia_peer_of(x->msg),
        .origin = x->bir.route.origin_host,
        .naf = fqdn_of(x->bir.naf_id),
        .btid = x->bir.btid,
        .begun_ns = x->begun_ns,
    };
}

/* No key goes out that the audit log does not know, when it must. */
static void audit(const struct exchange *x, struct bsf_zn_order *order)
{
    const struct bsf_seen_zn seen = seen_of(x, order);
    gba_rc rc = order->reason == GBA_OK ? bsf_seen_key(&seen) : GBA_OK;
    if (rc == GBA_OK)
        return;
    gba_wipe(&order->bia);
    order->reason = rc;
    order->bia = (struct dia_bia){
        .result = {false, DIA_UNABLE_TO_COMPLY},
        .origin_host = gba_text_view(&x->zn->parts.conf->diameter.identity),
        .origin_realm = gba_text_view(&x->zn->parts.conf->diameter.realm),
    };
}

static void answer(struct exchange *x, struct bsf_zn_order *order)
{
    struct bsf_zn_fd *zn = x->zn;
    audit(x, order);
    const struct bsf_seen_zn seen = seen_of(x, order);
    bsf_seen_zn(zn->parts.seen, rt_loop_env(zn->parts.loop), &seen);
    if (order->avp_code != 0 || dia_bia_encode(&x->msg, &order->bia) != GBA_OK) {
        struct dia_fault fault = {order->bia.result, order->avp_code};
        if (order->avp_code == 0)
            fault.result = (struct dia_result){false, DIA_UNABLE_TO_COMPLY};
        answer_fault(zn, x->msg, &fault);
    } else {
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

static void refuse(struct bsf_zn_fd *zn, struct msg *msg, const struct dia_fault *fault, gba_rc rc)
{
    const struct bsf_seen_zn seen = {
        .reason = rc, .code = fault->result.code, .peer = rt_dia_peer_of(msg), .begun_ns = uv_hrtime()};
    bsf_seen_zn(zn->parts.seen, rt_loop_env(zn->parts.loop), &seen);
    answer_fault(zn, msg, fault);
}

static void on_request(void *arg, struct msg *msg)
{
    struct bsf_zn_fd *zn = arg;
    struct dia_fault fault = {{false, DIA_TOO_BUSY}, 0};
    struct exchange *x = malloc(sizeof *x);
    uint64_t before = rt_log_run(rt_log_run_new(rt_loop_env(zn->parts.loop)));
    gba_rc rc = x ? dia_bir_decode(msg, &x->bir, &fault) : GBA_E_MEMORY;
    if (rc != GBA_OK) {
        refuse(zn, msg, &fault, rc);
        free(x);
    } else {
        x->zn = zn;
        x->msg = msg;
        x->conf = rt_live_hold(zn->parts.live);
        x->begun_ns = uv_hrtime();
        zn->live++;
        serve(x);
    }
    rt_log_run(before);
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

void bsf_zn_fd_close(struct bsf_zn_fd *zn)
{
    bsf_zn_serve_wipe(&zn->engine);
    free(zn->memory);
    free(zn);
}
