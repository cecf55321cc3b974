/* SPDX-License-Identifier: Apache-2.0 */
/* Octets on their way into a TCP connection: the kernel is asked at once, and
 * what it does not take is left to libuv. */
#pragma once

#include <uv.h>

#include "rt/buf.h"

enum rt_tcp_sent {
    RT_TCP_SENT,  /* the kernel has all of it */
    RT_TCP_LATER, /* done will be called, before the handle's close callback */
    RT_TCP_FAILED,
};

typedef void rt_tcp_done(void *owner, bool ok);

/* Takes the buffer, whatever comes of it. */
enum rt_tcp_sent rt_tcp_write(uv_tcp_t *tcp, struct rt_buf *buf, rt_tcp_done *done, void *owner);
