/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/httpc.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "rt/addr.h"
#include "rt/http_out.h"
#include "rt/httpc_conn.h"

/* ---- answers ---- */

/* The connection is free for others before fn is called, so that a caller who
 * asks again at once does not need a second one. */
static void complete(struct rt_httpc_conn *conn, bool keep)
{
    struct rt_httpc_call *call = rt_httpc_detach(conn);
    struct rt_buf head = conn->in, payload = conn->payload;
    struct gba_http_msg rsp = conn->rsp;
    conn->in = conn->payload = (struct rt_buf){0};
    rsp.body = rt_buf_view(&payload);
    bool written = !conn->writing && conn->writes == 0;
    if (keep && rsp.keep_alive && written && !conn->client->closing)
        rt_httpc_conn_release(conn);
    else
        rt_httpc_conn_close(conn, GBA_OK);
    call->fn(call->arg, GBA_OK, &rsp);
    rt_httpc_call_free(call);
    rt_buf_free(&head);
    rt_buf_free(&payload);
}

static gba_rc take_payload(struct rt_httpc_conn *conn, gba_view v, size_t *used)
{
    size_t left = conn->client->conf.max_body - conn->payload.n;
    size_t room = v.n < left ? v.n : left;
    GBA_TRY(rt_buf_reserve(&conn->payload, room));
    gba_writer w = rt_buf_room(&conn->payload, room);
    gba_rc rc = gba_http_body_feed(&conn->body, v, &w, used);
    conn->payload.n += w.n;
    return rc;
}

static void on_body(struct rt_httpc_conn *conn, gba_view v)
{
    size_t used = 0;
    gba_rc rc = v.n > 0 ? take_payload(conn, v, &used) : GBA_OK;
    if (rc != GBA_OK)
        rt_httpc_conn_fail(conn, rc);
    else if (conn->body.done)
        complete(conn, used == v.n); /* what nobody asked for spoils the connection */
}

/* The final answer's head, interim ones (RFC 9110 15.2) dropped; E_HTTP_MORE. */
static gba_rc take_head(struct rt_httpc_conn *conn, size_t *used)
{
    uint32_t max_head = conn->client->conf.max_head;
    do {
        gba_view in = rt_buf_view(&conn->in);
        gba_rc rc = gba_http_response_parse(in, conn->call->to_head, &conn->rsp, used);
        GBA_ENSURE(rc != GBA_E_HTTP_MORE || in.n < max_head, GBA_E_HTTP_HEAD_SIZE);
        GBA_TRY(rc);
        GBA_ENSURE(*used <= max_head, GBA_E_HTTP_HEAD_SIZE);
        GBA_ENSURE(conn->rsp.status != 101, GBA_E_HTTP_FRAMING); /* no upgrade was asked for */
        if (conn->rsp.status < 200)
            GBA_TRY(rt_buf_drop(&conn->in, *used));
    } while (conn->rsp.status < 200);
    bool fits = conn->rsp.framing != GBA_HTTP_LENGTH || conn->rsp.body_n <= conn->client->conf.max_body;
    return fits ? GBA_OK : GBA_E_HTTP_BODY_SIZE;
}

static void on_head(struct rt_httpc_conn *conn, gba_view v)
{
    size_t used = 0;
    conn->heard = true;
    gba_rc rc = rt_buf_append(&conn->in, v);
    if (rc == GBA_OK)
        rc = take_head(conn, &used);
    if (rc == GBA_E_HTTP_MORE)
        return;
    if (rc != GBA_OK) {
        rt_httpc_conn_fail(conn, rc);
        return;
    }
    conn->state = RT_HTTPC_BODY;
    conn->body = gba_http_body_of(&conn->rsp);
    on_body(conn, gba_view_sub(rt_buf_view(&conn->in), used, conn->in.n));
}

