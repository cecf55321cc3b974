/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/tls_port.h"

enum {
    LENGTH = 2,        /* octets in front of a datagram */
    IP_UDP = 28,       /* octets of IPv4 and UDP headers */
    ALERT_RECORD = 21, /* RFC 5246 6.2.1 */
    RECORD_HEAD = 5,   /* TLS; DTLS has 13 */
    DTLS_RECORD_HEAD = 13,
    ALERT = 2,
    FATAL = 2,
};

/* ---- queues ---- */

static gba_view waiting(const struct rt_tls_queue *q)
{
    return gba_view_sub(rt_buf_view(&q->octets), q->at, q->octets.n);
}

static gba_rc put(struct rt_tls_queue *q, bool datagrams, gba_view octets)
{
    size_t n = octets.n + (datagrams ? LENGTH : 0);
    GBA_ENSURE(!datagrams || octets.n <= UINT16_MAX, GBA_E_TOO_LONG);
    GBA_TRY(rt_buf_reserve(&q->octets, n));
    gba_writer w = rt_buf_room(&q->octets, n);
    if (datagrams)
        gba_put_u16(&w, (uint16_t)octets.n);
    gba_put_view(&w, octets);
    q->octets.n += w.n;
    return gba_writer_end(&w);
}

/* What can be taken in one go: a datagram, or whatever is there. */
static gba_view front(const struct rt_tls_queue *q, bool datagrams)
{
    gba_view left = waiting(q);
    if (!datagrams || left.n == 0)
        return left;
    gba_reader r = gba_reader_of(left);
    size_t n = gba_get_u16(&r);
    return gba_get_view(&r, n);
}

/* Drop n octets of the front; all of it when it is a datagram. */
static void drop(struct rt_tls_queue *q, bool datagrams, size_t n)
{
    q->at += datagrams ? LENGTH + front(q, true).n : n;
    if (q->at < q->octets.n)
        return;
    rt_buf_free(&q->octets);
    q->at = 0;
}

/* ---- the peer's side ---- */

gba_rc rt_tls_port_feed(struct rt_tls_port *port, gba_view octets)
{
    bool full = waiting(&port->in).n > RT_TLS_PORT_WAITING;
    if (port->datagrams && (full || octets.n == 0))
        return GBA_OK;
    GBA_ENSURE(!full, GBA_E_TOO_LONG);
    return put(&port->in, port->datagrams, octets);
}

bool rt_tls_port_take(struct rt_tls_port *port, struct rt_buf *out)
{
    gba_view v = front(&port->out, port->datagrams);
    if (v.n == 0 || rt_buf_append(out, v) != GBA_OK)
        return false;
    drop(&port->out, port->datagrams, v.n);
    return true;
}

void rt_tls_port_alert(struct rt_tls_port *port, uint8_t description)
{
    size_t record = (port->datagrams ? DTLS_RECORD_HEAD : RECORD_HEAD) + ALERT;
    gba_view left = waiting(&port->out);
    if (left.n < record)
        return;
    uint8_t *p = port->out.octets.p + port->out.octets.n - record;
    if (p[0] == ALERT_RECORD && p[record - 3] == ALERT && p[record - 2] == FATAL)
        p[record - 1] = description;
}

void rt_tls_port_free(struct rt_tls_port *port)
{
    rt_buf_free(&port->in.octets);
    rt_buf_free(&port->out.octets);
}

/* ---- a library's side ---- */

bool rt_tls_port_has(const struct rt_tls_port *port)
{
    return waiting(&port->in).n > 0;
}

size_t rt_tls_port_read(struct rt_tls_port *port, void *out, size_t n)
{
    gba_view v = gba_view_sub(front(&port->in, port->datagrams), 0, n);
    if (v.n == 0)
        return 0;
    gba_copy(out, v);
    drop(&port->in, port->datagrams, v.n);
    return v.n;
}

gba_rc rt_tls_port_write(struct rt_tls_port *port, gba_view octets)
{
    return put(&port->out, port->datagrams, octets);
}

/* ---- OpenSSL's side ---- */

static int on_read(BIO *bio, char *out, int n)
{
    size_t got = rt_tls_port_read(BIO_get_data(bio), out, n > 0 ? (size_t)n : 0);
    BIO_clear_retry_flags(bio);
    if (got > 0)
        return (int)got;
    BIO_set_retry_read(bio);
    return -1;
}

static int on_write(BIO *bio, const char *octets, int n)
{
    BIO_clear_retry_flags(bio);
    if (n <= 0 || rt_tls_port_write(BIO_get_data(bio), gba_view_of(octets, (size_t)n)) != GBA_OK)
        return -1;
    return n;
}

static long on_ctrl(BIO *bio, int cmd, long num, void *arg)
{
    (void)bio;
    (void)num;
    (void)arg;
    switch (cmd) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
    case BIO_CTRL_DGRAM_GET_MTU:
        return RT_TLS_MTU;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return IP_UDP;
    default:
        return 0;
    }
}

BIO_METHOD *rt_tls_port_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "rt_tls_port");
    if (!method)
        return NULL;
    if (BIO_meth_set_read(method, on_read) == 1 && BIO_meth_set_write(method, on_write) == 1 &&
        BIO_meth_set_ctrl(method, on_ctrl) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

BIO *rt_tls_port_bio(const BIO_METHOD *method, struct rt_tls_port *port)
{
    BIO *bio = BIO_new(method);
    if (!bio)
        return NULL;
    BIO_set_data(bio, port);
    BIO_set_init(bio, 1);
    return bio;
}
