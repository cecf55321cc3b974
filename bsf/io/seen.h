/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators get to see of exchanges on Ub and Zn: log, counters, audit log, and the
 * last refusals of each subscriber.
 *
 * A session is told by the start of the hash that it is filed under (session=), which ties
 * lines of Ub and Zn together and tells nobody its B-TID.
 */
#pragma once

#include "bsf/session.h"
#include "rt/metrics.h"

enum { BSF_SEEN_REFUSALS = 2048 };

/* One refusal. */
struct bsf_seen_refusal {
    bsf_store_key whose; /* hash of IMPI or B-TID */
    int64_t at_s;
    uint64_t run;
    gba_rc reason;
    const char *where; /* "ub", "zn" */
};

/* Zeroed before. */
struct bsf_seen {
    struct rt_metrics *metrics;
    struct rt_reasons ub, zh, zn;
    uint64_t statuses[500]; /* of HTTP, from 100 */
    size_t ub_live;
    struct rt_histogram ub_time, zh_time, zn_time;
    struct bsf_seen_refusal refusals[BSF_SEEN_REFUSALS];
    size_t next;
};

/* Its metrics are in metrics until it is closed.  E_BUG. */
GBA_MUST_USE gba_rc bsf_seen_open(struct bsf_seen *seen, struct rt_metrics *metrics);
void bsf_seen_close(struct bsf_seen *seen);

/* A request on Ub that is about to be answered; views may be absent. */
struct bsf_seen_ub {
    unsigned status;
    gba_rc reason;
    gba_view impi, btid, peer;
    int64_t expiry_s;
    uint64_t begun_ns; /* uv_hrtime when it came */
};

/* Before 200 goes out.  E_AUDIT: it must not. */
GBA_MUST_USE gba_rc bsf_seen_bootstrap(const struct bsf_seen_ub *ub);
void bsf_seen_ub(struct bsf_seen *seen, const gba_env *env, const struct bsf_seen_ub *ub);

/* A question on Zh that was answered (OK), or not. */
void bsf_seen_zh(struct bsf_seen *seen, gba_rc rc, uint64_t begun_ns);

/* A request on Zn that is about to be answered; views may be absent. */
struct bsf_seen_zn {
    gba_rc reason;
    uint32_t code, gba_type;
    gba_view peer, origin, naf, btid;
    uint64_t begun_ns;
};

/* Before a key goes out.  E_AUDIT: it must not. */
GBA_MUST_USE gba_rc bsf_seen_key(const struct bsf_seen_zn *zn);
void bsf_seen_zn(struct bsf_seen *seen, const gba_env *env, const struct bsf_seen_zn *zn);

/* The refusals of an IMPI or B-TID, newest first, at most max; how many. */
size_t bsf_seen_refusals(const struct bsf_seen *seen, gba_view whose, const struct bsf_seen_refusal **out,
                         size_t max);

/* How logs name the session of this B-TID: hexadecimal; empty when it cannot be computed. */
gba_view bsf_seen_session(gba_view btid, gba_writer *w);
