/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/zh_route.h"

#include "gba/base/arena.h"

enum {
    REDIRECTS_MAX = 3,   /* agents behind one another */
    LEAST_MS = 100,      /* an attempt with less time would be in vain */
    CACHE_MAX_S = 86400, /* nobody shall keep us from a new HSS for longer */
    UNCACHED = -1,
};

/* What one step works with. */
struct step {
    struct bsf_zh_route *zr;
    struct bsf_zh_run *run;
    const gba_env *env;
    struct bsf_zh_order *order;
};

size_t bsf_zh_route_memory(const struct bsf_conf *conf)
{
    return gba_aligned(bsf_zh_hosts_memory(conf)) + bsf_zh_cache_memory(conf->zh.redirect_cache);
}

void bsf_zh_route_init(struct bsf_zh_route *zr, const struct bsf_conf *conf, void *memory, const gba_env *env)
{
    uint64_t seed;
    gba_env_random(env, &seed, sizeof seed);
    *zr = (struct bsf_zh_route){.conf = conf};
    bsf_zh_hosts_init(&zr->hosts, conf, memory);
    bsf_zh_cache_init(&zr->cache, (uint8_t *)memory + gba_aligned(bsf_zh_hosts_memory(conf)),
                      conf->zh.redirect_cache, seed);
}

void bsf_zh_route_rules(struct bsf_zh_route *zr, const struct bsf_conf_zh *rules)
{
    zr->hosts.rules = rules;
}

/* ---- whom to ask ---- */

static gba_view domain_of(gba_view impi)
{
    size_t at = gba_view_find_last(impi, '@');
    return gba_view_sub(impi, at < impi.n ? at + 1 : impi.n, impi.n);
}

const struct bsf_conf_zh_route *bsf_zh_route_of(const struct bsf_conf *conf, gba_view impi)
{
    gba_view domain = domain_of(impi);
    for (size_t i = 0; i < conf->zh.routes.n; i++) {
        const struct bsf_conf_zh_route *route = bsf_conf_zh_route_at(conf, i);
        gba_view wanted = gba_text_view(&route->domain);
        if (gba_view_eq(wanted, GBA_LIT("*")) || gba_view_eq_nocase(wanted, domain))
            return route;
    }
    return NULL;
}

static void add_way(const struct step *s, const gba_text *identity)
{
    struct bsf_zh_host *h =
        bsf_zh_hosts_find(&s->zr->hosts, identity ? gba_text_view(identity) : (gba_view){NULL, 0},
                          gba_text_view(&s->run->realm));
    if (h && s->run->n_ways < BSF_ZH_WAYS)
        s->run->ways[s->run->n_ways++] = h;
}

static gba_rc configured_ways(const struct step *s)
{
    const struct bsf_conf *conf = s->zr->conf;
    s->run->n_ways = 0;
    if (conf->zh.routes.n == 0) {
        s->run->realm = conf->zh.realm;
        add_way(s, &conf->zh.host);
        return GBA_OK;
    }
    const struct bsf_conf_zh_route *route = bsf_zh_route_of(conf, gba_text_view(&s->run->impi));
    GBA_ENSURE(route != NULL, GBA_E_ZH_ROUTE);
    s->run->realm = route->realm;
    for (size_t i = 0; i < route->hosts.n; i++)
        add_way(s, &bsf_conf_zh_host_at(route, i)->identity);
    if (route->hosts.n == 0)
        add_way(s, NULL);
    return GBA_OK;
}

static void take_ways(struct bsf_zh_run *run, const struct bsf_zh_ways *ways)
{
    for (run->n_ways = 0; run->n_ways < ways->n; run->n_ways++)
        run->ways[run->n_ways] = ways->hosts[run->n_ways];
}

/*= RFC 6733 6.13: what is known of the user goes before what is known of the realm */
static bool cached_ways(const struct step *s, enum bsf_zh_scope scope, gba_view name)
{
    struct bsf_zh_ways ways;
    if (s->run->cached != 0 || !bsf_zh_cache_find(&s->zr->cache, scope, name, s->env->mono_ms, &ways))
        return false;
    take_ways(s->run, &ways);
    s->run->cached = (int)scope;
    s->zr->counts.redirects_kept++;
    return true;
}

/* ---- what was tried ---- */

static struct bsf_zh_try *tried(struct bsf_zh_run *run, const struct bsf_zh_host *h)
{
    for (size_t i = 0; i < run->n_tried; i++) {
        if (run->tried[i].host == h)
            return &run->tried[i];
    }
    return NULL;
}

