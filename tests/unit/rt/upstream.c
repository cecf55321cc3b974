/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rt/upstream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/addr.h"
#include "tests/unit/rt/server.h"

const struct script *script;
size_t n_script;
int listener;
size_t accepted;

bool read_request(int fd)
{
    static char got[4096];
    size_t n = 0;
    while (n < sizeof got - 1 && !gba_view_ends(gba_view_of(got, n), GBA_LIT("\r\n\r\n"))) {
        if (recv(fd, got + n, 1, 0) != 1)
            return false;
        n++;
    }
    return true;
}

bool drain(int fd)
{
    static char sink[65536];
    ssize_t n;
    do {
        n = recv(fd, sink, sizeof sink, 0);
    } while (n > 0);
    return n == 0 || errno != EAGAIN;
}

static void play(int fd, const struct script *row)
{
    for (size_t i = 0; i < SCRIPT_MAX && row->say[i]; i++) {
        gba_view said = gba_view_cstr(row->say[i]);
        bool stay = gba_view_ends(said, GBA_LIT(STAY));
        if (!read_request(fd))
            return;
        send_view(fd, gba_view_sub(said, 0, said.n - stay));
        if (stay) {
            drain(fd);
            return;
        }
    }
}

void run_script(void *arg)
{
    (void)arg;
    for (accepted = 0; accepted < n_script; accepted++) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return;
        play(fd, &script[accepted]);
        shutdown(fd, SHUT_WR);
        drain(fd);
        close(fd);
    }
}

void listen_anywhere(int backlog)
{
    struct sockaddr_storage addr;
    socklen_t n = sizeof(struct sockaddr_in);
    char text[64];
    gba_writer w = gba_writer_of(text, sizeof text);
    T_OK(rt_addr_parse(GBA_LIT("127.0.0.1:0"), &addr));
    listener = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL(bind(listener, (struct sockaddr *)&addr, n), 0);
    CU_ASSERT_EQUAL(listen(listener, backlog), 0);
    getsockname(listener, (struct sockaddr *)&addr, &n);
    rt_addr_format((struct sockaddr *)&addr, &w);
    T_OK(gba_text_set(&server_address, gba_writer_view(&w)));
}
