/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/saef.h"

#include "m2m/res.h"

enum { SUID_SAEF = 32 };

void m2m_saef_init(struct m2m_saef *run, const struct m2m_saef_conf *conf, struct m2m_keyring *ring)
{
    *run = (struct m2m_saef){.conf = conf, .ring = ring, .waiting = M2M_SAEF_DONE};
}

/* ---- orders ---- */

static struct m2m_saef_order done(gba_rc reason)
{
    return (struct m2m_saef_order){.kind = M2M_SAEF_DONE, .reason = reason};
}

/* By the key that is kept for this peer; fails when there is none to use. */
static struct m2m_saef_order open_by_key(struct m2m_saef *run, const gba_env *env, bool kc, bool to_maf)
{
    const struct m2m_id *peer = to_maf ? &run->conf->maf : &run->conf->target;
    const struct m2m_link *link = m2m_keyring_find(run->ring, peer, kc);
    gba_rc rc = m2m_link_check(link, gba_env_now_s(env));
    if (rc != GBA_OK)
        return done(rc);
    run->link = *link;
    run->with_maf = to_maf || peer->kind == M2M_ID_FQDN;
    return (struct m2m_saef_order){.kind = M2M_SAEF_OPEN, .to_maf = to_maf, .link = &run->link};
}

static struct m2m_saef_order open_by_cert(struct m2m_saef *run, bool to_maf)
{
    gba_wipe(&run->link);
    run->with_maf = to_maf;
    return (struct m2m_saef_order){.kind = M2M_SAEF_OPEN, .to_maf = to_maf};
}

static struct m2m_saef_order send(struct m2m_saef *run, struct m2m_request request)
{
    gba_writer w = gba_writer_of(run->rqi, sizeof run->rqi);
    gba_put_u8(&w, 'r');
    gba_put_dec(&w, ++run->number);
    request.rqi = gba_writer_view(&w);
    request.rvi = GBA_LIT("3");
    request.from = gba_text_view(&run->conf->self.text);
    return (struct m2m_saef_order){.kind = M2M_SAEF_SEND, .request = request};
}

/* The base of a MAF, the root of anybody else. */
static struct m2m_saef_order retrieve_root(struct m2m_saef *run)
{
    bool maf = run->conf->target.kind == M2M_ID_FQDN;
    run->at = M2M_SAEF_AT_ROOT;
    return send(run,
                (struct m2m_request){.op = M2M_RETRIEVE, .to = maf ? GBA_LIT(M2M_RES_BASE) : GBA_LIT("/")});
}

/* A registration lives no longer than what it rests on. */
static int64_t until(const struct m2m_saef *run, const gba_env *env)
{
    int64_t end = gba_env_now_s(env) + run->conf->lifetime_s;
    return run->link.id.n > 0 && run->link.until_s < end ? run->link.until_s : end;
}

static struct m2m_saef_order create(struct m2m_saef *run, const struct m2m_res *res)
{
    gba_writer w = gba_writer_of(run->body, sizeof run->body);
    m2m_res_write(res, (unsigned)M2M_HAS_ALL, &w);
    if (gba_writer_end(&w) != GBA_OK)
        return done(GBA_E_SPACE);
    return send(
        run, (struct m2m_request){
                 .op = M2M_CREATE, .to = GBA_LIT(M2M_RES_BASE), .ty = res->ty, .body = gba_writer_view(&w)});
}

/*= TS-0003 8.8.2.3 */
static struct m2m_saef_order register_client(struct m2m_saef *run, const gba_env *env)
{
    struct m2m_res res = {.ty = M2M_TY_MAF_CLIENT_REG, .has = M2M_HAS_ET | M2M_HAS_ADFQ};
    res.et = until(run, env);
    res.adfq = run->conf->admin;
    run->at = M2M_SAEF_AT_CLIENT;
    return create(run, &res);
}

/*= TS-0003 8.8.2.7: without a key value both sides take it from the handshake */
static struct m2m_saef_order register_key(struct m2m_saef *run, const gba_env *env)
{
    struct m2m_res res = {
        .ty = M2M_TY_SYMM_KEY_REG,
        .has = M2M_HAS_ET | M2M_HAS_ADFQ | M2M_HAS_SUID | M2M_HAS_TGIS,
        .suid = SUID_SAEF,
        .tgis = {.n = 1},
    };
    res.et = until(run, env);
    res.adfq = run->conf->admin;
    res.tgis.item[0] = run->conf->target;
    run->at = M2M_SAEF_AT_KEY;
    return create(run, &res);
}

/* ---- events ---- */

static struct m2m_saef_order start(struct m2m_saef *run, const gba_env *env)
{
    const struct m2m_saef_conf *conf = run->conf;
    /*= TS-0001 11.3.1 */
    bool cse = conf->target.kind == M2M_ID_CSE && conf->registrar.text.n > 0;
    if (cse && !m2m_id_eq(&conf->target, &conf->registrar))
        return done(GBA_E_ENROL_REGISTRAR);
    if (conf->way == M2M_SAEF_KEY)
        return open_by_key(run, env, false, false);
    if (conf->way == M2M_SAEF_CERT)
        return open_by_cert(run, false);
    /*= TS-0003 8.2.2.3: Kc may serve more than one session */
    const struct m2m_link *kc = m2m_keyring_find(run->ring, &conf->target, true);
    if (m2m_link_check(kc, gba_env_now_s(env)) == GBA_OK)
        return open_by_key(run, env, true, false);
    return conf->maf_by_cert ? open_by_cert(run, true) : open_by_key(run, env, false, true);
}

static struct m2m_saef_order next_at_maf(struct m2m_saef *run, const gba_env *env)
{
    return run->conf->way == M2M_SAEF_KC ? register_key(run, env) : retrieve_root(run);
}

