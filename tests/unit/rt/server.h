/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server to test against, in this process: it runs on the calling thread
 * while `client` runs on another one with plain blocking sockets.
 *
 *   /hello        200 "hello"
 *   /echo         200 method, target and body, one a line
 *   /slow         200 "slow" after 20 ms
 *   /hold         answered when somebody asks for /release
 *   /waiting      200 how many are held
 *   /gone         200 how many of the held have lost their peer
 *   /big          200 with 8 MB
 *   /status/NNN   that status with the body "text"
 *   /forge        an answer with fields that break framing
 *   /broken       an answer that cannot be sent
 */
#pragma once

#include "rt/httpd.h"
#include "tests/lib/tap.h"

extern struct rt_loop *server_loop;
extern gba_text server_address;

/* Bounds that suit most tests: 1 kB of head, 4 kB of body. */
struct rt_httpd_conf server_conf(void);

/* Serve until client returns. */
void server_run(const struct rt_httpd_conf *conf, void (*client)(void));

/* A connected socket whose reads give up after 10 s. */
int dial(void);

/* Send all of v; false when the peer is gone. */
bool send_view(int fd, gba_view v);

/* Read until the peer closes, into a buffer that lives until the next call. */
gba_view read_all(int fd);

/* Read until at least n octets were received (or the peer closed). */
gba_view read_some(int fd, size_t n);

/* Dial, send, read until the peer closes. */
gba_view talk(const char *request);

/* How many times `part` occurs in v. */
size_t occurrences(gba_view v, const char *part);

/* Ask for `target` on a connection of its own until the answer's body is `body`; false after 10 s. */
bool poll_for(const char *target, const char *body);

/* Assert that the answer begins with HTTP/1.1 and this status. */
void expect_status(gba_view answer, unsigned status);

/* From here on log lines of level info go to a pipe, until end_log. */
void begin_log(void);
void end_log(void);

/* Assert that the next log line (awaited for 10 s) has this event and field. */
void expect_line(const char *event, const char *field);
