/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queues between freeDiameter's threads, in place of libfdproto's: the linker
 * exports these functions, so that libfdcore calls them.  Why not its own:
 *
 * - they hold 5 to 30 messages, so that under load each thread stops the one
 *   before it every few messages; thread switches are most of what a message costs
 *   (doc/performance.md);
 * - they wake the next thread while they hold the lock it needs;
 * - they abort the process when a thread does not leave a queue within 20 ms that
 *   is taken down, as happens on a busy machine when a peer reconnects.
 *
 * What an item costs in libfdproto besides (malloc, two clock readings for
 * statistics nobody reads) is saved too.
 */
#include "rt/fdiam_int.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* How many messages may wait in a queue that libfdcore wants bounded.  On the way in (20 and 25 of
 * its own) it stops reading from its peers at that point; on the way out there must be room for
 * answers to all requests that the loop may have at once (rt/fdiam_req.c). */
enum { BOUND_IN = 1024, BOUND_OUT = 16384, FIRST_CAP = 64 };

struct fifo {
    struct fifo *next; /* idle ones */
    pthread_mutex_t lock;
    pthread_cond_t more, room;
    void **ring;
    size_t cap, first, n;
    size_t bound;         /* 0: none */
    bool ending;          /* who waits for an item leaves */
    bool dead;            /* taken down; nothing comes in */
    bool of_messages;     /* who may not wait for room posts messages only */
    struct fifo *forward; /* what comes in belongs there now */
    unsigned getting, posting; /* threads that wait, or are about to */
};

/* ---- life: a queue's memory is never given back, because a thread that has just posted
 * may still be about to signal ---- */

static struct rt_dia *the_node;
static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;
static struct fifo *idle, **last_idle = &idle; /* the one that is idle for longest is used first */

static struct fifo *idle_take(void)
{
    pthread_mutex_lock(&idle_lock);
    struct fifo *q = idle;
    if (q)
        idle = q->next;
    if (!idle)
        last_idle = &idle;
    pthread_mutex_unlock(&idle_lock);
    return q;
}

static void idle_put(struct fifo *q)
{
    pthread_mutex_lock(&idle_lock);
    q->next = NULL;
    *last_idle = q;
    last_idle = &q->next;
    pthread_mutex_unlock(&idle_lock);
}

static struct fifo *fresh(void)
{
    struct fifo *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->more, NULL);
    pthread_cond_init(&q->room, NULL);
    return q;
}

int fd_fifo_new(struct fifo **queue, int max)
{
    struct fifo *q = idle_take();
    if (!q)
        q = fresh();
    if (!q)
        return ENOMEM;
    q->bound = max == 0 ? 0 : max == 20 || max == 25 ? BOUND_IN : BOUND_OUT;
    q->ending = q->dead = q->of_messages = false;
    q->forward = NULL;
    *queue = q;
    return 0;
}

/* With the lock: until the threads that wait for an item have left. */
static void drive_out(struct fifo *q)
{
    q->ending = true;
    while (q->getting > 0) {
        struct timespec pause = {0, 1000000};
        pthread_cond_broadcast(&q->more);
        pthread_mutex_unlock(&q->lock);
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&q->lock);
    }
}

/* With the lock. */
static void *pop(struct fifo *q)
{
    void *item = q->ring[q->first];
    q->first = (q->first + 1) % q->cap;
    q->n--;
    return item;
}

static void discard(struct msg *msg)
{
    dia_req_dropped(the_node, msg);
    fd_msg_free(msg);
}

/* What is sent to a peer that is just going stays in one of its queues, and libfdcore forgets both. */
int fd_fifo_del(struct fifo **queue)
{
    struct fifo *q = *queue;
    if (!q)
        return EINVAL;
    pthread_mutex_lock(&q->lock);
    if (q->n > 0 && !q->of_messages) {
        pthread_mutex_unlock(&q->lock);
        return EINVAL;
    }
    q->dead = true;
    drive_out(q);
    while (q->n > 0)
        discard(pop(q));
    free(q->ring);
    q->ring = NULL;
    q->cap = q->first = 0;
    pthread_mutex_unlock(&q->lock);
    idle_put(q);
    *queue = NULL;
    return 0;
}

/* ---- items, with the lock ---- */

static bool grow(struct fifo *q)
{
    size_t cap = q->cap ? 2 * q->cap : FIRST_CAP;
    void **ring = calloc(cap, sizeof *ring);
    if (!ring)
        return false;
    for (size_t i = 0; i < q->n; i++)
        ring[i] = q->ring[(q->first + i) % q->cap];
    free(q->ring);
    q->ring = ring;
    q->cap = cap;
    q->first = 0;
    return true;
}

