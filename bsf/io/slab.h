/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slab allocator for millions of pieces of a few hundred octets: pieces of one size
 * share chunks of the system's memory, a piece is named by a number of 32 bits, and a
 * chunk whose pieces are all given back is given back too.  Pieces are wiped when they
 * are given back.
 */
#pragma once

#include "gba/base/bytes.h"

/* A piece starts at a multiple of 16 octets. */
enum { BSF_SLAB_MAX = 128 * 1024 };
#define BSF_SLAB_NONE UINT32_MAX

struct bsf_slab;

/* E_MEMORY. */
GBA_MUST_USE gba_rc bsf_slab_new(struct bsf_slab **out);

/* n octets (1..BSF_SLAB_MAX) whose content is any, or BSF_SLAB_NONE without memory. */
uint32_t bsf_slab_take(struct bsf_slab *s, size_t n);

/* Where a taken piece is, until it is given back. */
void *bsf_slab_at(const struct bsf_slab *s, uint32_t piece);

void bsf_slab_give(struct bsf_slab *s, uint32_t piece);

/* Give all back that is still taken, wiped; NULL is ignored. */
void bsf_slab_free(struct bsf_slab *s);
