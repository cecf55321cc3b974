/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/slab.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "gba/base/secret.h"

/*
 * Sizes are multiples of 16 octets up to FINE, and of an eighth of the next lower power of
 * two beyond, so that at most that much is lost.  A name is chunk << OFFSET_BITS | offset / 16.
 */
enum { GRAIN = 16, FINE = 1024, FINE_SIZES = FINE / GRAIN, STEPS = 8, SIZES = FINE_SIZES + 7 * STEPS };
enum { CHUNK = 1 << 20, OFFSET_BITS = 16, CHUNKS = 1 << 16, NO_CHUNK = UINT16_MAX };

struct chunk {
    uint8_t *p;          /* NULL: not there */
    uint32_t size;       /* octets of a piece */
    uint32_t taken;      /* pieces */
    uint32_t fresh;      /* pieces from here on were never taken */
    uint32_t free;       /* the first of those given back, by name; in it stands the next */
    uint16_t of_size;    /* which list it is in */
    uint16_t prev, next; /* chunks of this size that have room */
};

struct bsf_slab {
    struct chunk chunks[CHUNKS];
    uint16_t roomy[SIZES]; /* first chunk that has room */
    uint32_t n;            /* chunks from here on were never used */
};

static uint16_t size_class(size_t n, uint32_t *size)
{
    if (n <= FINE) {
        *size = (uint32_t)(n + GRAIN - 1) / GRAIN * GRAIN;
        return (uint16_t)(*size / GRAIN - 1);
    }
    unsigned octave = 0;
    while (n > (size_t)FINE << (octave + 1))
        octave++;
    uint32_t step = (FINE << octave) / STEPS;
    uint32_t steps = (uint32_t)(n - ((size_t)FINE << octave) + step - 1) / step;
    *size = (FINE << octave) + steps * step;
    return (uint16_t)(FINE_SIZES + octave * STEPS + steps - 1);
}

gba_rc bsf_slab_new(struct bsf_slab **out)
{
    struct bsf_slab *s = calloc(1, sizeof *s);
    GBA_ENSURE(s != NULL, GBA_E_MEMORY);
    for (size_t i = 0; i < SIZES; i++)
        s->roomy[i] = NO_CHUNK;
    *out = s;
    return GBA_OK;
}

/* ---- lists of chunks with room ---- */

static void link_chunk(struct bsf_slab *s, uint16_t c)
{
    struct chunk *chunk = &s->chunks[c];
    uint16_t *first = &s->roomy[chunk->of_size];
    chunk->prev = NO_CHUNK;
    chunk->next = *first;
    if (*first != NO_CHUNK)
        s->chunks[*first].prev = c;
    *first = c;
}

static void unlink_chunk(struct bsf_slab *s, uint16_t c)
{
    const struct chunk *chunk = &s->chunks[c];
    if (chunk->prev != NO_CHUNK)
        s->chunks[chunk->prev].next = chunk->next;
    else
        s->roomy[chunk->of_size] = chunk->next;
    if (chunk->next != NO_CHUNK)
        s->chunks[chunk->next].prev = chunk->prev;
}

static bool is_full(const struct chunk *chunk)
{
    return chunk->free == BSF_SLAB_NONE && (size_t)(chunk->fresh + 1) * chunk->size > CHUNK;
}

static uint16_t unused_chunk(struct bsf_slab *s)
{
    for (uint32_t c = 0; c < s->n; c++) {
        if (s->chunks[c].p == NULL)
            return (uint16_t)c;
    }
    return s->n < NO_CHUNK ? (uint16_t)s->n++ : NO_CHUNK;
}

static uint16_t new_chunk(struct bsf_slab *s, uint16_t of_size, uint32_t size)
{
    uint16_t c = unused_chunk(s);
    if (c == NO_CHUNK)
        return c;
    void *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NO_CHUNK;
    s->chunks[c] = (struct chunk){.p = p, .size = size, .free = BSF_SLAB_NONE, .of_size = of_size};
    link_chunk(s, c);
    return c;
}

static void drop_chunk(struct bsf_slab *s, uint16_t c)
{
    unlink_chunk(s, c);
    munmap(s->chunks[c].p, CHUNK);
    s->chunks[c].p = NULL;
}

/* ---- pieces ---- */

void *bsf_slab_at(const struct bsf_slab *s, uint32_t piece)
{
    return s->chunks[piece >> OFFSET_BITS].p + (size_t)(piece & (CHUNKS - 1)) * GRAIN;
}

uint32_t bsf_slab_take(struct bsf_slab *s, size_t n)
{
    uint32_t size, piece;
    uint16_t of_size = size_class(n, &size), c = s->roomy[of_size];
    if (c == NO_CHUNK)
        c = new_chunk(s, of_size, size);
    if (c == NO_CHUNK)
        return BSF_SLAB_NONE;
    struct chunk *chunk = &s->chunks[c];
    if (chunk->free != BSF_SLAB_NONE) {
        piece = chunk->free;
        chunk->free = *(const uint32_t *)bsf_slab_at(s, piece);
    } else {
        piece = (uint32_t)c << OFFSET_BITS | chunk->fresh++ * (size / GRAIN);
    }
    chunk->taken++;
    if (is_full(chunk))
        unlink_chunk(s, c);
    return piece;
}

void bsf_slab_give(struct bsf_slab *s, uint32_t piece)
{
    uint16_t c = (uint16_t)(piece >> OFFSET_BITS);
    struct chunk *chunk = &s->chunks[c];
    uint32_t *next = bsf_slab_at(s, piece);
    gba_wipe_bytes(next, chunk->size);
    if (is_full(chunk))
        link_chunk(s, c);
    *next = chunk->free;
    chunk->free = piece;
    if (--chunk->taken == 0)
        drop_chunk(s, c);
}

void bsf_slab_free(struct bsf_slab *s)
{
    if (!s)
        return;
    for (uint32_t c = 0; c < s->n; c++) {
        if (s->chunks[c].p) {
            gba_wipe_bytes(s->chunks[c].p, (size_t)s->chunks[c].fresh * s->chunks[c].size);
            munmap(s->chunks[c].p, CHUNK);
        }
    }
    free(s);
}
