/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/ask.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "m2m/io/ask_src.h"
#include "m2m/zn.h"
#include "naf/io/zn_fd.h"
#include "naf/zn_ask.h"
#include "rt/log.h"

enum { DEFAULT_TIMEOUT_MS = 3000, DEFAULT_WAITING = 1000, SOURCES_MAX = 64 };

/* A handshake that wants the key. */
struct waiter {
    STAILQ_ENTRY(waiter) entry;
    m2m_ask_fn *fn;
    void *arg;
};

/* One question under way, and all who wait for its answer. */
struct question {
    LIST_ENTRY(question) entry;
    struct m2m_ask *ask;
    struct m2m_target_run run; /* of who asked first */
    struct m2m_target_order order;
    STAILQ_HEAD(, waiter) waiters;
};

struct m2m_ask {
    struct rt_loop *loop;
    struct m2m_ask_conf conf;
    struct m2m_ask_src *sources[SOURCES_MAX];
    LIST_HEAD(, question) questions;
    size_t n_waiting;
    bool closing;
};

static void settle(struct m2m_ask *ask)
{
    if (!ask->closing || !LIST_EMPTY(&ask->questions))
        return;
    free(ask);
}

/* ---- answers ---- */

static const char *source_kind(enum m2m_target_order_kind kind)
{
    return kind == M2M_TARGET_FETCH_MEF ? "mef" : kind == M2M_TARGET_FETCH_MAF ? "maf" : "bsf";
}

static void log_answer(const struct question *q, const struct m2m_target_order *order)
{
    bool good = order->kind == M2M_TARGET_USE;
    rt_log(good ? RT_LOG_INFO : RT_LOG_NOTICE, good ? "target.key-fetched" : "target.key-not-fetched",
           RT_REASON(order->reason), RT_CSTR("from", source_kind(q->order.kind)),
           RT_STR("source", gba_text_view(&q->order.source)), RT_ID("key", gba_text_view(&q->order.id)));
}