static void note_try(struct bsf_zh_run *run, const struct bsf_zh_host *h, bool silent)
{
    struct bsf_zh_try *t = tried(run, h);
    if (!t && run->n_tried < BSF_ZH_TRIED)
        t = &run->tried[run->n_tried++];
    if (t)
        *t = (struct bsf_zh_try){h, silent};
}

/* ---- orders ---- */

static void count_latency(struct bsf_zh_counts *c, int64_t ms)
{
    size_t i = 0;
    while (i < BSF_ZH_BUCKETS - 1 && ms > (int64_t)bsf_zh_bucket_ms[i])
        i++;
    c->latency[i]++;
    c->latency_ms += (uint64_t)ms;
}

static void finish(const struct step *s, gba_rc reason)
{
    s->order->kind = BSF_ZH_DONE;
    s->order->reason = reason;
    s->order->retry_after_s = reason == GBA_E_ZH_OVERLOAD ? s->run->retry_s : 0;
    s->zr->counts.reasons[reason]++;
    count_latency(&s->zr->counts, s->env->mono_ms - s->run->begun_ms);
}

static struct bsf_zh_ask question(const struct bsf_zh_run *run)
{
    return (struct bsf_zh_ask){
        .impi = gba_text_view(&run->impi),
        .scheme = run->scheme,
        .auts = run->resync ? &run->auts : NULL,
        .rand = &run->rand,
        .guss_stamp_s = run->has_stamp ? &run->stamp_s : NULL,
    };
}

static void send(const struct step *s, struct bsf_zh_host *h, int64_t left_ms)
{
    const struct bsf_conf *conf = s->zr->conf;
    struct bsf_zh_run *run = s->run;
    struct bsf_zh_ask ask = question(run);
    struct bsf_zh_target target = {
        .realm = gba_text_view(&run->realm),
        .host = h->identity.n > 0 ? gba_text_view(&h->identity) : (gba_view){NULL, 0},
        .quirks = h->quirks,
        .again = run->again,
        .overload = s->zr->hosts.rules->overload,
    };
    bsf_zh_ask_mar(conf, &ask, &target, &s->order->mar);
    s->order->kind = BSF_ZH_SEND;
    s->order->timeout_ms = conf->diameter.timeout_ms;
    if (left_ms < (int64_t)conf->diameter.timeout_ms)
        s->order->timeout_ms = (uint32_t)left_ms;
    run->at = h;
    s->zr->counts.attempts++;
    s->zr->counts.again += run->n_tried > 0;
    run->attempts++;
    bsf_zh_host_sent(h, s->env, &run->sent);
}

/* ---- the next attempt ---- */

/* How long an overload report keeps everything away; part of it: as the configuration says. */
static uint32_t retry_after(const struct bsf_zh_load *load, int64_t mono_ms)
{
    return load->reduction == 100 ? (uint32_t)((load->until_ms - mono_ms + 999) / 1000) : 0;
}

static bool takes(const struct step *s, struct bsf_zh_host *h, gba_rc *why)
{
    if (bsf_zh_host_full(&s->zr->hosts, h)) {
        *why = GBA_E_ZH_QUEUE;
        return false;
    }
    if (!bsf_zh_host_abates(h, s->env))
        return true;
    *why = GBA_E_ZH_OVERLOAD;
    s->run->retry_s = retry_after(&h->load, s->env->mono_ms);
    note_try(s->run, h, false);
    return false;
}

/* The first that is well, else the first that may be. */
static struct bsf_zh_host *choose(const struct step *s, gba_rc *why)
{
    for (int health = BSF_ZH_WELL; health <= BSF_ZH_DOWN; health++) {
        for (size_t i = 0; i < s->run->n_ways; i++) {
            struct bsf_zh_host *h = s->run->ways[i];
            if ((int)bsf_zh_host_health(h, s->env->mono_ms) == health && !tried(s->run, h) &&
                takes(s, h, why))
                return h;
        }
    }
    return NULL;
}

/* Nobody else is left: a relay may have swallowed the question. */
static struct bsf_zh_host *choose_again(const struct step *s)
{
    for (size_t i = 0; i < s->run->n_ways; i++) {
        const struct bsf_zh_try *t = tried(s->run, s->run->ways[i]);
        if (t && t->silent && !bsf_zh_host_full(&s->zr->hosts, s->run->ways[i]))
            return s->run->ways[i];
    }
    return NULL;
}

/* What an agent said once leads nowhere now: ask it again. */
static void leave_cache(const struct step *s)
{
    if (s->run->cached == BSF_ZH_OF_USER)
        bsf_zh_cache_drop(&s->zr->cache, BSF_ZH_OF_USER, gba_text_view(&s->run->impi));
    s->run->cached = UNCACHED;
    if (configured_ways(s) != GBA_OK)
        s->run->n_ways = 0;
}

