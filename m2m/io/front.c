/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/front.h"

#include "gba/base/secret.h"
#include "rt/log.h"

enum { STAPLE_EVERY_MS = 60 * 1000, HEAD_MAX = 8192 };

/* ---- a name ---- */

static gba_rc open_contexts(struct m2m_front_name *name, struct m2m_files *files)
{
    const struct m2m_conf_name *conf = name->conf.name;
    bool more = name->conf.forward_secrecy;
    struct rt_tls_ctx_conf ctx = {
        .server = true,
        .suites = more ? M2M_SUITES_TLS M2M_SUITES_MORE : M2M_SUITES_TLS,
        .ask_cert = true,
        .psk_hint = name->conf.psk_hint,
        .raw_keys = name->conf.raw_keys,
    };
    GBA_TRY(m2m_files_read(files, &conf->cert, &ctx.cert_pem));
    GBA_TRY(m2m_files_read(files, &conf->key, &ctx.key_pem));
    GBA_TRY(m2m_files_read(files, &conf->staple, &ctx.staple));
    GBA_TRY(rt_tls_ctx_new(&ctx, &name->tls));
    ctx.dtls = true;
    ctx.suites = M2M_SUITES_DTLS;
    return rt_tls_ctx_new(&ctx, &name->dtls);
}

/* A file that cannot be read now leaves the response that is stapled. */
static void on_staple_timer(void *arg)
{
    struct m2m_front_name *name = arg;
    struct m2m_files files = {0};
    gba_view staple;
    if (m2m_files_read(&files, &name->conf.name->staple, &staple) == GBA_OK) {
        rt_tls_ctx_staple(name->tls, staple);
        rt_tls_ctx_staple(name->dtls, staple);
    }
    m2m_files_free(&files);
    name->timer = rt_timer_start(name->loop, STAPLE_EVERY_MS, on_staple_timer, name);
}

gba_rc m2m_front_name_open(struct m2m_front_name *name, struct rt_loop *loop,
                           const struct m2m_front_name_conf *conf)
{
    struct m2m_files files = {0};
    name->conf = *conf;
    name->loop = loop;
    gba_rc rc = open_contexts(name, &files);
    m2m_files_free(&files);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "m2m.name-unusable", RT_REASON(rc),
               RT_STR("name", gba_text_view(&conf->name->fqdn)));
    else if (conf->name->staple.n > 0)
        name->timer = rt_timer_start(loop, STAPLE_EVERY_MS, on_staple_timer, name);
    return rc;
}

/*= TS-0003 8.1.2.5 (5) */
gba_rc m2m_front_name_staple(const struct m2m_front_name *name, struct m2m_status_desk *desk)
{
    struct m2m_files files = {0};
    struct m2m_status_own own = {.tls = name->tls, .dtls = name->dtls};
    if (name->conf.name->staple.n > 0 || name->conf.name->cert.n == 0)
        return GBA_OK;
    gba_rc rc = m2m_files_read(&files, &name->conf.name->cert, &own.cert_pem);
    if (rc == GBA_OK)
        rc = m2m_status_staple(desk, &own);
    m2m_files_free(&files);
    return rc == GBA_E_ABSENT ? GBA_OK : rc;
}

void m2m_front_name_close(struct m2m_front_name *name)
{
    rt_timer_cancel(name->timer);
    if (name->tls)
        rt_tls_ctx_free(name->tls);
    if (name->dtls)
        rt_tls_ctx_free(name->dtls);
    *name = (struct m2m_front_name){0};
}

struct m2m_shown m2m_front_shown(const struct rt_tls_shown *shown)
{
    return (struct m2m_shown){
        .raw = shown->raw, .chain = shown->chain, .n = shown->n, .staple = shown->staple};
}

/* ---- listeners ---- */

static void log_failure(gba_rc rc, const gba_text *address)
{
    rt_log(RT_LOG_ERROR, "m2m.listen-failed", RT_REASON(rc), RT_STR("address", gba_text_view(address)));
}

static gba_rc open_tls(struct m2m_front *front, struct rt_daemon *daemon, const struct m2m_front_conf *conf,
                       const gba_text *listen)
{
    gba_text address;
    const struct rt_httpd_conf one = {
        .listen = *listen,
        .max_head = HEAD_MAX,
        .max_body = conf->limits->max_body,
        .max_conns = conf->limits->max_connections,
        .request_ms = conf->limits->request_ms,
        .idle_ms = conf->limits->idle_ms,
        .handshake_ms = conf->limits->handshake_ms,
        .tls = conf->tls,
        .tls_hooks = conf->tls_hooks,
        .refused = &front->refused,
    };
    struct rt_httpd **httpd = &front->tls[front->tls_n];
    GBA_TRY(rt_httpd_open(rt_daemon_loop(daemon), &one, conf->on_request, conf->arg, httpd));
    rt_httpd_address(front->tls[front->tls_n++], &address);
    rt_daemon_listens(daemon, conf->name, gba_text_view(&address));
    return GBA_OK;
}

static gba_rc open_dtls(struct m2m_front *front, struct rt_daemon *daemon, const struct m2m_front_conf *conf,
                        const gba_text *listen)
{
    gba_text address;
    const struct rt_dtls_server_conf one = {
        .listen = *listen,
        .ctx = conf->dtls,
        .hooks = conf->dtls_hooks,
        .max_sessions = conf->limits->max_connections,
        .handshake_ms = conf->limits->handshake_ms,
        .idle_ms = conf->limits->idle_ms,
    };
    struct rt_dtls_server **server = &front->dtls[front->dtls_n];
    GBA_TRY(rt_dtls_server_open(rt_daemon_loop(daemon), &one, m2m_coap_serve, conf->coap, server));
    rt_dtls_server_address(front->dtls[front->dtls_n++], &address);
    rt_daemon_listens(daemon, conf->name_dtls, gba_text_view(&address));
    return GBA_OK;
}

typedef gba_rc open_fn(struct m2m_front *front, struct rt_daemon *daemon, const struct m2m_front_conf *conf,
                       const gba_text *listen);

static gba_rc open_all(struct m2m_front *front, struct rt_daemon *daemon, const struct m2m_front_conf *conf,
                       const struct gba_opt_list *list, open_fn *open_one)
{
    const gba_text *addresses = list->items;
    for (size_t i = 0; i < list->n && i < M2M_FRONT_MAX; i++) {
        gba_rc rc = open_one(front, daemon, conf, &addresses[i]);
        if (rc != GBA_OK) {
            log_failure(rc, &addresses[i]);
            return rc;
        }
    }
    return GBA_OK;
}

gba_rc m2m_front_open(struct m2m_front *front, struct rt_daemon *daemon, const struct m2m_front_conf *conf)
{
    GBA_TRY(open_all(front, daemon, conf, conf->listen, open_tls));
    return open_all(front, daemon, conf, conf->listen_dtls, open_dtls);
}

void m2m_front_close(struct m2m_front *front)
{
    while (front->tls_n > 0)
        rt_httpd_close(front->tls[--front->tls_n]);
    while (front->dtls_n > 0)
        rt_dtls_server_close(front->dtls[--front->dtls_n]);
}
