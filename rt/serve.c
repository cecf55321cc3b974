/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/serve.h"

#include "rt/log.h"

static gba_rc open_one(struct rt_serve *serve, struct rt_daemon *daemon, const struct rt_httpd_conf *conf,
                       rt_httpd_fn *fn, void *arg)
{
    gba_text address;
    gba_rc rc = rt_httpd_open(rt_daemon_loop(daemon), conf, fn, arg, &serve->at[serve->n]);
    if (rc != GBA_OK) {
        rt_log(RT_LOG_ERROR, "http.listen-failed", RT_REASON(rc),
               RT_STR("address", gba_text_view(&conf->listen)));
        return rc;
    }
    rt_httpd_address(serve->at[serve->n++], &address);
    rt_daemon_listens(daemon, "http", gba_text_view(&address));
    return GBA_OK;
}

gba_rc rt_serve_open(struct rt_serve *serve, struct rt_daemon *daemon, const struct gba_conf_http *conf,
                     rt_httpd_fn *fn, void *arg)
{
    const gba_text *addresses = conf->listen.items;
    serve->n = 0;
    for (size_t i = 0; i < conf->listen.n && i < RT_SERVE_MAX; i++) {
        struct rt_httpd_conf one = {
            .listen = addresses[i],
            .max_head = conf->max_head,
            .max_body = conf->max_body,
            .max_conns = conf->max_connections,
            .request_ms = conf->request_ms,
            .idle_ms = conf->idle_ms,
            .refused = &serve->refused,
        };
        GBA_TRY(open_one(serve, daemon, &one, fn, arg));
    }
    return GBA_OK;
}

void rt_serve_log_counters(const struct rt_serve *serve)
{
    rt_reasons_log(&serve->refused, "http.count");
}

void rt_serve_close(struct rt_serve *serve)
{
    while (serve->n > 0)
        rt_httpd_close(serve->at[--serve->n]);
}
