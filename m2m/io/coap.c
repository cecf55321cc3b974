/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/coap.h"

#include <coap3/coap.h>

#include "gba/base/secret.h"

/* Options, RFC 7252 5.10, and TS-0008. */
enum {
    URI_HOST = 3,
    URI_PORT = 7,
    LOCATION_PATH = 8,
    URI_PATH = 11,
    CONTENT_FORMAT = 12,
    URI_QUERY = 15,
    ACCEPT = 17,
    ONEM2M_OT = 259,
    ONEM2M_TY = 267,
    ONEM2M_RVI = 271,
    ONEM2M_FR = 279,
    ONEM2M_RQI = 283,
    ONEM2M_RQET = 291,
    ONEM2M_RSC = 307,
};

enum { FORMAT_JSON = 50, FORMAT_RES_JSON = 10001, FORMAT_NONE = UINT32_MAX };
enum {
    CODE_GET = 1,
    CODE_CREATED = 201,
    CODE_DELETED = 202,
    CODE_CHANGED = 204,
    CODE_CONTENT = 205,
    CODE_BAD_OPTION = 402,
};
enum { RSC_MAX = 9999 };

struct reading {
    gba_writer *room;
    struct m2m_request *out;
    struct m2m_response *answer; /* instead of it */
    uint32_t format;
};

/* ---- options ---- */

static gba_rc number(gba_view value, uint32_t max, uint32_t *out)
{
    GBA_ENSURE(value.n <= 4, GBA_E_M2M_HEADER);
    *out = 0;
    for (size_t i = 0; i < value.n; i++)
        *out = *out << 8 | value.p[i];
    return *out <= max ? GBA_OK : GBA_E_M2M_HEADER;
}

static gba_view copy(gba_writer *room, gba_view value)
{
    size_t at = room->n;
    gba_put_view(room, value);
    return gba_view_sub(gba_writer_view(room), at, room->n - at);
}

static gba_rc take_text(struct reading *r, gba_view value, gba_view *out)
{
    GBA_ENSURE(!out->p && value.n > 0, GBA_E_M2M_HEADER);
    *out = copy(r->room, value);
    return gba_writer_end(r->room);
}

/* Options come in order of their numbers, so the segments follow each other in the room. */
static gba_rc take_segment(struct reading *r, gba_view value, gba_view *to)
{
    for (size_t i = 0; i < value.n; i++)
        GBA_ENSURE(value.p[i] > ' ' && value.p[i] != 0x7f && value.p[i] != '/', GBA_E_M2M_TARGET);
    if (to->n == 0)
        *to = gba_view_of(r->room->p + r->room->n, 0);
    size_t before = r->room->n;
    gba_put_u8(r->room, '/');
    gba_put_view(r->room, value);
    to->n += r->room->n - before;
    return gba_writer_end(r->room);
}

/* TS-0008: "_" begins the absolute form. */
static gba_rc take_path(struct reading *r, gba_view value)
{
    bool absolute = r->out->to.n == 0 && gba_view_eq(value, GBA_LIT("_"));
    return take_segment(r, absolute ? GBA_LIT("") : value, &r->out->to);
}

typedef gba_rc take_fn(struct reading *r, unsigned option, gba_view value);

static gba_rc take_option(struct reading *r, unsigned option, gba_view value)
{
    uint32_t n;
    switch (option) {
    case URI_PATH:
        return take_path(r, value);
    case CONTENT_FORMAT:
        return number(value, UINT16_MAX, &r->format);
    case ACCEPT:
        GBA_TRY(number(value, UINT16_MAX, &n));
        return n == FORMAT_RES_JSON || n == FORMAT_JSON ? GBA_OK : GBA_E_COAP_OPTION;
    case ONEM2M_TY:
        GBA_TRY(number(value, UINT16_MAX, &n));
        r->out->ty = n;
        return GBA_OK;
    case ONEM2M_FR:
        return take_text(r, value, &r->out->from);
    case ONEM2M_RQI:
        return take_text(r, value, &r->out->rqi);
    case ONEM2M_RVI:
        return take_text(r, value, &r->out->rvi);
    case URI_HOST:
    case URI_PORT:
    case URI_QUERY:
    case ONEM2M_OT:
    case ONEM2M_RQET:
        return GBA_OK;
    default:
        return option % 2 == 0 ? GBA_OK : GBA_E_COAP_OPTION; /*= RFC 7252 5.4.1: odd is critical */
    }
}

