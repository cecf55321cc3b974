/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/daemon_conf.h"

#include <stddef.h>

/* ---- reading ---- */

struct check_ctx {
    struct rt_daemon_conf *dc;
    bool bad;
};

static void on_fault(void *ctx, const char *key, const char *text)
{
    struct check_ctx *check = ctx;
    check->bad = true;
    rt_conf_complain(&check->dc->said, check->dc->place.path, key, text);
}

static bool is_good(struct rt_daemon_conf *dc, const void *conf)
{
    struct check_ctx check = {dc, false};
    if (dc->spec->check)
        dc->spec->check(conf, &(struct gba_conf_sink){on_fault, &check});
    return !check.bad;
}

gba_rc rt_daemon_conf_read(struct rt_daemon_conf *dc, void *conf)
{
    dc->said = (struct rt_conf_errors){.n = 0};
    gba_rc rc = rt_conf_read_at(&dc->place, dc->spec->rows, conf, &dc->said);
    if (rc == GBA_OK && !is_good(dc, conf)) {
        rt_conf_free(dc->spec->rows, conf);
        rc = GBA_E_CONFIG;
    }
    if (rc != GBA_OK && dc->said.n == 0)
        rt_conf_complain(&dc->said, dc->place.path, "cannot be read", gba_rc_text(rc));
    return rc;
}

const void *rt_daemon_conf_at(const struct rt_daemon_conf *dc, const void *in_first)
{
    if (!in_first || !dc->live)
        return in_first;
    ptrdiff_t at = (const uint8_t *)in_first - (const uint8_t *)dc->spec->conf;
    return (const uint8_t *)rt_live_now(dc->live) + at;
}

struct rt_log_conf rt_daemon_conf_log(const struct rt_daemon_conf *dc)
{
    const struct gba_conf_log *log = rt_daemon_conf_at(dc, dc->spec->log);
    return (struct rt_log_conf){
        .program = dc->spec->program,
        .level = (enum rt_log_level)log->level,
        .show_identities = log->identities == GBA_CONF_IDENTITIES_SHOWN,
        .fd = 2,
        .json = log->format == GBA_CONF_FORMAT_JSON,
    };
}

/* ---- reloading ---- */

static void on_differs(void *ctx, const char *key, bool live)
{
    struct rt_daemon_conf *dc = ctx;
    rt_conf_complain(&dc->said, dc->place.path, key, live ? "changed" : "needs a restart");
    rt_log(live ? RT_LOG_NOTICE : RT_LOG_WARN, live ? "conf.changed" : "conf.needs-restart",
           RT_CSTR("key", key));
}

static gba_rc take_over(struct rt_daemon_conf *dc, const void *next)
{
    const struct rt_daemon_spec *spec = dc->spec;
    gba_rc rc = spec->reload ? spec->reload(spec->arg, next) : GBA_OK;
    if (rc == GBA_OK)
        return GBA_OK;
    dc->said = (struct rt_conf_errors){.n = 0};
    rt_conf_complain(&dc->said, dc->place.path, "cannot be taken over", gba_rc_text(rc));
    return rc;
}

/* Beside what must stay, the new values must be good as well. */
static gba_rc prepare(struct rt_daemon_conf *dc, void *next)
{
    const struct rt_daemon_spec *spec = dc->spec;
    GBA_TRY(rt_daemon_conf_read(dc, next));
    GBA_TRY(rt_conf_follow(spec->rows, rt_live_now(dc->live), next, on_differs, dc));
    gba_rc rc = is_good(dc, next) ? take_over(dc, next) : GBA_E_CONFIG;
    if (rc != GBA_OK)
        rt_conf_free(spec->rows, next);
    return rc;
}

static void log_refused(gba_rc rc, gba_view text)
{
    while (text.n > 0) {
        size_t end = gba_view_find(text, '\n');
        rt_log(RT_LOG_ERROR, "conf.refused", RT_STR("text", gba_view_sub(text, 0, end)));
        text = gba_view_sub(text, end + 1, text.n);
    }
    rt_log(RT_LOG_ERROR, "daemon.reload-refused", RT_REASON(rc));
}

gba_rc rt_daemon_conf_reload(struct rt_daemon_conf *dc)
{
    void *next = rt_live_draft(dc->live);
    GBA_ENSURE(next, GBA_E_MEMORY);
    gba_rc rc = prepare(dc, next);
    if (rc != GBA_OK) {
        rt_live_discard(next);
        log_refused(rc, gba_view_of(dc->said.text, dc->said.n));
        return rc;
    }
    rt_live_replace(dc->live, next);
    const struct rt_log_conf log = rt_daemon_conf_log(dc);
    rt_log_change(&log);
    rt_log(RT_LOG_NOTICE, "daemon.reloaded", RT_NUM("configurations", rt_live_count(dc->live)));
    return GBA_OK;
}
