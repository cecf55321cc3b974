/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session store can do: so many records are put, then found at random.
 *
 *   store --config=FILE [--records=N] [--seconds=S] [--in-flight=N] [--size=OCTETS]
 *
 * FILE has a section store, as that of keystrap-bsf.  One JSON object for puts, one for gets
 * by key or alias, and how much memory this process has then.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/stats.h"
#include "bsf/io/store_open.h"
#include "rt/conf.h"

enum { SIZE_MAX_OCTETS = 65536, OWNERS_KEEP = 2 };

static struct {
    struct bsf_conf conf;
    struct rt_loop *loop;
    struct bsf_store store;
    gba_seal_ring ring;
    struct load_stats stats;
    uint64_t records, in_flight, size;
    double seconds;
    uint64_t begun, waiting, until_ns, state;
    bool getting;
    uint8_t record[SIZE_MAX_OCTETS];
} bench;

struct question {
    uint64_t began_ns;
    bsf_store_fn *on_answer;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Spread like the hashes that real keys are (splitmix64). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static bsf_store_key key_of(uint64_t kind, uint64_t i)
{
    bsf_store_key key;
    gba_writer w = gba_writer_of(key.b, sizeof key.b);
    gba_put_u64(&w, mix(4 * i + kind));
    gba_put_u64(&w, mix(mix(4 * i + kind) + 1));
    return key;
}

static bool is_over(void)
{
    return bench.getting ? now_ns() >= bench.until_ns : bench.begun == bench.records;
}

static void begin_get(struct question *q)
{
    bench.state = mix(bench.state + 1);
    bsf_store_key key = key_of(bench.state % 2, bench.state / 2 % bench.records);
    bench.store.get(bench.store.self, &key, q->on_answer, q);
}

static void begin_put(struct question *q)
{
    uint64_t i = bench.begun;
    struct bsf_store_put put = {
        .key = key_of(0, i),
        .alias = key_of(1, i),
        .has_alias = true,
        .owner = key_of(2, i / OWNERS_KEEP),
        .keep = OWNERS_KEEP,
        .record = gba_view_of(bench.record, bench.size),
        .expiry_ms = rt_loop_env(bench.loop)->now_ms + 86400000,
    };
    bench.store.put(bench.store.self, &put, q->on_answer, q);
}

/* The next question, if there is one; the loop stops with the last answer. */
static void begin(struct question *q)
{
    if (is_over()) {
        if (bench.waiting == 0)
            rt_loop_stop(bench.loop);
        return;
    }
    q->began_ns = now_ns();
    bench.waiting++;
    if (bench.getting)
        begin_get(q);
    else
        begin_put(q);
    bench.begun++;
}

static void on_answer(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct question *q = arg;
    (void)found;
    (void)n;
    load_stats_add(&bench.stats, rc, (now_ns() - q->began_ns) / 1000);
    bench.waiting--;
    begin(q);
}

static void run(const char *mode, struct question *questions)
{
    bench.begun = bench.waiting = 0;
    bench.until_ns = now_ns() + (uint64_t)(bench.seconds * 1e9);
    bench.stats.started_ns = now_ns();
    for (uint64_t i = 0; i < bench.in_flight; i++) {
        questions[i].on_answer = on_answer;
        begin(&questions[i]);
    }
    rt_loop_run(bench.loop);
    bench.stats.ended_ns = now_ns();
    load_stats_print(&bench.stats, mode, (uint32_t)bench.in_flight, true);
    load_stats_free(&bench.stats);
    memset(&bench.stats, 0, sizeof bench.stats);
}

static void print_memory(void)
{
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            printf("{\"memory_kib\": %lu, \"live\": %zu}\n", strtoul(line + 6, NULL, 10),
                   bench.store.count(bench.store.self));
    }
    if (file)
        fclose(file);
}

static void on_patience_end(void *arg)
{
    *(bool *)arg = true;
}

static bool wait_until_ready(void)
{
    bool late = false;
    struct rt_timer *patience = rt_timer_start(bench.loop, 5000, on_patience_end, &late);
    while (!bench.store.ready(bench.store.self) && !late)
        uv_run(rt_loop_uv(bench.loop), UV_RUN_ONCE);
    if (!late)
        rt_timer_cancel(patience);
    return !late;
}

static int measure(void)
{
    struct question *questions = calloc(bench.in_flight, sizeof *questions);
    if (!questions || !wait_until_ready()) {
        fprintf(stderr, "store: it does not answer\n");
        free(questions);
        return 1;
    }
    run("put", questions);
    bench.getting = true;
    run("get", questions);
    print_memory();
    free(questions);
    return 0;
}

static uint64_t number(const char *text, uint64_t max)
{
    uint64_t n = 0;
    if (gba_dec_parse(gba_view_cstr(text), max, &n) != GBA_OK || n == 0) {
        fprintf(stderr, "store: %s: not a number up to %" PRIu64 "\n", text, max);
        exit(2);
    }
    return n;
}

static const char *arguments(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},  {"records", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'}, {"in-flight", required_argument, NULL, 'f'},
        {"size", required_argument, NULL, 'z'},    {0},
    };
    const char *config = NULL;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'c')
            config = optarg;
        else if (c == 'r')
            bench.records = number(optarg, 100000000);
        else if (c == 's')
            bench.seconds = (double)number(optarg, 3600);
        else if (c == 'f')
            bench.in_flight = number(optarg, 100000);
        else if (c == 'z')
            bench.size = number(optarg, SIZE_MAX_OCTETS);
        else
            exit(2);
    }
    return config;
}

int main(int argc, char **argv)
{
    static struct rt_conf_errors errors;
    bench.records = 100000;
    bench.seconds = 5;
    bench.in_flight = 100;
    bench.size = 400;
    const char *config = arguments(argc, argv);
    if (!config || rt_conf_read(config, bsf_conf_rows, &bench.conf, &errors) != GBA_OK) {
        fprintf(stderr, "%s", config ? errors.text : "usage: store --config=FILE [--records=N] ...\n");
        return 2;
    }
    int code = 1;
    if (rt_loop_new(&bench.loop) == GBA_OK &&
        bsf_store_open(bench.loop, &bench.conf.store, &bench.ring, &bench.store) == GBA_OK) {
        code = measure();
        bench.store.close(bench.store.self);
    }
    if (bench.loop)
        rt_loop_free(bench.loop);
    rt_conf_free(bsf_conf_rows, &bench.conf);
    gba_wipe(&bench.ring);
    return code;
}
