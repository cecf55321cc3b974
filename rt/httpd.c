/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/httpd.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gba/base/arena.h"
#include "gba/base/secret.h"
#include "rt/addr.h"
#include "rt/httpd_conn.h"
#include "rt/log.h"

enum { BACKLOG = 1024, METHOD_MAX = 32 };

/* ---- refusals ---- */

static unsigned status_of(gba_rc rc)
{
    static const struct {
        gba_rc rc;
        unsigned status;
    } rows[] = {
        {GBA_E_HTTP_VERSION, 505},     {GBA_E_HTTP_HEAD_SIZE, 431}, {GBA_E_HTTP_BODY_SIZE, 413},
        {GBA_E_HTTP_TARGET_SIZE, 414}, {GBA_E_HTTP_METHOD, 501},    {GBA_E_HTTP_EXPECT, 417},
        {GBA_E_TIMEOUT, 408},          {GBA_E_MEMORY, 503},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].rc == rc)
            return rows[i].status;
    }
    return 400;
}

/* No handler hears of these: they are counted here. */
static void count_refused(const struct rt_conn *conn, gba_rc rc)
{
    if (conn->httpd->conf.refused)
        rt_reasons_add(conn->httpd->conf.refused, rc);
}

/* Answer what the protocol itself forbids, and end the connection. */
static void refuse(struct rt_conn *conn, gba_rc rc)
{
    struct gba_http_msg rsp = {.status = status_of(rc)};
    struct rt_http_answer how = {.minor = 1, .close = true};
    count_refused(conn, rc);
    rt_log(RT_LOG_INFO, "http.refused", RT_REASON(rc), RT_NUM("status", rsp.status),
           RT_STR("peer", rt_conn_peer(conn)));
    rt_conn_tx_free(conn->tx);
    conn->tx = NULL;
    conn->asked_to_close = false;
    how.date = rt_http_date_now(&conn->httpd->date, conn->httpd->loop);
    struct rt_conn_out out = rt_conn_render(&rsp, &how);
    rt_conn_send(conn, &out);
}

/* ---- requests ---- */

/* Give a complete request to the handler. */
static void dispatch(struct rt_conn *conn)
{
    struct rt_http_tx *tx = conn->tx;
    struct rt_httpd *httpd = conn->httpd;
    conn->state = RT_CONN_WAITING;
    conn->deadline = 0;
    conn->asked_to_close = !tx->req.keep_alive;
    tx->req.body = rt_buf_view(&tx->payload);
    if (httpd->conf.note)
        httpd->conf.note(httpd->conf.note_arg, tx, rt_http_note_room(tx));
    if (!httpd->conf.desk)
        httpd->fn(httpd->arg, tx, &tx->req);
    else if (!rt_http_desk_take(tx, httpd->conf.desk))
        refuse(conn, GBA_E_MEMORY);
}

static gba_rc check_request(const struct rt_conn *conn, const struct gba_http_msg *req)
{
    gba_view expect = gba_http_field_get(req, GBA_LIT("Expect"));
    GBA_ENSURE(req->method.n <= METHOD_MAX, GBA_E_HTTP_METHOD);
    GBA_ENSURE(req->framing != GBA_HTTP_LENGTH || req->body_n <= conn->httpd->conf.max_body,
               GBA_E_HTTP_BODY_SIZE);
    GBA_ENSURE(!expect.p || gba_view_eq_nocase(expect, GBA_LIT("100-continue")), GBA_E_HTTP_EXPECT);
    return GBA_OK;
}

/* RFC 9110 10.1.1: the body is asked for unless it is coming already. */
static void invite_body(struct rt_conn *conn, const struct gba_http_msg *req, bool coming)
{
    struct rt_buf buf = {0};
    if (coming || req->minor == 0 || !gba_http_field_get(req, GBA_LIT("Expect")).p)
        return;
    if (rt_buf_append(&buf, GBA_LIT("HTTP/1.1 100 Continue\r\n\r\n")) == GBA_OK)
        rt_conn_write(conn, &buf);
}

