/* SPDX-License-Identifier: Apache-2.0 */
/* How many questions an HSS gets at once: a simulated HSS, a clock of a millisecond a step. */
#include <stdlib.h>

#include "bsf/zh_hosts.h"
#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

enum { TIMEOUT = 3000, QUEUE = 1 << 20 };

static struct {
    struct fake_world world;
    struct bsf_conf conf;
    struct bsf_zh_hosts hosts;
    struct bsf_zh_host *h;
    void *memory;
    struct bsf_zh_sent queue[QUEUE]; /* what the HSS has, oldest first */
    size_t first, n;
    size_t offered, answered, given_up;
    size_t expired; /* of the queue: we gave up on them already */
} sim;

static void set_up(void)
{
    fake_world_init(&sim.world);
    sim.conf = (struct bsf_conf){.diameter.timeout_ms = TIMEOUT};
    sim.conf.zh = (struct bsf_conf_zh){.timeout_ms = 2 * TIMEOUT, .max_waiting = 5000, .backoff_ms = 2000};
    T_OK(gba_text_set(&sim.conf.zh.realm, GBA_LIT("home.example")));
    sim.memory = malloc(bsf_zh_hosts_memory(&sim.conf));
    CU_ASSERT_PTR_NOT_NULL_FATAL(sim.memory);
    bsf_zh_hosts_init(&sim.hosts, &sim.conf, sim.memory);
    sim.h = bsf_zh_hosts_find(&sim.hosts, GBA_LIT(""), GBA_LIT("home.example"));
    sim.first = sim.n = sim.offered = sim.answered = sim.given_up = sim.expired = 0;
}

static void tear_down(void)
{
    free(sim.memory);
}

static void offer(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sim.offered++;
        if (bsf_zh_host_full(&sim.hosts, sim.h))
            continue;
        CU_ASSERT_FATAL(sim.n < QUEUE);
        bsf_zh_host_sent(sim.h, &sim.world.env, &sim.queue[(sim.first + sim.n++) % QUEUE]);
    }
}

static void give_up(void)
{
    for (; sim.expired < sim.n; sim.expired++) {
        const struct bsf_zh_sent *sent = &sim.queue[(sim.first + sim.expired) % QUEUE];
        if (sim.world.env.mono_ms - sent->at_ms < TIMEOUT)
            return;
        sim.given_up++;
        bsf_zh_host_done(sim.h, BSF_ZH_NO_ANSWER, sent, &sim.hosts, &sim.world.env);
    }
}

/* The HSS works on its oldest question, whether or not somebody waits for it still. */
static void answer(size_t n)
{
    for (; n > 0 && sim.n > 0; n--) {
        const struct bsf_zh_sent *sent = &sim.queue[sim.first];
        if (sim.expired > 0) {
            sim.expired--;
        } else {
            sim.answered++;
            bsf_zh_host_done(sim.h, BSF_ZH_ANSWERED, sent, &sim.hosts, &sim.world.env);
        }
        sim.first = (sim.first + 1) % QUEUE;
        sim.n--;
    }
}

/* What the HSS has already is lost when it becomes slower than we can wait; then the window fits.
 * The HSS answers `speed` a millisecond, out of its queue. */
static void run(int ms, size_t load, size_t speed)
{
    for (int i = 0; i < ms; i++) {
        fake_world_pass(&sim.world, 1);
        offer(load);
        answer(speed);
        give_up();
    }
}

static void ten_times_too_much(void)
{
    run(20000, 10, 1);
    CU_ASSERT(sim.answered >= 19000);
    CU_ASSERT(sim.given_up < 1000);
}

static void too_much_after_a_quiet_night(void)
{
    run(60000, 1, 2);
    CU_ASSERT_EQUAL(sim.answered, sim.offered);
    sim.answered = 0;
    run(20000, 20, 2);
    CU_ASSERT(sim.answered >= 38000);
}

static void an_hss_that_becomes_slower(void)
{
    run(5000, 20, 10);
    sim.answered = 0;

    run(20000, 20, 1);
    CU_ASSERT(sim.answered >= 13000);
}

static void an_hss_that_comes_back(void)
{
    run(10000, 10, 0);
    run(5000, 10, 5);
    sim.answered = 0;
    run(10000, 10, 5);
    CU_ASSERT(sim.answered >= 45000);
}

/* Each answer takes 2 s, whatever the load: there is no queue to be kept short. */
static void a_slow_hss_without_a_queue(void)
{
    for (int i = 0; i < 30000; i++) {
        fake_world_pass(&sim.world, 1);
        offer(i % 4 == 0);
        while (sim.n > 0 && sim.world.env.mono_ms - sim.queue[sim.first].at_ms >= 2000)
            answer(1);
    }
    CU_ASSERT_EQUAL(sim.offered, sim.answered + sim.n);
}

static void more_than_the_configuration_allows(void)
{
    sim.conf.zh.max_waiting = 5;
    offer(10);
    CU_ASSERT_EQUAL(sim.n, 5);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"ten times too much keeps nine tenths", ten_times_too_much},
        {"a flood after a quiet night", too_much_after_a_quiet_night},
        {"an HSS that becomes slower", an_hss_that_becomes_slower},
        {"an HSS that comes back", an_hss_that_comes_back},
        {"a slow HSS without a queue", a_slow_hss_without_a_queue},
        {"the configured limit", more_than_the_configuration_allows},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"window", NULL, NULL, set_up, tear_down, tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
