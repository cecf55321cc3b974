/* SPDX-License-Identifier: Apache-2.0 */
/* The messages that the Ua engine orders: challenges, refusals, what goes to
 * the upstream server and what goes back to the device. */
#pragma once

#include "naf/ua.h"

#define NAF_REALM_ME GBA_LIT("3GPP-bootstrapping")
#define NAF_REALM_UICC GBA_LIT("3GPP-bootstrapping-uicc")
#define NAF_REALM_DIGEST GBA_LIT("3GPP-bootstrapping-digest")
#define NAF_INTENDED GBA_LIT("X-3GPP-Intended-Identity")
#define NAF_ASSERTED GBA_LIT("X-3GPP-Asserted-Identity")

/* The answer to a request that is not let through (TS 24.109 5.2): the status
 * follows from the reason. */
const struct naf_ua_order *naf_ua_refuse(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                         gba_rc reason);

/* The request as the upstream server gets it: without credentials, hop-by-hop
 * fields and anybody else's asserted identity (TS 24.109 cl. 7). */
const struct naf_ua_order *naf_ua_forward(struct naf_ua_run *run, const struct naf_key *key);

/* The upstream's response with Authentication-Info (RFC 7616 3.5). */
const struct naf_ua_order *naf_ua_answer(struct naf_ua_run *run, const struct gba_http_msg *rsp);
