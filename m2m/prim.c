/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/prim.h"

#include "gba/base/stamp.h"
#include "gba/wire/chars.h"

#define TYPE_RES "application/vnd.onem2m-res+json"
#define TYPE_PLAIN "application/json"

enum { TY_MAX = 65535, RSC_MAX = 9999, TIME_N = 15 /* of 20270101T000000 */ };

/* ---- methods, TS-0009 6.2.1 ---- */

static const struct {
    enum m2m_op op;
    const char *method;
} methods[] = {{M2M_CREATE, "POST"}, {M2M_RETRIEVE, "GET"}, {M2M_UPDATE, "PUT"}, {M2M_DELETE, "DELETE"}};

enum { METHODS_N = sizeof methods / sizeof *methods };

static gba_rc op_of(gba_view method, enum m2m_op *op)
{
    for (size_t i = 0; i < METHODS_N; i++) {
        if (gba_view_eq(method, gba_view_cstr(methods[i].method))) {
            *op = methods[i].op;
            return GBA_OK;
        }
    }
    return GBA_E_M2M_METHOD;
}

static gba_view method_of(enum m2m_op op)
{
    size_t i = 0;
    while (i + 1 < METHODS_N && methods[i].op != op)
        i++;
    return gba_view_cstr(methods[i].method);
}

/* ---- paths, TS-0009 6.2.2.1 ---- */

static gba_rc put_decoded(gba_view path, gba_writer *w)
{
    for (size_t i = 0; i < path.n; i++) {
        uint8_t c = path.p[i];
        if (c == '%') {
            GBA_ENSURE(gba_hex_parse(gba_view_sub(path, i + 1, 2), &c, 1) == GBA_OK, GBA_E_M2M_TARGET);
            i += 2;
        }
        GBA_ENSURE(c > ' ' && c != 0x7f, GBA_E_M2M_TARGET);
        gba_put_u8(w, c);
    }
    return gba_writer_end(w);
}

/* "/-/x" stays; "/_/host/-/x" is "//host/-/x", and nothing else begins with "//". */
static gba_rc to_of(gba_view target, gba_writer *room, gba_view *to)
{
    gba_view path, query;
    size_t at = room->n;
    gba_view_split(target, '?', &path, &query);
    GBA_ENSURE(gba_view_starts(path, GBA_LIT("/")) && !gba_view_starts(path, GBA_LIT("//")),
               GBA_E_M2M_TARGET);
    if (gba_view_starts(path, GBA_LIT("/_/"))) {
        gba_put_u8(room, '/');
        path = gba_view_sub(path, 2, path.n);
    }
    GBA_TRY(put_decoded(path, room));
    *to = gba_view_sub(gba_writer_view(room), at, room->n);
    return GBA_OK;
}

/* pchar of RFC 3986, and '/' */
static bool stays(uint8_t c)
{
    static const char others[] = "-._~!$&'()*+,;=:@/";
    gba_view set = gba_view_cstr(others);
    return gba_char_is_alnum(c) || gba_view_find(set, c) < set.n;
}

static gba_view put_target(gba_view to, gba_writer *w)
{
    size_t at = w->n;
    if (gba_view_starts(to, GBA_LIT("//"))) {
        gba_put_str(w, "/_");
        to = gba_view_sub(to, 1, to.n);
    }
    for (size_t i = 0; i < to.n; i++) {
        if (stays(to.p[i])) {
            gba_put_u8(w, to.p[i]);
        } else {
            gba_put_u8(w, '%');
            gba_put_hex(w, gba_view_sub(to, i, 1));
        }
    }
    return gba_view_sub(gba_writer_view(w), at, w->n);
}

/* ---- fields ---- */

static gba_rc single(const struct gba_http_msg *http, gba_view name, gba_view *value)
{
    GBA_ENSURE(gba_http_field_count(http, name) <= 1, GBA_E_M2M_HEADER);
    *value = gba_http_field_get(http, name);
    return GBA_OK;
}

static gba_rc parameter(gba_view text, unsigned *ty)
{
    gba_view name, value;
    uint64_t n;
    if (!gba_view_split(text, '=', &name, &value) || !gba_view_eq_nocase(gba_view_trim(name), GBA_LIT("ty")))
        return GBA_OK;
    GBA_ENSURE(*ty == 0 && gba_dec_parse(gba_view_trim(value), TY_MAX, &n) == GBA_OK, GBA_E_M2M_TYPE);
    *ty = (unsigned)n;
    return GBA_OK;
}

/*= TS-0009 6.4.4: the media type, with the resource type as a parameter of creations */
static gba_rc content_type(gba_view field, struct m2m_request *out)
{
    gba_view type, rest;
    bool more = gba_view_split(field, ';', &type, &rest);
    type = gba_view_trim(type);
    out->plain = gba_view_eq_nocase(type, GBA_LIT(TYPE_PLAIN));
    GBA_ENSURE(out->plain || gba_view_eq_nocase(type, GBA_LIT(TYPE_RES)), GBA_E_M2M_TYPE);
    while (more) {
        gba_view one;
        more = gba_view_split(rest, ';', &one, &rest);
        GBA_TRY(parameter(one, &out->ty));
    }
    return GBA_OK;
}

