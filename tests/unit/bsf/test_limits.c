/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets: who is served how often, and what is forgotten. */
#include <stdlib.h>

#include "bsf/limits.h"
#include "tests/lib/tap.h"

static struct bsf_conf_limits conf;
static struct bsf_limits limits;
static void *memory;

static const uint8_t v4[4] = {192, 0, 2, 1}, other4[4] = {192, 0, 2, 2};
static const uint8_t mapped4[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
static const uint8_t v6[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 1},
                     same64[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 2},
                     other64[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 2, 1};

static void start(void)
{
    free(memory);
    memory = malloc(bsf_limits_memory(&conf));
    CU_ASSERT_FATAL(memory != NULL);
    bsf_limits_init(&limits, &conf, memory, 5);
}

static void set_up(void)
{
    conf = (struct bsf_conf_limits){
        .identity = {2, 6}, .address = {3, 60}, .identities = 2, .addresses = 2, .repeat_s = 30};
    start();
}

static void tear_down(void)
{
    free(memory);
    memory = NULL;
}

static gba_rc request(int64_t ms, const uint8_t *address, size_t n)
{
    return bsf_limits_request(&limits, ms, gba_view_of(address, n), 1);
}

static void drain(int64_t ms, const uint8_t *address, size_t n)
{
    for (uint32_t i = 0; i < conf.address.burst; i++)
        T_OK(request(ms, address, n));
    T_RC(request(ms, address, n), GBA_E_UB_LIMIT_ADDRESS);
}

static void burst_then_rate(void)
{
    drain(1000, v4, 4);
    T_RC(request(1999, v4, 4), GBA_E_UB_LIMIT_ADDRESS);
    T_OK(request(2000, v4, 4));
    T_RC(request(2999, v4, 4), GBA_E_UB_LIMIT_ADDRESS);
    T_OK(request(3000, v4, 4));
}

static void waiting_saves_no_more_than_the_burst(void)
{
    drain(0, v4, 4);
    drain(INT64_MAX / 2, v4, 4);
}

static void addresses_do_not_share(void)
{
    drain(0, v4, 4);
    T_OK(request(0, other4, 4));
}

static void mapped_address_is_the_same(void)
{
    drain(0, v4, 4);
    T_RC(request(0, mapped4, 16), GBA_E_UB_LIMIT_ADDRESS);
}

static void ipv6_counts_by_64(void)
{
    drain(0, v6, 16);
    T_RC(request(0, same64, 16), GBA_E_UB_LIMIT_ADDRESS);
    T_OK(request(0, other64, 16));
}

static void unknown_addresses_share(void)
{
    drain(0, NULL, 0);
}

static void costly_request_empties_the_bucket(void)
{
    T_RC(bsf_limits_request(&limits, 0, GBA_ARRAY(v4), 4), GBA_E_UB_LIMIT_ADDRESS);
    T_RC(request(0, v4, 4), GBA_E_UB_LIMIT_ADDRESS);
    T_OK(bsf_limits_request(&limits, 0, GBA_ARRAY(other4), 3));
    T_RC(request(0, other4, 4), GBA_E_UB_LIMIT_ADDRESS);
}

/* Somebody who goes on asking is not forgotten for those who ask once. */
static void quiet_ones_are_forgotten_first(void)
{
    drain(0, v4, 4);
    drain(0, other4, 4);
    T_RC(request(0, v4, 4), GBA_E_UB_LIMIT_ADDRESS);
    T_OK(request(0, v6, 16));
    T_RC(request(0, v4, 4), GBA_E_UB_LIMIT_ADDRESS);
    T_OK(request(0, other4, 4));
}

static void total_counts_all(void)
{
    conf.total = (struct bsf_conf_limit){2, 60};
    start();
    T_OK(request(0, v4, 4));
    T_OK(request(0, other4, 4));
    T_RC(request(0, v6, 16), GBA_E_UB_LIMIT_TOTAL);
    T_OK(request(1000, v6, 16));
}

static void no_burst_is_no_limit(void)
{
    conf = (struct bsf_conf_limits){.identities = 1, .addresses = 1};
    start();
    for (unsigned i = 0; i < 10000; i++) {
        T_OK(request(0, v4, 4));
        T_OK(bsf_limits_vector(&limits, 0, GBA_LIT("a@b.example")));
    }
    CU_ASSERT_PTR_NULL(bsf_limits_last(&limits, GBA_LIT("a@b.example"), false));
}

static void no_rate_is_a_burst_for_good(void)
{
    conf.address.rate = 0;
    start();
    drain(0, v4, 4);
    T_RC(request(INT64_MAX / 2, v4, 4), GBA_E_UB_LIMIT_ADDRESS);
}

static void subscribers_have_their_own(void)
{
    T_OK(bsf_limits_vector(&limits, 0, GBA_LIT("a@b.example")));
    T_OK(bsf_limits_vector(&limits, 0, GBA_LIT("a@b.example")));
    T_RC(bsf_limits_vector(&limits, 9999, GBA_LIT("a@b.example")), GBA_E_UB_LIMIT_IDENTITY);
    T_OK(bsf_limits_vector(&limits, 9999, GBA_LIT("b@b.example")));
    T_OK(bsf_limits_vector(&limits, 10000, GBA_LIT("a@b.example")));
}

static void what_is_left(void)
{
    CU_ASSERT_EQUAL(bsf_limits_left(&limits, 0, GBA_LIT("a@b.example")), 2);
    T_OK(bsf_limits_vector(&limits, 0, GBA_LIT("a@b.example")));
    CU_ASSERT_EQUAL(bsf_limits_left(&limits, 0, GBA_LIT("a@b.example")), 1);
    CU_ASSERT_EQUAL(bsf_limits_left(&limits, 0, GBA_LIT("a@b.example")), 1);
    T_OK(bsf_limits_vector(&limits, 0, GBA_LIT("a@b.example")));
    CU_ASSERT_EQUAL(bsf_limits_left(&limits, 0, GBA_LIT("a@b.example")), 0);
    CU_ASSERT_EQUAL(bsf_limits_left(&limits, 10000, GBA_LIT("a@b.example")), 1);
    CU_ASSERT_EQUAL(bsf_limits_left(&limits, 0, GBA_LIT("b@b.example")), 2);
}

static void last_challenge_is_remembered_by_name(void)
{
    gba_rand one = {{1}}, two = {{2}};
    T_OK(bsf_limits_vector(&limits, 0, GBA_LIT("a@b.example")));
    bsf_limits_challenged(&limits, GBA_LIT("a@b.example"), false, &one);
    bsf_limits_challenged(&limits, GBA_LIT("a@b.example"), true, &two);
    bsf_limits_challenged(&limits, GBA_LIT("nobody@b.example"), true, &two);
    T_OK(bsf_limits_vector(&limits, 0, GBA_LIT("a@b.example")));
    T_BYTES(GBA_ARRAY(bsf_limits_last(&limits, GBA_LIT("a@b.example"), false)->b), GBA_ARRAY(one.b));
    T_BYTES(GBA_ARRAY(bsf_limits_last(&limits, GBA_LIT("a@b.example"), true)->b), GBA_ARRAY(two.b));
    CU_ASSERT_PTR_NULL(bsf_limits_last(&limits, GBA_LIT("nobody@b.example"), true));
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a burst, then the rate", burst_then_rate},
        {"waiting saves no more than the burst", waiting_saves_no_more_than_the_burst},
        {"addresses do not share", addresses_do_not_share},
        {"a mapped address is the same", mapped_address_is_the_same},
        {"IPv6 counts by /64", ipv6_counts_by_64},
        {"unknown addresses share", unknown_addresses_share},
        {"what is too dear empties the bucket", costly_request_empties_the_bucket},
        {"the quiet are forgotten first", quiet_ones_are_forgotten_first},
        {"the total counts all", total_counts_all},
        {"no burst, no limit", no_burst_is_no_limit},
        {"no rate, a burst for good", no_rate_is_a_burst_for_good},
        {"subscribers have their own", subscribers_have_their_own},
        {"what is left", what_is_left},
        {"the last challenge is remembered", last_challenge_is_remembered_by_name},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"limits", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
