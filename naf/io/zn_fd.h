/* SPDX-License-Identifier: Apache-2.0 */
/* Zn over freeDiameter: carries a BIR out and its BIA back (TS 29.109 5.2). */
#pragma once

#include "diameter-dict/zn.h"
#include "rt/fdiam.h"

/* rc OK and the answer (valid during the call), or why there is none. */
typedef void naf_zn_fn(void *arg, gba_rc rc, const struct dia_bia *bia);

/* Ask; fn is called exactly once on the loop, perhaps before this returns. The BIR is copied. */
void naf_zn_send(struct rt_dia *dia, const struct dia_bir *bir, uint32_t timeout_ms, naf_zn_fn *fn,
                 void *arg);