static void add(struct gba_http_msg *http, const char *name, gba_view value)
{
    if (value.n > 0 && http->n_fields < GBA_HTTP_MAX_FIELDS)
        http->fields[http->n_fields++] = (struct gba_http_field){gba_view_cstr(name), value};
}

static gba_view put_number(gba_writer *w, unsigned n)
{
    size_t at = w->n;
    gba_put_dec(w, n);
    return gba_view_sub(gba_writer_view(w), at, w->n);
}

/* ---- requests ---- */

gba_rc m2m_request_of_http(const struct gba_http_msg *http, gba_writer *room, struct m2m_request *out)
{
    gba_view type;
    *out = (struct m2m_request){.body = http->body};
    GBA_TRY(op_of(http->method, &out->op));
    GBA_TRY(to_of(http->target, room, &out->to));
    GBA_TRY(single(http, GBA_LIT("X-M2M-Origin"), &out->from));
    GBA_TRY(single(http, GBA_LIT("X-M2M-RI"), &out->rqi));
    GBA_TRY(single(http, GBA_LIT("X-M2M-RVI"), &out->rvi));
    GBA_TRY(single(http, GBA_LIT("Content-Type"), &type));
    return http->body.n > 0 ? content_type(type, out) : GBA_OK;
}

static gba_view put_type(const struct m2m_request *req, gba_writer *w)
{
    size_t at = w->n;
    gba_put_str(w, req->plain ? TYPE_PLAIN : TYPE_RES);
    if (req->op == M2M_CREATE && req->ty > 0) {
        gba_put_str(w, ";ty=");
        gba_put_dec(w, req->ty);
    }
    return gba_view_sub(gba_writer_view(w), at, w->n);
}

void m2m_request_to_http(const struct m2m_request *req, gba_writer *scratch, struct gba_http_msg *http)
{
    *http = (struct gba_http_msg){.method = method_of(req->op), .minor = 1, .body = req->body};
    http->target = put_target(req->to, scratch);
    add(http, "X-M2M-Origin", req->from);
    add(http, "X-M2M-RI", req->rqi);
    add(http, "X-M2M-RVI", req->rvi);
    add(http, "Accept", GBA_LIT(TYPE_RES));
    if (req->body.n > 0)
        add(http, "Content-Type", put_type(req, scratch));
}

/* ---- responses ---- */

struct m2m_response m2m_answer_of(gba_rc rc, const struct m2m_request *req)
{
    return (struct m2m_response){.rsc = m2m_rsc_of(rc), .reason = rc, .rqi = req->rqi, .rvi = req->rvi};
}

void m2m_response_to_http(const struct m2m_response *rsp, gba_writer *scratch, struct gba_http_msg *http)
{
    *http = (struct gba_http_msg){.status = m2m_rsc_http(rsp->rsc), .minor = 1, .body = rsp->body};
    add(http, "X-M2M-RSC", put_number(scratch, (unsigned)rsp->rsc));
    add(http, "X-M2M-RI", rsp->rqi);
    add(http, "X-M2M-RVI", rsp->rvi);
    add(http, "Content-Location", rsp->location);
    if (rsp->body.n > 0)
        add(http, "Content-Type", rsp->plain ? GBA_LIT(TYPE_PLAIN) : GBA_LIT(TYPE_RES));
}

gba_rc m2m_response_of_http(const struct gba_http_msg *http, struct m2m_response *out)
{
    uint64_t rsc;
    GBA_ENSURE(gba_http_field_count(http, GBA_LIT("X-M2M-RSC")) == 1, GBA_E_M2M_ANSWER);
    GBA_ENSURE(gba_dec_parse(gba_http_field_get(http, GBA_LIT("X-M2M-RSC")), RSC_MAX, &rsc) == GBA_OK,
               GBA_E_M2M_ANSWER);
    *out = (struct m2m_response){
        .rsc = (enum m2m_rsc)rsc,
        .rqi = gba_http_field_get(http, GBA_LIT("X-M2M-RI")),
        .rvi = gba_http_field_get(http, GBA_LIT("X-M2M-RVI")),
        .location = gba_http_field_get(http, GBA_LIT("Content-Location")),
        .body = http->body,
    };
    return GBA_OK;
}

/* ---- status codes ---- */

