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

/* The same past the limits: nothing was asked of the HSS in vain yet. */
GBA_MUST_USE gba_rc bsf_ub_ask_again(const struct bsf_ub_at *s);

/* ---- 2G GBA (ub_2g.c) ---- */

/* A subscriber that has no AKA vectors may have a SIM: ask for a triplet.  E_ZH_SCHEME: 2G GBA is
 * off; E_UB_2G_PLAIN. */
GBA_MUST_USE gba_rc bsf_ub_2g_ask(const struct bsf_ub_at *s);

/* RES, Ks and the nonce out of a triplet.  E_UB_2G_OFF, E_UB_2G_PLAIN. */
GBA_MUST_USE gba_rc bsf_ub_2g_take(const struct bsf_ub_at *s, const gba_triplet *triplet,
                                   struct bsf_challenge *c);

/* ---- GBA_Digest (ub_digest.c) ---- */

/* May this request have it?  E_UB_DIGEST_OFF, E_UB_DIGEST_PLAIN, E_IMPI (a TMPI). */
GBA_MUST_USE gba_rc bsf_ub_digest_allowed(const struct bsf_ub_at *s);

/* A challenge out of SIP Digest credentials; E_ZH_PROTOCOL. */
GBA_MUST_USE gba_rc bsf_ub_digest_take(const struct bsf_ub_at *s, const struct dia_sip_digest *digest,
                                       struct bsf_challenge *c);

/* The same for nobody. */
GBA_MUST_USE gba_rc bsf_ub_digest_invent(const struct bsf_ub_at *s, struct bsf_challenge *c);

/* The password on this connection; and Ks, once the response proved it. */
GBA_MUST_USE gba_rc bsf_ub_digest_passwd(const struct bsf_ub_at *s, const struct bsf_challenge *c,
                                         uint8_t room[BSF_UB_PASSWORD_MAX], gba_view *passwd);
GBA_MUST_USE gba_rc bsf_ub_digest_ks(const struct bsf_ub_at *s, struct bsf_challenge *c);

/* ---- judging a response and keeping a session (ub_prove.c) ---- */

GBA_MUST_USE gba_rc bsf_ub_on_response(const struct bsf_ub_at *s);
GBA_MUST_USE gba_rc bsf_ub_on_stored(const struct bsf_ub_at *s, const struct bsf_ub_event *event);
