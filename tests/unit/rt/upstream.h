/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An upstream that says what a script says, on a thread of its own, whatever
 * it is asked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define STAY "\x01" /* keep the connection open until the peer closes it */

enum { SCRIPT_MAX = 4 };

/* One row a connection: what to say after each request head; then it closes. */
struct script {
    const char *say[SCRIPT_MAX];
};

extern const struct script *script;
extern size_t n_script;
extern int listener;    /* made by listen_anywhere, which sets server_address */
extern size_t accepted; /* connections so far */

void listen_anywhere(int backlog);

/* Thread function: plays n_script rows of script. */
void run_script(void *arg);

/* Read up to the end of a request's head; false when the peer is gone. */
bool read_request(int fd);

/* Until the peer closes; false when it does not. */
bool drain(int fd);
