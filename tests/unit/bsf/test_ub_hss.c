/* SPDX-License-Identifier: Apache-2.0 */
/* The Ub engine when the device is out of step, or HSS and store do not help. */
#include "tests/unit/bsf/bench_ub.h"

#include <string.h>

static struct bench b;

static void set_up(void)
{
    bench_init(&b, 4);
}

static void tear_down(void)
{
    bench_free(&b);
}

/* ---- resynchronisation ---- */

/*= TS 24.109 A.4 */
static void auts_reaches_the_hss(void)
{
    bench_challenged(&b);
    b.auts = AUTS;
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_SYNC);
    CU_ASSERT_TRUE(b.mar.resync);
    T_BYTES(GBA_ARRAY(b.mar.rand.b), t_hex("23553cbe9637a89d218ae64dae47bf35"));
    T_BYTES(GBA_ARRAY(b.mar.auts.b), t_hex("ba853f3c121cb55edb820040ab41"));
    CU_ASSERT_STRING_EQUAL(b.mar_impi, IMPI);
    b.auts = NULL;
    bench_still_answerable(&b);
}

static void resyncs_are_limited(void)
{
    bench_challenged(&b);
    b.auts = AUTS;
    for (unsigned i = 0; i < 2; i++) {
        bench_respond(&b);
        bench_refused(&b, 401, GBA_E_UB_SYNC);
    }
    bench_respond(&b);
    bench_refused(&b, 403, GBA_E_UB_RESYNC_LIMIT);
    CU_ASSERT_EQUAL(b.asked, 3);
}

static void auts_cannot_be_replayed(void)
{
    static char again[2048];
    bench_challenged(&b);
    b.auts = AUTS;
    bench_copy(again, sizeof again, bench_credentials(&b));
    bench_send(&b, again);
    bench_refused(&b, 401, GBA_E_UB_SYNC);
    bench_send(&b, again);
    bench_refused(&b, 400, GBA_E_UB_OPAQUE);
}

static void wrong_auts_response_counts_once(void)
{
    bench_challenged(&b);
    b.auts = AUTS;
    b.response = "00000000000000000000000000000000";
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_SYNC);
    bench_respond(&b);
    bench_refused(&b, 400, GBA_E_UB_AUTS);
    CU_ASSERT_EQUAL(b.asked, 2);
}

static void malformed_auts(void)
{
    static const char *const bad[] = {"", "AAAA", "uoU/PBIctV7bggBAq0EA", "!!!!"};
    bench_challenged(&b);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        b.auts = bad[i];
        bench_respond(&b);
        bench_refused(&b, 400, GBA_E_UB_AUTS);
    }
    CU_ASSERT_EQUAL(b.asked, 1);
    b.auts = NULL;
    bench_still_answerable(&b);
}

static void forged_auts_is_the_hss_to_refuse(void)
{
    bench_challenged(&b);
    b.auts = AUTS;
    b.maa.result.code = DIA_UNABLE_TO_COMPLY;
    bench_respond(&b);
    bench_refused(&b, 403, GBA_E_ZH_RESYNC);
    bench_respond(&b);
    CU_ASSERT_NOT_EQUAL(b.status, 200);
}

/* ---- the HSS ---- */

static void hss_says_no(void)
{
    static const struct {
        struct dia_result result;
        unsigned status;
        gba_rc reason;
    } cases[] = {
        {{true, DIA_EXP_IDENTITY_UNKNOWN}, 403, GBA_E_ZH_IDENTITY},
        {{true, DIA_EXP_USER_UNKNOWN}, 403, GBA_E_ZH_IDENTITY},
        {{true, DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED}, 403, GBA_E_ZH_SCHEME},
        {{false, DIA_UNABLE_TO_COMPLY}, 403, GBA_E_ZH_REFUSED},
        {{false, DIA_UNABLE_TO_DELIVER}, 503, GBA_E_ZH_BUSY},
        {{false, DIA_TOO_BUSY}, 503, GBA_E_ZH_OVERLOAD},
        {{false, DIA_MISSING_AVP}, 503, GBA_E_ZH_PROTOCOL},
        {{false, 0}, 503, GBA_E_ZH_BUSY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        b.maa.result = cases[i].result;
        bench_first(&b);
        bench_refused(&b, cases[i].status, cases[i].reason);
    }
}

static void hss_says_nothing(void)
{
    b.maa_rc = GBA_E_DIA_TIMEOUT;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_BUSY);
    T_STR(bench_field(&b, "Retry-After"), "10");
    b.maa_rc = GBA_E_DIA_LENGTH;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_PROTOCOL);
}