static gba_rc take_answer_option(struct reading *r, unsigned option, gba_view value)
{
    uint32_t n;
    switch (option) {
    case LOCATION_PATH:
        return take_segment(r, value, &r->answer->location);
    case CONTENT_FORMAT:
        return number(value, UINT16_MAX, &r->format);
    case ONEM2M_RQI:
        return take_text(r, value, &r->answer->rqi);
    case ONEM2M_RVI:
        return take_text(r, value, &r->answer->rvi);
    case ONEM2M_RSC:
        GBA_TRY(number(value, RSC_MAX, &n));
        r->answer->rsc = (enum m2m_rsc)n;
        return GBA_OK;
    default:
        return option % 2 == 0 ? GBA_OK : GBA_E_COAP_OPTION;
    }
}

static gba_rc take_options(struct reading *r, const coap_pdu_t *pdu, take_fn *take)
{
    coap_opt_iterator_t at;
    const coap_opt_t *option;
    if (!coap_option_iterator_init(pdu, &at, COAP_OPT_ALL))
        return GBA_OK;
    while ((option = coap_option_next(&at)) != NULL)
        GBA_TRY(take(r, at.number, gba_view_of(coap_opt_value(option), coap_opt_length(option))));
    return GBA_OK;
}

/* ---- reading ---- */

/* RFC 7252 12.1.1: their numbers. */
static const enum m2m_op methods[] = {0, M2M_RETRIEVE, M2M_CREATE, M2M_UPDATE, M2M_DELETE};

enum { METHODS_N = sizeof methods / sizeof *methods };

static gba_rc take_body(struct reading *r, const coap_pdu_t *pdu, gba_view *body)
{
    size_t n;
    const uint8_t *octets;
    if (!coap_get_data(pdu, &n, &octets))
        return GBA_OK;
    GBA_ENSURE(r->format == FORMAT_RES_JSON || r->format == FORMAT_JSON, GBA_E_M2M_TYPE);
    *body = copy(r->room, gba_view_of(octets, n));
    return gba_writer_end(r->room);
}

static gba_rc take_head(const coap_pdu_t *pdu, struct m2m_coap_head *head)
{
    coap_bin_const_t token = coap_pdu_get_token(pdu);
    coap_pdu_code_t code = coap_pdu_get_code(pdu);
    GBA_ENSURE(token.length <= M2M_COAP_TOKEN_MAX, GBA_E_COAP);
    head->type = (enum m2m_coap_type)coap_pdu_get_type(pdu);
    head->code = (unsigned)code / 32 * 100 + (unsigned)code % 32;
    head->empty = code == 0;
    head->id = (uint16_t)coap_pdu_get_mid(pdu);
    head->token_n = token.length;
    gba_copy(head->token, gba_view_of(token.s, token.length));
    head->request = (head->type == M2M_COAP_CON || head->type == M2M_COAP_NON) && code > 0 && code < 32;
    head->answer = head->type != M2M_COAP_RST && head->code >= 200 && head->code < 600;
    return GBA_OK;
}

