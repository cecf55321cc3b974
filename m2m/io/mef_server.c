/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/mef_server.h"

#include <stdlib.h>

#include "m2m/io/mef_desk.h"
#include "m2m/reg.h"
#include "rt/log.h"

enum { SWEEP_MS = 60 * 1000 };

/* ---- handshakes ---- */

static struct rt_tls_ctx *on_sni(void *arg, gba_view name)
{
    const struct m2m_mef_side *side = arg;
    const struct m2m_mef_server *server = side->server;
    const gba_text *found = server->closing ? NULL : m2m_mef_name(&server->engine, name);
    if (!found)
        return NULL;
    const struct m2m_front_name *front = &server->fronts[found - server->names];
    return side->dtls ? front->dtls : front->tls;
}

/* The name of ours that a connection asked for; it is one, or on_sni had refused. */
static const gba_text *name_of(const struct m2m_mef_server *server, const struct rt_tls *tls)
{
    return m2m_mef_name(&server->engine, gba_text_view(&rt_tls_peer(tls)->server_name));
}

static void answer(struct rt_tls_ask *ask, gba_rc rc, const struct m2m_mef_who *who,
                   const struct m2m_kpm *kpm)
{
    gba_text text = {.n = 0};
    if (rc == GBA_OK)
        m2m_mef_who_put(who, &text);
    rt_tls_answer(ask, &(struct rt_tls_answer){
                           .rc = rc,
                           .psk = kpm ? gba_view_of(kpm->b, kpm->n) : (gba_view){NULL, 0},
                           .who = gba_text_view(&text),
                       });
}

/* A handshake in progress asks: at which name? NULL: answer nothing, it is over. */
static const gba_text *asked_at(const struct m2m_mef_side *side, const struct rt_tls_ask *ask)
{
    const struct rt_tls *tls = rt_tls_of(ask);
    return tls && !side->server->closing ? name_of(side->server, tls) : NULL;
}

static void on_psk(void *arg, struct rt_tls_ask *ask, gba_view identity, uint16_t suite)
{
    const struct m2m_mef_side *side = arg;
    const gba_text *name = asked_at(side, ask);
    struct m2m_mef_who who;
    struct m2m_kpm kpm = {.n = 0};
    (void)suite;
    gba_rc rc = name ? m2m_mef_psk(&side->server->engine, name, identity, &who, &kpm) : GBA_E_PEER_GONE;
    answer(ask, rc, &who, &kpm);
    gba_wipe(&kpm);
}

/* A certificate that is judged, perhaps once more when a responder has answered. */
struct judging {
    struct m2m_mef_server *server;
    struct rt_tls_ask *ask;
    const gba_text *name;
    struct m2m_mef_who who;
};

static gba_rc judge(void *arg, const struct m2m_shown *shown)
{
    struct judging *j = arg;
    return m2m_mef_cert(&j->server->engine, rt_loop_env(j->server->loop), j->name, shown, &j->who);
}

static void on_judged(void *arg, gba_rc rc)
{
    struct judging *j = arg;
    answer(j->ask, rc, &j->who, NULL);
    free(j);
}

static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    const struct m2m_mef_side *side = arg;
    const gba_text *name = asked_at(side, ask);
    const struct m2m_shown seen = m2m_front_shown(shown);
    struct judging *j = name ? calloc(1, sizeof *j) : NULL;
    if (!j) {
        answer(ask, name ? GBA_E_MEMORY : GBA_E_PEER_GONE, NULL, NULL);
        return;
    }
    *j = (struct judging){.server = side->server, .ask = ask, .name = name};
    m2m_status_ask(side->server->desk, &seen, &(struct m2m_status_asker){judge, on_judged, j});
}

/*= TS-0003 8.3.2.1 a) to c), 8.3.2.2: the enrolment key of this handshake */
static gba_rc enrol(struct m2m_mef_server *server, struct rt_tls *tls, struct m2m_mef_session *session)
{
    uint8_t exported[M2M_EXPORT_N];
    gba_rc rc = rt_tls_export(tls, M2M_LABEL_BOOTSTRAP, exported, sizeof exported);
    if (rc == GBA_OK)
        rc = m2m_mef_enrol(&server->engine, rt_loop_env(server->loop),
                           &(struct m2m_mef_handshake){session->name, &session->who, exported},
                           &session->enrolled);
    gba_wipe_bytes(exported, sizeof exported);
    return rc;
}

