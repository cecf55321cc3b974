/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_redis_conn.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "rt/tcp_out.h"
#include "rt/tls_sock.h"

enum { SCRATCH = 16384 };

struct bsf_redis_conn {
    uv_tcp_t tcp;
    uv_prepare_t prepare; /* runs while there is something to write */
    uv_connect_t connect;
    struct bsf_redis_conn_conf conf;
    struct rt_tls *tls; /* NULL: plain, or TCP is not there yet */
    struct bsf_redis_reader *reader;
    struct rt_buf out;
    unsigned handles;
    bool begun, open, gone, closed;
    char scratch[SCRATCH];
};

/* ---- ends ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct bsf_redis_conn *conn = handle->data;
    if (--conn->handles > 0)
        return;
    const struct bsf_redis_conn_user *user = conn->conf.user;
    bool begun = conn->begun;
    rt_tls_free(conn->tls);
    bsf_redis_reader_free(conn->reader);
    rt_buf_free(&conn->out);
    gba_wipe(conn);
    free(conn);
    if (begun)
        user->freed(user->arg);
}

static void shut(struct bsf_redis_conn *conn, gba_rc rc)
{
    if (conn->gone)
        return;
    conn->gone = true;
    if (conn->tls)
        rt_tls_farewell(conn->tls, &conn->tcp, rc);
    uv_read_stop((uv_stream_t *)&conn->tcp);
    uv_prepare_stop(&conn->prepare);
    if (!conn->closed)
        conn->conf.user->gone(conn->conf.user->arg, rc);
}

void bsf_redis_conn_close(struct bsf_redis_conn *conn)
{
    conn->closed = true;
    shut(conn, GBA_E_PEER_GONE);
    uv_close((uv_handle_t *)&conn->tcp, on_handle_closed);
    uv_close((uv_handle_t *)&conn->prepare, on_handle_closed);
}

/* ---- out ---- */

/* A failure to write is noticed by reading. */
static void on_written(void *owner, bool ok)
{
    (void)owner;
    (void)ok;
}

static void flush_tls(struct bsf_redis_conn *conn)
{
    struct rt_buf sealed = {0};
    if (conn->out.n > 0 && rt_tls_state(conn->tls) == RT_TLS_OPEN) {
        if (rt_tls_write(conn->tls, rt_buf_view(&conn->out)) != GBA_OK)
            rt_tls_shut(conn->tls);
        rt_buf_free(&conn->out);
    }
    rt_tls_take_all(conn->tls, &sealed);
    if (sealed.n > 0)
        rt_tcp_write(&conn->tcp, &sealed, on_written, conn);
}

static void flush(struct bsf_redis_conn *conn)
{
    if (conn->tls) {
        flush_tls(conn);
    } else if (conn->out.n > 0) {
        struct rt_buf out = conn->out;
        conn->out = (struct rt_buf){0};
        rt_tcp_write(&conn->tcp, &out, on_written, conn);
    }
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct bsf_redis_conn *conn = prepare->data;
    uv_prepare_stop(prepare);
    flush(conn);
}

gba_rc bsf_redis_conn_send(struct bsf_redis_conn *conn, const gba_view *args, size_t n)
{
    GBA_TRY(bsf_redis_command(args, n, &conn->out));
    if (!conn->gone)
        uv_prepare_start(&conn->prepare, on_prepare);
    return GBA_OK;
}

/* ---- in ---- */

static void on_octets(struct bsf_redis_conn *conn, gba_view octets)
{
    const struct bsf_redis_reply *reply = NULL;
    gba_rc rc = bsf_redis_reader_feed(conn->reader, octets);
    do {
        if (rc == GBA_OK)
            rc = bsf_redis_reader_next(conn->reader, &reply);
        if (rc == GBA_OK && reply)
            conn->conf.user->reply(conn->conf.user->arg, reply);
    } while (rc == GBA_OK && reply && !conn->gone);
    if (rc != GBA_OK)
        shut(conn, rc);
}

