/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/httpd_conn.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "gba/base/stamp.h"
#include "rt/log.h"
#include "rt/tls_sock.h"

enum { LINGER_MS = 1000 }; /* for octets on their way when a connection is ended by us */

/* ---- ends ---- */

void rt_conn_tx_free(struct rt_http_tx *tx)
{
    if (!tx)
        return;
    rt_buf_free(&tx->payload);
    rt_buf_free(&tx->out.octets);
    gba_wipe_bytes(tx, sizeof *tx + tx->room_n);
    free(tx);
}

void rt_httpd_settle(struct rt_httpd *httpd)
{
    if (httpd->handles > 0 || httpd->n_conns > 0)
        return;
    gba_wipe(httpd);
    free(httpd);
}

void rt_conn_settle(struct rt_conn *conn)
{
    struct rt_httpd *httpd = conn->httpd;
    if (conn->handles > 0 || conn->tx || conn->ready)
        return;
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        httpd->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    rt_buf_free(&conn->in);
    rt_tls_free(conn->tls);
    free(conn);
    httpd->n_conns--;
    if (httpd->conf.all_conns)
        atomic_fetch_sub(httpd->conf.all_conns, 1);
    rt_httpd_settle(httpd);
}

static void on_conn_closed(uv_handle_t *handle)
{
    struct rt_conn *conn = handle->data;
    conn->handles--;
    rt_conn_settle(conn);
}

void rt_conn_close(struct rt_conn *conn)
{
    if (conn->state == RT_CONN_CLOSED)
        return;
    if (conn->state == RT_CONN_BODY) {
        rt_conn_tx_free(conn->tx);
        conn->tx = NULL;
    }
    conn->state = RT_CONN_CLOSED;
    if (conn->tls)
        rt_tls_farewell(conn->tls, &conn->tcp, conn->late ? GBA_E_TIMEOUT : GBA_E_PEER_GONE);
    uv_close((uv_handle_t *)&conn->tcp, on_conn_closed);
    uv_close((uv_handle_t *)&conn->timer, on_conn_closed);
}

gba_view rt_conn_peer(const struct rt_conn *conn)
{
    return gba_view_of(conn->peer, conn->peer_n);
}

/* ---- deadlines ---- */

void rt_conn_arm(struct rt_conn *conn, uint64_t deadline)
{
    uint64_t now = uv_now(rt_loop_uv(conn->httpd->loop));
    conn->armed = deadline;
    uv_timer_set_repeat(&conn->timer, deadline > now ? deadline - now : 1);
    uv_timer_again(&conn->timer);
}

/* The timer is touched only when it would fire too late: a busy kept-alive
 * connection moves its deadline back with every answer, for nothing. */
void rt_conn_deadline(struct rt_conn *conn, uint32_t ms)
{
    conn->deadline = uv_now(rt_loop_uv(conn->httpd->loop)) + ms;
    if (conn->armed == 0 || conn->deadline < conn->armed)
        rt_conn_arm(conn, conn->deadline);
}

/* ---- writing ---- */

static void on_shutdown(uv_shutdown_t *req, int status)
{
    (void)req;
    (void)status; /* a failure shows as an end of reading as well */
}

void rt_conn_make_ready(struct rt_conn *conn)
{
    struct rt_httpd *httpd = conn->httpd;
    if (conn->ready)
        return;
    conn->ready = true;
    conn->next_ready = NULL;
    *httpd->ready_end = conn;
    httpd->ready_end = &conn->next_ready;
    uv_async_send(&httpd->wakeup);
}

void rt_conn_linger(struct rt_conn *conn)
{
    conn->state = RT_CONN_LINGERING;
    if (conn->paused)
        rt_conn_make_ready(conn);
    uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, on_shutdown);
    rt_conn_deadline(conn, LINGER_MS);
}

/* Nothing more is answered. */
static void finish(struct rt_conn *conn)
{
    if (conn->eof || conn->httpd->closing || (conn->asked_to_close && conn->in.n == 0)) {
        rt_conn_close(conn);
        return;
    }
    if (conn->tls)
        rt_conn_tls_shut(conn);
    if (conn->state != RT_CONN_CLOSED)
        rt_conn_linger(conn);
}

/* The answer is out. */
static void answered(struct rt_conn *conn)
{
    if (!conn->keep || conn->httpd->closing) {
        finish(conn);
        return;
    }
    conn->state = RT_CONN_HEAD;
    conn->begun = false;
    conn->scanned = 0;
    rt_conn_deadline(conn, conn->httpd->conf.idle_ms);
    if (!conn->pumping && (conn->in.n > 0 || conn->paused || conn->eof))
        rt_conn_make_ready(conn);
}

static void on_written(void *owner, bool ok)
{
    struct rt_conn *conn = owner;
    conn->writes--;
    if (!ok)
        rt_conn_close(conn);
    else if (conn->writes == 0 && conn->state == RT_CONN_WRITING)
        answered(conn);
}

void rt_conn_write_raw(struct rt_conn *conn, struct rt_buf *buf)
{
    enum rt_tcp_sent sent = rt_tcp_write(&conn->tcp, buf, on_written, conn);
    if (sent == RT_TCP_LATER)
        conn->writes++;
    else if (sent == RT_TCP_FAILED)
        rt_conn_close(conn);
}

void rt_conn_write(struct rt_conn *conn, struct rt_buf *buf)
{
    if (conn->tls)
        rt_conn_tls_write(conn, buf);
    else
        rt_conn_write_raw(conn, buf);
}

/* ---- answers ---- */

gba_view rt_http_date_now(struct rt_http_date *date, struct rt_loop *loop)
{
    int64_t now_s = gba_env_now_s(rt_loop_env(loop));
    if (date->now_s != now_s) {
        gba_writer w = gba_writer_of(date->text, sizeof date->text);
        gba_put_httpdate(&w, now_s);
        date->n = w.n;
        date->now_s = now_s;
    }
    return gba_view_of(date->text, date->n);
}

struct rt_conn_out rt_conn_render(const struct gba_http_msg *rsp, const struct rt_http_answer *how)
{
    static const struct gba_http_msg broken = {.status = 500};
    struct rt_conn_out out = {.close = how->close, .owes = rsp->status == 401};
    gba_rc rc = rt_http_out_answer(rsp, how, &out.octets);
    if (rc != GBA_OK) {
        rt_log(RT_LOG_ERROR, "http.answer-broken", RT_REASON(rc), RT_NUM("status", rsp->status));
        out.octets.n = 0;
        rc = rt_http_out_answer(&broken, how, &out.octets);
    }
    if (rc != GBA_OK)
        rt_buf_free(&out.octets);
    return out;
}

void rt_conn_send(struct rt_conn *conn, struct rt_conn_out *out)
{
    if (out->octets.n == 0) {
        rt_conn_close(conn);
        return;
    }
    conn->keep = !out->close;
    conn->owes = out->owes;
    conn->state = RT_CONN_WRITING;
    rt_conn_deadline(conn, conn->httpd->conf.idle_ms);
    rt_conn_write(conn, &out->octets);
    if (conn->state == RT_CONN_WRITING && conn->writes == 0)
        answered(conn);
}
