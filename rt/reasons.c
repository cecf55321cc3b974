/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/reasons.h"

#include "rt/log.h"

void rt_reasons_add(struct rt_reasons *reasons, gba_rc rc)
{
    gba_rc known = (unsigned)rc < GBA_RC_COUNT ? rc : GBA_E_BUG;
    atomic_fetch_add_explicit(&reasons->n[known], 1, memory_order_relaxed);
}

void rt_reasons_log(const struct rt_reasons *reasons, const char *event)
{
    for (int rc = 0; rc < GBA_RC_COUNT; rc++) {
        uint64_t n = atomic_load_explicit(&reasons->n[rc], memory_order_relaxed);
        if (n > 0)
            rt_log(RT_LOG_NOTICE, event, RT_REASON((gba_rc)rc), RT_NUM("n", n));
    }
}
