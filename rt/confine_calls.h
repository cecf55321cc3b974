/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls of a running daemon.  Private to rt/confine.c. */
#pragma once

#include <stdbool.h>

/* From now on, on all threads, any other call ends the process, or is logged by the kernel.
 * 0, or what libseccomp says. */
int rt_confine_calls(bool log_only);
