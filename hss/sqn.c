/* SPDX-License-Identifier: Apache-2.0 */
#include "hss/sqn.h"

uint64_t hss_sqn_block_end(uint64_t last, uint32_t block)
{
    uint64_t room = (uint64_t)block << GBA_SQN_IND_BITS;
    uint64_t end = GBA_SQN_MAX - last < room ? GBA_SQN_MAX : last + room;
    return end | (GBA_SQN_INDS - 1);
}

gba_rc hss_sqn_take(struct hss_sqn *s, unsigned ind, uint64_t *sqn)
{
    uint64_t next;
    GBA_TRY(gba_sqn_next(s->last, ind, &next));
    GBA_ENSURE(next <= s->limit, GBA_E_HSS_SQN_WAIT);
    s->last = *sqn = next;
    return GBA_OK;
}

bool hss_sqn_resync(struct hss_sqn *s, uint64_t sqn_ms, unsigned ind)
{
    uint64_t last = gba_sqn_resync(s->last, sqn_ms, ind);
    if (last == s->last)
        return false;
    /* Up within the block costs nothing.  Otherwise what is on disk does not
     * tell where we are, and the new place must get there first. */
    if (last < s->last || last > s->limit) {
        s->limit = last;
        s->asked = 0;
    }
    s->last = last;
    return true;
}

bool hss_sqn_wants(struct hss_sqn *s, uint32_t block, uint64_t *limit)
{
    uint64_t end = hss_sqn_block_end(s->last, block);
    uint64_t left = s->limit > s->last ? s->limit - s->last : 0;
    if (s->asked || end <= s->limit || left > (uint64_t)block << (GBA_SQN_IND_BITS - 1))
        return false;
    s->asked = *limit = end;
    return true;
}

void hss_sqn_stored(struct hss_sqn *s, uint64_t limit, bool good)
{
    if (limit != s->asked)
        return;
    s->asked = 0;
    if (good)
        s->limit = limit;
}
