/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/metrics.h"

#include "gba/base/text.h"

gba_rc rt_metrics_add(struct rt_metrics *metrics, rt_metrics_fn *fn, void *arg)
{
    GBA_ENSURE(metrics->n < RT_METRICS_MAX, GBA_E_BUG);
    metrics->collectors[metrics->n].fn = fn;
    metrics->collectors[metrics->n++].arg = arg;
    return GBA_OK;
}

void rt_metrics_remove(struct rt_metrics *metrics, const void *arg)
{
    size_t kept = 0;
    for (size_t i = 0; i < metrics->n; i++) {
        if (metrics->collectors[i].arg != arg)
            metrics->collectors[kept++] = metrics->collectors[i];
    }
    metrics->n = kept;
}

void rt_metrics_write(const struct rt_metrics *metrics, gba_writer *w)
{
    for (size_t i = 0; i < metrics->n; i++)
        metrics->collectors[i].fn(metrics->collectors[i].arg, w);
}

/* ---- lines ---- */

void rt_metrics_family(gba_writer *w, const char *name, const char *type, const char *help)
{
    gba_put_str(w, "# HELP ");
    gba_put_str(w, name);
    gba_put_u8(w, ' ');
    gba_put_str(w, help);
    gba_put_str(w, "\n# TYPE ");
    gba_put_str(w, name);
    gba_put_u8(w, ' ');
    gba_put_str(w, type);
    gba_put_u8(w, '\n');
}

/* Names of peers come from outside, and one bad octet would spoil the whole scrape. */
static void put_label_value(gba_writer *w, gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (c == '\n') {
            gba_put_str(w, "\\n");
            continue;
        }
        if (c == '"' || c == '\\')
            gba_put_u8(w, '\\');
        gba_put_u8(w, c < ' ' || c >= 0x7f ? '?' : c);
    }
}

static void put_labels(gba_writer *w, const struct rt_label *labels, const char *le)
{
    char before = '{';
    for (; labels && labels->name; labels++) {
        gba_put_u8(w, (uint8_t)before);
        gba_put_str(w, labels->name);
        gba_put_str(w, "=\"");
        put_label_value(w, labels->value);
        gba_put_u8(w, '"');
        before = ',';
    }
    if (le) {
        gba_put_u8(w, (uint8_t)before);
        gba_put_str(w, "le=\"");
        gba_put_str(w, le);
        gba_put_u8(w, '"');
        before = ',';
    }
    if (before == ',')
        gba_put_u8(w, '}');
    gba_put_u8(w, ' ');
}

void rt_metrics_sample(gba_writer *w, const char *name, const struct rt_label *labels, uint64_t value)
{
    gba_put_str(w, name);
    put_labels(w, labels, NULL);
    gba_put_dec(w, value);
    gba_put_u8(w, '\n');
}

void rt_metrics_seconds(gba_writer *w, const char *name, const struct rt_label *labels, uint64_t ms)
{
    gba_put_str(w, name);
    put_labels(w, labels, NULL);
    gba_put_dec(w, ms / 1000);
    gba_put_u8(w, '.');
    gba_put_dec_fill(w, ms % 1000, 3);
    gba_put_u8(w, '\n');
}

void rt_metrics_counter(gba_writer *w, const char *name, const char *help, uint64_t value)
{
    rt_metrics_family(w, name, "counter", help);
    rt_metrics_sample(w, name, NULL, value);
}

void rt_metrics_gauge(gba_writer *w, const char *name, const char *help, uint64_t value)
{
    rt_metrics_family(w, name, "gauge", help);
    rt_metrics_sample(w, name, NULL, value);
}

void rt_metrics_by_reason(gba_writer *w, const char *name, const struct rt_label *label,
                          const struct rt_reasons *reasons)
{
    for (int rc = 0; rc < GBA_RC_COUNT; rc++) {
        struct rt_label labels[3] = {{"reason", gba_view_cstr(gba_rc_token((gba_rc)rc))}};
        uint64_t n = atomic_load_explicit(&reasons->n[rc], memory_order_relaxed);
        if (label)
            labels[1] = *label;
        if (n > 0)
            rt_metrics_sample(w, name, labels, n);
    }
}

void rt_metrics_reasons(gba_writer *w, const char *name, const char *help, const struct rt_reasons *reasons)
{
    rt_metrics_family(w, name, "counter", help);
    rt_metrics_by_reason(w, name, NULL, reasons);
}

/* ---- histograms ---- */

static const struct {
    uint64_t us;
    const char *le;
} bounds[RT_HISTOGRAM_BUCKETS] = {
    {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},
    {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
    {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},   {10000000, "10"},
};

void rt_histogram_add(struct rt_histogram *histogram, uint64_t us)
{
    size_t i = 0;
    while (i < RT_HISTOGRAM_BUCKETS && us > bounds[i].us)
        i++;
    histogram->n[i]++;
    histogram->sum_us += us;
}

static void put_part(gba_writer *w, const char *name, const char *part, const struct rt_label *labels)
{
    gba_put_str(w, name);
    gba_put_str(w, part);
    put_labels(w, labels, NULL);
}

void rt_metrics_histogram(gba_writer *w, const char *name, const struct rt_label *labels,
                          const struct rt_histogram *histogram)
{
    uint64_t n = 0;
    for (size_t i = 0; i <= RT_HISTOGRAM_BUCKETS; i++) {
        n += histogram->n[i];
        gba_put_str(w, name);
        gba_put_str(w, "_bucket");
        put_labels(w, labels, i < RT_HISTOGRAM_BUCKETS ? bounds[i].le : "+Inf");
        gba_put_dec(w, n);
        gba_put_u8(w, '\n');
    }
    put_part(w, name, "_sum", labels);
    gba_put_dec(w, histogram->sum_us / 1000000);
    gba_put_u8(w, '.');
    gba_put_dec_fill(w, histogram->sum_us % 1000000, 6);
    gba_put_u8(w, '\n');
    put_part(w, name, "_count", labels);
    gba_put_dec(w, n);
    gba_put_u8(w, '\n');
}
