/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points in time as text and as Diameter Time.  All values are UTC seconds
 * since 1970; years 1970 to 9999.
 */
#pragma once

#include "gba/base/bytes.h"

/* xs:dateTime in UTC, e.g. 2030-01-01T00:00:00Z (TS 24.109 annex C). */
void gba_put_datetime(gba_writer *w, int64_t s);

/* xs:dateTime with 'Z' or a numeric offset, optional fraction (dropped); E_TIME. */
GBA_MUST_USE gba_rc gba_datetime_parse(gba_view text, int64_t *s);

/* HTTP-date in the preferred form of RFC 9110 5.6.7. */
void gba_put_httpdate(gba_writer *w, int64_t s);

/* The preferred form only; E_TIME. */
GBA_MUST_USE gba_rc gba_httpdate_parse(gba_view text, int64_t *s);

/* Diameter Time (RFC 6733 4.3.1): seconds since 1900 in 32 bits.  From wire,
 * values whose top bit is clear lie after the wrap of 2036-02-07. */
uint32_t gba_stamp_to_diameter(int64_t s);
int64_t gba_stamp_from_diameter(uint32_t wire);
