/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/zn_serve.h"

#include "bsf/policy.h"
#include "diameter-dict/dict.h"
#include "gba/crypto/kdf.h"
#include "gba/wire/uss_pack.h"

enum { PARSE_MAX = 512 * 1024 };

struct bsf_zn_scratch {
    struct bsf_sealer sealer;
    max_align_t parse[PARSE_MAX / sizeof(max_align_t)];
    uint8_t uss_list[BSF_GUSS_MAX];
};

/* What one step works with. */
struct step {
    struct bsf_zn *zn;
    struct bsf_zn_run *run;
    const gba_env *env;
    struct bsf_zn_order *order;
};

size_t bsf_zn_serve_memory(void)
{
    return sizeof(struct bsf_zn_scratch);
}

void bsf_zn_serve_init(struct bsf_zn *zn, const struct bsf_conf *conf, const gba_seal_ring *ring,
                       void *memory)
{
    zn->conf = conf;
    zn->mef = NULL;
    zn->scratch = memory;
    zn->scratch->sealer.ring = ring;
}

void bsf_zn_serve_wipe(struct bsf_zn *zn)
{
    gba_wipe(zn->scratch);
}

/*= TS 29.109 6.2: what the NAF is told */
static struct dia_result result_of(gba_rc reason)
{
    switch (reason) {
    case GBA_OK:
        return (struct dia_result){false, DIA_SUCCESS};
    case GBA_E_NAFID:
        return (struct dia_result){false, DIA_INVALID_AVP_VALUE};
    case GBA_E_ZN_PEER:
    case GBA_E_ZN_ROUTE:
    case GBA_E_ZN_NAF:
    case GBA_E_ZN_CERT:
    case GBA_E_ZN_UA:
    case GBA_E_ZN_USS:
    case GBA_E_ZN_GBA_TYPE:
    case GBA_E_ZN_KEY:
    case GBA_E_MEF_NOT_TARGET:
    case GBA_E_MEF_TOKEN_DUE:
        return (struct dia_result){true, DIA_EXP_NOT_AUTHORIZED};
    case GBA_E_ZN_BTID:
        return (struct dia_result){true, DIA_EXP_TRANSACTION_IDENTIFIER_INVALID};
    default:
        return (struct dia_result){false, DIA_UNABLE_TO_COMPLY};
    }
}

static void answer(const struct step *s, gba_rc reason)
{
    struct bsf_zn_order *order = s->order;
    order->kind = BSF_ZN_ANSWER;
    order->reason = reason;
    order->avp_code = reason == GBA_E_NAFID ? dia_avp_code(DIA_AVP_NAF_ID) : 0;
    if (reason != GBA_OK)
        order->bia = (struct dia_bia){.gba_type = 0};
    order->bia.result = result_of(reason);
    order->bia.origin_host = gba_text_view(&s->zn->conf->diameter.identity);
    order->bia.origin_realm = gba_text_view(&s->zn->conf->diameter.realm);
}

/* Who handed the request to the connected peer, which stands last in Route-Record. */
static gba_view via(const struct dia_bir *bir, gba_view peer)
{
    size_t n = bir->n_routes;
    bool known = n >= 2 && gba_view_eq_nocase(bir->routes[n - 1], peer);
    return known ? bir->routes[n - 2] : (gba_view){NULL, 0};
}

/*= TS 33.220 4.5.3: is this NAF authorised to use this host name? Asked before the
 * B-TID is looked up, so that strangers cannot find out which B-TIDs exist. */
static gba_rc on_request(const struct step *s, const struct bsf_zn_event *event)
{
    struct bsf_zn_run *run = s->run;
    run->bir = event->bir;
    GBA_TRY(gba_nafid_decode(event->bir->naf_id, &run->naf));
    struct bsf_policy_ask ask = {event->peer, event->bir->route.origin_host, via(event->bir, event->peer),
                                 event->in_cert, &run->naf};
    GBA_TRY(bsf_policy_find(s->zn->conf, &ask, &run->rule));
    GBA_ENSURE(event->bir->btid.n <= GBA_TEXT_MAX, GBA_E_ZN_BTID);
    GBA_TRY(bsf_key_of(BSF_KEY_BTID, event->bir->btid, &run->key));
    s->order->kind = BSF_ZN_FIND;
    s->order->key = run->key;
    return GBA_OK;
}

/* ---- the answer ---- */

/* Which keys the NAF may have. */
struct allowed {
    bool me, uicc;
};

