/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/httpc.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "gba/base/secret.h"
#include "rt/addr.h"
#include "rt/http_out.h"

enum { SCRATCH = 16384 };

/* The octets of a request: needed by its call (to repeat it) and by the
 * connection that writes them, whichever ends later. */
struct request {
    unsigned refs;
    struct rt_buf octets;
};

enum call_place { ON_CONN, IN_QUEUE, IN_AGAIN, IN_DONE };

struct call {
    TAILQ_ENTRY(call) entry; /* of the list that place says */
    struct rt_httpc *client;
    rt_httpc_fn *fn;
    void *arg;
    struct request *request;
    struct rt_timer *timer;
    struct conn *conn;
    enum call_place place;
    gba_rc rc;
    bool to_head, idempotent;
};

enum conn_state { CONNECTING, IDLE, READING_HEAD, READING_BODY, CLOSED };

struct conn {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    LIST_ENTRY(conn) entry;
    LIST_ENTRY(conn) idle_entry;
    struct rt_httpc *client;
    struct call *call;
    struct request *writing; /* not yet taken by the kernel */
    struct rt_timer *timer;  /* while CONNECTING */
    struct rt_buf in;        /* the head, and what came with it */
    struct rt_buf payload;
    struct gba_http_msg rsp;
    struct gba_http_body body;
    enum conn_state state;
    bool reused; /* it has carried an answer before */
    bool heard;  /* an octet of the present answer */
};

TAILQ_HEAD(calls, call);
LIST_HEAD(conns, conn);

struct rt_httpc {
    uv_async_t wakeup;
    struct rt_loop *loop;
    struct rt_httpc_conf conf;
    struct sockaddr_storage addr;
    struct calls queue; /* for a free connection */
    struct calls again; /* for a new connection, which is theirs by right */
    struct calls done;  /* whose fn is to be called with a failure */
    size_t n_queue, n_again;
    struct conns conns, idle;
    size_t n_conns; /* not closed */
    size_t n_alive; /* not freed */
    bool closing, ended;
    char scratch[SCRATCH];
};

/* ---- requests and calls ---- */

static void request_unref(struct request *request)
{
    if (!request || --request->refs > 0)
        return;
    rt_buf_free(&request->octets);
    free(request);
}

static void call_free(struct call *call)
{
    rt_timer_cancel(call->timer);
    request_unref(call->request);
    free(call);
}

static void call_move(struct call *call, struct calls *list, enum call_place place)
{
    call->place = place;
    TAILQ_INSERT_TAIL(list, call, entry);
}

/* The call's fn is called from the loop, never from inside of another call. */
static void call_fail(struct call *call, gba_rc rc)
{
    struct rt_httpc *client = call->client;
    call->rc = rc;
    rt_timer_cancel(call->timer);
    call->timer = NULL;
    call_move(call, &client->done, IN_DONE);
    uv_async_send(&client->wakeup);
}

/* ---- ends ---- */

static void on_client_closed(uv_handle_t *handle)
{
    struct rt_httpc *client = handle->data;
    gba_wipe(client);
    free(client);
}

static void client_settle(struct rt_httpc *client)
{
    if (!client->closing || client->ended || client->n_alive > 0 || !TAILQ_EMPTY(&client->done))
        return;
    client->ended = true;
    uv_close((uv_handle_t *)&client->wakeup, on_client_closed);
}

static void on_conn_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    struct rt_httpc *client = conn->client;
    LIST_REMOVE(conn, entry);
    request_unref(conn->writing);
    rt_buf_free(&conn->in);
    rt_buf_free(&conn->payload);
    free(conn);
    client->n_alive--;
    client_settle(client);
}

