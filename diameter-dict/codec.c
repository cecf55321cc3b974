/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/codec.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdproto.h>

#include "gba/base/stamp.h"

enum { NO_STATE_MAINTAINED = 1 };

/* ---- put ---- */

/* A new AVP at the end of what is open; NULL (and bad) when that failed. */
static struct avp *put_avp(struct dia_put *p, enum dia_avp avp)
{
    struct avp *made = NULL;
    if (p->bad || fd_msg_avp_new(dia_dict_avp(avp), 0, &made) != 0) {
        p->bad = true;
        return NULL;
    }
    if (fd_msg_avp_add(p->at, MSG_BRW_LAST_CHILD, made) != 0) {
        (void)fd_msg_free(made);
        p->bad = true;
        return NULL;
    }
    return made;
}

static void put_value(struct dia_put *p, enum dia_avp avp, union avp_value value)
{
    struct avp *made = put_avp(p, avp);
    if (made && fd_msg_avp_setvalue(made, &value) != 0)
        p->bad = true;
}

void dia_put_view(struct dia_put *p, enum dia_avp avp, gba_view v)
{
    /* copied by libfdproto, which lacks the const */
    union avp_value value = {.os = {.data = (uint8_t *)(uintptr_t)v.p, .len = v.n}};
    if (v.p)
        put_value(p, avp, value);
}

void dia_put_number(struct dia_put *p, enum dia_avp avp, uint32_t v)
{
    put_value(p, avp, (union avp_value){.u32 = v});
}

void dia_put_number64(struct dia_put *p, enum dia_avp avp, uint64_t v)
{
    put_value(p, avp, (union avp_value){.u64 = v});
}

void dia_put_time(struct dia_put *p, enum dia_avp avp, int64_t s)
{
    uint8_t octets[4];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    gba_put_u32(&w, gba_stamp_to_diameter(s));
    dia_put_view(p, avp, gba_writer_view(&w));
}

void *dia_put_open(struct dia_put *p, enum dia_avp avp)
{
    void *outer = p->at;
    struct avp *group = put_avp(p, avp);
    if (group)
        p->at = group;
    return outer;
}

void dia_put_close(struct dia_put *p, void *outer)
{
    p->at = outer;
}

/*= RFC 6733 8.8: a new Session-Id.  The message owns the session: it is gone
 * with the last message that has it, as nobody keeps state in it. */
static void put_session(struct dia_put *p, gba_view origin_host)
{
    struct session *session = NULL;
    uint8_t *sid = NULL;
    size_t n = 0;
    if (p->bad || origin_host.n == 0 ||
        fd_sess_new(&session, (DiamId_t)(uintptr_t)origin_host.p, origin_host.n, NULL, 0) != 0) {
        p->bad = true;
        return;
    }
    if (fd_msg_sess_set(p->msg, session) != 0 || fd_sess_getsid(session, &sid, &n) != 0) {
        (void)fd_sess_destroy(&session);
        p->bad = true;
        return;
    }
    dia_put_view(p, DIA_AVP_SESSION_ID, gba_view_of(sid, n));
}

static void put_application(struct dia_put *p, uint32_t app)
{
    void *outer = dia_put_open(p, DIA_AVP_VSAI);
    dia_put_number(p, DIA_AVP_VENDOR_ID, DIA_VENDOR_3GPP);
    dia_put_number(p, DIA_AVP_AUTH_APPLICATION_ID, app);
    dia_put_close(p, outer);
    dia_put_number(p, DIA_AVP_AUTH_SESSION_STATE, NO_STATE_MAINTAINED);
}

