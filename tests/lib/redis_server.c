/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700

#include "tests/lib/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGS_MAX = 48, TRIES = 400 };

static const char path[] = "/usr/bin/redis-server";

bool redis_server_exists(void)
{
    return access(path, X_OK) == 0;
}

static int connect_to(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &n) == 0;
    close(fd);
    return ok ? ntohs(at.sin_port) : 0;
}

/* In the child. */
static void become_server(const struct redis_server *server, const char *const *more)
{
    char port[8];
    const char *tls = server->tls ? port : "0", *plain = server->tls ? "0" : port;
    const char *args[ARGS_MAX] = {path,           "--port",      plain, "--tls-port",   tls,  "--bind",
                                  "127.0.0.1",    "--save",      "",    "--appendonly", "no", "--dir",
                                  server->folder, "--daemonize", "no"};
    size_t n = 15;
    snprintf(port, sizeof port, "%d", server->port);
    for (; more && *more && n + 1 < ARGS_MAX; more++)
        args[n++] = *more;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open("/dev/null", O_RDWR);
    dup2(fd, 0);
    dup2(fd, 1);
    dup2(fd, 2);
    execv(path, (char *const *)args);
    _exit(127);
}

static bool wait_until_up(const struct redis_server *server)
{
    for (int i = 0; i < TRIES; i++) {
        int fd = connect_to(server->port);
        if (fd >= 0) {
            close(fd);
            return true;
        }
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid)
            return false;
        nanosleep(&(struct timespec){0, 25000000}, NULL);
    }
    return false;
}

bool redis_server_start(struct redis_server *server, const char *const *more)
{
    if (server->folder[0] == '\0') {
        snprintf(server->folder, sizeof server->folder, "/tmp/keystrap-redis.XXXXXX");
        if (!mkdtemp(server->folder))
            return false;
    }
    if (server->port == 0)
        server->port = free_port();
    snprintf(server->address, sizeof server->address, "127.0.0.1:%d", server->port);
    server->pid = fork();
    if (server->pid == 0)
        become_server(server, more);
    if (server->pid > 0 && wait_until_up(server))
        return true;
    printf("# redis-server does not start\n");
    return false;
}

static int remove_one(const char *name, const struct stat *st, int what, struct FTW *walk)
{
    (void)st;
    (void)what;
    (void)walk;
    return remove(name);
}

void redis_server_end(struct redis_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    nftw(server->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    server->folder[0] = '\0';
}
