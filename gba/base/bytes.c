/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/bytes.h"

#include <string.h>

gba_view gba_view_of(const void *p, size_t n)
{
    return (gba_view){p, n};
}

gba_view gba_view_cstr(const char *s)
{
    return s ? gba_view_of(s, strlen(s)) : (gba_view){NULL, 0};
}

bool gba_view_eq(gba_view a, gba_view b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool gba_view_eq_nocase(gba_view a, gba_view b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

bool gba_view_starts(gba_view v, gba_view part)
{
    return v.n >= part.n && gba_view_eq(gba_view_sub(v, 0, part.n), part);
}

bool gba_view_ends(gba_view v, gba_view part)
{
    return v.n >= part.n && gba_view_eq(gba_view_sub(v, v.n - part.n, part.n), part);
}

bool gba_view_contains(gba_view v, gba_view part)
{
    for (size_t at = 0; at + part.n <= v.n; at++) {
        if (gba_view_starts(gba_view_sub(v, at, v.n - at), part))
            return true;
    }
    return false;
}

gba_view gba_view_sub(gba_view v, size_t at, size_t n)
{
    if (v.p == NULL)
        return v;
    if (at > v.n)
        at = v.n;
    return gba_view_of(v.p + at, n < v.n - at ? n : v.n - at);
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

gba_view gba_view_trim(gba_view v)
{
    while (v.n > 0 && blank(v.p[0]))
        v = gba_view_sub(v, 1, v.n - 1);
    while (v.n > 0 && blank(v.p[v.n - 1]))
        v.n--;
    return v;
}

size_t gba_view_find(gba_view v, uint8_t c)
{
    const uint8_t *hit = v.n > 0 ? memchr(v.p, c, v.n) : NULL;
    return hit ? (size_t)(hit - v.p) : v.n;
}

size_t gba_view_find_last(gba_view v, uint8_t c)
{
    for (size_t i = v.n; i > 0; i--) {
        if (v.p[i - 1] == c)
            return i - 1;
    }
    return v.n;
}

bool gba_view_split(gba_view v, uint8_t c, gba_view *head, gba_view *tail)
{
    size_t at = gba_view_find(v, c);
    *head = gba_view_sub(v, 0, at);
    *tail = (gba_view){NULL, 0};
    if (at == v.n)
        return false;
    *tail = gba_view_sub(v, at + 1, v.n);
    return true;
}

void gba_copy(void *dst, gba_view src)
{
    if (src.n > 0)
        memcpy(dst, src.p, src.n);
}

/* ---- reader ---- */

gba_reader gba_reader_of(gba_view in)
{
    return (gba_reader){in, 0, false};
}

gba_view gba_get_view(gba_reader *r, size_t n)
{
    if (r->bad || n > r->in.n - r->at) {
        r->bad = true;
        return (gba_view){NULL, 0};
    }
    gba_view v = gba_view_sub(r->in, r->at, n);
    r->at += n;
    return v;
}

static uint64_t get_number(gba_reader *r, size_t n)
{
    gba_view v = gba_get_view(r, n);
    uint64_t number = 0;
    for (size_t i = 0; i < v.n; i++)
        number = number << 8 | v.p[i];
    return number;
}

uint8_t gba_get_u8(gba_reader *r)
{
    return (uint8_t)get_number(r, 1);
}

uint16_t gba_get_u16(gba_reader *r)
{
    return (uint16_t)get_number(r, 2);
}

uint32_t gba_get_u24(gba_reader *r)
{
    return (uint32_t)get_number(r, 3);
}

uint32_t gba_get_u32(gba_reader *r)
{
    return (uint32_t)get_number(r, 4);
}

uint64_t gba_get_u48(gba_reader *r)
{
    return get_number(r, 6);
}

uint64_t gba_get_u64(gba_reader *r)
{
    return get_number(r, 8);
}

void gba_get_bytes(gba_reader *r, void *dst, size_t n)
{
    gba_view v = gba_get_view(r, n);
    if (v.n == n)
        gba_copy(dst, v);
    else
        memset(dst, 0, n);
}

size_t gba_reader_left(const gba_reader *r)
{
    return r->bad ? 0 : r->in.n - r->at;
}

gba_rc gba_reader_end(const gba_reader *r)
{
    GBA_ENSURE(!r->bad, GBA_E_TRUNCATED);
    GBA_ENSURE(r->at == r->in.n, GBA_E_TRAILING);
    return GBA_OK;
}

/* ---- writer ---- */

gba_writer gba_writer_of(void *p, size_t cap)
{
    return (gba_writer){p, cap, 0, false};
}

uint8_t *gba_put_room(gba_writer *w, size_t n)
{
    if (w->bad || n > w->cap - w->n) {
        w->bad = true;
        return NULL;
    }
    if (w->p == NULL)
        return NULL; /* room for nothing, and nothing was asked: no arithmetic on NULL */
    w->n += n;
    return w->p + w->n - n;
}

static void put_number(gba_writer *w, uint64_t v, size_t n)
{
    uint8_t *room = gba_put_room(w, n);
    for (size_t i = 0; room && i < n; i++)
        room[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

void gba_put_u8(gba_writer *w, uint8_t v)
{
    put_number(w, v, 1);
}

void gba_put_u16(gba_writer *w, uint16_t v)
{
    put_number(w, v, 2);
}

void gba_put_u24(gba_writer *w, uint32_t v)
{
    put_number(w, v, 3);
}

void gba_put_u32(gba_writer *w, uint32_t v)
{
    put_number(w, v, 4);
}

void gba_put_u48(gba_writer *w, uint64_t v)
{
    put_number(w, v, 6);
}

void gba_put_u64(gba_writer *w, uint64_t v)
{
    put_number(w, v, 8);
}

void gba_put_view(gba_writer *w, gba_view v)
{
    uint8_t *room = gba_put_room(w, v.n);
    if (room)
        gba_copy(room, v);
}

void gba_put_str(gba_writer *w, const char *s)
{
    gba_put_view(w, gba_view_cstr(s));
}

void gba_put_fill(gba_writer *w, uint8_t octet, size_t n)
{
    uint8_t *room = gba_put_room(w, n);
    if (room && n > 0)
        memset(room, octet, n);
}

gba_view gba_writer_view(const gba_writer *w)
{
    return gba_view_of(w->p, w->n);
}

gba_rc gba_writer_end(const gba_writer *w)
{
    return w->bad ? GBA_E_SPACE : GBA_OK;
}
