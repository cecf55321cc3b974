/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: memory that a caller gives to whatever must grow.  Nothing is freed
 * piecemeal; the caller drops or wipes the whole block.
 */
#pragma once

#include "gba/base/bytes.h"

typedef struct gba_arena {
    uint8_t *p;
    size_t cap;
    size_t n;
} gba_arena;

/* n rounded up, so that what follows n octets is aligned for any type. */
size_t gba_aligned(size_t n);

/* An arena over cap octets at p. */
gba_arena gba_arena_of(void *p, size_t cap);

/* n zeroed octets aligned for any type, or NULL when the arena is full. */
void *gba_arena_take(gba_arena *a, size_t n);

/* A copy of v in the arena; E_SPACE. */
GBA_MUST_USE gba_rc gba_arena_copy(gba_arena *a, gba_view v, gba_view *out);
