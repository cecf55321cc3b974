/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "rt/addr.h"
#include "rt/loop.h"
#include "tests/lib/tap.h"

enum { THREADS = 8, EACH = 5000 };

static struct rt_loop *loop;

/* One loop a test; it stops after a while even when the test is broken. */
static void give_up(void *arg)
{
    (void)arg;
    CU_FAIL("the loop was not stopped in time");
    rt_loop_stop(loop);
}

static struct rt_timer *guard;

static void begin(void)
{
    T_OK(rt_loop_new(&loop));
    guard = rt_timer_start(loop, 20000, give_up, NULL);
}

static void run(void)
{
    rt_loop_run(loop);
    rt_timer_cancel(guard);
    rt_loop_free(loop);
}

static void stop(void *arg)
{
    (void)arg;
    rt_loop_stop(loop);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void never(void *arg)
{
    (void)arg;
    CU_FAIL("this must not be called");
}

/* ---- addresses ---- */

static void address_refused(void)
{
    static const char *const bad[] = {"",
                                      ":",
                                      ":80",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:-1",
                                      "::1:80",
                                      "[::1]",
                                      "[::1]80",
                                      "[::1:80",
                                      "[127.0.0.1]:80",
                                      "localhost:80",
                                      "127.0.0.1:80 ",
                                      " 127.0.0.1:80",
                                      "[]:80",
                                      "[fe80::1%lo]:80",
                                      "127.1:80",
                                      "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa]:80"};
    struct sockaddr_storage addr = {.ss_family = 77};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(rt_addr_parse(gba_view_cstr(bad[i]), &addr), GBA_E_ADDRESS);
    T_RC(rt_addr_parse(GBA_LIT("127.0.0.1\0x:80"), &addr), GBA_E_ADDRESS);
    CU_ASSERT_EQUAL(addr.ss_family, 77);
}

static void address_round_trip(void)
{
    static const char *const good[] = {"127.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[2001:db8::7]:3868"};
    struct sockaddr_storage addr;
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        gba_writer w = gba_writer_of(text, sizeof text);
        T_OK(rt_addr_parse(gba_view_cstr(good[i]), &addr));
        rt_addr_format((struct sockaddr *)&addr, &w);
        T_STR(gba_writer_view(&w), good[i]);
    }
    gba_writer w = gba_writer_of(text, sizeof text);
    addr.ss_family = AF_UNIX;
    rt_addr_format((struct sockaddr *)&addr, &w);
    T_STR(gba_writer_view(&w), "unknown");
}

/* ---- posts ---- */

struct sender {
    uv_thread_t thread;
    unsigned id;
    uint32_t items[EACH];
};

static struct sender senders[THREADS];
static uint32_t next_of[THREADS];
static unsigned received, out_of_order, off_thread;
static uv_thread_t loop_thread;

static void receive(void *arg)
{
    uint32_t item = *(uint32_t *)arg;
    uv_thread_t self = uv_thread_self();
    off_thread += !uv_thread_equal(&self, &loop_thread);
    out_of_order += next_of[item >> 16]++ != (item & 0xffff);
    if (++received == THREADS * EACH)
        rt_loop_stop(loop);
}

static void send_all(void *arg)
{
    struct sender *s = arg;
    for (unsigned i = 0; i < EACH; i++) {
        s->items[i] = s->id << 16 | i;
        if (!rt_post(loop, receive, &s->items[i]))
            abort();
    }
}

static void posts_from_threads(void)
{
    begin();
    loop_thread = uv_thread_self();
    for (unsigned t = 0; t < THREADS; t++) {
        senders[t].id = t;
        uv_thread_create(&senders[t].thread, send_all, &senders[t]);
    }
    rt_loop_run(loop);
    for (unsigned t = 0; t < THREADS; t++)
        uv_thread_join(&senders[t].thread);
    rt_timer_cancel(guard);
    rt_loop_free(loop);
    CU_ASSERT_EQUAL(received, THREADS * EACH);
    CU_ASSERT_EQUAL(out_of_order, 0);
    CU_ASSERT_EQUAL(off_thread, 0);
}

