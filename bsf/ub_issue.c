/* SPDX-License-Identifier: Apache-2.0 */
/* From a username to a vector, and from a vector to a challenge. */
#include "bsf/policy.h"
#include "bsf/ub_int.h"
#include "gba/base/arena.h"
#include "gba/crypto/aka.h"
#include "gba/wire/names.h"

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

gba_rc bsf_ub_ask_hss(const struct bsf_ub_at *s)
{
    const struct bsf_guss_item *cached = bsf_guss_cache_find(&s->ub->gusses, gba_text_view(&s->run->impi));
    s->run->has_guss_stamp = cached != NULL;
    s->run->guss_stamp_s = cached ? cached->stamp_s : 0;
    struct bsf_zh_ask ask = question(s->run);
    bsf_zh_ask_mar(s->ub->conf, &ask, &s->order->mar);
    s->run->state = BSF_UB_ASKING;
    s->order->kind = BSF_UB_ASK_HSS;
    return GBA_OK;
}

/*= TS 33.220 4.5.2: the username is the IMPI, or a TMPI that stands for it */
gba_rc bsf_ub_ask_challenge(const struct bsf_ub_at *s)
{
    /* Asking in vain would cost the subscriber a sequence number. */
    GBA_ENSURE(!bsf_challenges_full(&s->ub->challenges), GBA_E_UB_FULL);
    gba_view username = s->run->ask.auth.username;
    if (gba_is_tmpi(username))
        return bsf_ub_order_by_tmpi(s, BSF_UB_FIND, BSF_UB_FINDING_TMPI);
    GBA_TRY(gba_text_set(&s->run->impi, username));
    return bsf_ub_ask_hss(s);
}

gba_rc bsf_ub_on_found(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    GBA_ENSURE(s->run->state == BSF_UB_FINDING_TMPI, GBA_E_BUG);
    if (event->rc != GBA_OK)
        return gba_rc_class(event->rc) == GBA_CLASS_ABSENT ? GBA_E_UB_TMPI : GBA_E_STORE;
    GBA_TRY(bsf_tmpi_open(&s->ub->scratch->sealer, &s->run->key, event->record, &s->run->impi));
    return bsf_ub_ask_hss(s);
}

/* The GUSS sent, else the one we hold (then the HSS left it out: TS 29.109 4.2). */
static gba_view choose_guss(const struct bsf_ub_at *s, const struct dia_maa *maa)
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

static gba_rc apply_guss(const struct bsf_ub_at *s, gba_view xml, struct bsf_challenge *c)
{
    struct gba_guss guss = {.n_uss = 0};
    gba_arena arena = gba_arena_of(s->ub->scratch->parse, sizeof s->ub->scratch->parse);
    if (xml.p)
        GBA_ENSURE(gba_guss_parse(xml, &arena, &guss) == GBA_OK, GBA_E_ZH_GUSS);
    c->mode = bsf_policy_mode(&s->ub->conf->ub, &guss);
    c->lifetime_s = bsf_policy_lifetime(&s->ub->conf->ub, &guss);
    return GBA_OK;
}

static gba_rc issue(const struct bsf_ub_at *s, const struct dia_maa *maa, struct bsf_challenge *c)
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
    c->issued_ms = s->env->mono_ms;
    GBA_TRY(bsf_challenges_put(&s->ub->challenges, c, xml));
    return bsf_ub_reply_challenge(s->ub->conf, c, &s->run->reply);
}

static gba_rc redirect(const struct bsf_ub_at *s, const struct dia_maa *maa)
{
    /* Once only: two servers may point at each other. */
    GBA_ENSURE(s->run->host.n == 0, GBA_E_ZH_BUSY);
    GBA_TRY(bsf_zh_ask_redirect(maa->redirect_host, &s->run->host));
    return bsf_ub_ask_hss(s);
}

gba_rc bsf_ub_on_vector(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    GBA_ENSURE(s->run->state == BSF_UB_ASKING, GBA_E_BUG);
    struct bsf_zh_ask ask = question(s->run);
    gba_rc rc = bsf_zh_ask_means(&ask, event->rc, event->maa);
    if (rc == GBA_E_ZH_REDIRECT)
        return redirect(s, event->maa);
    GBA_TRY(rc);
    struct bsf_challenge c = {.guss = {BSF_CHAIN_NONE, 0, false}};
    rc = issue(s, event->maa, &c);
    gba_wipe(&c);
    GBA_TRY(rc);
    bsf_ub_order_reply(s, s->run->cause);
    return GBA_OK;
}
