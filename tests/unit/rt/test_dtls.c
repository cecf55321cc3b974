/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gba/wire/hello.h"
#include "rt/addr.h"
#include "rt/dtls.h"
#include "tests/lib/tap.h"
#include "tests/unit/rt/tls_pair.h"

#define SUITE "PSK-AES128-CCM8"

enum { CLIENTS = 20, PATIENCE_MS = 10000 };

/* A client and what it saw. */
struct peer {
    struct rt_dtls *session;
    struct rt_tls_hooks hooks;
    int opened, ended, got;
    gba_rc why;
};

static struct rt_loop *loop;
static struct rt_tls_ctx *server_ctx, *client_ctx;
static struct rt_dtls_server *server;
static gba_text address;
static struct peer peers[CLIENTS];
static struct rt_dtls *served; /* the server's session that spoke last */
static int server_opened, server_refused, server_gone, echoes, raw_shown;
static gba_rc server_why;
static int64_t until_ms;
static bool hold;
static struct rt_tls_ask *held;
static bool (*wanted)(void);
static bool timed_out;

/* ---- running until something is so ---- */

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
    struct rt_timer *timer;
    wanted = so;
    timed_out = false;
    timer = rt_timer_start(loop, PATIENCE_MS, on_patience, &timed_out);
    look(NULL);
    rt_loop_run(loop);
    CU_ASSERT_TRUE(so());
    if (!timed_out)
        rt_timer_cancel(timer);
}

static bool all_open(void)
{
    for (int i = 0; i < CLIENTS; i++) {
        if (peers[i].session && !peers[i].opened)
            return false;
    }
    return true;
}

static bool all_ended(void)
{
    for (int i = 0; i < CLIENTS; i++) {
        if (peers[i].session && !peers[i].ended)
            return false;
    }
    return true;
}

static bool all_answered(void)
{
    for (int i = 0; i < CLIENTS; i++) {
        if (peers[i].session && peers[i].got != 2)
            return false;
    }
    return true;
}

static bool server_has_opened(void)
{
    return server_opened > 0;
}

static bool server_has_refused(void)
{
    return server_refused > 0;
}

static bool none_served(void)
{
    return server_gone == server_opened;
}

/* ---- server ---- */

static void count_gone(void *data)
{
    ++*(int *)data;
}

static void on_psk(void *arg, struct rt_tls_ask *ask, gba_view identity, uint16_t suite)
{
    struct rt_tls_answer answer = {.psk = GBA_LIT("0123456789abcdef"), .who = identity, .until_ms = until_ms};
    (void)arg;
    CU_ASSERT_EQUAL(suite, 0xc0a8);
    if (hold)
        held = ask;
    else
        rt_tls_answer(ask, &answer);
}

/* Of either end. */
static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    struct rt_tls_answer answer = {.who = GBA_LIT("a key")};
    (void)arg;
    raw_shown += shown->raw;
    rt_tls_answer(ask, &answer);
}

static gba_rc on_server_open(void *arg, struct rt_tls *tls)
{
    (void)arg;
    rt_tls_keep(tls, &server_gone, count_gone);
    server_opened++;
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
    .psk = on_psk, .cert = on_cert, .open = on_server_open, .refused = on_server_refused};

static void on_request(void *arg, struct rt_dtls *session, gba_view octets)
{
    CU_ASSERT_PTR_EQUAL(arg, &server);
    CU_ASSERT_TRUE(gba_view_starts(rt_dtls_peer(session), GBA_LIT("127.0.0.1:")));
    served = session;
    echoes++;
    if (gba_view_eq(octets, GBA_LIT("bye"))) {
        rt_dtls_close(session);
        T_RC(rt_dtls_send(session, octets), GBA_E_TLS_STATE);
    } else {
        T_OK(rt_dtls_send(session, octets));
    }
}

/* ---- clients ---- */

static gba_rc on_psk_client(void *arg, gba_view hint, uint16_t suite, struct rt_tls_psk *out)
{
    (void)arg;
    (void)hint;
    (void)suite;
    gba_copy(out->key, GBA_LIT("0123456789abcdef"));
    out->n = 16;
    return gba_text_set(&out->identity, GBA_LIT("me@example"));
}

static gba_rc on_open(void *arg, struct rt_tls *tls)
{
    struct peer *p = arg;
    (void)tls;
    p->opened++;
    return GBA_OK;
}

static void on_answer(void *arg, struct rt_dtls *session, gba_view octets)
{
    struct peer *p = arg;
    CU_ASSERT_PTR_EQUAL(session, p->session);
    T_STR(octets, "hello");
    if (++p->got < 2)
        T_OK(rt_dtls_send(session, octets));
}

