/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/ocsp_http.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "gba/wire/names.h"
#include "rt/addr.h"
#include "rt/httpc.h"

enum {
    REQUEST_MAX = 256,
    ANSWER_MAX = 65536,
    HEAD_MAX = 8192,
    CONNECTIONS = 4,
    QUEUE_MAX = 256,
    RESPONDERS_MAX = 16
};

/* A server by address; several URLs may lead to it. */
struct responder {
    SLIST_ENTRY(responder) entry;
    gba_text server;
    struct rt_httpc *client;
};

struct question {
    LIST_ENTRY(question) entry; /* while its name is looked up */
    struct m2m_ocsp_http *http;
    m2m_ocsp_http_fn *fn; /* NULL: answered, and the look-up goes on in vain */
    void *arg;
    gba_text authority, host, port, target;
    uint8_t request[REQUEST_MAX];
    size_t n;
    struct rt_timer *timer;
    uv_getaddrinfo_t lookup;
};

struct m2m_ocsp_http {
    struct rt_loop *loop;
    uint32_t timeout_ms;
    SLIST_HEAD(, responder) responders;
    size_t n_responders;
    LIST_HEAD(, question) lookups;
    size_t n_open; /* questions that exist */
    bool closing;
};

/* ---- URLs ---- */

static gba_rc split_authority(gba_view authority, struct question *q)
{
    gba_view host, port = GBA_LIT("80"), rest = authority;
    if (gba_view_starts(authority, GBA_LIT("["))) {
        size_t end = gba_view_find(authority, ']');
        host = gba_view_sub(authority, 1, end - 1);
        rest = gba_view_sub(authority, end + 1, authority.n);
        GBA_ENSURE(end < authority.n && (rest.n == 0 || rest.p[0] == ':'), GBA_E_ADDRESS);
    } else {
        host = gba_view_sub(authority, 0, gba_view_find(authority, ':'));
        rest = gba_view_sub(authority, host.n, authority.n);
    }
    if (rest.n > 1)
        port = gba_view_sub(rest, 1, rest.n);
    GBA_TRY(gba_text_set(&q->host, host));
    return gba_text_set(&q->port, port);
}

/* "http://HOST[:PORT][/PATH][?QUERY]" */
static gba_rc parse_url(gba_view url, struct question *q)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view head = GBA_LIT("http://"), rest = gba_view_sub(url, head.n, url.n);
    GBA_ENSURE(gba_view_eq_nocase(gba_view_sub(url, 0, head.n), head), GBA_E_ADDRESS);
    rest = gba_view_sub(rest, 0, gba_view_find(rest, '#'));
    size_t slash = gba_view_find(rest, '/'), query = gba_view_find(rest, '?');
    size_t end = slash < query ? slash : query;
    if (end == query)
        gba_put_u8(&w, '/');
    gba_put_view(&w, gba_view_sub(rest, end, rest.n));
    GBA_TRY(gba_writer_end(&w));
    GBA_TRY(gba_text_set(&q->target, gba_writer_view(&w)));
    GBA_TRY(gba_text_set(&q->authority, gba_view_sub(rest, 0, end)));
    return split_authority(gba_text_view(&q->authority), q);
}

/* ---- the end of a question ---- */

static void settle(struct m2m_ocsp_http *http)
{
    if (http->closing && http->n_open == 0)
        free(http);
}

static void drop(struct question *q)
{
    struct m2m_ocsp_http *http = q->http;
    rt_timer_cancel(q->timer);
    free(q);
    http->n_open--;
    settle(http);
}

static void tell(struct question *q, gba_rc rc, gba_view response)
{
    m2m_ocsp_http_fn *fn = q->fn;
    q->fn = NULL;
    if (fn)
        fn(q->arg, rc, response);
}

static void fail(struct question *q, gba_rc rc)
{
    tell(q, rc, gba_view_of(NULL, 0));
    drop(q);
}

/* ---- asking ---- */

static void on_answer(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct question *q = arg;
    if (rc == GBA_OK && rsp->status != 200)
        rc = GBA_E_CERT_STATUS;
    tell(q, rc, rc == GBA_OK ? rsp->body : gba_view_of(NULL, 0));
    drop(q);
}

static gba_rc open_responder(struct m2m_ocsp_http *http, const gba_text *server, struct responder **out)
{
    const struct rt_httpc_conf conf = {
        .server = *server,
        .max_conns = CONNECTIONS,
        .max_queue = QUEUE_MAX,
        .max_head = HEAD_MAX,
        .max_body = ANSWER_MAX,
        .connect_ms = http->timeout_ms,
        .answer_ms = http->timeout_ms,
    };
    GBA_ENSURE(http->n_responders < RESPONDERS_MAX, GBA_E_HTTP_CONNECTIONS);
    struct responder *responder = calloc(1, sizeof *responder);
    GBA_ENSURE(responder, GBA_E_MEMORY);
    gba_rc rc = rt_httpc_open(http->loop, &conf, &responder->client);
    if (rc != GBA_OK) {
        free(responder);
        return rc;
    }
    responder->server = *server;
    SLIST_INSERT_HEAD(&http->responders, responder, entry);
    http->n_responders++;
    *out = responder;
    return GBA_OK;
}

static gba_rc find_responder(struct m2m_ocsp_http *http, const gba_text *server, struct responder **out)
{
    SLIST_FOREACH(*out, &http->responders, entry)
    {
        if (gba_text_eq(&(*out)->server, server))
            return GBA_OK;
    }
    return open_responder(http, server, out);
}

