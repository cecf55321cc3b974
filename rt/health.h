/* SPDX-License-Identifier: Apache-2.0 */
/* Is a daemon ready to serve?  Components register the parts that it takes. */
#pragma once

#include "gba/base/bytes.h"

/* NULL: ready.  Else the cause in a word ("no-peer-open"); it stays.  On the loop's thread. */
typedef const char *rt_health_fn(void *arg);

enum { RT_HEALTH_MAX = 16 };

/* Zeroed before. */
struct rt_health {
    struct rt_health_part {
        const char *name;
        rt_health_fn *fn;
        void *arg;
    } parts[RT_HEALTH_MAX];
    size_t n;
};

/* name stays; arg lives as long as the loop.  Beyond RT_HEALTH_MAX: E_BUG. */
GBA_MUST_USE gba_rc rt_health_add(struct rt_health *health, const char *name, rt_health_fn *fn, void *arg);

/* The cause of part i; NULL: it is ready. */
const char *rt_health_cause(const struct rt_health *health, size_t i);

/* Is every part ready? */
bool rt_health_ready(const struct rt_health *health);
