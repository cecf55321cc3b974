/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/serve.h"

#include <stdlib.h>
#include <unistd.h>

#include "gba/base/secret.h"
#include "rt/file.h"
#include "rt/log.h"

enum { PEM_MAX = 64 * 1024 };

/* ---- on the thread of a server ---- */

struct opening {
    struct rt_loop *loop;
    const struct rt_httpd_conf *conf;
    const struct rt_serve_handler *handler;
    struct rt_httpd *httpd;
    gba_rc rc;
};

static void open_here(void *arg)
{
    struct opening *o = arg;
    o->rc = rt_httpd_open(o->loop, o->conf, o->handler->fn, o->handler->arg, &o->httpd);
}

static void drain_here(void *httpd)
{
    rt_httpd_drain(httpd);
}

static void close_here(void *httpd)
{
    rt_httpd_close(httpd);
}

struct counting {
    const struct rt_httpd *httpd;
    size_t n;
};

static void count_here(void *arg)
{
    struct counting *counting = arg;
    counting->n = rt_httpd_busy(counting->httpd);
}

static void call(const struct rt_serve *serve, size_t worker, rt_timer_fn *fn, void *arg)
{
    if (serve->workers)
        rt_workers_call(serve->workers, worker, fn, arg);
    else
        fn(arg);
}

/* ---- opening ---- */

static gba_rc open_at(struct rt_serve *serve, struct opening *o, size_t worker)
{
    if (serve->workers)
        o->loop = rt_workers_loop(serve->workers, worker);
    call(serve, worker, open_here, o);
    if (o->rc != GBA_OK) {
        rt_log(RT_LOG_ERROR, "http.listen-failed", RT_REASON(o->rc),
               RT_STR("address", gba_text_view(&o->conf->listen)));
        return o->rc;
    }
    serve->at[serve->n++] = (struct rt_serve_at){o->httpd, worker};
    return GBA_OK;
}

/* One address, on every worker; the first finds the port when any will do. */
static gba_rc open_one(struct rt_serve *serve, struct rt_daemon *daemon, struct rt_httpd_conf *conf,
                       const struct rt_serve_handler *handler)
{
    struct opening o = {.loop = rt_daemon_loop(daemon), .conf = conf, .handler = handler};
    size_t n = serve->workers ? rt_workers_count(serve->workers) : 1;
    conf->refused = &serve->refused;
    conf->note = handler->note;
    conf->note_arg = handler->note_arg;
    conf->note_n = handler->note_n;
    conf->desk = serve->workers ? &serve->desk : NULL;
    conf->share_port = serve->workers != NULL;
    conf->all_conns = &serve->n_conns[serve->n_listens++];
    for (size_t i = 0; i < n; i++) {
        GBA_TRY(open_at(serve, &o, i));
        rt_httpd_address(o.httpd, &conf->listen);
    }
    rt_daemon_listens(daemon, conf->tls ? "https" : "http", gba_text_view(&conf->listen));
    return GBA_OK;
}

static struct rt_httpd_conf bounds(const struct gba_conf_http *conf)
{
    return (struct rt_httpd_conf){
        .max_head = conf->max_head,
        .max_body = conf->max_body,
        .max_conns = conf->max_connections,
        .request_ms = conf->request_ms,
        .idle_ms = conf->idle_ms,
    };
}

static gba_rc open_threads(struct rt_serve *serve, struct rt_daemon *daemon, uint32_t n,
                           const struct rt_serve_handler *handler)
{
    serve->desk =
        (struct rt_http_desk){.loop = rt_daemon_loop(daemon), .fn = handler->fn, .arg = handler->arg};
    serve->at = calloc(2 * (size_t)RT_SERVE_MAX * (n > 0 ? n : 1), sizeof *serve->at);
    GBA_ENSURE(serve->at, GBA_E_MEMORY);
    return n > 0 ? rt_daemon_workers(daemon, n, &serve->workers) : GBA_OK;
}

gba_rc rt_serve_open(struct rt_serve *serve, struct rt_daemon *daemon, const struct gba_conf_http *conf,
                     const struct rt_serve_handler *handler)
{
    const gba_text *addresses = conf->listen.items;
    GBA_TRY(open_threads(serve, daemon, conf->workers, handler));
    for (size_t i = 0; i < conf->listen.n && i < RT_SERVE_MAX; i++) {
        struct rt_httpd_conf one = bounds(conf);
        one.listen = addresses[i];
        GBA_TRY(open_one(serve, daemon, &one, handler));
    }
    return GBA_OK;
}

/* ---- TLS ---- */

static gba_rc read_file(const struct rt_file_place *place, gba_writer *w)
{
    int fd = rt_file_place_open(place);
    gba_rc rc = fd < 0 ? GBA_E_FILE : rt_file_read(fd, w);
    if (fd >= 0)
        close(fd);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "https.file-unreadable", RT_REASON(rc), RT_CSTR("file", place->path));
    return rc;
}