/* The head is complete: keep a copy, because the views of the request point into it. */
static gba_rc begin_request(struct rt_conn *conn, gba_view head)
{
    size_t used = 0;
    size_t room_n = gba_aligned(head.n) + conn->httpd->conf.note_n;
    struct rt_http_tx *tx = calloc(1, sizeof *tx + room_n);
    GBA_ENSURE(tx, GBA_E_MEMORY);
    tx->conn = conn;
    tx->room_n = room_n;
    tx->loop = conn->httpd->loop;
    tx->head_n = head.n;
    tx->peer_n = conn->peer_n;
    gba_copy(tx->peer, rt_conn_peer(conn));
    gba_copy(tx->head, head);
    conn->tx = tx;
    gba_rc rc = gba_http_request_parse(gba_view_of(tx->head, head.n), &tx->req, &used);
    GBA_ENSURE(rc != GBA_E_HTTP_MORE, GBA_E_HTTP_LINE);
    GBA_TRY(rc);
    GBA_ENSURE(used == head.n, GBA_E_HTTP_FRAMING);
    tx->body = gba_http_body_of(&tx->req);
    return check_request(conn, &tx->req);
}

/* Where the blank line ends that ends the head; 0 when it has not come.  Octets
 * before `from` were searched already. */
static size_t head_end(gba_view in, size_t from)
{
    size_t at = from + gba_view_find(gba_view_sub(in, from, in.n), '\n');
    while (at < in.n) {
        if (gba_view_eq(gba_view_sub(in, at + 1, 2), GBA_LIT("\r\n")))
            return at + 3;
        at += 1 + gba_view_find(gba_view_sub(in, at + 1, in.n), '\n');
    }
    return 0;
}

/* The head has no end yet: is what there is still worth waiting for? */
static gba_rc check_partial(struct rt_conn *conn, gba_view in)
{
    struct gba_http_msg ignored;
    size_t used;
    gba_view fresh = gba_view_sub(in, conn->scanned, in.n);
    bool one_line = gba_view_find(in, '\n') == in.n;
    GBA_ENSURE(in.n < conn->httpd->conf.max_head, one_line ? GBA_E_HTTP_TARGET_SIZE : GBA_E_HTTP_HEAD_SIZE);
    conn->scanned = in.n < 2 ? 0 : in.n - 2;
    if (gba_view_find(fresh, '\n') == fresh.n)
        return GBA_OK;
    gba_rc rc = gba_http_request_parse(in, &ignored, &used);
    return rc == GBA_E_HTTP_MORE ? GBA_OK : rc;
}

/* Returns how many octets were used; 0 when nothing more can be done now. */
static size_t take_head(struct rt_conn *conn, gba_view in)
{
    size_t max_head = conn->httpd->conf.max_head;
    gba_view searched = gba_view_sub(in, 0, max_head);
    size_t n = head_end(searched, conn->scanned);
    gba_rc rc = n > 0 ? begin_request(conn, gba_view_sub(in, 0, n)) : check_partial(conn, searched);
    if (rc != GBA_OK) {
        refuse(conn, rc);
        return 0;
    }
    if (n == 0)
        return 0;
    if (conn->tx->body.done) {
        dispatch(conn);
    } else {
        conn->state = RT_CONN_BODY;
        invite_body(conn, &conn->tx->req, in.n > n);
    }
    return n;
}

/* Room for what `in` may hold, never for more than max_body. */
static gba_rc body_room(struct rt_http_tx *tx, gba_view in, gba_writer *w)
{
    size_t left = tx->conn->httpd->conf.max_body - tx->payload.n;
    size_t room = in.n < left ? in.n : left;
    GBA_TRY(rt_buf_reserve(&tx->payload, room));
    *w = rt_buf_room(&tx->payload, room);
    return GBA_OK;
}

static size_t take_body(struct rt_conn *conn, gba_view in)
{
    struct rt_http_tx *tx = conn->tx;
    gba_writer w = {0};
    size_t used = 0;
    gba_rc rc = body_room(tx, in, &w);
    if (rc == GBA_OK)
        rc = gba_http_body_feed(&tx->body, in, &w, &used);
    tx->payload.n += w.n;
    if (rc != GBA_OK) {
        refuse(conn, rc);
        return 0;
    }
    if (tx->body.done)
        dispatch(conn);
    return used;
}

/* Serve as many of the requests in `in` as are complete and answered at once. */
static size_t pump(struct rt_conn *conn, gba_view in)
{
    size_t used = 0, n = 1;
    conn->pumping = true;
    while (n > 0 && used < in.n && (conn->state == RT_CONN_HEAD || conn->state == RT_CONN_BODY)) {
        gba_view rest = gba_view_sub(in, used, in.n);
        n = conn->state == RT_CONN_HEAD ? take_head(conn, rest) : take_body(conn, rest);
        used += n;
    }
    conn->pumping = false;
    return used;
}

