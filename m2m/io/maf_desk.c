/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/maf_desk.h"

#include "gba/base/secret.h"
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

/* What became of reading it stands in *rsp. */
static void answer(void *arg, struct rt_tls *tls, const struct m2m_request *req, gba_writer *room,
                   struct m2m_response *rsp)
{
    struct m2m_maf_desk *desk = arg;
    struct m2m_reg_result result = {.rsp = *rsp};
    if (rsp->reason == GBA_OK)
        serve(desk, tls, req, room, &result);
    *rsp = result.rsp;
    log_request(desk, rt_tls_peer(tls), req, rsp);
}

void m2m_maf_desk_http(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *http)
{
    struct m2m_maf_desk *desk = arg;
    struct rt_tls *tls = rt_http_tls(tx);
    struct m2m_request req;
    struct gba_http_msg reply = {.status = 503, .minor = 1};
    gba_writer room = gba_writer_of(desk->room, sizeof desk->room);
    if (tls) {
        gba_rc rc = m2m_request_of_http(http, &room, &req);
        struct m2m_response rsp = m2m_answer_of(rc, &req);
        answer(desk, tls, &req, &room, &rsp);
        m2m_response_to_http(&rsp, &room, &reply);
    }
    rt_http_reply(tx, &reply);
    gba_wipe_bytes(desk->room, room.n);
}

void m2m_maf_desk_init(struct m2m_maf_desk *desk, struct rt_loop *loop)
{
    desk->loop = desk->coap.loop = loop;
    desk->coap.fn = answer;
    desk->coap.arg = desk;
    desk->coap.counts = &desk->counts;
}
