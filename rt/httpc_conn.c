/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/httpc_conn.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "rt/tls_sock.h"

/* ---- requests and calls ---- */

static void request_unref(struct rt_httpc_octets *request)
{
    if (!request || --request->refs > 0)
        return;
    rt_buf_free(&request->octets);
    free(request);
}

void rt_httpc_call_free(struct rt_httpc_call *call)
{
    rt_timer_cancel(call->timer);
    request_unref(call->request);
    free(call);
}

void rt_httpc_call_move(struct rt_httpc_call *call, struct rt_httpc_calls *list, enum rt_httpc_place place)
{
    call->place = place;
    TAILQ_INSERT_TAIL(list, call, entry);
}

void rt_httpc_call_end(struct rt_httpc_call *call, gba_rc rc)
{
    struct rt_httpc *client = call->client;
    call->rc = rc;
    rt_timer_cancel(call->timer);
    call->timer = NULL;
    rt_httpc_call_move(call, &client->done, RT_HTTPC_IN_DONE);
    uv_async_send(&client->wakeup);
}

/* ---- ends ---- */

static void on_client_closed(uv_handle_t *handle)
{
    struct rt_httpc *client = handle->data;
    gba_wipe(client);
    free(client);
}

void rt_httpc_settle(struct rt_httpc *client)
{
    if (!client->closing || client->ended || client->n_alive > 0 || !TAILQ_EMPTY(&client->done))
        return;
    client->ended = true;
    uv_close((uv_handle_t *)&client->wakeup, on_client_closed);
}

static void on_conn_closed(uv_handle_t *handle)
{
    struct rt_httpc_conn *conn = handle->data;
    struct rt_httpc *client = conn->client;
    LIST_REMOVE(conn, entry);
    request_unref(conn->writing);
    rt_tls_free(conn->tls);
    rt_buf_free(&conn->in);
    rt_buf_free(&conn->payload);
    free(conn);
    client->n_alive--;
    rt_httpc_settle(client);
}

/* Others may now have a connection. */
void rt_httpc_conn_close(struct rt_httpc_conn *conn, gba_rc rc)
{
    if (conn->state == RT_HTTPC_CLOSED)
        return;
    if (conn->state == RT_HTTPC_IDLE)
        LIST_REMOVE(conn, idle_entry);
    conn->state = RT_HTTPC_CLOSED;
    rt_timer_cancel(conn->timer);
    conn->timer = NULL;
    conn->client->n_conns--;
    if (conn->tls)
        rt_tls_farewell(conn->tls, &conn->tcp, rc);
    uv_close((uv_handle_t *)&conn->tcp, on_conn_closed);
    if (conn->client->n_queue > 0)
        uv_async_send(&conn->client->wakeup);
}

struct rt_httpc_call *rt_httpc_detach(struct rt_httpc_conn *conn)
{
    struct rt_httpc_call *call = conn->call;
    conn->call = NULL;
    if (call)
        call->conn = NULL;
    return call;
}

/* RFC 9110 9.2.2: the server may close a connection that it keeps at any time,
 * so a request may meet that end without having been looked at.  It is repeated
 * on a new connection, which is not reused: hence once. */
void rt_httpc_conn_fail(struct rt_httpc_conn *conn, gba_rc rc)
{
    struct rt_httpc *client = conn->client;
    struct rt_httpc_call *call = rt_httpc_detach(conn);
    bool untouched = rc == GBA_E_PEER_GONE && conn->reused && !conn->heard;
    rt_httpc_conn_close(conn, rc);
    if (!call)
        return;
    if (untouched && call->idempotent && !client->closing) {
        rt_httpc_call_move(call, &client->again, RT_HTTPC_IN_AGAIN);
        client->n_again++;
        uv_async_send(&client->wakeup);
    } else {
        rt_httpc_call_end(call, rc);
    }
}

/* ---- sending ---- */

/* A failure to write is left to reading, which tells more: the server may have
 * answered before it stopped to listen. */
static void on_written(uv_write_t *write, int status)
{
    struct rt_httpc_conn *conn = write->data;
    (void)status;
    request_unref(conn->writing);
    conn->writing = NULL;
}

