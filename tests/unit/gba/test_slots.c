/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/slots.h"


#include "tests/lib/tap.h"

enum { CAP = 8 };

static uint8_t keys[CAP];
static max_align_t memory[CAP * 32 / sizeof(max_align_t)];
static struct gba_slots slots;

static bool same(const void *items, uint32_t slot, gba_view key)
{
    return ((const uint8_t *)items)[slot] == key.p[0];
}

static uint32_t put(uint8_t key)
{
    uint32_t slot = gba_slots_take(&slots, gba_view_of(&key, 1));
    if (slot != GBA_SLOT_NONE)
        keys[slot] = key;
    return slot;
}

static uint32_t find(uint8_t key)
{
    return gba_slots_find(&slots, gba_view_of(&key, 1), same, keys);
}

static void set_up(void)
{
    CU_ASSERT_FATAL(gba_slots_memory(CAP) <= sizeof memory);
    gba_slots_init(&slots, memory, CAP, 42);
}

static void full_is_told(void)
{
    for (uint8_t k = 0; k < CAP; k++)
        CU_ASSERT_NOT_EQUAL(put(k), GBA_SLOT_NONE);
    CU_ASSERT_EQUAL(put(99), GBA_SLOT_NONE);
    gba_slots_give(&slots, slots.oldest);
    CU_ASSERT_EQUAL(find(0), GBA_SLOT_NONE);
    CU_ASSERT_NOT_EQUAL(put(99), GBA_SLOT_NONE);
    CU_ASSERT_NOT_EQUAL(find(99), GBA_SLOT_NONE);
}

static void absent_is_told(void)
{
    CU_ASSERT_EQUAL(find(1), GBA_SLOT_NONE);
    put(1);
    CU_ASSERT_EQUAL(find(2), GBA_SLOT_NONE);
}

static void order_is_kept(void)
{
    for (uint8_t k = 0; k < 4; k++)
        put(k);
    gba_slots_give(&slots, find(0));
    gba_slots_give(&slots, find(2));
    CU_ASSERT_EQUAL(keys[slots.oldest], 1);
    CU_ASSERT_EQUAL(keys[slots.newest], 3);
    gba_slots_give(&slots, find(3));
    CU_ASSERT_EQUAL(keys[slots.newest], 1);
    gba_slots_give(&slots, find(1));
    CU_ASSERT_EQUAL(slots.oldest, GBA_SLOT_NONE);
    CU_ASSERT_EQUAL(slots.n, 0);
}

/* Against a plain set, through many random turns. */
static void agrees_with_a_set(void)
{
    bool in[256] = {false};
    unsigned mistakes = 0;
    uint32_t random = 7;
    for (int turn = 0; turn < 20000; turn++) {
        random = random * 1664525 + 1013904223;
        uint8_t key = (uint8_t)(random >> 28);
        if (in[key] != (find(key) != GBA_SLOT_NONE))
            mistakes++;
        if (in[key])
            gba_slots_give(&slots, find(key));
        else if (put(key) == GBA_SLOT_NONE)
            continue;
        in[key] = !in[key];
    }
    CU_ASSERT_EQUAL(mistakes, 0);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a full index says so", full_is_told},
        {"an absent key is absent", absent_is_told},
        {"slots stay in order of taking", order_is_kept},
        {"agrees with a set", agrees_with_a_set},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"slots", NULL, NULL, set_up, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
