/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rt/log.h"
#include "tests/lib/tap.h"

static int pipe_fds[2];
static char text[8192];
static size_t text_n;

static bool as_json;

static void log_to_pipe(enum rt_log_level level, bool show_identities)
{
    static struct rt_log_conf conf = {.program = "prog"};
    CU_ASSERT_EQUAL_FATAL(pipe(pipe_fds), 0);
    conf.level = level;
    conf.show_identities = show_identities;
    conf.fd = pipe_fds[1];
    conf.json = as_json;
    rt_log_init(&conf);
}

/* Close the writing end and take what came, without the time at the start. */
static gba_view taken(void)
{
    ssize_t got;
    text_n = 0;
    close(pipe_fds[1]);
    while ((got = read(pipe_fds[0], text + text_n, sizeof text - text_n)) > 0)
        text_n += (size_t)got;
    close(pipe_fds[0]);
    return gba_view_of(text, text_n);
}

/* From the level on: the part that a test can know. */
static gba_view line(void)
{
    gba_view v = taken();
    size_t at = gba_view_find(v, ']');
    return gba_view_sub(v, at + 2, v.n);
}

static size_t count_lines(gba_view v)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n += v.p[i] == '\n';
    return n;
}

static void forged_lines(void)
{
    log_to_pipe(RT_LOG_INFO, true);
    rt_log(RT_LOG_WARN, "x", RT_CSTR("a", "1\n2030-01-01T00:00:00.000Z prog[1] info y b=2"),
           RT_CSTR("c", "r\rt\tq\"b\\"), RT_ID("i", GBA_LIT("u\nv@d")), RT_STR("n", GBA_LIT("a\0b")),
           RT_CSTR("e", "k=v"), RT_STR("u", GBA_LIT("\xc2\x85\x7f")));
    T_STR(line(), "warn x a=\"1\\n2030-01-01T00:00:00.000Z prog[1] info y b=2\" c=\"r\\x0dt\\x09q\\\"b\\\\\""
                  " i=\"u\\nv@d\" n=\"a\\x00b\" e=\"k=v\" u=\"\\xc2\\x85\\x7f\"\n");
}

static void masked_identity_cannot_forge(void)
{
    log_to_pipe(RT_LOG_INFO, false);
    rt_log(RT_LOG_WARN, "x", RT_ID("i", GBA_LIT("a\n b c d e f@d\nmain")));
    T_STR(line(), "warn x i=\"a\\n b***@d\\nmain\"\n");
}

static void huge_values_are_cut(void)
{
    static char big[5000];
    memset(big, 'x', sizeof big - 1);
    log_to_pipe(RT_LOG_INFO, false);
    rt_log(RT_LOG_INFO, "x", RT_CSTR("a", big), RT_NUM("b", 1));
    gba_view got = line();
    CU_ASSERT_TRUE(gba_view_ends(got, GBA_LIT("xxx...\" b=1\n")));
    CU_ASSERT_EQUAL(got.n, strlen("info x a=\"...\" b=1\n") + 512);
}

static void huge_lines_are_cut(void)
{
    static char big[5000];
    memset(big, '\n', sizeof big - 1);
    log_to_pipe(RT_LOG_INFO, false);
    rt_log(RT_LOG_INFO, "x", RT_CSTR("a", big), RT_CSTR("b", big), RT_CSTR("c", big), RT_CSTR("d", big),
           RT_CSTR("e", big));
    gba_view got = taken();
    CU_ASSERT_EQUAL(count_lines(got), 1);
    CU_ASSERT_TRUE(got.n <= 4096);
    CU_ASSERT_TRUE(gba_view_contains(got, GBA_LIT(" c=")));
    CU_ASSERT_TRUE(gba_view_ends(got, GBA_LIT("\" cut=line\n")));
}

static void masks(void)
{
    static const char *const rows[][2] = {
        {"001010123456789@ims.mnc001.mcc001.3gppnetwork.org", "0010***@ims.mnc001.mcc001.3gppnetwork.org"},
        {"abcdefgh", "abcd***"},
        {"abc@d", "a***@d"},
        {"a@d", "***@d"},
        {"@d", "***@d"},
        {"", "***"},
        {"a", "***"},
        {"a@b@c.example", "a***@c.example"},
        {"abcdefgh@", "abcd***@"},
    };
    char out[128];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gba_writer w = gba_writer_of(out, sizeof out);
        rt_log_mask(gba_view_cstr(rows[i][0]), &w);
        T_STR(gba_writer_view(&w), rows[i][1]);
    }
}

