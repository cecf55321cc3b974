/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_watch.h"

#include <stdlib.h>
#include <uv.h>

#include "gba/base/text.h"
#include "rt/log.h"

enum op { GET, OF, PUT, DEL, OPS };

static const char *const names[OPS] = {[GET] = "get", [OF] = "of", [PUT] = "put", [DEL] = "del"};
static const char *const events[OPS] = {
    [GET] = "store.get", [OF] = "store.of", [PUT] = "store.put", [DEL] = "store.del"};

struct watch {
    struct bsf_store inner;
    struct rt_metrics *metrics;
    size_t waiting;
    struct {
        struct rt_reasons reasons;
        struct rt_histogram time;
    } ops[OPS];
};

/* One operation on its way. */
struct asked {
    struct watch *watch;
    bsf_store_fn *fn;
    void *arg;
    uint64_t run, begun_ns;
    enum op op;
};

static void on_done(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct asked asked = *(struct asked *)arg;
    uint64_t us = (uv_hrtime() - asked.begun_ns) / 1000;
    uint64_t before = rt_log_run(asked.run);
    free(arg);
    asked.watch->waiting--;
    rt_reasons_add(&asked.watch->ops[asked.op].reasons, rc);
    rt_histogram_add(&asked.watch->ops[asked.op].time, us);
    rt_log(RT_LOG_DEBUG, events[asked.op], RT_REASON(rc), RT_NUM("us", us));
    asked.fn(asked.arg, rc, found, n);
    rt_log_run(before);
}

/* NULL without memory: then nobody watches. */
static struct asked *ask(struct watch *watch, enum op op, bsf_store_fn *fn, void *arg)
{
    struct asked *asked = malloc(sizeof *asked);
    if (!asked)
        return NULL;
    *asked = (struct asked){watch, fn, arg, rt_log_run_now(), uv_hrtime(), op};
    watch->waiting++;
    return asked;
}

static void watch_get(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    struct watch *watch = self;
    struct asked *asked = ask(watch, GET, fn, arg);
    watch->inner.get(watch->inner.self, key, asked ? on_done : fn, asked ? asked : arg);
}

static void watch_of(void *self, const bsf_store_key *owner, bsf_store_fn *fn, void *arg)
{
    struct watch *watch = self;
    struct asked *asked = ask(watch, OF, fn, arg);
    watch->inner.of(watch->inner.self, owner, asked ? on_done : fn, asked ? asked : arg);
}

static void watch_put(void *self, const struct bsf_store_put *put, bsf_store_fn *fn, void *arg)
{
    struct watch *watch = self;
    struct asked *asked = ask(watch, PUT, fn, arg);
    watch->inner.put(watch->inner.self, put, asked ? on_done : fn, asked ? asked : arg);
}

static void watch_del(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    struct watch *watch = self;
    struct asked *asked = ask(watch, DEL, fn, arg);
    watch->inner.del(watch->inner.self, key, asked ? on_done : fn, asked ? asked : arg);
}

static size_t watch_count(void *self)
{
    struct watch *watch = self;
    return watch->inner.count(watch->inner.self);
}

static bool watch_ready(void *self)
{
    struct watch *watch = self;
    return watch->inner.ready(watch->inner.self);
}

static void watch_close(void *self)
{
    struct watch *watch = self;
    rt_metrics_remove(watch->metrics, watch);
    watch->inner.close(watch->inner.self);
    free(watch);
}

static void collect(void *arg, gba_writer *w)
{
    struct watch *watch = arg;
    rt_metrics_gauge(w, "keystrap_sessions", "Live sessions, as far as the store knows.", watch_count(watch));
    rt_metrics_gauge(w, "keystrap_store_ready", "1: the session store answers.", watch_ready(watch));
    rt_metrics_gauge(w, "keystrap_store_waiting", "Operations the session store has not answered.",
                     watch->waiting);
    rt_metrics_family(w, "keystrap_store_operations_total", "counter",
                      "Operations of the session store by kind and result.");
    for (size_t i = 0; i < OPS; i++) {
        const struct rt_label label = {"operation", gba_view_cstr(names[i])};
        rt_metrics_by_reason(w, "keystrap_store_operations_total", &label, &watch->ops[i].reasons);
    }
    rt_metrics_family(w, "keystrap_store_operation_seconds", "histogram",
                      "Time until the session store answered.");
    for (size_t i = 0; i < OPS; i++) {
        const struct rt_label labels[] = {{"operation", gba_view_cstr(names[i])}, {0}};
        rt_metrics_histogram(w, "keystrap_store_operation_seconds", labels, &watch->ops[i].time);
    }
}

gba_rc bsf_store_watch(struct bsf_store *store, struct rt_metrics *metrics)
{
    struct watch *watch = calloc(1, sizeof *watch);
    GBA_ENSURE(watch, GBA_E_MEMORY);
    watch->inner = *store;
    watch->metrics = metrics;
    gba_rc rc = rt_metrics_add(metrics, collect, watch);
    if (rc != GBA_OK) {
        free(watch);
        return rc;
    }
    *store = (struct bsf_store){
        .self = watch,
        .put = watch_put,
        .get = watch_get,
        .of = watch_of,
        .del = watch_del,
        .count = watch_count,
        .ready = watch_ready,
        .close = watch_close,
    };
    return GBA_OK;
}
