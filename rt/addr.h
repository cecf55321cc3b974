/* SPDX-License-Identifier: Apache-2.0 */
/* ADDRESS:PORT texts, IPv4 and IPv6 alike; "localhost:PORT" is not a name look-up but [::1] or 127.0.0.1 is. */
#pragma once

#include <sys/socket.h>

#include "gba/base/text.h"

/* "127.0.0.1:80", "[::1]:80"; port 0 asks the kernel for one; E_ADDRESS. */
GBA_MUST_USE gba_rc rt_addr_parse(gba_view text, struct sockaddr_storage *out);

/* Back to text, for logs and for finding the port that the kernel chose. */
void rt_addr_format(const struct sockaddr *addr, gba_writer *w);
