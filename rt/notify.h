/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager is told (the protocol of sd_notify(3)): ready, reloading,
 * stopping, and from the loop, at half the time it wants, that the loop still turns.
 *
 * The protocol is spoken here and not by libsystemd, which opens the socket anew for each
 * message: after rt_confine there is no way to it.
 */
#pragma once

#include "rt/loop.h"

struct rt_notify;

/* When the environment names a socket, which then is taken out of it; else *out is NULL,
 * which all functions below take: there is nobody to tell.  E_ADDRESS, E_CONNECT, E_MEMORY. */
GBA_MUST_USE gba_rc rt_notify_open(struct rt_loop *loop, struct rt_notify **out);

/* Also after reloading. */
void rt_notify_ready(struct rt_notify *notify, const char *status);
void rt_notify_reloading(struct rt_notify *notify);
void rt_notify_stopping(struct rt_notify *notify);

void rt_notify_close(struct rt_notify *notify);
