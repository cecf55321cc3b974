/* SPDX-License-Identifier: Apache-2.0 */
/* The Redis store before servers that do not do as Redis does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsf/io/store_redis.h"
#include "tests/lib/tap.h"

enum { TIMEOUT_MS = 300, SOON_MS = 200, PATIENCE_MS = 5000, CONNS = 64 };

/* What each script is known by. */
#define SHA "$40\r\n0123456789012345678901234567890123456789\r\n"
#define MASTER "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
#define SLAVE "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:0\r\n"
#define HELLO MASTER SHA SHA SHA SHA SHA

static struct rt_loop *loop;
static struct bsf_store store;
static bool is_open;

/* A server that says hello to the first octets of a connection and then one answer after the other. */
static struct rogue {
    uv_tcp_t tcp;
    uv_tcp_t conns[CONNS];
    unsigned n_conns, heard; /* connections; chunks after hello, of all */
    const char *hello;
    const char *answers[8];
    bool hang_up; /* after each answer */
    char last[65536];
    size_t last_n;
    gba_text address;
    char room[65536];
} rogue, other;

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct rogue *r = handle->data;
    (void)wanted;
    *buf = uv_buf_init(r->room, sizeof r->room);
}

static void say(uv_stream_t *to, const char *text)
{
    uv_buf_t buf = uv_buf_init((char *)text, (unsigned)strlen(text));
    if (text[0] != '\0')
        uv_try_write(to, &buf, 1);
}

static void hang_up(uv_stream_t *stream)
{
    if (!uv_is_closing((uv_handle_t *)stream))
        uv_close((uv_handle_t *)stream, NULL);
}

static void on_more(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct rogue *r = stream->data;
    if (n < 0) {
        hang_up(stream);
        return;
    }
    memcpy(r->last, buf->base, (size_t)n);
    r->last_n = (size_t)n;
    const char *answer = r->heard < 8 ? r->answers[r->heard] : NULL;
    r->heard++;
    if (answer)
        say(stream, answer);
    if (r->hang_up)
        hang_up(stream);
}

static void on_first(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct rogue *r = stream->data;
    (void)buf;
    if (n < 0) {
        hang_up(stream);
        return;
    }
    say(stream, r->hello);
    uv_read_stop(stream);
    uv_read_start(stream, on_alloc, on_more);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct rogue *r = server->data;
    CU_ASSERT_EQUAL_FATAL(status, 0);
    CU_ASSERT_FATAL(r->n_conns < CONNS);
    uv_tcp_t *conn = &r->conns[r->n_conns++];
    uv_tcp_init(rt_loop_uv(loop), conn);
    conn->data = r;
    uv_accept(server, (uv_stream_t *)conn);
    uv_read_start((uv_stream_t *)conn, on_alloc, on_first);
}

static void rogue_open(struct rogue *r, const char *hello)
{
    struct sockaddr_in at;
    int n = sizeof at;
    char text[32];
    *r = (struct rogue){.hello = hello};
    uv_ip4_addr("127.0.0.1", 0, &at);
    uv_tcp_init(rt_loop_uv(loop), &r->tcp);
    r->tcp.data = r;
    CU_ASSERT_EQUAL_FATAL(uv_tcp_bind(&r->tcp, (struct sockaddr *)&at, 0), 0);
    CU_ASSERT_EQUAL_FATAL(uv_listen((uv_stream_t *)&r->tcp, 16, on_connection), 0);
    uv_tcp_getsockname(&r->tcp, (struct sockaddr *)&at, &n);
    snprintf(text, sizeof text, "127.0.0.1:%u", ntohs(at.sin_port));
    T_OK(gba_text_set(&r->address, gba_view_cstr(text)));
}

static void rogue_close(struct rogue *r)
{
    if (r->tcp.data)
        hang_up((uv_stream_t *)&r->tcp);
    for (unsigned i = 0; i < r->n_conns; i++)
        hang_up((uv_stream_t *)&r->conns[i]);
}

/* ---- the store ---- */

static gba_text servers[3];
static struct bsf_conf_redis conf;

static void open_at(size_t n)
{
    conf = (struct bsf_conf_redis){.servers = {servers, n}, .timeout_ms = TIMEOUT_MS, .max_waiting = 3};
    T_OK(gba_text_set(&conf.prefix, GBA_LIT("t:")));
    T_OK(bsf_store_redis_open(loop, &conf, 100, &store));
    is_open = true;
}

