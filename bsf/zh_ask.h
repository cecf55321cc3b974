/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zh from the BSF's side: what to ask the HSS for, and what its answer means
 * (TS 29.109 4.2, 6.2).  Whom to ask is bsf/zh_route.h.
 */
#pragma once

#include "bsf/conf.h"
#include "diameter-dict/zh.h"

/* One question. The views live as long as the request is being built. */
struct bsf_zh_ask {
    gba_view impi;
    gba_view scheme;      /* SIP-Authentication-Scheme; absent: AKA, as the HSS calls it */
    const gba_auts *auts; /* resynchronise with RAND || AUTS; NULL otherwise */
    const gba_rand *rand;
    const int64_t *guss_stamp_s; /* the GUSS we hold is of this time; NULL: none */
};

/* Whom it is sent to. */
struct bsf_zh_target {
    gba_view realm;
    gba_view host;                         /* absent: any of the realm */
    const struct bsf_conf_zh_host *quirks; /* NULL: none */
    bool again;                            /* it may have been received before */
    bool overload;                         /* reports of overload are heeded */
};

/* The MAR for it. Its views point into conf, ask and target. */
void bsf_zh_ask_mar(const struct bsf_conf *conf, const struct bsf_zh_ask *ask,
                    const struct bsf_zh_target *target, struct dia_mar *mar);

/* What came back: rc of the transport and, when that is OK, the answer.
 * OK: the vector, triplet or digest can be used.  E_ZH_SCHEME: the subscriber has none of the
 * kind.  E_ZH_REDIRECT: ask maa->redirect_hosts.
 * E_ZH_IDENTITY, E_ZH_RESYNC, E_ZH_REFUSED: no.  E_ZH_BUSY: not now.
 * E_ZH_OVERLOAD: too much to do.  E_ZH_PROTOCOL: nonsense. */
GBA_MUST_USE gba_rc bsf_zh_ask_means(const struct bsf_zh_ask *ask, const struct bsf_conf_zh_host *quirks,
                                     gba_rc rc, const struct dia_maa *maa);

/* The host of a Redirect-Host (aaa://host:port;transport=tcp, or a bare name); E_ZH_PROTOCOL. */
GBA_MUST_USE gba_rc bsf_zh_ask_redirect(gba_view uri, gba_text *host);
