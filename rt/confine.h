/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running daemon may do to the machine: once its sockets, stores and peers are open
 * it changes its root folder and its user, gives up capabilities, and system calls that it
 * has no use for end the process.
 *
 * All threads are confined, those of libraries too.  What stays open stays usable; nothing
 * can be run, no other process be touched, no address be bound, no file be written
 * under a name but to append to it.
 */
#pragma once

#include "gba/base/conf.h"

/* For the whole process, before there are threads: nothing it runs has more rights than it
 * has. */
void rt_confine_early(void);

/* *why says in words what failed; the process must then end.  E_CONFINE. */
GBA_MUST_USE gba_rc rt_confine(const struct gba_conf_confine *conf, gba_text *why);
