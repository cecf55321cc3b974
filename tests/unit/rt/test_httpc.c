/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/addr.h"
#include "rt/httpc.h"
#include "rt/log.h"
#include "tests/unit/rt/server.h"
#include "tests/unit/rt/upstream.h"

/* ---- asking ---- */

enum { ANSWERS_MAX = 600, BODY_MAX = 16 << 20 };

struct answer {
    gba_rc rc;
    unsigned status;
    size_t body_n;
    uint8_t body[64]; /* its beginning */
};

static struct rt_httpc *client;
static struct answer answers[ANSWERS_MAX];
static size_t n_answers, n_asked, asked_at_once;

static struct rt_httpc_conf client_conf(void)
{
    return (struct rt_httpc_conf){.server = server_address,
                                  .max_conns = 1,
                                  .max_queue = 1000,
                                  .max_head = 1024,
                                  .max_body = 4096,
                                  .connect_ms = 5000,
                                  .answer_ms = 5000};
}

static void on_answer(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct answer *a = &answers[n_answers++];
    (void)arg;
    asked_at_once += n_answers > n_asked;
    a->rc = rc;
    if (rc == GBA_OK) {
        a->status = rsp->status;
        a->body_n = rsp->body.n;
        gba_copy(a->body, gba_view_sub(rsp->body, 0, sizeof a->body));
    }
    if (n_answers == n_asked)
        rt_loop_stop(server_loop);
}

static void ask(const char *method, const char *target, gba_view body)
{
    struct gba_http_msg req = {
        .method = gba_view_cstr(method), .target = gba_view_cstr(target), .body = body};
    n_asked++;
    rt_httpc_request(client, &req, on_answer, NULL);
}

static void get(const char *target)
{
    ask("GET", target, GBA_LIT(""));
}

static void open_client(const struct rt_httpc_conf *conf)
{
    n_answers = n_asked = asked_at_once = 0;
    for (size_t i = 0; i < ANSWERS_MAX; i++)
        answers[i] = (struct answer){0};
    T_OK(rt_httpc_open(server_loop, conf, &client));
}

static void expect(size_t at, gba_rc rc, unsigned status, const char *body)
{
    T_RC(answers[at].rc, rc);
    CU_ASSERT_EQUAL(answers[at].status, status);
    CU_ASSERT_EQUAL(answers[at].body_n, strlen(body));
    T_STR(gba_view_of(answers[at].body, answers[at].body_n < 64 ? answers[at].body_n : 64), body);
}

/* Run asks, one after the other or at once, against scripted connections. */
struct asks {
    const char *methods[SCRIPT_MAX];
    bool at_once;
};

static void with_script(const struct script *said, size_t n, const struct rt_httpc_conf *tuned,
                        const struct asks *asks)
{
    uv_thread_t thread;
    listen_anywhere(16);
    script = said;
    n_script = n;
    T_OK(rt_loop_new(&server_loop));
    uv_thread_create(&thread, run_script, NULL);
    struct rt_httpc_conf conf = tuned ? *tuned : client_conf();
    conf.server = server_address;
    open_client(&conf);
    for (size_t i = 0; i < SCRIPT_MAX && asks->methods[i]; i++) {
        ask(asks->methods[i], "/", GBA_LIT(""));
        if (!asks->at_once)
            rt_loop_run(server_loop);
    }
    if (asks->at_once)
        rt_loop_run(server_loop);
    rt_httpc_close(client);
    rt_loop_free(server_loop);
    shutdown(listener, SHUT_RDWR);
    uv_thread_join(&thread);
    close(listener);
    CU_ASSERT_EQUAL(n_answers, n_asked);
    CU_ASSERT_EQUAL(asked_at_once, 0);
}

/* ---- answers, bad ones first ---- */

static char huge_head[3000], huge_body[6000], huge_chunk[6000];