static void send_plain(struct rt_httpc_conn *conn, struct rt_httpc_octets *request)
{
    gba_view octets = rt_buf_view(&request->octets);
    uv_buf_t buf = uv_buf_init((char *)octets.p, (unsigned)octets.n);
    int sent = uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
    if (sent == (int)octets.n || (sent < 0 && sent != UV_EAGAIN))
        return;
    octets = gba_view_sub(octets, sent > 0 ? (size_t)sent : 0, octets.n);
    buf = uv_buf_init((char *)octets.p, (unsigned)octets.n);
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) == 0) {
        conn->writing = request;
        conn->writing->refs++;
    }
}

static void on_flushed(void *owner, bool ok)
{
    struct rt_httpc_conn *conn = owner;
    (void)ok;
    conn->writes--;
}

/* Whatever TLS has for the server goes to the socket. */
static void flush(struct rt_httpc_conn *conn)
{
    struct rt_buf out = {0};
    rt_tls_take_all(conn->tls, &out);
    if (out.n > 0 && rt_tcp_write(&conn->tcp, &out, on_flushed, conn) == RT_TCP_LATER)
        conn->writes++;
}

/* A connection that TLS has ended is noticed when the end is read. */
static void send_tls(struct rt_httpc_conn *conn, struct rt_httpc_octets *request)
{
    if (rt_tls_write(conn->tls, rt_buf_view(&request->octets)) == GBA_OK)
        flush(conn);
}

void rt_httpc_conn_send(struct rt_httpc_conn *conn, struct rt_httpc_call *call)
{
    conn->call = call;
    call->conn = conn;
    call->place = RT_HTTPC_ON_CONN;
    conn->state = RT_HTTPC_HEAD;
    conn->heard = false;
    if (conn->tls)
        send_tls(conn, call->request);
    else
        send_plain(conn, call->request);
}

struct rt_httpc_call *rt_httpc_queue_take(struct rt_httpc *client)
{
    struct rt_httpc_call *call = TAILQ_FIRST(&client->queue);
    if (call) {
        TAILQ_REMOVE(&client->queue, call, entry);
        client->n_queue--;
    }
    return call;
}

void rt_httpc_conn_release(struct rt_httpc_conn *conn)
{
    struct rt_httpc_call *next = rt_httpc_queue_take(conn->client);
    conn->reused = true;
    while (next && next->opened) {
        rt_httpc_call_end(next, GBA_OK);
        next = rt_httpc_queue_take(conn->client);
    }
    if (next) {
        rt_httpc_conn_send(conn, next);
    } else {
        conn->state = RT_HTTPC_IDLE;
        LIST_INSERT_HEAD(&conn->client->idle, conn, idle_entry);
    }
}

void rt_httpc_conn_ready(struct rt_httpc_conn *conn)
{
    struct rt_httpc_call *call = rt_httpc_detach(conn);
    rt_timer_cancel(conn->timer);
    conn->timer = NULL;
    if (call->opened) {
        rt_httpc_call_end(call, GBA_OK);
        rt_httpc_conn_release(conn);
    } else {
        rt_httpc_conn_send(conn, call);
    }
}

/* ---- TLS ---- */

void rt_httpc_tls_begin(struct rt_httpc_conn *conn, void (*wake)(void *conn))
{
    const struct rt_httpc_conf *conf = &conn->client->conf;
    struct rt_tls_new new = {
        .loop = conn->client->loop,
        .ctx = conf->tls,
        .hooks = conf->tls_hooks,
        .server_name = gba_text_view(&conf->tls_name),
        .wake = wake,
        .owner = conn,
    };
    gba_rc rc = rt_tls_new(&new, &conn->tls);
    if (rc != GBA_OK) {
        rt_httpc_conn_fail(conn, rc);
        return;
    }
    rt_tls_start(conn->tls);
    flush(conn);
}

void rt_httpc_tls_feed(struct rt_httpc_conn *conn, gba_view octets, struct rt_buf *plain)
{
    if (octets.n > 0)
        rt_tls_feed(conn->tls, octets);
    if (conn->state == RT_HTTPC_CLOSED) /* by a hook */
        return;
    flush(conn);
    if (rt_tls_state(conn->tls) == RT_TLS_FAILED) {
        rt_httpc_conn_fail(conn, rt_tls_reason(conn->tls));
        return;
    }
    rt_tls_read_all(conn->tls, plain);
    if (conn->state == RT_HTTPC_CONNECTING && rt_tls_state(conn->tls) == RT_TLS_OPEN)
        rt_httpc_conn_ready(conn);
}
