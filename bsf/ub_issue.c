/* SPDX-License-Identifier: Apache-2.0 */
/* From a username to a vector, and from a vector to a challenge. */
#include "bsf/policy.h"
#include "bsf/ub_int.h"
#include "gba/base/arena.h"
#include "gba/crypto/aka.h"
#include "gba/wire/names.h"
#include "gba/wire/uss_pack.h"

/* Sent, our time of a GUSS goes back by this much: the clocks of BSF and HSS differ. */
enum { CLOCKS_DIFFER_S = 60 };

/* Absent: AKA. */
static gba_view scheme_of(const struct bsf_ub_at *s)
{
    const struct bsf_conf_zh *conf = &s->ub->conf->zh;
    if (s->run->type == BSF_2G)
        return gba_text_view(&conf->scheme_2g);
    return s->run->type == BSF_DIGEST ? gba_text_view(&conf->scheme_digest) : (gba_view){NULL, 0};
}

gba_rc bsf_ub_ask_again(const struct bsf_ub_at *s)
{
    struct bsf_ub_run *run = s->run;
    const struct bsf_guss_item *cached =
        bsf_guss_cache_find(&s->ub->gusses, gba_text_view(&run->impi), s->env->mono_ms);
    run->guss_stamp_s = cached ? cached->stamp_s - CLOCKS_DIFFER_S : 0;
    s->order->zh = (struct bsf_zh_ask){
        .scheme = scheme_of(s),
        .impi = gba_text_view(&run->impi),
        .auts = run->resync ? &run->auts : NULL,
        .rand = &run->rand,
        .guss_stamp_s = cached ? &run->guss_stamp_s : NULL,
    };
    run->state = BSF_UB_ASKING;
    s->order->kind = BSF_UB_ASK_HSS;
    return GBA_OK;
}

/* The challenge the device, or somebody under its name, was given last and did
 * not answer; NULL when there is none that would do for this request too. */
static const struct bsf_challenge *unanswered(const struct bsf_ub_at *s)
{
    const struct bsf_ub_run *run = s->run;
    bool by_tmpi = gba_is_tmpi(run->ask.auth.username);
    const gba_rand *rand = bsf_limits_last(&s->ub->limits, gba_text_view(&run->impi), by_tmpi);
    const struct bsf_challenge *c =
        rand ? bsf_challenges_find(&s->ub->challenges, rand, s->env->mono_ms) : NULL;
    if (c == NULL || s->env->mono_ms - c->issued_ms >= (int64_t)s->ub->conf->ub.limits.repeat_s * 1000)
        return NULL;
    bool same = gba_view_eq(gba_text_view(&c->username), run->ask.auth.username) && c->name == run->ask.name;
    bool fits = (c->type == BSF_DIGEST) == (run->type == BSF_DIGEST) && (c->type == BSF_3G || run->via.tls);
    return same && fits ? c : NULL;
}

gba_rc bsf_ub_ask_hss(const struct bsf_ub_at *s)
{
    gba_rc rc = bsf_limits_vector(&s->ub->limits, s->env->mono_ms, gba_text_view(&s->run->impi));
    if (rc == GBA_OK)
        return bsf_ub_ask_again(s);
    const struct bsf_challenge *c = s->run->resync || s->run->second ? NULL : unanswered(s);
    GBA_ENSURE(c != NULL, rc);
    GBA_TRY(bsf_ub_reply_challenge(s->ub->conf, c, &s->run->reply));
    bsf_ub_order_reply(s, GBA_E_UB_REPEATED);
    return GBA_OK;
}

static gba_rc find_tmpi(const struct bsf_ub_at *s)
{
    GBA_TRY(bsf_key_of(BSF_KEY_TMPI, s->run->ask.auth.username, &s->order->key));
    s->run->state = BSF_UB_FINDING_TMPI;
    s->order->kind = BSF_UB_FIND;
    return GBA_OK;
}

