/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/seen.h"

#include <uv.h>

#include "rt/audit.h"

enum { SESSION_SHOWN = 8, SESSION_TEXT = 2 * SESSION_SHOWN };

gba_view bsf_seen_session(gba_view btid, gba_writer *w)
{
    bsf_store_key key;
    if (btid.n > 0 && bsf_key_of(BSF_KEY_BTID, btid, &key) == GBA_OK)
        gba_put_hex(w, gba_view_of(key.b, SESSION_SHOWN));
    return gba_writer_view(w);
}

/* ---- the last refusals ---- */

static void remember(struct bsf_seen *seen, gba_view whose, struct bsf_seen_refusal refusal)
{
    if (whose.n == 0 || bsf_key_of(BSF_KEY_BTID, whose, &refusal.whose) != GBA_OK)
        return;
    refusal.run = rt_log_run_now();
    seen->refusals[seen->next] = refusal;
    seen->next = (seen->next + 1) % BSF_SEEN_REFUSALS;
}

size_t bsf_seen_refusals(const struct bsf_seen *seen, gba_view whose, const struct bsf_seen_refusal **out,
                         size_t max)
{
    bsf_store_key key;
    size_t n = 0;
    if (whose.n == 0 || bsf_key_of(BSF_KEY_BTID, whose, &key) != GBA_OK)
        return 0;
    for (size_t i = 1; i <= BSF_SEEN_REFUSALS && n < max; i++) {
        size_t at = (seen->next + BSF_SEEN_REFUSALS - i) % BSF_SEEN_REFUSALS;
        const struct bsf_seen_refusal *refusal = &seen->refusals[at];
        if (refusal->where && gba_view_eq(GBA_ARRAY(refusal->whose.b), GBA_ARRAY(key.b)))
            out[n++] = refusal;
    }
    return n;
}

/* ---- Ub ---- */

gba_rc bsf_seen_bootstrap(const struct bsf_seen_ub *ub)
{
    uint8_t room[SESSION_TEXT];
    gba_writer w = gba_writer_of(room, sizeof room);
    return rt_audit("ub.bootstrapped", RT_ID("impi", ub->impi), RT_STR("peer", ub->peer),
                    RT_STR("session", bsf_seen_session(ub->btid, &w)), RT_NUM("expiry", ub->expiry_s));
}

static void log_ub(const struct bsf_seen_ub *ub)
{
    uint8_t room[SESSION_TEXT];
    gba_writer w = gba_writer_of(room, sizeof room);
    if (ub->status == 200)
        rt_log(RT_LOG_INFO, "ub.bootstrapped", RT_ID("impi", ub->impi), RT_STR("peer", ub->peer),
               RT_STR("session", bsf_seen_session(ub->btid, &w)), RT_NUM("expiry", ub->expiry_s));
    else if (ub->reason == GBA_OK)
        rt_log(RT_LOG_DEBUG, "ub.challenged", RT_ID("impi", ub->impi), RT_STR("peer", ub->peer));
    else
        rt_log(ub->status == 401 ? RT_LOG_NOTICE : RT_LOG_WARN,
               ub->status == 401 ? "ub.rechallenged" : "ub.refused", RT_REASON(ub->reason),
               RT_NUM("status", ub->status), RT_ID("impi", ub->impi), RT_STR("peer", ub->peer));
}

void bsf_seen_ub(struct bsf_seen *seen, const gba_env *env, const struct bsf_seen_ub *ub)
{
    log_ub(ub);
    rt_reasons_add(&seen->ub, ub->reason);
    rt_histogram_add(&seen->ub_time, (uv_hrtime() - ub->begun_ns) / 1000);
    if (ub->status >= 100 && ub->status < 100 + sizeof seen->statuses / sizeof *seen->statuses)
        seen->statuses[ub->status - 100]++;
    if (ub->reason != GBA_OK)
        remember(seen, ub->impi,
                 (struct bsf_seen_refusal){.at_s = gba_env_now_s(env), .reason = ub->reason, .where = "ub"});
}

/* ---- Zh ---- */

