/* SPDX-License-Identifier: Apache-2.0 */
/* Servers on worker threads and one desk that answers: many clients, clients that go, the
 * end under load. */
#include "rt/workers.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "rt/addr.h"
#include "rt/httpd.h"
#include "tests/lib/tap.h"

enum { WORKERS = 4, CLIENTS = 8, EACH = 200, SLOW_MS = 10, PATIENCE_S = 10 };

static struct rt_loop *loop;
static struct rt_workers *workers;
static struct rt_httpd *servers[WORKERS];
static struct rt_http_desk desk;
static struct rt_httpd_conf conf;
static _Atomic uint32_t n_conns;
static _Atomic uint32_t n_good, n_cut;
static pthread_t main_thread;
static uint32_t n_handled, n_strays;
static struct rt_http_tx *later[CLIENTS * EACH]; /* waiting for their timer, or NULL */
static size_t n_slow;
static bool seen[WORKERS];

/* ---- the desk ---- */

static void note(const void *arg, const struct rt_http_tx *tx, void *room)
{
    (void)arg;
    pthread_t self = pthread_self();
    (void)tx;
    gba_copy(room, gba_view_of(&self, sizeof self));
}

static void reply(struct rt_http_tx *tx)
{
    const struct gba_http_msg rsp = {.status = 200, .body = gba_view_of("0123456789", 10)};
    rt_http_reply(tx, &rsp);
}

static void reply_slow(void *arg)
{
    struct rt_http_tx **tx = arg;
    reply(*tx);
    *tx = NULL;
}

static void wait_slow(struct rt_http_tx *tx)
{
    later[n_slow] = tx;
    rt_timer_start(loop, SLOW_MS, reply_slow, &later[n_slow++]);
}

/* The note tells on which thread the request was read. */
static void count_worker(struct rt_http_tx *tx)
{
    static pthread_t known[WORKERS];
    const pthread_t *reader = rt_http_note(tx);
    size_t i = 0;
    while (i < WORKERS && seen[i] && !pthread_equal(known[i], *reader))
        i++;
    if (i == WORKERS)
        return;
    known[i] = *reader;
    seen[i] = true;
}

static void on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    const struct gba_http_msg challenge = {.status = 401};
    (void)arg;
    n_handled++;
    n_strays += !pthread_equal(pthread_self(), main_thread) || rt_http_peer(tx).n == 0 || rt_http_tls(tx);
    count_worker(tx);
    if (gba_view_eq(req->target, GBA_LIT("/slow")))
        wait_slow(tx);
    else if (gba_view_eq(req->target, GBA_LIT("/challenge")))
        rt_http_reply(tx, &challenge);
    else
        reply(tx);
}

/* ---- clients: blocking sockets ---- */