/*= TS 33.220 4.5.2: the username is the IMPI, or a TMPI that stands for it */
gba_rc bsf_ub_ask_challenge(const struct bsf_ub_at *s)
{
    /* Asking in vain would cost the subscriber a sequence number. */
    GBA_ENSURE(!bsf_challenges_full(&s->ub->challenges), GBA_E_UB_FULL);
    gba_view username = s->run->ask.auth.username;
    if (gba_is_tmpi(username))
        return find_tmpi(s);
    GBA_TRY(gba_text_set(&s->run->impi, username));
    return bsf_ub_ask_hss(s);
}

/* A store could give the record of somebody else: the TMPI must follow from what is in it. */
static gba_rc read_tmpi(const struct bsf_ub_at *s, const struct bsf_stored *found)
{
    struct bsf_session session;
    gba_text tmpi;
    GBA_TRY(bsf_session_open(&s->ub->scratch->sealer, &found->key, found->record, &session));
    gba_rc rc = bsf_session_tmpi(&session, &tmpi);
    if (rc == GBA_OK && !gba_view_eq(gba_text_view(&tmpi), s->run->ask.auth.username))
        rc = GBA_E_UB_TMPI;
    if (rc == GBA_OK)
        s->run->impi = session.impi;
    gba_wipe(&session);
    return rc;
}

gba_rc bsf_ub_on_found(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    GBA_ENSURE(s->run->state == BSF_UB_FINDING_TMPI, GBA_E_BUG);
    if (event->rc != GBA_OK)
        return gba_rc_class(event->rc) == GBA_CLASS_ABSENT ? GBA_E_UB_TMPI : GBA_E_STORE;
    GBA_TRY(read_tmpi(s, event->found));
    return bsf_ub_ask_hss(s);
}

/* The GUSS sent, else the one we hold (then the HSS left it out: TS 29.109 4.2). */
static gba_view choose_guss(const struct bsf_ub_at *s, const struct dia_maa *maa)
{
    gba_view impi = gba_text_view(&s->run->impi);
    const struct bsf_guss_item *cached = bsf_guss_cache_find(&s->ub->gusses, impi, s->env->mono_ms);
    if (maa->guss.p || cached == NULL)
        return maa->guss;
    gba_writer w = gba_writer_of(s->ub->scratch->guss, sizeof s->ub->scratch->guss);
    bsf_chain_get(&s->ub->gusses.chains, &cached->guss, &w);
    return gba_writer_view(&w);
}

/* After it was read: one that nobody can read would be used again and again. */
static void keep_guss(const struct bsf_ub_at *s, const struct dia_maa *maa)
{
    if (maa->guss.p)
        bsf_guss_cache_put(&s->ub->gusses, &s->run->impi, s->env, maa->guss);
}

/* *settings: what of it goes into the session, in the scratch; absent without any. */
static gba_rc apply_guss(const struct bsf_ub_at *s, gba_view xml, struct bsf_challenge *c, gba_view *settings)
{
    struct gba_guss guss = {.n_uss = 0};
    gba_writer w = gba_writer_of(s->ub->scratch->guss, sizeof s->ub->scratch->guss);
    gba_arena arena = gba_arena_of(s->ub->scratch->parse, sizeof s->ub->scratch->parse);
    if (xml.p)
        GBA_ENSURE(gba_guss_parse(xml, &arena, &guss) == GBA_OK, GBA_E_ZH_GUSS);
    c->mode = bsf_policy_mode(&s->ub->conf->ub, &guss);
    c->lifetime_s = bsf_policy_lifetime(&s->ub->conf->ub, &guss);
    gba_put_uss_packed(&w, &guss);
    *settings = xml.p ? gba_writer_view(&w) : xml;
    return gba_writer_end(&w) == GBA_OK ? GBA_OK : GBA_E_ZH_GUSS;
}

/* The HSS left it out because we said that we hold it, and it has been pushed out
 * or grown old since.  Without it a user of GBA_U would be served GBA_ME. */