static gba_rc make_ctx(struct rt_serve_name *name, gba_writer *cert, gba_writer *key)
{
    GBA_TRY(read_file(&name->cert_at, cert));
    GBA_TRY(read_file(&name->key_at, key));
    const struct rt_tls_ctx_conf conf = {
        .server = true, .web = true, .cert_pem = gba_writer_view(cert), .key_pem = gba_writer_view(key)};
    GBA_TRY(rt_tls_ctx_new(&conf, &name->other));
    /*= TS 33.220 I.6, M.7: the certificate is for the FQDN, which is the realm */
    return rt_tls_ctx_names(name->other, name->host) ? GBA_OK : GBA_E_CERT_NAME;
}

/* To name->other. */
static gba_rc read_name(struct rt_serve_name *name)
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

/* Each name's other context takes the place of the one in use. */
static void exchange(struct rt_serve *serve)
{
    for (size_t i = 0; i < serve->n_names; i++)
        serve->names[i].other = atomic_exchange(&serve->names[i].ctx, serve->names[i].other);
}

static void forget_others(struct rt_serve *serve)
{
    for (size_t i = 0; i < serve->n_names; i++) {
        if (serve->names[i].other != serve->door)
            rt_tls_ctx_free(serve->names[i].other);
        serve->names[i].other = NULL;
    }
}

static gba_rc read_names(struct rt_serve *serve)
{
    gba_rc rc = GBA_OK;
    for (size_t i = 0; i < serve->n_names && rc == GBA_OK; i++)
        rc = read_name(&serve->names[i]);
    if (rc == GBA_OK)
        exchange(serve);
    return rc;
}

static void open_names(struct rt_serve *serve, const struct rt_serve_tls *conf)
{
    serve->names = conf->names;
    serve->n_names = conf->n_names;
    for (size_t i = 0; i < serve->n_names; i++) {
        struct rt_serve_name *name = &serve->names[i];
        name->cert_at = rt_file_place_of(name->cert->s);
        name->key_at = rt_file_place_of(name->key->s);
    }
}

static void nothing(void *arg)
{
    (void)arg;
}

gba_rc rt_serve_renew(struct rt_serve *serve)
{
    if (serve->n_names == 0)
        return GBA_OK;
    gba_rc rc = read_names(serve);
    /* A worker may be about to take a context that it has just been told. */
    for (size_t i = 0; rc == GBA_OK && serve->workers && i < rt_workers_count(serve->workers); i++)
        rt_workers_call(serve->workers, i, nothing, NULL);
    forget_others(serve);
    if (rc == GBA_OK)
        rt_log(RT_LOG_NOTICE, "https.certificates-read", RT_NUM("names", serve->n_names));
    return rc;
}

gba_rc rt_serve_open_tls(struct rt_serve *serve, struct rt_daemon *daemon, const struct rt_serve_tls *conf)
{
    const gba_text *addresses = conf->https->listen.items;
    serve->hooks = (struct rt_tls_hooks){.arg = serve, .sni = on_sni, .refused = on_refused};
    open_names(serve, conf);
    GBA_TRY(read_names(serve));
    serve->door = serve->names[0].ctx;
    for (size_t i = 0; i < conf->https->listen.n && i < RT_SERVE_MAX; i++) {
        struct rt_httpd_conf one = bounds(conf->http);
        one.listen = addresses[i];
        one.tls = serve->door;
        one.tls_hooks = &serve->hooks;
        one.handshake_ms = conf->https->handshake_ms;
        GBA_TRY(open_one(serve, daemon, &one, &conf->handler));
    }
    return GBA_OK;
}

void rt_serve_log_counters(const struct rt_serve *serve)
{
    rt_reasons_log(&serve->refused, "http.count");
}

void rt_serve_drain(struct rt_serve *serve)
{
    serve->desk.draining = true;
    for (size_t i = 0; i < serve->n; i++)
        call(serve, serve->at[i].worker, drain_here, serve->at[i].httpd);
}

size_t rt_serve_busy(const struct rt_serve *serve)
{
    size_t n = 0;
    for (size_t i = 0; i < serve->n; i++) {
        struct counting counting = {.httpd = serve->at[i].httpd};
        call(serve, serve->at[i].worker, count_here, &counting);
        n += counting.n;
    }
    return n;
}

static void close_names(struct rt_serve *serve)
{
    for (size_t i = 0; i < serve->n_names; i++) {
        rt_file_place_close(&serve->names[i].cert_at);
        rt_file_place_close(&serve->names[i].key_at);
    }
    serve->n_names = 0;
}

void rt_serve_close(struct rt_serve *serve)
{
    serve->desk.shut = true;
    while (serve->n > 0) {
        const struct rt_serve_at *at = &serve->at[--serve->n];
        call(serve, at->worker, close_here, at->httpd);
    }
    free(serve->at);
    serve->at = NULL;
    forget_others(serve); /* of an opening that failed */
    exchange(serve);
    forget_others(serve);
    rt_tls_ctx_free(serve->door);
    close_names(serve);
}