/*= TS-0009 6.3.2 */
unsigned m2m_rsc_http(enum m2m_rsc rsc)
{
    switch (rsc) {
    case M2M_RSC_OK:
    case M2M_RSC_DELETED:
    case M2M_RSC_UPDATED:
        return 200;
    case M2M_RSC_CREATED:
        return 201;
    case M2M_RSC_BAD_REQUEST:
    case M2M_RSC_CONTENTS:
        return 400;
    case M2M_RSC_NO_PRIVILEGE:
    case M2M_RSC_NOT_AUTHENTICATED:
    case M2M_RSC_ASSOCIATION_REQUIRED:
        return 403;
    case M2M_RSC_NOT_FOUND:
    case M2M_RSC_TARGET_UNREACHABLE:
        return 404;
    case M2M_RSC_NOT_ALLOWED:
        return 405;
    case M2M_RSC_CONFLICT:
        return 409;
    case M2M_RSC_NOT_IMPLEMENTED:
        return 501;
    case M2M_RSC_INTERNAL:
        break;
    }
    return 500;
}

/* Where a reason says more than its class. */
static const struct {
    gba_rc rc;
    enum m2m_rsc rsc;
} by_reason[] = {
    {GBA_E_M2M_METHOD, M2M_RSC_NOT_ALLOWED},
    {GBA_E_REG_OPERATION, M2M_RSC_NOT_ALLOWED},
    {GBA_E_REG_CONTENT, M2M_RSC_CONTENTS},
    {GBA_E_MEF_SUID, M2M_RSC_CONTENTS},
    {GBA_E_REG_TWICE, M2M_RSC_CONFLICT},
    {GBA_E_M2M_TWICE, M2M_RSC_CONFLICT},
    {GBA_E_RSPF, M2M_RSC_CONFLICT},
    {GBA_E_REG_ASSOCIATION, M2M_RSC_ASSOCIATION_REQUIRED},
    {GBA_E_TOKEN, M2M_RSC_NO_PRIVILEGE},
    {GBA_E_M2M_ANSWER, M2M_RSC_TARGET_UNREACHABLE},
    {GBA_E_MEF_ANSWER, M2M_RSC_TARGET_UNREACHABLE},
    {GBA_E_CONNECT, M2M_RSC_TARGET_UNREACHABLE},
    {GBA_E_TIMEOUT, M2M_RSC_TARGET_UNREACHABLE},
    {GBA_E_PEER_GONE, M2M_RSC_TARGET_UNREACHABLE},
    {GBA_E_DB_FULL, M2M_RSC_INTERNAL},
    {GBA_E_SEAL, M2M_RSC_INTERNAL},
};

/*= TS-0004 6.6.3 */
enum m2m_rsc m2m_rsc_of(gba_rc rc)
{
    for (size_t i = 0; i < sizeof by_reason / sizeof *by_reason; i++) {
        if (by_reason[i].rc == rc)
            return by_reason[i].rsc;
    }
    switch (gba_rc_class(rc)) {
    case GBA_CLASS_OK:
        return M2M_RSC_OK;
    case GBA_CLASS_MALFORMED:
        return M2M_RSC_BAD_REQUEST;
    case GBA_CLASS_AUTH:
        return M2M_RSC_NOT_AUTHENTICATED;
    case GBA_CLASS_POLICY:
        return M2M_RSC_NO_PRIVILEGE;
    case GBA_CLASS_ABSENT:
        return M2M_RSC_NOT_FOUND;
    case GBA_CLASS_LIMIT:
        return M2M_RSC_CONTENTS;
    case GBA_CLASS_SYNC:
    case GBA_CLASS_UNAVAILABLE:
    case GBA_CLASS_BUG:
        break;
    }
    return M2M_RSC_INTERNAL;
}

/* ---- time ---- */

static const int64_t TIME_END = 253402300799; /* of the year 9999 */

/*= TS-0004 6.3.3 */
void m2m_put_time(gba_writer *w, int64_t unix_s)
{
    uint8_t room[32];
    gba_writer full = gba_writer_of(room, sizeof room);
    int64_t s = unix_s < TIME_END ? unix_s : TIME_END;
    gba_put_datetime(&full, s < 0 ? 0 : s); /* 2027-01-01T00:00:00Z */
    for (size_t i = 0; i < full.n; i++) {
        if (gba_char_is_digit(room[i]) || room[i] == 'T')
            gba_put_u8(w, room[i]);
    }
}

gba_rc m2m_time_parse(gba_view text, int64_t *unix_s)
{
    static const char between[] = "   - -    : : Z"; /* what xs:dateTime has behind each octet */
    uint8_t room[32];
    gba_writer full = gba_writer_of(room, sizeof room);
    gba_view main_part, fraction;
    gba_view_split(text, ',', &main_part, &fraction);
    GBA_ENSURE(main_part.n == TIME_N, GBA_E_TIME);
    for (size_t i = 0; i < TIME_N; i++) {
        gba_put_u8(&full, main_part.p[i]);
        if (between[i] != ' ')
            gba_put_u8(&full, (uint8_t)between[i]);
    }
    for (size_t i = 0; i < fraction.n; i++)
        GBA_ENSURE(gba_char_is_digit(fraction.p[i]), GBA_E_TIME);
    return gba_datetime_parse(gba_writer_view(&full), unix_s);
}