static bool guss_is_lost(const struct bsf_ub_at *s, const struct dia_maa *maa)
{
    return s->run->guss_stamp_s != 0 && !maa->guss.p &&
           bsf_guss_cache_find(&s->ub->gusses, gba_text_view(&s->run->impi), s->env->mono_ms) == NULL;
}

/* What is in the vector, as it goes to the device. */
static gba_rc take_vector(const struct bsf_ub_at *s, const struct dia_maa *maa, struct bsf_challenge *c)
{
    gba_copy(s->ub->amf.b, gba_view_of(maa->vector.autn.b + 6, 2));
    c->rand = maa->vector.rand;
    c->autn = maa->vector.autn;
    c->xres = maa->vector.xres;
    gba_aka_ks(&maa->vector.ck, &maa->vector.ik, &c->ks);
    /*= TS 33.220 5.3.2: AUTN* keeps Ks inside the UICC */
    return c->mode == BSF_U ? gba_aka_autn_star(&maa->vector.autn, &maa->vector.ik, &c->autn) : GBA_OK;
}

/* An HSS may answer with what the subscriber has, whatever was asked for; but GBA_Digest is for
 * those who want it. */
static gba_rc take(const struct bsf_ub_at *s, const struct dia_maa *maa, struct bsf_challenge *c)
{
    GBA_ENSURE(maa->has_digest == (s->run->type == BSF_DIGEST), GBA_E_ZH_PROTOCOL);
    if (maa->has_digest)
        return bsf_ub_digest_take(s, &maa->digest, c);
    return maa->has_triplet ? bsf_ub_2g_take(s, &maa->triplet, c) : take_vector(s, maa, c);
}

/* AUTN is SQN xor AK, AMF and a MAC: only AMF tells anything, and that it takes from real ones. */
static void invent_vector(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    gba_env_random(s->env, &c->rand, sizeof c->rand);
    gba_env_random(s->env, &c->autn, sizeof c->autn);
    gba_copy(c->autn.b + 6, GBA_ARRAY(s->ub->amf.b));
    gba_env_random(s->env, &c->xres, sizeof c->xres);
    c->xres.n = sizeof c->xres.b;
    gba_env_random(s->env, &c->ks, sizeof c->ks);
}

static unsigned offered(const struct bsf_conf_ub *conf)
{
    enum gba_digest_alg alg;
    unsigned bits = 0;
    for (size_t i = 0; bsf_conf_algorithm_at(conf, i, &alg); i++)
        bits |= 1U << alg;
    return bits;
}

/* Whose it is, and for what. */
static gba_rc address(const struct bsf_ub_at *s, gba_view username, struct bsf_challenge *c)
{
    const struct bsf_ub_run *run = s->run;
    c->impi = run->impi;
    if (c->type == BSF_3G)
        c->algs = offered(&s->ub->conf->ub);
    c->name = (uint32_t)run->ask.name;
    c->issued_ms = s->env->mono_ms;
    return gba_text_set(&c->username, username);
}

/* Keep the challenge and build the reply. */
static gba_rc issue(const struct bsf_ub_at *s, struct bsf_challenge *c, gba_view settings)
{
    struct bsf_ub_run *run = s->run;
    GBA_TRY(address(s, run->ask.auth.username, c));
    gba_env_random(s->env, c->opaque, sizeof c->opaque);
    c->resyncs = run->resyncs;
    c->second = run->second;
    c->run = run->via.run;
    GBA_TRY(bsf_challenges_put(&s->ub->challenges, c, settings));
    bsf_limits_challenged(&s->ub->limits, gba_text_view(&run->impi), gba_is_tmpi(run->ask.auth.username),
                          &c->rand);
    return bsf_ub_reply_challenge(s->ub->conf, c, &run->reply);
}

/* The vector as a challenge; *settings lie in the scratch. */
static gba_rc open_vector(const struct bsf_ub_at *s, const struct dia_maa *maa, struct bsf_challenge *c,
                          gba_view *settings)
{
    GBA_TRY(apply_guss(s, choose_guss(s, maa), c, settings));
    keep_guss(s, maa);
    return take(s, maa, c);
}

