/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/zh_fd.h"

#include <stdlib.h>

#include "rt/log.h"

enum { LOOK_MS = 20 };

struct bsf_zh_fd {
    struct bsf_zh_fd_parts parts;
    struct bsf_zh_route engine;
    void *memory;
    uint8_t *told; /* enum bsf_zh_health of each host in the log */
    int64_t look_ms;
    size_t live; /* questions without an answer */
    bool closing;
};

/* One question; freed when it is answered. */
struct exchange {
    struct bsf_zh_fd *zh;
    bsf_zh_fn *fn;
    void *arg;
    void (*go_on)(struct exchange *x, const struct bsf_zh_got *got);
    struct bsf_zh_run run;
};

static void release(struct bsf_zh_fd *zh)
{
    free(zh->told);
    free(zh->memory);
    free(zh);
}

/* ---- what the operator reads ---- */

/* The device learns little of what went wrong; the operator all. */
static void log_answer(const struct dia_maa *maa)
{
    if (maa->result.experimental || maa->result.code != DIA_SUCCESS)
        rt_log(RT_LOG_NOTICE, "zh.refused", RT_NUM("code", maa->said),
               RT_NUM("experimental", maa->result.experimental), RT_STR("hss", maa->origin_host));
}

static void log_failure(const struct bsf_zh_order *order)
{
    if (order->failed != GBA_OK)
        rt_log(RT_LOG_WARN, "zh.attempt-failed", RT_REASON(order->failed), RT_STR("hss", order->failed_host),
               RT_CSTR("next", order->kind == BSF_ZH_SEND ? "yes" : "no"));
}

static void on_peer(void *arg, const struct rt_dia_peer *peer)
{
    struct bsf_zh_fd *zh = arg;
    if (!peer->connects)
        bsf_zh_hosts_link(&zh->engine.hosts, peer->identity, peer->open);
}

/* Learned hosts come and go: only the configured ones are told. */
static void log_health(struct bsf_zh_fd *zh, const struct bsf_zh_host *h, uint8_t *told)
{
    static const char *const words[] = {"well", "busy", "down"};
    enum bsf_zh_health now = bsf_zh_host_health(h, zh->look_ms);
    if (now == *told)
        return;
    *told = (uint8_t)now;
    rt_log(RT_LOG_NOTICE, "zh.host", RT_STR("hss", gba_text_view(&h->identity)),
           RT_STR("realm", gba_text_view(&h->realm)), RT_CSTR("is", words[now]));
}

/* Limits as they are in force; connections and health as they are about now. */
static void look(struct bsf_zh_fd *zh, int64_t mono_ms)
{
    const struct bsf_conf *now = rt_live_now(zh->parts.live);
    bsf_zh_route_rules(&zh->engine, &now->zh);
    if (mono_ms < zh->look_ms + LOOK_MS)
        return;
    zh->look_ms = mono_ms;
    rt_dia_each_peer(zh->parts.dia, on_peer, zh);
    for (uint16_t i = 0; i < zh->engine.hosts.configured; i++)
        log_health(zh, &zh->engine.hosts.items[i], &zh->told[i]);
}

/* ---- questions ---- */

static void done(struct exchange *x, const struct bsf_zh_order *order)
{
    struct bsf_zh_fd *zh = x->zh;
    x->fn(x->arg, &(struct bsf_zh_answer){order->reason, order->maa, order->retry_after_s});
    gba_wipe(&x->run.auts);
    free(x);
    zh->live--;
    if (zh->closing && zh->live == 0)
        release(zh);
}

static void on_answer(void *arg, gba_rc rc, struct msg *answer)
{
    struct exchange *x = arg;
    struct dia_maa maa = {.has_vector = false};
    if (rc == GBA_OK)
        rc = dia_maa_decode(answer, &maa);
    if (rc == GBA_OK)
        log_answer(&maa);
    x->go_on(x, &(struct bsf_zh_got){rc, &maa});
    gba_wipe(&maa);
}

static void obey(struct exchange *x, const struct bsf_zh_order *order)
{
    struct msg *msg = NULL;
    log_failure(order);
    if (order->kind == BSF_ZH_DONE) {
        done(x, order);
        return;
    }
    gba_rc rc = dia_mar_encode(&order->mar, &msg);
    if (rc == GBA_OK)
        rt_dia_request(x->zh->parts.dia, msg, order->timeout_ms, on_answer, x);
    else
        x->go_on(x, &(struct bsf_zh_got){rc, NULL});
}

