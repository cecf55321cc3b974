/* SPDX-License-Identifier: Apache-2.0 */
/* A redis-server of a test's own: on loopback, in a folder of its own, nothing kept. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct redis_server {
    pid_t pid;
    int port;
    bool tls;         /* set before the start: only TLS is spoken */
    char address[32]; /* 127.0.0.1:PORT */
    char folder[64];
};

bool redis_server_exists(void);

/* Start and wait until it listens; arguments behind those of its own end with NULL (NULL:
 * none).  What failed is printed. */
bool redis_server_start(struct redis_server *server, const char *const *more);

/* Stop it (kill -9) and remove its folder. */
void redis_server_end(struct redis_server *server);
