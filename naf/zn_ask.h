/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the NAF asks the BSF over Zn, and what the answer means
 * (TS 29.109 5.2, TS 33.220 4.5.3).
 */
#pragma once

#include "diameter-dict/zn.h"
#include "naf/cache.h"
#include "naf/conf.h"

/* A BIR for this B-TID at this service; its views point into the arguments and
 * naf_id_room.  E_NAF_NO_ROUTE when no BSF serves the B-TID's domain. */
struct naf_zn_question {
    const struct naf_service *service;
    gba_view btid;
    gba_nafid nafid;
    uint8_t naf_id_room[GBA_NAFID_MAX];
};
GBA_MUST_USE gba_rc naf_zn_ask(const struct naf_conf *conf, struct naf_zn_question *q, struct dia_bir *bir);

/* What a result means: E_NAF_NOT_AUTHORIZED (5402), E_NAF_BTID_UNKNOWN (5403), E_NAF_BSF
 * (anything else that is no success). */
GBA_MUST_USE gba_rc naf_zn_result(const struct dia_result *result);

/* The key that an answer brings.  E_NAF_NOT_AUTHORIZED (5402), E_NAF_BTID_UNKNOWN
 * (5403: the device must bootstrap again), E_NAF_BSF (anything else that is no
 * success), E_NAF_USS (the settings are unreadable).  The caller wipes *key. */
GBA_MUST_USE gba_rc naf_zn_learn(const struct naf_zn_question *q, const struct dia_bia *bia,
                                 struct naf_key *key);
