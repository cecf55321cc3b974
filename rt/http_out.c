/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/http_out.h"

enum { START_LINE_MAX = 64, FIELD_EXTRA = 4, DIGITS_MAX = 20 };

static size_t formatted_size(const struct gba_http_msg *m)
{
    size_t n = START_LINE_MAX + m->method.n + m->target.n + m->reason.n + m->body.n;
    n += sizeof "Content-Length: " + DIGITS_MAX + FIELD_EXTRA;
    for (size_t i = 0; i < m->n_fields; i++)
        n += m->fields[i].name.n + m->fields[i].value.n + FIELD_EXTRA;
    return n;
}

gba_rc rt_http_out_put(const struct gba_http_msg *m, struct rt_buf *out)
{
    GBA_TRY(rt_buf_reserve(out, formatted_size(m)));
    gba_writer w = rt_buf_room(out, out->cap - out->n);
    GBA_TRY(gba_http_format(m, &w));
    out->n += w.n;
    return GBA_OK;
}

/* ---- answers ---- */

/* RFC 9110 8.6: with HEAD and 304 a given length is kept, since it tells of the
 * body that is not sent; RFC 9110 15.3.5: 204 has none. */
static gba_rc settle_length(struct gba_http_msg *m, const struct rt_http_answer *how, gba_writer *digits)
{
    static const gba_view name = {(const uint8_t *)"Content-Length", 14};
    bool bodiless = how->to_head || m->status == 204 || m->status == 304;
    if (!bodiless || m->status == 204)
        gba_http_field_remove(m, name);
    if (how->to_head && m->status != 204 && m->body.p && !gba_http_field_get(m, name).p) {
        gba_put_dec(digits, m->body.n);
        GBA_TRY(gba_http_field_add(m, name, gba_writer_view(digits)));
    }
    if (bodiless)
        m->body = (gba_view){NULL, 0};
    return GBA_OK;
}

static gba_rc settle_connection(struct gba_http_msg *m, const struct rt_http_answer *how)
{
    static const gba_view name = {(const uint8_t *)"Connection", 10};
    gba_http_strip_hop_by_hop(m);
    if (how->close)
        return gba_http_field_add(m, name, GBA_LIT("close"));
    if (how->minor == 0)
        return gba_http_field_add(m, name, GBA_LIT("keep-alive"));
    return GBA_OK;
}

gba_rc rt_http_out_answer(const struct gba_http_msg *rsp, const struct rt_http_answer *how,
                          struct rt_buf *out)
{
    struct gba_http_msg m = *rsp;
    char length[DIGITS_MAX];
    gba_writer digits = gba_writer_of(length, sizeof length);
    GBA_ENSURE(m.status >= 200, GBA_E_BUG);
    m.minor = 1;
    GBA_TRY(settle_connection(&m, how));
    GBA_TRY(settle_length(&m, how, &digits));
    if (!gba_http_field_get(&m, GBA_LIT("Date")).p)
        GBA_TRY(gba_http_field_add(&m, GBA_LIT("Date"), how->date));
    return rt_http_out_put(&m, out);
}

/* ---- requests ---- */

gba_rc rt_http_out_request(const struct gba_http_msg *req, gba_view host, struct rt_buf *out)
{
    struct gba_http_msg m = *req;
    m.status = 0;
    m.minor = 1;
    gba_http_strip_hop_by_hop(&m);
    gba_http_field_remove(&m, GBA_LIT("Content-Length"));
    gba_http_field_remove(&m, GBA_LIT("Expect"));
    if (!gba_http_field_get(&m, GBA_LIT("Host")).p)
        GBA_TRY(gba_http_field_add(&m, GBA_LIT("Host"), host));
    return rt_http_out_put(&m, out);
}