struct dia_put dia_put_request(enum dia_cmd cmd, uint32_t app, const struct dia_route *route)
{
    struct dia_put p = {NULL, NULL, false};
    struct msg_hdr *header = NULL;
    if (!dia_dict() || fd_msg_new(dia_dict_cmd(cmd), MSGFL_ALLOC_ETEID, &p.msg) != 0 ||
        fd_msg_hdr(p.msg, &header) != 0) {
        p.bad = true;
        return p;
    }
    /* A command that others registered may have no application and no P bit. */
    header->msg_appl = app;
    header->msg_flags |= CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE;
    p.at = p.msg;
    put_session(&p, route->origin_host);
    put_application(&p, app);
    dia_put_view(&p, DIA_AVP_ORIGIN_HOST, route->origin_host);
    dia_put_view(&p, DIA_AVP_ORIGIN_REALM, route->origin_realm);
    dia_put_view(&p, DIA_AVP_DESTINATION_REALM, route->dest_realm);
    dia_put_view(&p, DIA_AVP_DESTINATION_HOST, route->dest_host);
    return p;
}

void dia_put_again(struct dia_put *p)
{
    struct msg_hdr *header = NULL;
    if (!p->bad && fd_msg_hdr(p->msg, &header) == 0)
        header->msg_flags |= CMD_FLAG_RETRANSMIT;
}

gba_rc dia_put_request_end(struct dia_put *p, struct msg **out)
{
    *out = p->msg;
    if (!p->bad)
        return GBA_OK;
    if (p->msg)
        (void)fd_msg_free(p->msg);
    *out = NULL;
    return GBA_E_DIA_ENCODE;
}

static struct avp *next_avp(void *message_or_avp, enum msg_brw_dir direction)
{
    struct avp *found = NULL;
    return fd_msg_browse_internal(message_or_avp, direction, (void *)&found, NULL) == 0 ? found : NULL;
}

/* Children and values are all there; the request may have been given up before
 * the parser came here. */
static bool copyable(struct avp *avp)
{
    struct fd_pei info = {NULL, NULL, 0, NULL, 0};
    bool ok = fd_msg_parse_dict(avp, dia_dict(), &info) == 0 && fd_msg_update_length(avp) == 0;
    if (info.pei_avp_free)
        (void)fd_msg_free(info.pei_avp);
    return ok;
}

/* What of the request may be copied.  libfdproto aborts the process when it looks
 * at a Session-Id without a value, which a peer can send (V bit and vendor 0),
 * and leaks the answer when it cannot copy a Proxy-Info. */
static int answer_flags(struct msg *request)
{
    int flags = MSGFL_ANSW_NOSID;
    bool session_seen = false;
    for (struct avp *avp = next_avp(request, MSG_BRW_FIRST_CHILD); avp; avp = next_avp(avp, MSG_BRW_NEXT)) {
        struct avp_hdr *header = NULL;
        if (fd_msg_avp_hdr(avp, &header) != 0 || header->avp_vendor != 0)
            continue;
        if (header->avp_code == AC_SESSION_ID && !session_seen && header->avp_value)
            flags &= ~MSGFL_ANSW_NOSID;
        if (header->avp_code == AC_SESSION_ID)
            session_seen = true;
        if (header->avp_code == AC_PROXY_INFO && !copyable(avp))
            flags |= MSGFL_ANSW_NOPROXYINFO;
    }
    return flags;
}

static void put_result(struct dia_put *p, struct dia_result result)
{
    if (!result.experimental) {
        dia_put_number(p, DIA_AVP_RESULT_CODE, result.code);
        return;
    }
    void *outer = dia_put_open(p, DIA_AVP_EXPERIMENTAL_RESULT);
    dia_put_number(p, DIA_AVP_VENDOR_ID, DIA_VENDOR_3GPP);
    dia_put_number(p, DIA_AVP_EXPERIMENTAL_RESULT_CODE, result.code);
    dia_put_close(p, outer);
}

/*= RFC 6733 7.1.3: only protocol errors carry the E bit */
static bool protocol_error(struct dia_result result)
{
    return !result.experimental && result.code >= 3000 && result.code < 4000;
}