static int posts_run;

static void post_again(void *arg)
{
    if (++posts_run == 100)
        rt_loop_stop(loop);
    else
        CU_ASSERT_TRUE(rt_post(loop, post_again, arg));
}

/* A post that posts waits for the next turn: it neither recurs nor starves timers. */
static void posts_that_post(void)
{
    int fired = 0;
    begin();
    CU_ASSERT_TRUE(rt_post(loop, post_again, NULL));
    rt_timer_start(loop, 0, count, &fired);
    CU_ASSERT_EQUAL(posts_run, 0);
    run();
    CU_ASSERT_EQUAL(posts_run, 100);
    CU_ASSERT_EQUAL(fired, 1);
}

static bool taken_late;

static void post_late(void *arg)
{
    taken_late = rt_post(loop, never, arg);
}

/* What was posted before the end is run; what comes after is refused. */
static bool went_on;

static void *post_while_cancelled(void *counted)
{
    pthread_cancel(pthread_self()); /* takes effect in the next call that may block */
    went_on = rt_post(loop, count, counted);
    return NULL;
}

static void post_of_a_cancelled_thread(void)
{
    pthread_t thread;
    int counted = 0;
    begin();
    rt_timer_cancel(guard);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, post_while_cancelled, &counted), 0);
    pthread_join(thread, NULL);
    CU_ASSERT_TRUE_FATAL(went_on); /* else it has left with the loop's lock */
    rt_loop_free(loop);
    CU_ASSERT_EQUAL(counted, 1);
}

static void posts_at_the_end(void)
{
    int counted = 0;
    begin();
    rt_timer_cancel(guard);
    taken_late = true;
    CU_ASSERT_TRUE(rt_post(loop, count, &counted));
    CU_ASSERT_TRUE(rt_post(loop, post_late, NULL));
    rt_loop_free(loop);
    CU_ASSERT_EQUAL(counted, 1);
    CU_ASSERT_FALSE(taken_late);
}

/* ---- timers ---- */

static int order[8];
static int n_order;

static void note(void *arg)
{
    order[n_order++] = *(int *)arg;
}

static void timers_in_order(void)
{
    static int names[] = {1, 2, 3};
    n_order = 0;
    begin();
    rt_timer_start(loop, 30, note, &names[2]);
    rt_timer_start(loop, 1, note, &names[0]);
    rt_timer_start(loop, 15, note, &names[1]);
    rt_timer_start(loop, 45, stop, NULL);
    run();
    CU_ASSERT_EQUAL(n_order, 3);
    CU_ASSERT_TRUE(order[0] == 1 && order[1] == 2 && order[2] == 3);
}

static struct rt_timer *victim;

static void cancel_victim(void *arg)
{
    rt_timer_cancel(victim);
    rt_timer_start(loop, 5, stop, arg);
}

/* Both are due in the same turn; the first forbids the second. */
static void cancel_inside_callback(void)
{
    begin();
    rt_timer_start(loop, 1, cancel_victim, NULL);
    victim = rt_timer_start(loop, 1, never, NULL);
    rt_timer_cancel(NULL);
    run();
}

static int rearmed;

static void rearm(void *arg)
{
    if (++rearmed == 20)
        rt_loop_stop(loop);
    else
        rt_timer_start(loop, 0, rearm, arg);
}

static void start_inside_callback(void)
{
    begin();
    rt_timer_start(loop, 0, rearm, NULL);
    run();
    CU_ASSERT_EQUAL(rearmed, 20);
}

static void many_timers(void)
{
    enum { MANY = 20000 };
    static struct rt_timer *timers[MANY];
    int fired = 0;
    begin();
    for (unsigned i = 0; i < MANY; i++)
        timers[i] = rt_timer_start(loop, 1 + i % 50, i % 2 ? count : never, &fired);
    for (unsigned i = 0; i < MANY; i += 2)
        rt_timer_cancel(timers[i]);
    rt_timer_start(loop, 60, stop, NULL);
    run();
    CU_ASSERT_EQUAL(fired, MANY / 2);
}

