/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/ub.h"

#include "bsf/policy.h"
#include "gba/base/arena.h"
#include "gba/crypto/aka.h"
#include "gba/crypto/kdf.h"
#include "gba/wire/names.h"

enum { FINDING_TMPI, ASKING, KEEPING_SESSION, KEEPING_TMPI, FORGETTING, OVER };

enum { PARSE_MAX = 512 * 1024 };

struct bsf_ub_scratch {
    struct bsf_sealer sealer;
    uint8_t guss[BSF_GUSS_MAX];
    max_align_t parse[PARSE_MAX / sizeof(max_align_t)];
};

/* What one step works with. */
struct step {
    struct bsf_ub *ub;
    struct bsf_ub_run *run;
    const gba_env *env;
    struct bsf_ub_order *order;
};

size_t bsf_ub_memory(const struct bsf_conf *conf)
{
    return gba_aligned(bsf_challenges_memory(conf->ub.max_challenges)) +
           gba_aligned(bsf_guss_cache_memory(conf->zh.guss_cache)) + sizeof(struct bsf_ub_scratch);
}

void bsf_ub_init(struct bsf_ub *ub, const struct bsf_conf *conf, const gba_seal_key *key, void *memory,
                 const gba_env *env)
{
    uint64_t seed;
    uint8_t *gusses = (uint8_t *)memory + gba_aligned(bsf_challenges_memory(conf->ub.max_challenges));
    uint8_t *scratch = gusses + gba_aligned(bsf_guss_cache_memory(conf->zh.guss_cache));
    gba_env_random(env, &seed, sizeof seed);
    ub->conf = conf;
    bsf_challenges_init(&ub->challenges, memory, conf->ub.max_challenges, seed);
    ub->challenges.lifetime_ms = (int64_t)conf->ub.challenge_s * 1000;
    bsf_guss_cache_init(&ub->gusses, gusses, conf->zh.guss_cache, seed);
    ub->scratch = (struct bsf_ub_scratch *)(void *)scratch;
    ub->scratch->sealer.key = key;
}

void bsf_ub_tick(struct bsf_ub *ub, const gba_env *env)
{
    bsf_challenges_expire(&ub->challenges, env->now_ms);
}

void bsf_ub_wipe(struct bsf_ub *ub)
{
    bsf_challenges_expire(&ub->challenges, INT64_MAX);
    gba_wipe(ub->scratch);
}

/* ---- orders ---- */

static void reply(const struct step *s, gba_rc reason)
{
    s->run->state = OVER;
    s->order->kind = BSF_UB_REPLY;
    s->order->reason = reason;
    s->order->reply = &s->run->reply.msg;
}

static void order_store(const struct step *s, gba_view record, int state)
{
    s->run->state = state;
    s->order->kind = BSF_UB_STORE;
    s->order->key = bsf_key_view(&s->run->key);
    s->order->record = record;
    s->order->expiry_ms = s->run->expiry_s * 1000;
}

static gba_rc order_by_tmpi(const struct step *s, enum bsf_ub_order_kind kind, int state)
{
    GBA_TRY(bsf_key_make(BSF_KEY_TMPI, s->run->ask.auth.username, &s->run->key));
    s->run->state = state;
    s->order->kind = kind;
    s->order->key = bsf_key_view(&s->run->key);
    return GBA_OK;
}

/* ---- asking for a vector ---- */

static struct bsf_zh_ask question(const struct bsf_ub_run *run)
{
    return (struct bsf_zh_ask){
        .impi = gba_text_view(&run->impi),
        .host = run->host.n > 0 ? gba_text_view(&run->host) : (gba_view){NULL, 0},
        .auts = run->resync ? &run->auts : NULL,
        .rand = &run->rand,
        .guss_stamp_s = run->has_guss_stamp ? &run->guss_stamp_s : NULL,
    };
}

static gba_rc ask_hss(const struct step *s)
{
    const struct bsf_guss_item *cached = bsf_guss_cache_find(&s->ub->gusses, gba_text_view(&s->run->impi));
    s->run->has_guss_stamp = cached != NULL;
    s->run->guss_stamp_s = cached ? cached->stamp_s : 0;
    struct bsf_zh_ask ask = question(s->run);
    bsf_zh_ask_mar(s->ub->conf, &ask, &s->order->mar);
    s->run->state = ASKING;
    s->order->kind = BSF_UB_ASK_HSS;
    return GBA_OK;
}

/*= TS 33.220 4.5.2: the username is the IMPI, or a TMPI that stands for it */
static gba_rc ask_for_challenge(const struct step *s)
{
    /* Asking in vain would cost the subscriber a sequence number. */
    GBA_ENSURE(!bsf_challenges_full(&s->ub->challenges), GBA_E_UB_FULL);
    gba_view username = s->run->ask.auth.username;
    if (gba_is_tmpi(username))
        return order_by_tmpi(s, BSF_UB_FIND, FINDING_TMPI);
    GBA_TRY(gba_text_set(&s->run->impi, username));
    return ask_hss(s);
}