/* What is left to do once pump has used what it could. */
static void after_pump(struct rt_conn *conn)
{
    bool reads = conn->state == RT_CONN_HEAD || conn->state == RT_CONN_BODY;
    if (conn->state == RT_CONN_LINGERING)
        rt_buf_free(&conn->in);
    if (reads && conn->eof) {
        rt_conn_close(conn); /* the rest of the request will never come */
    } else if (reads && !conn->begun && (conn->in.n > 0 || conn->state == RT_CONN_BODY)) {
        conn->begun = true;
        rt_conn_deadline(conn, conn->httpd->conf.request_ms);
    }
}

/* ---- what libuv tells ---- */

/* A peer that asks faster than it is answered is not read from. */
static void pause_if_full(struct rt_conn *conn)
{
    if ((conn->state == RT_CONN_WAITING || conn->state == RT_CONN_WRITING) &&
        conn->in.n >= conn->httpd->conf.max_head) {
        conn->paused = true;
        uv_read_stop((uv_stream_t *)&conn->tcp);
    }
}

static void on_octets(struct rt_conn *conn, gba_view v)
{
    bool reads = conn->state == RT_CONN_HEAD || conn->state == RT_CONN_BODY;
    gba_rc rc = GBA_OK;
    if (conn->in.n > 0 || !reads) {
        rc = rt_buf_append(&conn->in, v);
        if (rc == GBA_OK && reads)
            rc = rt_buf_drop(&conn->in, pump(conn, rt_buf_view(&conn->in)));
    } else {
        size_t used = pump(conn, v);
        if (conn->state != RT_CONN_CLOSED && conn->state != RT_CONN_LINGERING)
            rc = rt_buf_append(&conn->in, gba_view_sub(v, used, v.n));
    }
    if (rc != GBA_OK)
        rt_conn_close(conn);
    after_pump(conn);
    pause_if_full(conn);
}

/* What waits in conn->in can go on. */
static void serve_waiting(struct rt_conn *conn)
{
    gba_rc rc = rt_buf_drop(&conn->in, pump(conn, rt_buf_view(&conn->in)));
    if (rc != GBA_OK)
        rt_conn_close(conn);
    after_pump(conn);
}

/* Octets of the peer under TLS, or none when TLS itself has news: an answer to
 * the handshake, the end of the credential. */
static void on_records(struct rt_conn *conn, gba_view v)
{
    rt_conn_tls_feed(conn, v);
    if (conn->state == RT_CONN_HANDSHAKE || conn->state == RT_CONN_CLOSED)
        return;
    serve_waiting(conn);
    pause_if_full(conn);
    if (rt_tls_state(conn->tls) != RT_TLS_OPEN && conn->state != RT_CONN_LINGERING)
        rt_conn_close(conn); /* nothing can be answered any more */
}

/* A peer that sends no more may still read: what it asked for is answered. */
static void on_eof(struct rt_conn *conn)
{
    conn->eof = true;
    uv_read_stop((uv_stream_t *)&conn->tcp);
    if (conn->state != RT_CONN_WAITING && conn->state != RT_CONN_WRITING)
        rt_conn_close(conn);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct rt_conn *conn = stream->data;
    if (n == UV_EOF) {
        on_eof(conn);
    } else if (n < 0) {
        rt_conn_close(conn);
    } else if (n > 0) {
        gba_view v = gba_view_of(buf->base, (size_t)n);
        if (conn->state != RT_CONN_LINGERING && conn->tls)
            on_records(conn, v);
        else if (conn->state != RT_CONN_LINGERING)
            on_octets(conn, v);
        gba_wipe_bytes(buf->base, (size_t)n);
    }
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct rt_conn *conn = handle->data;
    (void)wanted;
    *buf = uv_buf_init(conn->httpd->scratch, RT_HTTPD_SCRATCH);
}

/* A handshake, a pipelined request, or a peer that was not read from, can go on. */
static void resume(struct rt_conn *conn)
{
    if (conn->tls)
        on_records(conn, gba_view_of(NULL, 0));
    else
        serve_waiting(conn);
    if (conn->paused && conn->state != RT_CONN_CLOSED && conn->in.n < conn->httpd->conf.max_head) {
        conn->paused = false;
        if (!conn->eof)
            uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
    }
}

