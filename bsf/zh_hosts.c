/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/zh_hosts.h"

const uint32_t bsf_zh_bucket_ms[BSF_ZH_BUCKETS - 1] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};

enum {
    DOWN_AFTER = 3,  /* attempts in a row; one alone may have been the subscriber's */
    VALIDITY_S = 30, /* RFC 7683 7.5: when none is told, or too long a one */
    VALIDITY_MAX_S = 86400,
    WINDOW_FIRST = 1024,
    WINDOW_LEAST = 16,
    CREEP = 1000, /* answers */
};

static uint16_t configured(const struct bsf_conf *conf)
{
    size_t n = conf->zh.routes.n == 0;
    for (size_t i = 0; i < conf->zh.routes.n; i++) {
        size_t hosts = bsf_conf_zh_route_at(conf, i)->hosts.n;
        n += hosts > 0 ? hosts : 1;
    }
    return (uint16_t)n;
}

size_t bsf_zh_hosts_memory(const struct bsf_conf *conf)
{
    return (configured(conf) + (size_t)BSF_ZH_LEARNED) * sizeof(struct bsf_zh_host);
}

struct bsf_zh_host *bsf_zh_hosts_find(struct bsf_zh_hosts *t, gba_view identity, gba_view realm)
{
    for (uint16_t i = 0; i < t->n; i++) {
        struct bsf_zh_host *h = &t->items[i];
        if (gba_view_eq_nocase(gba_text_view(&h->identity), identity) &&
            (identity.n > 0 || gba_view_eq_nocase(gba_text_view(&h->realm), realm)))
            return h;
    }
    return NULL;
}

static void add(struct bsf_zh_hosts *t, const gba_text *identity, const gba_text *realm,
                const struct bsf_conf_zh_host *quirks)
{
    if (bsf_zh_hosts_find(t, gba_text_view(identity), gba_text_view(realm)))
        return;
    t->items[t->n++] = (struct bsf_zh_host){.identity = *identity, .realm = *realm, .quirks = quirks};
    t->items[t->n - 1].window = WINDOW_FIRST;
    t->configured = t->n;
}

void bsf_zh_hosts_init(struct bsf_zh_hosts *t, const struct bsf_conf *conf, void *memory)
{
    static const gba_text any = {.n = 0};
    *t = (struct bsf_zh_hosts){.conf = conf, .rules = &conf->zh, .items = memory};
    if (conf->zh.routes.n == 0)
        add(t, &conf->zh.host, &conf->zh.realm, NULL);
    for (size_t i = 0; i < conf->zh.routes.n; i++) {
        const struct bsf_conf_zh_route *route = bsf_conf_zh_route_at(conf, i);
        for (size_t k = 0; k < route->hosts.n; k++) {
            const struct bsf_conf_zh_host *host = bsf_conf_zh_host_at(route, k);
            add(t, &host->identity, &route->realm, host);
        }
        if (route->hosts.n == 0)
            add(t, &any, &route->realm, NULL);
    }
    t->cap = (uint16_t)(t->configured + BSF_ZH_LEARNED);
}

/* ---- hosts that a redirect agent names ---- */

static bool reachable(const struct bsf_conf *conf, gba_view identity)
{
    const struct gba_conf_peer *peers = conf->diameter.peers.items;
    for (size_t i = 0; i < conf->diameter.peers.n; i++) {
        bool named = gba_view_eq_nocase(gba_text_view(&peers[i].identity), identity);
        if (peers[i].address.n > 0 && (peers[i].relay || named))
            return true;
    }
    return false;
}

/* A slot that was never used, else that of the learned host used longest ago. */
static struct bsf_zh_host *free_slot(struct bsf_zh_hosts *t)
{
    struct bsf_zh_host *oldest = NULL;
    if (t->n < t->cap) {
        struct bsf_zh_host *fresh = &t->items[t->n++];
        fresh->generation = 0;
        return fresh;
    }
    for (uint16_t i = t->configured; i < t->n; i++) {
        struct bsf_zh_host *h = &t->items[i];
        if (h->waiting == 0 && (!oldest || h->used_ms < oldest->used_ms))
            oldest = h;
    }
    return oldest;
}

