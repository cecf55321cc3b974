/* SPDX-License-Identifier: Apache-2.0 */
/* nextnonce: a challenge for the next run, given with a success and answered with one request. */
#include "tests/unit/bsf/bench_ub.h"

#include <stdlib.h>

static struct bench b;

static void restart(void)
{
    bsf_ub_wipe(&b.ub);
    free(b.memory);
    b.memory = malloc(bsf_ub_memory(&b.conf));
    CU_ASSERT_FATAL(b.memory != NULL);
    bsf_ub_init(&b.ub, &b.conf, &b.ring, b.memory, &b.world.env);
}

static void set_up(void)
{
    bench_init(&b, 4);
    b.conf.ub.nextnonce = true;
    b.conf.ub.nextnonce_s = 3600;
    restart();
}

static void tear_down(void)
{
    bench_free(&b);
}

/* A run under the IMPI; whether it brought a nextnonce. */
static bool offered(void)
{
    uint8_t room[256];
    gba_arena arena = gba_arena_of(room, sizeof room);
    struct gba_auth info;
    b.username = IMPI;
    bench_first(&b);
    CU_ASSERT_EQUAL_FATAL(b.status, 401);
    bench_respond(&b);
    CU_ASSERT_EQUAL_FATAL(b.status, 200);
    T_OK(gba_auth_info_parse(bench_field(&b, "Authentication-Info"), &arena, &info));
    CU_ASSERT_EQUAL(info.rspauth.n, 32);
    if (info.nextnonce.p)
        T_STR(info.nextnonce, NONCE_ME);
    return info.nextnonce.p != NULL;
}

/* The next run under this name: one request, from nextnonce to B-TID. */
static void go_on_as(const char *username)
{
    b.store = (struct fake_store){.puts = 0};
    b.username = username;
    bench_respond(&b);
}

static void somebody_else_cannot_use_it(void)
{
    CU_ASSERT_TRUE(offered());
    go_on_as(OTHER_IMPI);
    bench_refused(&b, 403, GBA_E_UB_USERNAME);
    go_on_as(IMPI);
    CU_ASSERT_EQUAL(b.status, 200);
}

static void works_once(void)
{
    CU_ASSERT_TRUE(offered());
    b.conf.ub.nextnonce = false;
    go_on_as(TMPI);
    CU_ASSERT_EQUAL(b.status, 200);
    go_on_as(IMPI);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
}

static void wrong_response_uses_it_up(void)
{
    CU_ASSERT_TRUE(offered());
    b.response = "00000000000000000000000000000000";
    go_on_as(TMPI);
    bench_refused(&b, 403, GBA_E_UB_RESPONSE);
    b.response = NULL;
    go_on_as(IMPI);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
}

static void opaque_counts(void)
{
    CU_ASSERT_TRUE(offered());
    b.opaque[0] = b.opaque[0] == '0' ? '1' : '0';
    go_on_as(TMPI);
    bench_refused(&b, 400, GBA_E_UB_OPAQUE);
}

static void expires_by_its_own_lifetime(void)
{
    CU_ASSERT_TRUE(offered());
    fake_world_pass(&b.world, 3599999);
    go_on_as(TMPI);
    CU_ASSERT_EQUAL(b.status, 200);
    fake_world_pass(&b.world, 3600000);
    go_on_as(IMPI);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
}

static void silent_hss_spoils_nothing(void)
{
    b.dies_after = 1;
    CU_ASSERT_FALSE(offered());
    CU_ASSERT_EQUAL(b.asked, 2);
    CU_ASSERT_EQUAL(fake_store_count(&b.store, b.world.env.now_ms), 1);
}

static void limit_of_the_subscriber_counts(void)
{
    b.conf.ub.limits = (struct bsf_conf_limits){.identity = {1, 0}, .identities = 1};
    restart();
    CU_ASSERT_FALSE(offered());
    CU_ASSERT_EQUAL(b.asked, 1);
}

static void full_table_costs_no_vector(void)
{
    for (uint8_t i = 0; i < 4; i++) {
        struct bsf_challenge c = {.rand = {{i}}, .issued_ms = b.world.env.mono_ms};
        T_OK(bsf_challenges_put(&b.ub.nexts, &c, (gba_view){NULL, 0}));
    }
    CU_ASSERT_FALSE(offered());
    CU_ASSERT_EQUAL(b.asked, 1);
}

static void off_unless_told(void)
{
    b.conf.ub.nextnonce = false;
    restart();
    CU_ASSERT_FALSE(offered());
    CU_ASSERT_EQUAL(b.asked, 1);
}

static void next_run_takes_one_request(void)
{
    static const char *const names[] = {TMPI, IMPI};
    for (size_t i = 0; i < 2; i++) {
        struct bsf_session session;
        CU_ASSERT_TRUE(offered());
        unsigned asked = b.asked;
        go_on_as(names[i]);
        T_RC(b.reason, GBA_OK);
        CU_ASSERT_EQUAL(b.status, 200);
        CU_ASSERT_EQUAL(b.asked, asked + 1); /* for the run after that */
        bench_session(&b, BTID, &session);
        T_STR(gba_text_view(&session.impi), IMPI);
        gba_wipe(&session);
        bsf_ub_wipe(&b.ub);
        restart();
    }
}

static void resynchronisation_goes_on(void)
{
    CU_ASSERT_TRUE(offered());
    b.auts = AUTS;
    go_on_as(TMPI);
    bench_refused(&b, 401, GBA_E_UB_SYNC);
    CU_ASSERT_TRUE(b.mar.resync);
    b.auts = NULL;
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"somebody else cannot use it", somebody_else_cannot_use_it},
        {"works once", works_once},
        {"a wrong response uses it up", wrong_response_uses_it_up},
        {"opaque counts", opaque_counts},
        {"expires by its own lifetime", expires_by_its_own_lifetime},
        {"a silent HSS spoils nothing", silent_hss_spoils_nothing},
        {"the limit of the subscriber counts", limit_of_the_subscriber_counts},
        {"a full table costs no vector", full_table_costs_no_vector},
        {"off unless told", off_unless_told},
        {"the next run takes one request", next_run_takes_one_request},
        {"resynchronisation goes on", resynchronisation_goes_on},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"ub nextnonce", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