static void on_wakeup(uv_async_t *wakeup)
{
    struct rt_httpd *httpd = wakeup->data;
    struct rt_conn *conn = httpd->ready;
    httpd->ready = NULL;
    httpd->ready_end = &httpd->ready;
    while (conn) {
        struct rt_conn *next = conn->next_ready;
        conn->ready = false;
        if (conn->state == RT_CONN_CLOSED)
            rt_conn_settle(conn);
        else
            resume(conn);
        conn = next;
    }
}

static void expire(struct rt_conn *conn)
{
    bool reads = conn->state == RT_CONN_HEAD || conn->state == RT_CONN_BODY;
    if (reads && conn->begun) {
        refuse(conn, GBA_E_TIMEOUT);
        return;
    }
    if (conn->state == RT_CONN_WRITING) {
        count_refused(conn, GBA_E_TIMEOUT);
        rt_log(RT_LOG_INFO, "http.reader-too-slow", RT_REASON(GBA_E_TIMEOUT),
               RT_STR("peer", rt_conn_peer(conn)));
    }
    conn->late = true;
    rt_conn_close(conn);
}

static void on_timer(uv_timer_t *timer)
{
    struct rt_conn *conn = timer->data;
    uv_timer_stop(timer);
    conn->armed = 0;
    if (conn->deadline == 0)
        return;
    if (conn->deadline > uv_now(rt_loop_uv(conn->httpd->loop)))
        rt_conn_arm(conn, conn->deadline);
    else
        expire(conn);
}

/* ---- connections and the server ---- */

static void note_peer(struct rt_conn *conn)
{
    struct sockaddr_storage addr = {0};
    int n = sizeof addr;
    gba_writer w = gba_writer_of(conn->peer, sizeof conn->peer);
    uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&addr, &n);
    rt_addr_format((struct sockaddr *)&addr, &w);
    conn->peer_n = (uint8_t)w.n;
}

/* Of all servers that share a bound. */
static uint32_t count_one(struct rt_httpd *httpd)
{
    httpd->n_conns++;
    if (!httpd->conf.all_conns)
        return (uint32_t)httpd->n_conns;
    return atomic_fetch_add(httpd->conf.all_conns, 1) + 1;
}

static struct rt_conn *conn_new(struct rt_httpd *httpd, uint32_t *n_conns)
{
    uv_loop_t *uv = rt_loop_uv(httpd->loop);
    struct rt_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    uv_tcp_init(uv, &conn->tcp);
    uv_timer_init(uv, &conn->timer);
    conn->tcp.data = conn->timer.data = conn;
    conn->handles = 2;
    conn->state = RT_CONN_HEAD;
    conn->httpd = httpd;
    conn->next = httpd->conns;
    if (conn->next)
        conn->next->prev = conn;
    httpd->conns = conn;
    *n_conns = count_one(httpd);
    return conn;
}

static void begin(struct rt_conn *conn)
{
    const struct rt_httpd_conf *conf = &conn->httpd->conf;
    uint32_t patience = conf->tls ? conf->handshake_ms : conf->idle_ms;
    gba_rc rc = conf->tls ? rt_conn_tls_begin(conn) : GBA_OK;
    if (rc != GBA_OK) {
        rt_log(RT_LOG_WARN, "http.accept-failed", RT_REASON(rc));
        rt_conn_close(conn);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    uv_timer_start(&conn->timer, on_timer, patience, patience);
    conn->deadline = conn->armed = uv_now(rt_loop_uv(conn->httpd->loop)) + patience;
    uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct rt_httpd *httpd = listener->data;
    uint32_t n_conns = 0;
    struct rt_conn *conn = status == 0 ? conn_new(httpd, &n_conns) : NULL;
    if (!conn || uv_accept(listener, (uv_stream_t *)&conn->tcp) != 0) {
        rt_log(RT_LOG_WARN, "http.accept-failed", RT_REASON(conn || status ? GBA_E_IO : GBA_E_MEMORY));
        if (conn)
            rt_conn_close(conn);
        return;
    }
    note_peer(conn);
    if (n_conns > httpd->conf.max_conns) {
        count_refused(conn, GBA_E_HTTP_CONNECTIONS);
        rt_log(RT_LOG_INFO, "http.too-many-connections", RT_REASON(GBA_E_HTTP_CONNECTIONS),
               RT_STR("peer", rt_conn_peer(conn)));
        rt_conn_close(conn);
        return;
    }
    begin(conn);
}

static void on_httpd_closed(uv_handle_t *handle)
{
    struct rt_httpd *httpd = handle->data;
    httpd->handles--;
    rt_httpd_settle(httpd);
}

/* The socket is made here, because the option must stand before it is bound. */
static gba_rc share_port(struct rt_httpd *httpd, int family)
{
    static const int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    GBA_ENSURE(fd >= 0, GBA_E_LISTEN);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
        uv_tcp_open(&httpd->listener, fd) == 0)
        return GBA_OK;
    close(fd);
    return GBA_E_LISTEN;
}