static gba_rc on_found(const struct step *s, const struct bsf_ub_event *event)
{
    GBA_ENSURE(s->run->state == FINDING_TMPI, GBA_E_BUG);
    if (event->rc != GBA_OK)
        return gba_rc_class(event->rc) == GBA_CLASS_ABSENT ? GBA_E_UB_TMPI : GBA_E_STORE;
    GBA_TRY(bsf_tmpi_open(&s->ub->scratch->sealer, &s->run->key, event->record, &s->run->impi));
    return ask_hss(s);
}

/* ---- a response ---- */

/*= TS 24.109 A.4, RFC 3310 3.4 */
static gba_rc resynchronise(const struct step *s, struct bsf_challenge *c)
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
    return ask_hss(s);
}

static gba_rc wrong_response(const struct step *s, struct bsf_challenge *c)
{
    bool again = s->ub->conf->ub.wrong_response == BSF_WRONG_401 && !c->second;
    bsf_challenges_drop(&s->ub->challenges, c);
    GBA_ENSURE(again, GBA_E_UB_RESPONSE);
    s->run->second = true;
    s->run->cause = GBA_E_UB_RESPONSE;
    return ask_hss(s);
}

static gba_view btid_domain(const struct step *s, size_t name)
{
    const struct bsf_conf_name *n = bsf_conf_name_at(s->ub->conf, name);
    return gba_text_view(n->btid_domain.n > 0 ? &n->btid_domain : &n->host);
}

/*= TS 33.220 B.4 */
static gba_rc agree_tmpi(const struct step *s, const struct bsf_challenge *c)
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

static gba_rc keep_session(const struct step *s, const struct bsf_challenge *c, gba_view *record)
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
static gba_rc succeed(const struct step *s, const struct bsf_challenge *c)
{
    struct bsf_ub_run *run = s->run;
    gba_view record;
    run->expiry_s = gba_env_now_s(s->env) + c->lifetime_s;
    GBA_TRY(gba_btid_make(&c->rand, btid_domain(s, c->name), &run->btid));
    GBA_TRY(agree_tmpi(s, c));
    struct bsf_ub_success success = {&run->ask, gba_view_of(c->xres.b, c->xres.n), &run->btid, run->expiry_s};
    GBA_TRY(bsf_ub_reply_success(s->ub->conf, &success, &run->reply));
    GBA_TRY(bsf_key_make(BSF_KEY_SESSION, gba_text_view(&run->btid), &run->key));
    GBA_TRY(keep_session(s, c, &record));
    order_store(s, record, KEEPING_SESSION);
    return GBA_OK;
}

static gba_rc on_response(const struct step *s)
{
    struct bsf_ub_run *run = s->run;
    gba_rand rand;
    gba_autn autn;
    struct bsf_challenge *c = NULL;
    if (bsf_ub_read_nonce(run->ask.auth.nonce, &rand, &autn) == GBA_OK)
        c = bsf_challenges_find(&s->ub->challenges, &rand, s->env->now_ms);
    if (c == NULL || !gba_view_eq(GBA_ARRAY(autn.b), GBA_ARRAY(c->autn.b))) {
        run->cause = GBA_E_UB_NONCE;
        return ask_for_challenge(s);
    }
    GBA_TRY(bsf_ub_read_match(s->ub->conf, &run->ask, c));
    run->impi = c->impi;
    if (run->ask.auth.auts.p)
        return resynchronise(s, c);
    if (bsf_ub_read_proof(&run->ask, gba_view_of(c->xres.b, c->xres.n)) != GBA_OK)
        return wrong_response(s, c);
    gba_rc rc = succeed(s, c);
    bsf_challenges_drop(&s->ub->challenges, c);
    return rc;
}

static gba_rc on_request(const struct step *s, const struct bsf_ub_event *event)
{
    struct bsf_ub_run *run = s->run;
    gba_arena arena = gba_arena_of(run->room, sizeof run->room);
    run->cause = GBA_OK;
    run->impi.n = run->host.n = run->tmpi.n = 0;
    run->resync = run->second = false;
    run->resyncs = 0;
    bsf_challenges_expire(&s->ub->challenges, s->env->now_ms);
    GBA_TRY(bsf_ub_read(s->ub->conf, event->req, &arena, &run->ask));
    return run->ask.first ? ask_for_challenge(s) : on_response(s);
}

/* ---- the vector ---- */

/* The GUSS sent, else the one we hold (then the HSS left it out: TS 29.109 4.2). */
static gba_view choose_guss(const struct step *s, const struct dia_maa *maa)
{
    if (maa->guss.p) {
        bsf_guss_cache_put(&s->ub->gusses, &s->run->impi, gba_env_now_s(s->env), maa->guss);
        return maa->guss;
    }
    const struct bsf_guss_item *cached = bsf_guss_cache_find(&s->ub->gusses, gba_text_view(&s->run->impi));
    if (cached == NULL)
        return maa->guss;
    gba_writer w = gba_writer_of(s->ub->scratch->guss, sizeof s->ub->scratch->guss);
    bsf_chain_get(&s->ub->gusses.chains, &cached->guss, &w);
    return gba_writer_view(&w);
}

