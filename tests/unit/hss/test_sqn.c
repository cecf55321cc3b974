/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence numbers of a subscriber at the AuC: reserved before they are issued. */
#include "hss/sqn.h"
#include "tests/lib/tap.h"

enum { BLOCK = 16, IND = 31 };

static uint64_t sqn(uint64_t seq)
{
    return seq << 5 | IND;
}

static void nothing_without_a_reservation(void)
{
    struct hss_sqn s = {.last = sqn(4), .limit = sqn(4)};
    uint64_t got = 7;
    T_RC(hss_sqn_take(&s, IND, &got), GBA_E_HSS_SQN_WAIT);
    CU_ASSERT_EQUAL(got, 7);
    CU_ASSERT_EQUAL(s.last, sqn(4));
}

static void not_above_the_limit(void)
{
    struct hss_sqn s = {.last = sqn(4), .limit = hss_sqn_block_end(sqn(4), BLOCK)};
    uint64_t got = 0;
    for (unsigned i = 0; i < BLOCK; i++)
        T_OK(hss_sqn_take(&s, IND, &got));
    CU_ASSERT_EQUAL(got, sqn(20));
    T_RC(hss_sqn_take(&s, IND, &got), GBA_E_HSS_SQN_WAIT);
}

static void used_up_is_not_a_wait(void)
{
    struct hss_sqn s = {.last = GBA_SQN_MAX - 32, .limit = hss_sqn_block_end(GBA_SQN_MAX - 32, BLOCK)};
    uint64_t got = 0, limit = 0;
    CU_ASSERT_EQUAL(s.limit, GBA_SQN_MAX);
    T_OK(hss_sqn_take(&s, IND, &got));
    CU_ASSERT_EQUAL(got, GBA_SQN_MAX);
    T_RC(hss_sqn_take(&s, IND, &got), GBA_E_SQN_USED_UP);
    CU_ASSERT_FALSE(hss_sqn_wants(&s, BLOCK, &limit));
}

/* A write that failed, or one that was asked for before SQN_HE moved, opens nothing. */
static void a_stale_or_failed_write_opens_nothing(void)
{
    struct hss_sqn s = {.last = sqn(4), .limit = sqn(4)};
    uint64_t first = 0, second = 0, got = 0;
    CU_ASSERT_TRUE(hss_sqn_wants(&s, BLOCK, &first));
    CU_ASSERT_FALSE(hss_sqn_wants(&s, BLOCK, &second));
    hss_sqn_stored(&s, first, false);
    T_RC(hss_sqn_take(&s, IND, &got), GBA_E_HSS_SQN_WAIT);
    CU_ASSERT_TRUE(hss_sqn_wants(&s, BLOCK, &first));
    CU_ASSERT_TRUE(hss_sqn_resync(&s, sqn(1000), IND));
    hss_sqn_stored(&s, first, true);
    T_RC(hss_sqn_take(&s, IND, &got), GBA_E_HSS_SQN_WAIT);
    CU_ASSERT_TRUE(hss_sqn_wants(&s, BLOCK, &second));
    CU_ASSERT_EQUAL(second, hss_sqn_block_end(sqn(1000), BLOCK));
    hss_sqn_stored(&s, first, true);
    T_RC(hss_sqn_take(&s, IND, &got), GBA_E_HSS_SQN_WAIT);
    hss_sqn_stored(&s, second, true);
    T_OK(hss_sqn_take(&s, IND, &got));
    CU_ASSERT_EQUAL(got, sqn(1001));
}

/* After going down, a crash must not make the next process start high again. */
static void going_down_is_stored_first(void)
{
    uint64_t far = sqn(GBA_SQN_DELTA + 100), limit = 0, got = 0;
    struct hss_sqn s = {.last = far, .limit = hss_sqn_block_end(far, BLOCK)};
    CU_ASSERT_TRUE(hss_sqn_resync(&s, sqn(3), IND));
    T_RC(hss_sqn_take(&s, IND, &got), GBA_E_HSS_SQN_WAIT);
    CU_ASSERT_TRUE(hss_sqn_wants(&s, BLOCK, &limit));
    CU_ASSERT_EQUAL(limit, hss_sqn_block_end(sqn(3), BLOCK));
    hss_sqn_stored(&s, limit, true);
    T_OK(hss_sqn_take(&s, IND, &got));
    CU_ASSERT_EQUAL(got, sqn(4));
}

/* The disk is asked when half of a block is left, so nobody waits for it. */
static void the_next_block_is_reserved_in_time(void)
{
    struct hss_sqn s = {.last = 0, .limit = hss_sqn_block_end(0, BLOCK)};
    uint64_t got = 0, limit = 0;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t before = got;
        T_OK(hss_sqn_take(&s, IND, &got));
        CU_ASSERT_TRUE(got > before);
        CU_ASSERT_EQUAL(got % 32, IND);
        if (hss_sqn_wants(&s, BLOCK, &limit))
            hss_sqn_stored(&s, limit, true);
    }
}

static void up_within_the_block_needs_no_disk(void)
{
    struct hss_sqn s = {.last = sqn(4), .limit = hss_sqn_block_end(sqn(4), BLOCK)};
    uint64_t got = 0;
    CU_ASSERT_TRUE(hss_sqn_resync(&s, sqn(9), IND));
    T_OK(hss_sqn_take(&s, IND, &got));
    CU_ASSERT_EQUAL(got, sqn(10));
}

static void an_acceptable_place_is_kept(void)
{
    struct hss_sqn s = {.last = sqn(50), .limit = hss_sqn_block_end(sqn(50), BLOCK)};
    CU_ASSERT_FALSE(hss_sqn_resync(&s, sqn(20), IND));
    CU_ASSERT_FALSE(hss_sqn_resync(&s, sqn(50), IND));
    CU_ASSERT_EQUAL(s.last, sqn(50));
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"nothing without a reservation", nothing_without_a_reservation},
        {"not above the limit", not_above_the_limit},
        {"used up is not a wait", used_up_is_not_a_wait},
        {"a stale or failed write opens nothing", a_stale_or_failed_write_opens_nothing},
        {"going down is stored first", going_down_is_stored_first},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"the next block is reserved in time", the_next_block_is_reserved_in_time},
        {"up within the block", up_within_the_block_needs_no_disk},
        {"an acceptable place is kept", an_acceptable_place_is_kept},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
