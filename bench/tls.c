/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/tls [CERT KEY]: handshakes a second through rt/tls, both ends in this
 * process on one thread, without sockets.  Each line is 2 s of one kind:
 * the key answered at once, the key answered while 256 handshakes wait, over
 * DTLS, and with the PEM files of a P-256 certificate at both ends.  cpu is the
 * processor time of both ends for one handshake.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "rt/file.h"
#include "rt/tls.h"

enum { RUN_MS = 2000, MANY = 256, PEM_MAX = 65536 };

struct kind {
    const char *name;
    const char *suites;
    bool dtls, certificates;
    size_t at_once; /* handshakes that wait for an answer together */
};

struct both {
    struct rt_tls *client, *server;
    struct rt_tls_ask *ask;
};

struct bench {
    struct rt_loop *loop;
    struct rt_tls_ctx *client_ctx, *server_ctx;
    struct rt_tls_hooks client, server;
    struct rt_buf cert, key;
    struct both *now; /* whose hooks are called */
    size_t at_once;
    uint64_t opened, failed;
};

static const uint8_t psk[32] = {1, 2, 3};
static const struct rt_tls_answer yes = {.psk = GBA_ARRAY(psk), .who = GBA_LIT("somebody")};

static void on_psk(void *arg, struct rt_tls_ask *ask, gba_view identity, uint16_t suite)
{
    struct bench *b = arg;
    (void)identity;
    (void)suite;
    if (b->at_once > 1)
        b->now->ask = ask;
    else
        rt_tls_answer(ask, &yes);
}

static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    (void)arg;
    (void)shown;
    rt_tls_answer(ask, &yes);
}

static gba_rc on_psk_client(void *arg, gba_view hint, uint16_t suite, struct rt_tls_psk *out)
{
    (void)arg;
    (void)hint;
    (void)suite;
    gba_copy(out->key, GBA_ARRAY(psk));
    out->n = sizeof psk;
    return gba_text_set(&out->identity, GBA_LIT("me@example"));
}

static void on_wake(void *owner)
{
    (void)owner;
}

static bool move(struct rt_tls *from, struct rt_tls *to)
{
    struct rt_buf octets = {0};
    bool moved = rt_tls_take(from, &octets);
    if (moved)
        rt_tls_feed(to, rt_buf_view(&octets));
    rt_buf_free(&octets);
    return moved;
}

static void pump(struct bench *b, struct both *both)
{
    b->now = both;
    while (move(both->client, both->server) || move(both->server, both->client))
        ;
}

static gba_rc begin(struct bench *b, struct both *both)
{
    struct rt_tls_new client = {.loop = b->loop, .ctx = b->client_ctx, .hooks = &b->client, .wake = on_wake};
    struct rt_tls_new server = {
        .loop = b->loop, .ctx = b->server_ctx, .hooks = &b->server, .peer = GBA_LIT("peer"), .wake = on_wake};
    *both = (struct both){0};
    GBA_TRY(rt_tls_new(&client, &both->client));
    GBA_TRY(rt_tls_new(&server, &both->server));
    rt_tls_start(both->client);
    pump(b, both);
    return GBA_OK;
}

static void end(struct bench *b, struct both *both)
{
    bool open = rt_tls_state(both->client) == RT_TLS_OPEN && rt_tls_state(both->server) == RT_TLS_OPEN;
    b->opened += open;
    b->failed += !open;
    rt_tls_free(both->client);
    rt_tls_free(both->server);
}

/* As many handshakes as wait together. */
static gba_rc batch(struct bench *b, struct both *pairs)
{
    for (size_t i = 0; i < b->at_once; i++)
        GBA_TRY(begin(b, &pairs[i]));
    for (size_t i = 0; i < b->at_once; i++)
        if (pairs[i].ask)
            rt_tls_answer(pairs[i].ask, &yes);
    uv_run(rt_loop_uv(b->loop), UV_RUN_NOWAIT);
    for (size_t i = 0; i < b->at_once; i++) {
        pump(b, &pairs[i]);
        end(b, &pairs[i]);
    }
    return GBA_OK;
}