struct dia_put dia_put_answer(struct msg *request, const struct dia_route *origin, struct dia_result result)
{
    struct dia_put p = {request, NULL, false};
    struct msg_hdr *asked = NULL, *header = NULL;
    int flags = answer_flags(request) | (protocol_error(result) ? MSGFL_ANSW_ERROR : 0);
    if (!dia_dict() || fd_msg_hdr(request, &asked) != 0 ||
        fd_msg_new_answer_from_req(dia_dict(), &p.msg, flags) != 0 || fd_msg_hdr(p.msg, &header) != 0) {
        p.bad = true;
        return p;
    }
    p.at = p.msg;
    header->msg_flags =
        (uint8_t)((header->msg_flags & ~CMD_FLAG_PROXIABLE) | (asked->msg_flags & CMD_FLAG_PROXIABLE));
    if (!protocol_error(result))
        put_application(&p, asked->msg_appl);
    put_result(&p, result);
    dia_put_view(&p, DIA_AVP_ORIGIN_HOST, origin->origin_host);
    dia_put_view(&p, DIA_AVP_ORIGIN_REALM, origin->origin_realm);
    return p;
}

/* The row of an AVP, or DIA_AVP_COUNT.  The model tells that the value has the
 * format of the row; there is none when libfdproto could not read the value. */
static enum dia_avp row_of(struct avp *avp)
{
    struct avp_hdr *header = NULL;
    struct dict_object *model = NULL;
    if (fd_msg_avp_hdr(avp, &header) != 0 || fd_msg_model(avp, &model) != 0)
        return DIA_AVP_COUNT;
    enum dia_avp row = dia_avp_of(header->avp_code, header->avp_vendor);
    if (row == DIA_AVP_COUNT)
        return DIA_AVP_COUNT;
    return !model || model == dia_dict_avp(row) ? row : DIA_AVP_COUNT;
}

/* The value of an AVP that libfdproto could read; NULL for one whose data has
 * the wrong length for its type. */
static const union avp_value *value_of(struct avp *avp)
{
    struct avp_hdr *header = NULL;
    return fd_msg_avp_hdr(avp, &header) == 0 ? header->avp_value : NULL;
}

static gba_view octets(const union avp_value *value)
{
    /* present and empty stays present */
    return gba_view_of(value->os.data ? value->os.data : (const uint8_t *)"", value->os.len);
}

/* The first AVP of that kind at any depth. */
static struct avp *find_avp(struct msg *request, enum dia_avp avp)
{
    for (struct avp *a = next_avp(request, MSG_BRW_FIRST_CHILD); a; a = next_avp(a, MSG_BRW_WALK)) {
        if (row_of(a) == avp)
            return a;
    }
    return NULL;
}

/*= RFC 6733 7.5 */
void dia_put_failed(struct dia_put *p, struct msg *request, enum dia_avp avp)
{
    static const union avp_value zeros;
    struct dict_avp_data data;
    struct avp *offending = find_avp(request, avp);
    const union avp_value *value = offending ? value_of(offending) : NULL;
    void *outer = dia_put_open(p, DIA_AVP_FAILED_AVP);
    if (p->bad || fd_dict_getval(dia_dict_avp(avp), &data) != 0)
        p->bad = true;
    else if (data.avp_basetype == AVP_TYPE_GROUPED)
        (void)put_avp(p, avp);
    else
        put_value(p, avp, value ? *value : zeros);
    dia_put_close(p, outer);
}

gba_rc dia_put_answer_end(struct dia_put *p, struct msg **msg)
{
    struct msg *request = NULL;
    if (!p->bad) {
        *msg = p->msg;
        return GBA_OK;
    }
    if (p->msg && p->msg != *msg && fd_msg_answ_getq(p->msg, &request) == 0) {
        (void)fd_msg_answ_detach(p->msg);
        (void)fd_msg_free(p->msg);
    }
    return GBA_E_DIA_ENCODE;
}

/* ---- get ---- */

static void index_avp(struct dia_get *g, struct avp *avp)
{
    enum dia_avp row = row_of(avp);
    if (row == DIA_AVP_COUNT)
        return;
    if (g->count[row] == 0)
        g->first[row] = avp;
    if (g->count[row] < UINT16_MAX)
        g->count[row]++;
}

