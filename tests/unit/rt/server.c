/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rt/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "rt/addr.h"
#include "rt/httpd_conn.h"
#include "rt/log.h"

enum { HELD_MAX = 400, BIG = 8 << 20, READ_MAX = BIG + 4096, PATIENCE_S = 10 };

struct rt_loop *server_loop;
gba_text server_address;

static struct rt_http_tx *held[HELD_MAX];
static size_t n_held;
static uint8_t big[BIG];
static uint8_t received[READ_MAX];

/* ---- handlers ---- */

static void reply_text(struct rt_http_tx *tx, unsigned status, const char *text)
{
    struct gba_http_msg rsp = {.status = status, .body = gba_view_cstr(text)};
    rt_http_reply(tx, &rsp);
}

static void reply_number(struct rt_http_tx *tx, size_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", n);
    reply_text(tx, 200, text);
}

static void hello(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    (void)req;
    reply_text(tx, 200, "hello");
}

static void echo(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    static uint8_t out[8192];
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_view(&w, req->method);
    gba_put_u8(&w, '\n');
    gba_put_view(&w, req->target);
    gba_put_u8(&w, '\n');
    gba_put_view(&w, req->body);
    struct gba_http_msg rsp = {.status = 200, .body = gba_writer_view(&w)};
    rt_http_reply(tx, &rsp);
}

static void slow_done(void *tx)
{
    reply_text(tx, 200, "slow");
}

static void slow(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    (void)req;
    rt_timer_start(server_loop, 20, slow_done, tx);
}

static void hold(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    (void)req;
    held[n_held++] = tx;
}

static void release(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    (void)req;
    for (size_t i = 0; i < n_held; i++)
        reply_text(held[i], 200, "released");
    n_held = 0;
    reply_text(tx, 200, "done");
}

static void waiting(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    (void)req;
    reply_number(tx, n_held);
}

static void gone(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    size_t n = 0;
    (void)req;
    for (size_t i = 0; i < n_held; i++)
        n += held[i]->conn->state == RT_CONN_CLOSED;
    reply_number(tx, n);
}

static void reply_big(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct gba_http_msg rsp = {.status = 200, .body = GBA_ARRAY(big)};
    (void)req;
    memset(big, 'b', sizeof big);
    rt_http_reply(tx, &rsp);
}

static void status(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    uint64_t number = 500;
    gba_rc rc = gba_dec_parse(gba_view_sub(req->target, 8, 3), 999, &number);
    reply_text(tx, rc == GBA_OK ? (unsigned)number : 500, "text");
}

static void forge(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    (void)req;
    struct gba_http_msg rsp = {
        .status = 200,
        .fields = {{GBA_LIT("Content-Length"), GBA_LIT("1")},
                   {GBA_LIT("Transfer-Encoding"), GBA_LIT("chunked")},
                   {GBA_LIT("Connection"), GBA_LIT("close, X-Hop")},
                   {GBA_LIT("X-Hop"), GBA_LIT("1")},
                   {GBA_LIT("X-Kept"), GBA_LIT("1")}},
        .n_fields = 5,
        .body = GBA_LIT("forged"),
    };
    rt_http_reply(tx, &rsp);
}

static void broken(struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    (void)req;
    struct gba_http_msg rsp = {.status = 200,
                               .fields = {{GBA_LIT("X"), GBA_LIT("a\r\nSet-Cookie: b")}},
                               .n_fields = 1,
                               .body = GBA_LIT("x")};
    rt_http_reply(tx, &rsp);
}

static void serve(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    static const struct {
        const char *path;
        void (*fn)(struct rt_http_tx *tx, const struct gba_http_msg *req);
    } rows[] = {
        {"/hello", hello},     {"/echo", echo},       {"/slow", slow},     {"/hold", hold},
        {"/release", release}, {"/waiting", waiting}, {"/gone", gone},     {"/big", reply_big},
        {"/status/", status},  {"/forge", forge},     {"/broken", broken},
    };
    (void)arg;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (gba_view_starts(req->target, gba_view_cstr(rows[i].path))) {
            rows[i].fn(tx, req);
            return;
        }
    }
    reply_text(tx, 404, "not found");
}

/* ---- running ---- */

