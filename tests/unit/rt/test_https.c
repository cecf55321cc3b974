/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP server and client over TLS, on one loop. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/addr.h"
#include "rt/httpc.h"
#include "rt/httpd.h"
#include "tests/lib/tap.h"
#include "tests/unit/rt/tls_pair.h"

enum { PATIENCE_MS = 10000, BIG = 3 << 20, HANDSHAKE_MS = 1500 };

static struct rt_loop *loop;
static struct rt_tls_ctx *server_ctx, *client_ctx;
static struct rt_httpd *server;
static struct rt_httpc *client;
static struct rt_httpc_conf client_conf;
static gba_text address;
static int opened, server_refused, client_refused, connected, answers, gone;
static gba_rc server_why, connect_rc, answer_rc;
static struct rt_buf body;
static size_t expected;
static gba_text who;
static int64_t until_ms;
static bool hold, refuse;
static struct rt_tls_ask *held;
static struct rt_http_tx *kept;
static uint8_t big[BIG];

/* ---- running until something is so ---- */

static bool (*wanted)(void);
static bool timed_out;

static void look(void *arg)
{
    (void)arg;
    if (wanted() || timed_out)
        rt_loop_stop(loop);
    else
        rt_timer_start(loop, 1, look, NULL);
}

static void on_patience(void *arg)
{
    *(bool *)arg = true;
}

static void wait_until(bool (*so)(void))
{
    wanted = so;
    timed_out = false;
    struct rt_timer *timer = rt_timer_start(loop, PATIENCE_MS, on_patience, &timed_out);
    look(NULL);
    rt_loop_run(loop);
    CU_ASSERT_TRUE(so());
    if (!timed_out)
        rt_timer_cancel(timer);
}

static bool is_connected(void)
{
    return connected > 0;
}

static bool is_answered(void)
{
    return answers == (int)expected;
}

static bool is_refused(void)
{
    return server_refused > 0;
}

static bool is_held(void)
{
    return held != NULL;
}

static bool is_gone(void)
{
    return gone > 0;
}

static bool is_kept(void)
{
    return kept != NULL;
}

/* ---- server ---- */

static void on_psk(void *arg, struct rt_tls_ask *ask, gba_view identity, uint16_t suite)
{
    struct rt_tls_answer answer = {.rc = refuse ? GBA_E_ABSENT : GBA_OK,
                                   .psk = GBA_LIT("0123456789abcdef"),
                                   .who = identity,
                                   .until_ms = until_ms};
    (void)arg;
    (void)suite;
    if (hold)
        held = ask;
    else
        rt_tls_answer(ask, &answer);
}

static void count_gone(void *data)
{
    ++*(int *)data;
}

static gba_rc on_server_open(void *arg, struct rt_tls *tls)
{
    (void)arg;
    opened++;
    rt_tls_keep(tls, &gone, count_gone);
    return GBA_OK;
}

static void on_server_refused(void *arg, struct rt_tls *tls, gba_rc rc)
{
    (void)arg;
    (void)tls;
    server_refused++;
    server_why = rc;
}

static const struct rt_tls_hooks server_hooks = {
    .psk = on_psk, .open = on_server_open, .refused = on_server_refused};

static void serve(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct gba_http_msg rsp = {.status = 200, .body = req->body};
    (void)arg;
    struct rt_tls *tls = rt_http_tls(tx);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tls);
    who = rt_tls_peer(tls)->who;
    if (gba_view_eq(req->target, GBA_LIT("/keep"))) {
        kept = tx;
        return;
    }
    if (gba_view_eq(req->target, GBA_LIT("/big")))
        rsp.body = GBA_ARRAY(big);
    rt_http_reply(tx, &rsp);
}

/* ---- client ---- */

static gba_rc on_psk_client(void *arg, gba_view hint, uint16_t suite, struct rt_tls_psk *out)
{
    (void)arg;
    (void)hint;
    (void)suite;
    gba_copy(out->key, GBA_LIT("0123456789abcdef"));
    out->n = 16;
    return gba_text_set(&out->identity, GBA_LIT("me@example"));
}

static void on_client_refused(void *arg, struct rt_tls *tls, gba_rc rc)
{
    (void)arg;
    (void)tls;
    (void)rc;
    client_refused++;
}

static const struct rt_tls_hooks client_hooks = {.psk_client = on_psk_client, .refused = on_client_refused};

static void on_connected(void *arg, gba_rc rc)
{
    (void)arg;
    connected++;
    connect_rc = rc;
}

static void on_answer(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    (void)arg;
    answers++;
    answer_rc = rc;
    rt_buf_free(&body);
    if (rc == GBA_OK)
        T_OK(rt_buf_append(&body, rsp->body));
}

static void ask(const char *method, const char *target, gba_view content)
{
    struct gba_http_msg req = {
        .method = gba_view_cstr(method), .target = gba_view_cstr(target), .body = content};
    expected++;
    rt_httpc_request(client, &req, on_answer, NULL);
}

/* ---- both ---- */