static int dial(void)
{
    struct sockaddr_storage addr;
    struct timeval patience = {.tv_sec = PATIENCE_S};
    if (rt_addr_parse(gba_text_view(&conf.listen), &addr) != GBA_OK)
        abort();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(struct sockaddr_in)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool ask(int fd, const char *target)
{
    char text[64];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
    return send(fd, text, (size_t)n, MSG_NOSIGNAL) == n;
}

/* The status of a whole answer; 0: the connection ended before one; 1: within one. */
static unsigned answer(int fd, bool *close_said)
{
    char text[512];
    size_t n = 0;
    ssize_t got;
    while ((got = recv(fd, text + n, sizeof text - 1 - n, 0)) > 0) {
        n += (size_t)got;
        text[n] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        if (!end || (strstr(text, " 200 ") && !strstr(end, "0123456789")))
            continue;
        if (close_said)
            *close_said = strstr(text, "Connection: close") != NULL;
        return (unsigned)strtoul(text + 9, NULL, 10);
    }
    return n > 0 ? 1 : 0;
}

static void run_clients(void *(*client)(void *))
{
    pthread_t threads[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_create(&threads[i], NULL, client, NULL);
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
}

/* ---- the world ---- */

static void open_server(void *arg)
{
    size_t i = *(size_t *)arg;
    T_OK(rt_httpd_open(rt_workers_loop(workers, i), &conf, NULL, NULL, &servers[i]));
    rt_httpd_address(servers[i], &conf.listen);
}

static void drain_server(void *httpd)
{
    rt_httpd_drain(httpd);
}

static void close_server(void *httpd)
{
    rt_httpd_close(httpd);
}

static void each_server(rt_timer_fn *fn)
{
    for (size_t i = 0; i < WORKERS; i++)
        rt_workers_call(workers, i, fn, servers[i]);
}

static void stop_loop(void *arg)
{
    (void)arg;
    rt_loop_stop(loop);
}

static void *script_main(void *arg)
{
    void (**script)(void) = arg;
    (*script)();
    if (!rt_post(loop, stop_loop, NULL))
        abort();
    return NULL;
}

/* The script runs beside the loop; then all is closed, and nothing may be left. */
static void play(void (*script)(void), uint32_t max_conns)
{
    pthread_t thread;
    n_conns = n_good = n_cut = 0;
    n_handled = n_strays = 0;
    n_slow = 0;
    memset(seen, 0, sizeof seen);
    main_thread = pthread_self();
    T_OK(rt_loop_new(&loop));
    T_OK(rt_workers_open(WORKERS, &workers));
    CU_ASSERT_EQUAL(rt_workers_count(workers), WORKERS);
    desk = (struct rt_http_desk){.loop = loop, .fn = on_request};
    conf = (struct rt_httpd_conf){.max_head = 1024,
                                  .max_body = 64,
                                  .max_conns = max_conns,
                                  .request_ms = 10000,
                                  .idle_ms = 10000,
                                  .note = note,
                                  .note_n = sizeof(pthread_t),
                                  .desk = &desk,
                                  .all_conns = &n_conns,
                                  .share_port = true};
    T_OK(gba_text_set(&conf.listen, GBA_LIT("127.0.0.1:0")));
    for (size_t i = 0; i < WORKERS; i++)
        rt_workers_call(workers, i, open_server, &i);
    pthread_create(&thread, NULL, script_main, &script);
    rt_loop_run(loop);
    desk.shut = true;
    each_server(close_server);
    for (size_t i = 0; i < n_slow; i++) {
        if (later[i])
            reply(later[i]);
    }
    rt_loop_free(loop);
    rt_workers_close(workers);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(n_conns, 0);
    CU_ASSERT_EQUAL(n_strays, 0);
}

/* ---- cases ---- */

static void *steady_client(void *arg)
{
    (void)arg;
    for (int i = 0, fd = -1; i < EACH; i++) {
        if (i % 10 == 0)
            fd = dial();
        if (ask(fd, i % 50 == 49 ? "/slow" : "/") && answer(fd, NULL) == 200)
            n_good++;
        if (i % 10 == 9)
            close(fd);
    }
    return NULL;
}

static void steady_script(void)
{
    run_clients(steady_client);
}

static void many_clients(void)
{
    play(steady_script, 1000);
    CU_ASSERT_EQUAL(n_good, CLIENTS * EACH);
    CU_ASSERT_EQUAL(n_handled, CLIENTS * EACH);
    CU_ASSERT_TRUE(seen[1]); /* 160 connections on four workers do not all hit one */
}

static void *vanishing_client(void *arg)
{
    (void)arg;
    for (int i = 0; i < 30; i++) {
        int fd = dial();
        n_good += ask(fd, "/slow");
        close(fd);
    }
    return NULL;
}

static void vanishing_script(void)
{
    run_clients(vanishing_client);
    int fd = dial();
    CU_ASSERT_TRUE(ask(fd, "/"));
    CU_ASSERT_EQUAL(answer(fd, NULL), 200);
    close(fd);
}

static void vanishing_clients(void)
{
    play(vanishing_script, 1000);
    CU_ASSERT_EQUAL(n_good, CLIENTS * 30);
    CU_ASSERT_TRUE(n_handled > 1);
}

static void *busy_client(void *arg)
{
    bool goes_on = true;
    unsigned status = 200;
    (void)arg;
    while (goes_on && status != 503) {
        int fd = dial();
        goes_on = fd >= 0;
        for (int i = 0; goes_on && i < 20 && status == 200; i++) {
            status = ask(fd, i % 5 == 4 ? "/slow" : "/") ? answer(fd, NULL) : 0;
            n_good += status == 200;
            n_cut += status == 1;
        }
        status = status == 503 ? 503 : 200;
        close(fd);
    }
    return NULL;
}

static void *loaded(void *arg)
{
    (void)arg;
    run_clients(busy_client);
    return NULL;
}

static pthread_t load;

static void load_script(void)
{
    pthread_create(&load, NULL, loaded, NULL);
    for (int i = 0; i < PATIENCE_S * 1000 && n_good < 500; i++)
        usleep(1000);
}

static void the_end_under_load(void)
{
    play(load_script, 1000);
    pthread_join(load, NULL);
    CU_ASSERT_TRUE(n_good >= 500);
    CU_ASSERT_EQUAL(n_cut, 0);
}

static void bound_script(void)
{
    int fds[20];
    for (size_t i = 0; i < 20; i++) {
        fds[i] = dial();
        n_good += ask(fds[i], "/") && answer(fds[i], NULL) == 200;
    }
    for (size_t i = 0; i < 20; i++)
        close(fds[i]);
}

static void one_bound_for_all(void)
{
    play(bound_script, 5);
    CU_ASSERT_EQUAL(n_good, 5);
}

static uv_sem_t drained;

static void drain_all(void *arg)
{
    (void)arg;
    desk.draining = true;
    each_server(drain_server);
    uv_sem_post(&drained);
}

/* One connection idle, one waiting for its answer, one with half of an exchange done. */
static void drain_script(void)
{
    bool close_said = false;
    int idle = dial(), slow = dial(), half = dial();
    CU_ASSERT_TRUE(ask(idle, "/") && answer(idle, NULL) == 200);
    CU_ASSERT_TRUE(ask(half, "/challenge") && answer(half, NULL) == 401);
    CU_ASSERT_TRUE(ask(slow, "/slow"));
    usleep(SLOW_MS * 500);
    uv_sem_init(&drained, 0);
    CU_ASSERT_TRUE(rt_post(loop, drain_all, NULL));
    uv_sem_wait(&drained);
    uv_sem_destroy(&drained);
    CU_ASSERT_EQUAL(answer(idle, NULL), 0);
    CU_ASSERT_EQUAL(answer(slow, &close_said), 200);
    CU_ASSERT_TRUE(close_said);
    CU_ASSERT_EQUAL(dial(), -1);
    CU_ASSERT_TRUE(ask(half, "/challenge") && answer(half, &close_said) == 401);
    CU_ASSERT_FALSE(close_said);
    CU_ASSERT_TRUE(ask(half, "/") && answer(half, &close_said) == 200);
    CU_ASSERT_TRUE(close_said);
    CU_ASSERT_EQUAL(answer(half, NULL), 0);
    close(idle);
    close(slow);
    close(half);
}

static void draining(void)
{
    play(drain_script, 100);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"clients that go before their answer", vanishing_clients},
        {"the end under load", the_end_under_load},
        {"one bound for connections of all workers", one_bound_for_all},
        {"many clients", many_clients},
        {"draining ends what is over and answers what is not", draining},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"workers", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
