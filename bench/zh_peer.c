/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Zh peer that costs next to nothing: an own codec and one thread for one
 * connection, so that what is left of the machine is the BSF's.
 *
 *   zh_peer --card=FILE --listen=PORT [--identity=NAME] [--realm=NAME] [--rate=N]
 *
 * Every subscriber has the key of the card's profile.  With --rate it answers that
 * many MARs a second and lets the others wait, like an HSS at its limit.  Listens on
 * 127.0.0.1; prints "listening" when it does, and ends with its peer.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/profile.h"

enum { IN_MAX = 1 << 20, OUT_MAX = 1 << 20, WAITING_MAX = 1 << 16, MAA_MAX = 1024 };
enum { SID_MAX = 200, IMPI_MAX = 128 };
enum { CER = 257, DWR = 280, DPR = 282, MAR = 303, M = 0x40, VM = 0xc0, VENDOR = 10415, ZH = 16777221 };

/* A MAR that waits for its answer. */
struct waiting {
    uint32_t hop, end;
    uint8_t sid[SID_MAX], impi[IMPI_MAX];
    uint8_t sid_n, impi_n;
};

static struct {
    struct bench_profile profile;
    gba_text identity, realm;
    uint64_t rate; /* 0: without limit */
    uint64_t sqn, answered, from_ns;
    int fd;
    size_t in_n, first, n;
    uint8_t in[IN_MAX], out[OUT_MAX];
    struct waiting waiting[WAITING_MAX];
} peer;

