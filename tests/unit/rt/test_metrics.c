/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gba/base/text.h"
#include "rt/metrics.h"
#include "tests/lib/tap.h"

static char room[65536];
static gba_writer out;

static void begin(void)
{
    out = gba_writer_of(room, sizeof room);
}

static bool says(const char *text)
{
    return gba_view_contains(gba_writer_view(&out), gba_view_cstr(text));
}

static void label_values_cannot_forge(void)
{
    const struct rt_label labels[] = {
        {"peer", GBA_LIT("a\"} 1\nforged 2\n\\\xff\xc3\xa4\x01")}, {"x", GBA_LIT("")}, {0}};
    begin();
    rt_metrics_sample(&out, "m_total", labels, 7);
    T_STR(gba_writer_view(&out), "m_total{peer=\"a\\\"} 1\\nforged 2\\n\\\\????\",x=\"\"} 7\n");
}

static void family(void)
{
    begin();
    rt_metrics_counter(&out, "m_total", "What it is.", UINT64_MAX);
    rt_metrics_gauge(&out, "g", "More.", 0);
    rt_metrics_seconds(&out, "s_seconds", NULL, 12034);
    T_STR(gba_writer_view(&out), "# HELP m_total What it is.\n# TYPE m_total counter\n"
                                 "m_total 18446744073709551615\n"
                                 "# HELP g More.\n# TYPE g gauge\ng 0\ns_seconds 12.034\n");
}

static void reasons(void)
{
    static struct rt_reasons counted;
    rt_reasons_add(&counted, GBA_OK);
    rt_reasons_add(&counted, GBA_E_MAC);
    rt_reasons_add(&counted, GBA_E_MAC);
    begin();
    rt_metrics_reasons(&out, "r_total", "By reason.", &counted);
    T_STR(gba_writer_view(&out), "# HELP r_total By reason.\n# TYPE r_total counter\n"
                                 "r_total{reason=\"ok\"} 1\nr_total{reason=\"mac-wrong\"} 2\n");
}

static void histogram(void)
{
    struct rt_histogram h = {.sum_us = 0};
    const struct rt_label labels[] = {{"op", GBA_LIT("get")}, {0}};
    rt_histogram_add(&h, 0);
    rt_histogram_add(&h, 500); /* a bound belongs to its bucket */
    rt_histogram_add(&h, 501);
    rt_histogram_add(&h, 20000000); /* beyond all */
    begin();
    rt_metrics_histogram(&out, "h_seconds", labels, &h);
    CU_ASSERT_TRUE(
        gba_view_starts(gba_writer_view(&out), GBA_LIT("h_seconds_bucket{op=\"get\",le=\"0.0005\"} 2\n"
                                                       "h_seconds_bucket{op=\"get\",le=\"0.001\"} 3\n")));
    CU_ASSERT_TRUE(
        says("h_seconds_bucket{op=\"get\",le=\"10\"} 3\nh_seconds_bucket{op=\"get\",le=\"+Inf\"} 4\n"
             "h_seconds_sum{op=\"get\"} 20.001001\nh_seconds_count{op=\"get\"} 4\n"));
}

static void on_a(void *arg, gba_writer *w)
{
    rt_metrics_gauge(w, arg, "A.", 1);
}

static void collectors(void)
{
    struct rt_metrics metrics = {.n = 0};
    char a[] = "a", b[] = "b";
    T_OK(rt_metrics_add(&metrics, on_a, a));
    T_OK(rt_metrics_add(&metrics, on_a, b));
    rt_metrics_remove(&metrics, a);
    begin();
    rt_metrics_write(&metrics, &out);
    T_STR(gba_writer_view(&out), "# HELP b A.\n# TYPE b gauge\nb 1\n");
    while (metrics.n < RT_METRICS_MAX)
        T_OK(rt_metrics_add(&metrics, on_a, a));
    T_RC(rt_metrics_add(&metrics, on_a, a), GBA_E_BUG);
}

static void stop(void *arg)
{
    rt_loop_stop(arg);
}

/* The value of a sample without labels. */
static uint64_t value_of(const char *name)
{
    uint64_t n = 0;
    gba_view left = gba_writer_view(&out), line, key, value, whole;
    for (bool more = true; more;) {
        more = gba_view_split(left, '\n', &line, &left);
        if (gba_view_split(line, ' ', &key, &value) && gba_view_eq(key, gba_view_cstr(name))) {
            gba_view_split(value, '.', &whole, &line);
            T_OK(gba_dec_parse(whole, UINT64_MAX, &n));
        }
    }
    return n;
}

static void process_itself(void)
{
    struct rt_metrics metrics = {.n = 0};
    struct rt_metrics_self *self = NULL;
    struct rt_loop *loop = NULL;
    T_OK(rt_loop_new(&loop));
    T_OK(rt_metrics_self_open(&metrics, loop, "prog", &self));
    CU_ASSERT_PTR_NOT_NULL_FATAL(rt_timer_start(loop, 600, stop, loop));
    rt_loop_run(loop);
    begin();
    rt_metrics_write(&metrics, &out);
    CU_ASSERT_TRUE(says("keystrap_build_info{program=\"prog\",version=\"" PACKAGE_VERSION "\"} 1\n"));
    CU_ASSERT_TRUE(value_of("process_start_time_seconds") > 1700000000);
    CU_ASSERT_TRUE(value_of("process_resident_memory_bytes") > 100000);
    CU_ASSERT_TRUE(value_of("keystrap_loop_lag_seconds_count") >= 1);
    uint64_t before = value_of("process_open_fds");
    int fd = open("/dev/null", O_RDONLY);
    begin();
    rt_metrics_write(&metrics, &out);
    CU_ASSERT_EQUAL(value_of("process_open_fds"), before + 1);
    close(fd);
    rt_metrics_self_close(self);
    CU_ASSERT_EQUAL(metrics.n, 0);
    rt_loop_free(loop);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"label values cannot forge lines", label_values_cannot_forge},
        {"families", family},
        {"reasons", reasons},
        {"histograms", histogram},
        {"collectors", collectors},
        {"the process itself", process_itself},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"metrics", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