static void log_enrolled(const struct rt_tls *tls, const struct m2m_mef_session *session)
{
    const struct rt_tls_peer *peer = rt_tls_peer(tls);
    const struct m2m_mef_enrolled *enrolled = &session->enrolled;
    rt_log(RT_LOG_INFO, "mef.enrolled", RT_ID("keid", gba_text_view(&enrolled->keid)),
           RT_STR("record", gba_text_view(&session->who.name)),
           RT_CSTR("framework", peer->identity.n > 0 ? "ppsk" : "cert"),
           RT_CSTR("over", peer->dtls ? "dtls" : "tls"), RT_NUM("until", enrolled->until_s),
           RT_CSTR("token", enrolled->token_due ? "due" : "none"));
}

static gba_rc open_session(struct m2m_mef_server *server, struct rt_tls *tls, struct m2m_mef_session *session)
{
    session->name = name_of(server, tls);
    GBA_TRY(m2m_mef_who_parse(gba_text_view(&rt_tls_peer(tls)->who), &session->who));
    if (session->who.target)
        return GBA_OK;
    GBA_TRY(enrol(server, tls, session));
    log_enrolled(tls, session);
    return GBA_OK;
}

static gba_rc on_open(void *arg, struct rt_tls *tls)
{
    const struct m2m_mef_side *side = arg;
    GBA_ENSURE(!side->server->closing, GBA_E_PEER_GONE);
    struct m2m_mef_session *session = calloc(1, sizeof *session);
    GBA_ENSURE(session != NULL, GBA_E_MEMORY);
    gba_rc rc = open_session(side->server, tls, session);
    if (rc == GBA_OK)
        rt_tls_keep(tls, session, free);
    else
        free(session);
    rt_reasons_add(&side->server->reasons, rc);
    return rc;
}

static void on_refused(void *arg, struct rt_tls *tls, gba_rc rc)
{
    const struct m2m_mef_side *side = arg;
    const struct rt_tls_peer *peer = rt_tls_peer(tls);
    rt_reasons_add(&side->server->reasons, rc);
    rt_log(RT_LOG_WARN, "mef.refused", RT_REASON(rc), RT_CSTR("over", side->dtls ? "dtls" : "tls"),
           RT_STR("name", gba_text_view(&peer->server_name)),
           RT_ID("identity", gba_text_view(&peer->identity)));
}

static void set_hooks(struct m2m_mef_side *side, struct m2m_mef_server *server, bool dtls)
{
    side->server = server;
    side->dtls = dtls;
    side->hooks = (struct rt_tls_hooks){
        .arg = side,
        .sni = on_sni,
        .psk = on_psk,
        .cert = on_cert,
        .open = on_open,
        .refused = on_refused,
    };
}

/* ---- keeping house ---- */

static void sweep(struct m2m_mef_server *server)
{
    const gba_env *env = rt_loop_env(server->loop);
    size_t keys = 0, registrations = 0;
    gba_rc rc = m2m_mef_sweep(&server->engine, env, &keys);
    if (rc == GBA_OK)
        rc = m2m_reg_sweep(&(struct m2m_reg){.vault = server->engine.vault}, env, &registrations);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "mef.sweep-failed", RT_REASON(rc));
    else if (keys + registrations > 0)
        rt_log(RT_LOG_INFO, "mef.expired", RT_NUM("keys", keys), RT_NUM("registrations", registrations));
}

static void on_sweep(void *arg)
{
    struct m2m_mef_server *server = arg;
    sweep(server);
    server->sweep = rt_timer_start(server->loop, SWEEP_MS, on_sweep, server);
}

/* ---- opening ---- */

