/* SPDX-License-Identifier: Apache-2.0 */
/* Zh over Diameter: MAR in, MAA out, as the engine orders; and the disk asked for sequence numbers. */
#pragma once

#include "hss/auc.h"
#include "hss/conf.h"
#include "hss/io/sqn_file.h"
#include "rt/fdiam.h"
#include "rt/live.h"

struct hss_zh_fd;

struct hss_zh_fd_parts {
    struct rt_loop *loop;
    const struct hss_conf *conf; /* the first */
    struct rt_live *live;
    struct rt_dia *dia;
    struct hss_auc *auc;
    size_t n_subs;
};

/* Answer MARs from now on; the parts live longer.  Takes the file when it
 * succeeds.  E_MEMORY, and what rt_dia_on_request says. */
GBA_MUST_USE gba_rc hss_zh_fd_open(const struct hss_zh_fd_parts *parts, struct hss_sqn_file *file,
                                   struct hss_zh_fd **out);

/* One notice for each reason that ended requests so far. */
void hss_zh_fd_log_counters(const struct hss_zh_fd *zh);

/* Answer what waits, before the Diameter node is closed. */
void hss_zh_fd_drain(struct hss_zh_fd *zh);

/* After the node was closed: frees. */
void hss_zh_fd_close(struct hss_zh_fd *zh);
