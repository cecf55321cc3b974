/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains: octet strings of any length kept in blocks of one bounded pool, so
 * that few long ones and many short ones share the same memory.
 */
#pragma once

#include "gba/base/bytes.h"

enum { BSF_CHAIN_BLOCK = 508 };
#define BSF_CHAIN_NONE UINT32_MAX

struct bsf_chain_block {
    uint32_t next;
    uint8_t b[BSF_CHAIN_BLOCK];
};

struct bsf_chains {
    struct bsf_chain_block *blocks;
    uint32_t cap;
    uint32_t fresh; /* blocks from here on were never used */
    uint32_t free;  /* first of the given-back ones */
    uint32_t n;     /* blocks in use */
};

/* A kept string; present tells absent from empty. */
struct bsf_chain {
    uint32_t first;
    uint32_t n;
    bool present;
};

/* cap blocks at `blocks`, which lives as long. */
void bsf_chains_init(struct bsf_chains *c, struct bsf_chain_block *blocks, uint32_t cap);

/* Keep a copy of v; E_SPACE when the pool has too few blocks, and nothing is kept. */
GBA_MUST_USE gba_rc bsf_chain_put(struct bsf_chains *c, gba_view v, struct bsf_chain *out);

/* Append the kept string to w. */
void bsf_chain_get(const struct bsf_chains *c, const struct bsf_chain *chain, gba_writer *w);

/* Give the blocks back; the chain is absent then. */
void bsf_chain_drop(struct bsf_chains *c, struct bsf_chain *chain);
