/* SPDX-License-Identifier: Apache-2.0 */
/* The GUSS that the BSF holds, beside an HSS that sends it always, never, changed or broken. */
#include "tests/unit/bsf/bench_ub.h"

#define GUSS_ME "<guss><bsfInfo><uiccType>GBA</uiccType></bsfInfo></guss>"
#define GUSS_UICC "<guss><bsfInfo><uiccType>GBA_U</uiccType></bsfInfo></guss>"

static struct bench b;
static uint8_t turn;

static void set_up(void)
{
    bench_init(&b, 8);
}

static void tear_down(void)
{
    bench_free(&b);
}

/* A first request; what the challenge is for: GBA_ME or GBA_U. */
static enum bsf_mode mode_after(const char *guss)
{
    b.maa.vector.rand.b[15] = turn++; /* a vector is good once */
    b.maa.guss = gba_view_cstr(guss);
    bench_first(&b);
    T_RC(b.reason, GBA_OK);
    const struct bsf_challenge *c =
        bsf_challenges_find(&b.ub.challenges, &b.maa.vector.rand, b.world.env.mono_ms);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    return c->mode;
}

static void always_sent(void)
{
    CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
    CU_ASSERT_FALSE(b.mar.has_guss_stamp);
    for (unsigned i = 0; i < 3; i++) {
        fake_world_pass(&b.world, 10000);
        CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
        CU_ASSERT_TRUE(b.mar.has_guss_stamp);
    }
}

static void left_out(void)
{
    CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
    fake_world_pass(&b.world, 10000);
    CU_ASSERT_EQUAL(mode_after(NULL), BSF_U);
}

static void changed(void)
{
    CU_ASSERT_EQUAL(mode_after(GUSS_ME), BSF_ME);
    CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
    CU_ASSERT_EQUAL(mode_after(NULL), BSF_U);
    int64_t before = b.mar.guss_stamp_s;
    fake_world_pass(&b.world, 60000);
    CU_ASSERT_EQUAL(mode_after(GUSS_ME), BSF_ME);
    CU_ASSERT_EQUAL(mode_after(NULL), BSF_ME);
    CU_ASSERT_EQUAL(b.mar.guss_stamp_s, before + 60);
}

static void of_one_user_only(void)
{
    CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
    b.username = OTHER_IMPI;
    b.maa.impi = GBA_LIT(OTHER_IMPI);
    CU_ASSERT_EQUAL(mode_after(NULL), BSF_ME);
    CU_ASSERT_FALSE(b.mar.has_guss_stamp);
}

static void too_old(void)
{
    CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
    fake_world_pass(&b.world, 3600000);
    CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
    CU_ASSERT_FALSE(b.mar.has_guss_stamp);
}

static void unreadable_is_not_kept(void)
{
    b.maa.guss = GBA_LIT("<guss><bsfInfo>");
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_GUSS);
    CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
    CU_ASSERT_FALSE(b.mar.has_guss_stamp);
    b.maa.vector.rand.b[15] = turn++;
    b.maa.guss = GBA_LIT("");
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_GUSS);
    CU_ASSERT_EQUAL(mode_after(NULL), BSF_U);
}

/* The HSS leaves out what we said we hold, and meanwhile we do not hold it any more. */
static void pushed_out_meanwhile(void)
{
    struct gba_http_msg req = {.method = GBA_LIT("GET"), .target = GBA_LIT("/")};
    struct bsf_ub_event event = {.kind = BSF_UB_REQUEST, .req = &req, .via = &b.via};
    struct bsf_ub_order order;
    CU_ASSERT_EQUAL(mode_after(GUSS_UICC), BSF_U);
    T_OK(gba_http_field_add(&req, GBA_LIT("Authorization"), GBA_LIT("Digest username=\"" IMPI "\"")));
    bsf_ub_step(&b.ub, &b.run, &b.world.env, &event, &order);
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_UB_ASK_HSS);
    CU_ASSERT_PTR_NOT_NULL(order.zh.guss_stamp_s);
    fake_world_pass(&b.world, 3600000);
    b.maa.vector.rand.b[15] = turn++;
    b.maa.guss = (gba_view){NULL, 0};
    event = (struct bsf_ub_event){.kind = BSF_UB_VECTOR, .maa = &b.maa};
    bsf_ub_step(&b.ub, &b.run, &b.world.env, &event, &order);
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_UB_ASK_HSS);
    CU_ASSERT_PTR_NULL(order.zh.guss_stamp_s);
    bsf_ub_step(&b.ub, &b.run, &b.world.env, &event, &order);
    CU_ASSERT_EQUAL(order.kind, BSF_UB_REPLY);
    CU_ASSERT_EQUAL(order.reply->status, 401);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"always sent", always_sent},
        {"left out", left_out},
        {"changed", changed},
        {"of one user only", of_one_user_only},
        {"too old", too_old},
        {"an unreadable one is not kept", unreadable_is_not_kept},
        {"pushed out while the HSS was asked", pushed_out_meanwhile},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"ub GUSS", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
