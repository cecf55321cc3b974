/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/enrol ADDRESS:PORT [OPTION=VALUE]...: complete TLS 1.2 or DTLS 1.2 handshakes a
 * second against any server: some connections at once, each exports 48 octets when it is
 * open and is closed then.  The same program asks a MEF, a MAF and `openssl s_server`, so
 * that only the server differs.  Client of plain OpenSSL on one thread.
 *
 *   suite=NAME         the one that is offered
 *   identity=TEXT psk=FILE     pre-shared key, in hexadecimal digits
 *   cert=FILE key=FILE         PEM files of a certificate and its key
 *   name=HOST          what SNI says
 *   dtls=1             DTLS
 *   at-once=N          connections at once (16)
 *   seconds=N          how long (3)
 */
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gba/base/secret.h"
#include "gba/base/text.h"
#include "rt/addr.h"

enum { AT_ONCE_MAX = 256, PSK_MAX = 256, EXPORT_N = 48, FAILURES_MAX = 100, SOURCES = 250, TICK_MS = 50 };

struct options {
    const char *suite, *identity, *psk, *cert, *key, *name, *dtls, *at_once, *seconds;
};

static const struct {
    const char *name;
    size_t offset;
} names[] = {
    {"suite", offsetof(struct options, suite)},       {"identity", offsetof(struct options, identity)},
    {"psk", offsetof(struct options, psk)},           {"cert", offsetof(struct options, cert)},
    {"key", offsetof(struct options, key)},           {"name", offsetof(struct options, name)},
    {"dtls", offsetof(struct options, dtls)},         {"at-once", offsetof(struct options, at_once)},
    {"seconds", offsetof(struct options, seconds)},
};

struct bench {
    struct options options;
    struct sockaddr_storage server;
    uint8_t psk[PSK_MAX];
    size_t psk_n;
    SSL_CTX *ctx;
    SSL *ssl[AT_ONCE_MAX];
    struct pollfd fds[AT_ONCE_MAX];
    size_t at_once;
    size_t under_way;
    uint64_t begun, done, failed;
    bool over; /* what is under way is brought to its end, but nothing begun */
};

/* ---- connections ---- */

/* Each from another loopback address, so that no port is needed twice while the kernel
 * still remembers its last connection. */
static bool bind_source(const struct bench *b, int fd)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    int yes = 1;
    const struct sockaddr_in *to = (const struct sockaddr_in *)&b->server;
    if (b->server.ss_family != AF_INET || ntohl(to->sin_addr.s_addr) >> 24 != 127)
        return true;
    from.sin_addr.s_addr = htonl((uint32_t)(INADDR_LOOPBACK + b->begun % SOURCES));
    return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes) == 0 &&
           bind(fd, (const struct sockaddr *)&from, sizeof from) == 0;
}

static int open_socket(const struct bench *b)
{
    int kind = (b->options.dtls ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = socket(b->server.ss_family, kind, 0);
    socklen_t n = b->server.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (fd >= 0 && bind_source(b, fd) &&
        (connect(fd, (const struct sockaddr *)&b->server, n) == 0 || errno == EINPROGRESS))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static SSL *open_ssl(const struct bench *b, int fd)
{
    SSL *ssl = SSL_new(b->ctx);
    BIO *bio = b->options.dtls ? BIO_new_dgram(fd, BIO_NOCLOSE) : BIO_new_socket(fd, BIO_NOCLOSE);
    if (!ssl || !bio) {
        BIO_free(bio);
        SSL_free(ssl);
        return NULL;
    }
    if (b->options.dtls)
        BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, (void *)&b->server);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, b);
    if (b->options.name)
        SSL_set_tlsext_host_name(ssl, b->options.name);
    return ssl;
}

static void end(struct bench *b, size_t i)
{
    if (b->fds[i].fd >= 0)
        close(b->fds[i].fd);
    SSL_free(b->ssl[i]);
    b->under_way -= b->ssl[i] != NULL;
    b->fds[i].fd = -1;
    b->ssl[i] = NULL;
}

static void begin(struct bench *b, size_t i)
{
    b->begun++;
    b->fds[i] = (struct pollfd){.fd = open_socket(b), .events = POLLOUT};
    b->ssl[i] = b->fds[i].fd >= 0 ? open_ssl(b, b->fds[i].fd) : NULL;
    b->under_way += b->ssl[i] != NULL;
    if (b->ssl[i])
        return;
    end(b, i);
    b->failed++;
}

static bool use(SSL *ssl)
{
    static const char label[] = "EXPORTER-oneM2M-Bootstrap";
    uint8_t exported[EXPORT_N];
    int r = SSL_export_keying_material(ssl, exported, sizeof exported, label, sizeof label - 1, NULL, 0, 0);
    SSL_shutdown(ssl);
    return r == 1;
}

static void go_on(struct bench *b, size_t i)
{
    ERR_clear_error();
    int r = SSL_connect(b->ssl[i]);
    int why = SSL_get_error(b->ssl[i], r);
    b->fds[i].events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ)
        return;
    if (r == 1 && use(b->ssl[i])) {
        b->done++;
    } else {
        if (b->failed++ == 0)
            ERR_print_errors_fp(stderr);
    }
    end(b, i);
    if (!b->over)
        begin(b, i);
}

/* ---- the run ---- */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void retransmit(struct bench *b)
{
    for (size_t i = 0; i < b->at_once; i++) {
        if (b->ssl[i])
            DTLSv1_handle_timeout(b->ssl[i]);
    }
}

