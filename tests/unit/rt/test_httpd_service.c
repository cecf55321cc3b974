/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server with peers that mean well; test_httpd.c has the others. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/rt/server.h"

#define HOST "Host: h\r\n"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

static void ask_politely(void)
{
    gba_view answer = talk("\r\nGET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    expect_status(answer, 200);
    CU_ASSERT_EQUAL(occurrences(answer, "\r\nDate: "), 1);
    CU_ASSERT_EQUAL(occurrences(answer, " GMT\r\n"), 1);
    CU_ASSERT_EQUAL(occurrences(answer, "\r\nContent-Length: 5\r\n"), 1);
    CU_ASSERT_EQUAL(occurrences(answer, "\r\nConnection: close\r\n"), 1);
    CU_ASSERT_TRUE(gba_view_ends(answer, GBA_LIT("\r\n\r\nhello")));
    answer = talk("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello HTTP/1.0\r\n\r\n");
    CU_ASSERT_EQUAL(occurrences(answer, "\r\nConnection: keep-alive\r\n"), 1);
    CU_ASSERT_EQUAL(occurrences(answer, "hello"), 2);
    answer = talk("PUT /echo HTTP/1.0\r\nContent-Length: 4\r\n\r\na\r\nb");
    CU_ASSERT_TRUE(gba_view_ends(answer, GBA_LIT("PUT\n/echo\na\r\nb")));
    answer = talk("PUT /echo HTTP/1.1\r\n" HOST "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n");
    CU_ASSERT_TRUE(gba_view_ends(answer, GBA_LIT("PUT\n/echo\nabcde")));
}

static void plain_requests(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, ask_politely);
}

/* The head's end may be cut anywhere, and the next head may be shorter. */
static void ask_in_two_parts(void)
{
    static const gba_view request = {(const uint8_t *)"GET /echo HTTP/1.1\r\n" HOST "A: " LONG "\r\n\r\n",
                                     sizeof "GET /echo HTTP/1.1\r\n" HOST "A: " LONG "\r\n\r\n" - 1};
    int fd = dial();
    for (size_t cut = request.n - 5; cut < request.n; cut++) {
        send_view(fd, gba_view_sub(request, 0, cut));
        CU_ASSERT_TRUE(poll_for("/hello", "hello"));
        send_view(fd, gba_view_sub(request, cut, request.n));
        send_view(fd, GBA_LIT("GET /hello HTTP/1.1\r\n" HOST "\r\n"));
    }
    send_view(fd, GBA_LIT("GET /hello HTTP/1.0\r\n\r\n"));
    CU_ASSERT_EQUAL(occurrences(read_all(fd), "HTTP/1.1 200 OK\r\n"), 11);
    close(fd);
}

static void cut_heads(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, ask_in_two_parts);
}

static void ask_for_statuses(void)
{
    gba_view answer = talk("HEAD /hello HTTP/1.0\r\n\r\n");
    CU_ASSERT_EQUAL(occurrences(answer, "\r\nContent-Length: 5\r\n"), 1);
    CU_ASSERT_TRUE(gba_view_ends(answer, GBA_LIT("\r\n\r\n")));
    answer = talk("GET /status/204 HTTP/1.0\r\n\r\n");
    CU_ASSERT_EQUAL(occurrences(answer, "Content-Length"), 0);
    CU_ASSERT_TRUE(gba_view_ends(answer, GBA_LIT("\r\n\r\n")));
    answer = talk("GET /status/304 HTTP/1.0\r\n\r\n");
    expect_status(answer, 304);
    CU_ASSERT_TRUE(gba_view_ends(answer, GBA_LIT("\r\n\r\n")));
    expect_status(talk("GET /status/404 HTTP/1.0\r\n\r\n"), 404);
    expect_status(talk("GET /status/100 HTTP/1.0\r\n\r\n"), 500);
    expect_line(" error http.answer-broken ", " reason=internal-error status=100");
    answer = talk("GET /broken HTTP/1.0\r\n\r\n");
    expect_line(" error http.answer-broken ", " reason=http-field status=200");
    expect_status(answer, 500);
    CU_ASSERT_EQUAL(occurrences(answer, "Set-Cookie"), 0);
    answer = talk("GET /forge HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.0\r\n\r\n");
    CU_ASSERT_EQUAL(occurrences(answer, "Content-Length: 6\r\n"), 1);
    CU_ASSERT_EQUAL(occurrences(answer, "Transfer-Encoding"), 0);
    CU_ASSERT_EQUAL(occurrences(answer, "X-Hop"), 0);
    CU_ASSERT_EQUAL(occurrences(answer, "X-Kept: 1\r\n"), 1);
    CU_ASSERT_EQUAL(occurrences(answer, "HTTP/1.1 200 OK"), 2);
}

static void statuses_and_framing(void)
{
    struct rt_httpd_conf conf = server_conf();
    begin_log();
    server_run(&conf, ask_for_statuses);
    end_log();
}