static void on_end(void *arg, gba_rc rc)
{
    struct peer *p = arg;
    p->ended++;
    p->why = rc;
}

static void connect_peer(int i, uint32_t handshake_ms)
{
    struct peer *p = &peers[i];
    struct rt_dtls_client_conf conf = {
        .server = address, .ctx = client_ctx, .hooks = &p->hooks, .handshake_ms = handshake_ms};
    *p = (struct peer){.hooks = {.arg = p, .cert = on_cert, .psk_client = on_psk_client, .open = on_open}};
    T_OK(rt_dtls_connect(loop, &conf, on_answer, on_end, p, &p->session));
}

static struct rt_tls_ctx_conf server_tls = {.server = true, .dtls = true, .suites = SUITE};
static struct rt_tls_ctx_conf client_tls = {.dtls = true, .suites = SUITE};

static void begin_with(uint32_t max_sessions, uint32_t handshake_ms, uint32_t idle_ms)
{
    memset(peers, 0, sizeof peers);
    server_opened = server_refused = server_gone = echoes = 0;
    until_ms = 0;
    hold = false;
    T_OK(rt_loop_new(&loop));
    T_OK(rt_tls_ctx_new(&server_tls, &server_ctx));
    T_OK(rt_tls_ctx_new(&client_tls, &client_ctx));
    struct rt_dtls_server_conf conf = {.ctx = server_ctx,
                                       .hooks = &server_hooks,
                                       .max_sessions = max_sessions,
                                       .handshake_ms = handshake_ms,
                                       .idle_ms = idle_ms};
    T_OK(gba_text_set(&conf.listen, GBA_LIT("127.0.0.1:0")));
    T_OK(rt_dtls_server_open(loop, &conf, on_request, &server, &server));
    rt_dtls_server_address(server, &address);
}

static void end_all(void)
{
    if (server)
        rt_dtls_server_close(server);
    server = NULL;
    for (int i = 0; i < CLIENTS; i++) {
        if (peers[i].session && !peers[i].ended)
            rt_dtls_close(peers[i].session);
    }
    rt_tls_ctx_free(server_ctx);
    rt_tls_ctx_free(client_ctx);
    rt_loop_free(loop);
    CU_ASSERT_TRUE(all_ended());
    CU_ASSERT_TRUE(none_served());
}

/* ---- hostile first ---- */

/* A socket that is no DTLS client. */
static int dial(void)
{
    struct sockaddr_storage addr;
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    T_OK(rt_addr_parse(gba_text_view(&address), &addr));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&addr, sizeof(struct sockaddr_in)), 0);
    return fd;
}

/* A ClientHello without extensions; the offer does not matter before the cookie. */
static gba_view hello_with(gba_view cookie, uint8_t *out, size_t cap)
{
    gba_writer w = gba_writer_of(out, cap);
    uint32_t body = 2 + 32 + 1 + 1 + (uint32_t)cookie.n + 4 + 2;
    gba_put_u8(&w, 22);
    gba_put_u16(&w, 0xfefd);
    gba_put_fill(&w, 0, 8);
    gba_put_u16(&w, (uint16_t)(12 + body));
    gba_put_u8(&w, 1);
    gba_put_u24(&w, body);
    gba_put_u16(&w, cookie.n > 0);
    gba_put_u24(&w, 0);
    gba_put_u24(&w, body);
    gba_put_u16(&w, 0xfefd);
    gba_put_fill(&w, 7, 32);
    gba_put_u8(&w, 0);
    gba_put_u8(&w, (uint8_t)cookie.n);
    gba_put_view(&w, cookie);
    gba_put_u32(&w, 0x0002c0a8);
    gba_put_u16(&w, 0x0100);
    return gba_writer_view(&w);
}

static int flood_fd;
static size_t verify_requests, other_answers;

static bool flood_is_over(void)
{
    uint8_t octets[2048];
    for (ssize_t n = 0; n >= 0;) {
        n = recv(flood_fd, octets, sizeof octets, MSG_DONTWAIT);
        verify_requests += n > 13 && octets[0] == 22 && octets[13] == 3;
        other_answers += n >= 0 && !(n > 13 && octets[0] == 22 && octets[13] == 3);
    }
    return verify_requests == 200;
}

/* 200 ClientHellos, without or with invented cookies: each gets a
 * HelloVerifyRequest that is no larger, and there is place for one session still. */
