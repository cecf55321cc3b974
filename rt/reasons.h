/* SPDX-License-Identifier: Apache-2.0 */
/* How often each reason code ended a request: one counter a row of rc.def.
 * Zeroed before use; any thread may add. */
#pragma once

#include "gba/base/rc.h"

#include <stdatomic.h>
#include <stdint.h>

struct rt_reasons {
    _Atomic uint64_t n[GBA_RC_COUNT];
};

/* Count one. */
void rt_reasons_add(struct rt_reasons *reasons, gba_rc rc);

/* One notice a counter that is not zero: "<event> reason=ok n=12". */
void rt_reasons_log(const struct rt_reasons *reasons, const char *event);
