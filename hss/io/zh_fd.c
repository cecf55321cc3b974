/* SPDX-License-Identifier: Apache-2.0 */
#include "hss/io/zh_fd.h"

#include <stdlib.h>

#include "hss/io/sqn_writer.h"
#include "rt/log.h"
#include "rt/reasons.h"

/* One MAR on its way, in the list of those whose subscriber's numbers are not
 * stored yet, or of those whose answer is held back. */
struct exchange {
    struct hss_zh_fd *zh;
    struct msg *msg;      /* the request, then the answer */
    struct dia_mar mar;   /* points into the request */
    struct rt_timer *timer;
    struct exchange *prev, *next;
};

struct hss_zh_fd {
    struct hss_zh_fd_parts parts;
    struct hss_sqn_writer *writer;
    struct exchange **waiting; /* by subscriber: last in, first out of a list, see on_stored */
    struct exchange *held;
    size_t n; /* waiting and held */
    bool draining;
    struct rt_reasons reasons;
};

/* ---- answers ---- */

static void forget(struct exchange *x)
{
    if (x->prev)
        x->prev->next = x->next;
    else
        x->zh->held = x->next;
    if (x->next)
        x->next->prev = x->prev;
    x->zh->n--;
    free(x);
}

static void on_release(void *arg)
{
    struct exchange *x = arg;
    rt_dia_answer(x->zh->parts.dia, x->msg);
    forget(x);
}

/* Take the answer and send it, now or after the delay. */
static void release(struct hss_zh_fd *zh, struct msg *answer)
{
    const struct hss_conf *conf = rt_live_now(zh->parts.live);
    uint32_t ms = conf->delay_ms;
    struct exchange *x = ms > 0 && !zh->draining ? calloc(1, sizeof *x) : NULL;
    struct rt_timer *timer = x ? rt_timer_start(zh->parts.loop, ms, on_release, x) : NULL;
    if (!timer) {
        free(x);
        rt_dia_answer(zh->parts.dia, answer);
        return;
    }
    *x = (struct exchange){.zh = zh, .msg = answer, .timer = timer, .next = zh->held};
    if (zh->held)
        zh->held->prev = x;
    zh->held = x;
    zh->n++;
}

static void answer_fault(struct hss_zh_fd *zh, struct msg *msg, const struct dia_fault *fault)
{
    const struct dia_route origin = {
        .origin_host = gba_text_view(&zh->parts.conf->diameter.identity),
        .origin_realm = gba_text_view(&zh->parts.conf->diameter.realm),
    };
    if (dia_error_encode(&msg, &origin, fault) != GBA_OK)
        rt_log(RT_LOG_ERROR, "zh.unanswered", RT_REASON(GBA_E_DIA_ENCODE));
    release(zh, msg);
}

static void log_step(const struct exchange *x, const struct hss_auc_order *order)
{
    bool good = order->reason == GBA_OK;
    rt_log(good ? RT_LOG_INFO : RT_LOG_WARN, good ? "zh.answered" : "zh.refused", RT_REASON(order->reason),
           RT_STR("peer", rt_dia_peer_of(x->msg)), RT_ID("impi", x->mar.impi.p ? x->mar.impi : x->mar.impu),
           RT_CSTR("auts", x->mar.resync ? "yes" : "no"), RT_CSTR("guss", order->maa.guss.p ? "yes" : "no"),
           RT_NUM("code", order->maa.result.code));
}

static void answer(struct exchange *x, struct hss_auc_order *order)
{
    struct hss_zh_fd *zh = x->zh;
    log_step(x, order);
    rt_reasons_add(&zh->reasons, order->reason);
    order->maa.origin_host = gba_text_view(&zh->parts.conf->diameter.identity);
    order->maa.origin_realm = gba_text_view(&zh->parts.conf->diameter.realm);
    if (dia_maa_encode(&x->msg, &order->maa) == GBA_OK) {
        release(zh, x->msg);
    } else {
        rt_log(RT_LOG_ERROR, "zh.answer-failed", RT_REASON(GBA_E_DIA_ENCODE));
        answer_fault(zh, x->msg, &(struct dia_fault){{false, DIA_UNABLE_TO_COMPLY}, 0});
    }
    free(x);
}

static void refuse(struct exchange *x, gba_rc reason)
{
    struct hss_auc_order order = {.reason = reason, .sub = GBA_SLOT_NONE};
    hss_auc_refuse(reason, &order.maa);
    answer(x, &order);
}

/* ---- requests ---- */

static void wait_for_store(struct exchange *x, uint32_t sub)
{
    x->next = x->zh->waiting[sub];
    x->zh->waiting[sub] = x;
    x->zh->n++;
}

