/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/text.h"

#include <string.h>

gba_rc gba_text_set(gba_text *t, gba_view v)
{
    memset(t, 0, sizeof *t);
    GBA_ENSURE(v.n <= GBA_TEXT_MAX, GBA_E_TOO_LONG);
    GBA_ENSURE(gba_view_find(v, 0) == v.n, GBA_E_CHARSET);
    gba_copy(t->s, v);
    t->n = (uint16_t)v.n;
    return GBA_OK;
}

gba_view gba_text_view(const gba_text *t)
{
    return gba_view_of(t->s, t->n);
}

bool gba_text_eq(const gba_text *a, const gba_text *b)
{
    return gba_view_eq(gba_text_view(a), gba_text_view(b));
}

void gba_text_lower(gba_text *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->s[i] >= 'A' && t->s[i] <= 'Z')
            t->s[i] = (char)(t->s[i] + ('a' - 'A'));
    }
}

/* ---- hexadecimal ---- */

void gba_put_hex(gba_writer *w, gba_view v)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < v.n; i++) {
        gba_put_u8(w, (uint8_t)digits[v.p[i] >> 4]);
        gba_put_u8(w, (uint8_t)digits[v.p[i] & 15]);
    }
}

/* 0..15, or -1 */
static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

gba_rc gba_hex_parse(gba_view text, void *out, size_t n)
{
    uint8_t *octets = out;
    GBA_ENSURE(text.n == 2 * n, GBA_E_HEX);
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(text.p[2 * i]);
        int low = hex_value(text.p[2 * i + 1]);
        GBA_ENSURE(high >= 0 && low >= 0, GBA_E_HEX);
        octets[i] = (uint8_t)(high << 4 | low);
    }
    return GBA_OK;
}

/* ---- base64 ---- */

static const char b64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void gba_put_b64(gba_writer *w, gba_view v)
{
    for (size_t i = 0; i < v.n; i += 3) {
        gba_view group = gba_view_sub(v, i, 3);
        uint32_t bits = (uint32_t)group.p[0] << 16;
        bits |= group.n > 1 ? (uint32_t)group.p[1] << 8 : 0;
        bits |= group.n > 2 ? (uint32_t)group.p[2] : 0;
        gba_put_u8(w, (uint8_t)b64_digits[bits >> 18]);
        gba_put_u8(w, (uint8_t)b64_digits[bits >> 12 & 63]);
        gba_put_u8(w, group.n > 1 ? (uint8_t)b64_digits[bits >> 6 & 63] : '=');
        gba_put_u8(w, group.n > 2 ? (uint8_t)b64_digits[bits & 63] : '=');
    }
}

/* One group of four characters; `pad` of them are '=' at the end.  Bits that
 * the padding cuts off must be zero, or two texts would mean the same. */
static gba_rc b64_group(gba_view group, size_t pad, gba_writer *w)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *digit = b64_digits;
        if (i < 4 - pad)
            digit = group.p[i] ? strchr(b64_digits, group.p[i]) : NULL;
        GBA_ENSURE(digit != NULL, GBA_E_BASE64);
        bits = bits << 6 | (uint32_t)(digit - b64_digits);
    }
    GBA_ENSURE((bits & ((1U << 8 * pad) - 1)) == 0, GBA_E_BASE64);
    for (size_t i = 0; i < 3 - pad; i++)
        gba_put_u8(w, (uint8_t)(bits >> (16 - 8 * i)));
    return gba_writer_end(w);
}

gba_rc gba_b64_parse(gba_view text, gba_writer *w)
{
    GBA_ENSURE(text.n % 4 == 0, GBA_E_BASE64);
    for (size_t i = 0; i < text.n; i += 4) {
        gba_view group = gba_view_sub(text, i, 4);
        size_t pad = 0;
        if (i + 4 == text.n)
            pad = group.p[3] != '=' ? 0 : group.p[2] != '=' ? 1 : 2;
        GBA_TRY(b64_group(group, pad, w));
    }
    return GBA_OK;
}

/* ---- decimal ---- */

void gba_put_dec(gba_writer *w, uint64_t v)
{
    gba_put_dec_fill(w, v, 1);
}

void gba_put_dec_fill(gba_writer *w, uint64_t v, unsigned width)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    for (unsigned have = (unsigned)n; have < width; have++)
        gba_put_u8(w, '0');
    while (n > 0)
        gba_put_u8(w, (uint8_t)digits[--n]);
}

gba_rc gba_dec_parse(gba_view text, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;
    GBA_ENSURE(text.n > 0, GBA_E_NUMBER);
    for (size_t i = 0; i < text.n; i++) {
        GBA_ENSURE(text.p[i] >= '0' && text.p[i] <= '9', GBA_E_NUMBER);
        uint64_t digit = (uint64_t)(text.p[i] - '0');
        GBA_ENSURE(number <= (UINT64_MAX - digit) / 10, GBA_E_NUMBER);
        number = number * 10 + digit;
    }
    GBA_ENSURE(number <= max, GBA_E_NUMBER);
    *out = number;
    return GBA_OK;
}