static void set_up(void)
{
    rogue.tcp.data = other.tcp.data = NULL;
    rogue.n_conns = other.n_conns = 0;
    is_open = false;
    CU_ASSERT_EQUAL_FATAL(rt_loop_new(&loop), GBA_OK);
}

static void tear_down(void)
{
    if (is_open)
        store.close(store.self);
    rogue_close(&rogue);
    rogue_close(&other);
    rt_loop_free(loop);
}

static struct answer {
    bool there;
    gba_rc rc;
    size_t n;
} got[8];

static void on_answer(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct answer *a = arg;
    (void)found;
    CU_ASSERT_FALSE(a->there);
    *a = (struct answer){true, rc, n};
}

static bsf_store_key key;

static void put(unsigned i)
{
    struct bsf_store_put p = {.key = key, .owner = key, .keep = 1, .record = GBA_LIT("record")};
    p.expiry_ms = rt_loop_env(loop)->now_ms + 60000;
    got[i].there = false;
    store.put(store.self, &p, on_answer, &got[i]);
    CU_ASSERT_FALSE(got[i].there);
}

static void get(unsigned i)
{
    got[i].there = false;
    store.get(store.self, &key, on_answer, &got[i]);
    CU_ASSERT_FALSE(got[i].there);
}

static void on_time(void *arg)
{
    *(bool *)arg = true;
}

static void turn_ms(uint64_t ms, const bool *until)
{
    bool over = false;
    struct rt_timer *timer = rt_timer_start(loop, ms, on_time, &over);
    while (!over && !(until && *until))
        uv_run(rt_loop_uv(loop), UV_RUN_ONCE);
    if (!over)
        rt_timer_cancel(timer);
}

static gba_rc answer(unsigned i, uint64_t patience_ms)
{
    turn_ms(patience_ms, &got[i].there);
    CU_ASSERT_TRUE_FATAL(got[i].there);
    return got[i].rc;
}

static void until_ready(bool ready)
{
    for (int i = 0; i < 500 && store.ready(store.self) != ready; i++)
        turn_ms(10, NULL);
    CU_ASSERT_EQUAL(store.ready(store.self), ready);
}

/* Not at once in the beginning, when a connection may just be coming; then at once. */
static void fails_fast(void)
{
    put(0);
    T_RC(answer(0, TIMEOUT_MS + SOON_MS), GBA_E_STORE);
    turn_ms(TIMEOUT_MS, NULL);
    put(0);
    get(1);
    T_RC(answer(0, SOON_MS), GBA_E_STORE);
    T_RC(answer(1, SOON_MS), GBA_E_STORE);
    CU_ASSERT_FALSE(store.ready(store.self));
}

static void nobody_listens(void)
{
    T_OK(gba_text_set(&servers[0], GBA_LIT("127.0.0.1:1")));
    open_at(1);
    fails_fast();
}

static void silent(void)
{
    rogue_open(&rogue, "");
    servers[0] = rogue.address;
    open_at(1);
    fails_fast();
    CU_ASSERT(rogue.n_conns > 1); /* it is tried again */
    CU_ASSERT_EQUAL(rogue.heard, 0);
}

/* The next server is tried; what is no master gets no command. */
static void not_a_master(void)
{
    rogue_open(&rogue, SLAVE SHA SHA SHA SHA SHA);
    rogue_open(&other, HELLO);
    other.answers[0] = ":1\r\n";
    servers[0] = rogue.address;
    servers[1] = other.address;
    open_at(2);
    put(0);
    T_OK(answer(0, PATIENCE_MS));
    CU_ASSERT_EQUAL(rogue.heard, 0);
    CU_ASSERT_EQUAL(store.count(store.self), 1);
}

static void bad_hellos(void)
{
    static const char *const hellos[] = {
        "-NOAUTH Authentication required.\r\n",
        "-LOADING Redis is loading the dataset in memory\r\n",
        "*0\r\n",
        ":1\r\n",
        MASTER "$3\r\nabc\r\n",
        MASTER "$40\r\nzz23456789012345678901234567890123456789\r\n",
        HELLO "+surplus\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "*1000000\r\n",
        "\x15\x03\x01\x02\x02\x28",
    };
    for (size_t i = 0; i < sizeof hellos / sizeof *hellos; i++) {
        rogue_open(&rogue, hellos[i]);
        servers[0] = rogue.address;
        open_at(1);
        turn_ms(TIMEOUT_MS / 3, NULL);
        put(0);
        gba_rc rc = answer(0, TIMEOUT_MS + SOON_MS);
        if (rc != GBA_E_STORE)
            printf("# hello %zu\n", i);
        T_RC(rc, GBA_E_STORE);
        tear_down();
        set_up();
    }
}

