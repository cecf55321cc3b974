/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab-upstream [--listen ADDRESS:PORT]
 *
 * A small HTTP/1.1 document server that knows nothing of GBA, to stand behind
 * keystrap-naf in the lab and in tests.  Prints "listening on ADDRESS:PORT"
 * when it is ready.
 *
 *   GET HEAD PUT DELETE on any path: documents in memory, each with its content
 *   type and an ETag; If-Match and If-None-Match are honoured (RFC 9110 13.1),
 *   as XCAP (RFC 4825) needs them.
 *   /echo, any method: what arrived, as text: request line, fields, empty line, body.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "rt/buf.h"
#include "rt/httpd.h"
#include "rt/log.h"

enum { DOCUMENTS_MAX = 1000, HEAD_MAX = 16384, BODY_MAX = 1 << 20, ETAG_MAX = 24 };

struct document {
    struct document *next;
    struct rt_buf path, type, body;
    uint64_t version; /* never used twice, so an ETag never comes back */
};

struct upstream {
    struct rt_loop *loop;
    struct rt_httpd *httpd;
    struct document *documents;
    size_t n_documents;
    uint64_t versions;
};

/* ---- documents ---- */

static gba_view path_of(gba_view target)
{
    return gba_view_sub(target, 0, gba_view_find(target, '?'));
}

/* Where the pointer to the document is, or where one would be added. */
static struct document **find(struct upstream *up, gba_view path)
{
    struct document **at = &up->documents;
    while (*at && !gba_view_eq(rt_buf_view(&(*at)->path), path))
        at = &(*at)->next;
    return at;
}

static void document_free(struct document *doc)
{
    rt_buf_free(&doc->path);
    rt_buf_free(&doc->type);
    rt_buf_free(&doc->body);
    free(doc);
}

static gba_rc document_fill(struct document *doc, const struct gba_http_msg *req)
{
    gba_view type = gba_http_field_get(req, GBA_LIT("Content-Type"));
    GBA_TRY(rt_buf_append(&doc->path, path_of(req->target)));
    GBA_TRY(rt_buf_append(&doc->type, type.n > 0 ? type : GBA_LIT("application/octet-stream")));
    return rt_buf_append(&doc->body, req->body);
}

static struct document *document_new(const struct gba_http_msg *req)
{
    struct document *doc = calloc(1, sizeof *doc);
    if (doc && document_fill(doc, req) != GBA_OK) {
        document_free(doc);
        return NULL;
    }
    return doc;
}

/* ---- answers ---- */

static void reply(struct rt_http_tx *tx, unsigned status)
{
    struct gba_http_msg rsp = {.status = status};
    rt_http_reply(tx, &rsp);
}

static gba_view etag(const struct document *doc, char text[ETAG_MAX])
{
    gba_writer w = gba_writer_of(text, ETAG_MAX);
    gba_put_u8(&w, '"');
    gba_put_dec(&w, doc->version);
    gba_put_u8(&w, '"');
    return gba_writer_view(&w);
}

static void reply_document(struct rt_http_tx *tx, unsigned status, const struct document *doc)
{
    char text[ETAG_MAX];
    struct gba_http_msg rsp = {
        .status = status, .fields = {{GBA_LIT("ETag"), etag(doc, text)}}, .n_fields = 1};
    if (status == 200) {
        rsp.fields[rsp.n_fields++] =
            (struct gba_http_field){GBA_LIT("Content-Type"), rt_buf_view(&doc->type)};
        rsp.body = doc->body.p ? rt_buf_view(&doc->body) : GBA_LIT("");
    }
    rt_http_reply(tx, &rsp);
}

/* RFC 9110 13.1: does the field's list name the document's present state? */
static bool names(const struct gba_http_msg *req, gba_view field, const struct document *doc)
{
    char text[ETAG_MAX];
    if (!doc)
        return false;
    return gba_http_field_has_token(req, field, GBA_LIT("*")) ||
           gba_http_field_has_token(req, field, etag(doc, text));
}

static bool may_change(const struct gba_http_msg *req, const struct document *doc)
{
    bool must_match = gba_http_field_get(req, GBA_LIT("If-Match")).p != NULL;
    if (must_match && !names(req, GBA_LIT("If-Match"), doc))
        return false;
    return !names(req, GBA_LIT("If-None-Match"), doc);
}

/* ---- methods ---- */

static void get(struct upstream *up, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    const struct document *doc = *find(up, path_of(req->target));
    if (!doc)
        reply(tx, 404);
    else
        reply_document(tx, names(req, GBA_LIT("If-None-Match"), doc) ? 304 : 200, doc);
}

