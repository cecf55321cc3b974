/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zh from the BSF's side: what to ask the HSS for, and what its answer means
 * (TS 29.109 4.2, 6.2).
 */
#pragma once

#include "bsf/conf.h"
#include "diameter-dict/zh.h"

/* One question. The views live as long as the request is being built. */
struct bsf_zh_ask {
    gba_view impi;
    gba_view host;        /* where a redirect sent us; absent: as configured */
    const gba_auts *auts; /* resynchronise with RAND || AUTS; NULL otherwise */
    const gba_rand *rand;
    const int64_t *guss_stamp_s; /* the GUSS we hold is of this time; NULL: none */
};

/* The MAR for it. Its views point into conf and ask. */
void bsf_zh_ask_mar(const struct bsf_conf *conf, const struct bsf_zh_ask *ask, struct dia_mar *mar);

/* What came back: rc of the transport and, when that is OK, the answer.
 * OK: the vector can be used.  E_ZH_REDIRECT: ask maa->redirect_host.
 * E_ZH_IDENTITY, E_ZH_RESYNC, E_ZH_REFUSED: no.  E_ZH_BUSY: not now.
 * E_ZH_PROTOCOL: nonsense. */
GBA_MUST_USE gba_rc bsf_zh_ask_means(const struct bsf_zh_ask *ask, gba_rc rc, const struct dia_maa *maa);

/* The host of a Redirect-Host (aaa://host:port;transport=tcp, or a bare name); E_ZH_PROTOCOL. */
GBA_MUST_USE gba_rc bsf_zh_ask_redirect(gba_view uri, gba_text *host);
