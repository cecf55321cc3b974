/* SPDX-License-Identifier: Apache-2.0 */
/* Requests with their handler.  Those handled on another thread than that of their
 * connection go there and their answers come back by posts, and nobody touches what is
 * the other's. */
#include <stdlib.h>

#include "gba/base/arena.h"
#include "rt/httpd_conn.h"

uint8_t *rt_http_note_room(const struct rt_http_tx *tx)
{
    return (uint8_t *)tx->head + gba_aligned(tx->head_n);
}

/* ---- at a desk ---- */

static void on_request(void *arg)
{
    static const struct gba_http_msg nobody = {.status = 503};
    struct rt_http_tx *tx = arg;
    if (tx->desk->shut)
        rt_http_reply(tx, &nobody);
    else
        tx->desk->fn(tx->desk->arg, tx, &tx->req);
}

bool rt_http_desk_take(struct rt_http_tx *tx, struct rt_http_desk *desk)
{
    tx->desk = desk;
    if (rt_post(desk->loop, on_request, tx))
        return true;
    tx->desk = NULL;
    return false;
}

/* On the server's thread. */
static void on_reply(void *arg)
{
    struct rt_http_tx *tx = arg;
    struct rt_conn *conn = tx->conn;
    conn->tx = NULL;
    if (conn->state == RT_CONN_CLOSED)
        rt_conn_settle(conn);
    else
        rt_conn_send(conn, &tx->out);
    rt_conn_tx_free(tx);
}

static void reply_from_desk(struct rt_http_tx *tx, const struct gba_http_msg *rsp)
{
    struct rt_http_desk *desk = tx->desk;
    const struct rt_http_answer how = {
        .to_head = gba_view_eq(tx->req.method, GBA_LIT("HEAD")),
        .minor = tx->req.minor,
        .close = !tx->req.keep_alive || desk->shut || (desk->draining && rsp->status != 401),
        .date = rt_http_date_now(&desk->date, desk->loop),
    };
    tx->out = rt_conn_render(rsp, &how);
    if (!rt_post(tx->loop, on_reply, tx))
        abort(); /* without memory for one pointer: a connection that is never answered nor closed is worse */
}

/* ---- anywhere ---- */

void rt_http_reply(struct rt_http_tx *tx, const struct gba_http_msg *rsp)
{
    struct rt_conn *conn = tx->conn;
    const struct rt_httpd *httpd = conn->httpd;
    if (tx->desk) {
        reply_from_desk(tx, rsp);
        return;
    }
    conn->tx = NULL;
    if (conn->state == RT_CONN_CLOSED) {
        rt_conn_settle(conn);
    } else {
        struct rt_http_answer how = {
            .to_head = gba_view_eq(tx->req.method, GBA_LIT("HEAD")),
            .minor = tx->req.minor,
            .close = !tx->req.keep_alive || httpd->closing || (httpd->draining && rsp->status != 401),
            .date = rt_http_date_now(&conn->httpd->date, httpd->loop),
        };
        struct rt_conn_out out = rt_conn_render(rsp, &how);
        rt_conn_send(conn, &out);
    }
    rt_conn_tx_free(tx);
}

struct rt_tls *rt_http_tls(const struct rt_http_tx *tx)
{
    return tx->desk || tx->conn->state == RT_CONN_CLOSED ? NULL : tx->conn->tls;
}

const void *rt_http_note(const struct rt_http_tx *tx)
{
    return rt_http_note_room(tx);
}

gba_view rt_http_peer(const struct rt_http_tx *tx)
{
    return gba_view_of(tx->peer, tx->peer_n);
}