/* Its call is detached already.  Others may now have a connection. */
static void conn_close(struct conn *conn)
{
    if (conn->state == CLOSED)
        return;
    if (conn->state == IDLE)
        LIST_REMOVE(conn, idle_entry);
    conn->state = CLOSED;
    rt_timer_cancel(conn->timer);
    conn->timer = NULL;
    conn->client->n_conns--;
    uv_close((uv_handle_t *)&conn->tcp, on_conn_closed);
    if (conn->client->n_queue > 0)
        uv_async_send(&conn->client->wakeup);
}

static struct call *detach(struct conn *conn)
{
    struct call *call = conn->call;
    conn->call = NULL;
    if (call)
        call->conn = NULL;
    return call;
}

/* RFC 9110 9.2.2: the server may close a connection that it keeps at any time,
 * so a request may meet that end without having been looked at.  It is repeated
 * on a new connection, which is not reused: hence once. */
static void conn_fail(struct conn *conn, gba_rc rc)
{
    struct rt_httpc *client = conn->client;
    struct call *call = detach(conn);
    bool untouched = rc == GBA_E_PEER_GONE && conn->reused && !conn->heard;
    conn_close(conn);
    if (!call)
        return;
    if (untouched && call->idempotent && !client->closing) {
        call_move(call, &client->again, IN_AGAIN);
        client->n_again++;
        uv_async_send(&client->wakeup);
    } else {
        call_fail(call, rc);
    }
}

/* ---- sending ---- */

/* A failure to write is left to reading, which tells more: the server may have
 * answered before it stopped to listen. */
static void on_written(uv_write_t *write, int status)
{
    struct conn *conn = write->data;
    (void)status;
    request_unref(conn->writing);
    conn->writing = NULL;
}

static void conn_send(struct conn *conn, struct call *call)
{
    gba_view octets = rt_buf_view(&call->request->octets);
    uv_buf_t buf = uv_buf_init((char *)octets.p, (unsigned)octets.n);
    conn->call = call;
    call->conn = conn;
    call->place = ON_CONN;
    conn->state = READING_HEAD;
    conn->heard = false;
    int sent = uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
    if (sent == (int)octets.n || (sent < 0 && sent != UV_EAGAIN))
        return;
    octets = gba_view_sub(octets, sent > 0 ? (size_t)sent : 0, octets.n);
    buf = uv_buf_init((char *)octets.p, (unsigned)octets.n);
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) == 0) {
        conn->writing = call->request;
        conn->writing->refs++;
    }
}

static struct call *queue_take(struct rt_httpc *client)
{
    struct call *call = TAILQ_FIRST(&client->queue);
    if (call) {
        TAILQ_REMOVE(&client->queue, call, entry);
        client->n_queue--;
    }
    return call;
}

/* After an answer: the next request, or idle. */
static void conn_release(struct conn *conn)
{
    struct call *next = queue_take(conn->client);
    conn->reused = true;
    if (next) {
        conn_send(conn, next);
    } else {
        conn->state = IDLE;
        LIST_INSERT_HEAD(&conn->client->idle, conn, idle_entry);
    }
}

/* ---- answers ---- */

/* The connection is free for others before fn is called, so that a caller who
 * asks again at once does not need a second one. */
static void complete(struct conn *conn, bool keep)
{
    struct call *call = detach(conn);
    struct rt_buf head = conn->in, payload = conn->payload;
    struct gba_http_msg rsp = conn->rsp;
    conn->in = conn->payload = (struct rt_buf){0};
    rsp.body = rt_buf_view(&payload);
    if (keep && rsp.keep_alive && !conn->writing && !conn->client->closing)
        conn_release(conn);
    else
        conn_close(conn);
    call->fn(call->arg, GBA_OK, &rsp);
    call_free(call);
    rt_buf_free(&head);
    rt_buf_free(&payload);
}

static gba_rc take_payload(struct conn *conn, gba_view v, size_t *used)
{
    size_t left = conn->client->conf.max_body - conn->payload.n;
    size_t room = v.n < left ? v.n : left;
    GBA_TRY(rt_buf_reserve(&conn->payload, room));
    gba_writer w = rt_buf_room(&conn->payload, room);
    gba_rc rc = gba_http_body_feed(&conn->body, v, &w, used);
    conn->payload.n += w.n;
    return rc;
}