gba_rc bsf_zh_hosts_learn(struct bsf_zh_hosts *t, gba_view identity, gba_view realm, int64_t mono_ms,
                          struct bsf_zh_host **out)
{
    *out = bsf_zh_hosts_find(t, identity, realm);
    if (*out)
        return GBA_OK;
    GBA_ENSURE(reachable(t->conf, identity), GBA_E_ZH_REDIRECT_HOST);
    struct bsf_zh_host *h = free_slot(t);
    GBA_ENSURE(h != NULL, GBA_E_ZH_QUEUE);
    *h = (struct bsf_zh_host){
        .generation = h->generation + 1, .used_ms = mono_ms, .window = WINDOW_FIRST};
    GBA_TRY(gba_text_set(&h->identity, identity));
    GBA_TRY(gba_text_set(&h->realm, realm));
    *out = h;
    return GBA_OK;
}

/* ---- health ---- */

void bsf_zh_hosts_link(struct bsf_zh_hosts *t, gba_view peer, bool open)
{
    struct bsf_zh_host *h = bsf_zh_hosts_find(t, peer, (gba_view){NULL, 0});
    if (!h || h->closed == !open)
        return;
    h->closed = !open;
    if (!open)
        return;
    h->failures = 0;
    h->shun_until_ms = 0;
    h->probing = false;
}

enum bsf_zh_health bsf_zh_host_health(const struct bsf_zh_host *h, int64_t mono_ms)
{
    if (h->closed)
        return BSF_ZH_DOWN;
    if (h->failures >= DOWN_AFTER)
        return mono_ms < h->shun_until_ms || h->probing ? BSF_ZH_DOWN : BSF_ZH_WELL;
    return mono_ms < h->shun_until_ms ? BSF_ZH_SHUNNED : BSF_ZH_WELL;
}

/* ---- how many may wait ---- */

bool bsf_zh_host_full(const struct bsf_zh_hosts *t, const struct bsf_zh_host *h)
{
    return h->waiting >= h->window || h->waiting >= t->rules->max_waiting;
}

/* An answer that took longer came out of a queue that is too long.  A host that is slow even
 * with nothing to do has no queue. */
static int64_t late_ms(const struct bsf_zh_hosts *t, const struct bsf_zh_host *h)
{
    int64_t ms = t->conf->diameter.timeout_ms;
    if (t->rules->timeout_ms < ms)
        ms = t->rules->timeout_ms;
    return ms / 2 > 2 * h->least_ms ? ms / 2 : 2 * h->least_ms;
}

/* The shortest time lately: it creeps up, so that a host may become slower for good. */
static void note_least(struct bsf_zh_host *h, int64_t took_ms)
{
    if (took_ms < h->least_ms || h->counts.answers == 1)
        h->least_ms = took_ms;
    else if (h->counts.answers % CREEP == 0)
        h->least_ms++;
}

/* What else was answered while a question waited tells how fast the host works.  The
 * window opens only where it is used, or a quiet night would open it to any flood. */
static void adjust(const struct bsf_zh_hosts *t, struct bsf_zh_host *h, const struct bsf_zh_sent *sent,
                   int64_t took_ms)
{
    int64_t late = late_ms(t, h);
    if (took_ms < late / 2 && sent->ahead >= h->window / 2 && h->window < t->rules->max_waiting)
        h->window++;
    if (took_ms <= late)
        return;
    uint64_t fits = (h->counts.answers - sent->answers) * (uint64_t)late / (uint64_t)took_ms;
    if (fits < WINDOW_LEAST)
        fits = WINDOW_LEAST;
    if (fits < h->window)
        h->window = (uint32_t)fits;
}

void bsf_zh_host_sent(struct bsf_zh_host *h, const gba_env *env, struct bsf_zh_sent *sent)
{
    h->waiting++;
    *sent = (struct bsf_zh_sent){env->mono_ms, h->waiting, h->counts.answers};
    h->used_ms = env->mono_ms;
    h->counts.sent++;
    if (h->failures >= DOWN_AFTER && env->mono_ms >= h->shun_until_ms)
        h->probing = true;
}

static void count_latency(struct bsf_zh_host_counts *c, int64_t ms)
{
    size_t i = 0;
    while (i < BSF_ZH_BUCKETS - 1 && ms > (int64_t)bsf_zh_bucket_ms[i])
        i++;
    c->latency[i]++;
    c->latency_ms += (uint64_t)ms;
    c->answers++;
}

