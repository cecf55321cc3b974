/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/log.h"
#include "tests/unit/rt/server.h"

#define HOST "Host: h\r\n"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

static void expect_status(gba_view answer, unsigned status)
{
    char want[32];
    snprintf(want, sizeof want, "HTTP/1.1 %u ", status);
    if (!gba_view_starts(answer, gba_view_cstr(want)))
        T_BYTES(answer, gba_view_cstr(want));
    CU_ASSERT_TRUE(gba_view_starts(answer, gba_view_cstr(want)));
}

/* ---- hostile shapes: each is answered once and the connection ends ---- */

static const struct shape {
    unsigned status;
    const char *request;
} shapes[] = {
    {400, "\r\n\r\n\r\n"},
    {400, "nonsense\r\n\r\n"},
    {400, "GET / HTTP/1.1\nHost: h\n\n"},
    {400, "GET /\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "Host: i\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n"},
    {400, "GET /a b HTTP/1.1\r\n" HOST "\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "A: \x01\r\n\r\n"},
    {505, "GET / HTTP/2.0\r\n" HOST "\r\n"},
    {505, "GET / HTTP/1.2\r\n" HOST "\r\n"},
    {501, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n" HOST "\r\n"},
    {417, "PUT / HTTP/1.1\r\n" HOST "Expect: more\r\nContent-Length: 1\r\n\r\n"},
    {413, "PUT / HTTP/1.1\r\n" HOST "Content-Length: 4097\r\n\r\n"},
    {413, "PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 9000\r\n\r\n"},
    /* what a proxy in front might read differently */
    {400,
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nabcde"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nabcde"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
    {400,
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\nabcde\r\n0\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"},
};

static void send_shapes(void)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        gba_view answer = talk(shapes[i].request);
        expect_status(answer, shapes[i].status);
        CU_ASSERT_EQUAL(occurrences(answer, "HTTP/1.1 "), 1);
        CU_ASSERT_EQUAL(occurrences(answer, "\r\nConnection: close\r\n"), 1);
        CU_ASSERT_TRUE(gba_view_ends(answer, GBA_LIT("\r\n\r\n")));
    }
}

static void refused_shapes(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, send_shapes);
}

/* The same, octet by octet: nothing may depend on how segments arrive. */
static void send_shapes_slowly(void)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        gba_view request = gba_view_cstr(shapes[i].request);
        int fd = dial();
        for (size_t at = 0; at < request.n; at++) {
            if (!send_view(fd, gba_view_sub(request, at, 1)))
                break;
        }
        gba_view answer = read_all(fd);
        close(fd);
        expect_status(answer, shapes[i].status);
        CU_ASSERT_EQUAL(occurrences(answer, "HTTP/1.1 "), 1);
    }
}

static void refused_octet_by_octet(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, send_shapes_slowly);
}

/* A refused peer may still be sending; a reset could cost it the answer. */
static void send_after_refusal(void)
{
    int fd = dial();
    send_view(fd, GBA_LIT("nonsense\r\n\r\n"));
    expect_status(read_all(fd), 400);
    CU_ASSERT_TRUE(send_view(fd, GBA_LIT("more")));
    CU_ASSERT_TRUE(send_view(fd, GBA_LIT("and more")));
    close(fd);
}

static void refusal_lingers(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, send_after_refusal);
}