static void open_client(uint32_t max_conns)
{
    client_conf = (struct rt_httpc_conf){.server = address,
                                         .max_conns = max_conns,
                                         .max_queue = 100,
                                         .max_head = 1024,
                                         .max_body = BIG,
                                         .connect_ms = 5000,
                                         .answer_ms = 9000,
                                         .tls = client_ctx,
                                         .tls_hooks = &client_hooks};
    T_OK(rt_httpc_open(loop, &client_conf, &client));
}

static void begin(void)
{
    struct rt_tls_ctx_conf server_tls = {.server = true, .suites = PAIR_PSK_SUITE};
    struct rt_tls_ctx_conf client_tls = {.suites = PAIR_PSK_SUITE};
    opened = server_refused = client_refused = connected = answers = gone = 0;
    expected = 0;
    until_ms = 0;
    hold = refuse = false;
    held = NULL;
    kept = NULL;
    T_OK(rt_loop_new(&loop));
    T_OK(rt_tls_ctx_new(&server_tls, &server_ctx));
    T_OK(rt_tls_ctx_new(&client_tls, &client_ctx));
    struct rt_httpd_conf conf = {.max_head = 1024,
                                 .max_body = BIG,
                                 .max_conns = 100,
                                 .request_ms = 5000,
                                 .idle_ms = 5000,
                                 .handshake_ms = HANDSHAKE_MS,
                                 .tls = server_ctx,
                                 .tls_hooks = &server_hooks};
    T_OK(gba_text_set(&conf.listen, GBA_LIT("127.0.0.1:0")));
    T_OK(rt_httpd_open(loop, &conf, serve, NULL, &server));
    rt_httpd_address(server, &address);
    open_client(1);
}

static void end(void)
{
    rt_httpc_close(client);
    if (server)
        rt_httpd_close(server);
    rt_tls_ctx_free(server_ctx);
    rt_tls_ctx_free(client_ctx);
    rt_loop_free(loop);
    rt_buf_free(&body);
    CU_ASSERT_EQUAL(gone, opened);
    CU_ASSERT_TRUE(is_answered());
}

/* A socket that is no TLS client. */
static int dial(gba_view first)
{
    struct sockaddr_storage addr;
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    T_OK(rt_addr_parse(gba_text_view(&address), &addr));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    CU_ASSERT_EQUAL(send(fd, first.p, first.n, 0), (ssize_t)first.n);
    return fd;
}

/* ---- hostile first ---- */

static void half_a_hello(void)
{
    int fds[5];
    for (int i = 0; i < 5; i++)
        fds[i] = dial(GBA_LIT("\x16\x03\x01\x00\x80\x01\x00\x00"));
    ask("GET", "/", GBA_LIT("others go on"));
    wait_until(is_answered);
    T_OK(answer_rc);
    CU_ASSERT_EQUAL(server_refused, 0);
    wait_until(is_refused);
    T_RC(server_why, GBA_E_TIMEOUT);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
}

static void no_hello(void)
{
    static const char *const nonsense[] = {"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                                           "\x15\x03\x03\x00\x02\x02\x28"};
    for (int i = 0; i < 2; i++) {
        server_refused = 0;
        int fd = dial(gba_view_of(nonsense[i], i ? 7 : strlen(nonsense[i])));
        wait_until(is_refused);
        CU_ASSERT(server_why == GBA_E_TLS_HANDSHAKE || server_why == GBA_E_TLS_ALERT);
        close(fd);
    }
}

static void gone_in_the_handshake(void)
{
    int fd = dial(GBA_LIT("\x16\x03\x01\x00\x80\x01\x00\x00"));
    close(fd);
    wait_until(is_refused);
    T_RC(server_why, GBA_E_PEER_GONE);
    CU_ASSERT_EQUAL(server_refused, 1);
}

static void refused_key(void)
{
    refuse = true;
    rt_httpc_connect(client, on_connected, NULL);
    CU_ASSERT_EQUAL(connected, 0);
    wait_until(is_connected);
    T_RC(connect_rc, GBA_E_TLS_ALERT);
    T_RC(server_why, GBA_E_ABSENT);
    CU_ASSERT_EQUAL(client_refused, 1);
    CU_ASSERT_PTR_NULL(rt_httpc_tls(client));
    ask("GET", "/", GBA_LIT(""));
    wait_until(is_answered);
    T_RC(answer_rc, GBA_E_TLS_ALERT);
    CU_ASSERT_EQUAL(opened, 0);
}

static void nobody_there(void)
{
    rt_httpd_close(server);
    server = NULL;
    rt_httpc_connect(client, on_connected, NULL);
    wait_until(is_connected);
    T_RC(connect_rc, GBA_E_CONNECT);
}

/* The answer comes when the handshake was given up. */
static void the_key_comes_too_late(void)
{
    struct rt_tls_answer answer = {.psk = GBA_LIT("0123456789abcdef")};
    hold = true;
    rt_httpc_connect(client, on_connected, NULL);
    wait_until(is_held);
    wait_until(is_connected);
    CU_ASSERT_NOT_EQUAL(connect_rc, GBA_OK);
    T_RC(server_why, GBA_E_TIMEOUT);
    CU_ASSERT_PTR_NULL(rt_tls_of(held));
    rt_tls_answer(held, &answer);
}

static void closed_while_it_asks(void)
{
    struct rt_tls_answer answer = {.psk = GBA_LIT("0123456789abcdef")};
    hold = true;
    rt_httpc_connect(client, on_connected, NULL);
    wait_until(is_held);
    rt_httpd_close(server);
    server = NULL;
    wait_until(is_connected);
    CU_ASSERT_NOT_EQUAL(connect_rc, GBA_OK);
    rt_tls_answer(held, &answer);
}

/* ---- then good ones ---- */

static void requests(void)
{
    ask("PUT", "/", GBA_LIT("one"));
    ask("PUT", "/", GBA_LIT("two"));
    ask("PUT", "/", GBA_LIT("three"));
    wait_until(is_answered);
    T_OK(answer_rc);
    T_STR(rt_buf_view(&body), "three");
    T_STR(gba_text_view(&who), "me@example");
    CU_ASSERT_EQUAL(opened, 1);
}

static void connect_first(void)
{
    CU_ASSERT_PTR_NULL(rt_httpc_tls(client));
    rt_httpc_connect(client, on_connected, NULL);
    wait_until(is_connected);
    T_OK(connect_rc);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rt_httpc_tls(client));
    CU_ASSERT_EQUAL(rt_tls_state(rt_httpc_tls(client)), RT_TLS_OPEN);
    connected = 0;
    rt_httpc_connect(client, on_connected, NULL); /* the one there is will do */
    wait_until(is_connected);
    T_OK(connect_rc);
    ask("PUT", "/", GBA_LIT("over it"));
    wait_until(is_answered);
    T_STR(rt_buf_view(&body), "over it");
    CU_ASSERT_EQUAL(opened, 1);
}