/* Who waits for a server that hangs gets its answer in time, and who comes then does not wait. */
static void hangs_later(void)
{
    rogue_open(&rogue, HELLO);
    servers[0] = rogue.address;
    open_at(1);
    until_ready(true);
    rogue.hello = "";
    put(0);
    get(1);
    T_RC(answer(0, TIMEOUT_MS + SOON_MS), GBA_E_STORE);
    T_RC(answer(1, SOON_MS), GBA_E_STORE);
    CU_ASSERT_FALSE(store.ready(store.self));
    turn_ms(TIMEOUT_MS, NULL);
    get(0);
    T_RC(answer(0, SOON_MS), GBA_E_STORE);
    rogue.hello = HELLO;
    until_ready(true);
}

static void too_many_wait(void)
{
    rogue_open(&rogue, HELLO);
    servers[0] = rogue.address;
    open_at(1);
    until_ready(true);
    for (unsigned i = 0; i < 4; i++)
        put(i);
    T_RC(answer(3, SOON_MS), GBA_E_STORE);
    CU_ASSERT_FALSE(got[0].there);
    T_RC(answer(0, TIMEOUT_MS + SOON_MS), GBA_E_STORE);
}

static void script_is_unknown(void)
{
    rogue_open(&rogue, HELLO);
    rogue.answers[0] = "-NOSCRIPT No matching script.\r\n";
    rogue.answers[1] = ":5\r\n";
    servers[0] = rogue.address;
    open_at(1);
    put(0);
    T_OK(answer(0, PATIENCE_MS));
    CU_ASSERT_TRUE(gba_view_contains(gba_view_of(rogue.last, rogue.last_n), GBA_LIT("$4\r\nEVAL\r\n")));
    CU_ASSERT_EQUAL(store.count(store.self), 5);
    rogue.heard = 0;
    rogue.answers[1] = rogue.answers[0]; /* and no end of it */
    put(0);
    T_RC(answer(0, PATIENCE_MS), GBA_E_STORE);
}

/* It became a replica: what it refused is done by the master. */
static void read_only(void)
{
    rogue_open(&rogue, HELLO);
    rogue_open(&other, HELLO);
    rogue.answers[0] = "-READONLY You can't write against a read only replica.\r\n";
    other.answers[0] = ":1\r\n";
    servers[0] = rogue.address;
    servers[1] = other.address;
    open_at(2);
    until_ready(true);
    conf.timeout_ms = PATIENCE_MS; /* to find the other one may take a while */
    rogue.hello = SLAVE SHA SHA SHA SHA SHA;
    put(0);
    T_OK(answer(0, PATIENCE_MS));
    CU_ASSERT_EQUAL(rogue.heard, 1);
    CU_ASSERT_EQUAL(other.heard, 1);
}

/* What was read is read again; whether what was put is there nobody knows. */
static void connection_breaks(void)
{
    rogue_open(&rogue, HELLO);
    rogue.hang_up = true;
    servers[0] = rogue.address;
    open_at(1);
    until_ready(true);
    put(0);
    T_RC(answer(0, TIMEOUT_MS + SOON_MS), GBA_E_STORE);
    until_ready(true);
    get(0);
    turn_ms(TIMEOUT_MS / 6, NULL);
    rogue.hang_up = false;
    rogue.answers[rogue.heard % 8] = "*1\r\n:0\r\n";
    T_RC(answer(0, TIMEOUT_MS + SOON_MS), GBA_E_ABSENT);
}