static void die(const char *what)
{
    fprintf(stderr, "zh_peer: %s\n", what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* ---- writing ---- */

static size_t begin(gba_writer *w, uint32_t flags, uint32_t cmd, uint32_t app)
{
    size_t at = w->n;
    gba_put_u8(w, 1);
    gba_put_u24(w, 0);
    gba_put_u8(w, (uint8_t)flags);
    gba_put_u24(w, cmd);
    gba_put_u32(w, app);
    return at;
}

static void end(gba_writer *w, size_t at)
{
    uint32_t n = (uint32_t)(w->n - at);
    w->p[at + 1] = (uint8_t)(n >> 16);
    w->p[at + 2] = (uint8_t)(n >> 8);
    w->p[at + 3] = (uint8_t)n;
}

static void avp(gba_writer *w, uint32_t code, uint8_t flags, gba_view data)
{
    bool vendor = flags & 0x80;
    gba_put_u32(w, code);
    gba_put_u8(w, flags);
    gba_put_u24(w, (uint32_t)data.n + (vendor ? 12 : 8));
    if (vendor)
        gba_put_u32(w, VENDOR);
    gba_put_view(w, data);
    for (size_t i = data.n; i % 4 != 0; i++)
        gba_put_u8(w, 0);
}

static void number(gba_writer *w, uint32_t code, uint32_t value)
{
    uint8_t b[4];
    gba_writer v = gba_writer_of(b, sizeof b);
    gba_put_u32(&v, value);
    avp(w, code, M, GBA_ARRAY(b));
}

static void origin(gba_writer *w)
{
    avp(w, 264, M, gba_text_view(&peer.identity));
    avp(w, 296, M, gba_text_view(&peer.realm));
}

static void application(gba_writer *w)
{
    uint8_t b[32];
    gba_writer inside = gba_writer_of(b, sizeof b);
    number(&inside, 266, VENDOR);
    number(&inside, 258, ZH);
    avp(w, 260, M, gba_writer_view(&inside));
}

static void vector(gba_writer *w)
{
    uint8_t b[256], both[32];
    gba_aka_vector av;
    gba_rand rand = {{0}};
    gba_writer at = gba_writer_of(rand.b, sizeof rand.b);
    gba_put_u64(&at, ++peer.sqn);
    if (gba_aka_generate(&peer.profile.key, &rand, peer.sqn << 5, (gba_amf){{0, 0}}, &av) != GBA_OK)
        die("no vector");
    at = gba_writer_of(both, sizeof both);
    gba_put_view(&at, GBA_ARRAY(av.rand.b));
    gba_put_view(&at, GBA_ARRAY(av.autn.b));
    gba_writer inside = gba_writer_of(b, sizeof b);
    avp(&inside, 608, VM, GBA_LIT("Digest-AKAv1-MD5"));
    avp(&inside, 609, VM, GBA_ARRAY(both));
    avp(&inside, 610, VM, gba_view_of(av.xres.b, av.xres.n));
    avp(&inside, 625, VM, GBA_ARRAY(av.ck.b));
    avp(&inside, 626, VM, GBA_ARRAY(av.ik.b));
    avp(w, 612, VM, gba_writer_view(&inside));
    gba_wipe(&av);
}

/* ---- answers ---- */

static void capabilities(gba_writer *w)
{
    uint8_t ip[6] = {0, 1, 127, 0, 0, 1};
    avp(w, 257, M, GBA_ARRAY(ip));
    number(w, 266, 0);
    avp(w, 269, 0, GBA_LIT("zh_peer"));
    number(w, 265, VENDOR);
    application(w);
}

static void answer_base(gba_writer *w, uint32_t cmd, gba_view ids)
{
    size_t at = begin(w, 0, cmd, 0);
    gba_put_view(w, ids);
    number(w, 268, 2001);
    origin(w);
    if (cmd == CER)
        capabilities(w);
    end(w, at);
}

static void answer_mar(gba_writer *w, const struct waiting *mar)
{
    size_t at = begin(w, 0x40, MAR, ZH);
    gba_put_u32(w, mar->hop);
    gba_put_u32(w, mar->end);
    avp(w, 263, M, gba_view_of(mar->sid, mar->sid_n));
    application(w);
    number(w, 268, 2001);
    number(w, 277, 1);
    origin(w);
    avp(w, 1, M, gba_view_of(mar->impi, mar->impi_n));
    vector(w);
    end(w, at);
}

/* ---- reading ---- */

static gba_view find(gba_view message, uint32_t code)
{
    gba_reader r = gba_reader_of(gba_view_sub(message, 20, message.n));
    while (gba_reader_left(&r) >= 8) {
        uint32_t got = gba_get_u32(&r);
        bool vendor = gba_get_u8(&r) & 0x80;
        uint32_t head = vendor ? 12 : 8, n = gba_get_u24(&r);
        if (n < head)
            break;
        if (vendor)
            (void)gba_get_u32(&r);
        gba_view data = gba_get_view(&r, n - head);
        (void)gba_get_view(&r, (4 - n % 4) % 4);
        if (got == code && !vendor)
            return data;
    }
    return (gba_view){NULL, 0};
}

static void keep(gba_view message, uint32_t hop, uint32_t end_to_end)
{
    gba_view sid = find(message, 263), impi = find(message, 1);
    if (peer.n == WAITING_MAX || sid.n > SID_MAX || impi.n > IMPI_MAX)
        die("too much at once");
    struct waiting *mar = &peer.waiting[(peer.first + peer.n++) % WAITING_MAX];
    *mar = (struct waiting){
        .hop = hop, .end = end_to_end, .sid_n = (uint8_t)sid.n, .impi_n = (uint8_t)impi.n};
    gba_copy(mar->sid, sid);
    gba_copy(mar->impi, impi);
}

static void take(gba_view message, gba_writer *out)
{
    gba_reader r = gba_reader_of(gba_view_sub(message, 4, 16));
    bool request = gba_get_u8(&r) & 0x80;
    uint32_t cmd = gba_get_u24(&r);
    (void)gba_get_u32(&r);
    uint32_t hop = gba_get_u32(&r), end_to_end = gba_get_u32(&r);
    if (!request)
        return;
    if (cmd == MAR)
        keep(message, hop, end_to_end);
    else
        answer_base(out, cmd, gba_view_sub(message, 12, 8));
}

/* All whole messages; what is left is moved to the front. */
static void take_all(gba_writer *out)
{
    size_t at = 0;
    while (peer.in_n - at >= 20) {
        const uint8_t *p = peer.in + at;
        size_t n = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (n < 20 || n > 65536)
            die("not a Diameter message");
        if (peer.in_n - at < n)
            break;
        take(gba_view_of(p, n), out);
        at += n;
    }
    gba_copy(peer.in, gba_view_of(peer.in + at, peer.in_n - at));
    peer.in_n -= at;
}

static uint64_t may_answer(void)
{
    if (peer.rate == 0)
        return UINT64_MAX;
    uint64_t due = (now_ns() - peer.from_ns) / 1000 * peer.rate / 1000000;
    /* what was not asked for in time is not made up for */
    if (due > peer.answered + peer.rate / 50 + 1)
        peer.answered = due - peer.rate / 50 - 1;
    return due - peer.answered;
}

static void answer_waiting(gba_writer *out)
{
    for (uint64_t may = may_answer(); may > 0 && peer.n > 0 && OUT_MAX - out->n > MAA_MAX; may--) {
        answer_mar(out, &peer.waiting[peer.first]);
        peer.first = (peer.first + 1) % WAITING_MAX;
        peer.n--;
        peer.answered++;
    }
}

/* ---- the connection ---- */

static void write_all(gba_view octets)
{
    while (octets.n > 0) {
        ssize_t n = write(peer.fd, octets.p, octets.n);
        if (n < 0 && errno != EINTR)
            exit(0);
        if (n > 0)
            octets = gba_view_sub(octets, (size_t)n, octets.n);
    }
}

static void serve(void)
{
    struct pollfd p = {.fd = peer.fd, .events = POLLIN};
    peer.from_ns = now_ns();
    for (;;) {
        gba_writer out = gba_writer_of(peer.out, sizeof peer.out);
        if (poll(&p, 1, peer.rate > 0 && peer.n > 0 ? 1 : -1) > 0) {
            ssize_t n = read(peer.fd, peer.in + peer.in_n, sizeof peer.in - peer.in_n);
            if (n <= 0)
                return;
            peer.in_n += (size_t)n;
            take_all(&out);
        }
        answer_waiting(&out);
        write_all(gba_writer_view(&out));
    }
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (s < 0 || bind(s, (struct sockaddr *)&address, sizeof address) != 0 || listen(s, 1) != 0)
        die("cannot listen");
    puts("listening");
    fflush(stdout);
    return s;
}

static void usage(void)
{
    fprintf(stderr, "usage: zh_peer --card=FILE --listen=PORT [--identity=NAME] [--realm=NAME] [--rate=N]\n");
    exit(2);
}

static uint64_t parse_number(const char *text)
{
    uint64_t n;
    if (gba_dec_parse(gba_view_cstr(text), 1000000, &n) != GBA_OK)
        usage();
    return n;
}

static void parse_text(const char *text, gba_text *out)
{
    if (gba_text_set(out, gba_view_cstr(text)) != GBA_OK)
        usage();
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"card", required_argument, NULL, 'c'},     {"listen", required_argument, NULL, 'l'},
        {"identity", required_argument, NULL, 'i'}, {"realm", required_argument, NULL, 'r'},
        {"rate", required_argument, NULL, 'n'},     {NULL, 0, NULL, 0},
    };
    const char *card = NULL;
    uint64_t port = 0;
    int c, one = 1;
    parse_text("hss.home.example", &peer.identity);
    parse_text("home.example", &peer.realm);
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'c')
            card = optarg;
        else if (c == 'l')
            port = parse_number(optarg);
        else if (c == 'i')
            parse_text(optarg, &peer.identity);
        else if (c == 'r')
            parse_text(optarg, &peer.realm);
        else if (c == 'n')
            peer.rate = parse_number(optarg);
        else
            usage();
    }
    if (!card || port == 0 || port > UINT16_MAX)
        usage();
    if (!bench_profile_read(card, &peer.profile))
        return 2;
    peer.fd = accept(listen_on((uint16_t)port), NULL, NULL);
    setsockopt(peer.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    serve();
    gba_wipe(&peer.profile.key);
    return 0;
}
