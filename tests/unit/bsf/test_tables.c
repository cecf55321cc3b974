/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded tables of the Ub engine: chains, challenges, remembered GUSS. */
#include <stdlib.h>
#include <string.h>

#include "bsf/challenge.h"
#include "bsf/guss_cache.h"
#include "tests/lib/tap.h"

enum { CAP = 3 };

static struct bsf_chain_block blocks[4];
static struct bsf_chains chains;
static struct bsf_challenges table;
static struct bsf_guss_cache cache;
static void *memory;
static uint8_t big[300 * BSF_CHAIN_BLOCK], out[sizeof big];

static void set_up(void)
{
    bsf_chains_init(&chains, blocks, 4);
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 7 + i / 251);
}

static void set_up_challenges(void)
{
    set_up();
    memory = malloc(bsf_challenges_memory(CAP));
    CU_ASSERT_FATAL(memory != NULL);
    bsf_challenges_init(&table, memory, CAP, 5);
    table.lifetime_ms = 1000;
}

static void set_up_cache(void)
{
    set_up();
    memory = malloc(bsf_guss_cache_memory(CAP));
    CU_ASSERT_FATAL(memory != NULL);
    bsf_guss_cache_init(&cache, memory, CAP, 5);
    cache.age_ms = 1000;
}

static void tear_down(void)
{
    free(memory);
    memory = NULL;
}

static gba_view read_back(const struct bsf_chains *c, const struct bsf_chain *chain)
{
    gba_writer w = gba_writer_of(out, sizeof out);
    bsf_chain_get(c, chain, &w);
    return gba_writer_view(&w);
}

/* ---- chains ---- */

static void full_pool_keeps_nothing(void)
{
    struct bsf_chain a, c;
    T_RC(bsf_chain_put(&chains, gba_view_of(big, 4 * BSF_CHAIN_BLOCK + 1), &a), GBA_E_SPACE);
    CU_ASSERT_EQUAL(chains.n, 0);
    T_OK(bsf_chain_put(&chains, gba_view_of(big, 3 * BSF_CHAIN_BLOCK), &a));
    T_RC(bsf_chain_put(&chains, gba_view_of(big, BSF_CHAIN_BLOCK + 1), &c), GBA_E_SPACE);
    T_OK(bsf_chain_put(&chains, gba_view_of(big, BSF_CHAIN_BLOCK), &c));
    CU_ASSERT_EQUAL(chains.n, 4);
}

static void blocks_are_given_back(void)
{
    for (unsigned turn = 0; turn < 100; turn++) {
        struct bsf_chain a, c;
        T_OK(bsf_chain_put(&chains, gba_view_of(big, turn * 5), &a));
        T_OK(bsf_chain_put(&chains, gba_view_of(big + 1, 2 * BSF_CHAIN_BLOCK), &c));
        T_BYTES(read_back(&chains, &a), gba_view_of(big, turn * 5));
        T_BYTES(read_back(&chains, &c), gba_view_of(big + 1, 2 * BSF_CHAIN_BLOCK));
        bsf_chain_drop(&chains, &a);
        bsf_chain_drop(&chains, &c);
        CU_ASSERT_EQUAL(chains.n, 0);
    }
}

static void absent_and_empty_differ(void)
{
    struct bsf_chain absent, empty;
    T_OK(bsf_chain_put(&chains, (gba_view){NULL, 0}, &absent));
    T_OK(bsf_chain_put(&chains, GBA_LIT(""), &empty));
    CU_ASSERT_FALSE(absent.present);
    CU_ASSERT_TRUE(empty.present);
    CU_ASSERT_EQUAL(chains.n, 0);
}

/* ---- challenges ---- */

static struct bsf_challenge challenge(uint8_t rand, int64_t issued_ms)
{
    struct bsf_challenge c = {.issued_ms = issued_ms};
    memset(c.rand.b, rand, sizeof c.rand.b);
    memset(c.ks.b, 0xaa, sizeof c.ks.b);
    return c;
}

static gba_rc put(uint8_t rand, int64_t issued_ms, gba_view guss)
{
    struct bsf_challenge c = challenge(rand, issued_ms);
    return bsf_challenges_put(&table, &c, guss);
}

static struct bsf_challenge *find(uint8_t rand, int64_t mono_ms)
{
    struct bsf_challenge c = challenge(rand, 0);
    return bsf_challenges_find(&table, &c.rand, mono_ms);
}

static void table_is_bounded(void)
{
    for (uint8_t i = 0; i < CAP; i++)
        T_OK(put(i, 0, GBA_LIT("g")));
    CU_ASSERT_TRUE(bsf_challenges_full(&table));
    T_RC(put(CAP, 0, GBA_LIT("g")), GBA_E_UB_FULL);
    CU_ASSERT_PTR_NOT_NULL(find(0, 0));
}

static void rand_is_unique(void)
{
    T_OK(put(1, 0, GBA_LIT("g")));
    T_RC(put(1, 0, GBA_LIT("g")), GBA_E_ZH_REPEATED);
}

static void oversize_guss_is_refused(void)
{
    T_RC(put(1, 0, GBA_ARRAY(big)), GBA_E_UB_FULL);
    CU_ASSERT_PTR_NULL(find(1, 0));
    T_OK(put(1, 0, GBA_LIT("g")));
}

