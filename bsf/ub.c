/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/ub_int.h"

#include "gba/base/arena.h"

static uint32_t nexts_of(const struct bsf_conf *conf)
{
    return conf->ub.nextnonce ? conf->ub.max_challenges : 1;
}

size_t bsf_ub_memory(const struct bsf_conf *conf)
{
    return gba_aligned(bsf_challenges_memory(conf->ub.max_challenges)) +
           gba_aligned(bsf_challenges_memory(nexts_of(conf))) +
           gba_aligned(bsf_guss_cache_memory(conf->zh.guss_cache)) +
           gba_aligned(bsf_limits_memory(&conf->ub.limits)) + sizeof(struct bsf_ub_scratch);
}

void bsf_ub_use(struct bsf_ub *ub, const struct bsf_conf *conf)
{
    ub->conf = conf;
    ub->challenges.lifetime_ms = (int64_t)conf->ub.challenge_s * 1000;
    ub->nexts.lifetime_ms = (int64_t)conf->ub.nextnonce_s * 1000;
    ub->gusses.age_ms = (int64_t)conf->zh.guss_cache_age_s * 1000;
    ub->limits.conf = &conf->ub.limits;
}

void bsf_ub_init(struct bsf_ub *ub, const struct bsf_conf *conf, const gba_seal_ring *ring, void *memory,
                 const gba_env *env)
{
    uint64_t seed;
    uint8_t *nexts = (uint8_t *)memory + gba_aligned(bsf_challenges_memory(conf->ub.max_challenges));
    uint8_t *gusses = nexts + gba_aligned(bsf_challenges_memory(nexts_of(conf)));
    uint8_t *limits = gusses + gba_aligned(bsf_guss_cache_memory(conf->zh.guss_cache));
    uint8_t *scratch = limits + gba_aligned(bsf_limits_memory(&conf->ub.limits));
    gba_env_random(env, &seed, sizeof seed);
    bsf_challenges_init(&ub->challenges, memory, conf->ub.max_challenges, seed);
    bsf_challenges_init(&ub->nexts, nexts, nexts_of(conf), seed);
    bsf_guss_cache_init(&ub->gusses, gusses, conf->zh.guss_cache, seed);
    bsf_limits_init(&ub->limits, &conf->ub.limits, limits, seed);
    ub->amf = (gba_amf){{0, 0}};
    ub->scratch = (struct bsf_ub_scratch *)(void *)scratch;
    ub->scratch->sealer.ring = ring;
    bsf_ub_use(ub, conf);
}

void bsf_ub_tick(struct bsf_ub *ub, const gba_env *env)
{
    bsf_challenges_expire(&ub->challenges, env->mono_ms);
    bsf_challenges_expire(&ub->nexts, env->mono_ms);
}

void bsf_ub_wipe(struct bsf_ub *ub)
{
    bsf_challenges_expire(&ub->challenges, INT64_MAX);
    bsf_challenges_expire(&ub->nexts, INT64_MAX);
    gba_wipe(ub->scratch);
}

/* ---- orders ---- */

void bsf_ub_order_reply(const struct bsf_ub_at *s, gba_rc reason)
{
    s->run->state = BSF_UB_OVER;
    s->order->kind = BSF_UB_REPLY;
    s->order->reason = reason;
    s->order->reply = &s->run->reply.msg;
}

/* ---- events ---- */

static gba_rc on_request(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    struct bsf_ub_run *run = s->run;
    gba_arena arena = gba_arena_of(run->room, sizeof run->room);
    run->cause = GBA_OK;
    run->impi.n = 0;
    run->reply.retry_after_s = 0;
    run->resync = run->second = false;
    run->resyncs = 0;
    run->via = *event->via;
    bsf_ub_tick(s->ub, s->env);
    GBA_TRY(bsf_limits_request(&s->ub->limits, s->env->mono_ms, run->via.address, 1));
    GBA_TRY(bsf_ub_read(s->ub->conf, event->req, &arena, &run->ask));
    run->type = run->ask.digest ? BSF_DIGEST : BSF_3G;
    if (run->ask.digest)
        GBA_TRY(bsf_ub_digest_allowed(s));
    return run->ask.first ? bsf_ub_ask_challenge(s) : bsf_ub_on_response(s);
}

static gba_rc dispatch(const struct bsf_ub_at *s, const struct bsf_ub_event *event)
{
    switch (event->kind) {
    case BSF_UB_REQUEST:
        return on_request(s, event);
    case BSF_UB_FOUND:
        return bsf_ub_on_found(s, event);
    case BSF_UB_VECTOR:
        return bsf_ub_on_vector(s, event);
    case BSF_UB_STORED:
        return bsf_ub_on_stored(s, event);
    default:
        return GBA_E_BUG;
    }
}

void bsf_ub_step(struct bsf_ub *ub, struct bsf_ub_run *run, const gba_env *env,
                 const struct bsf_ub_event *event, struct bsf_ub_order *order)
{
    ub->limits.conf = &ub->conf->ub.limits;
    struct bsf_ub_at s = {ub, run, env, order};
    gba_rc rc = dispatch(&s, event);
    if (rc == GBA_OK)
        return;
    bsf_ub_reply_refuse(ub->conf, rc, &run->reply);
    bsf_ub_order_reply(&s, rc);
}