static void next(const struct step *s)
{
    struct bsf_zh_run *run = s->run;
    gba_rc why = GBA_E_ZH_BUSY;
    int64_t left_ms = run->begun_ms + s->zr->hosts.rules->timeout_ms - s->env->mono_ms;
    if (run->attempts > 0 && (left_ms < LEAST_MS || run->attempts >= s->zr->hosts.rules->attempts)) {
        finish(s, run->last);
        return;
    }
    struct bsf_zh_host *h = choose(s, &why);
    if (h && cached_ways(s, BSF_ZH_OF_HOST, gba_text_view(&h->identity)))
        h = choose(s, &why);
    if (!h && run->cached > 0) {
        leave_cache(s);
        h = choose(s, &why);
    }
    if (!h)
        h = choose_again(s);
    if (h)
        send(s, h, left_ms);
    else
        finish(s, run->n_tried > 0 && run->last != GBA_OK ? run->last : why);
}

void bsf_zh_route_ask(struct bsf_zh_route *zr, struct bsf_zh_run *run, const gba_env *env,
                      const struct bsf_zh_ask *ask, struct bsf_zh_order *order)
{
    struct step s = {zr, run, env, order};
    *run = (struct bsf_zh_run){.scheme = ask->scheme, .resync = ask->auts != NULL, .begun_ms = env->mono_ms};
    *order = (struct bsf_zh_order){.kind = BSF_ZH_DONE};
    if (ask->auts) {
        run->auts = *ask->auts;
        run->rand = *ask->rand;
    }
    run->has_stamp = ask->guss_stamp_s != NULL;
    run->stamp_s = run->has_stamp ? *ask->guss_stamp_s : 0;
    zr->counts.questions++;
    gba_rc rc = gba_text_set(&run->impi, ask->impi);
    if (rc == GBA_OK)
        rc = configured_ways(&s);
    if (rc != GBA_OK) {
        finish(&s, rc);
        return;
    }
    if (!cached_ways(&s, BSF_ZH_OF_USER, ask->impi))
        (void)cached_ways(&s, BSF_ZH_OF_REALM, gba_text_view(&run->realm));
    next(&s);
}

/* ---- redirects ---- */

static void keep_redirect(const struct step *s, const struct bsf_zh_host *agent, const struct dia_maa *maa,
                          const struct bsf_zh_ways *ways)
{
    uint32_t for_s = maa->redirect_cache_s < CACHE_MAX_S ? maa->redirect_cache_s : CACHE_MAX_S;
    int64_t until = s->env->mono_ms + (int64_t)for_s * 1000;
    if (for_s == 0)
        return;
    switch (maa->redirect_usage) {
    case DIA_REDIRECT_ALL_USER:
        bsf_zh_cache_put(&s->zr->cache, BSF_ZH_OF_USER, gba_text_view(&s->run->impi), ways, until);
        return;
    case DIA_REDIRECT_ALL_REALM:
    case DIA_REDIRECT_REALM_AND_APPLICATION:
    case DIA_REDIRECT_ALL_APPLICATION:
        /* Zh is all we ask for; other realms are not this agent's. */
        bsf_zh_cache_put(&s->zr->cache, BSF_ZH_OF_REALM, gba_text_view(&s->run->realm), ways, until);
        return;
    case DIA_REDIRECT_ALL_HOST:
        if (agent->identity.n > 0)
            bsf_zh_cache_put(&s->zr->cache, BSF_ZH_OF_HOST, gba_text_view(&agent->identity), ways, until);
        return;
    default:
        return;
    }
}

static gba_rc follow_one(const struct step *s, gba_view uri, struct bsf_zh_ways *ways)
{
    gba_text name;
    struct bsf_zh_host *h;
    GBA_TRY(bsf_zh_ask_redirect(uri, &name));
    GBA_TRY(bsf_zh_hosts_learn(&s->zr->hosts, gba_text_view(&name), gba_text_view(&s->run->realm),
                               s->env->mono_ms, &h));
    GBA_ENSURE(!tried(s->run, h), GBA_E_ZH_LOOP);
    ways->hosts[ways->n++] = h;
    return GBA_OK;
}

