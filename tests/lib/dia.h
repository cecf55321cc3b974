/* SPDX-License-Identifier: Apache-2.0 */
/* Diameter messages in tests: the dictionary of libfdcore, no network. */
#pragma once

#include "gba/base/bytes.h"

struct msg;
struct dictionary;

/* libfdcore's base dictionary and ours, freed at exit. Ends the program on failure. */
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

/* ---- messages octet by octet ---- */

/* An AVP as octets: V bit decides whether vendor is written. */
struct t_avp {
    uint32_t code;
    uint8_t flags;
    uint32_t vendor;
    gba_view data;
};

enum { T_V = 0x80, T_M = 0x40, T_VM = 0xc0, T_3GPP = 10415 };
enum { T_REQUEST = 0x80, T_PROXIABLE = 0x40, T_ERROR = 0x20 };

struct t_avps {
    struct t_avp of[32];
    size_t n;
};

void t_dia_add(struct t_avps *list, uint32_t code, gba_view data);         /* M */
void t_dia_add_3gpp(struct t_avps *list, uint32_t code, gba_view data);    /* V and M */
void t_dia_add_number(struct t_avps *list, uint32_t code, uint32_t number); /* M */

/* Change the list: without the AVPs of a code, with other data in them, or with one more of them. */
enum t_change { T_SAME, T_DROP, T_SET, T_TWICE };
void t_dia_change(struct t_avps *list, enum t_change how, uint32_t code, gba_view data);

/* Octets of the AVPs (for a group); they live until the next 8th call. */
gba_view t_dia_group(const struct t_avps *list);

/* A whole message; lives until the next call. */
gba_view t_dia_message(uint8_t flags, uint32_t code, uint32_t app, const struct t_avps *list);
