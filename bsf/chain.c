/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/chain.h"

void bsf_chains_init(struct bsf_chains *c, struct bsf_chain_block *blocks, uint32_t cap)
{
    *c = (struct bsf_chains){.blocks = blocks, .cap = cap, .free = BSF_CHAIN_NONE};
}

static uint32_t take(struct bsf_chains *c)
{
    uint32_t i = c->free;
    if (i == BSF_CHAIN_NONE)
        i = c->fresh++;
    else
        c->free = c->blocks[i].next;
    c->n++;
    return i;
}

gba_rc bsf_chain_put(struct bsf_chains *c, gba_view v, struct bsf_chain *out)
{
    GBA_ENSURE((v.n + BSF_CHAIN_BLOCK - 1) / BSF_CHAIN_BLOCK <= c->cap - c->n, GBA_E_SPACE);
    *out = (struct bsf_chain){BSF_CHAIN_NONE, (uint32_t)v.n, v.p != NULL};
    uint32_t *link = &out->first;
    for (size_t at = 0; at < v.n; at += BSF_CHAIN_BLOCK) {
        *link = take(c);
        struct bsf_chain_block *block = &c->blocks[*link];
        gba_copy(block->b, gba_view_sub(v, at, BSF_CHAIN_BLOCK));
        block->next = BSF_CHAIN_NONE;
        link = &block->next;
    }
    return GBA_OK;
}

void bsf_chain_get(const struct bsf_chains *c, const struct bsf_chain *chain, gba_writer *w)
{
    size_t left = chain->n;
    for (uint32_t i = chain->first; i != BSF_CHAIN_NONE; i = c->blocks[i].next) {
        size_t n = left < BSF_CHAIN_BLOCK ? left : BSF_CHAIN_BLOCK;
        gba_put_view(w, gba_view_of(c->blocks[i].b, n));
        left -= n;
    }
}

void bsf_chain_drop(struct bsf_chains *c, struct bsf_chain *chain)
{
    uint32_t i = chain->first;
    while (i != BSF_CHAIN_NONE) {
        uint32_t next = c->blocks[i].next;
        c->blocks[i].next = c->free;
        c->free = i;
        c->n--;
        i = next;
    }
    *chain = (struct bsf_chain){BSF_CHAIN_NONE, 0, false};
}
