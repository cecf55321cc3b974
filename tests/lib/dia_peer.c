/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/lib/dia_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gba/base/text.h"

enum {
    AVP_SESSION_ID = 263,
    AVP_ORIGIN_HOST = 264,
    AVP_ORIGIN_REALM = 296,
    AVP_DEST_REALM = 283,
    AVP_HOST_IP = 257,
    AVP_VENDOR_ID = 266,
    AVP_PRODUCT = 269,
    AVP_RESULT = 268,
    AVP_VSAI = 260,
    AVP_AUTH_APP = 258,
    AVP_AUTH_STATE = 277,
    TGPP = 10415,
    ZN = 16777220,
    ZH = 16777221,
    RETRY_MS = 10,
};

struct t_peer t_peer_of(const char *host, const char *realm)
{
    return (struct t_peer){.fd = -1, .host = host, .realm = realm, .ids = 0x1000};
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- connections ---- */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int t_peer_listen(uint16_t *port)
{
    struct sockaddr_in at = loopback(*port);
    socklen_t n = sizeof at;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, n) || listen(fd, 8) || getsockname(fd, (struct sockaddr *)&at, &n)) {
        close(fd);
        return -1;
    }
    *port = ntohs(at.sin_port);
    return fd;
}

uint16_t t_free_port(void)
{
    uint16_t port = 0;
    int fd = t_peer_listen(&port);
    close(fd);
    return port;
}

static void adopt(struct t_peer *p, int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    p->fd = fd;
    p->have = 0;
}

bool t_peer_connect(struct t_peer *p, uint16_t port, int ms)
{
    struct sockaddr_in to = loopback(port);
    int64_t end = now_ms() + ms;
    do {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
            adopt(p, fd);
            return true;
        }
        close(fd);
        poll(NULL, 0, RETRY_MS);
    } while (now_ms() < end);
    return false;
}

bool t_peer_accept(struct t_peer *p, int listener, int ms)
{
    struct pollfd on = {.fd = listener, .events = POLLIN};
    if (poll(&on, 1, ms) != 1)
        return false;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    adopt(p, fd);
    return true;
}

bool t_peer_tls(struct t_peer *p, const struct t_peer_tls *files, bool connecting)
{
    gnutls_certificate_credentials_t creds = NULL;
    gnutls_session_t tls = NULL;
    if (gnutls_certificate_allocate_credentials(&creds) < 0)
        return false;
    p->creds = creds;
    if (gnutls_certificate_set_x509_key_file(creds, files->cert, files->key, GNUTLS_X509_FMT_PEM) < 0 ||
        gnutls_certificate_set_x509_trust_file(creds, files->ca, GNUTLS_X509_FMT_PEM) < 0 ||
        gnutls_init(&tls, GNUTLS_NO_SIGNAL | (connecting ? GNUTLS_CLIENT : GNUTLS_SERVER)) < 0)
        return false;
    p->tls = tls;
    if (!connecting)
        gnutls_certificate_server_set_request(tls, GNUTLS_CERT_REQUIRE);
    gnutls_set_default_priority(tls);
    gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, creds);
    gnutls_transport_set_int(tls, p->fd);
    gnutls_handshake_set_timeout(tls, 5000);
    int rc;
    do
        rc = gnutls_handshake(tls);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    return rc >= 0;
}

void t_peer_close(struct t_peer *p)
{
    if (p->tls)
        gnutls_deinit(p->tls);
    if (p->creds)
        gnutls_certificate_free_credentials(p->creds);
    if (p->fd >= 0)
        close(p->fd);
    p->tls = p->creds = NULL;
    p->fd = -1;
}

