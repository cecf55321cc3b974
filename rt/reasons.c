/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/reasons.h"

#include "rt/log.h"

void rt_reasons_add(struct rt_reasons *reasons, gba_rc rc)
{
    reasons->n[(unsigned)rc < GBA_RC_COUNT ? rc : GBA_E_BUG]++;
}

void rt_reasons_log(const struct rt_reasons *reasons, const char *event)
{
    for (int rc = 0; rc < GBA_RC_COUNT; rc++) {
        if (reasons->n[rc] > 0)
            rt_log(RT_LOG_NOTICE, event, RT_REASON((gba_rc)rc), RT_NUM("n", reasons->n[rc]));
    }
}
