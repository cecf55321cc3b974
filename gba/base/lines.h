/* SPDX-License-Identifier: Apache-2.0 */
/* Text files of a program's own: "name value" a line, in a fixed order. */
#pragma once

#include "gba/base/bytes.h"

void gba_put_line(gba_writer *w, const char *name, gba_view value);
void gba_put_hex_line(gba_writer *w, const char *name, gba_view octets);

/* UTC seconds since 1970, as xs:dateTime. */
void gba_put_time_line(gba_writer *w, const char *name, int64_t s);

/* The value of the next line when its name is this one, and *rest goes behind it;
 * else absent, and *rest stays.  A line without its end is none. */
gba_view gba_get_line(gba_view *rest, const char *name);
