/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy: who may ask for what on Zn, how long keys live, and whether a run is
 * GBA_ME or GBA_U.  On Zn what no rule allows is refused (TS 33.220 4.4.6).
 */
#pragma once

#include "bsf/conf.h"
#include "bsf/session.h"
#include "gba/wire/guss.h"
#include "gba/wire/names.h"

/* Who asks, and for which NAF. */
struct bsf_policy_ask {
    gba_view peer;   /* identity of the connected peer */
    gba_view origin; /* Origin-Host of the request */
    gba_view via;    /* who handed it to the peer, by Route-Record; absent: nobody */
    bool in_cert;    /* the peer's certificate names the NAF */
    const gba_nafid *naf;
};

/* The first rule that allows it.  E_ZN_PEER, E_ZN_ROUTE, E_ZN_NAF, E_ZN_CERT, E_ZN_UA: the
 * last thing that the rule which fits best asks for. */
GBA_MUST_USE gba_rc bsf_policy_find(const struct bsf_conf *conf, const struct bsf_policy_ask *ask,
                                    const struct bsf_conf_rule **rule);

/* May a NAF under this rule have the settings of this GSID? */
bool bsf_policy_gsid(const struct bsf_conf_rule *rule, gba_view gsid);

/* May a NAF under this rule have keys of this GBA-Type? */
bool bsf_policy_gba_type(const struct bsf_conf_rule *rule, uint32_t gba_type);

/* Can every part of the rule be read? */
void bsf_policy_check(const struct bsf_conf_rule *rule, const struct gba_conf_sink *sink);

/* GBA_U when the GUSS says so (TS 33.220 5.2) and the configuration does not
 * turn such users into GBA_ME ones. */
enum bsf_mode bsf_policy_mode(const struct bsf_conf_ub *conf, const struct gba_guss *guss);

/* bsfInfo/lifeTime or our own, within our bounds. */
uint32_t bsf_policy_lifetime(const struct bsf_conf_ub *conf, const struct gba_guss *guss);