static void flood_keeps_nothing(void)
{
    uint8_t octets[256], cookie[32] = {0};
    begin_with(1, 5000, 5000);
    flood_fd = dial();
    verify_requests = other_answers = 0;
    for (uint8_t i = 0; i < 200; i++) {
        cookie[0] = i;
        gba_view hello = hello_with(gba_view_of(cookie, i % 2 ? 32 : 0), octets, sizeof octets);
        CU_ASSERT_EQUAL(send(flood_fd, hello.p, hello.n, 0), (ssize_t)hello.n);
    }
    wait_until(flood_is_over);
    CU_ASSERT_EQUAL(other_answers, 0);
    connect_peer(0, 5000);
    wait_until(all_open);
    CU_ASSERT_EQUAL(server_opened, 1);
    CU_ASSERT_EQUAL(server_refused, 0);
    close(flood_fd);
    end_all();
}

static void nonsense_is_ignored(void)
{
    static const char *const nonsense[] = {"", "x", "\x16\xfe\xfd", "GET / HTTP/1.1\r\n\r\n",
                                           "\x17\xfe\xfd\0\x01\0\0\0\0\0\0\0\x01x"};
    begin_with(10, 5000, 5000);
    int fd = dial();
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
        CU_ASSERT(send(fd, nonsense[i], i == 4 ? 14 : strlen(nonsense[i]), 0) >= 0);
    connect_peer(0, 5000);
    wait_until(all_open);
    CU_ASSERT_EQUAL(recv(fd, (uint8_t[16]){0}, 16, MSG_DONTWAIT), -1);
    close(fd);
    end_all();
}

/* It returned its cookie, and then nothing. */
static void half_a_handshake_is_cut(void)
{
    uint8_t octets[256], answer[256];
    begin_with(1, 300, 5000);
    int fd = dial();
    gba_view hello = hello_with(gba_view_of(NULL, 0), octets, sizeof octets);
    flood_fd = fd;
    CU_ASSERT_EQUAL(send(fd, hello.p, hello.n, 0), (ssize_t)hello.n);
    for (ssize_t n = -1; n < 0;) {
        uv_run(rt_loop_uv(loop), UV_RUN_NOWAIT);
        n = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
    }
    hello = hello_with(gba_view_of(answer + 28, 32), octets, sizeof octets);
    CU_ASSERT_EQUAL(send(fd, hello.p, hello.n, 0), (ssize_t)hello.n);
    wait_until(server_has_refused);
    T_RC(server_why, GBA_E_TIMEOUT);
    connect_peer(0, 5000);
    wait_until(all_open);
    close(fd);
    end_all();
}

static void too_many_are_not_answered(void)
{
    begin_with(1, 5000, 5000);
    connect_peer(0, 5000);
    wait_until(all_open);
    connect_peer(1, 300);
    wait_until(server_has_opened);
    peers[0].ended = 1; /* not waited for */
    wait_until(all_ended);
    peers[0].ended = 0;
    T_RC(peers[1].why, GBA_E_TIMEOUT);
    CU_ASSERT_EQUAL(server_opened, 1);
    end_all();
}

static void nobody_there(void)
{
    begin_with(1, 5000, 5000);
    rt_dtls_server_close(server);
    server = NULL;
    connect_peer(0, 5000);
    wait_until(all_ended);
    T_RC(peers[0].why, GBA_E_CONNECT);
    end_all();
}

static void bad_addresses(void)
{
    struct rt_dtls_server_conf conf = {.max_sessions = 1};
    begin_with(1, 5000, 5000);
    struct rt_dtls_server *other = NULL;
    T_OK(gba_text_set(&conf.listen, GBA_LIT("nowhere")));
    T_RC(rt_dtls_server_open(loop, &conf, on_request, NULL, &other), GBA_E_ADDRESS);
    conf.listen = address;
    T_RC(rt_dtls_server_open(loop, &conf, on_request, NULL, &other), GBA_E_LISTEN);
    CU_ASSERT_PTR_NULL(other);
    end_all();
}

/* ---- then good ones ---- */

static void many_at_once(void)
{
    begin_with(CLIENTS, 5000, 5000);
    for (int i = 0; i < CLIENTS; i++)
        connect_peer(i, 5000);
    wait_until(all_open);
    for (int i = 0; i < CLIENTS; i++)
        T_OK(rt_dtls_send(peers[i].session, GBA_LIT("hello")));
    wait_until(all_answered);
    CU_ASSERT_EQUAL(server_opened, CLIENTS);
    CU_ASSERT_EQUAL(echoes, 2 * CLIENTS);
    end_all();
}

