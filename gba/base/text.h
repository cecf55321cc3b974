/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text: short strings by value, hexadecimal, base64 (RFC 4648 section 4) and
 * decimal numbers.
 */
#pragma once

#include "gba/base/bytes.h"

enum { GBA_TEXT_MAX = 255 };

/* A short string by value: names, identities, B-TIDs.  Always followed by a
 * NUL, and may not contain one. */
typedef struct gba_text {
    uint16_t n;
    char s[GBA_TEXT_MAX + 1];
} gba_text;

/* Copy v; E_TOO_LONG over 255 octets, E_CHARSET for a NUL octet.  On failure
 * *t is empty. */
GBA_MUST_USE gba_rc gba_text_set(gba_text *t, gba_view v);
gba_view gba_text_view(const gba_text *t);
bool gba_text_eq(const gba_text *a, const gba_text *b);

/* Lower-case the ASCII letters in place. */
void gba_text_lower(gba_text *t);

/* Lower-case hexadecimal of v. */
void gba_put_hex(gba_writer *w, gba_view v);

/* Base64 of v with padding. */
void gba_put_b64(gba_writer *w, gba_view v);

/* Decimal number. */
void gba_put_dec(gba_writer *w, uint64_t v);

/* Decimal number with at least `width` digits, zero-filled. */
void gba_put_dec_fill(gba_writer *w, uint64_t v, unsigned width);

/* Exactly n octets from 2n hexadecimal digits of either case; E_HEX. */
GBA_MUST_USE gba_rc gba_hex_parse(gba_view text, void *out, size_t n);

/* Octets of canonical, padded base64 appended to w; E_BASE64, E_SPACE. */
GBA_MUST_USE gba_rc gba_b64_parse(gba_view text, gba_writer *w);

/* Decimal digits only, without sign or blanks, at most `max`; E_NUMBER. */
GBA_MUST_USE gba_rc gba_dec_parse(gba_view text, uint64_t max, uint64_t *out);
