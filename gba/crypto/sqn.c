/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/sqn.h"

#define SEQ_MAX (GBA_SQN_MAX >> GBA_SQN_IND_BITS)

static uint64_t seq_of(uint64_t sqn)
{
    return sqn >> GBA_SQN_IND_BITS;
}

static uint64_t sqn_of(uint64_t seq, unsigned ind)
{
    return seq << GBA_SQN_IND_BITS | ind;
}

/*= TS 33.102 C.1.1.3: a counter without a clock. */
gba_rc gba_sqn_next(uint64_t last, unsigned ind, uint64_t *next)
{
    GBA_ENSURE(ind < GBA_SQN_INDS, GBA_E_BUG);
    GBA_ENSURE(seq_of(last) < SEQ_MAX, GBA_E_SQN_USED_UP);
    *next = sqn_of(seq_of(last) + 1, ind);
    return GBA_OK;
}

/*= TS 33.102 6.3.5: SQN_MS holds the highest SEQ of all INDs, so what exceeds it exceeds ours too. */
uint64_t gba_sqn_resync(uint64_t last, uint64_t sqn_ms, unsigned ind)
{
    uint64_t ours = seq_of(last) + 1, theirs = seq_of(sqn_ms);
    bool accepted = ours > theirs && ours - theirs <= GBA_SQN_DELTA && ours <= SEQ_MAX;
    return accepted ? last : sqn_of(theirs, ind);
}

uint64_t gba_sqn_ms_highest(const struct gba_sqn_ms *ms)
{
    uint64_t highest = 0;
    for (unsigned ind = 0; ind < GBA_SQN_INDS; ind++) {
        if (ms->seq[ind] > 0 && sqn_of(ms->seq[ind], ind) > highest)
            highest = sqn_of(ms->seq[ind], ind);
    }
    return highest;
}

/*= TS 33.102 C.2.1, C.2.2 */
gba_rc gba_sqn_ms_accept(struct gba_sqn_ms *ms, uint64_t sqn)
{
    uint64_t highest = seq_of(gba_sqn_ms_highest(ms)), seq = seq_of(sqn);
    uint64_t delta = ms->delta ? ms->delta : GBA_SQN_DELTA;
    unsigned ind = sqn % GBA_SQN_INDS;
    GBA_ENSURE(sqn <= GBA_SQN_MAX && seq > ms->seq[ind], GBA_E_SQN);
    GBA_ENSURE(seq <= highest || seq - highest <= delta, GBA_E_SQN);
    ms->seq[ind] = seq;
    return GBA_OK;
}
