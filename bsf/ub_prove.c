/* SPDX-License-Identifier: Apache-2.0 */
/* From a response to a session, or to another challenge. */
#include "bsf/ub_int.h"
#include "gba/wire/names.h"

/* Where it stands. */
static struct bsf_challenges *table_of(const struct bsf_ub_at *s, const struct bsf_challenge *c)
{
    return c->next ? &s->ub->nexts : &s->ub->challenges;
}

static void drop(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    bsf_challenges_drop(table_of(s, c), c);
}

/*= TS 24.109 A.4, RFC 3310 3.4 */
static gba_rc resynchronise(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    struct bsf_ub_run *run = s->run;
    if (c->resyncs >= s->ub->conf->ub.resync_limit) {
        drop(s, c);
        return GBA_E_UB_RESYNC_LIMIT;
    }
    GBA_TRY(bsf_ub_read_auts(&run->ask, &run->auts));
    /* MAC-S is the proof; some devices get the empty-password response wrong, once. */
    if (bsf_ub_read_proof(&run->ask, GBA_LIT("")) != GBA_OK && c->resyncs > 0) {
        drop(s, c);
        return GBA_E_UB_AUTS;
    }
    run->resync = true;
    run->rand = c->rand;
    run->resyncs = c->resyncs + 1;
    run->second = c->second;
    run->cause = GBA_E_UB_SYNC;
    drop(s, c);
    return bsf_ub_ask_hss(s);
}