void bsf_seen_zh(struct bsf_seen *seen, gba_rc rc, uint64_t begun_ns)
{
    uint64_t us = (uv_hrtime() - begun_ns) / 1000;
    rt_reasons_add(&seen->zh, rc);
    rt_histogram_add(&seen->zh_time, us);
    rt_log(RT_LOG_DEBUG, "zh.answered", RT_REASON(rc), RT_NUM("us", us));
}

/* ---- Zn ---- */

#define ZN_FIELDS(zn, w)                                                                                     \
    RT_REASON((zn)->reason), RT_STR("peer", (zn)->peer), RT_STR("origin", (zn)->origin),                     \
        RT_STR("naf", (zn)->naf), RT_ID("btid", (zn)->btid),                                                 \
        RT_STR("session", bsf_seen_session((zn)->btid, w)), RT_NUM("gba_type", (zn)->gba_type),             \
        RT_NUM("code", (zn)->code)

gba_rc bsf_seen_key(const struct bsf_seen_zn *zn)
{
    uint8_t room[SESSION_TEXT];
    gba_writer w = gba_writer_of(room, sizeof room);
    return rt_audit("zn.key-given", ZN_FIELDS(zn, &w));
}

void bsf_seen_zn(struct bsf_seen *seen, const gba_env *env, const struct bsf_seen_zn *zn)
{
    uint8_t room[SESSION_TEXT];
    gba_writer w = gba_writer_of(room, sizeof room);
    bool good = zn->reason == GBA_OK;
    rt_log(good ? RT_LOG_INFO : RT_LOG_WARN, good ? "zn.key-given" : "zn.refused", ZN_FIELDS(zn, &w));
    rt_reasons_add(&seen->zn, zn->reason);
    rt_histogram_add(&seen->zn_time, (uv_hrtime() - zn->begun_ns) / 1000);
    if (good)
        return;
    w.n = 0;
    rt_audit_note("zn.refused", ZN_FIELDS(zn, &w));
    remember(seen, zn->btid,
             (struct bsf_seen_refusal){.at_s = gba_env_now_s(env), .reason = zn->reason, .where = "zn"});
}

/* ---- metrics ---- */

static void collect(void *arg, gba_writer *w)
{
    const struct bsf_seen *seen = arg;
    rt_metrics_reasons(w, "keystrap_ub_requests_total", "Requests on Ub by what ended them.", &seen->ub);
    rt_metrics_family(w, "keystrap_ub_replies_total", "counter", "Replies on Ub by status.");
    for (size_t i = 0; i < sizeof seen->statuses / sizeof *seen->statuses; i++) {
        uint8_t text[4];
        gba_writer status = gba_writer_of(text, sizeof text);
        gba_put_dec(&status, i + 100);
        const struct rt_label labels[] = {{"status", gba_writer_view(&status)}, {0}};
        if (seen->statuses[i] > 0)
            rt_metrics_sample(w, "keystrap_ub_replies_total", labels, seen->statuses[i]);
    }
    rt_metrics_gauge(w, "keystrap_ub_waiting", "Requests on Ub that wait for HSS or store.", seen->ub_live);
    rt_metrics_family(w, "keystrap_ub_seconds", "histogram", "Time from a request on Ub to its reply.");
    rt_metrics_histogram(w, "keystrap_ub_seconds", NULL, &seen->ub_time);
    rt_metrics_reasons(w, "keystrap_zh_questions_total", "Questions to the HSS by what became of them.",
                       &seen->zh);
    rt_metrics_family(w, "keystrap_zh_seconds", "histogram",
                      "Time from a question to the HSS to its answer.");
    rt_metrics_histogram(w, "keystrap_zh_seconds", NULL, &seen->zh_time);
    rt_metrics_reasons(w, "keystrap_zn_requests_total", "Requests on Zn by what ended them.", &seen->zn);
    rt_metrics_family(w, "keystrap_zn_seconds", "histogram", "Time from a request on Zn to its answer.");
    rt_metrics_histogram(w, "keystrap_zn_seconds", NULL, &seen->zn_time);
}

gba_rc bsf_seen_open(struct bsf_seen *seen, struct rt_metrics *metrics)
{
    seen->metrics = metrics;
    return rt_metrics_add(metrics, collect, seen);
}

void bsf_seen_close(struct bsf_seen *seen)
{
    if (seen->metrics)
        rt_metrics_remove(seen->metrics, seen);
}
