/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "gba/base/secret.h"

enum {
    RANDOM_POOL = 1024,
    POSTS_FIRST = 64,
    POSTS_KEPT = 4096, /* a longer list is given back after a burst */
};

struct post {
    rt_timer_fn *fn;
    void *arg;
};

struct posts {
    struct post *items;
    size_t n, cap;
};

struct rt_timer {
    uv_timer_t uv;
    struct rt_loop *loop;
    rt_timer_fn *fn;
    void *arg;
    struct rt_timer *prev, *next;
};

struct watch {
    uv_signal_t uv;
    rt_timer_fn *fn;
    void *arg;
    struct watch *next;
};

struct rt_loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_mutex_t lock;
    struct posts posted; /* under lock */
    bool closed;         /* under lock */
    struct posts running;
    struct rt_timer *timers;
    struct watch *watches;
    gba_env env;
    uint64_t env_read_at; /* uv_now of the turn whose clock env holds */
    size_t random_left;
    uint8_t random[RANDOM_POOL];
};

/* ---- environment ---- */

static void system_random(uint8_t *out, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort(); /* keys without randomness are worse than no service */
        out += got;
        n -= (size_t)got;
    }
}

static void pooled_random(void *ctx, uint8_t *out, size_t n)
{
    struct rt_loop *loop = ctx;
    if (n > RANDOM_POOL) {
        system_random(out, n);
        return;
    }
    if (loop->random_left < n) {
        system_random(loop->random, RANDOM_POOL);
        loop->random_left = RANDOM_POOL;
    }
    loop->random_left -= n;
    gba_copy(out, gba_view_of(loop->random + loop->random_left, n));
    gba_wipe_bytes(loop->random + loop->random_left, n);
}

static int64_t wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const gba_env *rt_loop_env(struct rt_loop *loop)
{
    uint64_t turn = uv_now(&loop->uv);
    if (loop->env_read_at != turn) {
        loop->env.now_ms = wall_clock_ms();
        loop->env.mono_ms = (int64_t)turn;
        loop->env_read_at = turn;
    }
    return &loop->env;
}

/* ---- posts ---- */

static bool posts_add(struct posts *list, struct post post)
{
    if (list->n == list->cap) {
        size_t cap = list->cap > 0 ? 2 * list->cap : POSTS_FIRST;
        struct post *items = reallocarray(list->items, cap, sizeof *items);
        if (!items)
            return false;
        list->items = items;
        list->cap = cap;
    }
    list->items[list->n++] = post;
    return true;
}

/* Take everything posted so far in one go: the lock is held for a swap only,
 * and what is posted meanwhile waits for the next turn. */
static void run_posts(struct rt_loop *loop)
{
    uv_mutex_lock(&loop->lock);
    struct posts batch = loop->posted;
    loop->posted = loop->running;
    uv_mutex_unlock(&loop->lock);
    loop->running = (struct posts){0};
    for (size_t i = 0; i < batch.n; i++)
        batch.items[i].fn(batch.items[i].arg);
    batch.n = 0;
    if (batch.cap > POSTS_KEPT) {
        free(batch.items);
        batch = (struct posts){0};
    }
    loop->running = batch;
}

static void on_wake(uv_async_t *wake)
{
    run_posts(wake->data);
}

/* freeDiameter cancels its threads: not in the write that wakes the loop, which would keep the lock. */
bool rt_post(struct rt_loop *loop, rt_timer_fn *fn, void *arg)
{
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    uv_mutex_lock(&loop->lock);
    bool taken = !loop->closed && posts_add(&loop->posted, (struct post){fn, arg});
    if (taken && loop->posted.n == 1)
        uv_async_send(&loop->wake);
    uv_mutex_unlock(&loop->lock);
    pthread_setcancelstate(before, NULL);
    return taken;
}