static gba_rc wrong_response(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    bool again = s->ub->conf->ub.wrong_response == BSF_WRONG_401 && !c->second;
    drop(s, c);
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

/* What is kept; its settings lie in the scratch. */
static gba_rc make_session(const struct bsf_ub_at *s, const struct bsf_challenge *c,
                           struct bsf_session *session)
{
    gba_writer w = gba_writer_of(s->ub->scratch->guss, sizeof s->ub->scratch->guss);
    bsf_chain_get(&table_of(s, c)->settings, &c->settings, &w);
    *session = (struct bsf_session){
        .impi = c->impi,
        .rand = c->rand,
        .ks = c->ks,
        .mode = c->mode,
        .gba_type = c->type,
        .tmpi = s->ub->conf->ub.tmpi && s->run->ask.tmpi_capable && c->type != BSF_DIGEST,
        .created_s = gba_env_now_s(s->env),
        .expiry_s = s->run->expiry_s,
        .settings = c->settings.present ? gba_writer_view(&w) : (gba_view){NULL, 0},
    };
    /*= TS 33.220 B.6 */
    if (c->type == BSF_DIGEST)
        GBA_TRY(gba_text_set(&session->ub_nonce, s->run->ask.auth.nonce));
    return gba_text_set(&session->domain, btid_domain(s, c->name));
}

static gba_rc order_store(const struct bsf_ub_at *s, const struct bsf_session *session)
{
    struct bsf_sealer *sealer = &s->ub->scratch->sealer;
    struct bsf_store_put *put = &s->order->put;
    gba_text tmpi;
    *put = (struct bsf_store_put){
        .has_alias = session->tmpi,
        .keep = s->ub->conf->ub.sessions_kept,
        .expiry_ms = session->expiry_s * 1000,
    };
    GBA_TRY(bsf_key_of(BSF_KEY_BTID, gba_text_view(&s->run->btid), &put->key));
    GBA_TRY(gba_text_set(&s->run->name, s->run->ask.auth.username));
    if (session->tmpi) {
        GBA_TRY(bsf_session_tmpi(session, &tmpi));
        s->run->name = tmpi;
        GBA_TRY(bsf_key_of(BSF_KEY_TMPI, gba_text_view(&tmpi), &put->alias));
    }
    GBA_TRY(bsf_owner_of(&sealer->ring->keys[0].key, gba_text_view(&session->impi),
                         gba_text_view(&session->domain), &put->owner));
    GBA_TRY(bsf_session_seal(sealer, s->env, &put->key, session, &put->record));
    s->run->state = BSF_UB_KEEPING;
    s->order->kind = BSF_UB_STORE;
    return GBA_OK;
}

/*= TS 33.220 4.5.2: B-TID, Ks = CK || IK, lifetime; kept before they are promised */
static gba_rc succeed(const struct bsf_ub_at *s, const struct bsf_challenge *c, gba_view password)
{
    struct bsf_ub_run *run = s->run;
    struct bsf_session session;
    run->expiry_s = gba_env_now_s(s->env) + c->lifetime_s;
    GBA_TRY(gba_btid_make(&c->rand, btid_domain(s, c->name), &run->btid));
    struct bsf_ub_success success = {&run->ask, password, &run->btid, run->expiry_s, gba_env_now_s(s->env)};
    GBA_TRY(bsf_ub_reply_success(s->ub->conf, &success, &run->reply));
    gba_rc rc = make_session(s, c, &session);
    if (rc == GBA_OK)
        rc = order_store(s, &session);
    gba_wipe(&session);
    return rc;
}

static gba_rc password_of(const struct bsf_ub_at *s, const struct bsf_challenge *c,
                          uint8_t room[BSF_UB_PASSWORD_MAX], gba_view *password)
{
    if (c->type == BSF_DIGEST)
        return bsf_ub_digest_passwd(s, c, room, password);
    return bsf_ub_read_password(&s->run->ask, c, room, password);
}

static gba_rc judge(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    uint8_t room[BSF_UB_PASSWORD_MAX];
    gba_view password;
    gba_rc rc = password_of(s, c, room, &password);
    if (rc == GBA_OK)
        rc = bsf_ub_read_proof(&s->run->ask, password);
    if (rc == GBA_OK) {
        rc = c->type == BSF_DIGEST ? bsf_ub_digest_ks(s, c) : GBA_OK;
        if (rc == GBA_OK)
            rc = succeed(s, c, password);
        drop(s, c);
    } else if (rc == GBA_E_UB_RESPONSE) {
        rc = wrong_response(s, c);
    }
    gba_wipe(&room);
    return rc;
}

/* The challenge that the request answers, still to be judged; NULL: none. */
static struct bsf_challenge *find(const struct bsf_ub_at *s)
{
    gba_rand rand;
    if (bsf_ub_read_nonce(s->run->ask.auth.nonce, &rand) != GBA_OK)
        return NULL;
    struct bsf_challenge *c = bsf_challenges_find(&s->ub->challenges, &rand, s->env->mono_ms);
    if (c == NULL)
        c = bsf_challenges_find(&s->ub->nexts, &rand, s->env->mono_ms);
    return c && bsf_ub_read_is_for(&s->run->ask, c) ? c : NULL;
}

static gba_rc unknown_nonce(const struct bsf_ub_at *s)
{
    struct bsf_ub_run *run = s->run;
    GBA_TRY(bsf_limits_request(&s->ub->limits, s->env->mono_ms, run->via.address, BSF_LIMITS_BAD_NONCE));
    run->cause = GBA_E_UB_NONCE;
    bool refuse = bsf_ub_reply_status(s->ub->conf, run->cause) != 401;
    return refuse ? run->cause : bsf_ub_ask_challenge(s);
}

gba_rc bsf_ub_on_response(const struct bsf_ub_at *s)
{
    struct bsf_ub_run *run = s->run;
    struct bsf_challenge *c = find(s);
    if (c == NULL)
        return unknown_nonce(s);
    run->via.run = c->run;
    GBA_TRY(bsf_ub_read_match(s->ub->conf, &run->ask, c));
    GBA_ENSURE(c->type != BSF_2G || run->via.tls, GBA_E_UB_2G_PLAIN);
    run->impi = c->impi;
    run->type = c->type;
    if (run->ask.auth.auts.p && c->type == BSF_3G)
        return resynchronise(s, c);
    return judge(s, c);
}

gba_rc bsf_ub_on_stored(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    GBA_ENSURE(s->run->state == BSF_UB_KEEPING, GBA_E_BUG);
    if (event->rc != GBA_OK)
        return gba_rc_class(event->rc) == GBA_CLASS_LIMIT ? GBA_E_STORE_FULL : GBA_E_STORE;
    return bsf_ub_finish(s);
}