/*= TS 33.220 B.6: with GBA_Digest the nonce of Ub, as it was sent, stands for RAND */
static gba_rc derive_me(const struct gba_kdf_naf *in, const struct bsf_session *session, gba_ks_naf *out)
{
    if (session->gba_type == BSF_DIGEST)
        return gba_kdf_ks_naf_digest(in, gba_text_view(&session->ub_nonce), out);
    return gba_kdf_ks_naf(in, GBA_KDF_ME, out);
}

/*= TS 33.220 B.3: with the true IMPI and the NAF-Id octets as received */
static gba_rc derive(const struct step *s, const struct bsf_session *session, struct allowed allowed)
{
    struct dia_bia *bia = &s->order->bia;
    struct gba_kdf_naf in = {
        .ks = &session->ks,
        .rand = &session->rand,
        .impi = gba_text_view(&session->impi),
        .naf_id = s->run->bir->naf_id,
    };
    bia->has_me_key = allowed.me;
    if (allowed.me)
        GBA_TRY(derive_me(&in, session, &bia->me_key));
    /*= TS 33.220 5.3.3: Ks_int_NAF only for a GBA_U session and a NAF that is aware of it */
    bia->has_uicc_key = allowed.uicc && session->mode == BSF_U && s->run->bir->gba_u_aware;
    if (bia->has_uicc_key)
        GBA_TRY(gba_kdf_ks_naf(&in, GBA_KDF_UICC, &bia->uicc_key));
    GBA_ENSURE(bia->has_me_key || bia->has_uicc_key, GBA_E_ZN_KEY);
    return GBA_OK;
}

/*= TS 29.109 5.2: of the settings of one service, those of the NAF's group, else those of none */
static const struct gba_uss *pick(const struct gba_guss *guss, gba_view gsid, gba_view group)
{
    const struct gba_uss *general = NULL;
    for (size_t i = 0; i < guss->n_uss; i++) {
        const struct gba_uss *uss = &guss->uss[i];
        if (!gba_gsid_eq(uss->id, gsid))
            continue;
        if (uss->naf_group.p == NULL)
            general = general ? general : uss;
        else if (group.n > 0 && gba_view_eq(uss->naf_group, group))
            return uss;
    }
    return general;
}

struct chosen {
    const struct gba_uss *uss[DIA_BIR_MAX_GSIDS];
    size_t n;
    bool lacking;        /* a service that was asked for has no settings */
    struct gba_uss told; /* those with what the MEF tells */
};

static bool has(const struct chosen *chosen, const struct gba_uss *uss)
{
    for (size_t i = 0; i < chosen->n; i++) {
        if (chosen->uss[i] == uss)
            return true;
    }
    return false;
}

/*= TS-0003 8.3.2.3: the USS tells the target who the Enrolee is. Before what the HSS says. */
static const struct gba_uss *add_uid(const struct step *s, const struct gba_uss *uss, gba_view gsid,
                                     struct gba_uss *told)
{
    if (s->run->uid.n == 0 || !gba_gsid_eq(gba_text_view(&s->zn->mef->gsid), gsid))
        return uss;
    *told = uss ? *uss : (struct gba_uss){.id = gsid};
    if (told->n_uids < GBA_USS_MAX_ITEMS)
        told->n_uids++;
    for (size_t i = told->n_uids - 1; i > 0; i--)
        told->uids[i] = told->uids[i - 1];
    told->uids[0] = gba_text_view(&s->run->uid);
    return told;
}

static void choose(const struct step *s, const struct gba_guss *guss, struct chosen *chosen)
{
    const struct dia_bir *bir = s->run->bir;
    chosen->lacking = bir->n_gsids == 0;
    for (size_t i = 0; i < bir->n_gsids; i++) {
        const struct gba_uss *uss = NULL;
        if (bsf_policy_gsid(s->run->rule, bir->gsids[i])) {
            uss = pick(guss, bir->gsids[i], gba_text_view(&s->run->rule->naf_group));
            uss = add_uid(s, uss, bir->gsids[i], &chosen->told);
        }
        if (uss == NULL)
            chosen->lacking = true;
        else if (!has(chosen, uss))
            chosen->uss[chosen->n++] = uss;
    }
}

