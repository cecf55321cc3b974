/* SPDX-License-Identifier: Apache-2.0 */
/* Zh over Diameter: a question goes out, to one HSS after the other as the
 * engine (bsf/zh_route.h) orders, and its answer comes back as plain values. */
#pragma once

#include "bsf/zh_route.h"
#include "rt/fdiam.h"
#include "rt/live.h"

struct bsf_zh_fd;

struct bsf_zh_fd_parts {
    struct rt_loop *loop;
    const struct bsf_conf *conf; /* the first */
    struct rt_live *live;
    struct rt_dia *dia;
};

/* The parts live longer.  E_MEMORY. */
GBA_MUST_USE gba_rc bsf_zh_fd_open(const struct bsf_zh_fd_parts *parts, struct bsf_zh_fd **out);

/* What came of a question. */
struct bsf_zh_answer {
    gba_rc rc;                 /* OK: maa has a vector; else what to tell the device */
    const struct dia_maa *maa; /* valid during the call */
    uint32_t retry_after_s;    /* 0: nothing is known */
};
typedef void bsf_zh_fn(void *arg, const struct bsf_zh_answer *answer);

/* Exactly one call of fn, at once only when nothing could be sent. */
void bsf_zh_fd_ask(struct bsf_zh_fd *zh, const struct bsf_zh_ask *ask, bsf_zh_fn *fn, void *arg);

/* ---- figures, on the loop's thread ---- */

const struct bsf_zh_counts *bsf_zh_fd_counts(const struct bsf_zh_fd *zh);

/* An HSS as it is now. */
struct bsf_zh_host_view {
    gba_view identity; /* empty: any host of the realm */
    gba_view realm;
    enum bsf_zh_health health;
    uint32_t waiting;   /* questions without an answer */
    uint32_t reduction; /* percent that it asked us to send less */
    const struct bsf_zh_host_counts *counts;
};

/* How many there are; the i-th of them. */
size_t bsf_zh_fd_hosts(const struct bsf_zh_fd *zh);
void bsf_zh_fd_host(const struct bsf_zh_fd *zh, size_t i, struct bsf_zh_host_view *view);

/* One notice for each reason that ended questions, and one for each host. */
void bsf_zh_fd_log_counters(const struct bsf_zh_fd *zh);

/* After the Diameter node was closed: frees once the last question has ended. */
void bsf_zh_fd_close(struct bsf_zh_fd *zh);
