/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server for tests of TLS and DTLS with foreign clients.
 *
 *   tls_server DIR
 *
 * In DIR: server.pem, server.key; client.der (the certificate that is accepted) and
 * client.spki (the raw key that is accepted).  Listens with TLS (HTTP) and with
 * DTLS (each datagram is echoed, "bye" ends), says "tls ADDRESS:PORT" and "dtls ADDRESS:PORT",
 * then a line an event: "open WHO SUITE EXPORT", "refused REASON".
 *
 * PSK identities: "now" has the key of 32 octets 0x11, "later" the same after 200 ms,
 * "short" a session of 700 ms, "never" is not answered; others are refused.
 * GET /hello, /big (1 MB), /who.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gba/base/secret.h"
#include "rt/dtls.h"
#include "rt/httpd.h"
#include "rt/log.h"

enum { HANDSHAKE_MS = 3000, DTLS_HANDSHAKE_MS = 10000, IDLE_MS = 3000, MAX_SESSIONS = 60, BIG = 1 << 20 };

struct later {
    struct rt_tls_ask *ask;
    bool used;
};

static struct rt_loop *loop;
static gba_view client_der, client_spki;
static struct later waiting[64];

static void fatal(const char *what)
{
    fprintf(stderr, "tls_server: %s\n", what);
    exit(1);
}

static void need(gba_rc rc, const char *what)
{
    if (rc != GBA_OK)
        fatal(what);
}

/* ---- hooks ---- */

static void give(struct rt_tls_ask *ask, int64_t until_ms)
{
    static const uint8_t key[32] = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11};
    struct rt_tls_answer answer = {.psk = GBA_ARRAY(key), .who = GBA_LIT("psk"), .until_ms = until_ms};
    rt_tls_answer(ask, &answer);
}

static void give_later(void *arg)
{
    struct later *l = arg;
    l->used = false;
    give(l->ask, 0);
}

static void on_psk(void *arg, struct rt_tls_ask *ask, gba_view identity, uint16_t suite)
{
    struct rt_tls_answer no = {.rc = GBA_E_ABSENT};
    size_t i = 0;
    (void)arg;
    (void)suite;
    if (gba_view_eq(identity, GBA_LIT("now"))) {
        give(ask, 0);
    } else if (gba_view_eq(identity, GBA_LIT("short"))) {
        give(ask, rt_loop_env(loop)->now_ms + 700);
    } else if (gba_view_eq(identity, GBA_LIT("later")) || gba_view_eq(identity, GBA_LIT("never"))) {
        while (waiting[i].used)
            i++;
        waiting[i] = (struct later){ask, true};
        rt_timer_start(loop, gba_view_eq(identity, GBA_LIT("later")) ? 200 : 3000, give_later, &waiting[i]);
    } else {
        rt_tls_answer(ask, &no);
    }
}

static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    bool good = gba_view_eq(shown->chain[0], shown->raw ? client_spki : client_der);
    struct rt_tls_answer answer = {.rc = good ? GBA_OK : GBA_E_CERT_PATH,
                                   .who = shown->raw ? GBA_LIT("raw") : GBA_LIT("cert")};
    (void)arg;
    rt_tls_answer(ask, &answer);
}

static gba_rc on_open(void *arg, struct rt_tls *tls)
{
    const struct rt_tls_peer *peer = rt_tls_peer(tls);
    uint8_t key[48];
    char line[128];
    gba_writer w = gba_writer_of(line, sizeof line);
    (void)arg;
    need(rt_tls_export(tls, GBA_LIT("EXPORTER-oneM2M-Bootstrap"), key, sizeof key), "no export");
    gba_put_hex(&w, GBA_ARRAY(key));
    printf("open %s %04x %.96s %s\n", peer->who.s, peer->suite, line,
           peer->server_name.n ? peer->server_name.s : "-");
    return GBA_OK;
}

static void on_refused(void *arg, struct rt_tls *tls, gba_rc rc)
{
    (void)arg;
    (void)tls;
    printf("refused %s\n", gba_rc_token(rc));
}

static const struct rt_tls_hooks hooks = {
    .psk = on_psk, .cert = on_cert, .open = on_open, .refused = on_refused};

/* ---- service ---- */

