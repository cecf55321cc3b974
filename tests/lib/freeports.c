/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freeports N: prints N TCP ports, one a line, that are free on 127.0.0.1 and
 * on [::1], where there is IPv6.  All are bound at once, so they differ.  They lie below the range
 * from which the kernel gives ports to outgoing connections, which therefore
 * do not take them before the test does.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/addr.h"

enum { LOWEST = 12000, HIGHEST = 32000, MOST = 100, TRIES = 20000 };

static int bind_text(gba_view host, uint16_t port)
{
    char text[32];
    struct sockaddr_storage addr;
    gba_writer w = gba_writer_of(text, sizeof text);
    gba_put_view(&w, host);
    gba_put_u8(&w, ':');
    gba_put_dec(&w, port);
    if (rt_addr_parse(gba_writer_view(&w), &addr) != GBA_OK)
        return -1;
    socklen_t n = addr.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int fd = socket(addr.ss_family, SOCK_STREAM, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, n) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Both stay bound until this program ends. */
static bool take_port(uint16_t port)
{
    int fd = bind_text(GBA_LIT("127.0.0.1"), port);
    if (fd < 0)
        return false;
    if (bind_text(GBA_LIT("[::1]"), port) >= 0 || errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)
        return true;
    close(fd);
    return false;
}

int main(int argc, char **argv)
{
    uint64_t wanted = 0, found = 0;
    uint16_t random = 0;
    if (argc != 2 || gba_dec_parse(gba_view_cstr(argv[1]), MOST, &wanted) != GBA_OK) {
        fprintf(stderr, "usage: freeports N (at most %d)\n", MOST);
        return 2;
    }
    for (unsigned i = 0; i < TRIES && found < wanted; i++) {
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return 1;
        uint16_t port = (uint16_t)(LOWEST + random % (HIGHEST - LOWEST));
        if (take_port(port)) {
            printf("%u\n", port);
            found++;
        }
    }
    return found == wanted ? 0 : 1;
}
