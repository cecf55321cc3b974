/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { HOST_MAX = INET6_ADDRSTRLEN };

/* Host and port apart; the brackets of [HOST]:PORT say that it is IPv6. */
static bool split_host(gba_view text, gba_view *host, gba_view *port)
{
    size_t colon = gba_view_find_last(text, ':');
    *host = gba_view_sub(text, 0, colon);
    *port = gba_view_sub(text, colon + 1, text.n);
    if (!gba_view_starts(*host, GBA_LIT("[")) || !gba_view_ends(*host, GBA_LIT("]")))
        return false;
    *host = gba_view_sub(*host, 1, host->n - 2);
    return true;
}

gba_rc rt_addr_parse(gba_view text, struct sockaddr_storage *out)
{
    gba_view host, port;
    uint64_t number;
    char name[HOST_MAX] = "";
    struct sockaddr_storage addr = {0};
    bool v6 = split_host(text, &host, &port);
    GBA_ENSURE(gba_dec_parse(port, UINT16_MAX, &number) == GBA_OK, GBA_E_ADDRESS);
    GBA_ENSURE(host.n < sizeof name && gba_view_find(host, 0) == host.n, GBA_E_ADDRESS);
    gba_copy(name, host);
    if (v6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)number);
        GBA_ENSURE(inet_pton(AF_INET6, name, &in6->sin6_addr) == 1, GBA_E_ADDRESS);
    } else {
        struct sockaddr_in *in4 = (struct sockaddr_in *)&addr;
        in4->sin_family = AF_INET;
        in4->sin_port = htons((uint16_t)number);
        GBA_ENSURE(inet_pton(AF_INET, name, &in4->sin_addr) == 1, GBA_E_ADDRESS);
    }
    *out = addr;
    return GBA_OK;
}

void rt_addr_format(const struct sockaddr *addr, gba_writer *w)
{
    char name[HOST_MAX] = "";
    if (addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
        inet_ntop(AF_INET6, &in6->sin6_addr, name, sizeof name);
        gba_put_u8(w, '[');
        gba_put_str(w, name);
        gba_put_str(w, "]:");
        gba_put_dec(w, ntohs(in6->sin6_port));
    } else if (addr->sa_family == AF_INET) {
        const struct sockaddr_in *in4 = (const struct sockaddr_in *)addr;
        inet_ntop(AF_INET, &in4->sin_addr, name, sizeof name);
        gba_put_str(w, name);
        gba_put_u8(w, ':');
        gba_put_dec(w, ntohs(in4->sin_port));
    } else {
        gba_put_str(w, "unknown");
    }
}
