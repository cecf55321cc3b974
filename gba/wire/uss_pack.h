/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User security settings in few octets, for records that are kept by the million:
 * the uss of a guss without its XML and without bsfInfo, which no NAF is told.
 *
 *   packed = number of uss, each: id, type, group (0, or 1 and text), uids, flags, key choice
 *
 * Numbers below 253 are one octet; 253 or 254 says that 2 or 4 follow.  Texts and
 * lists have their length in front.
 */
#pragma once

#include "gba/wire/guss.h"

/* Never more octets than the XML that was parsed. */
void gba_put_uss_packed(gba_writer *w, const struct gba_guss *guss);

/* Only *out's list of uss is set; their texts point into `packed`.  E_TRUNCATED,
 * E_TRAILING, E_NUMBER (one in more octets than it needs), E_XML_SIZE, E_SPACE. */
GBA_MUST_USE gba_rc gba_uss_unpack(gba_view packed, gba_arena *arena, struct gba_guss *out);