static bool push(struct fifo *q, void *item)
{
    if (q->n == q->cap && !grow(q))
        return false;
    q->ring[(q->first + q->n++) % q->cap] = item;
    return true;
}

static bool has_room(const struct fifo *q)
{
    return q->bound == 0 || q->n < q->bound;
}

/* ---- posting ---- */

static _Thread_local enum dia_fifo_full when_full;

enum dia_fifo_full dia_fifo_when_full(enum dia_fifo_full what)
{
    enum dia_fifo_full before = when_full;
    when_full = what;
    return before;
}

/* A thread may be cancelled while it waits, with the lock. */
static void stop_posting(void *arg)
{
    struct fifo *q = arg;
    q->posting--;
    pthread_mutex_unlock(&q->lock);
}

static void await_room(struct fifo *q)
{
    while (!has_room(q)) {
        q->posting++;
        pthread_cleanup_push(stop_posting, q);
        pthread_cond_wait(&q->room, &q->lock);
        pthread_cleanup_pop(0);
        q->posting--;
    }
}

/* The queue that takes what is posted to q, locked; NULL when it is no more. */
static struct fifo *lock_target(struct fifo *q)
{
    while (q) {
        pthread_mutex_lock(&q->lock);
        struct fifo *next = q->dead ? NULL : q->forward;
        if (!q->dead && !next)
            return q;
        pthread_mutex_unlock(&q->lock);
        q = next;
    }
    return NULL;
}

static int post(struct fifo *queue, void **item, bool wait)
{
    struct fifo *q = lock_target(queue);
    if (!q)
        return EINVAL;
    bool may_wait = wait && when_full == DIA_FIFO_WAIT;
    q->of_messages |= !may_wait;
    if (wait && !may_wait && !has_room(q)) {
        pthread_mutex_unlock(&q->lock);
        return EAGAIN;
    }
    if (wait)
        await_room(q);
    int failed = push(q, *item) ? 0 : ENOMEM;
    bool wake = q->getting > 0;
    bool cascade = q->posting > 0 && has_room(q);
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->more);
    if (cascade)
        pthread_cond_signal(&q->room);
    if (!failed)
        *item = NULL;
    return failed;
}

int fd_fifo_post_int(struct fifo *queue, void **item)
{
    return post(queue, item, true);
}

int fd_fifo_post_noblock(struct fifo *queue, void **item)
{
    return post(queue, item, false);
}

/* ---- getting ---- */

static void stop_getting(void *arg)
{
    struct fifo *q = arg;
    q->getting--;
    pthread_mutex_unlock(&q->lock);
}

/* With the lock.  To be put to sleep and woken costs more than anything else here: who finds nothing lets
 * the other threads run first, which often have something then. */
static void let_others_run(struct fifo *q)
{
    if (q->n > 0 || q->ending)
        return;
    q->getting++;
    pthread_mutex_unlock(&q->lock);
    sched_yield();
    pthread_mutex_lock(&q->lock);
    q->getting--;
}

/* Until there is an item (0), the queue ends (EPIPE) or the time comes (ETIMEDOUT); due may be
 * NULL.  Leaves with the lock. */
static int await_item(struct fifo *q, const struct timespec *due)
{
    int late = 0;
    let_others_run(q);
    while (q->n == 0 && !q->ending && !late) {
        q->getting++;
        pthread_cleanup_push(stop_getting, q);
        late = due ? pthread_cond_timedwait(&q->more, &q->lock, due) : pthread_cond_wait(&q->more, &q->lock);
        pthread_cleanup_pop(0);
        q->getting--;
    }
    if (q->ending)
        return EPIPE;
    return q->n > 0 ? 0 : late;
}

/* With the lock, which it gives up. */
static void *pop_and_leave(struct fifo *q)
{
    void *item = pop(q);
    bool wake = q->posting > 0;
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->room);
    return item;
}

static int get(struct fifo *q, void **item, const struct timespec *due)
{
    *item = NULL;
    if (!q)
        return EINVAL;
    pthread_mutex_lock(&q->lock);
    int failed = await_item(q, due);
    if (failed)
        pthread_mutex_unlock(&q->lock);
    else
        *item = pop_and_leave(q);
    return failed;
}

int fd_fifo_get_int(struct fifo *queue, void **item)
{
    return get(queue, item, NULL);
}

int fd_fifo_timedget_int(struct fifo *queue, void **item, const struct timespec *abstime)
{
    return get(queue, item, abstime);
}

