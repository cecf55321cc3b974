/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics in the text format of Prometheus, version 0.0.4.  Nothing is kept here: on a
 * scrape every collector writes its families, each with all of its samples.
 *
 *   static void collect(void *arg, gba_writer *w)
 *   {
 *       const struct x *x = arg;
 *       rt_metrics_reasons(w, "keystrap_x_requests_total", "Requests by what became of them.", &x->reasons);
 *       rt_metrics_gauge(w, "keystrap_x_waiting", "Requests that wait.", x->waiting);
 *   }
 *   rt_metrics_add(rt_daemon_metrics(daemon), collect, x);
 *
 * Names of counters end in _total, of times in _seconds, of sizes in _bytes.
 */
#pragma once

#include "rt/loop.h"
#include "rt/reasons.h"

/* On the loop's thread. */
typedef void rt_metrics_fn(void *arg, gba_writer *w);

enum { RT_METRICS_MAX = 32 };

/* Zeroed before. */
struct rt_metrics {
    struct {
        rt_metrics_fn *fn;
        void *arg;
    } collectors[RT_METRICS_MAX];
    size_t n;
};

/* arg lives as long as the loop, or until rt_metrics_remove; beyond RT_METRICS_MAX: E_BUG. */
GBA_MUST_USE gba_rc rt_metrics_add(struct rt_metrics *metrics, rt_metrics_fn *fn, void *arg);
void rt_metrics_remove(struct rt_metrics *metrics, const void *arg);

/* Everything to w. */
void rt_metrics_write(const struct rt_metrics *metrics, gba_writer *w);

/* ---- what collectors write ---- */

/* HELP and TYPE ("counter", "gauge", "histogram"): once a family, before its samples. */
void rt_metrics_family(gba_writer *w, const char *name, const char *type, const char *help);

struct rt_label {
    const char *name; /* NULL ends a list */
    gba_view value;   /* escaped; what is not UTF-8 becomes '?' */
};

/* One sample; labels may be NULL. */
void rt_metrics_sample(gba_writer *w, const char *name, const struct rt_label *labels, uint64_t value);

/* The same in seconds, of milliseconds. */
void rt_metrics_seconds(gba_writer *w, const char *name, const struct rt_label *labels, uint64_t ms);

/* A family of one sample without labels. */
void rt_metrics_counter(gba_writer *w, const char *name, const char *help, uint64_t value);
void rt_metrics_gauge(gba_writer *w, const char *name, const char *help, uint64_t value);

/* A family of counters, one a reason that is not zero. */
void rt_metrics_reasons(gba_writer *w, const char *name, const char *help, const struct rt_reasons *reasons);

/* The samples alone, with a label more; label may be NULL. */
void rt_metrics_by_reason(gba_writer *w, const char *name, const struct rt_label *label,
                          const struct rt_reasons *reasons);

/* ---- histograms of times ---- */

enum { RT_HISTOGRAM_BUCKETS = 14 };

/* Zeroed before; for one thread. */
struct rt_histogram {
    uint64_t n[RT_HISTOGRAM_BUCKETS + 1]; /* the last: beyond all bounds */
    uint64_t sum_us;
};

/* A time in microseconds. */
void rt_histogram_add(struct rt_histogram *histogram, uint64_t us);

/* The samples of one histogram of a family; labels may be NULL. */
void rt_metrics_histogram(gba_writer *w, const char *name, const struct rt_label *labels,
                          const struct rt_histogram *histogram);

/* ---- the process itself ---- */

struct rt_metrics_self;

/* Build, start, CPU, memory, descriptors, lag of the loop, lines of log and audit log that
 * nobody took.  What /proc tells is opened here and stays readable in a chroot.  E_MEMORY, E_BUG. */
GBA_MUST_USE gba_rc rt_metrics_self_open(struct rt_metrics *metrics, struct rt_loop *loop,
                                         const char *program, struct rt_metrics_self **out);
void rt_metrics_self_close(struct rt_metrics_self *self);
