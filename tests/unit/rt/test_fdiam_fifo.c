/* SPDX-License-Identifier: Apache-2.0 */
/* The queues that libfdcore uses in place of libfdproto's. */
#include "rt/fdiam_int.h"

#include <errno.h>

#include "tests/lib/tap.h"

enum { MANY = 1024, MAX = 20 }; /* of a queue that libfdcore wants to hold 20 */

static int items[MANY + 1];

static struct fifo *new_queue(int max)
{
    struct fifo *q = NULL;
    CU_ASSERT_EQUAL_FATAL(fd_fifo_new(&q, max), 0);
    return q;
}

static int put(struct fifo *q, int i)
{
    int *item = &items[i];
    return fd_fifo_post(q, &item);
}

/* The number of the item, or minus the failure. */
static int take(struct fifo *q)
{
    int *item = NULL;
    int failed = fd_fifo_tryget(q, &item);
    return failed ? -failed : (int)(item - items);
}

static void drop(struct fifo *q)
{
    while (take(q) >= 0)
        continue;
    CU_ASSERT_EQUAL(fd_fifo_del(&q), 0);
    CU_ASSERT_PTR_NULL(q);
}

static void fill(struct fifo *q)
{
    for (int i = 0; i < MANY; i++)
        CU_ASSERT_EQUAL_FATAL(put(q, i), 0);
}

static void nobody_there(void)
{
    int *item = items;
    CU_ASSERT_EQUAL(fd_fifo_post(NULL, &item), EINVAL);
    CU_ASSERT_EQUAL(fd_fifo_get(NULL, &item), EINVAL);
    CU_ASSERT_EQUAL(fd_fifo_tryget(NULL, &item), EINVAL);
    CU_ASSERT_EQUAL(fd_fifo_length(NULL), 0);
    struct fifo *none = NULL;
    CU_ASSERT_EQUAL(fd_fifo_del(&none), EINVAL);
}

static void posted_to_the_dead(void)
{
    struct fifo *q = new_queue(0), *kept = q;
    CU_ASSERT_EQUAL(fd_fifo_del(&q), 0);
    CU_ASSERT_EQUAL(put(kept, 1), EINVAL);
}

static void not_empty(void)
{
    struct fifo *q = new_queue(0);
    CU_ASSERT_EQUAL(put(q, 7), 0);
    CU_ASSERT_EQUAL(fd_fifo_del(&q), EINVAL);
    CU_ASSERT_EQUAL(take(q), 7);
    drop(q);
}

static int put_message(struct fifo *q, int (*post)(struct fifo *, void **), enum dia_fifo_full when_full)
{
    struct msg *msg = NULL;
    CU_ASSERT_EQUAL_FATAL(fd_msg_new(NULL, 0, &msg), 0);
    enum dia_fifo_full before = dia_fifo_when_full(when_full);
    int failed = post(q, (void **)&msg);
    (void)dia_fifo_when_full(before);
    return failed;
}

static void messages_end_with_their_queue(void)
{
    struct fifo *sent = new_queue(MAX), *failed_over = new_queue(0);
    CU_ASSERT_EQUAL(put_message(sent, fd_fifo_post_int, DIA_FIFO_FAIL), 0);
    CU_ASSERT_EQUAL(put_message(failed_over, fd_fifo_post_noblock, DIA_FIFO_WAIT), 0);
    CU_ASSERT_EQUAL(fd_fifo_del(&sent), 0); /* LeakSanitizer and valgrind tell when a message stays */
    CU_ASSERT_EQUAL(fd_fifo_del(&failed_over), 0);
}

static void full_queue_refuses_who_may_not_wait(void)
{
    struct fifo *q = new_queue(MAX);
    int *last = &items[MANY];
    fill(q);
    enum dia_fifo_full before = dia_fifo_when_full(DIA_FIFO_FAIL);
    CU_ASSERT_EQUAL(before, DIA_FIFO_WAIT);
    CU_ASSERT_EQUAL(put(q, MANY), EAGAIN);
    CU_ASSERT_EQUAL(dia_fifo_when_full(before), DIA_FIFO_FAIL);
    CU_ASSERT_EQUAL(fd_fifo_post_noblock(q, (void *)&last), 0);
    CU_ASSERT_EQUAL(fd_fifo_length(q), MANY + 1);
    for (int i = 0; i <= MANY; i++)
        CU_ASSERT_EQUAL(take(q), i);
    drop(q);
}

/* ---- with a second thread ---- */

