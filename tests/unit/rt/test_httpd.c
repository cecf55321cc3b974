/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/rt/server.h"

#define HOST "Host: h\r\n"

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
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, NULL, NULL, hostile},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