static void server_says_goodbye(void)
{
    begin_with(2, 5000, 5000);
    connect_peer(0, 5000);
    wait_until(all_open);
    T_OK(rt_dtls_send(peers[0].session, GBA_LIT("bye")));
    wait_until(all_ended);
    T_OK(peers[0].why);
    wait_until(none_served);
    end_all();
}

static void client_says_goodbye(void)
{
    begin_with(2, 5000, 5000);
    connect_peer(0, 5000);
    wait_until(all_open);
    wait_until(server_has_opened);
    rt_dtls_close(peers[0].session);
    wait_until(none_served);
    T_OK(peers[0].why);
    end_all();
}

static void idle_sessions_end(void)
{
    begin_with(2, 5000, 200);
    connect_peer(0, 5000);
    wait_until(all_open);
    wait_until(all_ended);
    T_OK(peers[0].why);
    CU_ASSERT_EQUAL(server_opened, 1);
    end_all();
}

/*= TS-0003 8.2: no session outlives the credential */
static void sessions_end_with_their_key(void)
{
    begin_with(2, 5000, 60000);
    until_ms = rt_loop_env(loop)->now_ms + 300;
    connect_peer(0, 5000);
    wait_until(all_open);
    wait_until(all_ended);
    T_OK(peers[0].why);
    wait_until(none_served);
    end_all();
}

static bool is_held(void)
{
    return held != NULL;
}

static void the_key_comes_late(void)
{
    struct rt_tls_answer answer = {.psk = GBA_LIT("0123456789abcdef"), .who = GBA_LIT("late")};
    begin_with(2, 5000, 5000);
    hold = true;
    held = NULL;
    connect_peer(0, 5000);
    wait_until(is_held);
    connect_peer(1, 5000);
    hold = false;
    peers[0].opened = 1; /* not waited for */
    wait_until(all_open);
    peers[0].opened = 0;
    rt_tls_answer(held, &answer);
    wait_until(all_open);
    CU_ASSERT_EQUAL(server_opened, 2);
    T_RC(rt_dtls_send(peers[0].session, gba_view_of((uint8_t[20000]){0}, 20000)), GBA_E_TOO_LONG);
    end_all();
}

/*= RFC 7250: a raw key of the client, a certificate of the server */
static void raw_keys(void)
{
    static struct pair_cert mine, theirs;
    struct rt_tls_ctx_conf psk_server = server_tls, psk_client = client_tls;
    pair_cert_make(&mine, "P-256");
    pair_cert_make(&theirs, "P-256");
    server_tls.suites = SUITE ":" PAIR_DTLS_CERT_SUITE;
    server_tls.cert_pem = gba_view_cstr(theirs.cert);
    server_tls.key_pem = gba_view_cstr(theirs.key);
    server_tls.ask_cert = server_tls.raw_keys = true;
    client_tls = (struct rt_tls_ctx_conf){
        .dtls = true, .suites = PAIR_DTLS_CERT_SUITE, .key_pem = gba_view_cstr(mine.key), .raw_keys = true};
    begin_with(3, 5000, 5000);
    raw_shown = 0;
    connect_peer(0, 5000);
    connect_peer(1, 5000);
    wait_until(all_open);
    T_OK(rt_dtls_send(peers[0].session, GBA_LIT("hello")));
    T_OK(rt_dtls_send(peers[1].session, GBA_LIT("hello")));
    wait_until(all_answered);
    CU_ASSERT_EQUAL(raw_shown, 2);
    rt_tls_ctx_free(client_ctx); /* a client with a key of another kind, at the same port */
    T_OK(rt_tls_ctx_new(&psk_client, &client_ctx));
    connect_peer(2, 5000);
    wait_until(all_open);
    CU_ASSERT_EQUAL(raw_shown, 2);
    rt_dtls_close(peers[0].session);
    T_RC(rt_dtls_send(peers[1].session, gba_view_of((uint8_t[20000]){0}, 20000)), GBA_E_TOO_LONG);
    end_all();
    server_tls = psk_server;
    client_tls = psk_client;
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"a flood keeps nothing", flood_keeps_nothing},
        {"nonsense is ignored", nonsense_is_ignored},
        {"half a handshake is cut", half_a_handshake_is_cut},
        {"too many are not answered", too_many_are_not_answered},
        {"nobody is there", nobody_there},
        {"bad addresses", bad_addresses},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"many at once", many_at_once},
        {"the server says goodbye", server_says_goodbye},
        {"the client says goodbye", client_says_goodbye},
        {"idle sessions end", idle_sessions_end},
        {"sessions end with their key", sessions_end_with_their_key},
        {"the key comes late", the_key_comes_late},
        {"raw keys", raw_keys},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, NULL, NULL, hostile},
        {"good", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