/*= TS-0003 8.8.2.3: who was provisioned remotely registers first, as the MAF has
 * no KmId for it yet */
static struct m2m_saef_order opened(struct m2m_saef *run, const gba_env *env,
                                    const struct m2m_saef_event *event)
{
    if (!run->with_maf)
        return retrieve_root(run);
    m2m_export_split(event->exported, &run->rel, &run->kc);
    bool provisioned = run->link.id.n > 0 && run->link.from != M2M_FROM_IMPORT;
    return provisioned && run->link.alias.n == 0 ? register_client(run, env) : next_at_maf(run, env);
}

static struct m2m_saef_order client_registered(struct m2m_saef *run, const gba_env *env,
                                               const struct m2m_response *rsp)
{
    struct m2m_res res;
    if (rsp->rsc == M2M_RSC_CONFLICT) /* registered before */
        return next_at_maf(run, env);
    if (rsp->rsc != M2M_RSC_CREATED)
        return done(GBA_E_ENROL_REFUSED);
    if (m2m_res_parse(rsp->body, &res) != GBA_OK || res.ty != M2M_TY_MAF_CLIENT_REG)
        return done(GBA_E_M2M_ANSWER);
    if (!(res.has & M2M_HAS_ASKI))
        return next_at_maf(run, env);
    if (m2m_key_name_parse(gba_text_view(&res.aski), true, &run->link.alias) != GBA_OK)
        return done(GBA_E_M2M_ANSWER);
    gba_rc rc = m2m_keyring_keep(run->ring, &run->link, gba_env_now_s(env));
    return rc == GBA_OK ? (struct m2m_saef_order){.kind = M2M_SAEF_KEEP} : done(rc);
}

/* "HEX(KcId)@MAF" is what the MAF says it is: the octets that the handshake made. */
static gba_rc check_key(const struct m2m_saef *run, const struct m2m_res *res, gba_text *kcid)
{
    GBA_TRY(m2m_keyid_make(&run->rel, gba_text_view(&run->conf->maf.text), kcid));
    gba_view made = gba_view_sub(gba_text_view(kcid), 0, 2 * M2M_REL_N);
    GBA_ENSURE(res->has & M2M_HAS_RI && gba_view_eq_nocase(gba_text_view(&res->ri), made), GBA_E_ENROL_KC);
    GBA_ENSURE(!(res->has & M2M_HAS_SUID) || res->suid == SUID_SAEF, GBA_E_ENROL_KC);
    return GBA_OK;
}

static struct m2m_saef_order key_registered(struct m2m_saef *run, const gba_env *env,
                                            const struct m2m_response *rsp)
{
    struct m2m_res res;
    int64_t now_s = gba_env_now_s(env);
    if (rsp->rsc != M2M_RSC_CREATED)
        return done(GBA_E_ENROL_REFUSED);
    if (m2m_res_parse(rsp->body, &res) != GBA_OK || res.ty != M2M_TY_SYMM_KEY_REG || !(res.has & M2M_HAS_ET))
        return done(GBA_E_M2M_ANSWER);
    struct m2m_link link = {.target = run->conf->target,
                            .from = M2M_FROM_MAF,
                            .use = M2M_USE_KC,
                            .made_s = now_s,
                            .until_s = res.et};
    gba_rc rc = check_key(run, &res, &link.id);
    if (rc == GBA_OK) {
        gba_copy(link.key, GBA_ARRAY(run->kc.b));
        link.key_n = sizeof run->kc.b;
        rc = m2m_keyring_keep(run->ring, &link, now_s);
    }
    gba_wipe(&link);
    return rc == GBA_OK ? (struct m2m_saef_order){.kind = M2M_SAEF_KEEP} : done(rc);
}

static struct m2m_saef_order answered(struct m2m_saef *run, const gba_env *env,
                                      const struct m2m_saef_event *event)
{
    struct m2m_response rsp;
    if (run->at == M2M_SAEF_AT_ROOT)
        return done(GBA_OK); /* whatever it says, it came through the association */
    gba_rc rc = m2m_response_of_http(event->response, &rsp);
    if (rc != GBA_OK)
        return done(rc);
    return run->at == M2M_SAEF_AT_CLIENT ? client_registered(run, env, &rsp) : key_registered(run, env, &rsp);
}

static struct m2m_saef_order kept(struct m2m_saef *run, const gba_env *env)
{
    return run->at == M2M_SAEF_AT_CLIENT ? next_at_maf(run, env) : open_by_key(run, env, true, false);
}

static bool expected(const struct m2m_saef *run, enum m2m_saef_event_kind event)
{
    static const enum m2m_saef_order_kind askers[] = {
        [M2M_SAEF_START] = M2M_SAEF_DONE,
        [M2M_SAEF_OPENED] = M2M_SAEF_OPEN,
        [M2M_SAEF_ANSWERED] = M2M_SAEF_SEND,
        [M2M_SAEF_KEPT] = M2M_SAEF_KEEP,
    };
    return run->waiting == askers[event];
}

void m2m_saef_step(struct m2m_saef *run, const gba_env *env, const struct m2m_saef_event *event,
                   struct m2m_saef_order *order)
{
    if (!expected(run, event->kind))
        *order = done(GBA_E_BUG);
    else if (event->kind == M2M_SAEF_START)
        *order = start(run, env);
    else if (event->rc != GBA_OK)
        *order = done(event->rc);
    else if (event->kind == M2M_SAEF_OPENED)
        *order = opened(run, env, event);
    else
        *order = event->kind == M2M_SAEF_ANSWERED ? answered(run, env, event) : kept(run, env);
    run->waiting = order->kind;
}