static void finish(struct question *q, gba_rc rc, const struct m2m_shared *got)
{
    struct m2m_ask *ask = q->ask;
    struct m2m_target_order order;
    struct waiter *waiter;
    m2m_target_fetched(ask->conf.target, rt_loop_env(ask->loop), &q->run, &(struct m2m_target_got){rc, got},
                       &order);
    log_answer(q, &order);
    LIST_REMOVE(q, entry);
    while ((waiter = STAILQ_FIRST(&q->waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(&q->waiters, entry);
        ask->n_waiting--;
        waiter->fn(waiter->arg, order.reason, &order.shared);
        free(waiter);
    }
    gba_wipe(&order);
    free(q);
    settle(ask);
}

static void on_fetched(void *arg, gba_rc rc, const struct m2m_shared *got)
{
    finish(arg, rc, got);
}

/* ---- Zn ---- */

static void on_bia(void *arg, gba_rc rc, const struct dia_bia *bia)
{
    struct question *q = arg;
    struct m2m_shared got = {0};
    struct m2m_zn_want want = {.gsid = gba_text_view(&q->ask->conf.zn.service->gsid), .uicc = q->order.uicc};
    if (rc == GBA_OK)
        rc = m2m_zn_learn(&want, bia, &got);
    finish(q, rc, &got);
    gba_wipe(&got);
}

static void ask_zn(struct question *q)
{
    const struct m2m_ask_zn *zn = &q->ask->conf.zn;
    struct dia_bir bir;
    struct m2m_shared nothing = {0};
    if (!zn->dia) {
        finish(q, GBA_E_TARGET_SOURCE, &nothing);
        return;
    }
    struct naf_zn_question question = {
        .service = zn->service, .btid = gba_text_view(&q->order.id), .nafid = q->order.naf};
    gba_rc rc = naf_zn_ask(zn->conf, &question, &bir);
    if (rc != GBA_OK)
        finish(q, rc, &nothing);
    else
        naf_zn_send(zn->dia, &bir, q->ask->conf.timeout_ms, on_bia, q);
}

/* ---- questions ---- */

static struct m2m_ask_src *source_of(const struct m2m_ask *ask, const struct m2m_target_order *order)
{
    int kind = order->kind == M2M_TARGET_FETCH_MEF ? M2M_SOURCE_MEF : M2M_SOURCE_MAF;
    for (size_t i = 0; i < ask->conf.sources_n; i++) {
        const struct m2m_source *source = &ask->conf.sources[i].source;
        if ((int)source->kind == kind &&
            gba_view_eq_nocase(gba_text_view(&source->fqdn), gba_text_view(&order->source)))
            return ask->sources[i];
    }
    return NULL;
}

static void start(struct question *q)
{
    struct m2m_ask_src *src;
    struct m2m_shared nothing = {0};
    if (q->order.kind == M2M_TARGET_ASK_ZN)
        ask_zn(q);
    else if ((src = source_of(q->ask, &q->order)) != NULL)
        m2m_ask_src_fetch(src, &q->order, on_fetched, q);
    else
        finish(q, GBA_E_TARGET_SOURCE, &nothing);
}

/* Keys of MEF and MAF are the same for every suite, NAF keys are not. */
static bool same_question(const struct question *q, const struct m2m_target_run *run,
                          const struct m2m_target_order *order)
{
    if (q->order.kind != order->kind || !gba_text_eq(&q->order.id, &order->id))
        return false;
    return order->kind != M2M_TARGET_ASK_ZN || (q->run.suite == run->suite && q->order.uicc == order->uicc);
}

static gba_rc join(struct m2m_ask *ask, struct question *q, m2m_ask_fn *fn, void *arg)
{
    GBA_ENSURE(!ask->closing && ask->n_waiting < ask->conf.max_waiting, GBA_E_TARGET_BUSY);
    struct waiter *waiter = calloc(1, sizeof *waiter);
    GBA_ENSURE(waiter != NULL, GBA_E_MEMORY);
    waiter->fn = fn;
    waiter->arg = arg;
    STAILQ_INSERT_TAIL(&q->waiters, waiter, entry);
    ask->n_waiting++;
    return GBA_OK;
}

static gba_rc find_or_ask(struct m2m_ask *ask, const struct m2m_target_run *run,
                          const struct m2m_target_order *order, m2m_ask_fn *fn, void *arg)
{
    struct question *q;
    LIST_FOREACH(q, &ask->questions, entry)
    {
        if (same_question(q, run, order))
            return join(ask, q, fn, arg);
    }
    q = calloc(1, sizeof *q);
    GBA_ENSURE(q != NULL, GBA_E_MEMORY);
    *q = (struct question){.ask = ask, .run = *run, .order = *order};
    STAILQ_INIT(&q->waiters);
    gba_rc rc = join(ask, q, fn, arg);
    if (rc != GBA_OK) {
        free(q);
        return rc;
    }
    LIST_INSERT_HEAD(&ask->questions, q, entry);
    start(q);
    return GBA_OK;
}

void m2m_ask_key(struct m2m_ask *ask, gba_view identity, uint16_t suite, m2m_ask_fn *fn, void *arg)
{
    struct m2m_target_run run;
    struct m2m_target_order order;
    const struct m2m_target_shown shown = {identity, suite};
    m2m_target_begin(ask->conf.target, rt_loop_env(ask->loop), &shown, &run, &order);
    gba_rc rc = order.reason;
    bool known = order.kind == M2M_TARGET_USE || order.kind == M2M_TARGET_REFUSE;
    if (!known)
        rc = find_or_ask(ask, &run, &order, fn, arg);
    if (known || rc != GBA_OK)
        fn(arg, rc, &order.shared);
    gba_wipe(&order);
}

/*= TS-0001 11.3.2: a security association ends before its credential */
void m2m_ask_answer(struct rt_tls_ask *handshake, gba_rc rc, const struct m2m_shared *shared)
{
    static const int64_t longest_s = INT64_MAX / 1000 - 1;
    gba_text who;
    if (rc == GBA_OK)
        rc = m2m_target_who(shared, &who);
    if (rc != GBA_OK) {
        rt_tls_answer(handshake, &(struct rt_tls_answer){.rc = rc});
        return;
    }
    rt_tls_answer(handshake, &(struct rt_tls_answer){
                                 .psk = gba_view_of(shared->key, shared->n),
                                 .who = gba_text_view(&who),
                                 .until_ms = shared->until_s < longest_s ? (shared->until_s - 1) * 1000 : 0,
                             });
}

/* ---- life ---- */

static gba_rc open_sources(struct m2m_ask *ask)
{
    GBA_ENSURE(ask->conf.sources_n <= SOURCES_MAX, GBA_E_SPACE);
    for (size_t i = 0; i < ask->conf.sources_n; i++)
        GBA_TRY(m2m_ask_src_open(ask->loop, &ask->conf, &ask->conf.sources[i], &ask->sources[i]));
    return GBA_OK;
}

gba_rc m2m_ask_open(struct rt_loop *loop, const struct m2m_ask_conf *conf, struct m2m_ask **out)
{
    struct m2m_ask *ask = calloc(1, sizeof *ask);
    *out = NULL;
    GBA_ENSURE(ask != NULL, GBA_E_MEMORY);
    ask->loop = loop;
    ask->conf = *conf;
    ask->conf.timeout_ms = conf->timeout_ms > 0 ? conf->timeout_ms : DEFAULT_TIMEOUT_MS;
    ask->conf.max_waiting = conf->max_waiting > 0 ? conf->max_waiting : DEFAULT_WAITING;
    LIST_INIT(&ask->questions);
    gba_rc rc = open_sources(ask);
    if (rc == GBA_OK)
        *out = ask;
    else
        m2m_ask_close(ask);
    return rc;
}

void m2m_ask_close(struct m2m_ask *ask)
{
    ask->closing = true;
    for (size_t i = 0; i < ask->conf.sources_n && i < SOURCES_MAX; i++)
        m2m_ask_src_close(ask->sources[i]);
    settle(ask);
}
