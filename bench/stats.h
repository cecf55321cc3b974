/* SPDX-License-Identifier: Apache-2.0 */
/* What a load program measured, and how it is told. */
#pragma once

#include "gba/base/bytes.h"

/* Microseconds of every success, and failures by reason. */
struct load_stats {
    uint32_t *us;
    size_t n, cap;
    uint64_t failed[GBA_RC_COUNT];
    uint64_t started_ns, ended_ns;
};

void load_stats_add(struct load_stats *s, gba_rc rc, uint64_t us);
uint64_t load_stats_failed(const struct load_stats *s);

/* The result, for people or as one JSON object; concurrency is how many were at work at once. */
void load_stats_print(struct load_stats *s, const char *mode, uint32_t concurrency, bool json);
void load_stats_free(struct load_stats *s);
