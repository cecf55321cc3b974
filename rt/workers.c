/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/workers.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

struct worker {
    struct rt_loop *loop;
    uv_thread_t thread;
};

struct rt_workers {
    size_t n; /* that run */
    struct worker at[];
};

static void worker_main(void *arg)
{
    struct worker *worker = arg;
    prctl(PR_SET_NAME, "worker", 0, 0, 0);
    rt_loop_run(worker->loop);
    rt_loop_free(worker->loop);
}

static gba_rc start(struct worker *worker)
{
    sigset_t all, before;
    GBA_TRY(rt_loop_new(&worker->loop));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool good = uv_thread_create(&worker->thread, worker_main, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (good)
        return GBA_OK;
    rt_loop_free(worker->loop);
    return GBA_E_MEMORY;
}

gba_rc rt_workers_open(size_t n, struct rt_workers **out)
{
    struct rt_workers *workers = calloc(1, sizeof *workers + n * sizeof *workers->at);
    GBA_ENSURE(workers, GBA_E_MEMORY);
    gba_rc rc = GBA_OK;
    while (workers->n < n && (rc = start(&workers->at[workers->n])) == GBA_OK)
        workers->n++;
    if (rc != GBA_OK)
        rt_workers_close(workers);
    else
        *out = workers;
    return rc;
}

size_t rt_workers_count(const struct rt_workers *workers)
{
    return workers->n;
}

struct rt_loop *rt_workers_loop(struct rt_workers *workers, size_t i)
{
    return workers->at[i].loop;
}

/* ---- calls ---- */

struct call {
    rt_timer_fn *fn;
    void *arg;
    uv_sem_t done;
};

static void on_call(void *arg)
{
    struct call *call = arg;
    call->fn(call->arg);
    uv_sem_post(&call->done);
}

/* A thread that cannot be told anything, for want of room for one pointer, is never joined. */
static void tell(struct worker *worker, rt_timer_fn *fn, void *arg)
{
    if (!rt_post(worker->loop, fn, arg))
        abort();
}

void rt_workers_call(struct rt_workers *workers, size_t i, rt_timer_fn *fn, void *arg)
{
    struct call call = {.fn = fn, .arg = arg};
    if (uv_sem_init(&call.done, 0) != 0)
        abort();
    tell(&workers->at[i], on_call, &call);
    uv_sem_wait(&call.done);
    uv_sem_destroy(&call.done);
}

static void stop(void *arg)
{
    rt_loop_stop(arg);
}

void rt_workers_close(struct rt_workers *workers)
{
    if (!workers)
        return;
    for (size_t i = 0; i < workers->n; i++) {
        struct worker *worker = &workers->at[i];
        tell(worker, stop, worker->loop);
        uv_thread_join(&worker->thread);
    }
    free(workers);
}
