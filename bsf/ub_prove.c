/* SPDX-License-Identifier: Apache-2.0 */
/* From a response to a session, or to another challenge. */
#include "bsf/ub_int.h"
#include "gba/crypto/kdf.h"
#include "gba/wire/names.h"

/*= TS 24.109 A.4, RFC 3310 3.4 */
static gba_rc resynchronise(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    struct bsf_ub_run *run = s->run;
    if (c->resyncs >= s->ub->conf->ub.resync_limit) {
        bsf_challenges_drop(&s->ub->challenges, c);
        return GBA_E_UB_RESYNC_LIMIT;
    }
    GBA_TRY(bsf_ub_read_auts(&run->ask, &run->auts));
    /* MAC-S is the proof; some devices get the empty-password response wrong, once. */
    if (bsf_ub_read_proof(&run->ask, GBA_LIT("")) != GBA_OK && c->resyncs > 0) {
        bsf_challenges_drop(&s->ub->challenges, c);
        return GBA_E_UB_AUTS;
    }
    run->resync = true;
    run->rand = c->rand;
    run->resyncs = c->resyncs + 1;
    run->second = c->second;
    run->cause = GBA_E_UB_SYNC;
    bsf_challenges_drop(&s->ub->challenges, c);
    return bsf_ub_ask_hss(s);
}

static gba_rc wrong_response(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    bool again = s->ub->conf->ub.wrong_response == BSF_WRONG_401 && !c->second;
    bsf_challenges_drop(&s->ub->challenges, c);
    GBA_ENSURE(again, GBA_E_UB_RESPONSE);
    s->run->second = true;
    s->run->cause = GBA_E_UB_RESPONSE;
    return bsf_ub_ask_hss(s);
}

static gba_view btid_domain(const struct bsf_ub_at *s, size_t name)
{
    const struct bsf_conf_name *n = bsf_conf_name_at(s->ub->conf, name);
    return gba_text_view(n->btid_domain.n > 0 ? &n->btid_domain : &n->host);
}