static void go_on(struct exchange *x, const struct bsf_zh_got *got)
{
    struct bsf_zh_order order;
    const gba_env *env = rt_loop_env(x->zh->parts.loop);
    look(x->zh, env->mono_ms);
    bsf_zh_route_answer(&x->zh->engine, &x->run, env, got, &order);
    obey(x, &order);
}

void bsf_zh_fd_ask(struct bsf_zh_fd *zh, const struct bsf_zh_ask *ask, bsf_zh_fn *fn, void *arg)
{
    struct bsf_zh_order order;
    struct exchange *x = malloc(sizeof *x);
    if (!x) {
        fn(arg, &(struct bsf_zh_answer){GBA_E_MEMORY, NULL, 0});
        return;
    }
    x->zh = zh;
    x->fn = fn;
    x->arg = arg;
    x->go_on = go_on;
    zh->live++;
    const gba_env *env = rt_loop_env(zh->parts.loop);
    look(zh, env->mono_ms);
    bsf_zh_route_ask(&zh->engine, &x->run, env, ask, &order);
    obey(x, &order);
}

/* ---- figures ---- */

const struct bsf_zh_counts *bsf_zh_fd_counts(const struct bsf_zh_fd *zh)
{
    return &zh->engine.counts;
}

size_t bsf_zh_fd_hosts(const struct bsf_zh_fd *zh)
{
    return zh->engine.hosts.n;
}

void bsf_zh_fd_host(const struct bsf_zh_fd *zh, size_t i, struct bsf_zh_host_view *view)
{
    int64_t now = rt_loop_env(zh->parts.loop)->mono_ms;
    const struct bsf_zh_host *h = &zh->engine.hosts.items[i];
    *view = (struct bsf_zh_host_view){
        .identity = gba_text_view(&h->identity),
        .realm = gba_text_view(&h->realm),
        .health = bsf_zh_host_health(h, now),
        .waiting = h->waiting,
        .reduction = now < h->load.until_ms ? h->load.reduction : 0,
        .counts = &h->counts,
    };
}

void bsf_zh_fd_log_counters(const struct bsf_zh_fd *zh)
{
    const struct bsf_zh_counts *c = &zh->engine.counts;
    for (size_t i = 0; i < GBA_RC_COUNT; i++) {
        if (c->reasons[i] > 0)
            rt_log(RT_LOG_NOTICE, "zh.count", RT_REASON((gba_rc)i), RT_NUM("n", c->reasons[i]));
    }
    for (uint16_t i = 0; i < zh->engine.hosts.n; i++) {
        const struct bsf_zh_host *h = &zh->engine.hosts.items[i];
        rt_log(RT_LOG_NOTICE, "zh.host-count", RT_STR("hss", gba_text_view(&h->identity)),
               RT_STR("realm", gba_text_view(&h->realm)), RT_NUM("sent", h->counts.sent),
               RT_NUM("answers", h->counts.answers), RT_NUM("failures", h->counts.failures),
               RT_NUM("abated", h->counts.abated), RT_NUM("waiting", h->waiting));
    }
}

/* ---- life ---- */

gba_rc bsf_zh_fd_open(const struct bsf_zh_fd_parts *parts, struct bsf_zh_fd **out)
{
    struct bsf_zh_fd *zh = calloc(1, sizeof *zh);
    GBA_ENSURE(zh != NULL, GBA_E_MEMORY);
    zh->parts = *parts;
    zh->memory = malloc(bsf_zh_route_memory(parts->conf));
    if (!zh->memory)
        goto out;
    bsf_zh_route_init(&zh->engine, parts->conf, zh->memory, rt_loop_env(parts->loop));
    zh->told = calloc(zh->engine.hosts.configured, 1);
    if (!zh->told)
        goto out;
    *out = zh;
    return GBA_OK;
out:
    release(zh);
    return GBA_E_MEMORY;
}

void bsf_zh_fd_close(struct bsf_zh_fd *zh)
{
    zh->closing = true;
    if (zh->live == 0)
        release(zh);
}