static gba_rc send_to(struct question *q, const gba_text *server)
{
    struct responder *responder = NULL;
    struct gba_http_msg msg = {
        .method = GBA_LIT("POST"),
        .target = gba_text_view(&q->target),
        .minor = 1,
        .body = gba_view_of(q->request, q->n),
    };
    GBA_TRY(gba_http_field_add(&msg, GBA_LIT("Host"), gba_text_view(&q->authority)));
    GBA_TRY(gba_http_field_add(&msg, GBA_LIT("Content-Type"), GBA_LIT("application/ocsp-request")));
    GBA_TRY(gba_http_field_add(&msg, GBA_LIT("Accept"), GBA_LIT("application/ocsp-response")));
    GBA_TRY(find_responder(q->http, server, &responder));
    rt_httpc_request(responder->client, &msg, on_answer, q);
    return GBA_OK;
}

/* ---- names ---- */

static void on_lookup_timer(void *arg)
{
    struct question *q = arg;
    q->timer = NULL;
    uv_cancel((uv_req_t *)&q->lookup); /* its callback comes all the same */
    tell(q, GBA_E_TIMEOUT, gba_view_of(NULL, 0));
}

static gba_rc send_found(struct question *q, int status, const struct addrinfo *found)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_text server;
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_ENSURE(status == 0 && found, GBA_E_CONNECT);
    rt_addr_format(found->ai_addr, &w);
    GBA_TRY(gba_text_set(&server, gba_writer_view(&w)));
    return send_to(q, &server);
}

static void on_found(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    struct question *q = lookup->data;
    gba_rc rc = GBA_E_TIMEOUT;
    LIST_REMOVE(q, entry);
    rt_timer_cancel(q->timer);
    q->timer = NULL;
    if (q->fn)
        rc = send_found(q, status, found);
    uv_freeaddrinfo(found);
    if (rc != GBA_OK)
        fail(q, rc);
}

static gba_rc look_up(struct question *q)
{
    struct m2m_ocsp_http *http = q->http;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    GBA_ENSURE(gba_is_fqdn(gba_text_view(&q->host)), GBA_E_ADDRESS);
    q->lookup.data = q;
    q->timer = rt_timer_start(http->loop, http->timeout_ms, on_lookup_timer, q);
    GBA_ENSURE(q->timer, GBA_E_MEMORY);
    int rc = uv_getaddrinfo(rt_loop_uv(http->loop), &q->lookup, on_found, q->host.s, q->port.s, &hints);
    GBA_ENSURE(rc == 0, GBA_E_CONNECT);
    LIST_INSERT_HEAD(&http->lookups, q, entry);
    return GBA_OK;
}

/* An address is asked at once, a name is looked up first. */
static gba_rc begin(struct question *q, gba_view url)
{
    uint8_t room[2 * GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_text server;
    struct sockaddr_storage address;
    GBA_TRY(parse_url(url, q));
    bool v6 = gba_view_starts(gba_text_view(&q->authority), GBA_LIT("["));
    gba_put_str(&w, v6 ? "[" : "");
    gba_put_view(&w, gba_text_view(&q->host));
    gba_put_str(&w, v6 ? "]:" : ":");
    gba_put_view(&w, gba_text_view(&q->port));
    GBA_TRY(gba_text_set(&server, gba_writer_view(&w)));
    return rt_addr_parse(gba_text_view(&server), &address) == GBA_OK ? send_to(q, &server) : look_up(q);
}

void m2m_ocsp_http_ask(struct m2m_ocsp_http *http, gba_view url, gba_view request, m2m_ocsp_http_fn *fn,
                       void *arg)
{
    struct question *q = calloc(1, sizeof *q);
    if (!q || http->closing || request.n > REQUEST_MAX) {
        free(q);
        fn(arg, http->closing ? GBA_E_PEER_GONE : GBA_E_MEMORY, gba_view_of(NULL, 0));
        return;
    }
    q->http = http;
    q->fn = fn;
    q->arg = arg;
    q->n = request.n;
    gba_copy(q->request, request);
    http->n_open++;
    gba_rc rc = begin(q, url);
    if (rc != GBA_OK)
        fail(q, rc);
}

/* ---- life ---- */

gba_rc m2m_ocsp_http_open(struct rt_loop *loop, uint32_t timeout_ms, struct m2m_ocsp_http **out)
{
    struct m2m_ocsp_http *http = calloc(1, sizeof *http);
    *out = http;
    GBA_ENSURE(http, GBA_E_MEMORY);
    http->loop = loop;
    http->timeout_ms = timeout_ms;
    return GBA_OK;
}

void m2m_ocsp_http_close(struct m2m_ocsp_http *http)
{
    struct question *q;
    if (!http)
        return;
    http->n_open++; /* not freed under our feet */
    http->closing = true;
    LIST_FOREACH(q, &http->lookups, entry)
    {
        rt_timer_cancel(q->timer);
        q->timer = NULL;
        uv_cancel((uv_req_t *)&q->lookup);
        tell(q, GBA_E_PEER_GONE, gba_view_of(NULL, 0));
    }
    while (!SLIST_EMPTY(&http->responders)) {
        struct responder *responder = SLIST_FIRST(&http->responders);
        SLIST_REMOVE_HEAD(&http->responders, entry);
        rt_httpc_close(responder->client);
        free(responder);
    }
    http->n_open--;
    settle(http);
}