static void bad_answers(void)
{
    static const struct {
        const char *text;
        gba_rc put, get;
    } answers[] = {
        {"-FULL the store is full\r\n", GBA_E_STORE_FULL, GBA_E_STORE_FULL},
        {"-OOM command not allowed\r\n", GBA_E_STORE_FULL, GBA_E_STORE_FULL},
        {"-MISCONF Redis is configured to save\r\n", GBA_E_STORE, GBA_E_STORE},
        {"-NOPERM this user has no permissions\r\n", GBA_E_STORE, GBA_E_STORE},
        {"+OK\r\n", GBA_E_STORE, GBA_E_STORE},
        {"$-1\r\n", GBA_E_STORE, GBA_E_STORE},
        {":-3\r\n", GBA_OK, GBA_E_STORE},
        {"*0\r\n", GBA_E_STORE, GBA_E_ABSENT},
        {"*2\r\n$1\r\nx\r\n$1\r\ny\r\n", GBA_E_STORE, GBA_E_STORE},
        {"*2\r\n$32\r\n00000000000000000000000000000000\r\n$79\r\n"
         "0000000000000000000000000000000000000000000000000000000000000000000000000000000\r\n",
         GBA_E_STORE, GBA_E_STORE},
        {"*2\r\n:1\r\n:1\r\n", GBA_E_STORE, GBA_E_STORE},
    };
    rogue_open(&rogue, HELLO);
    servers[0] = rogue.address;
    open_at(1);
    until_ready(true);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        rogue.heard = 0;
        rogue.answers[0] = rogue.answers[1] = answers[i].text;
        put(0);
        T_RC(answer(0, PATIENCE_MS), answers[i].put);
        get(1);
        T_RC(answer(1, PATIENCE_MS), answers[i].get);
        CU_ASSERT_TRUE(store.ready(store.self));
    }
    CU_ASSERT_EQUAL(store.count(store.self), 0);
}

/* Answers that nobody asked for, or without end, end the connection; the next one is good. */
static void floods(void)
{
    rogue_open(&rogue, HELLO);
    rogue.answers[0] = ":1\r\n:1\r\n";
    rogue.answers[1] = "*100000\r\n";
    rogue.answers[2] = ":1\r\n";
    servers[0] = rogue.address;
    open_at(1);
    put(0);
    T_OK(answer(0, PATIENCE_MS));
    until_ready(false);
    until_ready(true);
    put(0);
    T_RC(answer(0, PATIENCE_MS), GBA_E_STORE);
    until_ready(true);
    put(0);
    T_OK(answer(0, PATIENCE_MS));
    CU_ASSERT_EQUAL(rogue.n_conns, 3);
}

/* ---- Sentinels ---- */

static void sentinels(void)
{
    static const char *const said[] = {
        "*-1\r\n", "$-1\r\n",           "-IDONTKNOW\r\n",     "*2\r\n$9\r\nlocalhost\r\n$4\r\n6379\r\n",
        "",        "*1\r\n$1\r\nx\r\n", "*2\r\n:1\r\n:2\r\n",
    };
    char good[320];
    rogue_open(&other, HELLO);
    other.answers[0] = ":1\r\n";
    snprintf(good, sizeof good, "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n", strlen(other.address.s + 10),
             other.address.s + 10);
    conf = (struct bsf_conf_redis){.sentinels = {servers, 3}, .timeout_ms = TIMEOUT_MS, .max_waiting = 3};
    T_OK(gba_text_set(&conf.master, GBA_LIT("keystrap")));
    rogue_open(&rogue, said[0]);
    T_OK(gba_text_set(&servers[0], GBA_LIT("127.0.0.1:1")));
    servers[1] = servers[2] = rogue.address;
    T_OK(bsf_store_redis_open(loop, &conf, 100, &store));
    is_open = true;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        unsigned before = rogue.n_conns;
        rogue.hello = said[i];
        for (int k = 0; k < 500 && rogue.n_conns == before; k++)
            turn_ms(10, NULL);
        CU_ASSERT_FALSE(store.ready(store.self));
        CU_ASSERT_EQUAL(other.n_conns, 0);
    }
    rogue.hello = good;
    until_ready(true);
    put(0);
    T_OK(answer(0, PATIENCE_MS));
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"nobody listens", nobody_listens},
        {"a server that says nothing", silent},
        {"a replica", not_a_master},
        {"bad greetings", bad_hellos},
        {"a server that hangs later", hangs_later},
        {"too many wait", too_many_wait},
        {"an unknown script", script_is_unknown},
        {"a master that becomes a replica", read_only},
        {"a connection that breaks", connection_breaks},
        {"bad answers", bad_answers},
        {"floods", floods},
        {"Sentinels", sentinels},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"redis store", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