static void put(struct upstream *up, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct document **at = find(up, path_of(req->target));
    struct document *old = *at;
    if (!may_change(req, old)) {
        reply(tx, 412);
        return;
    }
    struct document *doc = old || up->n_documents < DOCUMENTS_MAX ? document_new(req) : NULL;
    if (!doc) {
        reply(tx, 507);
        return;
    }
    doc->version = ++up->versions;
    doc->next = old ? old->next : NULL;
    *at = doc;
    up->n_documents += !old;
    struct gba_http_msg rsp = {.status = old ? 200 : 201};
    char text[ETAG_MAX];
    rsp.fields[rsp.n_fields++] = (struct gba_http_field){GBA_LIT("ETag"), etag(doc, text)};
    rt_http_reply(tx, &rsp);
    if (old)
        document_free(old);
}

static void delete (struct upstream *up, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct document **at = find(up, path_of(req->target));
    struct document *old = *at;
    if (!old || !may_change(req, old)) {
        reply(tx, old ? 412 : 404);
        return;
    }
    *at = old->next;
    up->n_documents--;
    document_free(old);
    reply(tx, 204);
}

static gba_rc put_line(struct rt_buf *buf, gba_view a, gba_view between, gba_view b)
{
    GBA_TRY(rt_buf_append(buf, a));
    GBA_TRY(rt_buf_append(buf, between));
    GBA_TRY(rt_buf_append(buf, b));
    return rt_buf_append(buf, GBA_LIT("\n"));
}

static gba_rc describe(const struct gba_http_msg *req, struct rt_buf *buf)
{
    GBA_TRY(put_line(buf, req->method, GBA_LIT(" "), req->target));
    for (size_t i = 0; i < req->n_fields; i++)
        GBA_TRY(put_line(buf, req->fields[i].name, GBA_LIT(": "), req->fields[i].value));
    GBA_TRY(rt_buf_append(buf, GBA_LIT("\n")));
    return rt_buf_append(buf, req->body);
}

static void echo(struct upstream *up, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct rt_buf buf = {0};
    (void)up;
    if (describe(req, &buf) != GBA_OK) {
        reply(tx, 503);
    } else {
        struct gba_http_msg rsp = {.status = 200,
                                   .fields = {{GBA_LIT("Content-Type"), GBA_LIT("text/plain")}},
                                   .n_fields = 1,
                                   .body = rt_buf_view(&buf)};
        rt_http_reply(tx, &rsp);
    }
    rt_buf_free(&buf);
}

static void serve(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    static const struct {
        const char *method;
        void (*fn)(struct upstream *up, struct rt_http_tx *tx, const struct gba_http_msg *req);
    } rows[] = {{"GET", get}, {"HEAD", get}, {"PUT", put}, {"DELETE", delete}};
    if (gba_view_eq(path_of(req->target), GBA_LIT("/echo"))) {
        echo(arg, tx, req);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (gba_view_eq(req->method, gba_view_cstr(rows[i].method))) {
            rows[i].fn(arg, tx, req);
            return;
        }
    }
    struct gba_http_msg rsp = {
        .status = 405, .fields = {{GBA_LIT("Allow"), GBA_LIT("GET, HEAD, PUT, DELETE")}}, .n_fields = 1};
    rt_http_reply(tx, &rsp);
}

/* ---- the process ---- */

static void on_stop(void *arg)
{
    rt_loop_stop(arg);
}

static gba_rc open_server(struct upstream *up, const char *listen)
{
    struct rt_httpd_conf conf = {
        .max_head = HEAD_MAX, .max_body = BODY_MAX, .max_conns = 1000, .request_ms = 10000, .idle_ms = 60000};
    gba_text address;
    GBA_TRY(gba_text_set(&conf.listen, gba_view_cstr(listen)));
    GBA_TRY(rt_on_signal(up->loop, SIGTERM, on_stop, up->loop));
    GBA_TRY(rt_on_signal(up->loop, SIGINT, on_stop, up->loop));
    GBA_TRY(rt_httpd_open(up->loop, &conf, serve, up, &up->httpd));
    rt_httpd_address(up->httpd, &address);
    printf("listening on %s\n", address.s);
    fflush(stdout);
    return GBA_OK;
}

static int run(const char *listen)
{
    struct upstream up = {0};
    gba_rc rc = rt_loop_new(&up.loop);
    if (rc == GBA_OK) {
        rc = open_server(&up, listen);
        if (rc == GBA_OK) {
            rt_loop_run(up.loop);
            rt_httpd_close(up.httpd);
        }
        rt_loop_free(up.loop);
    }
    while (up.documents) {
        struct document *doc = up.documents;
        up.documents = doc->next;
        document_free(doc);
    }
    if (rc != GBA_OK)
        fprintf(stderr, "lab-upstream: %s: %s\n", listen, gba_rc_text(rc));
    return rc == GBA_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool listen_given = argc == 3 && gba_view_eq(gba_view_cstr(argv[1]), GBA_LIT("--listen"));
    static const struct rt_log_conf log = {.program = "lab-upstream", .level = RT_LOG_INFO, .fd = 2};
    if (argc != 1 && !listen_given) {
        fprintf(stderr, "usage: lab-upstream [--listen ADDRESS:PORT]\n");
        return 2;
    }
    rt_log_init(&log);
    return run(listen_given ? argv[2] : "127.0.0.1:0");
}
