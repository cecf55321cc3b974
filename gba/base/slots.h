/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots: a bounded hash index over an array the caller keeps.
 *
 * The index hands out slot numbers 0..cap-1 and remembers under which hash and
 * in which order they were taken; what a slot holds is the caller's.  Every
 * operation is O(1); memory is given by the caller and never grows.
 */
#pragma once

#include "gba/base/bytes.h"

#define GBA_SLOT_NONE UINT32_MAX

struct gba_slot_link {
    uint32_t chain;        /* next slot of the bucket, or of the free list */
    uint32_t older, newer; /* order of taking */
    uint32_t bucket;
};

struct gba_slots {
    struct gba_slot_link *links; /* cap of them */
    uint32_t *buckets;           /* cap of them */
    uint32_t cap, n;
    uint32_t free, oldest, newest;
    uint64_t seed; /* random, so that peers cannot choose collisions */
};

/* Does slot `slot` hold this key? */
typedef bool gba_slot_same_fn(const void *items, uint32_t slot, gba_view key);

/* Octets of memory for cap slots (1..2^31). */
size_t gba_slots_memory(uint32_t cap);

/* memory has gba_slots_memory(cap) octets, aligned for any type, and lives as long. */
void gba_slots_init(struct gba_slots *s, void *memory, uint32_t cap, uint64_t seed);

/* The slot that holds key, or GBA_SLOT_NONE. */
uint32_t gba_slots_find(const struct gba_slots *s, gba_view key, gba_slot_same_fn *same, const void *items);

/* Take a free slot for key, or GBA_SLOT_NONE when all are taken: then give back
 * s->oldest first if the caller may forget it.  The caller made sure that key is
 * not in yet. */
uint32_t gba_slots_take(struct gba_slots *s, gba_view key);

/* Give a taken slot back. */
void gba_slots_give(struct gba_slots *s, uint32_t slot);
