/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/admin_watch.h"

#include "gba/base/stamp.h"
#include "m2m/io/admin.h"
#include "rt/conf_show.h"
#include "rt/live.h"

static gba_rc live(void *arg, const struct m2m_admin_ask *ask)
{
    struct gba_json_out o = {.w = ask->out};
    (void)arg;
    gba_json_begin(&o, NULL, '{');
    gba_json_bool(&o, "live", true);
    gba_json_end(&o, '}');
    return GBA_OK;
}

static gba_rc ready(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_watch *watch = arg;
    const struct rt_health *health = rt_daemon_health(watch->daemon);
    struct gba_json_out o = {.w = ask->out};
    bool all = rt_health_ready(health);
    gba_json_begin(&o, NULL, '{');
    gba_json_bool(&o, "ready", all);
    gba_json_begin(&o, "parts", '[');
    for (size_t i = 0; i < health->n; i++) {
        const char *cause = rt_health_cause(health, i);
        gba_json_begin(&o, NULL, '{');
        gba_json_text(&o, "name", gba_view_cstr(health->parts[i].name));
        gba_json_bool(&o, "ready", !cause);
        if (cause)
            gba_json_text(&o, "cause", gba_view_cstr(cause));
        gba_json_end(&o, '}');
    }
    gba_json_end(&o, ']');
    gba_json_end(&o, '}');
    ask->how->status = all ? 200 : 503;
    return GBA_OK;
}

static gba_rc metrics(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_watch *watch = arg;
    rt_metrics_write(rt_daemon_metrics(watch->daemon), ask->out);
    ask->how->type = "text/plain; version=0.0.4; charset=utf-8";
    return GBA_OK;
}

static gba_rc version(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_watch *watch = arg;
    struct gba_json_out o = {.w = ask->out};
    uint8_t room[24];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_datetime(&w, watch->started_s);
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "program", gba_view_cstr(rt_daemon_program(watch->daemon)));
    gba_json_text(&o, "version", gba_view_cstr(PACKAGE_VERSION));
    gba_json_text(&o, "started", gba_writer_view(&w));
    gba_json_integer(&o, "uptime", gba_env_now_s(ask->env) - watch->started_s);
    gba_json_bool(&o, "ready", rt_health_ready(rt_daemon_health(watch->daemon)));
    gba_json_end(&o, '}');
    return GBA_OK;
}

static gba_rc configuration(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_watch *watch = arg;
    struct gba_json_out o = {.w = ask->out};
    gba_json_begin(&o, NULL, '{');
    rt_conf_show(rt_daemon_rows(watch->daemon), rt_live_now(rt_daemon_live(watch->daemon)), &o);
    gba_json_end(&o, '}');
    return GBA_OK;
}

static gba_rc reload(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_watch *watch = arg;
    struct gba_json_out o = {.w = ask->out};
    gba_rc rc = rt_daemon_reload(watch->daemon);
    gba_view line, left = rt_daemon_reload_said(watch->daemon);
    if (rc != GBA_OK) {
        gba_view_split(left, '\n', &line, &left);
        return gba_text_set(ask->at, gba_view_sub(line, 0, GBA_TEXT_MAX)) == GBA_OK ? rc : GBA_E_BUG;
    }
    gba_json_begin(&o, NULL, '{');
    gba_json_begin(&o, "said", '[');
    while (left.n > 0) {
        gba_view_split(left, '\n', &line, &left);
        gba_json_text(&o, NULL, line);
    }
    gba_json_end(&o, ']');
    gba_json_end(&o, '}');
    return GBA_OK;
}

static const struct m2m_admin_route open_routes[] = {
    {"GET", "/livez", live},
    {"GET", "/readyz", ready},
    {0},
};

static const struct m2m_admin_route scrape_routes[] = {
    {"GET", "/metrics", metrics},
    {0},
};

static const struct m2m_admin_route token_routes[] = {
    {"GET", "/v1/version", version},
    {"GET", "/v1/configuration", configuration},
    {"POST", "/v1/reload", reload},
    {0},
};

void m2m_admin_watch_mount(struct m2m_admin_watch *watch, struct m2m_admin *admin, struct rt_daemon *daemon)
{
    watch->daemon = daemon;
    watch->started_s = gba_env_now_s(rt_loop_env(rt_daemon_loop(daemon)));
    m2m_admin_add_as(admin, M2M_ADMIN_OPEN, open_routes, watch);
    m2m_admin_add_as(admin, M2M_ADMIN_SCRAPE, scrape_routes, watch);
    m2m_admin_add(admin, token_routes, watch);
}