struct other {
    pthread_t thread;
    struct fifo *q;
    int *got;
    int failed;
};

static void *get_main(void *arg)
{
    struct other *o = arg;
    o->failed = fd_fifo_get(o->q, &o->got);
    return NULL;
}

static void *post_main(void *arg)
{
    struct other *o = arg;
    o->failed = put(o->q, MANY);
    return NULL;
}

static void start(struct other *o, struct fifo *q, void *(*run)(void *))
{
    *o = (struct other){.q = q, .failed = -1};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&o->thread, NULL, run, o), 0);
    nanosleep(&(struct timespec){0, 20000000}, NULL); /* long enough to wait by then, mostly */
}

static void full_queue_waits(void)
{
    struct other o;
    struct fifo *q = new_queue(MAX);
    fill(q);
    start(&o, q, post_main);
    CU_ASSERT_EQUAL(fd_fifo_length(q), MANY);
    CU_ASSERT_EQUAL(take(q), 0);
    pthread_join(o.thread, NULL);
    CU_ASSERT_EQUAL(o.failed, 0);
    CU_ASSERT_EQUAL(fd_fifo_length(q), MANY);
    drop(q);
}

static void taken_down_while_somebody_waits(void)
{
    struct other o;
    struct fifo *q = new_queue(MAX);
    start(&o, q, get_main);
    drop(q);
    pthread_join(o.thread, NULL);
    CU_ASSERT_EQUAL(o.failed, EPIPE);
}

static void cancelled_while_waiting(void)
{
    struct other o;
    struct fifo *q = new_queue(MAX);
    start(&o, q, get_main);
    pthread_cancel(o.thread);
    pthread_join(o.thread, NULL);
    CU_ASSERT_EQUAL(put(q, 3), 0);
    CU_ASSERT_EQUAL(take(q), 3);
    drop(q);
}

static void wakes_who_waits(void)
{
    struct other o;
    struct fifo *q = new_queue(MAX);
    start(&o, q, get_main);
    CU_ASSERT_EQUAL(put(q, 9), 0);
    pthread_join(o.thread, NULL);
    CU_ASSERT_EQUAL(o.failed, 0);
    CU_ASSERT_PTR_EQUAL(o.got, &items[9]);
    drop(q);
}

static void comes_too_late(void)
{
    struct fifo *q = new_queue(0);
    struct timespec now;
    int *item = items;
    clock_gettime(CLOCK_REALTIME, &now);
    CU_ASSERT_EQUAL(fd_fifo_timedget(q, &item, &now), ETIMEDOUT);
    CU_ASSERT_PTR_NULL(item);
    CU_ASSERT_EQUAL(fd_fifo_select(q, NULL), 0);
    CU_ASSERT_EQUAL(put(q, 2), 0);
    CU_ASSERT_EQUAL(fd_fifo_select(q, &now), 1);
    drop(q);
}

/* A connection's thread may post to the old queue after its peer took over. */
static void moved(void)
{
    struct fifo *from = new_queue(MAX), *to = new_queue(0), *where = NULL;
    CU_ASSERT_EQUAL(put(from, 1), 0);
    CU_ASSERT_EQUAL(fd_fifo_move(from, to, &where), 0);
    CU_ASSERT_PTR_EQUAL(where, to);
    CU_ASSERT_EQUAL(put(from, 2), 0);
    CU_ASSERT_EQUAL(take(from), -EWOULDBLOCK);
    CU_ASSERT_EQUAL(take(to), 1);
    CU_ASSERT_EQUAL(take(to), 2);
    drop(to);
    CU_ASSERT_EQUAL(put(from, 2), EINVAL);
    drop(from);
}

int main(void)
{
    CU_TestInfo alone[] = {
        {"no queue", nobody_there},
        {"posted to a queue that is no more", posted_to_the_dead},
        {"a queue with items stays", not_empty},
        {"messages end with their queue", messages_end_with_their_queue},
        {"a full queue refuses who may not wait", full_queue_refuses_who_may_not_wait},
        {"time is over", comes_too_late},
        {"moved", moved},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo threads[] = {
        {"a full queue lets others wait", full_queue_waits},
        {"taken down while a thread waits", taken_down_while_somebody_waits},
        {"a thread is cancelled while it waits", cancelled_while_waiting},
        {"an item wakes who waits", wakes_who_waits},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"one thread", NULL, NULL, NULL, NULL, alone},
        {"threads", NULL, NULL, NULL, NULL, threads},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