/* The head of a datagram, and the rest of it to read; the caller frees *pdu.  E_COAP, E_MEMORY. */
static gba_rc parse(gba_view datagram, struct m2m_coap_head *head, coap_pdu_t **pdu)
{
    *head = (struct m2m_coap_head){.type = M2M_COAP_RST};
    coap_set_log_level(LOG_EMERG); /* it writes to standard error */
    *pdu = coap_pdu_init(0, 0, 0, datagram.n);
    GBA_ENSURE(*pdu, GBA_E_MEMORY);
    GBA_ENSURE(datagram.n > 0 && coap_pdu_parse(COAP_PROTO_UDP, datagram.p, datagram.n, *pdu), GBA_E_COAP);
    return take_head(*pdu, head);
}

static gba_rc read_request(const coap_pdu_t *pdu, gba_writer *room, const struct m2m_coap_head *head,
                           struct m2m_request *out)
{
    struct reading r = {.room = room, .out = out, .format = FORMAT_NONE};
    GBA_ENSURE(head->request, GBA_E_COAP);
    GBA_ENSURE(head->code < METHODS_N, GBA_E_M2M_METHOD);
    out->op = methods[head->code];
    GBA_TRY(take_options(&r, pdu, take_option));
    if (out->to.n == 0)
        out->to = GBA_LIT("/"); /*= RFC 7252 6.4 */
    out->plain = r.format == FORMAT_JSON;
    return take_body(&r, pdu, &out->body);
}

gba_rc m2m_coap_read(gba_view datagram, gba_writer *room, struct m2m_coap_head *head, struct m2m_request *out)
{
    coap_pdu_t *pdu;
    *out = (struct m2m_request){0};
    gba_rc rc = parse(datagram, head, &pdu);
    if (rc == GBA_OK)
        rc = read_request(pdu, room, head, out);
    coap_delete_pdu(pdu);
    return rc;
}

static gba_rc read_answer(const coap_pdu_t *pdu, gba_writer *room, const struct m2m_coap_head *head,
                          struct m2m_response *out)
{
    struct reading r = {.room = room, .answer = out, .format = FORMAT_NONE};
    GBA_ENSURE(head->answer, GBA_E_COAP);
    GBA_TRY(take_options(&r, pdu, take_answer_option));
    GBA_ENSURE(out->rsc > 0, GBA_E_M2M_ANSWER);
    out->plain = r.format == FORMAT_JSON;
    return take_body(&r, pdu, &out->body);
}

gba_rc m2m_coap_read_answer(gba_view datagram, gba_writer *room, struct m2m_coap_head *head,
                            struct m2m_response *out)
{
    coap_pdu_t *pdu;
    *out = (struct m2m_response){0};
    gba_rc rc = parse(datagram, head, &pdu);
    if (rc == GBA_OK)
        rc = read_answer(pdu, room, head, out);
    coap_delete_pdu(pdu);
    return rc;
}

/* ---- writing ---- */

static void put_head(const struct m2m_coap_head *head, enum m2m_coap_type type, unsigned code, gba_writer *w)
{
    gba_put_u8(w, (uint8_t)(1 << 6 | type << 4 | head->token_n));
    gba_put_u8(w, (uint8_t)(code / 100 << 5 | code % 100));
    gba_put_u16(w, head->id);
    gba_put_view(w, gba_view_of(head->token, head->token_n));
}

/* In order of their numbers. */
struct options {
    gba_writer *w;
    unsigned last;
};

static void put_option(struct options *o, unsigned option, gba_view value)
{
    uint16_t delta = (uint16_t)(option - o->last);
    size_t n = coap_opt_encode_size(delta, value.n);
    uint8_t *at = gba_put_room(o->w, n);
    if (at && coap_opt_encode(at, n, delta, value.p, value.n) != n)
        o->w->bad = true;
    o->last = option;
}

static void put_number(struct options *o, unsigned option, uint16_t n)
{
    const uint8_t octets[] = {(uint8_t)(n >> 8), (uint8_t)n};
    put_option(o, option, n > 255 ? GBA_ARRAY(octets) : gba_view_of(octets + 1, n > 0));
}

