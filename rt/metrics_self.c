/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gba/base/text.h"
#include "rt/audit.h"
#include "rt/log.h"

enum { LAG_MS = 250 };

struct rt_metrics_self {
    struct rt_metrics *metrics;
    struct rt_loop *loop;
    const char *program;
    uint64_t start_ms;
    int statm; /* -1: this system does not tell */
    DIR *fds;  /* NULL: this system does not tell */
    struct rt_timer *timer;
    uint64_t due_us; /* when the timer should fire */
    struct rt_histogram lag;
};

static uint64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- the lag of the loop: how late a timer fires ---- */

static void on_lag(void *arg)
{
    struct rt_metrics_self *self = arg;
    uint64_t now = clock_us(CLOCK_MONOTONIC);
    if (self->due_us > 0)
        rt_histogram_add(&self->lag, now > self->due_us ? now - self->due_us : 0);
    self->due_us = now + LAG_MS * 1000;
    self->timer = rt_timer_start(self->loop, LAG_MS, on_lag, self);
}

/* ---- what the kernel tells ---- */

/* Second word of /proc/self/statm, in pages.  0: it does not tell. */
static uint64_t resident_pages(int statm)
{
    char text[128];
    uint64_t pages = 0;
    ssize_t n = statm >= 0 ? pread(statm, text, sizeof text, 0) : 0;
    gba_view line = gba_view_of(text, n > 0 ? (size_t)n : 0), head, tail;
    if (!gba_view_split(line, ' ', &head, &tail))
        return 0;
    gba_view_split(tail, ' ', &head, &tail);
    return gba_dec_parse(head, UINT32_MAX, &pages) == GBA_OK ? pages : 0;
}

static uint64_t count_fds(DIR *fds)
{
    uint64_t n = 0;
    rewinddir(fds);
    for (const struct dirent *entry = readdir(fds); entry; entry = readdir(fds))
        n += entry->d_name[0] != '.';
    return n;
}

static void collect_kernel(const struct rt_metrics_self *self, gba_writer *w)
{
    struct rlimit limit;
    uint64_t pages = resident_pages(self->statm);
    if (pages > 0)
        rt_metrics_gauge(w, "process_resident_memory_bytes", "Resident memory.",
                         pages * (uint64_t)sysconf(_SC_PAGESIZE));
    if (self->fds)
        rt_metrics_gauge(w, "process_open_fds", "Open file descriptors.", count_fds(self->fds));
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        rt_metrics_gauge(w, "process_max_fds", "Limit on file descriptors.", limit.rlim_cur);
}

static void collect(void *arg, gba_writer *w)
{
    const struct rt_metrics_self *self = arg;
    const struct rt_label build[] = {
        {"program", gba_view_cstr(self->program)}, {"version", gba_view_cstr(PACKAGE_VERSION)}, {0}};
    const struct rt_audit_counts audit = rt_audit_count();
    rt_metrics_family(w, "keystrap_build_info", "gauge", "What runs; always 1.");
    rt_metrics_sample(w, "keystrap_build_info", build, 1);
    rt_metrics_family(w, "process_start_time_seconds", "gauge", "Start of the process since 1970.");
    rt_metrics_seconds(w, "process_start_time_seconds", NULL, self->start_ms);
    rt_metrics_family(w, "process_cpu_seconds_total", "counter", "Processor time used.");
    rt_metrics_seconds(w, "process_cpu_seconds_total", NULL, clock_us(CLOCK_PROCESS_CPUTIME_ID) / 1000);
    collect_kernel(self, w);
    rt_metrics_family(w, "keystrap_loop_lag_seconds", "histogram",
                      "How late a timer of the main loop fires, tried four times a second.");
    rt_metrics_histogram(w, "keystrap_loop_lag_seconds", NULL, &self->lag);
    rt_metrics_counter(w, "keystrap_log_lost_total", "Log lines that nobody took.", rt_log_lost());
    rt_metrics_counter(w, "keystrap_audit_written_total", "Lines of the audit log.", audit.written);
    rt_metrics_counter(w, "keystrap_audit_lost_total", "Lines that the audit log could not take.",
                       audit.lost);
}

gba_rc rt_metrics_self_open(struct rt_metrics *metrics, struct rt_loop *loop, const char *program,
                            struct rt_metrics_self **out)
{
    struct rt_metrics_self *self = calloc(1, sizeof *self);
    GBA_ENSURE(self, GBA_E_MEMORY);
    *self = (struct rt_metrics_self){.metrics = metrics, .loop = loop, .program = program};
    gba_rc rc = rt_metrics_add(metrics, collect, self);
    if (rc != GBA_OK) {
        free(self);
        return rc;
    }
    self->start_ms = (uint64_t)rt_loop_env(loop)->now_ms;
    self->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    self->fds = opendir("/proc/self/fd");
    on_lag(self);
    *out = self;
    return GBA_OK;
}

void rt_metrics_self_close(struct rt_metrics_self *self)
{
    rt_metrics_remove(self->metrics, self);
    rt_timer_cancel(self->timer);
    if (self->statm >= 0)
        close(self->statm);
    if (self->fds)
        closedir(self->fds);
    free(self);
}
