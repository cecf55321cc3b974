/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/stats.h"

void load_stats_add(struct load_stats *s, gba_rc rc, uint64_t us)
{
    if (rc != GBA_OK) {
        s->failed[rc]++;
        return;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 4096;
        uint32_t *grown = realloc(s->us, cap * sizeof *grown);
        if (!grown) {
            s->failed[GBA_E_MEMORY]++;
            return;
        }
        s->us = grown;
        s->cap = cap;
    }
    s->us[s->n++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

uint64_t load_stats_failed(const struct load_stats *s)
{
    uint64_t n = 0;
    for (int rc = 0; rc < GBA_RC_COUNT; rc++)
        n += s->failed[rc];
    return n;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double at_ms(const struct load_stats *s, double share)
{
    return s->n ? s->us[(size_t)(share * (double)(s->n - 1))] / 1000.0 : 0;
}

static void print_failures(const struct load_stats *s, const char *format)
{
    for (int rc = 0; rc < GBA_RC_COUNT; rc++) {
        if (s->failed[rc] > 0)
            printf(format, gba_rc_token((gba_rc)rc), (unsigned long long)s->failed[rc]);
    }
}

void load_stats_print(struct load_stats *s, const char *mode, uint32_t concurrency, bool json)
{
    double seconds = (double)(s->ended_ns - s->started_ns) / 1e9;
    double rate = seconds > 0 ? (double)s->n / seconds : 0;
    if (s->n > 0)
        qsort(s->us, s->n, sizeof *s->us, by_value);
    if (json) {
        printf("{\"mode\":\"%s\",\"concurrency\":%u,\"seconds\":%.3f,\"ok\":%zu,\"failed\":%llu,\"per_"
               "second\":%.1f,"
               "\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
               mode, concurrency, seconds, s->n, (unsigned long long)load_stats_failed(s), rate,
               at_ms(s, 0.5), at_ms(s, 0.9), at_ms(s, 0.99), at_ms(s, 1));
        return;
    }
    printf("%s: %zu in %.2f s with %u at once: %.0f/s; p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms; "
           "%llu failed\n",
           mode, s->n, seconds, concurrency, rate, at_ms(s, 0.5), at_ms(s, 0.9), at_ms(s, 0.99), at_ms(s, 1),
           (unsigned long long)load_stats_failed(s));
    print_failures(s, "  failed: %s: %llu\n");
}

void load_stats_free(struct load_stats *s)
{
    free(s->us);
    *s = (struct load_stats){0};
}