static void serve(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    static uint8_t big[BIG];
    struct gba_http_msg rsp = {.status = 200, .body = GBA_LIT("hello")};
    (void)arg;
    if (gba_view_eq(req->target, GBA_LIT("/big")))
        rsp.body = GBA_ARRAY(big);
    else if (gba_view_eq(req->target, GBA_LIT("/who")))
        rsp.body = gba_text_view(&rt_tls_peer(rt_http_tls(tx))->who);
    rt_http_reply(tx, &rsp);
}

static void echo(void *arg, struct rt_dtls *session, gba_view octets)
{
    (void)arg;
    if (gba_view_starts(octets, GBA_LIT("bye")))
        rt_dtls_close(session);
    else
        need(rt_dtls_send(session, octets), "no echo");
}

/* ---- files ---- */

static gba_view read_file(const char *folder, const char *name)
{
    static uint8_t files[4][4096];
    static size_t used;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(files[used], 1, sizeof files[used], f) : 0;
    if (f)
        fclose(f);
    return gba_view_of(files[used++], n);
}

static void stop(void *arg)
{
    (void)arg;
    rt_loop_stop(loop);
}

static struct rt_tls_ctx *context(bool dtls, gba_view cert, gba_view key)
{
    struct rt_tls_ctx *ctx;
    struct rt_tls_ctx_conf conf = {
        .server = true,
        .dtls = dtls,
        .suites = dtls ? "PSK-AES128-CCM8:ECDHE-ECDSA-AES128-CCM8"
                       : "PSK-AES128-CBC-SHA256:ECDHE-ECDSA-AES128-SHA256",
        .cert_pem = cert,
        .key_pem = key,
        .ask_cert = true,
        .raw_keys = true,
    };
    need(rt_tls_ctx_new(&conf, &ctx), "no context");
    return ctx;
}

static struct rt_httpd *open_tls(struct rt_tls_ctx *ctx)
{
    struct rt_httpd *httpd;
    gba_text address;
    struct rt_httpd_conf conf = {.max_head = 4096,
                                 .max_body = 4096,
                                 .max_conns = 200,
                                 .request_ms = 2000,
                                 .idle_ms = IDLE_MS,
                                 .handshake_ms = HANDSHAKE_MS,
                                 .tls = ctx,
                                 .tls_hooks = &hooks};
    need(gba_text_set(&conf.listen, GBA_LIT("127.0.0.1:0")), "no address");
    need(rt_httpd_open(loop, &conf, serve, NULL, &httpd), "cannot listen");
    rt_httpd_address(httpd, &address);
    printf("tls %s\n", address.s);
    return httpd;
}

static struct rt_dtls_server *open_dtls(struct rt_tls_ctx *ctx)
{
    struct rt_dtls_server *server;
    gba_text address;
    struct rt_dtls_server_conf conf = {.ctx = ctx,
                                       .hooks = &hooks,
                                       .max_sessions = MAX_SESSIONS,
                                       .handshake_ms = DTLS_HANDSHAKE_MS,
                                       .idle_ms = IDLE_MS};
    need(gba_text_set(&conf.listen, GBA_LIT("127.0.0.1:0")), "no address");
    need(rt_dtls_server_open(loop, &conf, echo, NULL, &server), "cannot listen");
    rt_dtls_server_address(server, &address);
    printf("dtls %s\n", address.s);
    return server;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        fatal("usage: tls_server DIR");
    rt_log_init(&(struct rt_log_conf){.program = "tls_server", .level = RT_LOG_INFO, .fd = 2});
    setvbuf(stdout, NULL, _IOLBF, 0);
    gba_view cert = read_file(argv[1], "server.pem"), key = read_file(argv[1], "server.key");
    client_der = read_file(argv[1], "client.der");
    client_spki = read_file(argv[1], "client.spki");
    need(rt_loop_new(&loop), "no loop");
    need(rt_on_signal(loop, 15, stop, NULL), "no signal");
    struct rt_tls_ctx *tls = context(false, cert, key), *dtls = context(true, cert, key);
    struct rt_httpd *httpd = open_tls(tls);
    struct rt_dtls_server *server = open_dtls(dtls);
    rt_loop_run(loop);
    rt_httpd_close(httpd);
    rt_dtls_server_close(server);
    rt_tls_ctx_free(tls);
    rt_tls_ctx_free(dtls);
    rt_loop_free(loop);
    return 0;
}