static void on_open(struct bsf_redis_conn *conn)
{
    conn->open = true;
    conn->conf.user->open(conn->conf.user->arg);
}

static void on_records(struct bsf_redis_conn *conn, gba_view octets)
{
    struct rt_buf plain = {0};
    if (octets.n > 0)
        rt_tls_feed(conn->tls, octets);
    if (conn->gone) /* by a hook */
        return;
    flush_tls(conn);
    enum rt_tls_state state = rt_tls_state(conn->tls);
    if (state == RT_TLS_FAILED) {
        shut(conn, rt_tls_reason(conn->tls));
        return;
    }
    rt_tls_read_all(conn->tls, &plain);
    if (!conn->open && state == RT_TLS_OPEN)
        on_open(conn);
    if (plain.n > 0 && conn->open && !conn->gone)
        on_octets(conn, rt_buf_view(&plain));
    rt_buf_free(&plain);
    if (state == RT_TLS_CLOSED)
        shut(conn, GBA_E_PEER_GONE);
}

/* An answer to the handshake came. */
static void on_wake(void *owner)
{
    struct bsf_redis_conn *conn = owner;
    if (!conn->gone)
        on_records(conn, gba_view_of(NULL, 0));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct bsf_redis_conn *conn = stream->data;
    gba_view octets = gba_view_of(buf->base, n > 0 ? (size_t)n : 0);
    if (n < 0)
        shut(conn, GBA_E_PEER_GONE);
    else if (n > 0 && conn->tls)
        on_records(conn, octets);
    else if (n > 0)
        on_octets(conn, octets);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct bsf_redis_conn *conn = handle->data;
    (void)wanted;
    *buf = uv_buf_init(conn->scratch, SCRATCH);
}

/* ---- the beginning ---- */

static gba_rc begin_tls(struct bsf_redis_conn *conn)
{
    const struct rt_tls_new new = {
        .loop = conn->conf.loop,
        .ctx = conn->conf.tls,
        .hooks = conn->conf.tls_hooks,
        .server_name = gba_text_view(&conn->conf.tls_name),
        .wake = on_wake,
        .owner = conn,
    };
    GBA_TRY(rt_tls_new(&new, &conn->tls));
    rt_tls_start(conn->tls);
    flush_tls(conn);
    return GBA_OK;
}

static void on_connect(uv_connect_t *connect, int status)
{
    struct bsf_redis_conn *conn = connect->data;
    if (conn->gone)
        return;
    if (status != 0) {
        shut(conn, GBA_E_CONNECT);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
    gba_rc rc = conn->conf.tls ? begin_tls(conn) : GBA_OK;
    if (rc != GBA_OK)
        shut(conn, rc);
    else if (!conn->tls)
        on_open(conn);
}

gba_rc bsf_redis_conn_new(const struct bsf_redis_conn_conf *conf, struct bsf_redis_conn **out)
{
    uv_loop_t *uv = rt_loop_uv(conf->loop);
    struct bsf_redis_conn *conn = calloc(1, sizeof *conn);
    GBA_ENSURE(conn, GBA_E_MEMORY);
    if (bsf_redis_reader_new(&conn->reader) != GBA_OK) {
        free(conn);
        return GBA_E_MEMORY;
    }
    conn->conf = *conf;
    uv_tcp_init(uv, &conn->tcp);
    uv_prepare_init(uv, &conn->prepare);
    conn->handles = 2;
    conn->tcp.data = conn->prepare.data = conn->connect.data = conn;
    if (uv_tcp_connect(&conn->connect, &conn->tcp, (const struct sockaddr *)&conf->address, on_connect) !=
        0) {
        conn->gone = true;
        bsf_redis_conn_close(conn);
        return GBA_E_CONNECT;
    }
    conn->begun = true;
    *out = conn;
    return GBA_OK;
}
