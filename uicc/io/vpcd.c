/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/io/vpcd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gba/base/secret.h"
#include "uicc/card.h"

enum { POWER_ON = 1, RESET = 2, ASK_ATR = 4, FRAME_MAX = 65535, RETRY_MS = 100 };

/* ---- connecting ---- */

static int connect_once(const struct addrinfo *addresses)
{
    int on = 1;
    for (const struct addrinfo *a = addresses; a; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0)
            continue;
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return fd;
        }
        close(fd);
    }
    return -1;
}

gba_rc uicc_vpcd_connect(const struct uicc_vpcd_conf *conf, int *fd)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses;
    struct timespec pause = {0, RETRY_MS * 1000000L};
    GBA_ENSURE(getaddrinfo(conf->host, conf->port, &hints, &addresses) == 0, GBA_E_ADDRESS);
    *fd = connect_once(addresses);
    for (unsigned waited = 0; *fd < 0 && waited < conf->wait_s * 1000; waited += RETRY_MS) {
        nanosleep(&pause, NULL);
        *fd = connect_once(addresses);
    }
    freeaddrinfo(addresses);
    return *fd < 0 ? GBA_E_CONNECT : GBA_OK;
}

/* ---- frames ---- */

/* E_PEER_GONE at the end of the stream.
 * vpcd writes length and content apart, with Nagle's algorithm on: without our
 * acknowledgement at once, the second waits for the delayed one (40 ms). The
 * kernel forgets the wish, so it is told again before each read. */
static gba_rc read_exact(int fd, uint8_t *out, size_t n)
{
    int on = 1;
    while (n > 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        ssize_t got = recv(fd, out, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        GBA_ENSURE(got >= 0, GBA_E_IO);
        GBA_ENSURE(got > 0, GBA_E_PEER_GONE);
        out += got;
        n -= (size_t)got;
    }
    return GBA_OK;
}

/* The reader may go away between frames only; what is cut off is a broken connection. */
static gba_rc read_frame(int fd, gba_writer *w)
{
    uint8_t length[2] = {0, 0};
    GBA_TRY(read_exact(fd, length, 1));
    gba_rc rc = read_exact(fd, length + 1, 1);
    uint8_t *room = gba_put_room(w, (size_t)length[0] << 8 | length[1]);
    GBA_ENSURE(room != NULL, GBA_E_TOO_LONG);
    if (rc == GBA_OK)
        rc = read_exact(fd, room, w->n);
    return rc == GBA_E_PEER_GONE ? GBA_E_IO : rc;
}

static gba_rc write_frame(int fd, gba_view content)
{
    uint8_t frame[2 + UICC_RESPONSE_MAX];
    gba_writer w = gba_writer_of(frame, sizeof frame);
    gba_put_u16(&w, (uint16_t)content.n);
    gba_put_view(&w, content);
    GBA_TRY(gba_writer_end(&w));
    ssize_t n = send(fd, frame, w.n, MSG_NOSIGNAL);
    gba_wipe_bytes(frame, sizeof frame);
    return n == (ssize_t)w.n ? GBA_OK : GBA_E_IO;
}

static gba_rc answer(int fd, const struct uicc_vpcd_card *card, gba_view frame)
{
    uint8_t octets[UICC_RESPONSE_MAX];
    gba_writer rsp = gba_writer_of(octets, sizeof octets);
    if (frame.n == 1 && frame.p[0] == ASK_ATR)
        return write_frame(fd, card->atr);
    if (frame.n == 1) {
        if (frame.p[0] == POWER_ON || frame.p[0] == RESET)
            card->reset(card->self);
        return GBA_OK; /* and power off: power on resets */
    }
    card->transmit(card->self, frame, &rsp);
    gba_rc rc = write_frame(fd, gba_writer_view(&rsp));
    gba_wipe_bytes(octets, sizeof octets);
    return rc;
}

gba_rc uicc_vpcd_serve(int fd, const struct uicc_vpcd_card *card)
{
    static uint8_t octets[FRAME_MAX];
    gba_rc rc;
    do {
        gba_writer w = gba_writer_of(octets, sizeof octets);
        rc = read_frame(fd, &w);
        if (rc == GBA_OK)
            rc = answer(fd, card, gba_writer_view(&w));
        gba_wipe_bytes(octets, w.n);
    } while (rc == GBA_OK);
    return rc == GBA_E_PEER_GONE ? GBA_OK : rc;
}