/* ---- timers ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void rt_timer_cancel(struct rt_timer *timer)
{
    if (!timer)
        return;
    if (timer->prev)
        timer->prev->next = timer->next;
    else
        timer->loop->timers = timer->next;
    if (timer->next)
        timer->next->prev = timer->prev;
    uv_close((uv_handle_t *)&timer->uv, on_timer_closed);
}

static void on_timer(uv_timer_t *handle)
{
    struct rt_timer *timer = handle->data;
    rt_timer_fn *fn = timer->fn;
    void *arg = timer->arg;
    rt_timer_cancel(timer);
    fn(arg);
}

struct rt_timer *rt_timer_start(struct rt_loop *loop, uint64_t ms, rt_timer_fn *fn, void *arg)
{
    struct rt_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->loop = loop;
    timer->fn = fn;
    timer->arg = arg;
    timer->next = loop->timers;
    if (timer->next)
        timer->next->prev = timer;
    loop->timers = timer;
    uv_timer_start(&timer->uv, on_timer, ms, 0);
    return timer;
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *handle, int signum)
{
    struct watch *watch = handle->data;
    (void)signum;
    watch->fn(watch->arg);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

gba_rc rt_on_signal(struct rt_loop *loop, int signum, rt_timer_fn *fn, void *arg)
{
    struct watch *watch = calloc(1, sizeof *watch);
    GBA_ENSURE(watch, GBA_E_MEMORY);
    uv_signal_init(&loop->uv, &watch->uv);
    watch->uv.data = watch;
    watch->fn = fn;
    watch->arg = arg;
    if (uv_signal_start(&watch->uv, on_signal, signum) != 0) {
        uv_close((uv_handle_t *)&watch->uv, on_watch_closed);
        return GBA_E_BUG;
    }
    watch->next = loop->watches;
    loop->watches = watch;
    return GBA_OK;
}

/* ---- the loop ---- */

static gba_rc init_handles(struct rt_loop *loop)
{
    GBA_ENSURE(uv_loop_init(&loop->uv) == 0, GBA_E_MEMORY);
    if (uv_mutex_init(&loop->lock) == 0) {
        if (uv_async_init(&loop->uv, &loop->wake, on_wake) == 0)
            return GBA_OK;
        uv_mutex_destroy(&loop->lock);
    }
    uv_loop_close(&loop->uv);
    return GBA_E_MEMORY;
}

gba_rc rt_loop_new(struct rt_loop **out)
{
    struct rt_loop *loop = calloc(1, sizeof *loop);
    GBA_ENSURE(loop, GBA_E_MEMORY);
    if (init_handles(loop) != GBA_OK) {
        free(loop);
        return GBA_E_MEMORY;
    }
    /* Writing to a peer that is gone is an error to handle, not a signal. */
    signal(SIGPIPE, SIG_IGN);
    loop->wake.data = loop;
    loop->env.random = pooled_random;
    loop->env.random_ctx = loop;
    loop->env.now_ms = wall_clock_ms();
    loop->env_read_at = uv_now(&loop->uv);
    loop->env.mono_ms = (int64_t)loop->env_read_at;
    *out = loop;
    return GBA_OK;
}

uv_loop_t *rt_loop_uv(struct rt_loop *loop)
{
    return &loop->uv;
}

void rt_loop_run(struct rt_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void rt_loop_stop(struct rt_loop *loop)
{
    uv_stop(&loop->uv);
}

static void stop_taking_posts(struct rt_loop *loop)
{
    uv_mutex_lock(&loop->lock);
    loop->closed = true;
    uv_mutex_unlock(&loop->lock);
    run_posts(loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
}

static void run_until_closed(struct rt_loop *loop)
{
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0)
        continue;
}

/* What is still closing may cancel its timers when it is closed, so they are only
 * stopped before, and forgotten after it. */
void rt_loop_free(struct rt_loop *loop)
{
    stop_taking_posts(loop);
    for (struct rt_timer *timer = loop->timers; timer; timer = timer->next)
        uv_timer_stop(&timer->uv);
    for (struct watch *w = loop->watches; w; w = w->next)
        uv_close((uv_handle_t *)&w->uv, on_watch_closed);
    run_until_closed(loop);
    while (loop->timers)
        rt_timer_cancel(loop->timers);
    run_until_closed(loop);
    uv_loop_close(&loop->uv);
    uv_mutex_destroy(&loop->lock);
    free(loop->posted.items);
    free(loop->running.items);
    gba_wipe_bytes(loop, sizeof *loop);
    free(loop);
}
