/* SPDX-License-Identifier: Apache-2.0 */
/* Zn over Diameter: BIR in, BIA out, as the engine orders. */
#pragma once

#include "bsf/io/seen.h"
#include "bsf/store.h"
#include "bsf/zn_serve.h"
#include "rt/fdiam.h"
#include "rt/live.h"

struct bsf_zn_fd;

struct bsf_zn_fd_parts {
    struct rt_loop *loop;
    const struct bsf_conf *conf; /* the first */
    struct rt_live *live;        /* a request keeps to the end what is in force when it arrives */
    struct rt_dia *dia;
    const struct bsf_store *store;
    const gba_seal_ring *ring;
    struct bsf_seen *seen;
    const struct bsf_zn_mef *mef; /* NULL: this BSF is no MEF */
};

/* Answer BIRs from now on; the parts live longer.  E_MEMORY, and what rt_dia_on_request says. */
GBA_MUST_USE gba_rc bsf_zn_fd_open(const struct bsf_zn_fd_parts *parts, struct bsf_zn_fd **out);

/* How many requests are not answered yet. */
size_t bsf_zn_fd_busy(const struct bsf_zn_fd *zn);

/* After store and Diameter node were closed: wipes and frees. */
void bsf_zn_fd_close(struct bsf_zn_fd *zn);