/* While a transaction waits, what is sent behind it is left in the kernel. */
static void flood(void)
{
    enum { MOST = 64 << 20 };
    static uint8_t block[1 << 20];
    static const struct timeval patience = {.tv_usec = 300000};
    int fd = dial();
    size_t sent = 0;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    send_view(fd, GBA_LIT("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
    CU_ASSERT_TRUE(poll_for("/waiting", "1"));
    while (sent < MOST && send_view(fd, GBA_ARRAY(block)))
        sent += sizeof block;
    CU_ASSERT_TRUE(sent < MOST);
    CU_ASSERT_TRUE(poll_for("/release", "done"));
    close(fd);
}

static void flood_is_not_buffered(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, flood);
}

static char *long_request(const char *before, size_t n, const char *after)
{
    size_t size = strlen(before) + n + strlen(after) + 1;
    char *text = malloc(size);
    if (!text)
        abort();
    snprintf(text, size, "%s%*s%s", before, (int)n, "", after);
    memset(text + strlen(before), 'x', n);
    return text;
}

static void send_oversize(void)
{
    static const struct {
        unsigned status;
        const char *before;
        size_t n;
        const char *after;
    } rows[] = {
        {414, "GET /", 2000, " HTTP/1.1\r\n" HOST "\r\n"},
        {414, "GET /", 100000, ""},
        {431, "GET / HTTP/1.1\r\n" HOST "A: ", 1000, "\r\n\r\n"},
        {431, "GET / HTTP/1.1\r\n" HOST "A: ", 100000, "\r\n\r\n"},
        {413, "PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1001\r\n", 4097, "\r\n0\r\n\r\n"},
        {200, "PUT /echo HTTP/1.0\r\nContent-Length: 4096\r\n\r\n", 4096, ""},
        {200, "PUT /echo HTTP/1.1\r\n" HOST "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
         4096, "\r\n0\r\n\r\n"},
        {200, "PUT /echo HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: 4096\r\n\r\n", 4096, ""},
        {200, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\nA: ", 900, "\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *request = long_request(rows[i].before, rows[i].n, rows[i].after);
        expect_status(talk(request), rows[i].status);
        free(request);
    }
}

static void oversize(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, send_oversize);
}

static void send_too_many_fields(void)
{
    char request[1024];
    int n = snprintf(request, sizeof request, "GET / HTTP/1.1\r\n" HOST);
    for (unsigned i = 0; i < 70; i++)
        n += snprintf(request + n, sizeof request - (size_t)n, "A: b\r\n");
    snprintf(request + n, sizeof request - (size_t)n, "\r\n");
    expect_status(talk(request), 431);
}

static void too_many_fields(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, send_too_many_fields);
}

/* ---- slow peers ---- */

static void send_incomplete(void)
{
    expect_status(talk("GET / HT"), 408);
    expect_status(talk("GET / HTTP/1.1\r\n" HOST), 408);
    expect_status(talk("PUT / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nabcd"), 408);
    expect_status(talk("PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nabcd"), 408);
    CU_ASSERT_EQUAL(talk("").n, 0);
}

static void incomplete(void)
{
    struct rt_httpd_conf conf = server_conf();
    conf.request_ms = 50;
    conf.idle_ms = 100;
    server_run(&conf, send_incomplete);
}

/* An octet every few milliseconds does not prolong the time for the whole. */
static void drip(const char *request, const char *filler)
{
    int fd = dial();
    bool open = send_view(fd, gba_view_cstr(request));
    unsigned drops = 0;
    while (open && drops < 2000) {
        char octet;
        usleep(5000);
        open = send_view(fd, gba_view_cstr(filler));
        if (recv(fd, &octet, 1, MSG_DONTWAIT | MSG_PEEK) > 0)
            break;
        drops++;
    }
    expect_status(read_all(fd), 408);
    close(fd);
    CU_ASSERT_TRUE(drops > 2 && drops < 2000);
}

static void drip_both(void)
{
    drip("GET / HTTP/1.1\r\n" HOST "A: ", "x");
    drip("PUT / HTTP/1.1\r\n" HOST "Content-Length: 4000\r\n\r\n", "x");
}

static void slowloris(void)
{
    struct rt_httpd_conf conf = server_conf();
    conf.request_ms = 100;
    server_run(&conf, drip_both);
}

/* ---- what the log tells ---- */

static int log_fds[2];

/* From here on log lines of level info go to a pipe. */
static void begin_log(void)
{
    CU_ASSERT_EQUAL_FATAL(pipe(log_fds), 0);
    struct rt_log_conf conf = {.program = "test", .level = RT_LOG_INFO, .fd = log_fds[1]};
    rt_log_init(&conf);
}

/* The next line, or what there is of it after 10 s. */
static gba_view next_line(void)
{
    static char line[4096];
    struct pollfd wait = {.fd = log_fds[0], .events = POLLIN};
    size_t n = 0;
    while (n < sizeof line && poll(&wait, 1, 10000) == 1 && read(log_fds[0], line + n, 1) == 1 &&
           line[n] != '\n')
        n++;
    return gba_view_of(line, n);
}

static void end_log(void)
{
    static const struct rt_log_conf quiet = {.program = "test", .level = RT_LOG_ERROR, .fd = STDERR_FILENO};
    rt_log_init(&quiet);
    close(log_fds[0]);
    close(log_fds[1]);
}

static void expect_line(const char *event, const char *field)
{
    gba_view line = next_line();
    CU_ASSERT_EQUAL(occurrences(line, event), 1);
    CU_ASSERT_EQUAL(occurrences(line, field), 1);
}

