/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/buf.h"

#include <stdlib.h>

#include "gba/base/secret.h"

enum { FIRST_CAP = 256 };

gba_view rt_buf_view(const struct rt_buf *buf)
{
    return gba_view_of(buf->p, buf->n);
}

void rt_buf_free(struct rt_buf *buf)
{
    if (buf->p)
        gba_wipe_bytes(buf->p, buf->cap);
    free(buf->p);
    *buf = (struct rt_buf){0};
}

/* Move to a block of `cap` octets that holds `kept`, a part of the old one. */
static gba_rc move_to(struct rt_buf *buf, size_t cap, gba_view kept)
{
    struct rt_buf moved = {malloc(cap), kept.n, cap};
    GBA_ENSURE(moved.p, GBA_E_MEMORY);
    gba_copy(moved.p, kept);
    rt_buf_free(buf);
    *buf = moved;
    return GBA_OK;
}

gba_rc rt_buf_reserve(struct rt_buf *buf, size_t n)
{
    size_t cap = buf->cap > 0 ? 2 * buf->cap : FIRST_CAP;
    if (n <= buf->cap - buf->n)
        return GBA_OK;
    return move_to(buf, cap < buf->n + n ? buf->n + n : cap, rt_buf_view(buf));
}

gba_writer rt_buf_room(const struct rt_buf *buf, size_t n)
{
    return gba_writer_of(buf->p ? buf->p + buf->n : NULL, n);
}

gba_rc rt_buf_append(struct rt_buf *buf, gba_view v)
{
    GBA_TRY(rt_buf_reserve(buf, v.n));
    if (v.n > 0)
        gba_copy(buf->p + buf->n, v);
    buf->n += v.n;
    return GBA_OK;
}

gba_rc rt_buf_drop(struct rt_buf *buf, size_t n)
{
    gba_view kept = gba_view_sub(rt_buf_view(buf), n, buf->n);
    if (n == 0)
        return GBA_OK;
    if (kept.n > 0)
        return move_to(buf, kept.n, kept);
    rt_buf_free(buf);
    return GBA_OK;
}