static void time_limits_life(void)
{
    T_OK(put(1, 5000, GBA_LIT("g")));
    CU_ASSERT_PTR_NOT_NULL(find(1, 5999));
    CU_ASSERT_PTR_NULL(find(1, 6000));
}

static void expired_is_wiped(void)
{
    static const uint8_t zero[32];
    T_OK(put(1, 0, gba_view_of(big, 2000)));
    T_OK(put(2, 500, gba_view_of(big, 2000)));
    uint8_t *ks = find(1, 0)->ks.b;
    bsf_challenges_expire(&table, 1000);
    T_BYTES(gba_view_of(ks, 32), GBA_ARRAY(zero));
    CU_ASSERT_EQUAL(table.slots.n, 1);
    CU_ASSERT_PTR_NOT_NULL(find(2, 1000));
    bsf_challenges_expire(&table, 1500);
    CU_ASSERT_EQUAL(table.settings.n, 0);
}

static void used_is_wiped(void)
{
    static const uint8_t zero[32];
    T_OK(put(1, 0, gba_view_of(big, 2000)));
    struct bsf_challenge *c = find(1, 0);
    T_BYTES(read_back(&table.settings, &c->settings), gba_view_of(big, 2000));
    uint8_t *ks = c->ks.b;
    bsf_challenges_drop(&table, c);
    T_BYTES(gba_view_of(ks, 32), GBA_ARRAY(zero));
    CU_ASSERT_PTR_NULL(find(1, 0));
    CU_ASSERT_EQUAL(table.slots.n, 0);
}

/* ---- GUSS cache ---- */

static void keep(const char *impi, int64_t stamp_s, gba_view guss)
{
    gba_text text;
    T_OK(gba_text_set(&text, gba_view_cstr(impi)));
    bsf_guss_cache_put(&cache, &text, &(gba_env){.now_ms = stamp_s * 1000, .mono_ms = 5000}, guss);
}

static void cache_can_be_off(void)
{
    bsf_guss_cache_init(&cache, memory, 0, 5);
    keep("a@b", 1, GBA_LIT("g"));
    CU_ASSERT_PTR_NULL(bsf_guss_cache_find(&cache, GBA_LIT("a@b"), 5999));
}

static void oldest_makes_room(void)
{
    keep("a@b", 1, GBA_LIT("g"));
    keep("b@b", 2, GBA_LIT("g"));
    keep("c@b", 3, GBA_LIT("g"));
    keep("d@b", 4, GBA_LIT("g"));
    CU_ASSERT_PTR_NULL(bsf_guss_cache_find(&cache, GBA_LIT("a@b"), 5999));
    CU_ASSERT_PTR_NOT_NULL(bsf_guss_cache_find(&cache, GBA_LIT("d@b"), 5999));
    CU_ASSERT_EQUAL(cache.slots.n, CAP);
}

static void too_long_is_forgotten(void)
{
    keep("a@b", 1, GBA_LIT("g"));
    keep("a@b", 2, GBA_ARRAY(big));
    CU_ASSERT_PTR_NULL(bsf_guss_cache_find(&cache, GBA_LIT("a@b"), 5999));
    CU_ASSERT_EQUAL(cache.chains.n, 0);
}

static void old_is_as_none(void)
{
    keep("a@b", 1, GBA_LIT("g"));
    CU_ASSERT_PTR_NOT_NULL(bsf_guss_cache_find(&cache, GBA_LIT("a@b"), 5999));
    CU_ASSERT_PTR_NULL(bsf_guss_cache_find(&cache, GBA_LIT("a@b"), 6000));
}

static void newer_replaces(void)
{
    keep("a@b", 1, gba_view_of(big, 3000));
    keep("a@b", 2, gba_view_of(big, 1000));
    const struct bsf_guss_item *item = bsf_guss_cache_find(&cache, GBA_LIT("a@b"), 5999);
    CU_ASSERT_PTR_NOT_NULL_FATAL(item);
    CU_ASSERT_EQUAL(item->stamp_s, 2);
    T_BYTES(read_back(&cache.chains, &item->guss), gba_view_of(big, 1000));
    CU_ASSERT_EQUAL(cache.slots.n, 1);
}

int main(void)
{
    CU_TestInfo chain_tests[] = {
        {"a full pool keeps nothing", full_pool_keeps_nothing},
        {"blocks are given back", blocks_are_given_back},
        {"absent and empty differ", absent_and_empty_differ},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo challenge_tests[] = {
        {"bounded", table_is_bounded},
        {"one RAND once", rand_is_unique},
        {"an oversize GUSS", oversize_guss_is_refused},
        {"time limits life", time_limits_life},
        {"the expired are wiped", expired_is_wiped},
        {"the used are wiped", used_is_wiped},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo cache_tests[] = {
        {"can be off", cache_can_be_off},
        {"the oldest makes room", oldest_makes_room},
        {"too long is forgotten", too_long_is_forgotten},
        {"an old one is as good as none", old_is_as_none},
        {"a newer one replaces", newer_replaces},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"chains", NULL, NULL, set_up, NULL, chain_tests},
        {"challenges", NULL, NULL, set_up_challenges, tear_down, challenge_tests},
        {"GUSS cache", NULL, NULL, set_up_cache, tear_down, cache_tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