struct dia_get dia_get_open(void *message_or_group)
{
    struct dia_get g = {.rc = GBA_OK, .culprit = DIA_AVP_COUNT};
    for (struct avp *a = next_avp(message_or_group, MSG_BRW_FIRST_CHILD); a; a = next_avp(a, MSG_BRW_NEXT))
        index_avp(&g, a);
    return g;
}

void dia_get_fail(struct dia_get *g, enum dia_avp avp, gba_rc rc)
{
    if (g->rc != GBA_OK)
        return;
    g->rc = rc;
    g->culprit = avp;
}

/* The one value; NULL when there is none or after a failure. */
static const union avp_value *single(struct dia_get *g, enum dia_avp avp)
{
    if (g->rc != GBA_OK || g->count[avp] == 0)
        return NULL;
    if (g->count[avp] > 1) {
        dia_get_fail(g, avp, GBA_E_DIA_REPEATED);
        return NULL;
    }
    const union avp_value *value = value_of(g->first[avp]);
    if (!value)
        dia_get_fail(g, avp, GBA_E_DIA_LENGTH);
    return value;
}

gba_view dia_get_view(struct dia_get *g, enum dia_avp avp)
{
    const union avp_value *value = single(g, avp);
    return value ? octets(value) : (gba_view){NULL, 0};
}

bool dia_get_number(struct dia_get *g, enum dia_avp avp, uint32_t *v)
{
    const union avp_value *value = single(g, avp);
    if (value)
        *v = value->u32;
    return value != NULL;
}

bool dia_get_number64(struct dia_get *g, enum dia_avp avp, uint64_t *v)
{
    const union avp_value *value = single(g, avp);
    if (value)
        *v = value->u64;
    return value != NULL;
}

bool dia_get_time(struct dia_get *g, enum dia_avp avp, int64_t *s)
{
    gba_view v = dia_get_view(g, avp);
    gba_reader r = gba_reader_of(v);
    if (!v.p)
        return false;
    uint32_t wire = gba_get_u32(&r);
    if (gba_reader_end(&r) != GBA_OK) {
        dia_get_fail(g, avp, GBA_E_DIA_LENGTH);
        return false;
    }
    *s = gba_stamp_from_diameter(wire);
    return true;
}

gba_view dia_need_view(struct dia_get *g, enum dia_avp avp)
{
    gba_view v = dia_get_view(g, avp);
    if (!v.p)
        dia_get_fail(g, avp, GBA_E_DIA_MISSING);
    else if (v.n == 0)
        dia_get_fail(g, avp, GBA_E_DIA_VALUE);
    return v;
}

void dia_need_bytes(struct dia_get *g, enum dia_avp avp, void *dst, size_t n)
{
    gba_view v = dia_need_view(g, avp);
    if (g->rc == GBA_OK && v.n != n)
        dia_get_fail(g, avp, GBA_E_DIA_LENGTH);
    if (g->rc == GBA_OK)
        gba_copy(dst, v);
}

/* A group whose octets libfdproto could not split has data but no AVPs. */
static bool readable(struct avp *group)
{
    struct avp_hdr *header = NULL;
    if (fd_msg_avp_hdr(group, &header) != 0)
        return false;
    uint32_t empty = header->avp_flags & AVP_FLAG_VENDOR ? 12 : 8;
    return header->avp_len <= empty || next_avp(group, MSG_BRW_FIRST_CHILD) != NULL;
}

bool dia_get_group(struct dia_get *g, enum dia_avp avp, struct dia_get *inside)
{
    if (g->rc != GBA_OK || g->count[avp] == 0)
        return false;
    if (g->count[avp] > 1) {
        dia_get_fail(g, avp, GBA_E_DIA_REPEATED);
        return false;
    }
    if (!readable(g->first[avp])) {
        dia_get_fail(g, avp, GBA_E_DIA_LENGTH);
        return false;
    }
    *inside = dia_get_open(g->first[avp]);
    return true;
}

