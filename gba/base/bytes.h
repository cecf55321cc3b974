/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes: views that never own, a bounded reader and a bounded writer.
 *
 * Reader and writer keep a sticky error: take or put all fields, then ask
 * once.  After an error a reader yields zeros and empty views, a writer
 * writes nothing more.  All numbers are big-endian.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gba/base/rc.h"

/* A range of bytes somebody else owns.  p may be NULL only when n is 0; a
 * NULL p means "absent", which differs from present and empty. */
typedef struct gba_view {
    const uint8_t *p;
    size_t n;
} gba_view;

/* A view of a string literal, without its NUL. */
#define GBA_LIT(s) ((gba_view){(const uint8_t *)("" s), sizeof(s) - 1})

/* A view of a whole array object. */
#define GBA_ARRAY(a) ((gba_view){(const uint8_t *)(a), sizeof(a)})

/* A view of n octets at p. */
gba_view gba_view_of(const void *p, size_t n);

/* A view of a NUL-terminated string; absent for NULL. */
gba_view gba_view_cstr(const char *s);

/* Same octets?  Not for secrets: see gba_ct_eq.  Absent equals empty. */
bool gba_view_eq(gba_view a, gba_view b);

/* Same octets when ASCII letters are compared without case? */
bool gba_view_eq_nocase(gba_view a, gba_view b);

/* Does v begin (end) with part? */
bool gba_view_starts(gba_view v, gba_view part);
bool gba_view_ends(gba_view v, gba_view part);

/* Does v contain part (as octets; an empty part is contained)? */
bool gba_view_contains(gba_view v, gba_view part);

/* The part from offset `at`, at most n octets; empty when at is past the end. */
gba_view gba_view_sub(gba_view v, size_t at, size_t n);

/* Without leading and trailing SP and HTAB. */
gba_view gba_view_trim(gba_view v);

/* Index of the first (last) octet c, or v.n when there is none. */
size_t gba_view_find(gba_view v, uint8_t c);
size_t gba_view_find_last(gba_view v, uint8_t c);

/* Split at the first octet c: true and both parts when there is one, else
 * false, *head = v and *tail absent. */
bool gba_view_split(gba_view v, uint8_t c, gba_view *head, gba_view *tail);

/* Copy octets: the only memcpy of the project.  dst has room for src.n. */
void gba_copy(void *dst, gba_view src);

/* ---- reader ---- */

typedef struct gba_reader {
    gba_view in;
    size_t at;
    bool bad; /* set for good once a read went past the end */
} gba_reader;

gba_reader gba_reader_of(gba_view in);
uint8_t gba_get_u8(gba_reader *r);
uint16_t gba_get_u16(gba_reader *r);
uint32_t gba_get_u24(gba_reader *r);
uint32_t gba_get_u32(gba_reader *r);
uint64_t gba_get_u48(gba_reader *r);
uint64_t gba_get_u64(gba_reader *r);

/* The next n octets as a view into the input. */
gba_view gba_get_view(gba_reader *r, size_t n);

/* Copy the next n octets to dst (zeros after an error). */
void gba_get_bytes(gba_reader *r, void *dst, size_t n);

/* How many octets are left (0 after an error). */
size_t gba_reader_left(const gba_reader *r);

/* OK when no read failed and nothing is left; E_TRUNCATED or E_TRAILING. */
GBA_MUST_USE gba_rc gba_reader_end(const gba_reader *r);

/* ---- writer ---- */

typedef struct gba_writer {
    uint8_t *p;
    size_t cap;
    size_t n;
    bool bad; /* set for good once something did not fit */
} gba_writer;

gba_writer gba_writer_of(void *p, size_t cap);
void gba_put_u8(gba_writer *w, uint8_t v);
void gba_put_u16(gba_writer *w, uint16_t v);
void gba_put_u24(gba_writer *w, uint32_t v);
void gba_put_u32(gba_writer *w, uint32_t v);
void gba_put_u48(gba_writer *w, uint64_t v);
void gba_put_u64(gba_writer *w, uint64_t v);
void gba_put_view(gba_writer *w, gba_view v);
void gba_put_str(gba_writer *w, const char *s);
void gba_put_fill(gba_writer *w, uint8_t octet, size_t n);

/* Reserve n octets and return where they are, or NULL (and bad). */
uint8_t *gba_put_room(gba_writer *w, size_t n);

/* What was written so far. */
gba_view gba_writer_view(const gba_writer *w);

/* OK, or E_SPACE when something did not fit. */
GBA_MUST_USE gba_rc gba_writer_end(const gba_writer *w);