static void put_text(struct options *o, unsigned option, gba_view value)
{
    if (value.n > 0)
        put_option(o, option, value);
}

static void put_segments(struct options *o, unsigned option, gba_view rest)
{
    gba_view segment;
    bool more = true;
    while (more) {
        more = gba_view_split(rest, '/', &segment, &rest);
        put_option(o, option, segment);
    }
}

/* "/" and nothing have no segments. */
static void put_path(struct options *o, unsigned option, gba_view path)
{
    if (path.n > 1)
        put_segments(o, option, gba_view_sub(path, 1, path.n));
}

/* TS-0008: "_" begins the absolute form. */
static void put_to(struct options *o, gba_view to)
{
    if (gba_view_starts(to, GBA_LIT("//"))) {
        put_option(o, URI_PATH, GBA_LIT("_"));
        put_segments(o, URI_PATH, gba_view_sub(to, 2, to.n));
    } else {
        put_path(o, URI_PATH, to);
    }
}

static void put_format(struct options *o, gba_view body, bool plain)
{
    if (body.n > 0)
        put_number(o, CONTENT_FORMAT, plain ? FORMAT_JSON : FORMAT_RES_JSON);
}

static void put_body(gba_writer *w, gba_view body)
{
    if (body.n > 0)
        gba_put_u8(w, 0xff);
    gba_put_view(w, body);
}

/* Its table in TS-0008 was not at hand: success as in RFC 7252 5.9, failures as in HTTP. */
static unsigned code_of(const struct m2m_coap_head *head, const struct m2m_response *rsp)
{
    switch (rsp->rsc) {
    case M2M_RSC_OK:
        return head->code == CODE_GET ? CODE_CONTENT : CODE_CHANGED;
    case M2M_RSC_CREATED:
        return CODE_CREATED;
    case M2M_RSC_DELETED:
        return CODE_DELETED;
    case M2M_RSC_UPDATED:
        return CODE_CHANGED;
    default:
        return rsp->reason == GBA_E_COAP_OPTION ? CODE_BAD_OPTION : m2m_rsc_http(rsp->rsc);
    }
}

void m2m_coap_answer(const struct m2m_coap_head *head, const struct m2m_response *rsp, gba_writer *w)
{
    struct options o = {w, 0};
    put_head(head, head->type == M2M_COAP_CON ? M2M_COAP_ACK : M2M_COAP_NON, code_of(head, rsp), w);
    put_path(&o, LOCATION_PATH, rsp->location);
    put_format(&o, rsp->body, rsp->plain);
    put_text(&o, ONEM2M_RVI, rsp->rvi);
    put_text(&o, ONEM2M_RQI, rsp->rqi);
    put_number(&o, ONEM2M_RSC, (uint16_t)rsp->rsc);
    put_body(w, rsp->body);
}

void m2m_coap_empty(const struct m2m_coap_head *head, enum m2m_coap_type type, gba_writer *w)
{
    const struct m2m_coap_head bare = {.id = head->id};
    put_head(&bare, type, 0, w);
}

static unsigned method_of(enum m2m_op op)
{
    unsigned i = 1;
    while (i + 1 < METHODS_N && methods[i] != op)
        i++;
    return i;
}

/* The host needs no option: it is the name that the handshake was with (SNI). */
void m2m_coap_request(const struct m2m_coap_head *head, const struct m2m_request *req, gba_writer *w)
{
    struct options o = {w, 0};
    put_head(head, head->type, method_of(req->op), w);
    put_to(&o, req->to);
    put_format(&o, req->body, req->plain);
    if (req->op == M2M_CREATE && req->ty > 0)
        put_number(&o, ONEM2M_TY, (uint16_t)req->ty);
    put_text(&o, ONEM2M_RVI, req->rvi);
    put_text(&o, ONEM2M_FR, req->from);
    put_text(&o, ONEM2M_RQI, req->rqi);
    put_body(w, req->body);
}
