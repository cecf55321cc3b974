/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of bsf/ub*.c share; for nobody else. */
#pragma once

#include "bsf/ub.h"

/* What a run waits for. */
enum bsf_ub_state {
    BSF_UB_FINDING_TMPI,
    BSF_UB_ASKING,
    BSF_UB_KEEPING,
    BSF_UB_ASKING_NEXT,
    BSF_UB_OVER,
};

enum { BSF_UB_PARSE_MAX = 512 * 1024 };

struct bsf_ub_scratch {
    struct bsf_sealer sealer;
    uint8_t guss[BSF_GUSS_MAX];
    max_align_t parse[BSF_UB_PARSE_MAX / sizeof(max_align_t)];
};

/* What one step works with. */
struct bsf_ub_at {
    struct bsf_ub *ub;
    struct bsf_ub_run *run;
    const gba_env *env;
    struct bsf_ub_order *order;
};

/* ---- orders (ub.c) ---- */

/* The run is over with the reply that was built in it. */
void bsf_ub_order_reply(const struct bsf_ub_at *s, gba_rc reason);

/* ---- asking for a vector and giving a challenge (ub_issue.c) ---- */

/* Ask the HSS for a vector for the run's IMPI, with the run's AUTS when it resynchronises.
 * Beyond the subscriber's limit its last challenge is repeated, or E_UB_LIMIT_IDENTITY. */
GBA_MUST_USE gba_rc bsf_ub_ask_hss(const struct bsf_ub_at *s);

/* The request needs a challenge: find out whose, and ask for a vector. */
GBA_MUST_USE gba_rc bsf_ub_ask_challenge(const struct bsf_ub_at *s);

/* After a success: the reply, with a challenge for the next run where there is one. */
GBA_MUST_USE gba_rc bsf_ub_finish(const struct bsf_ub_at *s);

GBA_MUST_USE gba_rc bsf_ub_on_found(const struct bsf_ub_at *s, const struct bsf_ub_event *event);
GBA_MUST_USE gba_rc bsf_ub_on_vector(const struct bsf_ub_at *s, const struct bsf_ub_event *event);

/* ---- judging a response and keeping a session (ub_prove.c) ---- */

GBA_MUST_USE gba_rc bsf_ub_on_response(const struct bsf_ub_at *s);
GBA_MUST_USE gba_rc bsf_ub_on_stored(const struct bsf_ub_at *s, const struct bsf_ub_event *event);