/* OK when there is somebody to ask now. */
static gba_rc follow(const struct step *s, const struct bsf_zh_host *agent, const struct dia_maa *maa)
{
    struct bsf_zh_ways ways = {.n = 0};
    gba_rc first = GBA_OK;
    GBA_ENSURE(s->run->redirects++ < REDIRECTS_MAX, GBA_E_ZH_LOOP);
    for (size_t i = 0; i < maa->n_redirects; i++) {
        gba_rc rc = follow_one(s, maa->redirect_hosts[i], &ways);
        if (first == GBA_OK)
            first = rc;
    }
    if (ways.n == 0)
        return first == GBA_OK ? GBA_E_ZH_PROTOCOL : first;
    keep_redirect(s, agent, maa, &ways);
    take_ways(s->run, &ways);
    s->run->cached = UNCACHED;
    s->run->attempts = 0;
    s->zr->counts.redirects++;
    return GBA_OK;
}

/* ---- answers ---- */

static enum bsf_zh_fate fate_of(const struct bsf_zh_got *got, gba_rc meaning)
{
    if (got->rc == GBA_OK && meaning == GBA_E_ZH_OVERLOAD)
        return BSF_ZH_BUSY_ANSWER;
    if (got->rc == GBA_OK)
        return got->maa->result.code == DIA_UNABLE_TO_DELIVER ? BSF_ZH_UNDELIVERABLE : BSF_ZH_ANSWERED;
    if (gba_rc_class(got->rc) == GBA_CLASS_MALFORMED)
        return BSF_ZH_ANSWERED;
    if (got->rc == GBA_E_DIA_UNDELIVERABLE)
        return BSF_ZH_UNDELIVERABLE;
    return got->rc == GBA_E_DIA_TIMEOUT || got->rc == GBA_E_DIA_DROPPED ? BSF_ZH_NO_ANSWER : BSF_ZH_NOT_ASKED;
}

/* Did an HSS work on the question?  3xxx says that it did not. */
static bool worked_on(const struct bsf_zh_got *got)
{
    if (got->rc == GBA_OK)
        return got->maa->said / 1000 != 3;
    return gba_rc_class(got->rc) == GBA_CLASS_MALFORMED || got->rc == GBA_E_DIA_DROPPED;
}

/* Would another host, or a later time, not help? */
static bool final(const struct bsf_zh_run *run, const struct bsf_zh_got *got, gba_rc meaning)
{
    bool told = meaning == GBA_OK || meaning == GBA_E_ZH_IDENTITY || meaning == GBA_E_ZH_SCHEME;
    if (told || (run->resync && worked_on(got)))
        return true;
    if (meaning == GBA_E_ZH_REFUSED)
        return got->maa->said != DIA_UNABLE_TO_COMPLY;
    return got->rc != GBA_OK && fate_of(got, meaning) == BSF_ZH_NOT_ASKED;
}

static void fail(const struct step *s, const struct bsf_zh_host *h, const struct bsf_zh_got *got, gba_rc why)
{
    s->order->failed = got->rc != GBA_OK ? got->rc : why;
    s->order->failed_host = gba_text_view(&h->identity);
    s->run->last = why;
    s->run->again = s->run->again || got->rc == GBA_E_DIA_TIMEOUT;
    note_try(s->run, h, got->rc == GBA_E_DIA_TIMEOUT);
}

void bsf_zh_route_answer(struct bsf_zh_route *zr, struct bsf_zh_run *run, const gba_env *env,
                         const struct bsf_zh_got *got, struct bsf_zh_order *order)
{
    struct step s = {zr, run, env, order};
    struct bsf_zh_host *h = run->at;
    struct bsf_zh_ask ask = question(run);
    gba_rc meaning = bsf_zh_ask_means(&ask, h->quirks, got->rc, got->maa);
    *order = (struct bsf_zh_order){.kind = BSF_ZH_DONE, .maa = got->maa};
    run->at = NULL;
    run->retry_s = 0;
    bsf_zh_host_done(h, fate_of(got, meaning), &run->sent, &zr->hosts, env);
    if (got->rc == GBA_OK)
        bsf_zh_hosts_report(&zr->hosts, got->maa, env);
    if (meaning == GBA_E_ZH_OVERLOAD)
        run->retry_s = (zr->hosts.rules->backoff_ms + 999) / 1000;
    if (meaning == GBA_E_ZH_IDENTITY && run->cached == BSF_ZH_OF_USER) {
        /* The user may have moved to another HSS. */
        fail(&s, h, got, meaning);
        leave_cache(&s);
        next(&s);
        return;
    }
    if (final(run, got, meaning)) {
        finish(&s, got->rc == GBA_E_DIA_BUSY ? GBA_E_ZH_QUEUE : meaning);
        return;
    }
    note_try(run, h, false);
    if (meaning == GBA_E_ZH_REDIRECT)
        meaning = follow(&s, h, got->maa);
    if (meaning != GBA_OK)
        fail(&s, h, got, meaning);
    next(&s);
}
