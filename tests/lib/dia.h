/* SPDX-License-Identifier: Apache-2.0 */
/* Diameter messages in tests: the dictionary of libfdcore, no network. */
#pragma once

#include "gba/base/bytes.h"

struct msg;
struct dictionary;

/* Once a program: libfdcore's base dictionary and ours. Ends the program on failure. */
struct dictionary *t_dia_init(void);

/* What a receiver sees: octets through libfdproto's parser.  A message that the
 * dictionary refuses is returned as far as it was read, as libfdcore does for
 * answers; NULL when the octets are no message at all.  *parsed (when not NULL)
 * tells whether all was well.  Freed with t_dia_free. */
struct msg *t_dia_parse(gba_view octets, bool *parsed);

/* The octets of a message, in a buffer that lives until the next call. */
gba_view t_dia_octets(struct msg *msg);

/* Send msg through its octets: frees msg, returns what the other side reads. */
struct msg *t_dia_wire(struct msg *msg);

void t_dia_free(struct msg *msg);
