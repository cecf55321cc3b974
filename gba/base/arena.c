/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/arena.h"

#include <stdalign.h>
#include <string.h>

size_t gba_aligned(size_t n)
{
    return (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

gba_arena gba_arena_of(void *p, size_t cap)
{
    return (gba_arena){p, cap, 0};
}

void *gba_arena_take(gba_arena *a, size_t n)
{
    size_t skew = (uintptr_t)(a->p + a->n) % alignof(max_align_t);
    size_t pad = skew ? alignof(max_align_t) - skew : 0;
    if (pad > a->cap - a->n || n > a->cap - a->n - pad)
        return NULL;
    void *room = a->p + a->n + pad;
    a->n += pad + n;
    memset(room, 0, n);
    return room;
}

gba_rc gba_arena_copy(gba_arena *a, gba_view v, gba_view *out)
{
    void *room = gba_arena_take(a, v.n);
    GBA_ENSURE(room != NULL, GBA_E_SPACE);
    gba_copy(room, v);
    *out = gba_view_of(room, v.n);
    return GBA_OK;
}