static void serve(struct exchange *x)
{
    struct hss_zh_fd *zh = x->zh;
    struct hss_auc_order order;
    uint64_t limit;
    hss_auc_step(zh->parts.auc, rt_loop_env(zh->parts.loop), &x->mar, &order);
    if (order.resynced)
        rt_log(RT_LOG_NOTICE, "zh.resynchronised", RT_ID("impi", x->mar.impi),
               RT_NUM("seq_ms", order.seq_ms));
    uint32_t sub = order.sub;
    if (order.kind == HSS_AUC_WAIT)
        wait_for_store(x, sub);
    else
        answer(x, &order);
    gba_wipe(&order);
    if (hss_auc_wants(zh->parts.auc, sub, &limit))
        hss_sqn_writer_ask(zh->writer, sub, limit);
}

/* Those who waited, in the order in which they came. */
static struct exchange *take_waiting(struct hss_zh_fd *zh, uint32_t sub)
{
    struct exchange *in_order = NULL;
    for (struct exchange *x = zh->waiting[sub], *next; x; x = next) {
        next = x->next;
        x->next = in_order;
        in_order = x;
        zh->n--;
    }
    zh->waiting[sub] = NULL;
    return in_order;
}

static void on_stored(void *arg, uint32_t sub, uint64_t limit, gba_rc rc)
{
    struct hss_zh_fd *zh = arg;
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "sqn.store-failed", RT_REASON(rc),
               RT_ID("impi", gba_text_view(&zh->parts.auc->subs->sub[sub].impi)));
    hss_auc_stored(zh->parts.auc, sub, limit, rc == GBA_OK);
    for (struct exchange *x = take_waiting(zh, sub), *next; x; x = next) {
        next = x->next;
        x->next = NULL;
        if (rc == GBA_OK)
            serve(x);
        else
            refuse(x, rc);
    }
}

static void on_request(void *arg, struct msg *msg)
{
    struct hss_zh_fd *zh = arg;
    struct dia_fault fault = {{false, DIA_TOO_BUSY}, 0};
    struct exchange *x = zh->n < zh->parts.conf->diameter.max_waiting ? calloc(1, sizeof *x) : NULL;
    gba_rc rc = x ? dia_mar_decode(msg, &x->mar, &fault) : GBA_E_DIA_BUSY;
    if (rc != GBA_OK) {
        rt_log(RT_LOG_WARN, "zh.refused", RT_REASON(rc), RT_STR("peer", rt_dia_peer_of(msg)),
               RT_NUM("code", fault.result.code), RT_NUM("avp", fault.avp_code));
        rt_reasons_add(&zh->reasons, rc);
        answer_fault(zh, msg, &fault);
        free(x);
        return;
    }
    x->zh = zh;
    x->msg = msg;
    serve(x);
}

/* ---- beginning and end ---- */

gba_rc hss_zh_fd_open(const struct hss_zh_fd_parts *parts, struct hss_sqn_file *file, struct hss_zh_fd **out)
{
    gba_rc rc = GBA_E_MEMORY;
    struct hss_zh_fd *zh = calloc(1, sizeof *zh);
    GBA_ENSURE(zh != NULL, GBA_E_MEMORY);
    zh->parts = *parts;
    zh->waiting = calloc(parts->n_subs + 1, sizeof(struct exchange *));
    if (!zh->waiting)
        goto out;
    rc = rt_dia_on_request(parts->dia, DIA_APP_ZH, DIA_CMD_MA, on_request, zh);
    if (rc == GBA_OK)
        rc = hss_sqn_writer_open(parts->loop, file, on_stored, zh, &zh->writer);
    if (rc != GBA_OK)
        goto out;
    *out = zh;
    return GBA_OK;
out:
    free(zh->waiting);
    free(zh);
    return rc;
}

void hss_zh_fd_log_counters(const struct hss_zh_fd *zh)
{
    rt_reasons_log(&zh->reasons, "zh.count");
}

void hss_zh_fd_drain(struct hss_zh_fd *zh)
{
    zh->draining = true;
    while (zh->held) {
        rt_timer_cancel(zh->held->timer);
        on_release(zh->held);
    }
    for (uint32_t sub = 0; sub < zh->parts.n_subs; sub++) {
        for (struct exchange *x = take_waiting(zh, sub), *next; x; x = next) {
            next = x->next;
            refuse(x, GBA_E_DIA_BUSY);
        }
    }
}

void hss_zh_fd_close(struct hss_zh_fd *zh)
{
    hss_sqn_writer_close(zh->writer);
    free(zh->waiting);
    free(zh);
}