/* Timers still pending at the end are forgotten, without a leak. */
static void pending_at_the_end(void)
{
    begin();
    rt_timer_cancel(guard);
    rt_timer_start(loop, 100000, never, NULL);
    rt_timer_start(loop, 0, never, NULL);
    rt_loop_free(loop);
}

/* ---- the rest ---- */

static void stop_before_run(void)
{
    begin();
    rt_timer_start(loop, 100000, never, NULL);
    rt_loop_stop(loop);
    run();
}

static int signals;

static void on_usr1(void *arg)
{
    (void)arg;
    if (++signals == 2)
        rt_loop_stop(loop);
    else
        raise(SIGUSR1);
}

static void signals_arrive(void)
{
    begin();
    T_RC(rt_on_signal(loop, 9999, never, NULL), GBA_E_BUG);
    T_OK(rt_on_signal(loop, SIGUSR1, on_usr1, NULL));
    raise(SIGUSR1);
    run();
    CU_ASSERT_EQUAL(signals, 2);
}

static int64_t first_ms;

static void see_later_clock(void *arg)
{
    int64_t later = rt_loop_env(loop)->now_ms;
    (void)arg;
    CU_ASSERT_TRUE(later >= first_ms + 20 && later < first_ms + 15000);
    rt_loop_stop(loop);
}

static void clock_moves_by_turns(void)
{
    begin();
    first_ms = rt_loop_env(loop)->now_ms;
    CU_ASSERT_TRUE(first_ms > INT64_C(1600000000000));
    CU_ASSERT_EQUAL(rt_loop_env(loop)->now_ms, first_ms);
    rt_timer_start(loop, 25, see_later_clock, NULL);
    run();
}

/* 4 kB in pieces of every size, and one larger than the pool: no piece repeats. */
static void random_differs(void)
{
    static uint8_t got[4000];
    begin();
    const gba_env *env = rt_loop_env(loop);
    size_t n = 0;
    for (size_t piece = 16; n + piece <= sizeof got; piece += 3) {
        gba_env_random(env, got + n, piece);
        n += piece;
    }
    for (size_t i = 0; i + 16 <= n; i += 16) {
        for (size_t j = i + 16; j + 16 <= n; j += 16)
            CU_ASSERT_FALSE_FATAL(memcmp(got + i, got + j, 16) == 0);
    }
    static const uint8_t zeros[16];
    uint8_t big[2000] = {0};
    gba_env_random(env, big, sizeof big);
    CU_ASSERT_FALSE(memcmp(big + sizeof big - 16, zeros, 16) == 0);
    rt_timer_cancel(guard);
    rt_loop_free(loop);
}

int main(void)
{
    CU_TestInfo addresses[] = {
        {"refused", address_refused},
        {"round trip", address_round_trip},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo posts[] = {
        {"8 threads keep their order", posts_from_threads},
        {"posts that post", posts_that_post},
        {"a thread that is cancelled", post_of_a_cancelled_thread},
        {"posts at the end", posts_at_the_end},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo timers[] = {
        {"in order", timers_in_order},
        {"cancel inside a callback", cancel_inside_callback},
        {"start inside a callback", start_inside_callback},
        {"many", many_timers},
        {"pending at the end", pending_at_the_end},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo rest[] = {
        {"stop before run", stop_before_run}, {"signals", signals_arrive}, {"clock", clock_moves_by_turns},
        {"random octets", random_differs},    CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"addresses", NULL, NULL, NULL, NULL, addresses},
        {"posts", NULL, NULL, NULL, NULL, posts},
        {"timers", NULL, NULL, NULL, NULL, timers},
        {"loop", NULL, NULL, NULL, NULL, rest},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
