/* SPDX-License-Identifier: Apache-2.0 */
/* What Zh carries beside the vector: overload reports (RFC 7683), the T flag, other applications. */
#include "diameter-dict/zh.h"
#include "tests/lib/dia.h"
#include "tests/lib/tap.h"

static int set_up(void)
{
    return t_dia_init() == NULL;
}

static const struct dia_mar mar = {
    .route = {.origin_host = GBA_LIT("bsf.example"),
              .origin_realm = GBA_LIT("example"),
              .dest_realm = GBA_LIT("hss.example")},
    .impi = GBA_LIT("impi@ims.example"),
};

/*= RFC 7683 7.1, 7.2: no vendor, no M bit */
static void features_are_told(void)
{
    struct dia_mar with = mar, got;
    struct dia_fault fault;
    struct msg *msg;
    with.overload = true;
    T_OK(dia_mar_encode(&with, &msg));
    CU_ASSERT(
        gba_view_contains(t_dia_octets(msg), t_hex("0000026d000000180000026e000000100000000000000001")));
    msg = t_dia_wire(msg);
    T_OK(dia_mar_decode(msg, &got, &fault));
    CU_ASSERT_TRUE(got.overload);
    t_dia_free(msg);
    T_OK(dia_mar_encode(&mar, &msg));
    CU_ASSERT_FALSE(gba_view_contains(t_dia_octets(msg), t_hex("0000026d")));
    t_dia_free(msg);
}

/*= RFC 6733 3 */
static void flag_and_application(void)
{
    struct dia_mar other = mar;
    struct msg *msg;
    T_OK(dia_mar_encode(&mar, &msg));
    CU_ASSERT_EQUAL(t_dia_octets(msg).p[4], 0xc0);
    T_BYTES(gba_view_sub(t_dia_octets(msg), 8, 4), t_hex("01000005"));
    t_dia_free(msg);
    other.again = true;
    other.application = DIA_APP_ZN;
    T_OK(dia_mar_encode(&other, &msg));
    CU_ASSERT_EQUAL(t_dia_octets(msg).p[4], 0xd0);
    T_BYTES(gba_view_sub(t_dia_octets(msg), 8, 4), t_hex("01000004"));
    t_dia_free(msg);
}

/* ---- reports ---- */

static void add(struct t_avps *list, uint32_t code, gba_view data)
{
    list->of[list->n++] = (struct t_avp){code, 0, 0, data};
}

/* OC-OLR of a host with what is given; absent views are left out. */
static gba_view olr(gba_view sequence, gba_view type)
{
    struct t_avps inside = {.n = 0};
    if (sequence.p)
        add(&inside, 624, sequence);
    if (type.p)
        add(&inside, 626, type);
    add(&inside, 627, t_hex("00000032"));
    add(&inside, 625, t_hex("0000000a"));
    return t_dia_group(&inside);
}

static struct msg *answer(const gba_view *olrs, size_t n)
{
    struct t_avps list = {.n = 0};
    t_dia_add_number(&list, 268, 3004);
    for (size_t i = 0; i < n; i++)
        add(&list, 623, olrs[i]);
    return t_dia_parse(t_dia_message(T_ERROR | T_PROXIABLE, DIA_CMD_MA, DIA_APP_ZH, &list), NULL);
}

/*= RFC 7683 7.3 to 7.7 */
static void reports_are_read(void)
{
    const gba_view olrs[] = {olr(t_hex("0102030405060708"), t_hex("00000000")),
                             olr(t_hex("0000000000000009"), t_hex("00000001"))};
    struct dia_maa maa;
    struct msg *msg = answer(olrs, 2);
    T_OK(dia_maa_decode(msg, &maa));
    CU_ASSERT_EQUAL(maa.result.code, DIA_TOO_BUSY);
    CU_ASSERT_EQUAL_FATAL(maa.n_olrs, 2);
    CU_ASSERT_EQUAL(maa.olrs[0].sequence, UINT64_C(0x0102030405060708));
    CU_ASSERT_FALSE(maa.olrs[0].realm);
    CU_ASSERT(maa.olrs[0].has_reduction && maa.olrs[0].reduction == 50);
    CU_ASSERT(maa.olrs[0].has_validity && maa.olrs[0].validity_s == 10);
    CU_ASSERT_TRUE(maa.olrs[1].realm);
    t_dia_free(msg);
}

static void odd_reports_spoil_nothing(void)
{
    const gba_view none = {NULL, 0}, zero = t_hex("0000000000000001"), host = t_hex("00000000");
    const gba_view odd[] = {olr(none, host), olr(zero, none), olr(zero, t_hex("00000007")), GBA_LIT("")};
    struct dia_maa maa;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct msg *msg = answer(&odd[i], 1);
        T_OK(dia_maa_decode(msg, &maa));
        CU_ASSERT_EQUAL(maa.n_olrs, 0);
        CU_ASSERT_EQUAL(maa.result.code, DIA_TOO_BUSY);
        t_dia_free(msg);
    }
    const gba_view many[] = {olr(zero, host), olr(zero, host), olr(zero, host), olr(zero, host)};
    struct msg *msg = answer(many, 4);
    T_OK(dia_maa_decode(msg, &maa));
    CU_ASSERT_EQUAL(maa.n_olrs, DIA_OLRS);
    t_dia_free(msg);
}

/* The code is told, whatever AVP and vendor it came with. */
static void what_was_said(void)
{
    struct t_avps list = {.n = 0}, result = {.n = 0};
    struct dia_maa maa;
    t_dia_add_number(&result, 266, 9999);
    t_dia_add_number(&result, 298, 5401);
    t_dia_add(&list, 297, t_dia_group(&result));
    struct msg *msg = t_dia_parse(t_dia_message(T_PROXIABLE, DIA_CMD_MA, DIA_APP_ZH, &list), NULL);
    T_OK(dia_maa_decode(msg, &maa));
    CU_ASSERT(!maa.result.experimental && maa.result.code == DIA_UNABLE_TO_COMPLY);
    CU_ASSERT_EQUAL(maa.said, 5401);
    t_dia_free(msg);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"features are told", features_are_told}, {"T flag and application", flag_and_application},
        {"reports are read", reports_are_read},   {"odd reports spoil nothing", odd_reports_spoil_nothing},
        {"what was said", what_was_said},         CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"zh overload", set_up, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