static gba_rc challenge(const struct bsf_ub_at *s, const struct dia_maa *maa, struct bsf_challenge *c)
{
    gba_view settings;
    GBA_TRY(open_vector(s, maa, c, &settings));
    return issue(s, c, settings);
}

/* Nobody can answer it, and nobody can tell that: what follows is a wrong response. */
static gba_rc pretend(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    if (s->run->type == BSF_DIGEST)
        GBA_TRY(bsf_ub_digest_invent(s, c));
    else
        invent_vector(s, c);
    return issue(s, c, (gba_view){NULL, 0});
}

/* ---- nextnonce (RFC 7616 3.5) ---- */

/* The device goes on with the opaque it has. */
static gba_rc issue_next(const struct bsf_ub_at *s, const struct dia_maa *maa, struct bsf_challenge *c)
{
    gba_view settings;
    GBA_TRY(open_vector(s, maa, c, &settings));
    GBA_TRY(address(s, gba_text_view(&s->run->name), c));
    GBA_TRY(gba_hex_parse(s->run->ask.auth.opaque, c->opaque, sizeof c->opaque));
    c->next = true;
    GBA_TRY(bsf_challenges_put(&s->ub->nexts, c, settings));
    return bsf_ub_reply_next(c, &s->run->reply);
}

/* Whatever goes wrong now, the session is kept and its reply is ready. */
static gba_rc on_next(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    struct bsf_challenge c = {.settings = {BSF_CHAIN_NONE, 0, false}};
    if (event->rc == GBA_OK && !guss_is_lost(s, event->maa))
        (void)issue_next(s, event->maa, &c);
    gba_wipe(&c);
    bsf_ub_order_reply(s, GBA_OK);
    return GBA_OK;
}

gba_rc bsf_ub_finish(const struct bsf_ub_at *s)
{
    struct bsf_ub_run *run = s->run;
    bool give = s->ub->conf->ub.nextnonce && run->type == BSF_3G && !bsf_challenges_full(&s->ub->nexts) &&
                bsf_limits_vector(&s->ub->limits, s->env->mono_ms, gba_text_view(&run->impi)) == GBA_OK;
    if (!give) {
        bsf_ub_order_reply(s, GBA_OK);
        return GBA_OK;
    }
    run->resync = false;
    gba_rc rc = bsf_ub_ask_again(s);
    run->state = BSF_UB_ASKING_NEXT;
    return rc;
}

gba_rc bsf_ub_on_vector(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    struct bsf_challenge c = {.settings = {BSF_CHAIN_NONE, 0, false}};
    bool hide = event->rc == GBA_E_ZH_IDENTITY && s->ub->conf->ub.hide_unknown;
    if (s->run->state == BSF_UB_ASKING_NEXT)
        return on_next(s, event);
    GBA_ENSURE(s->run->state == BSF_UB_ASKING, GBA_E_BUG);
    s->run->reply.retry_after_s = event->retry_after_s;
    if (event->rc == GBA_E_ZH_SCHEME && s->run->type == BSF_3G && !s->run->resync)
        return bsf_ub_2g_ask(s);
    GBA_ENSURE(hide || event->rc == GBA_OK, event->rc);
    GBA_ENSURE(!hide || !s->run->resync, GBA_E_ZH_RESYNC); /* as a forged AUTS of somebody who exists */
    if (!hide && guss_is_lost(s, event->maa)) {
        s->run->resync = false; /* that is done */
        return bsf_ub_ask_again(s);
    }
    s->run->cause = hide ? event->rc : s->run->cause;
    gba_rc rc = hide ? pretend(s, &c) : challenge(s, event->maa, &c);
    gba_wipe(&c);
    GBA_TRY(rc);
    bsf_ub_order_reply(s, s->run->cause);
    return GBA_OK;
}
