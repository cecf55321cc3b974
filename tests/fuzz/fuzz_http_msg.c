/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP messages.  The first octet chooses request, response or response to
 * HEAD, and the size of the slices in which the body is fed.  What parses can
 * be written, what was written parses to the same fields, every prefix of a
 * good head asks for more or is refused, and slicing does not change a body.
 */
#include <stdlib.h>

#include "gba/wire/chars.h"
#include "gba/wire/http_msg.h"
#include "tests/lib/fuzz.h"

enum { ROOM = 1 << 17 };

struct shape {
    bool request, to_head;
    size_t slice;
};

static gba_rc parse(const struct shape *shape, gba_view in, struct gba_http_msg *m, size_t *used)
{
    if (shape->request)
        return gba_http_request_parse(in, m, used);
    return gba_http_response_parse(in, shape->to_head, m, used);
}

static void ensure(bool holds)
{
    if (!holds)
        abort();
}

static gba_view collect(const struct gba_http_msg *m, gba_view in, size_t slice, uint8_t *room)
{
    struct gba_http_body b = gba_http_body_of(m);
    gba_writer w = gba_writer_of(room, ROOM);
    for (size_t at = 0, taken = 0; at < in.n && !b.done; at += taken) {
        if (gba_http_body_feed(&b, gba_view_sub(in, at, slice), &w, &taken) != GBA_OK)
            break;
        ensure(taken > 0 && taken <= slice);
    }
    return gba_writer_view(&w);
}

static void check_same(const struct gba_http_msg *a, const struct gba_http_msg *b)
{
    ensure(gba_view_eq(a->method, b->method) && gba_view_eq(a->target, b->target));
    ensure(a->status == b->status && a->minor == b->minor && a->keep_alive == b->keep_alive);
    ensure(b->n_fields == a->n_fields || b->n_fields == a->n_fields + 1);
    for (size_t i = 0; i < a->n_fields; i++) {
        ensure(gba_view_eq(a->fields[i].name, b->fields[i].name));
        ensure(gba_view_eq(a->fields[i].value, b->fields[i].value));
    }
}

/* A line may break off inside auts; we write no such thing. */
static bool broken(const struct gba_http_msg *m)
{
    for (size_t i = 0; i < m->n_fields; i++)
        if (!gba_view_is_value(m->fields[i].value))
            return true;
    return false;
}

static void check_round_trip(const struct shape *shape, const struct gba_http_msg *m)
{
    static uint8_t text[ROOM];
    static struct gba_http_msg back;
    gba_writer w = gba_writer_of(text, sizeof text);
    size_t used = 0;
    ensure(gba_http_format(m, &w) == (broken(m) ? GBA_E_HTTP_FIELD : GBA_OK));
    if (broken(m))
        return;
    if (m->n_fields == GBA_HTTP_MAX_FIELDS)
        return; /* no room for the Content-Length that the writer may add */
    ensure(parse(shape, gba_writer_view(&w), &back, &used) == GBA_OK && used == w.n);
    if (m->framing != GBA_HTTP_UNTIL_CLOSE)
        check_same(m, &back);
}

static void check_prefixes(const struct shape *shape, gba_view head)
{
    static struct gba_http_msg m;
    size_t used, step = head.n / 64 + 1;
    for (size_t n = 0; n < head.n; n += step)
        ensure(parse(shape, gba_view_sub(head, 0, n), &m, &used) == GBA_E_HTTP_MORE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t one[ROOM], sliced[ROOM];
    static struct gba_http_msg m;
    size_t used = 0;
    if (size < 1 || size > 32768)
        return 0;
    struct shape shape = {data[0] & 1, data[0] & 2, (data[0] >> 2) + 1};
    gba_view in = gba_view_of(data + 1, size - 1);
    if (parse(&shape, in, &m, &used) != GBA_OK)
        return 0;
    ensure(used <= in.n && m.n_fields <= GBA_HTTP_MAX_FIELDS);
    check_prefixes(&shape, gba_view_sub(in, 0, used));
    gba_view body = gba_view_sub(in, used, in.n);
    ensure(gba_view_eq(collect(&m, body, ROOM, one), collect(&m, body, shape.slice, sliced)));
    check_round_trip(&shape, &m);
    gba_http_strip_hop_by_hop(&m);
    ensure(gba_http_field_count(&m, GBA_LIT("Transfer-Encoding")) == 0);
    return 0;
}