int fd_fifo_tryget_int(struct fifo *queue, void **item)
{
    *item = NULL;
    if (!queue)
        return EINVAL;
    pthread_mutex_lock(&queue->lock);
    if (queue->n > 0) {
        *item = pop_and_leave(queue);
        return 0;
    }
    pthread_mutex_unlock(&queue->lock);
    return EWOULDBLOCK;
}

int fd_fifo_select(struct fifo *queue, const struct timespec *abstime)
{
    static const struct timespec past = {0, 0};
    if (!queue)
        return -EINVAL;
    pthread_mutex_lock(&queue->lock);
    int failed = await_item(queue, abstime ? abstime : &past);
    int n = (int)queue->n;
    pthread_mutex_unlock(&queue->lock);
    if (failed && failed != ETIMEDOUT)
        return -failed;
    return n;
}

/* ---- the rest of the interface ---- */

int fd_fifo_length(struct fifo *queue)
{
    if (!queue)
        return 0;
    pthread_mutex_lock(&queue->lock);
    int n = (int)queue->n;
    pthread_mutex_unlock(&queue->lock);
    return n;
}

/* What came in, and still comes, at `from` belongs to `to`; who waits there for an item is sent
 * away (EPIPE).  libfdproto refuses what is posted meanwhile, and libfdcore then ends itself. */
int fd_fifo_move(struct fifo *from, struct fifo *to, struct fifo **loc_update)
{
    bool kept = true;
    if (!from || !to)
        return EINVAL;
    if (loc_update)
        *loc_update = to;
    pthread_mutex_lock(&from->lock);
    drive_out(from);
    pthread_mutex_lock(&to->lock);
    while (kept && from->n > 0)
        kept = push(to, pop(from));
    from->ending = false;
    from->forward = to;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
    pthread_cond_broadcast(&to->more);
    return kept ? 0 : ENOMEM;
}

/* Statistics and thresholds: libfdcore itself asks for neither. */
int fd_fifo_getstats(struct fifo *queue, int *current_count, int *limit_count, int *highest_count,
                     long long *total_count, struct timespec *total, struct timespec *blocking,
                     struct timespec *last)
{
    (void)queue, (void)current_count, (void)limit_count, (void)highest_count, (void)total_count;
    (void)total, (void)blocking, (void)last;
    return ENOTSUP;
}

int fd_fifo_setthrhd(struct fifo *queue, void *data, uint16_t high, void (*h_cb)(struct fifo *, void **),
                     uint16_t low, void (*l_cb)(struct fifo *, void **))
{
    (void)queue, (void)data, (void)high, (void)h_cb, (void)low, (void)l_cb;
    return ENOTSUP;
}

char *fd_fifo_dump(char **buf, size_t *len, size_t *offset, char *name, struct fifo *queue,
                   fd_fifo_dump_item_cb dump_item)
{
    (void)dump_item; /* items may hold keys */
    return fd_dump_extend(buf, len, offset, "%s: %d items", name ? name : "queue", fd_fifo_length(queue));
}

/* ---- what goes into them ---- */

struct cnxctx;
struct fd_peer;
typedef int out_send_fn(struct msg **, struct cnxctx *, struct fd_peer *, int);
out_send_fn fd_out_send; /* libfdcore exports it without a header */

static out_send_fn *real_out_send;

/* In libfdcore's place: one peer that does not read must not stop the thread that sends for all.
 * Then another peer may take a request; an answer is lost, where libfdcore would end itself. */
int fd_out_send(struct msg **msg, struct cnxctx *cnx, struct fd_peer *peer, int update_reqin_cnt)
{
    struct msg_hdr *hdr = NULL;
    enum dia_fifo_full before = dia_fifo_when_full(DIA_FIFO_FAIL);
    int failed = real_out_send(msg, cnx, peer, update_reqin_cnt);
    (void)dia_fifo_when_full(before);
    if (!failed || !*msg || fd_msg_hdr(*msg, &hdr) != 0 || hdr->msg_flags & CMD_FLAG_REQUEST)
        return failed;
    dia_req_dropped(the_node, *msg);
    fd_msg_free(*msg);
    *msg = NULL;
    return 0;
}

gba_rc dia_fifo_init(struct rt_dia *dia)
{
    int (*used)(struct fifo **, int);
    the_node = dia;
    *(void **)&real_out_send = dlsym(RTLD_NEXT, "fd_out_send");
    *(void **)&used = dlsym(RTLD_DEFAULT, "fd_fifo_new");
    return real_out_send && used == fd_fifo_new ? GBA_OK : GBA_E_DIA_CONFIG;
}
