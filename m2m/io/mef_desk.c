/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/mef_desk.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "m2m/reg.h"
#include "rt/log.h"

enum { ROOM = 64 * 1024 };

/* One request being served. */
struct serving {
    struct m2m_mef_server *server;
    const gba_env *env;
    struct rt_tls *tls;
    struct m2m_mef_session *session;
    const struct m2m_request *req;
    struct m2m_response *rsp;
    gba_writer *w; /* what the answer consists of */
};

/* ---- answers ---- */

/* Body: what was written to w since `at`. */
static void answer_json(struct serving *s, gba_rc rc, size_t at)
{
    *s->rsp = m2m_answer_of(rc, s->req);
    s->rsp->body = gba_view_sub(gba_writer_view(s->w), at, s->w->n);
    s->rsp->plain = true;
}

static void answer_error(struct serving *s, gba_rc rc)
{
    size_t at = s->w->n;
    m2m_mef_error_put(rc, s->w);
    answer_json(s, rc, at);
}

static void log_refusal(const struct serving *s, gba_rc rc, gba_view keid)
{
    gba_text who = {.n = 0};
    m2m_mef_who_put(&s->session->who, &who);
    rt_log(RT_LOG_WARN, "mef.refused", RT_REASON(rc), RT_ID("who", gba_text_view(&who)), RT_ID("keid", keid));
}

/* ---- GET /fetchCredentials ---- */

static gba_rc read_fetch(gba_view rest, struct m2m_mef_fetch *ask)
{
    gba_view suid;
    uint64_t n;
    if (!gba_view_split(rest, '/', &ask->keid, &suid))
        return GBA_OK;
    GBA_ENSURE(gba_dec_parse(suid, 99, &n) == GBA_OK && n > 0, GBA_E_MEF_SUID);
    ask->suid = (unsigned)n;
    return GBA_OK;
}

static void log_given(const struct serving *s, const struct m2m_mef_fetch *ask,
                      const struct m2m_mef_given *given)
{
    rt_log(RT_LOG_INFO, "mef.given", RT_ID("keid", ask->keid),
           RT_STR("target", gba_text_view(&s->session->who.name)),
           RT_ID("enrolee", gba_text_view(&given->enrolee.text)), RT_NUM("suid", ask->suid),
           RT_NUM("until", given->until_s));
}

static void fetch(struct serving *s, gba_view rest)
{
    struct m2m_mef_fetch ask = {.who = &s->session->who, .origin = s->req->from};
    struct m2m_mef_given given = {.until_s = 0};
    size_t at = s->w->n;
    gba_rc rc = s->req->op == M2M_RETRIEVE ? read_fetch(rest, &ask) : GBA_E_M2M_METHOD;
    if (rc == GBA_OK)
        rc = m2m_mef_give(&s->server->engine, s->env, &ask, &given);
    if (rc == GBA_OK) {
        m2m_mef_given_put(&given, s->w);
        log_given(s, &ask, &given);
    } else {
        m2m_mef_refusal_put(rc, s->w);
        log_refusal(s, rc, ask.keid);
    }
    gba_wipe(&given);
    answer_json(s, rc, at);
}

/* ---- POST /enrol ---- */

static gba_rc present(struct serving *s)
{
    const struct m2m_mef *mef = &s->server->engine;
    gba_view keid = gba_text_view(&s->session->enrolled.keid);
    struct m2m_mef_offer offer;
    uint8_t room[256];
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_ENSURE(s->req->op == M2M_CREATE, GBA_E_M2M_METHOD);
    GBA_ENSURE(!s->session->who.target, GBA_E_TOKEN);
    gba_rc rc = m2m_mef_offer_parse(s->req->body, &w, &offer);
    if (rc == GBA_OK)
        rc = m2m_mef_present(mef, s->env, keid, &offer);
    gba_wipe_bytes(room, sizeof room);
    return rc;
}

static void enrol(struct serving *s)
{
    const struct m2m_mef_enrolled *enrolled = &s->session->enrolled;
    gba_view keid = gba_text_view(&enrolled->keid);
    size_t at = s->w->n;
    gba_rc rc = present(s);
    if (rc != GBA_OK) {
        log_refusal(s, rc, keid);
        answer_error(s, rc);
        return;
    }
    rt_log(RT_LOG_INFO, "mef.token-taken", RT_ID("keid", keid),
           RT_STR("record", gba_text_view(&s->session->who.name)));
    m2m_mef_enrolled_put(enrolled, s->w);
    answer_json(s, rc, at);
}

/* ---- registrations ---- */

