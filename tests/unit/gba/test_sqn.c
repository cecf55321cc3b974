/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence numbers on both sides, TS 33.102 annex C. */
#include "gba/crypto/sqn.h"
#include "tests/lib/tap.h"

static uint64_t sqn(uint64_t seq, unsigned ind)
{
    return seq << 5 | ind;
}

/* ---- refused ---- */

/*= TS 33.102 C.2.2: neither equal nor lower in the same IND, and a refusal changes nothing. */
static void old_numbers(void)
{
    struct gba_sqn_ms ms = {.delta = 0};
    T_OK(gba_sqn_ms_accept(&ms, sqn(10, 3)));
    struct gba_sqn_ms before = ms;
    T_RC(gba_sqn_ms_accept(&ms, sqn(10, 3)), GBA_E_SQN);
    T_RC(gba_sqn_ms_accept(&ms, sqn(9, 3)), GBA_E_SQN);
    T_RC(gba_sqn_ms_accept(&ms, sqn(0, 4)), GBA_E_SQN);
    T_BYTES(gba_view_of(&ms, sizeof ms), gba_view_of(&before, sizeof before));
}

/*= TS 33.102 C.2.1: a jump by more than delta. */
static void jumps(void)
{
    struct gba_sqn_ms ms = {.delta = 0};
    T_OK(gba_sqn_ms_accept(&ms, sqn(5, 0)));
    T_RC(gba_sqn_ms_accept(&ms, sqn(5 + GBA_SQN_DELTA + 1, 0)), GBA_E_SQN);
    T_OK(gba_sqn_ms_accept(&ms, sqn(5 + GBA_SQN_DELTA, 0)));
    struct gba_sqn_ms narrow = {.delta = 10};
    T_RC(gba_sqn_ms_accept(&narrow, sqn(11, 0)), GBA_E_SQN);
    T_OK(gba_sqn_ms_accept(&narrow, sqn(10, 0)));
    T_RC(gba_sqn_ms_accept(&narrow, UINT64_C(1) << 48), GBA_E_SQN);
}

static void used_up(void)
{
    uint64_t next = 7;
    T_RC(gba_sqn_next(GBA_SQN_MAX, 0, &next), GBA_E_SQN_USED_UP);
    T_RC(gba_sqn_next(GBA_SQN_MAX - 31, 31, &next), GBA_E_SQN_USED_UP);
    T_RC(gba_sqn_next(0, 32, &next), GBA_E_BUG);
    CU_ASSERT_EQUAL(next, 7);
}

/* ---- accepted ---- */

/*= TS 33.102 C.1.1.3, C.3.4 */
static void auc_counts_in_its_ind(void)
{
    uint64_t next = 0;
    T_OK(gba_sqn_next(0, 0, &next));
    CU_ASSERT_EQUAL(next, 0x20);
    T_OK(gba_sqn_next(next, 16, &next));
    CU_ASSERT_EQUAL(next, sqn(2, 16));
    T_OK(gba_sqn_next(sqn(2, 31), 16, &next));
    CU_ASSERT_EQUAL(next, sqn(3, 16));
    T_OK(gba_sqn_next(GBA_SQN_MAX - 32, 31, &next));
    CU_ASSERT_EQUAL(next, GBA_SQN_MAX);
}

/*= TS 33.102 C.3.4: another domain's later number does not push ours out. */
static void inds_do_not_disturb_each_other(void)
{
    struct gba_sqn_ms ms = {.delta = 0};
    T_OK(gba_sqn_ms_accept(&ms, sqn(100, 0)));
    T_OK(gba_sqn_ms_accept(&ms, sqn(1, 16)));
    T_OK(gba_sqn_ms_accept(&ms, sqn(2, 16)));
    CU_ASSERT_EQUAL(gba_sqn_ms_highest(&ms), sqn(100, 0));
    T_OK(gba_sqn_ms_accept(&ms, sqn(101, 16)));
    CU_ASSERT_EQUAL(gba_sqn_ms_highest(&ms), sqn(101, 16));
}

static void a_new_card_has_seen_nothing(void)
{
    struct gba_sqn_ms ms = {.delta = 0};
    CU_ASSERT_EQUAL(gba_sqn_ms_highest(&ms), 0);
    T_RC(gba_sqn_ms_accept(&ms, sqn(0, 31)), GBA_E_SQN);
    T_OK(gba_sqn_ms_accept(&ms, sqn(1, 31)));
}

/*= TS 33.102 6.3.5 */
static void resync_keeps_or_takes_over(void)
{
    CU_ASSERT_EQUAL(gba_sqn_resync(sqn(50, 16), sqn(20, 0), 16), sqn(50, 16));
    CU_ASSERT_EQUAL(gba_sqn_resync(sqn(50, 16), sqn(50, 0), 16), sqn(50, 16));
    CU_ASSERT_EQUAL(gba_sqn_resync(sqn(50, 16), sqn(51, 0), 16), sqn(51, 16));
    CU_ASSERT_EQUAL(gba_sqn_resync(sqn(50, 16), sqn(9999, 7), 16), sqn(9999, 16));
    CU_ASSERT_EQUAL(gba_sqn_resync(sqn(GBA_SQN_DELTA, 16), sqn(1, 0), 16), sqn(GBA_SQN_DELTA, 16));
    CU_ASSERT_EQUAL(gba_sqn_resync(sqn(GBA_SQN_DELTA + 1, 16), sqn(1, 0), 16), sqn(1, 16));
}

/* Whatever the two sides believed, one resynchronisation heals it. */
static void one_resync_heals(void)
{
    static const uint64_t rows[][2] = {
        {0, 1},   {1, 1},   {0, UINT64_C(1) << 42}, {UINT64_C(1) << 42, 0}, {UINT64_C(1) << 42, 5},
        {77, 78}, {78, 77},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gba_sqn_ms ms = {.seq = {[0] = rows[i][1], [16] = rows[i][1]}};
        uint64_t last = gba_sqn_resync(sqn(rows[i][0], 16), gba_sqn_ms_highest(&ms), 16), next = 0;
        T_OK(gba_sqn_next(last, 16, &next));
        T_OK(gba_sqn_ms_accept(&ms, next));
    }
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"old numbers", old_numbers},
        {"jumps", jumps},
        {"used up", used_up},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"the AuC counts in its IND", auc_counts_in_its_ind},
        {"INDs do not disturb each other", inds_do_not_disturb_each_other},
        {"a new card", a_new_card_has_seen_nothing},
        {"resynchronisation keeps or takes over", resync_keeps_or_takes_over},
        {"one resynchronisation heals", one_resync_heals},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