/*= TS 29.109 annex A: keyChoice of the settings; those that say nothing allow all */
static struct allowed by_settings(const struct chosen *chosen)
{
    struct allowed allowed = {chosen->n == 0, chosen->n == 0};
    for (size_t i = 0; i < chosen->n; i++) {
        allowed.me |= chosen->uss[i]->key_choice != GBA_KEY_UICC;
        allowed.uicc |= chosen->uss[i]->key_choice != GBA_KEY_ME;
    }
    return allowed;
}

static struct allowed keys_for(const struct step *s, const struct chosen *chosen)
{
    int keys = s->run->rule->keys;
    if (keys == BSF_KEYS_USS)
        return by_settings(chosen);
    return (struct allowed){keys != BSF_KEYS_UICC, keys != BSF_KEYS_ME};
}

static gba_rc add_settings(const struct step *s, const struct bsf_session *session, struct allowed *allowed)
{
    struct gba_guss guss = {.n_uss = 0};
    gba_arena arena = gba_arena_of(s->zn->scratch->parse, sizeof s->zn->scratch->parse);
    if (session->settings.p && (s->run->bir->n_gsids > 0 || s->run->rule->uss_required))
        GBA_ENSURE(gba_uss_unpack(session->settings, &arena, &guss) == GBA_OK, GBA_E_SESSION);
    struct chosen chosen = {.n = 0};
    choose(s, &guss, &chosen);
    GBA_ENSURE(!(s->run->rule->uss_required && chosen.lacking), GBA_E_ZN_USS);
    *allowed = keys_for(s, &chosen);
    if (chosen.n == 0)
        return GBA_OK;
    gba_writer w = gba_writer_of(s->zn->scratch->uss_list, sizeof s->zn->scratch->uss_list);
    gba_put_usslist(&w, chosen.uss, chosen.n);
    s->order->bia.uss_list = gba_writer_view(&w);
    return gba_writer_end(&w);
}

static int64_t expiry_for(const struct step *s, const struct bsf_session *session)
{
    int64_t by_rule = gba_env_now_s(s->env) + s->run->rule->key_lifetime_s;
    bool shorter = s->run->rule->key_lifetime_s > 0 && by_rule < session->expiry_s;
    return shorter ? by_rule : session->expiry_s;
}

static gba_rc ask_mef(const struct step *s, const struct bsf_session *session)
{
    const struct bsf_zn_mef *mef = s->zn->mef;
    s->run->uid.n = 0;
    if (mef == NULL)
        return GBA_OK;
    return mef->permit(mef->self, gba_text_view(&session->impi), gba_text_view(&s->run->naf.fqdn),
                       &s->run->uid);
}

static gba_rc serve(const struct step *s, const struct bsf_session *session)
{
    struct dia_bia *bia = &s->order->bia;
    struct allowed allowed;
    GBA_ENSURE(session->expiry_s > gba_env_now_s(s->env), GBA_E_ZN_BTID);
    GBA_ENSURE(bsf_policy_gba_type(s->run->rule, session->gba_type), GBA_E_ZN_GBA_TYPE);
    *bia = (struct dia_bia){.gba_type = session->gba_type};
    GBA_TRY(ask_mef(s, session));
    GBA_TRY(add_settings(s, session, &allowed));
    GBA_TRY(derive(s, session, allowed));
    bia->has_expiry = bia->has_creation = true;
    bia->expiry_s = expiry_for(s, session);
    bia->creation_s = session->created_s;
    return GBA_OK;
}

static gba_rc on_found(const struct step *s, const struct bsf_zn_event *event)
{
    struct bsf_session session;
    if (event->rc != GBA_OK)
        return gba_rc_class(event->rc) == GBA_CLASS_ABSENT ? GBA_E_ZN_BTID : GBA_E_STORE;
    GBA_TRY(bsf_session_open(&s->zn->scratch->sealer, &s->run->key, event->record, &session));
    gba_rc rc = serve(s, &session);
    s->run->impi = session.impi;
    gba_wipe(&session);
    GBA_TRY(rc);
    if (s->run->rule->impi)
        s->order->bia.impi = gba_text_view(&s->run->impi);
    answer(s, GBA_OK);
    return GBA_OK;
}

void bsf_zn_serve_step(struct bsf_zn *zn, struct bsf_zn_run *run, const gba_env *env,
                       const struct bsf_zn_event *event, struct bsf_zn_order *order)
{
    struct step s = {zn, run, env, order};
    gba_rc rc = event->kind == BSF_ZN_REQUEST ? on_request(&s, event) : on_found(&s, event);
    if (rc != GBA_OK)
        answer(&s, rc);
}
