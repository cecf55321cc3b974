/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/zh.h"

#include "tests/lib/dia.h"
#include "tests/lib/tap.h"

static int set_up(void)
{
    return t_dia_init() == NULL;
}

static const struct dia_route to_hss = {
    .origin_host = {(const uint8_t *)"bsf.home.example", 16},
    .origin_realm = {(const uint8_t *)"home.example", 12},
    .dest_realm = {(const uint8_t *)"hss.example", 11},
};

static void test_mar_round_trip(void)
{
    struct dia_mar mar = {.route = to_hss, .impi = GBA_LIT("001010000000001@ims.example")};
    struct dia_mar got;
    struct dia_fault fault;
    struct msg *msg = NULL;
    T_OK(dia_mar_encode(&mar, &msg));
    msg = t_dia_wire(msg);
    T_OK(dia_mar_decode(msg, &got, &fault));
    T_BYTES(got.impi, mar.impi);
    T_STR(got.scheme, "Digest-AKAv1-MD5");
    T_BYTES(got.route.origin_host, to_hss.origin_host);
    t_dia_free(msg);
}

static CU_TestInfo mar_tests[] = {
    {"round trip", test_mar_round_trip},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"MAR", set_up, NULL, NULL, NULL, mar_tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return tap_run(suites);
}
