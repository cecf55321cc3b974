/* SPDX-License-Identifier: Apache-2.0 */
/* Character classes of HTTP (RFC 9110 5.5, 5.6.2). */
#pragma once

#include "gba/base/bytes.h"

/* tchar: what a method, a field name or a parameter name is made of. */
static inline bool gba_char_is_token(uint8_t c)
{
    static const uint32_t set[8] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff};
    return set[c >> 5] >> (c & 31) & 1;
}

/* Anything a field value may hold: no control character but HTAB. */
static inline bool gba_char_is_value(uint8_t c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

static inline bool gba_char_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool gba_char_is_alnum(uint8_t c)
{
    return gba_char_is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Is v one token (not empty)? */
static inline bool gba_view_is_token(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (!gba_char_is_token(v.p[i]))
            return false;
    }
    return v.n > 0;
}

/* Is v free of control characters but HTAB? */
static inline bool gba_view_is_value(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (!gba_char_is_value(v.p[i]))
            return false;
    }
    return true;
}
