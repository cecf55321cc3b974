/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/httpd_conn.h"
#include "rt/tls_sock.h"

static void on_wake(void *owner)
{
    struct rt_conn *conn = owner;
    if (conn->httpd->closing)
        rt_conn_close(conn);
    else if (conn->state != RT_CONN_CLOSED)
        rt_conn_make_ready(conn);
}

gba_rc rt_conn_tls_begin(struct rt_conn *conn)
{
    struct rt_tls_new new = {
        .loop = conn->httpd->loop,
        .ctx = conn->httpd->conf.tls,
        .hooks = conn->httpd->conf.tls_hooks,
        .wake = on_wake,
        .owner = conn,
    };
    conn->state = RT_CONN_HANDSHAKE;
    return rt_tls_new(&new, &conn->tls);
}

/* Whatever TLS has for the peer goes to the socket. */
static void flush(struct rt_conn *conn)
{
    struct rt_buf out = {0};
    rt_tls_take_all(conn->tls, &out);
    if (out.n > 0)
        rt_conn_write_raw(conn, &out);
}

void rt_conn_tls_feed(struct rt_conn *conn, gba_view octets)
{
    if (octets.n > 0)
        rt_tls_feed(conn->tls, octets);
    if (conn->state == RT_CONN_CLOSED) /* by a hook */
        return;
    enum rt_tls_state state = rt_tls_state(conn->tls);
    flush(conn);
    if (conn->state == RT_CONN_HANDSHAKE && state == RT_TLS_FAILED)
        rt_conn_linger(conn); /* so that the alert arrives */
    if (conn->state == RT_CONN_HANDSHAKE && state == RT_TLS_OPEN) {
        conn->state = RT_CONN_HEAD;
        rt_conn_deadline(conn, conn->httpd->conf.idle_ms);
    }
    rt_tls_read_all(conn->tls, &conn->in);
}

void rt_conn_tls_write(struct rt_conn *conn, struct rt_buf *plain)
{
    gba_rc rc = rt_tls_write(conn->tls, rt_buf_view(plain));
    rt_buf_free(plain);
    if (rc == GBA_OK)
        flush(conn);
    else
        rt_conn_close(conn);
}

void rt_conn_tls_shut(struct rt_conn *conn)
{
    rt_tls_shut(conn->tls);
    flush(conn);
}
