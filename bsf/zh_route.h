/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zh routing: one question becomes attempts at one HSS after the other until
 * one answers, within a total time (RFC 6733 5.5.4, 6.12; RFC 7683).
 *
 * struct bsf_zh_route is shared by all questions of one loop; struct bsf_zh_run
 * is one question.  BSF_ZH_SEND is answered by exactly one bsf_zh_route_answer,
 * BSF_ZH_DONE ends the question.
 *
 * A question that was sent and not answered may have been worked on.  Sending
 * it again costs the subscriber one sequence number more, which cards allow;
 * and RAND || AUTS may be sent again too: an HSS that has resynchronised already
 * finds SQN_MS in range, or sets the same SQN again, of which no vector reached
 * the card.  But once any HSS has answered a resynchronisation, well or with
 * nonsense or with no, that question is over: another HSS must not be offered
 * AUTS that the first refused, or sequence numbers would be set twice.
 */
#pragma once

#include "bsf/zh_ask.h"
#include "bsf/zh_cache.h"

struct bsf_zh_counts {
    uint64_t questions, attempts, again; /* again: after an attempt that failed */
    uint64_t redirects, redirects_kept;  /* followed; found in the cache */
    uint64_t reasons[GBA_RC_COUNT];      /* what ended questions */
    uint64_t latency[BSF_ZH_BUCKETS];    /* of whole questions, whatever came of them */
    uint64_t latency_ms;                 /* their sum */
};

struct bsf_zh_route {
    const struct bsf_conf *conf;
    struct bsf_zh_hosts hosts;
    struct bsf_zh_cache cache;
    struct bsf_zh_counts counts;
};

size_t bsf_zh_route_memory(const struct bsf_conf *conf);

/* memory has bsf_zh_route_memory(conf) octets, aligned for any type, and lives as long; so does conf. */
void bsf_zh_route_init(struct bsf_zh_route *zr, const struct bsf_conf *conf, void *memory,
                       const gba_env *env);

/* From now on these limits and times count; they live until the next call.  Routes
 * and sizes stay those of init. */
void bsf_zh_route_rules(struct bsf_zh_route *zr, const struct bsf_conf_zh *rules);

enum { BSF_ZH_WAYS = 16, BSF_ZH_TRIED = 32 };

/* What became of a host in one question. */
struct bsf_zh_try {
    const struct bsf_zh_host *host;
    bool silent; /* no answer came: asking the same host again may help */
};

/* One question in progress; needs no preparation. */
struct bsf_zh_run {
    gba_text impi;
    gba_view scheme;
    bool resync, has_stamp;
    gba_rand rand;
    gba_auts auts;
    int64_t stamp_s;
    gba_text realm;
    struct bsf_zh_host *ways[BSF_ZH_WAYS]; /* whom to ask, in order of preference */
    size_t n_ways;
    struct bsf_zh_try tried[BSF_ZH_TRIED];
    size_t n_tried;
    struct bsf_zh_host *at; /* who is asked now; NULL: nobody */
    uint32_t attempts, redirects;
    int cached; /* enum bsf_zh_scope of the cache entry that ways come from; 0: none, -1: do not look again */
    bool again; /* an attempt may have been received */
    gba_rc last; /* why the last attempt failed */
    uint32_t retry_s;
    int64_t begun_ms;        /* monotonic */
    struct bsf_zh_sent sent; /* what at is asked */
};

enum bsf_zh_order_kind { BSF_ZH_SEND, BSF_ZH_DONE };

/* Views live until the next step of the run. */
struct bsf_zh_order {
    enum bsf_zh_order_kind kind;
    struct dia_mar mar;        /* SEND */
    uint32_t timeout_ms;       /* SEND */
    gba_rc reason;             /* DONE: OK, or what to tell the device */
    const struct dia_maa *maa; /* DONE and OK: the answer that was given in */
    uint32_t retry_after_s;    /* DONE: 0 when nothing is known */
    gba_rc failed; /* why the attempt before this order failed; OK: it did not, or there was none */
    gba_view failed_host;
};

/* The first of zh.routes that fits this subscriber; NULL: none does. */
const struct bsf_conf_zh_route *bsf_zh_route_of(const struct bsf_conf *conf, gba_view impi);

/* A new question. */
void bsf_zh_route_ask(struct bsf_zh_route *zr, struct bsf_zh_run *run, const gba_env *env,
                      const struct bsf_zh_ask *ask, struct bsf_zh_order *order);

/* What came of BSF_ZH_SEND: rc of transport or decoder, and maa when it is OK. */
struct bsf_zh_got {
    gba_rc rc;
    const struct dia_maa *maa;
};
void bsf_zh_route_answer(struct bsf_zh_route *zr, struct bsf_zh_run *run, const gba_env *env,
                         const struct bsf_zh_got *got, struct bsf_zh_order *order);
