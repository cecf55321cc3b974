/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HSS hosts that questions go to: whether each is well, how many questions
 * wait for it, what it says about its load (RFC 7683), and figures.  Configured
 * hosts stay; those a redirect agent named come and go in a bounded rest of the
 * table.
 *
 * A host is down after some attempts in a row without an answer, or one that
 * could not be delivered.  Then questions go elsewhere first; one question each
 * `zh.backoff` tries whether it is back.
 *
 * A host gets no more questions at once than it answers before we give up on them:
 * beyond its limit every answer would come too late for its device, and a host that
 * works for nobody stays overloaded (RFC 7683 leaves what is done without reports to us).
 */
#pragma once

#include "bsf/conf.h"
#include "diameter-dict/zh.h"
#include "gba/base/env.h"

enum { BSF_ZH_LEARNED = 64, BSF_ZH_BUCKETS = 13 };

/* Upper bounds of the latency buckets in milliseconds; the last has none. */
extern const uint32_t bsf_zh_bucket_ms[BSF_ZH_BUCKETS - 1];

struct bsf_zh_host_counts {
    uint64_t sent, answers, failures; /* failures: attempts without a usable answer */
    uint64_t abated;                  /* not sent because of an overload report */
    uint64_t latency[BSF_ZH_BUCKETS]; /* of answers */
    uint64_t latency_ms;              /* their sum */
};

/* A question on its way. */
struct bsf_zh_sent {
    int64_t at_ms;    /* monotonic */
    uint32_t ahead;   /* questions that waited for the same host then, this one included */
    uint64_t answers; /* that the host had given until then */
};

/* What an overload report asked for. */
struct bsf_zh_load {
    uint64_t sequence;
    uint32_t reduction; /* percent */
    int64_t until_ms;   /* monotonic */
};

struct bsf_zh_host {
    gba_text identity; /* empty: any host of the realm */
    gba_text realm;
    const struct bsf_conf_zh_host *quirks; /* NULL: none */
    bool closed;                           /* it is a peer, and its connection is not open */
    bool probing;                          /* one question tries whether it is back */
    uint32_t failures;                     /* in a row */
    int64_t shun_until_ms;                 /* monotonic: others first until then */
    uint32_t waiting;                      /* questions it has not answered */
    uint32_t window;                       /* how many may wait, as far as we have seen */
    int64_t least_ms;                      /* the shortest time to an answer lately */
    int64_t used_ms;                       /* monotonic */
    uint32_t generation;                   /* of a slot for learned hosts */
    struct bsf_zh_load load;
    struct bsf_zh_host_counts counts;
};

struct bsf_zh_hosts {
    const struct bsf_conf *conf;
    const struct bsf_conf_zh *rules; /* limits and times, which may change; not the routes */
    struct bsf_zh_host *items;
    uint16_t n, configured, cap;
};

enum bsf_zh_health { BSF_ZH_WELL, BSF_ZH_SHUNNED, BSF_ZH_DOWN };

size_t bsf_zh_hosts_memory(const struct bsf_conf *conf);

/* The configured hosts. memory is aligned for any type. */
void bsf_zh_hosts_init(struct bsf_zh_hosts *t, const struct bsf_conf *conf, void *memory);

/* The host of this name and realm, also a learned one; NULL: unknown.  An empty
 * identity is "any host of the realm". */
struct bsf_zh_host *bsf_zh_hosts_find(struct bsf_zh_hosts *t, gba_view identity, gba_view realm);

/* The same, made when it is unknown; a learned host that nobody waits for gives
 * way.  E_ZH_REDIRECT_HOST: it is neither a peer to connect to nor behind a relay;
 * E_ZH_QUEUE: no slot is free. */
GBA_MUST_USE gba_rc bsf_zh_hosts_learn(struct bsf_zh_hosts *t, gba_view identity, gba_view realm,
                                       int64_t mono_ms, struct bsf_zh_host **out);

/* The connection to this peer is open, or not. */
void bsf_zh_hosts_link(struct bsf_zh_hosts *t, gba_view peer, bool open);

/* How it is, for the next question. */
enum bsf_zh_health bsf_zh_host_health(const struct bsf_zh_host *h, int64_t mono_ms);

/* Should this question be kept from it (loss algorithm, RFC 7683 5.3)? */
bool bsf_zh_host_abates(struct bsf_zh_host *h, const gba_env *env);

/* Do as many questions wait for it as may? */
bool bsf_zh_host_full(const struct bsf_zh_hosts *t, const struct bsf_zh_host *h);

/* A question goes to it. */
void bsf_zh_host_sent(struct bsf_zh_host *h, const gba_env *env, struct bsf_zh_sent *sent);

/* What became of the question. */
enum bsf_zh_fate {
    BSF_ZH_ANSWERED,
    BSF_ZH_BUSY_ANSWER,   /* answered, but it has too much to do */
    BSF_ZH_NO_ANSWER,     /* silence, or an answer that freeDiameter dropped */
    BSF_ZH_UNDELIVERABLE, /* it cannot be reached */
    BSF_ZH_NOT_ASKED,     /* the question did not leave us, or nobody waits any more */
};
void bsf_zh_host_done(struct bsf_zh_host *h, enum bsf_zh_fate fate, const struct bsf_zh_sent *sent,
                      const struct bsf_zh_hosts *t, const gba_env *env);

/* Heed the reports of an answer by this host (RFC 7683 5.2). */
void bsf_zh_hosts_report(struct bsf_zh_hosts *t, const struct dia_maa *maa, const gba_env *env);