static gba_rc export_connection_key(void *arg, uint8_t out[M2M_EXPORT_N])
{
    const struct serving *s = arg;
    GBA_ENSURE(!s->session->exported, GBA_E_REG_TWICE);
    return rt_tls_export(s->tls, M2M_LABEL_CONNECTION, out, M2M_EXPORT_N);
}

static struct m2m_reg registrations(const struct serving *s)
{
    const struct m2m_conf_reg *conf = &s->server->conf->registrations;
    return (struct m2m_reg){
        .vault = s->server->engine.vault,
        .fqdn = *s->session->name,
        .admins = conf->admins.items,
        .admins_n = conf->admins.n,
        .max_client_s = conf->max_client_s,
        .max_key_s = conf->max_key_s,
    };
}

static void serve_registration(struct serving *s)
{
    const struct m2m_reg reg = registrations(s);
    struct m2m_party party;
    bool known = m2m_mef_prover(&s->server->engine, &s->session->who, &party) == GBA_OK;
    const struct m2m_reg_client client = {
        .who = known ? gba_text_view(&party.id.text) : (gba_view){NULL, 0},
        .credential = gba_text_view(&rt_tls_peer(s->tls)->identity),
        .until_s = s->session->who.target ? INT64_MAX : s->session->enrolled.until_s,
        .export = export_connection_key,
        .export_arg = s,
    };
    struct m2m_reg_result result;
    m2m_reg_serve(&reg, s->env, &(struct m2m_reg_ask){&client, s->req}, s->w, &result);
    s->session->exported |= result.exported;
    *s->rsp = result.rsp;
    if (result.rsp.reason != GBA_OK)
        log_refusal(s, result.rsp.reason, (gba_view){NULL, 0});
}

/* ---- routes ---- */

static bool is_registration(gba_view to)
{
    return gba_view_eq(to, GBA_LIT("/-")) || gba_view_starts(to, GBA_LIT("/-/")) ||
           gba_view_starts(to, GBA_LIT("//"));
}

static void route(struct serving *s)
{
    static const gba_view credentials = {(const uint8_t *)"/fetchCredentials/", 18};
    gba_view to = s->req->to;
    if (gba_view_starts(to, credentials))
        fetch(s, gba_view_sub(to, credentials.n, to.n));
    else if (gba_view_eq(to, GBA_LIT("/enrol")))
        enrol(s);
    else if (is_registration(to))
        serve_registration(s);
    else
        answer_error(s, GBA_E_ABSENT);
}

void m2m_mef_desk_coap(void *arg, struct rt_tls *tls, const struct m2m_request *req, gba_writer *room,
                       struct m2m_response *rsp)
{
    struct m2m_mef_server *server = arg;
    struct serving s = {
        .server = server,
        .env = rt_loop_env(server->loop),
        .tls = tls,
        .session = rt_tls_kept(tls),
        .req = req,
        .rsp = rsp,
        .w = room,
    };
    if (rsp->reason == GBA_OK && s.session)
        route(&s);
    else
        answer_error(&s, s.session ? rsp->reason : GBA_E_TLS_STATE);
    if (gba_writer_end(room) != GBA_OK)
        *rsp = m2m_answer_of(GBA_E_SPACE, req);
    rt_reasons_add(&server->reasons, rsp->reason);
}

/*= TS-0003 8.3.2.1: what expired is gone */
static void serve_http(struct m2m_mef_server *server, struct rt_http_tx *tx, const struct gba_http_msg *http,
                       gba_writer *room)
{
    struct m2m_request req;
    struct gba_http_msg reply;
    uint8_t small[8];
    gba_writer scratch = gba_writer_of(small, sizeof small);
    gba_rc rc = m2m_request_of_http(http, room, &req);
    struct m2m_response rsp = m2m_answer_of(rc, &req);
    m2m_mef_desk_coap(server, rt_http_tls(tx), &req, room, &rsp);
    m2m_response_to_http(&rsp, &scratch, &reply);
    if (rsp.reason != GBA_OK)
        reply.status = m2m_mef_status(rsp.reason);
    rt_http_reply(tx, &reply);
}

void m2m_mef_desk_http(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *http)
{
    static const struct gba_http_msg unavailable = {.status = 503, .minor = 1};
    struct m2m_mef_server *server = arg;
    uint8_t *octets = rt_http_tls(tx) && !server->closing ? malloc(ROOM) : NULL;
    if (!octets) {
        rt_http_reply(tx, &unavailable);
        return;
    }
    gba_writer room = gba_writer_of(octets, ROOM);
    serve_http(server, tx, http, &room);
    gba_wipe_bytes(octets, ROOM); /* it may hold a key */
    free(octets);
}
