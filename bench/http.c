/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/http [CONNECTIONS]: requests a second through rt/httpd and rt/httpc,
 * both in this process: on one thread, then with the client on a thread (and
 * loop) of its own.  Kept connections, a trivial handler, 3 s each.  cpu is the
 * processor time of both sides for one request, which a busy machine changes less.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "rt/httpc.h"
#include "rt/httpd.h"

enum { RUN_MS = 3000, CONNECTIONS = 64 };

struct load {
    struct rt_loop *loop;
    struct rt_httpc *client;
    uint64_t answers, failures, in_flight;
    uint64_t began_ns, ended_ns;
    double cpu_s; /* of the whole process, while it ran */
    uint32_t connections;
    bool over;
};

static void hello(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct gba_http_msg rsp = {.status = 200, .body = GBA_LIT("hello")};
    (void)arg;
    (void)req;
    rt_http_reply(tx, &rsp);
}

static void ask(struct load *load);

static void on_answer(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct load *load = arg;
    load->answers += rc == GBA_OK && rsp->status == 200;
    load->failures += rc != GBA_OK || rsp->status != 200;
    load->in_flight--;
    if (!load->over)
        ask(load);
    else if (load->in_flight == 0)
        rt_loop_stop(load->loop);
}

static void ask(struct load *load)
{
    struct gba_http_msg req = {.method = GBA_LIT("GET"), .target = GBA_LIT("/")};
    load->in_flight++;
    rt_httpc_request(load->client, &req, on_answer, load);
}

static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void on_over(void *arg)
{
    struct load *load = arg;
    load->over = true;
    load->ended_ns = uv_hrtime();
    load->cpu_s = cpu_s() - load->cpu_s;
}

/* Ask until the time is over, on this thread's loop. */
static void run_load(struct load *load)
{
    rt_timer_start(load->loop, RUN_MS, on_over, load);
    load->began_ns = uv_hrtime();
    load->cpu_s = cpu_s();
    for (uint32_t i = 0; i < load->connections; i++)
        ask(load);
    rt_loop_run(load->loop);
}

static gba_rc open_server(struct rt_loop *loop, struct rt_httpd **httpd, gba_text *address)
{
    struct rt_httpd_conf conf = {
        .max_head = 8192, .max_body = 8192, .max_conns = 10000, .request_ms = 10000, .idle_ms = 60000};
    GBA_TRY(gba_text_set(&conf.listen, GBA_LIT("127.0.0.1:0")));
    GBA_TRY(rt_httpd_open(loop, &conf, hello, NULL, httpd));
    rt_httpd_address(*httpd, address);
    return GBA_OK;
}

static gba_rc open_client(struct load *load, const gba_text *address)
{
    struct rt_httpc_conf conf = {.server = *address,
                                 .max_conns = load->connections,
                                 .max_queue = load->connections,
                                 .max_head = 8192,
                                 .max_body = 8192,
                                 .connect_ms = 5000,
                                 .answer_ms = 5000};
    return rt_httpc_open(load->loop, &conf, &load->client);
}

static void report(const char *name, const struct load *load)
{
    double s = (double)(load->ended_ns - load->began_ns) / 1e9;
    double answers = (double)load->answers;
    printf("%s connections=%u answers=%.0f failures=%.0f rate=%.0f/s cpu=%.1fus\n", name, load->connections,
           answers, (double)load->failures, answers / s, 1e6 * load->cpu_s / answers);
}

static gba_rc one_thread(uint32_t connections)
{
    struct load load = {.connections = connections};
    struct rt_httpd *httpd;
    gba_text address;
    GBA_TRY(rt_loop_new(&load.loop));
    GBA_TRY(open_server(load.loop, &httpd, &address));
    GBA_TRY(open_client(&load, &address));
    run_load(&load);
    rt_httpc_close(load.client);
    rt_httpd_close(httpd);
    rt_loop_free(load.loop);
    report("http one-thread", &load);
    return GBA_OK;
}

struct two {
    struct load load;
    struct rt_loop *server_loop;
};

static void stop(void *arg)
{
    rt_loop_stop(arg);
}

static void run_client(void *arg)
{
    struct two *two = arg;
    run_load(&two->load);
    if (!rt_post(two->server_loop, stop, two->server_loop))
        abort();
}

static gba_rc two_threads(uint32_t connections)
{
    struct two two = {.load = {.connections = connections}};
    struct rt_httpd *httpd;
    gba_text address;
    uv_thread_t thread;
    GBA_TRY(rt_loop_new(&two.server_loop));
    GBA_TRY(rt_loop_new(&two.load.loop));
    GBA_TRY(open_server(two.server_loop, &httpd, &address));
    GBA_TRY(open_client(&two.load, &address));
    uv_thread_create(&thread, run_client, &two);
    rt_loop_run(two.server_loop);
    uv_thread_join(&thread);
    rt_httpc_close(two.load.client);
    rt_loop_free(two.load.loop);
    rt_httpd_close(httpd);
    rt_loop_free(two.server_loop);
    report("http two-threads", &two.load);
    return GBA_OK;
}

int main(int argc, char **argv)
{
    uint64_t connections = CONNECTIONS;
    if (argc > 2 || (argc == 2 && gba_dec_parse(gba_view_cstr(argv[1]), 5000, &connections) != GBA_OK)) {
        fprintf(stderr, "usage: http [CONNECTIONS]\n");
        return 2;
    }
    gba_rc rc = one_thread((uint32_t)connections);
    if (rc == GBA_OK)
        rc = two_threads((uint32_t)connections);
    if (rc != GBA_OK)
        fprintf(stderr, "http: %s\n", gba_rc_text(rc));
    return rc == GBA_OK ? 0 : 1;
}