static void on_body(struct conn *conn, gba_view v)
{
    size_t used = 0;
    gba_rc rc = v.n > 0 ? take_payload(conn, v, &used) : GBA_OK;
    if (rc != GBA_OK)
        conn_fail(conn, rc);
    else if (conn->body.done)
        complete(conn, used == v.n); /* what nobody asked for spoils the connection */
}

/* The final answer's head, interim ones (RFC 9110 15.2) dropped; E_HTTP_MORE. */
static gba_rc take_head(struct conn *conn, size_t *used)
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

static void on_head(struct conn *conn, gba_view v)
{
    size_t used = 0;
    conn->heard = true;
    gba_rc rc = rt_buf_append(&conn->in, v);
    if (rc == GBA_OK)
        rc = take_head(conn, &used);
    if (rc == GBA_E_HTTP_MORE)
        return;
    if (rc != GBA_OK) {
        conn_fail(conn, rc);
        return;
    }
    conn->state = READING_BODY;
    conn->body = gba_http_body_of(&conn->rsp);
    on_body(conn, gba_view_sub(rt_buf_view(&conn->in), used, conn->in.n));
}

static void on_end(struct conn *conn, bool orderly)
{
    if (orderly && conn->state == READING_BODY && conn->rsp.framing == GBA_HTTP_UNTIL_CLOSE)
        complete(conn, false);
    else
        conn_fail(conn, GBA_E_PEER_GONE);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *conn = stream->data;
    gba_view v = gba_view_of(buf->base, n > 0 ? (size_t)n : 0);
    if (n < 0)
        on_end(conn, n == UV_EOF);
    else if (n > 0 && conn->state == READING_HEAD)
        on_head(conn, v);
    else if (n > 0 && conn->state == READING_BODY)
        on_body(conn, v);
    else if (n > 0)
        conn_close(conn); /* an answer without a request */
    gba_wipe_bytes(buf->base, v.n);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct conn *conn = handle->data;
    (void)wanted;
    *buf = uv_buf_init(conn->client->scratch, SCRATCH);
}

/* ---- connections ---- */

