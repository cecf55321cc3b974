/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/serve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gba/base/secret.h"
#include "rt/file.h"
#include "rt/log.h"

enum { PEM_MAX = 64 * 1024 };

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
    rt_daemon_listens(daemon, conf->tls ? "https" : "http", gba_text_view(&address));
    return GBA_OK;
}

static struct rt_httpd_conf bounds(const struct gba_conf_http *conf, struct rt_reasons *refused)
{
    return (struct rt_httpd_conf){
        .max_head = conf->max_head,
        .max_body = conf->max_body,
        .max_conns = conf->max_connections,
        .request_ms = conf->request_ms,
        .idle_ms = conf->idle_ms,
        .refused = refused,
    };
}

gba_rc rt_serve_open(struct rt_serve *serve, struct rt_daemon *daemon, const struct gba_conf_http *conf,
                     rt_httpd_fn *fn, void *arg)
{
    const gba_text *addresses = conf->listen.items;
    serve->n = 0;
    for (size_t i = 0; i < conf->listen.n && i < RT_SERVE_MAX; i++) {
        struct rt_httpd_conf one = bounds(conf, &serve->refused);
        one.listen = addresses[i];
        GBA_TRY(open_one(serve, daemon, &one, fn, arg));
    }
    return GBA_OK;
}

/* ---- TLS ---- */

static gba_rc read_file(const gba_text *path, gba_writer *w)
{
    int fd = open(path->s, O_RDONLY | O_CLOEXEC);
    gba_rc rc = fd < 0 ? GBA_E_FILE : rt_file_read(fd, w);
    if (fd >= 0)
        close(fd);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "https.file-unreadable", RT_REASON(rc), RT_STR("file", gba_text_view(path)));
    return rc;
}

static gba_rc make_ctx(struct rt_serve_name *name, gba_writer *cert, gba_writer *key)
{
    GBA_TRY(read_file(name->cert, cert));
    GBA_TRY(read_file(name->key, key));
    const struct rt_tls_ctx_conf conf = {
        .server = true, .web = true, .cert_pem = gba_writer_view(cert), .key_pem = gba_writer_view(key)};
    GBA_TRY(rt_tls_ctx_new(&conf, &name->ctx));
    /*= TS 33.220 I.6, M.7: the certificate is for the FQDN, which is the realm */
    return rt_tls_ctx_names(name->ctx, name->host) ? GBA_OK : GBA_E_CERT_NAME;
}

static gba_rc open_name(struct rt_serve_name *name)
{
    uint8_t *cert_room = calloc(2, PEM_MAX);
    GBA_ENSURE(cert_room, GBA_E_MEMORY);
    gba_writer cert = gba_writer_of(cert_room, PEM_MAX);
    gba_writer key = gba_writer_of(cert_room + PEM_MAX, PEM_MAX);
    gba_rc rc = make_ctx(name, &cert, &key);
    gba_wipe_bytes(cert_room, 2 * (size_t)PEM_MAX);
    free(cert_room);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "https.name-unusable", RT_REASON(rc), RT_STR("name", gba_text_view(name->host)),
               RT_STR("cert", gba_text_view(name->cert)));
    return rc;
}

static struct rt_tls_ctx *on_sni(void *arg, gba_view asked)
{
    const struct rt_serve *serve = arg;
    for (size_t i = 0; i < serve->n_names; i++) {
        if (asked.n == 0 || gba_view_eq_nocase(asked, gba_text_view(serve->names[i].host)))
            return serve->names[i].ctx;
    }
    return NULL;
}

static void on_refused(void *arg, struct rt_tls *tls, gba_rc rc)
{
    struct rt_serve *serve = arg;
    rt_reasons_add(&serve->refused, rc);
    rt_log(RT_LOG_INFO, "https.refused", RT_REASON(rc),
           RT_STR("name", gba_text_view(&rt_tls_peer(tls)->server_name)));
}

gba_rc rt_serve_open_tls(struct rt_serve *serve, struct rt_daemon *daemon, const struct rt_serve_tls *conf)
{
    const gba_text *addresses = conf->https->listen.items;
    serve->names = conf->names;
    serve->hooks = (struct rt_tls_hooks){.arg = serve, .sni = on_sni, .refused = on_refused};
    while (serve->n_names < conf->n_names)
        GBA_TRY(open_name(&conf->names[serve->n_names++]));
    for (size_t i = 0; i < conf->https->listen.n && i < RT_SERVE_MAX; i++) {
        struct rt_httpd_conf one = bounds(conf->http, &serve->refused);
        one.listen = addresses[i];
        one.tls = serve->names[0].ctx;
        one.tls_hooks = &serve->hooks;
        one.handshake_ms = conf->https->handshake_ms;
        GBA_TRY(open_one(serve, daemon, &one, conf->fn, conf->arg));
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
    while (serve->n_names > 0)
        rt_tls_ctx_free(serve->names[--serve->n_names].ctx);
}
