/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/maf_desk.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "m2m/io/coap.h"
#include "m2m/io/maf_assoc.h"
#include "rt/log.h"

/* ---- any request ---- */

/*= TS-0003 8.8.2.7, 10.3.1: one session has one key to register */
static gba_rc export_key(void *arg, uint8_t out[M2M_EXPORT_N])
{
    struct rt_tls *tls = arg;
    GBA_ENSURE(!m2m_maf_session_of(tls)->exported, GBA_E_REG_TWICE);
    return rt_tls_export(tls, M2M_LABEL_CONNECTION, out, M2M_EXPORT_N);
}

/* The client may use the name that it is told at once, so it must be kept before. */
static void keep_alias(struct m2m_maf_desk *desk, const struct m2m_maf_session *session,
                       struct m2m_reg_result *result)
{
    gba_rc rc = m2m_target_alias(desk->target, rt_loop_env(desk->loop), gba_text_view(&session->credential),
                                 gba_text_view(&result->alias));
    if (rc == GBA_OK)
        return;
    result->rsp.rsc = m2m_rsc_of(rc);
    result->rsp.reason = rc;
    result->rsp.body = (gba_view){NULL, 0};
}

static void serve(struct m2m_maf_desk *desk, struct rt_tls *tls, const struct m2m_request *req,
                  gba_writer *room, struct m2m_reg_result *result)
{
    const struct rt_tls_peer *peer = rt_tls_peer(tls);
    struct m2m_maf_session *session = m2m_maf_session_of(tls);
    const struct m2m_reg_client client = {
        .who = gba_text_view(&peer->who),
        .credential = gba_text_view(&session->credential),
        .until_s = peer->until_ms > 0 ? peer->until_ms / 1000 : INT64_MAX,
        .export = export_key,
        .export_arg = tls,
    };
    const struct m2m_reg_ask ask = {&client, req};
    m2m_reg_serve(&desk->reg, rt_loop_env(desk->loop), &ask, room, result);
    session->exported |= result->exported;
    if (result->alias.n > 0)
        keep_alias(desk, session, result);
}

static const char *op_name(enum m2m_op op)
{
    static const char *const names[] = {"none", "create", "retrieve", "update", "delete"};
    return names[op];
}

static void log_request(struct m2m_maf_desk *desk, const struct rt_tls_peer *peer,
                        const struct m2m_request *req, const struct m2m_response *rsp)
{
    rt_reasons_add(&desk->counts, rsp->reason);
    rt_log(rsp->reason == GBA_OK ? RT_LOG_INFO : RT_LOG_NOTICE, "maf.request", RT_REASON(rsp->reason),
           RT_NUM("rsc", rsp->rsc), RT_CSTR("op", op_name(req->op)), RT_NUM("ty", req->ty),
           RT_STR("to", req->to), RT_ID("client", gba_text_view(&peer->who)));
}

/* ---- HTTP ---- */

void m2m_maf_desk_http(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *http)
{
    struct m2m_maf_desk *desk = arg;
    struct rt_tls *tls = rt_http_tls(tx);
    struct m2m_request req;
    struct m2m_reg_result result = {0};
    struct gba_http_msg answer = {.status = 503, .minor = 1};
    gba_writer room = gba_writer_of(desk->room, sizeof desk->room);
    if (tls) {
        gba_rc rc = m2m_request_of_http(http, &room, &req);
        if (rc == GBA_OK)
            serve(desk, tls, &req, &room, &result);
        else
            result.rsp = (struct m2m_response){m2m_rsc_of(rc), rc, .rqi = req.rqi, .rvi = req.rvi};
        m2m_response_to_http(&result.rsp, &room, &answer);
        log_request(desk, rt_tls_peer(tls), &req, &result.rsp);
    }
    rt_http_reply(tx, &answer);
    gba_wipe_bytes(desk->room, room.n);
}

/* ---- CoAP ---- */

/* One request and what became of it. */
struct exchange {
    struct rt_dtls *dtls;
    struct m2m_maf_session *session;
    struct m2m_coap_head head;
    struct m2m_request req;
    struct m2m_reg_result result;
};

