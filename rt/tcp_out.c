/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/tcp_out.h"

#include <stdlib.h>

struct out {
    uv_write_t req;
    struct rt_buf buf;
    rt_tcp_done *done;
    void *owner;
};

static void out_free(struct out *out)
{
    rt_buf_free(&out->buf);
    free(out);
}

static void on_written(uv_write_t *req, int status)
{
    struct out *out = req->data;
    rt_tcp_done *done = out->done;
    void *owner = out->owner;
    out_free(out);
    done(owner, status == 0);
}

static enum rt_tcp_sent write_later(uv_tcp_t *tcp, struct rt_buf *buf, size_t sent, struct out *out)
{
    uv_buf_t rest = uv_buf_init((char *)buf->p + sent, (unsigned)(buf->n - sent));
    out->buf = *buf;
    out->req.data = out;
    if (uv_write(&out->req, (uv_stream_t *)tcp, &rest, 1, on_written) == 0)
        return RT_TCP_LATER;
    out_free(out);
    return RT_TCP_FAILED;
}

enum rt_tcp_sent rt_tcp_write(uv_tcp_t *tcp, struct rt_buf *buf, rt_tcp_done *done, void *owner)
{
    uv_buf_t whole = uv_buf_init((char *)buf->p, (unsigned)buf->n);
    int sent = uv_try_write((uv_stream_t *)tcp, &whole, 1);
    bool failed = sent < 0 && sent != UV_EAGAIN;
    bool later = !failed && sent < (int)buf->n;
    struct out *out = later ? calloc(1, sizeof *out) : NULL;
    if (out) {
        out->done = done;
        out->owner = owner;
        return write_later(tcp, buf, sent < 0 ? 0 : (size_t)sent, out);
    }
    rt_buf_free(buf);
    return failed || later ? RT_TCP_FAILED : RT_TCP_SENT;
}
