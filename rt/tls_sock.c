/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/tls_sock.h"

void rt_tls_take_all(struct rt_tls *tls, struct rt_buf *out)
{
    while (rt_tls_take(tls, out))
        continue;
}

void rt_tls_read_all(struct rt_tls *tls, struct rt_buf *out)
{
    while (rt_tls_read(tls, out))
        continue;
}

void rt_tls_farewell(struct rt_tls *tls, uv_tcp_t *tcp, gba_rc rc)
{
    struct rt_buf out = {0};
    rt_tls_lost(tls, rc);
    rt_tls_shut(tls);
    rt_tls_take_all(tls, &out);
    uv_buf_t last = uv_buf_init((char *)out.p, (unsigned)out.n);
    if (out.n > 0)
        uv_try_write((uv_stream_t *)tcp, &last, 1);
    rt_buf_free(&out);
}