static gba_rc start_listening(struct rt_httpd *httpd)
{
    struct sockaddr_storage addr;
    int n = sizeof addr;
    char text[RT_CONN_PEER_MAX];
    gba_writer w = gba_writer_of(text, sizeof text);
    GBA_TRY(rt_addr_parse(gba_text_view(&httpd->conf.listen), &addr));
    if (httpd->conf.share_port)
        GBA_TRY(share_port(httpd, addr.ss_family));
    GBA_ENSURE(uv_tcp_bind(&httpd->listener, (struct sockaddr *)&addr, 0) == 0, GBA_E_LISTEN);
    GBA_ENSURE(uv_listen((uv_stream_t *)&httpd->listener, BACKLOG, on_connection) == 0, GBA_E_LISTEN);
    GBA_ENSURE(uv_tcp_getsockname(&httpd->listener, (struct sockaddr *)&addr, &n) == 0, GBA_E_LISTEN);
    rt_addr_format((struct sockaddr *)&addr, &w);
    return gba_text_set(&httpd->address, gba_writer_view(&w));
}

gba_rc rt_httpd_open(struct rt_loop *loop, const struct rt_httpd_conf *conf, rt_httpd_fn *fn, void *arg,
                     struct rt_httpd **out)
{
    struct rt_httpd *httpd = calloc(1, sizeof *httpd);
    GBA_ENSURE(httpd, GBA_E_MEMORY);
    httpd->loop = loop;
    httpd->conf = *conf;
    httpd->fn = fn;
    httpd->arg = arg;
    httpd->ready_end = &httpd->ready;
    httpd->handles = 2;
    httpd->listening = true;
    uv_async_init(rt_loop_uv(loop), &httpd->wakeup, on_wakeup);
    uv_tcp_init(rt_loop_uv(loop), &httpd->listener);
    httpd->wakeup.data = httpd->listener.data = httpd;
    gba_rc rc = start_listening(httpd);
    if (rc != GBA_OK)
        rt_httpd_close(httpd);
    else
        *out = httpd;
    return rc;
}

void rt_httpd_address(const struct rt_httpd *httpd, gba_text *out)
{
    *out = httpd->address;
}

static void stop_listening(struct rt_httpd *httpd)
{
    if (!httpd->listening)
        return;
    httpd->listening = false;
    uv_close((uv_handle_t *)&httpd->listener, on_httpd_closed);
}

/* Something that began is not over. */
static bool in_progress(const struct rt_conn *conn)
{
    return conn->state == RT_CONN_BODY || conn->state == RT_CONN_WAITING || conn->state == RT_CONN_WRITING ||
           (conn->state == RT_CONN_HEAD && (conn->begun || conn->owes));
}

void rt_httpd_drain(struct rt_httpd *httpd)
{
    httpd->draining = true;
    stop_listening(httpd);
    for (struct rt_conn *conn = httpd->conns; conn; conn = conn->next) {
        if (!in_progress(conn) && conn->state != RT_CONN_LINGERING)
            rt_conn_close(conn);
    }
}

size_t rt_httpd_busy(const struct rt_httpd *httpd)
{
    size_t n = 0;
    for (const struct rt_conn *conn = httpd->conns; conn; conn = conn->next)
        n += in_progress(conn);
    return n;
}

void rt_httpd_close(struct rt_httpd *httpd)
{
    httpd->closing = true;
    for (struct rt_conn *conn = httpd->conns; conn; conn = conn->next) {
        if (conn->state == RT_CONN_HANDSHAKE || conn->state == RT_CONN_HEAD || conn->state == RT_CONN_BODY)
            rt_conn_close(conn);
    }
    on_wakeup(&httpd->wakeup); /* nothing stays in the ready list of a closed handle */
    stop_listening(httpd);
    uv_close((uv_handle_t *)&httpd->wakeup, on_httpd_closed);
}
