/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/role_watch.h"

#include "rt/node.h"

/* ---- metrics ---- */

struct column {
    const char *name, *type, *help;
    uint64_t (*value)(const struct bsf_zh_host_view *view);
};

static uint64_t well(const struct bsf_zh_host_view *view)
{
    return view->health == BSF_ZH_WELL;
}

static uint64_t waiting(const struct bsf_zh_host_view *view)
{
    return view->waiting;
}

static uint64_t reduction(const struct bsf_zh_host_view *view)
{
    return view->reduction;
}

static uint64_t sent(const struct bsf_zh_host_view *view)
{
    return view->counts->sent;
}

static uint64_t failures(const struct bsf_zh_host_view *view)
{
    return view->counts->failures;
}

static uint64_t abated(const struct bsf_zh_host_view *view)
{
    return view->counts->abated;
}

static const struct column columns[] = {
    {"keystrap_zh_host_well", "gauge", "1: this HSS is asked first; 0: others are.", well},
    {"keystrap_zh_host_waiting", "gauge", "Questions that this HSS has not answered.", waiting},
    {"keystrap_zh_host_reduction_percent", "gauge", "How much less this HSS asks to be sent (RFC 7683).",
     reduction},
    {"keystrap_zh_host_sent_total", "counter", "Questions sent to this HSS.", sent},
    {"keystrap_zh_host_failures_total", "counter", "Attempts at this HSS without a usable answer.", failures},
    {"keystrap_zh_host_abated_total", "counter", "Questions not sent because this HSS is overloaded.",
     abated},
};

static void collect_hosts(const struct bsf_zh_fd *zh, const struct column *column, gba_writer *w)
{
    struct bsf_zh_host_view view;
    rt_metrics_family(w, column->name, column->type, column->help);
    for (size_t i = 0; i < bsf_zh_fd_hosts(zh); i++) {
        bsf_zh_fd_host(zh, i, &view);
        const struct rt_label labels[] = {{"hss", view.identity}, {"realm", view.realm}, {0}};
        rt_metrics_sample(w, column->name, labels, column->value(&view));
    }
}

static void collect_zh(const struct bsf_zh_fd *zh, gba_writer *w)
{
    const struct bsf_zh_counts *counts = bsf_zh_fd_counts(zh);
    rt_metrics_counter(w, "keystrap_zh_attempts_total", "Attempts to have questions answered by an HSS.",
                       counts->attempts);
    rt_metrics_counter(w, "keystrap_zh_redirects_total", "Redirects that were followed.", counts->redirects);
    rt_metrics_counter(w, "keystrap_zh_redirects_kept_total", "Questions that a kept redirect led.",
                       counts->redirects_kept);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        collect_hosts(zh, &columns[i], w);
}

static void collect(void *arg, gba_writer *w)
{
    const struct bsf_role *role = arg;
    const struct bsf_conf *conf = rt_live_now(rt_daemon_live(role->daemon));
    rt_metrics_gauge(w, "keystrap_challenges_waiting", "Challenges that wait for their response.",
                     bsf_ub_http_challenges(role->ub));
    rt_metrics_gauge(w, "keystrap_challenges_max", "How many challenges may wait.", conf->ub.max_challenges);
    rt_metrics_gauge(w, "keystrap_ub_retry_after_seconds", "What devices are told to wait with a 503.",
                     conf->ub.retry_after_s);
    rt_metrics_reasons(w, "keystrap_http_refused_total",
                       "HTTP requests and connections that were refused before Ub heard of them.",
                       &role->serve.refused);
    collect_zh(role->zh, w);
    rt_node_metrics(role->dia, w);
}

/* ---- health ---- */

static const char *store_cause(void *arg)
{
    const struct bsf_role *role = arg;
    return role->store.self && role->store.ready(role->store.self) ? NULL : "not-answering";
}

static void note_hss(void *arg, const struct rt_dia_peer *peer)
{
    bool *open = arg;
    *open = *open || (peer->open && !peer->connects);
}

/* Only peers that we connect to are ever asked (rt/fdiam.h). */
static const char *hss_cause(void *arg)
{
    const struct bsf_role *role = arg;
    bool open = false;
    if (role->dia)
        rt_dia_each_peer(role->dia, note_hss, &open);
    return open ? NULL : "no-peer-open";
}

gba_rc bsf_role_watch(struct bsf_role *role, struct rt_daemon *daemon)
{
    role->daemon = daemon;
    GBA_TRY(rt_metrics_add(rt_daemon_metrics(daemon), collect, role));
    GBA_TRY(rt_health_add(rt_daemon_health(daemon), "store", store_cause, role));
    return rt_health_add(rt_daemon_health(daemon), "hss", hss_cause, role);
}

void bsf_role_unwatch(struct bsf_role *role)
{
    if (role->daemon)
        rt_metrics_remove(rt_daemon_metrics(role->daemon), role);
}