/*= TS 33.220 B.4 */
static gba_rc agree_tmpi(const struct bsf_ub_at *s, const struct bsf_challenge *c)
{
    uint8_t text[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(text, sizeof text);
    if (!s->ub->conf->ub.tmpi || !s->run->ask.tmpi_capable)
        return GBA_OK;
    struct gba_kdf_naf in = {.ks = &c->ks, .rand = &c->rand, .impi = gba_text_view(&c->impi)};
    GBA_TRY(gba_kdf_tmpi(&in, btid_domain(s, c->name), &w));
    GBA_TRY(gba_writer_end(&w));
    return gba_text_set(&s->run->tmpi, gba_writer_view(&w));
}

static gba_rc keep_session(const struct bsf_ub_at *s, const struct bsf_challenge *c, gba_view *record)
{
    gba_writer w = gba_writer_of(s->ub->scratch->guss, sizeof s->ub->scratch->guss);
    bsf_chain_get(&s->ub->challenges.gusses, &c->guss, &w);
    struct bsf_session session = {
        .impi = c->impi,
        .tmpi = s->run->tmpi,
        .rand = c->rand,
        .ks = c->ks,
        .mode = c->mode,
        .created_s = gba_env_now_s(s->env),
        .expiry_s = s->run->expiry_s,
        .guss = c->guss.present ? gba_writer_view(&w) : (gba_view){NULL, 0},
    };
    gba_rc rc = bsf_session_seal(&s->ub->scratch->sealer, s->env, &s->run->key, &session, record);
    gba_wipe(&session);
    return rc;
}

/*= TS 33.220 4.5.2: B-TID, Ks = CK || IK, lifetime; kept before they are promised */
static gba_rc succeed(const struct bsf_ub_at *s, const struct bsf_challenge *c, gba_view password)
{
    struct bsf_ub_run *run = s->run;
    gba_view record;
    run->expiry_s = gba_env_now_s(s->env) + c->lifetime_s;
    GBA_TRY(gba_btid_make(&c->rand, btid_domain(s, c->name), &run->btid));
    GBA_TRY(agree_tmpi(s, c));
    struct bsf_ub_success success = {&run->ask, password, &run->btid, run->expiry_s, gba_env_now_s(s->env)};
    GBA_TRY(bsf_ub_reply_success(s->ub->conf, &success, &run->reply));
    GBA_TRY(bsf_key_make(BSF_KEY_SESSION, gba_text_view(&run->btid), &run->key));
    GBA_TRY(keep_session(s, c, &record));
    bsf_ub_order_store(s, record, BSF_UB_KEEPING_SESSION);
    return GBA_OK;
}

static gba_rc judge(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    uint8_t room[BSF_UB_PASSWORD_MAX];
    gba_view password;
    gba_rc rc = bsf_ub_read_password(&s->run->ask, c, room, &password);
    if (rc == GBA_OK)
        rc = bsf_ub_read_proof(&s->run->ask, password);
    if (rc == GBA_OK) {
        rc = succeed(s, c, password);
        bsf_challenges_drop(&s->ub->challenges, c);
    } else if (rc == GBA_E_UB_RESPONSE) {
        rc = wrong_response(s, c);
    }
    gba_wipe(&room);
    return rc;
}

gba_rc bsf_ub_on_response(const struct bsf_ub_at *s)
{
    struct bsf_ub_run *run = s->run;
    gba_rand rand;
    gba_autn autn;
    struct bsf_challenge *c = NULL;
    if (bsf_ub_read_nonce(run->ask.auth.nonce, &rand, &autn) == GBA_OK)
        c = bsf_challenges_find(&s->ub->challenges, &rand, s->env->mono_ms);
    if (c == NULL || !gba_view_eq(GBA_ARRAY(autn.b), GBA_ARRAY(c->autn.b))) {
        GBA_TRY(bsf_limits_request(&s->ub->limits, s->env->mono_ms, run->via.address, BSF_LIMITS_BAD_NONCE));
        run->cause = GBA_E_UB_NONCE;
        bool refuse = bsf_ub_reply_status(s->ub->conf, run->cause) != 401;
        return refuse ? run->cause : bsf_ub_ask_challenge(s);
    }
    GBA_TRY(bsf_ub_read_match(s->ub->conf, &run->ask, c));
    run->impi = c->impi;
    if (run->ask.auth.auts.p)
        return resynchronise(s, c);
    return judge(s, c);
}

static gba_rc keep_tmpi(const struct bsf_ub_at *s)
{
    gba_view record;
    GBA_TRY(bsf_key_make(BSF_KEY_TMPI, gba_text_view(&s->run->tmpi), &s->run->key));
    GBA_TRY(
        bsf_tmpi_seal(&s->ub->scratch->sealer, s->env, &s->run->key, gba_text_view(&s->run->impi), &record));
    bsf_ub_order_store(s, record, BSF_UB_KEEPING_TMPI);
    return GBA_OK;
}

gba_rc bsf_ub_on_stored(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    int state = s->run->state;
    GBA_ENSURE(state == BSF_UB_KEEPING_SESSION || state == BSF_UB_KEEPING_TMPI || state == BSF_UB_FORGETTING,
               GBA_E_BUG);
    if (event->rc != GBA_OK && state != BSF_UB_FORGETTING)
        return gba_rc_class(event->rc) == GBA_CLASS_LIMIT ? GBA_E_STORE_FULL : GBA_E_STORE;
    if (state == BSF_UB_KEEPING_SESSION && s->run->tmpi.n > 0)
        return keep_tmpi(s);
    /*= TS 33.220 4.5.2: a new run replaces the TMPI */
    if (state == BSF_UB_KEEPING_TMPI && gba_is_tmpi(s->run->ask.auth.username))
        return bsf_ub_order_by_tmpi(s, BSF_UB_FORGET, BSF_UB_FORGETTING);
    bsf_ub_order_reply(s, GBA_OK);
    return GBA_OK;
}
