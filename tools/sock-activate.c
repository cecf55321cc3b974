/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sock-activate PATH PROGRAM [ARGUMENT...]
 *
 * Listens on a unix stream socket at PATH and becomes PROGRAM, which finds the
 * socket as descriptor 3 the way systemd hands it over (sd_listen_fds(3)): for
 * services such as pcscd on machines and in labs without systemd.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gba/base/text.h"

enum { LISTEN_FD = 3, BACKLOG = 64, NOT_STARTED = 125, NOT_FOUND = 127 };

static int fail(const char *what)
{
    fprintf(stderr, "sock-activate: %s: %s\n", what, strerror(errno));
    return -1;
}

static int listen_at(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    gba_view name = gba_view_cstr(path);
    errno = ENAMETOOLONG;
    if (name.n >= sizeof addr.sun_path)
        return fail(path);
    gba_copy(addr.sun_path, name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return fail("socket");
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(fd, BACKLOG) != 0)
        return fail(path);
    return fd;
}

/* The variables of sd_listen_fds(3); exec keeps the process id. */
static int announce(void)
{
    char pid[24] = "";
    gba_writer w = gba_writer_of(pid, sizeof pid - 1);
    gba_put_dec(&w, (uint64_t)getpid());
    if (setenv("LISTEN_PID", pid, 1) != 0 || setenv("LISTEN_FDS", "1", 1) != 0)
        return fail("environment");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: sock-activate PATH PROGRAM [ARGUMENT...]\n");
        return NOT_STARTED;
    }
    int fd = listen_at(argv[1]);
    if (fd < 0 || announce() != 0)
        return NOT_STARTED;
    if (fd != LISTEN_FD && (dup2(fd, LISTEN_FD) < 0 || close(fd) != 0)) {
        fail("descriptor 3");
        return NOT_STARTED;
    }
    execvp(argv[2], argv + 2);
    fail(argv[2]);
    return NOT_FOUND;
}