static void on_end(struct rt_httpc_conn *conn, bool orderly)
{
    if (orderly && conn->state == RT_HTTPC_BODY && conn->rsp.framing == GBA_HTTP_UNTIL_CLOSE)
        complete(conn, false);
    else
        rt_httpc_conn_fail(conn, GBA_E_PEER_GONE);
}

static void on_octets(struct rt_httpc_conn *conn, gba_view v)
{
    if (conn->state == RT_HTTPC_HEAD)
        on_head(conn, v);
    else if (conn->state == RT_HTTPC_BODY)
        on_body(conn, v);
    else
        rt_httpc_conn_close(conn, GBA_OK); /* an answer without a request */
}

/* Octets of the server under TLS, or none when TLS itself has news. */
static void on_records(struct rt_httpc_conn *conn, gba_view v)
{
    struct rt_buf plain = {0};
    rt_httpc_tls_feed(conn, v, &plain);
    if (plain.n > 0 && conn->state != RT_HTTPC_CLOSED)
        on_octets(conn, rt_buf_view(&plain));
    rt_buf_free(&plain);
    if (conn->state != RT_HTTPC_CLOSED && rt_tls_state(conn->tls) == RT_TLS_CLOSED)
        on_end(conn, true);
}

/* An answer to the handshake came, or the credential has ended. */
static void on_wake(void *owner)
{
    struct rt_httpc_conn *conn = owner;
    if (conn->state != RT_HTTPC_CLOSED && rt_tls_state(conn->tls) == RT_TLS_CLOSED)
        rt_httpc_conn_fail(conn, GBA_E_PEER_GONE);
    else if (conn->state != RT_HTTPC_CLOSED)
        on_records(conn, gba_view_of(NULL, 0));
}

/* Without close_notify nobody knows whether the end was the server's. */
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct rt_httpc_conn *conn = stream->data;
    gba_view v = gba_view_of(buf->base, n > 0 ? (size_t)n : 0);
    if (n < 0)
        on_end(conn, n == UV_EOF && !conn->tls);
    else if (n > 0 && conn->tls)
        on_records(conn, v);
    else if (n > 0)
        on_octets(conn, v);
    gba_wipe_bytes(buf->base, v.n);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct rt_httpc_conn *conn = handle->data;
    (void)wanted;
    *buf = uv_buf_init(conn->client->scratch, RT_HTTPC_SCRATCH);
}

/* ---- connections ---- */