static const struct {
    const char *method, *said;
    gba_rc rc;
    unsigned status;
    const char *body;
} rows[] = {
    {"GET", "", GBA_E_PEER_GONE, 0, ""},
    {"GET", "HTTP/1.1 200 O", GBA_E_PEER_GONE, 0, ""},
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd", GBA_E_PEER_GONE, 0, ""},
    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n", GBA_E_PEER_GONE, 0,
     ""},
    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", GBA_E_HTTP_FRAMING, 0, ""},
    {"GET", "nonsense\r\n\r\n", GBA_E_HTTP_LINE, 0, ""},
    {"GET", "HTTP/2.0 200 OK\r\n\r\n", GBA_E_HTTP_VERSION, 0, ""},
    {"GET", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", GBA_E_HTTP_FIELD, 0, ""},
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", GBA_E_HTTP_FRAMING, 0,
     ""},
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     GBA_E_HTTP_FRAMING, 0, ""},
    {"GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", GBA_E_HTTP_FRAMING, 0, ""},
    {"GET", huge_head, GBA_E_HTTP_HEAD_SIZE, 0, ""},
    {"GET", huge_body, GBA_E_HTTP_BODY_SIZE, 0, ""},
    {"GET", huge_chunk, GBA_E_HTTP_BODY_SIZE, 0, ""},
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n" STAY, GBA_E_HTTP_BODY_SIZE, 0, ""},
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" STAY, GBA_OK, 200, "ok"},
    {"GET", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" STAY, GBA_OK, 404, ""},
    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n" STAY,
     GBA_OK, 200, "abcde"},
    {"GET", "HTTP/1.1 200 OK\r\n\r\nuntil the end", GBA_OK, 200, "until the end"},
    {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold" STAY, GBA_OK, 200, "old"},
    {"GET",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1" STAY,
     GBA_OK, 200, "1"},
    {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" STAY, GBA_OK, 200, ""},
    {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" STAY, GBA_OK, 200, ""},
    {"DELETE", "HTTP/1.1 204 No Content\r\n\r\n" STAY, GBA_OK, 204, ""},
    {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n" STAY, GBA_OK, 304, ""},
};

static void fill_huge(void)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nA: ";
    static const char body[] = "HTTP/1.1 200 OK\r\n\r\n";
    static const char chunk[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1600\r\n";
    memset(huge_head, 'x', sizeof huge_head - 1);
    memset(huge_body, 'x', sizeof huge_body - 1);
    memset(huge_chunk, 'x', sizeof huge_chunk - 1);
    gba_copy(huge_head, gba_view_cstr(head));
    gba_copy(huge_body, gba_view_cstr(body));
    gba_copy(huge_chunk, gba_view_cstr(chunk));
}

static void all_answers(void)
{
    fill_huge();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct script said[1] = {{{rows[i].said}}};
        struct asks asks = {.methods = {rows[i].method}};
        with_script(said, 1, NULL, &asks);
        expect(0, rows[i].rc, rows[i].status, rows[i].body);
    }
}

static void silent_server(void)
{
    static const struct script said[] = {{{STAY}}, {{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no" STAY}}};
    struct rt_httpc_conf conf = client_conf();
    static const struct asks two = {.methods = {"GET", "GET"}};
    conf.answer_ms = 50;
    with_script(said, 2, &conf, &two);
    expect(0, GBA_E_TIMEOUT, 0, "");
    expect(1, GBA_E_TIMEOUT, 0, "");
}

/* The second waits behind a silent first and is forgotten in the queue. */
static void silent_server_and_queue(void)
{
    static const struct script said[] = {{{STAY}}};
    struct rt_httpc_conf conf = client_conf();
    static const struct asks three = {.methods = {"GET", "POST", "GET"}, .at_once = true};
    conf.answer_ms = 50;
    with_script(said, 1, &conf, &three);
    for (size_t i = 0; i < 3; i++)
        expect(i, GBA_E_TIMEOUT, 0, "");
}

/* ---- kept connections that end ---- */

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void repeated_once(void)
{
    static const struct script said[] = {{{OK_ANSWER, ""}}, {{OK_ANSWER STAY}}};
    static const struct asks two = {.methods = {"GET", "GET"}};
    with_script(said, 2, NULL, &two);
    expect(0, GBA_OK, 200, "ok");
    expect(1, GBA_OK, 200, "ok");
    CU_ASSERT_EQUAL(accepted, 2);
}

static void not_repeated_twice(void)
{
    static const struct script said[] = {{{OK_ANSWER, ""}}, {{""}}};
    static const struct asks two = {.methods = {"GET", "PUT"}};
    with_script(said, 2, NULL, &two);
    expect(1, GBA_E_PEER_GONE, 0, "");
    CU_ASSERT_EQUAL(accepted, 2);
}

static void post_not_repeated(void)
{
    static const struct script said[] = {{{OK_ANSWER, ""}}};
    static const struct asks two = {.methods = {"GET", "POST"}};
    with_script(said, 1, NULL, &two);
    expect(1, GBA_E_PEER_GONE, 0, "");
}

static void not_repeated_once_heard(void)
{
    static const struct script said[] = {{{OK_ANSWER, "H"}}};
    static const struct asks two = {.methods = {"GET", "GET"}};
    with_script(said, 1, NULL, &two);
    expect(1, GBA_E_PEER_GONE, 0, "");
}

static void spoilt_connection(void)
{
    static const struct script said[] = {
        {{OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" STAY}}, {{OK_ANSWER STAY}}};
    static const struct asks two = {.methods = {"GET", "GET"}};
    with_script(said, 2, NULL, &two);
    expect(1, GBA_OK, 200, "ok");
    CU_ASSERT_EQUAL(accepted, 2);
}

static uv_sem_t go;

static void stop(void *arg)
{
    (void)arg;
    rt_loop_stop(server_loop);
}

static int accept_one(void)
{
    static const struct timeval patience = {.tv_sec = 10};
    int fd = accept(listener, NULL, NULL);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    accepted++;
    return fd;
}

static uv_thread_t server_thread;

/* A client, and a server thread of the test's own. */
static void begin_with(uv_thread_cb server)
{
    listen_anywhere(16);
    accepted = 0;
    uv_sem_init(&go, 0);
    T_OK(rt_loop_new(&server_loop));
    uv_thread_create(&server_thread, server, NULL);
    struct rt_httpc_conf conf = client_conf();
    open_client(&conf);
}

static void end_with(void)
{
    rt_httpc_close(client);
    rt_loop_free(server_loop);
    shutdown(listener, SHUT_RDWR); /* a connection still awaited will not come */
    uv_thread_join(&server_thread);
    uv_sem_destroy(&go);
    close(listener);
}

static void say_unasked(void *arg)
{
    (void)arg;
    int fd = accept_one();
    read_request(fd);
    send_view(fd, GBA_LIT(OK_ANSWER));
    uv_sem_wait(&go);
    send_view(fd, GBA_LIT("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
    CU_ASSERT_TRUE(drain(fd));
    close(fd);
    rt_post(server_loop, stop, NULL);
    fd = accept_one();
    read_request(fd);
    send_view(fd, GBA_LIT(OK_ANSWER));
    drain(fd);
    close(fd);
}

/* An answer that comes while nothing is asked must not become the next one's. */
static void unasked_answer(void)
{
    begin_with(say_unasked);
    get("/");
    rt_loop_run(server_loop);
    uv_sem_post(&go);
    rt_loop_run(server_loop);
    get("/");
    rt_loop_run(server_loop);
    end_with();
    expect(1, GBA_OK, 200, "ok");
    CU_ASSERT_EQUAL(accepted, 2);
}

static void closed_as_announced(void)
{
    static const struct script said[] = {
        {{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1" STAY}},
        {{OK_ANSWER, OK_ANSWER STAY}}};
    static const struct asks three = {.methods = {"GET", "POST", "POST"}, .at_once = true};
    with_script(said, 2, NULL, &three);
    expect(0, GBA_OK, 200, "1");
    expect(1, GBA_OK, 200, "ok");
    expect(2, GBA_OK, 200, "ok");
    CU_ASSERT_EQUAL(accepted, 2);
}

static void queue_is_bounded(void)
{
    static const struct script said[] = {{{OK_ANSWER, OK_ANSWER, OK_ANSWER STAY}}};
    struct rt_httpc_conf conf = client_conf();
    static const struct asks four = {.methods = {"GET", "GET", "GET", "GET"}, .at_once = true};
    conf.max_queue = 2;
    with_script(said, 1, &conf, &four);
    expect(0, GBA_E_HTTP_BUSY, 0, "");
    for (size_t i = 1; i < 4; i++)
        expect(i, GBA_OK, 200, "ok");
}

static void answer_early(void *arg)
{
    (void)arg;
    int fd = accept_one();
    read_request(fd);
    send_view(fd, GBA_LIT("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"));
    uv_sem_wait(&go); /* until then the body fills the kernel's buffers and stays unsent */
    drain(fd);
    close(fd);
    fd = accept_one();
    read_request(fd);
    send_view(fd, GBA_LIT(OK_ANSWER));
    drain(fd);
    close(fd);
}

/* The answer comes while the body is still being sent, and counts; the rest of
 * the body must not be taken for the next request. */
static void early_answer(void)
{
    static uint8_t body[BODY_MAX];
    begin_with(answer_early);
    ask("PUT", "/", GBA_ARRAY(body));
    rt_loop_run(server_loop);
    uv_sem_post(&go);
    get("/");
    rt_loop_run(server_loop);
    end_with();
    expect(0, GBA_OK, 413, "");
    expect(1, GBA_OK, 200, "ok");
}

/* ---- connections that do not come about ---- */

static void ask_once(const struct rt_httpc_conf *conf)
{
    T_OK(rt_loop_new(&server_loop));
    open_client(conf);
    get("/");
    get("/");
    rt_loop_run(server_loop);
    rt_httpc_close(client);
    rt_loop_free(server_loop);
    CU_ASSERT_EQUAL(n_answers, 2);
    expect(0, GBA_E_CONNECT, 0, "");
    expect(1, GBA_E_CONNECT, 0, "");
}

static void nobody_listens(void)
{
    listen_anywhere(1);
    close(listener);
    struct rt_httpc_conf conf = client_conf();
    ask_once(&conf);
}

/* A full backlog: the kernel leaves further connections hanging. */
static void nobody_accepts(void)
{
    struct sockaddr_storage addr;
    int fds[4];
    listen_anywhere(0);
    T_OK(rt_addr_parse(gba_text_view(&server_address), &addr));
    for (unsigned i = 0; i < 4; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
        (void)!connect(fds[i], (struct sockaddr *)&addr, sizeof(struct sockaddr_in));
    }
    struct rt_httpc_conf conf = client_conf();
    conf.connect_ms = 50;
    ask_once(&conf);
    for (unsigned i = 0; i < 4; i++)
        close(fds[i]);
    close(listener);
}

static void bad_address(void)
{
    struct rt_httpc_conf conf = client_conf();
    T_OK(gba_text_set(&conf.server, GBA_LIT("localhost:80")));
    T_RC(rt_httpc_open(NULL, &conf, &client), GBA_E_ADDRESS);
}

/* ---- against our own server, all on one loop ---- */

static struct rt_httpd *httpd;

static void serve_echo(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct gba_http_msg rsp = {.status = 200, .body = req->body.n > 0 ? req->body : req->target};
    gba_view host = gba_http_field_get(req, GBA_LIT("Host"));
    (void)arg;
    CU_ASSERT_EQUAL(gba_http_field_count(req, GBA_LIT("Content-Length")), req->body.n > 0);
    CU_ASSERT_EQUAL(gba_http_field_count(req, GBA_LIT("Connection")), 0);
    CU_ASSERT_TRUE(gba_view_eq(host, gba_text_view(&server_address)));
    rt_http_reply(tx, &rsp);
}

static void open_both(const char *listen, uint32_t max_conns, uint32_t max_body)
{
    struct rt_httpd_conf conf = server_conf();
    T_OK(gba_text_set(&conf.listen, gba_view_cstr(listen)));
    conf.max_body = max_body;
    T_OK(rt_loop_new(&server_loop));
    T_OK(rt_httpd_open(server_loop, &conf, serve_echo, NULL, &httpd));
    rt_httpd_address(httpd, &server_address);
    struct rt_httpc_conf tuned = client_conf();
    tuned.max_conns = max_conns;
    tuned.max_body = max_body;
    open_client(&tuned);
}

static void close_both(void)
{
    rt_httpc_close(client);
    rt_httpd_close(httpd);
    rt_loop_free(server_loop);
}

/* Neither end of a connection waits for more to send (Nagle): both are ours here. */
static void no_end_delays(void)
{
    int ends = 0, delayed = 0, nodelay;
    struct sockaddr_storage peer;
    for (int fd = 3; fd < 256; fd++) {
        socklen_t n = sizeof nodelay, m = sizeof peer;
        bool tcp = getpeername(fd, (struct sockaddr *)&peer, &m) == 0 &&
                   getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &n) == 0;
        ends += tcp;
        delayed += tcp && !nodelay;
    }
    CU_ASSERT(ends >= 2 && delayed == 0);
}

static void many_at_once(void)
{
    open_both("127.0.0.1:0", 8, 4096);
    for (size_t i = 0; i < 500; i++)
        ask(i % 2 ? "GET" : "PUT", "/target", i % 2 ? GBA_LIT("") : GBA_LIT("body"));
    rt_loop_run(server_loop);
    no_end_delays();
    close_both();
    size_t good = 0;
    for (size_t i = 0; i < 500; i++)
        good += answers[i].rc == GBA_OK && answers[i].status == 200;
    CU_ASSERT_EQUAL(good, 500);
}

static void big_both_ways(void)
{
    static uint8_t body[8 << 20];
    memset(body, 'b', sizeof body);
    open_both("[::1]:0", 1, sizeof body);
    ask("PUT", "/", GBA_ARRAY(body));
    rt_loop_run(server_loop);
    close_both();
    T_OK(answers[0].rc);
    CU_ASSERT_EQUAL(answers[0].body_n, sizeof body);
}

static void bad_request(void)
{
    open_both("127.0.0.1:0", 1, 4096);
    get("/a b");
    get("/good");
    rt_loop_run(server_loop);
    close_both();
    expect(0, GBA_E_HTTP_LINE, 0, "");
    expect(1, GBA_OK, 200, "/good");
}

static void ask_again(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    on_answer(arg, rc, rsp);
    if (n_asked < 20)
        get("/again");
}

/* Closing with requests on connections, in the queue and asked for meanwhile. */
static void close_with_waiting(void)
{
    struct gba_http_msg req = {.method = GBA_LIT("GET"), .target = GBA_LIT("/")};
    open_both("127.0.0.1:0", 2, 4096);
    for (size_t i = 0; i < 5; i++)
        get("/");
    n_asked++;
    rt_httpc_request(client, &req, ask_again, NULL);
    close_both();
    CU_ASSERT_EQUAL(n_answers, n_asked);
    CU_ASSERT_EQUAL(n_answers, 7);
    for (size_t i = 0; i < n_answers; i++)
        expect(i, GBA_E_PEER_GONE, 0, "");
    T_OK(rt_loop_new(&server_loop));
    struct rt_httpc_conf conf = client_conf();
    open_client(&conf);
    rt_httpc_close(client);
    rt_loop_free(server_loop);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"answers, bad and good", all_answers},
        {"silent server", silent_server},
        {"silent server with a queue", silent_server_and_queue},
        {"octets nobody asked for", spoilt_connection},
        {"an answer nobody asked for", unasked_answer},
        {"nobody listens", nobody_listens},
        {"nobody accepts", nobody_accepts},
        {"bad address", bad_address},
        {"bad request", bad_request},
        {"bounded queue", queue_is_bounded},
        {"answer before the body is sent", early_answer},
        {"close with waiting requests", close_with_waiting},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo kept[] = {
        {"repeated once", repeated_once},
        {"not repeated twice", not_repeated_twice},
        {"POST not repeated", post_not_repeated},
        {"not repeated once heard", not_repeated_once_heard},
        {"closed as announced", closed_as_announced},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"many at once", many_at_once},
        {"big bodies both ways, IPv6", big_both_ways},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, NULL, NULL, hostile},
        {"kept connections", NULL, NULL, NULL, NULL, kept},
        {"service", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    static const struct rt_log_conf quiet = {.program = "test", .level = RT_LOG_ERROR, .fd = STDERR_FILENO};
    rt_log_init(&quiet);
    return tap_run(suites);
}
