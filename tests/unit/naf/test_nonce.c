/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/nonce.h"

#include <stddef.h>

#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

enum { CAP = 3, AGE = 60 };
#define FQDN GBA_LIT("naf.example")

static struct fake_world world;
static struct naf_nonces nonces;
static max_align_t memory[64];
static char texts[8][NAF_NONCE_TEXT];

static gba_view make(unsigned i)
{
    gba_writer w = gba_writer_of(texts[i], NAF_NONCE_TEXT);
    T_OK(naf_nonce_make(&nonces, &world.env, FQDN, &w));
    world.env.now_ms++;
    return gba_writer_view(&w);
}

static enum naf_nonce_state use(gba_view nonce, uint32_t nc)
{
    struct naf_nonce_claim claim = {nonce, nc, AGE};
    return naf_nonce_use(&nonces, &world.env, FQDN, &claim);
}

static void set_up(void)
{
    fake_world_init(&world);
    CU_ASSERT_FATAL(naf_nonces_memory(CAP) <= sizeof memory);
    naf_nonces_init(&nonces, memory, CAP, &world.env);
}

static void foreign_nonces_are_stale(void)
{
    CU_ASSERT_EQUAL(use(GBA_LIT(""), 1), NAF_NONCE_STALE);
    CU_ASSERT_EQUAL(use(GBA_LIT("dcd98b7102dd2f0e8b11d0f600bfb0c093"), 1), NAF_NONCE_STALE);
    CU_ASSERT_EQUAL(use(GBA_LIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), 1), NAF_NONCE_STALE);
    gba_view nonce = make(0);
    texts[0][20] = texts[0][20] == 'A' ? 'B' : 'A';
    CU_ASSERT_EQUAL(use(nonce, 1), NAF_NONCE_STALE);
}

static void another_service_is_stale(void)
{
    struct naf_nonce_claim claim = {make(0), 1, AGE};
    CU_ASSERT_EQUAL(naf_nonce_use(&nonces, &world.env, GBA_LIT("other.example"), &claim), NAF_NONCE_STALE);
}

static void a_count_is_used_once(void)
{
    gba_view nonce = make(0);
    CU_ASSERT_EQUAL(use(nonce, 1), NAF_NONCE_FRESH);
    CU_ASSERT_EQUAL(use(nonce, 1), NAF_NONCE_REPLAYED);
    CU_ASSERT_EQUAL(use(nonce, 5), NAF_NONCE_FRESH);
    CU_ASSERT_EQUAL(use(nonce, 4), NAF_NONCE_REPLAYED);
    CU_ASSERT_EQUAL(use(nonce, 0), NAF_NONCE_REPLAYED);
}

static void age_ends_a_nonce(void)
{
    gba_view nonce = make(0);
    world.env.now_ms += AGE * 1000;
    CU_ASSERT_EQUAL(use(nonce, 1), NAF_NONCE_STALE);
    nonce = make(1);
    world.env.now_ms -= 10000; /* the clock was set back */
    CU_ASSERT_EQUAL(use(nonce, 1), NAF_NONCE_STALE);
}

/* Forgetting a used nonce must not make its counts usable again. */
static void forgetting_allows_no_replay(void)
{
    gba_view unused = make(7);
    for (unsigned i = 0; i < CAP + 1; i++)
        CU_ASSERT_EQUAL(use(make(i), 1), NAF_NONCE_FRESH);
    CU_ASSERT_EQUAL(use(gba_view_of(texts[0], NAF_NONCE_TEXT), 1), NAF_NONCE_STALE);
    CU_ASSERT_EQUAL(use(unused, 1), NAF_NONCE_STALE);
    CU_ASSERT_EQUAL(use(gba_view_of(texts[1], NAF_NONCE_TEXT), 2), NAF_NONCE_FRESH);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"foreign and forged nonces are stale", foreign_nonces_are_stale},
        {"a nonce of another service is stale", another_service_is_stale},
        {"a nonce count is used once", a_count_is_used_once},
        {"age ends a nonce, also backwards", age_ends_a_nonce},
        {"forgetting allows no replay", forgetting_allows_no_replay},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"nonce", NULL, NULL, set_up, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