size_t dia_get_groups(const struct dia_get *g, enum dia_avp avp, struct dia_get *inside, size_t max)
{
    size_t n = 0;
    for (struct avp *a = g->first[avp]; a && n < max; a = next_avp(a, MSG_BRW_NEXT)) {
        if (row_of(a) == avp && readable(a))
            inside[n++] = dia_get_open(a);
    }
    return n;
}

void dia_get_join(struct dia_get *g, const struct dia_get *inside)
{
    if (inside->rc != GBA_OK)
        dia_get_fail(g, inside->culprit, inside->rc);
}

size_t dia_get_views(struct dia_get *g, enum dia_avp avp, gba_view *out, size_t max)
{
    size_t n = 0;
    if (g->count[avp] > max)
        dia_get_fail(g, avp, GBA_E_DIA_REPEATED);
    for (struct avp *a = g->first[avp]; a && g->rc == GBA_OK; a = next_avp(a, MSG_BRW_NEXT)) {
        if (row_of(a) != avp)
            continue;
        const union avp_value *value = value_of(a);
        if (value)
            out[n++] = octets(value);
        else
            dia_get_fail(g, avp, GBA_E_DIA_LENGTH);
    }
    return n;
}

void dia_get_route(struct dia_get *g, struct dia_route *route)
{
    (void)dia_need_view(g, DIA_AVP_SESSION_ID);
    route->origin_host = dia_need_view(g, DIA_AVP_ORIGIN_HOST);
    route->origin_realm = dia_need_view(g, DIA_AVP_ORIGIN_REALM);
    route->dest_realm = dia_get_view(g, DIA_AVP_DESTINATION_REALM);
    route->dest_host = dia_get_view(g, DIA_AVP_DESTINATION_HOST);
}

void dia_get_result(struct dia_get *g, struct dia_result *result, uint32_t *said)
{
    struct dia_get inside;
    uint32_t vendor = 0;
    *result = (struct dia_result){false, 0};
    /* An answer with both is no success, whatever Result-Code says. */
    if (!dia_get_group(g, DIA_AVP_EXPERIMENTAL_RESULT, &inside)) {
        if (!dia_get_number(g, DIA_AVP_RESULT_CODE, &result->code))
            dia_get_fail(g, DIA_AVP_RESULT_CODE, GBA_E_DIA_MISSING);
        *said = result->code;
        return;
    }
    if (!dia_get_number(&inside, DIA_AVP_VENDOR_ID, &vendor))
        dia_get_fail(&inside, DIA_AVP_VENDOR_ID, GBA_E_DIA_MISSING);
    if (!dia_get_number(&inside, DIA_AVP_EXPERIMENTAL_RESULT_CODE, &result->code))
        dia_get_fail(&inside, DIA_AVP_EXPERIMENTAL_RESULT_CODE, GBA_E_DIA_MISSING);
    dia_get_join(g, &inside);
    *said = result->code;
    result->experimental = vendor == DIA_VENDOR_3GPP;
    if (!result->experimental)
        result->code = DIA_UNABLE_TO_COMPLY;
}

/*= RFC 6733 7.1.5 */
static uint32_t result_of(gba_rc rc)
{
    switch (rc) {
    case GBA_E_DIA_MISSING:
        return DIA_MISSING_AVP;
    case GBA_E_DIA_VALUE:
        return DIA_INVALID_AVP_VALUE;
    case GBA_E_DIA_LENGTH:
        return DIA_INVALID_AVP_LENGTH;
    case GBA_E_DIA_REPEATED:
        return DIA_AVP_OCCURS_TOO_MANY_TIMES;
    default:
        return DIA_UNABLE_TO_COMPLY;
    }
}

gba_rc dia_get_end(const struct dia_get *g, struct dia_fault *fault)
{
    if (g->rc == GBA_OK)
        return GBA_OK;
    fault->result = (struct dia_result){false, result_of(g->rc)};
    fault->avp_code = g->culprit == DIA_AVP_COUNT ? 0 : dia_avp_code(g->culprit);
    return g->rc;
}