void bsf_zh_host_done(struct bsf_zh_host *h, enum bsf_zh_fate fate, const struct bsf_zh_sent *sent,
                      const struct bsf_zh_hosts *t, const gba_env *env)
{
    int64_t shun = env->mono_ms + t->rules->backoff_ms, took_ms = env->mono_ms - sent->at_ms;
    h->waiting--;
    h->probing = false;
    switch (fate) {
    case BSF_ZH_ANSWERED:
    case BSF_ZH_BUSY_ANSWER:
        count_latency(&h->counts, took_ms);
        note_least(h, took_ms);
        adjust(t, h, sent, took_ms);
        h->failures = 0;
        h->shun_until_ms = fate == BSF_ZH_BUSY_ANSWER ? shun : 0;
        return;
    case BSF_ZH_NO_ANSWER:
        adjust(t, h, sent, took_ms);
        /* fall through */
    case BSF_ZH_UNDELIVERABLE:
        h->counts.failures++;
        h->failures = fate == BSF_ZH_UNDELIVERABLE && h->failures < DOWN_AFTER ? DOWN_AFTER : h->failures + 1;
        if (h->failures >= DOWN_AFTER)
            h->shun_until_ms = shun;
        return;
    case BSF_ZH_NOT_ASKED:
        return;
    }
}

/* ---- overload reports ---- */

bool bsf_zh_host_abates(struct bsf_zh_host *h, const gba_env *env)
{
    uint32_t dice;
    if (h->load.reduction == 0 || env->mono_ms >= h->load.until_ms)
        return false;
    gba_env_random(env, &dice, sizeof dice);
    if (dice % 100 >= h->load.reduction)
        return false;
    h->counts.abated++;
    return true;
}

/*= RFC 7683 5.2.1.2, 7.4 to 7.7: newer reports only; the first of a number starts its time */
static void heed(struct bsf_zh_load *load, const struct dia_olr *olr, uint32_t max_s, int64_t mono_ms)
{
    uint32_t validity = olr->has_validity && olr->validity_s <= VALIDITY_MAX_S ? olr->validity_s : VALIDITY_S;
    bool over = olr->has_validity && olr->validity_s == 0;
    if (mono_ms < load->until_ms && olr->sequence <= load->sequence)
        return;
    if (!over && (!olr->has_reduction || olr->reduction > 100))
        return;
    /* Nobody shall keep us from an HSS for a day. */
    if (validity > max_s)
        validity = max_s;
    load->sequence = olr->sequence;
    load->reduction = over ? 0 : olr->reduction;
    load->until_ms = mono_ms + (int64_t)validity * 1000;
}

/* With one peer to ask, "any host of the realm" is that peer. */
static bool one_peer(const struct bsf_conf *conf)
{
    const struct gba_conf_peer *peers = conf->diameter.peers.items;
    size_t n = 0;
    for (size_t i = 0; i < conf->diameter.peers.n; i++)
        n += peers[i].address.n > 0;
    return n == 1;
}

/*= RFC 7683 7.6: a report of the host concerns requests that name it as Destination-Host, one
 * of the realm those that name none */
static bool concerns(const struct bsf_zh_hosts *t, const struct bsf_zh_host *h, const struct dia_maa *maa,
                     const struct dia_olr *olr)
{
    if (h->identity.n > 0)
        return !olr->realm && gba_view_eq_nocase(gba_text_view(&h->identity), maa->origin_host);
    return gba_view_eq_nocase(gba_text_view(&h->realm), maa->origin_realm) &&
           (olr->realm || one_peer(t->conf));
}

void bsf_zh_hosts_report(struct bsf_zh_hosts *t, const struct dia_maa *maa, const gba_env *env)
{
    if (!t->rules->overload)
        return;
    for (size_t k = 0; k < maa->n_olrs; k++) {
        for (uint16_t i = 0; i < t->n; i++) {
            if (concerns(t, &t->items[i], maa, &maa->olrs[k]))
                heed(&t->items[i].load, &maa->olrs[k], t->rules->overload_max_s, env->mono_ms);
        }
    }
}