static void turn(struct bench *b)
{
    int ready = poll(b->fds, b->at_once, TICK_MS);
    if (ready <= 0 && b->options.dtls)
        retransmit(b);
    for (size_t i = 0; ready > 0 && i < b->at_once; i++) {
        if (b->fds[i].revents != 0)
            go_on(b, i);
    }
}

static void print_result(const struct bench *b, double took, double cpu)
{
    printf("enrol suite=%s at-once=%zu handshakes=%llu failures=%llu seconds=%.2f rate=%.0f/s "
           "client-cpu=%.0fus\n",
           b->options.suite, b->at_once, (unsigned long long)b->done, (unsigned long long)b->failed, took,
           (double)b->done / took, b->done > 0 ? 1e6 * cpu / (double)b->done : 0);
}

static void run(struct bench *b, double seconds)
{
    double began = now_s(), cpu = cpu_s(), took = 0;
    for (size_t i = 0; i < b->at_once; i++)
        begin(b, i);
    while (took < seconds && b->failed < FAILURES_MAX) {
        turn(b);
        took = now_s() - began;
    }
    cpu = cpu_s() - cpu;
    print_result(b, took, cpu);
    b->over = true; /* a server that serves one after the other would wait for it */
    while (b->under_way > 0 && now_s() - began < took + 1)
        turn(b);
    for (size_t i = 0; i < b->at_once; i++)
        end(b, i);
}

/* ---- what it connects with ---- */

static unsigned on_psk(SSL *ssl, const char *hint, char *identity, unsigned max_identity, unsigned char *psk,
                       unsigned max)
{
    const struct bench *b = SSL_get_app_data(ssl);
    gba_view text = gba_view_cstr(b->options.identity);
    (void)hint;
    if (text.n >= max_identity || b->psk_n > max)
        return 0;
    gba_copy(identity, gba_view_of(text.p, text.n + 1));
    gba_copy(psk, gba_view_of(b->psk, b->psk_n));
    return (unsigned)b->psk_n;
}

static bool read_psk(struct bench *b)
{
    char line[2 * PSK_MAX + 2] = "";
    FILE *file = fopen(b->options.psk, "r");
    bool ok = file && fgets(line, sizeof line, file);
    if (file)
        fclose(file);
    line[strcspn(line, "\n")] = '\0';
    b->psk_n = strlen(line) / 2;
    return ok && b->psk_n > 0 && gba_hex_parse(gba_view_cstr(line), b->psk, b->psk_n) == GBA_OK;
}

/*= TS-0003 10.2: nothing is resumed, P-256 and SHA-256 */
static bool prepare(struct bench *b)
{
    const struct options *o = &b->options;
    int version = o->dtls ? DTLS1_2_VERSION : TLS1_2_VERSION;
    b->ctx = SSL_CTX_new(o->dtls ? DTLS_client_method() : TLS_client_method());
    if (!b->ctx || SSL_CTX_set_min_proto_version(b->ctx, version) != 1 ||
        SSL_CTX_set_max_proto_version(b->ctx, version) != 1 ||
        SSL_CTX_set1_groups_list(b->ctx, "P-256") != 1 ||
        SSL_CTX_set1_sigalgs_list(b->ctx, "ECDSA+SHA256") != 1 ||
        SSL_CTX_set_cipher_list(b->ctx, o->suite) != 1)
        return false;
    SSL_CTX_set_options(b->ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(b->ctx, SSL_SESS_CACHE_OFF);
    if (o->psk)
        SSL_CTX_set_psk_client_callback(b->ctx, on_psk);
    if (o->psk && (!o->identity || !read_psk(b)))
        return false;
    return !o->cert || (o->key && SSL_CTX_use_certificate_chain_file(b->ctx, o->cert) == 1 &&
                        SSL_CTX_use_PrivateKey_file(b->ctx, o->key, SSL_FILETYPE_PEM) == 1);
}

static bool take(struct options *options, const char *argument)
{
    gba_view name, value;
    if (!gba_view_split(gba_view_cstr(argument), '=', &name, &value))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (gba_view_eq(name, gba_view_cstr(names[i].name))) {
            *(const char **)((char *)options + names[i].offset) = (const char *)value.p;
            return true;
        }
    }
    return false;
}

static bool take_all(struct bench *b, int argc, char **argv, uint64_t *seconds)
{
    uint64_t at_once = 0;
    bool ok = argc > 1 && rt_addr_parse(gba_view_cstr(argv[1]), &b->server) == GBA_OK;
    for (int i = 2; i < argc; i++)
        ok = ok && take(&b->options, argv[i]);
    ok = ok && b->options.suite &&
         gba_dec_parse(gba_view_cstr(b->options.at_once), AT_ONCE_MAX, &at_once) == GBA_OK &&
         gba_dec_parse(gba_view_cstr(b->options.seconds), 600, seconds) == GBA_OK;
    b->at_once = (size_t)at_once;
    return ok && at_once > 0;
}

int main(int argc, char **argv)
{
    static struct bench b = {.options = {.at_once = "16", .seconds = "3"}};
    uint64_t seconds = 0;
    if (!take_all(&b, argc, argv, &seconds)) {
        fprintf(stderr, "usage: enrol ADDRESS:PORT suite=NAME [identity=TEXT psk=FILE] "
                        "[cert=FILE key=FILE] [name=HOST] [dtls=1] [at-once=N] [seconds=N]\n");
        return 2;
    }
    bool ready = prepare(&b);
    if (ready)
        run(&b, (double)seconds);
    else
        fprintf(stderr, "enrol: unusable suite, key or certificate\n");
    SSL_CTX_free(b.ctx);
    gba_wipe(&b.psk);
    return ready && b.done > 0 && b.failed == 0 ? 0 : 1;
}
