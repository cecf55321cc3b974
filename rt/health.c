/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/health.h"

gba_rc rt_health_add(struct rt_health *health, const char *name, rt_health_fn *fn, void *arg)
{
    GBA_ENSURE(health->n < RT_HEALTH_MAX, GBA_E_BUG);
    health->parts[health->n++] = (struct rt_health_part){name, fn, arg};
    return GBA_OK;
}

const char *rt_health_cause(const struct rt_health *health, size_t i)
{
    return health->parts[i].fn(health->parts[i].arg);
}

bool rt_health_ready(const struct rt_health *health)
{
    for (size_t i = 0; i < health->n; i++) {
        if (rt_health_cause(health, i))
            return false;
    }
    return true;
}