static void levels(void)
{
    log_to_pipe(RT_LOG_NOTICE, false);
    rt_log(RT_LOG_DEBUG, "d", RT_NUM("n", 1));
    rt_log(RT_LOG_INFO, "i", RT_NUM("n", 1));
    rt_log(RT_LOG_NOTICE, "n", RT_NUM("n", 1));
    rt_log(RT_LOG_ERROR, "e", RT_NUM("n", 1));
    CU_ASSERT_EQUAL(count_lines(taken()), 2);
}

static void whole_line(void)
{
    char want[64];
    log_to_pipe(RT_LOG_INFO, false);
    rt_log(RT_LOG_INFO, "ub.refused", RT_CSTR("run", "9f2c"), RT_REASON(GBA_E_MAC),
           RT_ID("impi", GBA_LIT("0010101@ims")), RT_NUM("min", INT64_MIN), RT_NUM("big", INT64_MAX),
           RT_CSTR("empty", ""), RT_CSTR("none", NULL));
    gba_view got = taken();
    snprintf(want, sizeof want, "Z prog[%ld] info ub.refused run=9f2c", (long)getpid());
    CU_ASSERT_TRUE(gba_view_contains(got, gba_view_cstr(want)));
    CU_ASSERT_EQUAL(gba_view_find(got, ' '), strlen("2030-01-01T00:00:00.000Z"));
    CU_ASSERT_EQUAL(gba_view_find(got, '.'), strlen("2030-01-01T00:00:00"));
    CU_ASSERT_TRUE(gba_view_ends(got, GBA_LIT(" reason=mac-wrong impi=001***@ims min=-9223372036854775808"
                                              " big=9223372036854775807 empty=\"\" none=\"\"\n")));
}

static void json_lines(void)
{
    static char big[5000];
    char want[64];
    as_json = true;
    log_to_pipe(RT_LOG_INFO, false);
    rt_log_run(0xabcdef);
    rt_log(RT_LOG_WARN, "ub.refused", RT_REASON(GBA_E_MAC), RT_CSTR("a", "1\n\"}\\{\r\t\x01"),
           RT_ID("impi", GBA_LIT("0010101@ims")), RT_NUM("n", -5), RT_STR("u", GBA_LIT("\xc2\x85\x7f")),
           RT_CSTR("none", NULL));
    rt_log_run(0);
    gba_view got = taken();
    CU_ASSERT_TRUE(gba_view_starts(got, GBA_LIT("{\"time\":\"2")));
    snprintf(want, sizeof want, "Z\",\"program\":\"prog\",\"pid\":%ld,\"level\":\"warn\"", (long)getpid());
    CU_ASSERT_TRUE(gba_view_contains(got, gba_view_cstr(want)));
    CU_ASSERT_TRUE(gba_view_ends(
        got, GBA_LIT(",\"event\":\"ub.refused\",\"reason\":\"mac-wrong\","
                     "\"a\":\"1\\n\\\"}\\\\{\\u000d\\u0009\\u0001\",\"impi\":\"001***@ims\",\"n\":-5,"
                     "\"u\":\"\\u00c2\\u0085\\u007f\",\"none\":\"\",\"run\":\"000000abcdef\"}\n")));
    memset(big, '\n', sizeof big - 1);
    log_to_pipe(RT_LOG_INFO, false);
    rt_log(RT_LOG_INFO, "x", RT_CSTR("a", big), RT_CSTR("b", big), RT_CSTR("c", big), RT_CSTR("d", big));
    got = taken();
    CU_ASSERT_EQUAL(count_lines(got), 1);
    CU_ASSERT_TRUE(gba_view_ends(got, GBA_LIT("\\n...\",\"cut\":\"line\"}\n")));
    as_json = false;
}