static void the_key_comes_late(void)
{
    struct rt_tls_answer answer = {.psk = GBA_LIT("0123456789abcdef"), .who = GBA_LIT("late")};
    hold = true;
    ask("PUT", "/", GBA_LIT("x"));
    wait_until(is_held);
    rt_tls_answer(held, &answer);
    wait_until(is_answered);
    T_OK(answer_rc);
    T_STR(gba_text_view(&who), "late");
}

static void much_data(void)
{
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * i >> 8);
    ask("GET", "/big", GBA_LIT(""));
    wait_until(is_answered);
    T_OK(answer_rc);
    CU_ASSERT_TRUE(gba_view_eq(rt_buf_view(&body), GBA_ARRAY(big)));
    ask("PUT", "/", GBA_ARRAY(big));
    wait_until(is_answered);
    CU_ASSERT_TRUE(gba_view_eq(rt_buf_view(&body), GBA_ARRAY(big)));
}

/*= TS-0003 8.2: no session outlives the credential; the next request makes another one */
static void sessions_end_with_their_key(void)
{
    until_ms = rt_loop_env(loop)->now_ms + 200;
    ask("GET", "/", GBA_LIT(""));
    wait_until(is_answered);
    CU_ASSERT_EQUAL(gone, 0);
    wait_until(is_gone);
    until_ms = 0;
    ask("GET", "/", GBA_LIT(""));
    wait_until(is_answered);
    T_OK(answer_rc);
    CU_ASSERT_EQUAL(opened, 2);
}

/* A request that waits then keeps its transaction, and gets no answer. */
static void keys_end_while_requests_wait(void)
{
    struct gba_http_msg rsp = {.status = 200};
    until_ms = rt_loop_env(loop)->now_ms + 200;
    ask("POST", "/keep", GBA_LIT(""));
    wait_until(is_kept);
    wait_until(is_answered);
    T_RC(answer_rc, GBA_E_PEER_GONE);
    CU_ASSERT_PTR_NULL(rt_http_tls(kept));
    rt_http_reply(kept, &rsp);
    wait_until(is_gone);
}

static void many_at_once(void)
{
    rt_httpc_close(client);
    open_client(50);
    for (int i = 0; i < 100; i++)
        ask("GET", "/", GBA_LIT("x"));
    wait_until(is_answered);
    T_OK(answer_rc);
    CU_ASSERT_EQUAL(opened, 50);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"half a ClientHello", half_a_hello},
        {"no ClientHello", no_hello},
        {"gone in the handshake", gone_in_the_handshake},
        {"a refused key", refused_key},
        {"nobody is there", nobody_there},
        {"the key comes too late", the_key_comes_too_late},
        {"closed while it asks", closed_while_it_asks},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"requests", requests},
        {"connecting first", connect_first},
        {"the key comes late", the_key_comes_late},
        {"much data", much_data},
        {"sessions end with their key", sessions_end_with_their_key},
        {"keys end while requests wait", keys_end_while_requests_wait},
        {"many at once", many_at_once},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, begin, end, hostile},
        {"good", NULL, NULL, begin, end, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
