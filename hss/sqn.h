/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequence numbers of one subscriber at the AuC, TS 33.102 6.3.2, 6.3.5
 * and annex C.  A number is issued only below a limit that is on disk: after
 * a crash the AuC goes on above that limit and never issues a number twice.
 * Numbers are reserved in blocks, the next block while the last one is used.
 */
#pragma once

#include "gba/crypto/sqn.h"

struct hss_sqn {
    uint64_t last;  /* SQN_HE: the highest issued */
    uint64_t limit; /* on disk: what may be issued without asking */
    uint64_t asked; /* limit that is being written; 0: none */
};

/* The limit of a block of `block` numbers after `last`. */
uint64_t hss_sqn_block_end(uint64_t last, uint32_t block);

/* The next number in IND `ind`.  E_HSS_SQN_WAIT, and nothing changes: not
 * reserved yet.  E_SQN_USED_UP. */
GBA_MUST_USE gba_rc hss_sqn_take(struct hss_sqn *s, unsigned ind, uint64_t *sqn);

/* Resynchronisation with a verified SQN_MS.  True when SQN_HE changed. */
bool hss_sqn_resync(struct hss_sqn *s, uint64_t sqn_ms, unsigned ind);

/* True when more than half of a block is used up and no limit is being written:
 * then *limit is to be written to disk and hss_sqn_stored called. */
bool hss_sqn_wants(struct hss_sqn *s, uint32_t block, uint64_t *limit);

/* `limit` is on disk, or writing it failed.  A limit asked for before a
 * resynchronisation is not taken any more. */
void hss_sqn_stored(struct hss_sqn *s, uint64_t limit, bool good);