static void runs(void)
{
    log_to_pipe(RT_LOG_INFO, false);
    CU_ASSERT_EQUAL(rt_log_run(0x9f2c5b0a7e11), 0);
    rt_log(RT_LOG_INFO, "a", RT_NUM("n", 1));
    CU_ASSERT_EQUAL(rt_log_run_now(), 0x9f2c5b0a7e11);
    CU_ASSERT_EQUAL(rt_log_run(1), 0x9f2c5b0a7e11);
    rt_log(RT_LOG_INFO, "b", RT_NUM("n", 2));
    CU_ASSERT_EQUAL(rt_log_run(0), 1);
    rt_log(RT_LOG_INFO, "c", RT_NUM("n", 3));
    gba_view got = taken();
    CU_ASSERT_TRUE(gba_view_contains(got, GBA_LIT(" info a n=1 run=9f2c5b0a7e11\n")));
    CU_ASSERT_TRUE(gba_view_contains(got, GBA_LIT(" info b n=2 run=000000000001\n")));
    CU_ASSERT_TRUE(gba_view_contains(got, GBA_LIT(" info c n=3\n")));
}

static uint8_t octet;

static void same_octets(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    memset(out, octet, n);
}

static void new_runs(void)
{
    const gba_env env = {.random = same_octets};
    octet = 0;
    CU_ASSERT_EQUAL(rt_log_run_new(&env), 1);
    octet = 0xab;
    CU_ASSERT_EQUAL(rt_log_run_new(&env), 0xabababababab);
}

static void *other_thread(void *arg)
{
    *(uint64_t *)arg = rt_log_run_now();
    return NULL;
}

static void runs_are_of_a_thread(void)
{
    pthread_t thread;
    uint64_t seen = 7;
    rt_log_run(5);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, other_thread, &seen), 0);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(seen, 0);
    rt_log_run(0);
}

/* The pipe is full: nobody waits, and what was left out is counted. */
static void slow_reader_stops_nobody(void)
{
    enum { LINES = 5000 };
    static char all[1 << 18];
    size_t n = 0;
    log_to_pipe(RT_LOG_INFO, false);
    alarm(60);
    for (unsigned i = 0; i < LINES; i++)
        rt_log(RT_LOG_INFO, "x", RT_NUM("i", i));
    alarm(0);
    fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
    for (ssize_t got; (got = read(pipe_fds[0], all + n, sizeof all - n)) > 0;)
        n += (size_t)got;
    size_t kept = count_lines(gba_view_of(all, n));
    CU_ASSERT_TRUE(kept > 0 && kept < LINES);
    rt_log(RT_LOG_INFO, "y", RT_NUM("i", 1));
    gba_view rest = taken();
    char wanted[64];
    snprintf(wanted, sizeof wanted, "warn log.lost lines=%zu\n", LINES - kept);
    text[rest.n] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, wanted));
    CU_ASSERT_TRUE(gba_view_ends(rest, GBA_LIT(" info y i=1\n")));
    CU_ASSERT_EQUAL(count_lines(rest), 2);
}

static bool went_on;

static void *log_while_cancelled(void *arg)
{
    (void)arg;
    pthread_cancel(pthread_self()); /* takes effect in the next call that may block */
    rt_log(RT_LOG_INFO, "x", RT_NUM("i", 1));
    went_on = true;
    return NULL;
}

static void line_of_a_cancelled_thread(void)
{
    pthread_t thread;
    log_to_pipe(RT_LOG_INFO, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, log_while_cancelled, NULL), 0);
    pthread_join(thread, NULL);
    CU_ASSERT_TRUE(went_on);
    CU_ASSERT_EQUAL(count_lines(taken()), 1);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"forged lines", forged_lines},
        {"forged lines through an identity", masked_identity_cannot_forge},
        {"huge values", huge_values_are_cut},
        {"huge lines", huge_lines_are_cut},
        {"a reader that does not read", slow_reader_stops_nobody},
        {"a thread that is cancelled", line_of_a_cancelled_thread},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"masks", masks},
        {"levels", levels},
        {"a whole line", whole_line},
        {"runs", runs},
        {"new runs", new_runs},
        {"runs are of a thread", runs_are_of_a_thread},
        {"JSON", json_lines},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, NULL, NULL, hostile},
        {"lines", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