static gba_rc apply_guss(const struct step *s, gba_view xml, struct bsf_challenge *c)
{
    struct gba_guss guss = {.n_uss = 0};
    gba_arena arena = gba_arena_of(s->ub->scratch->parse, sizeof s->ub->scratch->parse);
    if (xml.p)
        GBA_ENSURE(gba_guss_parse(xml, &arena, &guss) == GBA_OK, GBA_E_ZH_GUSS);
    c->mode = bsf_policy_mode(&s->ub->conf->ub, &guss);
    c->lifetime_s = bsf_policy_lifetime(&s->ub->conf->ub, &guss);
    return GBA_OK;
}

static gba_rc issue(const struct step *s, const struct dia_maa *maa, struct bsf_challenge *c)
{
    gba_view xml = choose_guss(s, maa);
    GBA_TRY(gba_text_set(&c->username, s->run->ask.auth.username));
    GBA_TRY(apply_guss(s, xml, c));
    c->impi = s->run->impi;
    c->rand = maa->vector.rand;
    c->autn = maa->vector.autn;
    c->xres = maa->vector.xres;
    /*= TS 33.220 5.3.2: AUTN* keeps Ks inside the UICC */
    if (c->mode == BSF_U)
        GBA_TRY(gba_aka_autn_star(&maa->vector.autn, &maa->vector.ik, &c->autn));
    gba_aka_ks(&maa->vector.ck, &maa->vector.ik, &c->ks);
    gba_env_random(s->env, c->opaque, sizeof c->opaque);
    c->name = (uint32_t)s->run->ask.name;
    c->resyncs = s->run->resyncs;
    c->second = s->run->second;
    c->issued_ms = s->env->now_ms;
    GBA_TRY(bsf_challenges_put(&s->ub->challenges, c, xml));
    return bsf_ub_reply_challenge(s->ub->conf, c, &s->run->reply);
}

static gba_rc redirect(const struct step *s, const struct dia_maa *maa)
{
    /* Once only: two servers may point at each other. */
    GBA_ENSURE(s->run->host.n == 0, GBA_E_ZH_BUSY);
    GBA_TRY(bsf_zh_ask_redirect(maa->redirect_host, &s->run->host));
    return ask_hss(s);
}

static gba_rc on_vector(const struct step *s, const struct bsf_ub_event *event)
{
    GBA_ENSURE(s->run->state == ASKING, GBA_E_BUG);
    struct bsf_zh_ask ask = question(s->run);
    gba_rc rc = bsf_zh_ask_means(&ask, event->rc, event->maa);
    if (rc == GBA_E_ZH_REDIRECT)
        return redirect(s, event->maa);
    GBA_TRY(rc);
    struct bsf_challenge c = {.guss = {BSF_CHAIN_NONE, 0, false}};
    rc = issue(s, event->maa, &c);
    gba_wipe(&c);
    GBA_TRY(rc);
    reply(s, s->run->cause);
    return GBA_OK;
}

/* ---- keeping ---- */

static gba_rc keep_tmpi(const struct step *s)
{
    gba_view record;
    GBA_TRY(bsf_key_make(BSF_KEY_TMPI, gba_text_view(&s->run->tmpi), &s->run->key));
    GBA_TRY(
        bsf_tmpi_seal(&s->ub->scratch->sealer, s->env, &s->run->key, gba_text_view(&s->run->impi), &record));
    order_store(s, record, KEEPING_TMPI);
    return GBA_OK;
}

static gba_rc on_stored(const struct step *s, const struct bsf_ub_event *event)
{
    int state = s->run->state;
    GBA_ENSURE(state == KEEPING_SESSION || state == KEEPING_TMPI || state == FORGETTING, GBA_E_BUG);
    if (event->rc != GBA_OK && state != FORGETTING)
        return gba_rc_class(event->rc) == GBA_CLASS_LIMIT ? GBA_E_STORE_FULL : GBA_E_STORE;
    if (state == KEEPING_SESSION && s->run->tmpi.n > 0)
        return keep_tmpi(s);
    /*= TS 33.220 4.5.2: a new run replaces the TMPI */
    if (state == KEEPING_TMPI && gba_is_tmpi(s->run->ask.auth.username))
        return order_by_tmpi(s, BSF_UB_FORGET, FORGETTING);
    reply(s, GBA_OK);
    return GBA_OK;
}

static gba_rc dispatch(const struct step *s, const struct bsf_ub_event *event)
{
    switch (event->kind) {
    case BSF_UB_REQUEST:
        return on_request(s, event);
    case BSF_UB_FOUND:
        return on_found(s, event);
    case BSF_UB_VECTOR:
        return on_vector(s, event);
    case BSF_UB_STORED:
        return on_stored(s, event);
    default:
        return GBA_E_BUG;
    }
}

void bsf_ub_step(struct bsf_ub *ub, struct bsf_ub_run *run, const gba_env *env,
                 const struct bsf_ub_event *event, struct bsf_ub_order *order)
{
    struct step s = {ub, run, env, order};
    gba_rc rc = dispatch(&s, event);
    if (rc == GBA_OK)
        return;
    bsf_ub_reply_refuse(ub->conf, rc, &run->reply);
    reply(&s, rc);
}
