/* SPDX-License-Identifier: Apache-2.0 */
/* ADDRESS:PORT texts, IPv4 and IPv6 alike.  Numbers only: a name such as
 * "localhost:80" is refused, because looking one up would block the loop. */
#pragma once

#include <sys/socket.h>

#include "gba/base/text.h"

/* "127.0.0.1:80", "[::1]:80"; port 0 asks the kernel for one; E_ADDRESS, and
 * nothing is stored. */
GBA_MUST_USE gba_rc rt_addr_parse(gba_view text, struct sockaddr_storage *out);

/* Back to text, for logs and for finding the port that the kernel chose;
 * "unknown" for other address families. */
void rt_addr_format(const struct sockaddr *addr, gba_writer *w);