struct rt_httpd_conf server_conf(void)
{
    struct rt_httpd_conf conf = {
        .max_head = 1024, .max_body = 4096, .max_conns = 500, .request_ms = 10000, .idle_ms = 30000};
    if (gba_text_set(&conf.listen, GBA_LIT("127.0.0.1:0")) != GBA_OK)
        abort();
    return conf;
}

static void stop(void *arg)
{
    (void)arg;
    rt_loop_stop(server_loop);
}

static void run_client(void *arg)
{
    void (**client)(void) = arg;
    (*client)();
    if (!rt_post(server_loop, stop, NULL))
        abort();
}

void server_run(const struct rt_httpd_conf *conf, void (*client)(void))
{
    struct rt_httpd *httpd;
    uv_thread_t thread;
    T_OK(rt_loop_new(&server_loop));
    gba_rc rc = rt_httpd_open(server_loop, conf, serve, NULL, &httpd);
    T_OK(rc);
    if (rc == GBA_OK) {
        rt_httpd_address(httpd, &server_address);
        uv_thread_create(&thread, run_client, &client);
        rt_loop_run(server_loop);
        uv_thread_join(&thread);
        for (size_t i = 0; i < n_held; i++)
            reply_text(held[i], 503, "end");
        n_held = 0;
        rt_httpd_close(httpd);
    }
    rt_loop_free(server_loop);
}

/* ---- clients ---- */

int dial(void)
{
    struct sockaddr_storage addr;
    struct timeval patience = {.tv_sec = PATIENCE_S};
    if (rt_addr_parse(gba_text_view(&server_address), &addr) != GBA_OK)
        abort();
    socklen_t n = addr.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int fd = socket(addr.ss_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&addr, n), 0);
    return fd;
}

bool send_view(int fd, gba_view v)
{
    while (v.n > 0) {
        ssize_t n = send(fd, v.p, v.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        v = gba_view_sub(v, (size_t)n, v.n);
    }
    return true;
}

gba_view read_some(int fd, size_t n)
{
    size_t have = 0;
    ssize_t got = 1;
    while (have < n && have < sizeof received && got > 0) {
        got = recv(fd, received + have, sizeof received - have, 0);
        have += got > 0 ? (size_t)got : 0;
    }
    CU_ASSERT_FALSE(got < 0 && errno == EAGAIN); /* the server kept us waiting */
    return gba_view_of(received, have);
}

gba_view read_all(int fd)
{
    return read_some(fd, sizeof received);
}

gba_view talk(const char *request)
{
    int fd = dial();
    send_view(fd, gba_view_cstr(request));
    gba_view answer = read_all(fd);
    close(fd);
    return answer;
}

size_t occurrences(gba_view v, const char *part)
{
    gba_view wanted = gba_view_cstr(part);
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n += gba_view_starts(gba_view_sub(v, i, v.n), wanted);
    return n;
}

bool poll_for(const char *target, const char *body)
{
    char request[128], end[64];
    snprintf(request, sizeof request, "GET %s HTTP/1.0\r\n\r\n", target);
    snprintf(end, sizeof end, "\r\n\r\n%s", body);
    for (int i = 0; i < PATIENCE_S * 1000; i++) {
        if (gba_view_ends(talk(request), gba_view_cstr(end)))
            return true;
        usleep(1000);
    }
    return false;
}

void expect_status(gba_view answer, unsigned status)
{
    char want[32];
    snprintf(want, sizeof want, "HTTP/1.1 %u ", status);
    if (!gba_view_starts(answer, gba_view_cstr(want)))
        T_BYTES(answer, gba_view_cstr(want));
    CU_ASSERT_TRUE(gba_view_starts(answer, gba_view_cstr(want)));
}

/* ---- the log ---- */

static int log_fds[2];

void begin_log(void)
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

void end_log(void)
{
    static const struct rt_log_conf quiet = {.program = "test", .level = RT_LOG_ERROR, .fd = STDERR_FILENO};
    rt_log_init(&quiet);
    close(log_fds[0]);
    close(log_fds[1]);
}

void expect_line(const char *event, const char *field)
{
    gba_view line = next_line();
    CU_ASSERT_EQUAL(occurrences(line, event), 1);
    CU_ASSERT_EQUAL(occurrences(line, field), 1);
}