/* Kept for the same request once more (RFC 7252 4.5); without memory that is served anew. */
static void keep_answer(struct m2m_maf_session *session, uint16_t id, gba_view answer)
{
    uint8_t *octets = malloc(answer.n);
    if (session->coap)
        gba_wipe_bytes(session->coap, session->coap_n);
    free(session->coap);
    session->coap = octets;
    session->coap_id = id;
    session->coap_n = answer.n;
    if (octets)
        gba_copy(octets, answer);
}

static gba_rc try_answer(struct m2m_maf_desk *desk, const struct exchange *x)
{
    gba_writer w = gba_writer_of(desk->datagram, sizeof desk->datagram);
    m2m_coap_answer(&x->head, &x->result.rsp, &w);
    gba_rc rc = gba_writer_end(&w);
    if (rc == GBA_OK)
        rc = rt_dtls_send(x->dtls, gba_writer_view(&w));
    if (rc == GBA_OK)
        keep_answer(x->session, x->head.id, gba_writer_view(&w));
    gba_wipe_bytes(desk->datagram, w.n);
    return rc;
}

static void refuse(struct exchange *x, gba_rc rc)
{
    x->result.rsp = (struct m2m_response){m2m_rsc_of(rc), rc, .rqi = x->req.rqi, .rvi = x->req.rvi};
}

/* What does not fit a record cannot be told: there is no block-wise transfer. */
static void send_answer(struct m2m_maf_desk *desk, struct exchange *x)
{
    gba_rc rc = try_answer(desk, x);
    if (rc == GBA_E_TOO_LONG || rc == GBA_E_SPACE) {
        refuse(x, rc);
        rc = try_answer(desk, x);
    }
    if (rc != GBA_OK)
        rt_log(RT_LOG_NOTICE, "maf.not-answered", RT_REASON(rc), RT_STR("peer", rt_dtls_peer(x->dtls)));
}

/* No request: a ping is answered with a reset, as is an answer that nobody waits for. */
static void reset(struct m2m_maf_desk *desk, const struct exchange *x)
{
    uint8_t octets[4];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    rt_reasons_add(&desk->counts, GBA_E_COAP);
    m2m_coap_reset(&x->head, &w);
    gba_rc rc = x->head.confirmable ? rt_dtls_send(x->dtls, gba_writer_view(&w)) : GBA_OK;
    rt_log(RT_LOG_DEBUG, "maf.no-request", RT_REASON(rc), RT_STR("peer", rt_dtls_peer(x->dtls)));
}

static void repeat(const struct exchange *x)
{
    gba_rc rc = rt_dtls_send(x->dtls, gba_view_of(x->session->coap, x->session->coap_n));
    rt_log(RT_LOG_DEBUG, "maf.repeated", RT_REASON(rc), RT_STR("peer", rt_dtls_peer(x->dtls)));
}

static void serve_coap(struct m2m_maf_desk *desk, struct exchange *x, gba_rc rc, gba_writer *room)
{
    struct rt_tls *tls = rt_dtls_tls(x->dtls);
    if (rc == GBA_OK)
        serve(desk, tls, &x->req, room, &x->result);
    else
        refuse(x, rc);
    send_answer(desk, x);
    log_request(desk, rt_tls_peer(tls), &x->req, &x->result.rsp);
}

void m2m_maf_desk_coap(void *arg, struct rt_dtls *dtls, gba_view octets)
{
    struct m2m_maf_desk *desk = arg;
    struct exchange x = {.dtls = dtls, .session = m2m_maf_session_of(rt_dtls_tls(dtls))};
    gba_writer room = gba_writer_of(desk->room, sizeof desk->room);
    gba_rc rc = m2m_coap_read(octets, &room, &x.head, &x.req);
    if (!x.head.request)
        reset(desk, &x);
    else if (x.session->coap && x.session->coap_id == x.head.id)
        repeat(&x);
    else
        serve_coap(desk, &x, rc, &room);
    gba_wipe_bytes(desk->room, room.n);
}