static gba_rc contexts(struct bench *b, const struct kind *kind)
{
    struct rt_tls_ctx_conf conf = {.dtls = kind->dtls, .suites = kind->suites};
    if (kind->certificates) {
        conf.cert_pem = rt_buf_view(&b->cert);
        conf.key_pem = rt_buf_view(&b->key);
        conf.ask_cert = true;
    }
    GBA_TRY(rt_tls_ctx_new(&conf, &b->client_ctx));
    conf.server = true;
    return rt_tls_ctx_new(&conf, &b->server_ctx);
}

static struct rusage usage(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used;
}

static double cpu_us(const struct rusage *used)
{
    return 1e6 * (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
           (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

static void report(const struct bench *b, const struct kind *kind, double s, const struct rusage *before)
{
    struct rusage used = usage();
    double n = (double)b->opened;
    printf("tls %-20s at-once=%zu handshakes=%.0f failures=%.0f rate=%.0f/s cpu=%.0fus rss=%.0fMB\n",
           kind->name, kind->at_once, n, (double)b->failed, n / s, (cpu_us(&used) - cpu_us(before)) / n,
           (double)used.ru_maxrss / 1024);
}

static gba_rc run(struct bench *b, const struct kind *kind)
{
    struct both *pairs = calloc(kind->at_once, sizeof *pairs);
    gba_rc rc = pairs ? contexts(b, kind) : GBA_E_MEMORY;
    struct rusage before = usage();
    uint64_t began = uv_hrtime();
    b->at_once = kind->at_once;
    b->opened = b->failed = 0;
    while (rc == GBA_OK && uv_hrtime() - began < RUN_MS * UINT64_C(1000000))
        rc = batch(b, pairs);
    if (rc == GBA_OK)
        report(b, kind, (double)(uv_hrtime() - began) / 1e9, &before);
    rt_tls_ctx_free(b->client_ctx);
    rt_tls_ctx_free(b->server_ctx);
    b->client_ctx = b->server_ctx = NULL;
    free(pairs);
    return rc;
}

static gba_rc run_all(struct bench *b)
{
    static const struct kind kinds[] = {
        {"key", "PSK-AES128-CBC-SHA256", false, false, 1},
        {"key, later", "PSK-AES128-CBC-SHA256", false, false, MANY},
        {"key, forward secrecy", "ECDHE-PSK-AES128-CBC-SHA256", false, false, 1},
        {"key, DTLS", "PSK-AES128-CCM8", true, false, 1},
        {"certificates", "ECDHE-ECDSA-AES128-SHA256", false, true, 1},
        {"certificates, DTLS", "ECDHE-ECDSA-AES128-CCM8", true, true, 1},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!kinds[i].certificates || b->cert.n > 0)
            GBA_TRY(run(b, &kinds[i]));
    return GBA_OK;
}

static gba_rc read_pem(const char *path, struct rt_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    gba_rc rc = rt_buf_reserve(out, PEM_MAX);
    gba_writer w = rt_buf_room(out, PEM_MAX);
    if (rc == GBA_OK)
        rc = rt_file_read(fd, &w);
    out->n = w.n;
    close(fd);
    return rc;
}

int main(int argc, char **argv)
{
    struct bench b = {.client = {.arg = &b, .psk_client = on_psk_client, .cert = on_cert},
                      .server = {.arg = &b, .psk = on_psk, .cert = on_cert}};
    if (argc != 1 && argc != 3) {
        fprintf(stderr, "usage: tls [CERT KEY]\n");
        return 2;
    }
    gba_rc rc = argc == 3 ? read_pem(argv[1], &b.cert) : GBA_OK;
    if (rc == GBA_OK && argc == 3)
        rc = read_pem(argv[2], &b.key);
    if (rc == GBA_OK)
        rc = rt_loop_new(&b.loop);
    if (rc == GBA_OK)
        rc = run_all(&b);
    if (b.loop)
        rt_loop_free(b.loop);
    rt_buf_free(&b.cert);
    rt_buf_free(&b.key);
    if (rc != GBA_OK)
        fprintf(stderr, "tls: %s\n", gba_rc_text(rc));
    return rc == GBA_OK ? 0 : 1;
}