static void hss_says_nonsense(void)
{
    b.maa.impi = GBA_LIT(OTHER_IMPI);
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_PROTOCOL);
    b.maa.impi = GBA_LIT(IMPI);
    b.maa.has_vector = false;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_PROTOCOL);
    b.maa.has_vector = true;
    b.maa.vector.xres.n = 3;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_PROTOCOL);
    b.maa.vector.xres.n = 8;
    b.maa.guss = GBA_LIT("<guss><bsfInfo>");
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_GUSS);
}

static void repeated_vector_is_refused(void)
{
    bench_challenged(&b);
    b.username = OTHER_IMPI;
    b.maa.impi = GBA_LIT(OTHER_IMPI);
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_REPEATED);
    bench_still_answerable(&b);
}

/* RFC 9110 10.2.3; what the HSS asked for goes before what is configured */
static void retry_after_is_told(void)
{
    b.maa.result.code = DIA_TOO_BUSY;
    b.retry_after_s = 42;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_OVERLOAD);
    T_STR(bench_field(&b, "Retry-After"), "42");
    b.retry_after_s = 0;
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_ZH_OVERLOAD);
    T_STR(bench_field(&b, "Retry-After"), "10");
}

static void events_out_of_turn_end_the_run(void)
{
    static const enum bsf_ub_event_kind kinds[] = {BSF_UB_FOUND, BSF_UB_VECTOR, BSF_UB_STORED};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct bsf_ub_order order;
        bench_challenged(&b);
        bsf_ub_tick(&b.ub, &b.world.env);
        bsf_ub_step(&b.ub, &b.run, &b.world.env, &(struct bsf_ub_event){.kind = kinds[i], .maa = &b.maa},
                    &order);
        CU_ASSERT_EQUAL(order.kind, BSF_UB_REPLY);
        T_RC(order.reason, GBA_E_BUG);
        CU_ASSERT_EQUAL(order.reply->status, 500);
        fake_world_pass(&b.world, 60000);
    }
}

/* ---- the store ---- */

static void unkept_session_is_not_promised(void)
{
    bench_challenged(&b);
    b.store.broken = true;
    bench_respond(&b);
    bench_refused(&b, 503, GBA_E_STORE);
    b.store.broken = false;
    bench_challenged(&b);
    b.store.full = true;
    bench_respond(&b);
    bench_refused(&b, 503, GBA_E_STORE_FULL);
    CU_ASSERT_PTR_NULL(bench_field(&b, "Content-Type").p);
}

int main(void)
{
    CU_TestInfo resyncs[] = {
        {"AUTS reaches the HSS", auts_reaches_the_hss},
        {"too many", resyncs_are_limited},
        {"AUTS replayed", auts_cannot_be_replayed},
        {"wrong response beside AUTS", wrong_auts_response_counts_once},
        {"malformed AUTS", malformed_auts},
        {"forged AUTS", forged_auts_is_the_hss_to_refuse},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo hss[] = {
        {"says no", hss_says_no},
        {"says nothing", hss_says_nothing},
        {"says nonsense", hss_says_nonsense},
        {"repeats a vector", repeated_vector_is_refused},
        {"says when to come again", retry_after_is_told},
        {"events out of turn", events_out_of_turn_end_the_run},
        {"the store fails", unkept_session_is_not_promised},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"ub resynchronisation", NULL, NULL, set_up, tear_down, resyncs},
        {"ub HSS and store", NULL, NULL, set_up, tear_down, hss},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