static void on_connect(uv_connect_t *connect, int status)
{
    struct rt_httpc_conn *conn = connect->data;
    if (conn->state == RT_HTTPC_CLOSED)
        return;
    if (status != 0) {
        rt_httpc_conn_fail(conn, GBA_E_CONNECT);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
    if (conn->client->conf.tls)
        rt_httpc_tls_begin(conn, on_wake);
    else
        rt_httpc_conn_ready(conn);
}

static void on_connect_late(void *arg)
{
    struct rt_httpc_conn *conn = arg;
    conn->timer = NULL;
    rt_httpc_conn_fail(conn, conn->tls ? GBA_E_TIMEOUT : GBA_E_CONNECT);
}

/* A new connection for this call. */
static void conn_open(struct rt_httpc *client, struct rt_httpc_call *call)
{
    struct rt_httpc_conn *conn = calloc(1, sizeof *conn);
    if (!conn) {
        rt_httpc_call_end(call, GBA_E_MEMORY);
        return;
    }
    uv_tcp_init(rt_loop_uv(client->loop), &conn->tcp);
    conn->tcp.data = conn->connect.data = conn->write.data = conn;
    conn->client = client;
    conn->state = RT_HTTPC_CONNECTING;
    conn->call = call;
    call->conn = conn;
    call->place = RT_HTTPC_ON_CONN;
    client->n_conns++;
    client->n_alive++;
    LIST_INSERT_HEAD(&client->conns, conn, entry);
    conn->timer = rt_timer_start(client->loop, client->conf.connect_ms, on_connect_late, conn);
    if (!conn->timer)
        rt_httpc_conn_fail(conn, GBA_E_MEMORY);
    else if (uv_tcp_connect(&conn->connect, &conn->tcp, (struct sockaddr *)&client->addr, on_connect) != 0)
        rt_httpc_conn_fail(conn, GBA_E_CONNECT);
}

static bool may_connect(const struct rt_httpc *client)
{
    return client->n_conns + client->n_again < client->conf.max_conns;
}

static void open_wanted(struct rt_httpc *client)
{
    while (!TAILQ_EMPTY(&client->again)) {
        struct rt_httpc_call *call = TAILQ_FIRST(&client->again);
        TAILQ_REMOVE(&client->again, call, entry);
        client->n_again--;
        conn_open(client, call);
    }
    while (client->n_queue > 0 && may_connect(client))
        conn_open(client, rt_httpc_queue_take(client));
}

static void on_wakeup(uv_async_t *wakeup)
{
    struct rt_httpc *client = wakeup->data;
    struct rt_httpc_calls failed = TAILQ_HEAD_INITIALIZER(failed);
    open_wanted(client);
    TAILQ_CONCAT(&failed, &client->done, entry);
    while (!TAILQ_EMPTY(&failed)) {
        struct rt_httpc_call *call = TAILQ_FIRST(&failed);
        TAILQ_REMOVE(&failed, call, entry);
        if (call->opened)
            call->opened(call->arg, call->rc);
        else
            call->fn(call->arg, call->rc, NULL);
        rt_httpc_call_free(call);
    }
    rt_httpc_settle(client);
}

/* ---- calls ---- */

static void on_answer_late(void *arg)
{
    struct rt_httpc_call *call = arg;
    struct rt_httpc *client = call->client;
    struct rt_httpc_conn *conn = call->conn;
    call->timer = NULL;
    if (call->place == RT_HTTPC_ON_CONN) {
        rt_httpc_detach(conn);
        rt_httpc_conn_close(conn, GBA_E_TIMEOUT);
    } else if (call->place == RT_HTTPC_IN_AGAIN) {
        TAILQ_REMOVE(&client->again, call, entry);
        client->n_again--;
    } else {
        TAILQ_REMOVE(&client->queue, call, entry);
        client->n_queue--;
    }
    rt_httpc_call_end(call, GBA_E_TIMEOUT);
}

static bool is_idempotent(gba_view method)
{
    static const char *const names[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (gba_view_eq(method, gba_view_cstr(names[i])))
            return true;
    }
    return false;
}

/* Is there a place for it, and how long may it take? */
static gba_rc call_admit(struct rt_httpc_call *call)
{
    struct rt_httpc *client = call->client;
    bool full =
        LIST_EMPTY(&client->idle) && !may_connect(client) && client->n_queue >= client->conf.max_queue;
    GBA_ENSURE(!full, GBA_E_HTTP_BUSY);
    call->timer = rt_timer_start(client->loop, client->conf.answer_ms, on_answer_late, call);
    return call->timer ? GBA_OK : GBA_E_MEMORY;
}

static gba_rc call_prepare(struct rt_httpc_call *call, const struct gba_http_msg *req)
{
    struct rt_httpc *client = call->client;
    GBA_ENSURE(!client->closing, GBA_E_PEER_GONE);
    call->to_head = gba_view_eq(req->method, GBA_LIT("HEAD"));
    call->idempotent = is_idempotent(req->method);
    call->request = calloc(1, sizeof *call->request);
    GBA_ENSURE(call->request, GBA_E_MEMORY);
    call->request->refs = 1;
    GBA_TRY(rt_http_out_request(req, gba_text_view(&client->conf.server), &call->request->octets));
    return call_admit(call);
}

static void queue_put(struct rt_httpc *client, struct rt_httpc_call *call)
{
    rt_httpc_call_move(call, &client->queue, RT_HTTPC_IN_QUEUE);
    client->n_queue++;
}

/* Each request has found either an idle connection, or room for one more, or its
 * place in the queue. */
static void call_start(struct rt_httpc *client, struct rt_httpc_call *call)
{
    struct rt_httpc_conn *idle = LIST_FIRST(&client->idle);
    if (idle) {
        LIST_REMOVE(idle, idle_entry);
        rt_httpc_conn_send(idle, call);
    } else if (may_connect(client)) {
        conn_open(client, call);
    } else {
        queue_put(client, call);
    }
}

void rt_httpc_request(struct rt_httpc *client, const struct gba_http_msg *req, rt_httpc_fn *fn, void *arg)
{
    struct rt_httpc_call *call = calloc(1, sizeof *call);
    if (!call) {
        fn(arg, GBA_E_MEMORY, NULL);
        return;
    }
    call->client = client;
    call->fn = fn;
    call->arg = arg;
    gba_rc rc = call_prepare(call, req);
    if (rc == GBA_OK)
        call_start(client, call);
    else
        rt_httpc_call_end(call, rc);
}

void rt_httpc_connect(struct rt_httpc *client, void (*fn)(void *arg, gba_rc rc), void *arg)
{
    struct rt_httpc_call *call = calloc(1, sizeof *call);
    if (!call) {
        fn(arg, GBA_E_MEMORY);
        return;
    }
    call->client = client;
    call->opened = fn;
    call->arg = arg;
    gba_rc rc = client->closing ? GBA_E_PEER_GONE : call_admit(call);
    if (rc != GBA_OK || (!may_connect(client) && !LIST_EMPTY(&client->idle)))
        rt_httpc_call_end(call, rc);
    else if (may_connect(client))
        conn_open(client, call);
    else
        queue_put(client, call);
}

/* ---- the client ---- */

gba_rc rt_httpc_open(struct rt_loop *loop, const struct rt_httpc_conf *conf, struct rt_httpc **out)
{
    struct sockaddr_storage addr;
    GBA_TRY(rt_addr_parse(gba_text_view(&conf->server), &addr));
    struct rt_httpc *client = calloc(1, sizeof *client);
    GBA_ENSURE(client, GBA_E_MEMORY);
    if (uv_async_init(rt_loop_uv(loop), &client->wakeup, on_wakeup) != 0) {
        free(client);
        return GBA_E_MEMORY;
    }
    client->wakeup.data = client;
    client->loop = loop;
    client->conf = *conf;
    client->addr = addr;
    TAILQ_INIT(&client->queue);
    TAILQ_INIT(&client->again);
    TAILQ_INIT(&client->done);
    *out = client;
    return GBA_OK;
}

struct rt_tls *rt_httpc_tls(struct rt_httpc *client)
{
    struct rt_httpc_conn *conn;
    LIST_FOREACH(conn, &client->conns, entry)
    {
        if (conn->tls && conn->state != RT_HTTPC_CONNECTING && conn->state != RT_HTTPC_CLOSED)
            return conn->tls;
    }
    return NULL;
}

void rt_httpc_close(struct rt_httpc *client)
{
    struct rt_httpc_conn *conn;
    client->closing = true;
    LIST_FOREACH(conn, &client->conns, entry)
    rt_httpc_conn_fail(conn, GBA_E_PEER_GONE);
    while (!TAILQ_EMPTY(&client->again)) {
        struct rt_httpc_call *call = TAILQ_FIRST(&client->again);
        TAILQ_REMOVE(&client->again, call, entry);
        rt_httpc_call_end(call, GBA_E_PEER_GONE);
    }
    client->n_again = 0;
    while (client->n_queue > 0)
        rt_httpc_call_end(rt_httpc_queue_take(client), GBA_E_PEER_GONE);
    uv_async_send(&client->wakeup);
}