bool t_peer_send(struct t_peer *p, gba_view v)
{
    while (v.n > 0) {
        ssize_t n = p->tls ? gnutls_record_send(p->tls, v.p, v.n) : send(p->fd, v.p, v.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        v = gba_view_sub(v, (size_t)n, v.n);
    }
    return true;
}

/* Octets into the buffer: more than 0, 0 at the end, -1 when none came in time. */
static int fill(struct t_peer *p, int ms)
{
    struct pollfd on = {.fd = p->fd, .events = POLLIN};
    bool ready = p->tls && gnutls_record_check_pending(p->tls) > 0;
    if (!ready && poll(&on, 1, ms) != 1)
        return -1;
    uint8_t *at = p->buffer + p->have;
    size_t room = sizeof p->buffer - p->have;
    ssize_t n = p->tls ? gnutls_record_recv(p->tls, at, room) : recv(p->fd, at, room, 0);
    if (p->tls && (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED))
        return 1;
    if (n <= 0)
        return 0;
    p->have += (size_t)n;
    return (int)n;
}

static bool take(struct t_peer *p, gba_view *message)
{
    gba_reader r = gba_reader_of(gba_view_of(p->buffer, p->have));
    gba_get_u8(&r);
    size_t n = gba_get_u24(&r);
    if (p->have < 20 || n < 20 || p->have < n)
        return false;
    gba_copy(p->message, gba_view_of(p->buffer, n));
    *message = gba_view_of(p->message, n);
    p->have -= n;
    for (size_t i = 0; i < p->have; i++)
        p->buffer[i] = p->buffer[n + i];
    return true;
}

/* True when message was a DWR and has been seen to. */
static bool watchdog(struct t_peer *p, gba_view message)
{
    uint8_t octets[512];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    struct t_dia_header h = t_dia_header_of(message);
    if (h.cmd != T_DWR || !(h.flags & T_DIA_REQUEST))
        return false;
    if (p->mute)
        return true;
    h.flags = 0;
    t_dia_begin(&w, h);
    t_avp_u32(&w, AVP_RESULT, 0, 2001);
    t_avp_text(&w, AVP_ORIGIN_HOST, 0, p->host);
    t_avp_text(&w, AVP_ORIGIN_REALM, 0, p->realm);
    t_dia_end(&w);
    t_peer_send(p, gba_writer_view(&w));
    return true;
}

enum t_got t_peer_receive(struct t_peer *p, gba_view *message, int ms)
{
    int64_t end = now_ms() + ms;
    for (;;) {
        while (!take(p, message)) {
            int64_t left = end - now_ms();
            int n = fill(p, left > 0 ? (int)left : 0);
            if (n <= 0)
                return n < 0 ? T_NOTHING : T_CLOSED;
        }
        if (!watchdog(p, *message))
            return T_GOT;
    }
}

/* ---- messages ---- */

struct t_dia_header t_dia_header_of(gba_view message)
{
    gba_reader r = gba_reader_of(message);
    struct t_dia_header h;
    gba_get_u32(&r);
    h.flags = gba_get_u8(&r);
    h.cmd = gba_get_u24(&r);
    h.app = gba_get_u32(&r);
    h.hop = gba_get_u32(&r);
    h.end = gba_get_u32(&r);
    return h;
}

static void patch_u24(gba_writer *w, size_t at, size_t value)
{
    gba_writer in = gba_writer_of(w->p + at, 3);
    gba_put_u24(&in, (uint32_t)value);
}

void t_dia_begin(gba_writer *w, struct t_dia_header h)
{
    gba_put_u32(w, 0x01000000);
    gba_put_u8(w, h.flags);
    gba_put_u24(w, h.cmd);
    gba_put_u32(w, h.app);
    gba_put_u32(w, h.hop);
    gba_put_u32(w, h.end);
}

void t_dia_end(gba_writer *w)
{
    patch_u24(w, 1, w->n);
}

size_t t_group(gba_writer *w, uint32_t code, uint32_t vendor)
{
    size_t at = w->n;
    gba_put_u32(w, code);
    gba_put_u8(w, vendor ? T_AVP_V | T_AVP_M : T_AVP_M);
    gba_put_u24(w, 0);
    if (vendor)
        gba_put_u32(w, vendor);
    return at;
}

void t_group_end(gba_writer *w, size_t at)
{
    patch_u24(w, at + 5, w->n - at);
    gba_put_fill(w, 0, (4 - (w->n - at) % 4) % 4);
}

void t_avp(gba_writer *w, uint32_t code, uint32_t vendor, gba_view data)
{
    size_t at = t_group(w, code, vendor);
    gba_put_view(w, data);
    t_group_end(w, at);
}

void t_avp_text(gba_writer *w, uint32_t code, uint32_t vendor, const char *data)
{
    t_avp(w, code, vendor, gba_view_cstr(data));
}

void t_avp_u32(gba_writer *w, uint32_t code, uint32_t vendor, uint32_t data)
{
    uint8_t octets[4];
    gba_writer in = gba_writer_of(octets, sizeof octets);
    gba_put_u32(&in, data);
    t_avp(w, code, vendor, gba_writer_view(&in));
}

void t_avp_odd(gba_writer *w, uint32_t code, uint8_t flags, uint32_t length, gba_view data)
{
    gba_put_u32(w, code);
    gba_put_u8(w, flags);
    gba_put_u24(w, length);
    gba_put_view(w, data);
}

gba_view t_dia_find(gba_view message, uint32_t code, uint32_t vendor)
{
    gba_reader r = gba_reader_of(message);
    gba_get_view(&r, 20);
    while (gba_reader_left(&r) >= 8) {
        uint32_t c = gba_get_u32(&r);
        bool v = gba_get_u8(&r) & T_AVP_V;
        size_t n = gba_get_u24(&r);
        size_t header = v ? 12 : 8;
        uint32_t id = v ? gba_get_u32(&r) : 0;
        gba_view data = gba_get_view(&r, n < header ? SIZE_MAX : n - header);
        if (c == code && id == vendor && !r.bad)
            return data;
        if (n % 4)
            gba_get_view(&r, 4 - n % 4);
    }
    return (gba_view){NULL, 0};
}

uint32_t t_dia_find_u32(gba_view message, uint32_t code, uint32_t vendor)
{
    gba_reader r = gba_reader_of(t_dia_find(message, code, vendor));
    return gba_get_u32(&r);
}

static void put_apps(gba_writer *w, uint32_t only)
{
    static const uint32_t apps[] = {ZN, ZH};
    for (size_t i = 0; i < 2; i++) {
        if (only != 0 && apps[i] != only)
            continue;
        size_t at = t_group(w, AVP_VSAI, 0);
        t_avp_u32(w, AVP_VENDOR_ID, 0, TGPP);
        t_avp_u32(w, AVP_AUTH_APP, 0, apps[i]);
        t_group_end(w, at);
    }
}

void t_dia_request(struct t_peer *p, gba_writer *w, uint32_t cmd, const char *dest_realm)
{
    uint8_t id[128];
    gba_writer sid = gba_writer_of(id, sizeof id);
    uint32_t n = p->ids++;
    uint32_t app = cmd == T_BIR ? ZN : ZH;
    gba_put_str(&sid, p->host);
    gba_put_str(&sid, ";1;");
    gba_put_dec(&sid, n);
    t_dia_begin(w, (struct t_dia_header){T_DIA_REQUEST | T_DIA_PROXIABLE, cmd, app, n, n});
    t_avp(w, AVP_SESSION_ID, 0, gba_writer_view(&sid));
    put_apps(w, app);
    t_avp_u32(w, AVP_AUTH_STATE, 0, 1);
    t_avp_text(w, AVP_ORIGIN_HOST, 0, p->host);
    t_avp_text(w, AVP_ORIGIN_REALM, 0, p->realm);
    t_avp_text(w, AVP_DEST_REALM, 0, dest_realm);
}

void t_dia_answer(struct t_peer *p, gba_writer *w, gba_view request, uint32_t result)
{
    struct t_dia_header h = t_dia_header_of(request);
    h.flags &= T_DIA_PROXIABLE;
    t_dia_begin(w, h);
    t_avp(w, AVP_SESSION_ID, 0, t_dia_find(request, AVP_SESSION_ID, 0));
    put_apps(w, h.app);
    t_avp_u32(w, AVP_RESULT, 0, result);
    t_avp_u32(w, AVP_AUTH_STATE, 0, 1);
    t_avp_text(w, AVP_ORIGIN_HOST, 0, p->host);
    t_avp_text(w, AVP_ORIGIN_REALM, 0, p->realm);
}

/* ---- capabilities ---- */

static void put_capabilities(struct t_peer *p, gba_writer *w)
{
    static const uint8_t address[] = {0, 1, 127, 0, 0, 1};
    t_avp_text(w, AVP_ORIGIN_HOST, 0, p->host);
    t_avp_text(w, AVP_ORIGIN_REALM, 0, p->realm);
    t_avp(w, AVP_HOST_IP, 0, GBA_ARRAY(address));
    t_avp_u32(w, AVP_VENDOR_ID, 0, 0);
    t_avp_odd(w, AVP_PRODUCT, 0, 12, GBA_LIT("test"));
    put_apps(w, 0);
}

void t_dia_capabilities(struct t_peer *p, gba_writer *w)
{
    uint32_t n = p->ids++;
    t_dia_begin(w, (struct t_dia_header){T_DIA_REQUEST, T_CER, 0, n, n});
    put_capabilities(p, w);
    t_dia_end(w);
}

bool t_peer_open(struct t_peer *p, int ms)
{
    uint8_t octets[512];
    gba_view cea;
    gba_writer w = gba_writer_of(octets, sizeof octets);
    t_dia_capabilities(p, &w);
    return t_peer_send(p, gba_writer_view(&w)) && t_peer_receive(p, &cea, ms) == T_GOT &&
           t_dia_header_of(cea).cmd == T_CER && t_dia_find_u32(cea, AVP_RESULT, 0) == 2001;
}

bool t_peer_welcome(struct t_peer *p, int ms)
{
    uint8_t octets[512];
    gba_view cer;
    gba_writer w = gba_writer_of(octets, sizeof octets);
    if (t_peer_receive(p, &cer, ms) != T_GOT || t_dia_header_of(cer).cmd != T_CER)
        return false;
    struct t_dia_header h = t_dia_header_of(cer);
    h.flags = 0;
    t_dia_begin(&w, h);
    t_avp_u32(&w, AVP_RESULT, 0, 2001);
    put_capabilities(p, &w);
    t_dia_end(&w);
    return t_peer_send(p, gba_writer_view(&w));
}