static void expect_continue(void)
{
    int fd = dial();
    send_view(fd, GBA_LIT("PUT /echo HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 3\r\n"
                          "Connection: close\r\n\r\n"));
    T_STR(read_some(fd, 25), "HTTP/1.1 100 Continue\r\n\r\n");
    send_view(fd, GBA_LIT("abc"));
    gba_view answer = read_all(fd);
    expect_status(answer, 200);
    CU_ASSERT_TRUE(gba_view_ends(answer, GBA_LIT("PUT\n/echo\nabc")));
    close(fd);
    answer = talk("PUT /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n"
                  "Connection: close\r\n\r\nabc");
    expect_status(answer, 200);
}

static void continues(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, expect_continue);
}

/* 50 requests in one segment, every third answered later: all in order. */
static void pipeline(void)
{
    static char request[50 * 80];
    size_t n = 0;
    for (unsigned i = 0; i < 50; i++)
        n += (size_t)snprintf(request + n, sizeof request - n, "GET %s/%u HTTP/1.1\r\n" HOST "%s\r\n",
                              i % 3 ? "/echo" : "/slow", i, i == 49 ? "Connection: close\r\n" : "");
    gba_view answer = talk(request);
    CU_ASSERT_EQUAL(occurrences(answer, "HTTP/1.1 200 OK\r\n"), 50);
    CU_ASSERT_EQUAL(occurrences(answer, "slow"), 17);
    size_t at = 0;
    for (unsigned i = 1; i < 50; i++) {
        char part[32];
        snprintf(part, sizeof part, "GET\n/echo/%u", i);
        while (i % 3 && at < answer.n &&
               !gba_view_starts(gba_view_sub(answer, at, answer.n), gba_view_cstr(part)))
            at++;
        CU_ASSERT_TRUE(at < answer.n);
    }
}

static void pipeline_more_than_fits(void)
{
    enum { MANY = 3000 };
    static char request[MANY * 40];
    size_t n = (size_t)snprintf(request, sizeof request, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    for (unsigned i = 0; i < MANY; i++)
        n += (size_t)snprintf(request + n, sizeof request - n, "GET /hello HTTP/1.%u\r\n" HOST "\r\n",
                              i < MANY - 1);
    gba_view answer = talk(request);
    CU_ASSERT_EQUAL(occurrences(answer, "HTTP/1.1 200 OK\r\n"), MANY + 1);
}

static void pipelining(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, pipeline);
    server_run(&conf, pipeline_more_than_fits);
}

/* A peer that has said everything may still listen. */
static void ask_and_shut(void)
{
    int fd = dial();
    send_view(fd, GBA_LIT("GET /slow HTTP/1.1\r\n" HOST "\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n"
                          "GET /slow HTTP/1.1\r\n" HOST "\r\n"));
    shutdown(fd, SHUT_WR);
    gba_view answer = read_all(fd);
    CU_ASSERT_EQUAL(occurrences(answer, "HTTP/1.1 200 OK\r\n"), 3);
    close(fd);
    fd = dial();
    send_view(fd, GBA_LIT("GET /slow HTTP/1.1\r\n" HOST));
    shutdown(fd, SHUT_WR);
    CU_ASSERT_EQUAL(read_all(fd).n, 0);
    close(fd);
    fd = dial();
    send_view(fd, GBA_LIT("GET /slow HTTP/1.1\r\n" HOST "\r\n"));
    shutdown(fd, SHUT_WR);
    CU_ASSERT_TRUE(gba_view_ends(read_all(fd), GBA_LIT("slow")));
    close(fd);
}

static void half_close(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, ask_and_shut);
}

static void hold_300(void)
{
    enum { MANY = 300 };
    int fds[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        fds[i] = dial();
        send_view(fds[i], GBA_LIT("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
    }
    CU_ASSERT_TRUE(poll_for("/waiting", "300"));
    CU_ASSERT_TRUE(poll_for("/gone", "0"));
    CU_ASSERT_TRUE(poll_for("/release", "done"));
    unsigned good = 0;
    for (unsigned i = 0; i < MANY; i++) {
        good += gba_view_ends(read_some(fds[i], 80), GBA_LIT("released"));
        close(fds[i]);
    }
    CU_ASSERT_EQUAL(good, MANY);
}

static void many_waiting(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, hold_300);
}

static void take_big(void)
{
    gba_view answer = talk("GET /big HTTP/1.0\r\n\r\n");
    CU_ASSERT_TRUE(answer.n > 8 << 20);
    CU_ASSERT_EQUAL(occurrences(gba_view_sub(answer, 0, 300), "\r\nContent-Length: 8388608\r\n"), 1);
}

static void big_answers(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, take_big);
}

static void over_ip6(void)
{
    struct rt_httpd_conf conf = server_conf();
    T_OK(gba_text_set(&conf.listen, GBA_LIT("[::1]:0")));
    server_run(&conf, ask_politely);
    CU_ASSERT_TRUE(gba_view_starts(gba_text_view(&server_address), GBA_LIT("[::1]:")));
}

int main(void)
{
    CU_TestInfo good[] = {
        {"plain requests", plain_requests},
        {"heads in two parts", cut_heads},
        {"statuses and framing", statuses_and_framing},
        {"100 Continue", continues},
        {"pipelining", pipelining},
        {"half close", half_close},
        {"300 waiting at once", many_waiting},
        {"big answers", big_answers},
        {"IPv6", over_ip6},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"service", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