static void on_connect(uv_connect_t *connect, int status)
{
    struct conn *conn = connect->data;
    if (conn->state == CLOSED)
        return;
    rt_timer_cancel(conn->timer);
    conn->timer = NULL;
    if (status != 0) {
        conn_fail(conn, GBA_E_CONNECT);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
    conn_send(conn, detach(conn));
}

static void on_connect_late(void *arg)
{
    struct conn *conn = arg;
    conn->timer = NULL;
    conn_fail(conn, GBA_E_CONNECT);
}

/* A new connection for this call. */
static void conn_open(struct rt_httpc *client, struct call *call)
{
    struct conn *conn = calloc(1, sizeof *conn);
    if (!conn) {
        call_fail(call, GBA_E_MEMORY);
        return;
    }
    uv_tcp_init(rt_loop_uv(client->loop), &conn->tcp);
    conn->tcp.data = conn->connect.data = conn->write.data = conn;
    conn->client = client;
    conn->state = CONNECTING;
    conn->call = call;
    call->conn = conn;
    call->place = ON_CONN;
    client->n_conns++;
    client->n_alive++;
    LIST_INSERT_HEAD(&client->conns, conn, entry);
    conn->timer = rt_timer_start(client->loop, client->conf.connect_ms, on_connect_late, conn);
    if (!conn->timer)
        conn_fail(conn, GBA_E_MEMORY);
    else if (uv_tcp_connect(&conn->connect, &conn->tcp, (struct sockaddr *)&client->addr, on_connect) != 0)
        conn_fail(conn, GBA_E_CONNECT);
}

static bool may_connect(const struct rt_httpc *client)
{
    return client->n_conns + client->n_again < client->conf.max_conns;
}

static void open_wanted(struct rt_httpc *client)
{
    while (!TAILQ_EMPTY(&client->again)) {
        struct call *call = TAILQ_FIRST(&client->again);
        TAILQ_REMOVE(&client->again, call, entry);
        client->n_again--;
        conn_open(client, call);
    }
    while (client->n_queue > 0 && may_connect(client))
        conn_open(client, queue_take(client));
}

static void on_wakeup(uv_async_t *wakeup)
{
    struct rt_httpc *client = wakeup->data;
    struct calls failed = TAILQ_HEAD_INITIALIZER(failed);
    open_wanted(client);
    TAILQ_CONCAT(&failed, &client->done, entry);
    while (!TAILQ_EMPTY(&failed)) {
        struct call *call = TAILQ_FIRST(&failed);
        TAILQ_REMOVE(&failed, call, entry);
        call->fn(call->arg, call->rc, NULL);
        call_free(call);
    }
    client_settle(client);
}

/* ---- calls ---- */

static void on_answer_late(void *arg)
{
    struct call *call = arg;
    struct rt_httpc *client = call->client;
    struct conn *conn = call->conn;
    call->timer = NULL;
    if (call->place == ON_CONN) {
        detach(conn);
        conn_close(conn);
    } else if (call->place == IN_AGAIN) {
        TAILQ_REMOVE(&client->again, call, entry);
        client->n_again--;
    } else {
        TAILQ_REMOVE(&client->queue, call, entry);
        client->n_queue--;
    }
    call_fail(call, GBA_E_TIMEOUT);
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

static gba_rc call_prepare(struct call *call, const struct gba_http_msg *req)
{
    struct rt_httpc *client = call->client;
    GBA_ENSURE(!client->closing, GBA_E_PEER_GONE);
    call->to_head = gba_view_eq(req->method, GBA_LIT("HEAD"));
    call->idempotent = is_idempotent(req->method);
    call->request = calloc(1, sizeof *call->request);
    GBA_ENSURE(call->request, GBA_E_MEMORY);
    call->request->refs = 1;
    GBA_TRY(rt_http_out_request(req, gba_text_view(&client->conf.server), &call->request->octets));
    bool full =
        LIST_EMPTY(&client->idle) && !may_connect(client) && client->n_queue >= client->conf.max_queue;
    GBA_ENSURE(!full, GBA_E_HTTP_BUSY);
    call->timer = rt_timer_start(client->loop, client->conf.answer_ms, on_answer_late, call);
    return call->timer ? GBA_OK : GBA_E_MEMORY;
}

/* Each request has found either an idle connection, or room for one more, or its
 * place in the queue. */
static void call_start(struct rt_httpc *client, struct call *call)
{
    struct conn *idle = LIST_FIRST(&client->idle);
    if (idle) {
        LIST_REMOVE(idle, idle_entry);
        conn_send(idle, call);
    } else if (may_connect(client)) {
        conn_open(client, call);
    } else {
        call_move(call, &client->queue, IN_QUEUE);
        client->n_queue++;
    }
}

void rt_httpc_request(struct rt_httpc *client, const struct gba_http_msg *req, rt_httpc_fn *fn, void *arg)
{
    struct call *call = calloc(1, sizeof *call);
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
        call_fail(call, rc);
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

void rt_httpc_close(struct rt_httpc *client)
{
    struct conn *conn;
    client->closing = true;
    LIST_FOREACH(conn, &client->conns, entry)
    conn_fail(conn, GBA_E_PEER_GONE);
    while (!TAILQ_EMPTY(&client->again)) {
        struct call *call = TAILQ_FIRST(&client->again);
        TAILQ_REMOVE(&client->again, call, entry);
        call_fail(call, GBA_E_PEER_GONE);
    }
    client->n_again = 0;
    while (client->n_queue > 0)
        call_fail(queue_take(client), GBA_E_PEER_GONE);
    uv_async_send(&client->wakeup);
}
