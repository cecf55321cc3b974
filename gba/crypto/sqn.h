/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequence numbers, TS 33.102 annex C: SQN = SEQ (43 bits) || IND (5 bits).
 * Counter-based profile (C.3.2) at the AuC; array of 32 at the USIM (C.2).
 */
#pragma once

#include "gba/base/bytes.h"

enum { GBA_SQN_IND_BITS = 5, GBA_SQN_INDS = 32 };
#define GBA_SQN_MAX ((UINT64_C(1) << 48) - 1)
#define GBA_SQN_DELTA (UINT64_C(1) << 28)

/* AuC: the SQN after `last` for a domain that owns `ind` (0..31);
 * E_SQN_USED_UP when SEQ has reached its end. */
GBA_MUST_USE gba_rc gba_sqn_next(uint64_t last, unsigned ind, uint64_t *next);

/* AuC on resynchronisation with a verified SQN_MS: the new `last`.  Keeps the
 * AuC's own when the USIM would accept what follows it (TS 33.102 6.3.5). */
uint64_t gba_sqn_resync(uint64_t last, uint64_t sqn_ms, unsigned ind);

/* USIM: the highest accepted SEQ of each IND. */
struct gba_sqn_ms {
    uint64_t seq[GBA_SQN_INDS];
    uint64_t delta; /* limit on jumps (C.2.1); 0 means GBA_SQN_DELTA */
};

/* USIM: accept SQN and remember it, or E_SQN and nothing changes. */
GBA_MUST_USE gba_rc gba_sqn_ms_accept(struct gba_sqn_ms *ms, uint64_t sqn);

/* USIM: SQN_MS for AUTS: the highest accepted SQN of all. */
uint64_t gba_sqn_ms_highest(const struct gba_sqn_ms *ms);