static gba_rc open_names(struct m2m_mef_server *server)
{
    const struct m2m_conf_name *conf = server->conf->names.items;
    while (server->fronts_n < server->conf->names.n && server->fronts_n < M2M_MEF_NAMES_MAX) {
        size_t i = server->fronts_n++;
        server->names[i] = conf[i].fqdn;
        gba_text_lower(&server->names[i]);
        GBA_TRY(m2m_front_name_open(&server->fronts[i], server->loop,
                                    &(struct m2m_front_name_conf){
                                        .name = &conf[i],
                                        .raw_keys = server->conf->raw_keys,
                                        .forward_secrecy = server->conf->forward_secrecy,
                                        .psk_hint = server->names[i].s,
                                    }));
    }
    return GBA_OK;
}

static gba_rc open_desk(struct m2m_mef_server *server)
{
    const struct m2m_status_conf conf = {
        .responder = server->conf->ocsp.responder,
        .timeout_ms = server->conf->ocsp.timeout_ms,
    };
    GBA_TRY(m2m_status_open(server->loop, &conf, &server->desk));
    GBA_TRY(m2m_status_watch_parties(server->desk, &server->conf->targets, server->targets));
    for (size_t i = 0; i < server->fronts_n; i++)
        GBA_TRY(m2m_front_name_staple(&server->fronts[i], server->desk));
    return GBA_OK;
}

/* Keys of GBA are gone with the process that had Ks. */
static gba_rc open_engine(struct m2m_mef_server *server)
{
    size_t gone = 0;
    GBA_TRY(m2m_store_open(server->loop, &server->conf->store, &server->store));
    GBA_TRY(m2m_files_parties(&server->files, &server->conf->targets, &server->targets));
    server->engine = (struct m2m_mef){
        .vault = server->store.vault,
        .names = server->names,
        .names_n = server->fronts_n,
        .targets = server->targets,
        .targets_n = server->conf->targets.n,
    };
    GBA_TRY(m2m_mef_forget_gba(&server->engine, &gone));
    on_sweep(server);
    return server->sweep ? GBA_OK : GBA_E_MEMORY;
}

gba_rc m2m_mef_server_open(struct m2m_mef_server *server, struct rt_daemon *daemon,
                           const struct m2m_conf_mef *conf)
{
    if (conf->names.n == 0)
        return GBA_OK;
    server->loop = rt_daemon_loop(daemon);
    server->conf = conf;
    set_hooks(&server->tls, server, false);
    set_hooks(&server->dtls, server, true);
    server->coap.loop = server->loop;
    server->coap.fn = m2m_mef_desk_coap;
    server->coap.arg = server;
    server->coap.counts = &server->reasons;
    GBA_TRY(open_names(server));
    GBA_TRY(open_engine(server));
    GBA_TRY(open_desk(server));
    return m2m_front_open(&server->front, daemon,
                          &(struct m2m_front_conf){
                              .listen = &conf->listen,
                              .listen_dtls = &conf->listen_dtls,
                              .limits = &conf->limits,
                              .tls = server->fronts[0].tls,
                              .dtls = server->fronts[0].dtls,
                              .tls_hooks = &server->tls.hooks,
                              .dtls_hooks = &server->dtls.hooks,
                              .name = "mef",
                              .name_dtls = "mef-dtls",
                              .on_request = m2m_mef_desk_http,
                              .arg = server,
                              .coap = &server->coap,
                          });
}

void m2m_mef_server_log_counters(const struct m2m_mef_server *server)
{
    rt_reasons_log(&server->reasons, "mef.count");
    rt_reasons_log(&server->front.refused, "mef.http-count");
}

void m2m_mef_server_close(struct m2m_mef_server *server)
{
    server->closing = true;
    rt_timer_cancel(server->sweep);
    m2m_front_close(&server->front);
    m2m_status_close(server->desk);
    server->desk = NULL;
    while (server->fronts_n > 0)
        m2m_front_name_close(&server->fronts[--server->fronts_n]);
    m2m_store_close(&server->store);
}

void m2m_mef_server_free(struct m2m_mef_server *server)
{
    free(server->targets);
    m2m_files_free(&server->files);
}