static void be_refused(void)
{
    expect_status(talk("nonsense\r\n\r\n"), 400);
    expect_line(" info http.refused ", " reason=http-start-line status=400 peer=127.0.0.1:");
    expect_status(talk("PUT / HTTP/1.1\r\n" HOST "Content-Length: 5000\r\n\r\n"), 413);
    expect_line(" info http.refused ", " reason=http-body-too-large status=413 peer=127.0.0.1:");
    expect_status(talk("GET / HT"), 408);
    expect_line(" info http.refused ", " reason=timeout status=408 peer=127.0.0.1:");
}

static void refusals_are_logged(void)
{
    struct rt_httpd_conf conf = server_conf();
    conf.request_ms = 50;
    begin_log();
    server_run(&conf, be_refused);
    end_log();
}

/* Ask for much and read nothing: the connection is given up. */
static void ask_and_not_read(void)
{
    int fd = dial();
    send_view(fd, GBA_LIT("GET /big HTTP/1.1\r\n" HOST "\r\n"));
    expect_line(" info http.reader-too-slow ", " reason=timeout peer=127.0.0.1:");
    gba_view got = read_all(fd);
    CU_ASSERT_TRUE(got.n > 0 && got.n < 8 << 20);
    close(fd);
}

static void slow_reader(void)
{
    struct rt_httpd_conf conf = server_conf();
    conf.idle_ms = 100;
    begin_log();
    server_run(&conf, ask_and_not_read);
    end_log();
}

/* ---- peers that disappear ---- */

static void hold_and_go(void)
{
    static const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    for (unsigned i = 0; i < 20; i++) {
        int fd = dial();
        send_view(fd, GBA_LIT("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
        CU_ASSERT_TRUE(poll_for("/waiting", "1"));
        if (i % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
        close(fd);
        if (i % 2)
            CU_ASSERT_TRUE(poll_for("/gone", "1"));
        CU_ASSERT_TRUE(poll_for("/release", "done"));
    }
}

static void disappearing_peers(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, hold_and_go);
}

/* The server ends while transactions wait: they are answered still. */
static void hold_to_the_end(void)
{
    int fd = dial();
    send_view(fd, GBA_LIT("GET /hold HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n"));
    CU_ASSERT_TRUE(poll_for("/waiting", "1"));
    dial();
}

static void end_while_waiting(void)
{
    struct rt_httpd_conf conf = server_conf();
    server_run(&conf, hold_to_the_end);
}

static void dial_too_many(void)
{
    int fds[5];
    for (unsigned i = 0; i < 5; i++) {
        fds[i] = dial();
        send_view(fds[i], GBA_LIT("GET /hello HTTP/1.1\r\n" HOST "\r\n"));
    }
    for (unsigned i = 0; i < 4; i++)
        expect_status(read_some(fds[i], 20), 200);
    CU_ASSERT_EQUAL(read_all(fds[4]).n, 0);
    close(fds[0]);
    bool again = poll_for("/hello", "hello");
    CU_ASSERT_TRUE(again);
    for (unsigned i = 1; i < 5; i++)
        close(fds[i]);
}

static void too_many_connections(void)
{
    struct rt_httpd_conf conf = server_conf();
    conf.max_conns = 4;
    server_run(&conf, dial_too_many);
}

static void listen_refused(void)
{
    struct rt_httpd *first, *second;
    struct rt_httpd_conf conf = server_conf();
    T_OK(rt_loop_new(&server_loop));
    T_OK(rt_httpd_open(server_loop, &conf, NULL, NULL, &first));
    rt_httpd_address(first, &conf.listen);
    T_RC(rt_httpd_open(server_loop, &conf, NULL, NULL, &second), GBA_E_LISTEN);
    T_OK(gba_text_set(&conf.listen, GBA_LIT("localhost:1")));
    T_RC(rt_httpd_open(server_loop, &conf, NULL, NULL, &second), GBA_E_ADDRESS);
    rt_httpd_close(first);
    rt_loop_free(server_loop);
}

/* ---- ordinary service ---- */

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
    CU_TestInfo hostile[] = {
        {"malformed and ambiguous requests", refused_shapes},
        {"the same octet by octet", refused_octet_by_octet},
        {"a refusal lingers", refusal_lingers},
        {"a flood is not buffered", flood_is_not_buffered},
        {"oversize", oversize},
        {"too many fields", too_many_fields},
        {"incomplete requests", incomplete},
        {"slow head, slow body", slowloris},
        {"refusals are logged", refusals_are_logged},
        {"slow reader", slow_reader},
        {"disappearing peers", disappearing_peers},
        {"end while transactions wait", end_while_waiting},
        {"too many connections", too_many_connections},
        {"addresses that cannot be listened on", listen_refused},
        CU_TEST_INFO_NULL,
    };
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
        {"hostile", NULL, NULL, NULL, NULL, hostile},
        {"service", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
