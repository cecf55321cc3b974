/* SPDX-License-Identifier: Apache-2.0 */
/* The statuses on Ub: every case, and every status that can be configured for it. */
#include "tests/unit/bsf/bench_ub.h"

#include <stddef.h>
#include <stdio.h>

static struct bench b;

/* ---- the cases ---- */

static void malformed(void)
{
    b.username = "nobody";
    bench_first(&b);
}

static void without_authorization(void)
{
    bench_send(&b, NULL);
}

static void wrong_realm(void)
{
    b.realm = "bsf.elsewhere.example";
    bench_first(&b);
}

static void opaque_changed(void)
{
    bench_challenged(&b);
    b.opaque[0] ^= 1;
    bench_respond(&b);
}

static void other_method(void)
{
    b.method = GBA_LIT("get");
    bench_first(&b);
}

static void no_token(void)
{
    b.conf.ub.require_token = true;
    b.user_agent = "phone; Release-6";
    bench_first(&b);
}

static void identity_unknown(void)
{
    b.maa.result = (struct dia_result){true, DIA_EXP_IDENTITY_UNKNOWN};
    bench_first(&b);
}

static void subscriber_barred(void)
{
    b.maa.result = (struct dia_result){true, 5004};
    bench_first(&b);
}

static void tmpi_unknown(void)
{
    b.username = TMPI;
    bench_first(&b);
}

static void out_of_step(void)
{
    bench_challenged(&b);
    b.auts = AUTS;
    b.maa.vector.rand.b[0] ^= 1;
    bench_respond(&b);
}

static void forged_auts(void)
{
    bench_challenged(&b);
    b.auts = AUTS;
    b.maa.result.code = DIA_UNABLE_TO_COMPLY;
    bench_respond(&b);
}

static void out_of_step_for_ever(void)
{
    b.conf.ub.resync_limit = 0;
    bench_challenged(&b);
    b.auts = AUTS;
    bench_respond(&b);
}

static void wrong_res(void)
{
    bench_challenged(&b);
    b.maa.vector.rand.b[0] ^= 1;
    b.response = "00000000000000000000000000000000";
    bench_respond(&b);
}

static void username_swapped(void)
{
    bench_challenged(&b);
    b.username = OTHER_IMPI;
    bench_respond(&b);
}

/* The device found AUTN wrong and gave up; later somebody answers after all. */
static void autn_rejected(void)
{
    bench_challenged(&b);
    fake_world_pass(&b.world, 60000);
    b.maa.vector.rand.b[0] ^= 1;
    bench_respond(&b);
}

static void nonce_consumed(void)
{
    bench_challenged(&b);
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
    b.store = (struct fake_store){.puts = 0};
    b.maa.vector.rand.b[0] ^= 1;
    bench_respond(&b);
}

static void hss_silent(void)
{
    b.maa_rc = GBA_E_DIA_TIMEOUT;
    bench_first(&b);
}

static void hss_busy(void)
{
    b.maa.result.code = DIA_TOO_BUSY;
    bench_first(&b);
}

static void store_dead(void)
{
    bench_challenged(&b);
    b.store.broken = true;
    bench_respond(&b);
}

static void limit_reached(void)
{
    b.conf.ub.limits.total.burst = 1; /* after the start: the bucket is empty */
    bench_first(&b);
}

/* ---- the table ---- */

enum { NO_OPTION = -1, STATUSES = 4 };

#define OPTION(member) (int)offsetof(struct bsf_conf_ub, member)

static const struct {
    const char *title;
    void (*run)(void);
    gba_rc reason;
    int option; /* an int in struct bsf_conf_ub: the index into statuses */
    unsigned statuses[STATUSES];
    bool retry_after;
} rows[] = {
    {"malformed", malformed, GBA_E_IMPI, OPTION(replies.malformed), {400, 403}, false},
    {"no Authorization",
     without_authorization,
     GBA_E_UB_NO_AUTH,
     OPTION(replies.malformed),
     {400, 403},
     false},
    {"wrong realm", wrong_realm, GBA_E_UB_REALM, OPTION(replies.malformed), {400, 403}, false},
    {"opaque changed", opaque_changed, GBA_E_UB_OPAQUE, OPTION(replies.malformed), {400, 403}, false},
    {"other method", other_method, GBA_E_UB_METHOD, NO_OPTION, {405}, false},
    {"no token", no_token, GBA_E_UB_TOKEN, NO_OPTION, {403}, false},
    {"IMPI unknown",
     identity_unknown,
     GBA_E_ZH_IDENTITY,
     OPTION(replies.unknown_identity),
     {403, 404},
     false},
    {"subscriber barred", subscriber_barred, GBA_E_ZH_REFUSED, OPTION(replies.refused), {403, 404}, false},
    {"TMPI unknown", tmpi_unknown, GBA_E_UB_TMPI, OPTION(replies.unknown_tmpi), {403, 400, 401, 404}, false},
    {"out of step", out_of_step, GBA_E_UB_SYNC, NO_OPTION, {401}, false},
    {"AUTS forged", forged_auts, GBA_E_ZH_RESYNC, NO_OPTION, {403}, false},
    {"out of step for ever", out_of_step_for_ever, GBA_E_UB_RESYNC_LIMIT, NO_OPTION, {403}, false},
    {"wrong RES", wrong_res, GBA_E_UB_RESPONSE, OPTION(wrong_response), {403, 401}, false},
    {"username swapped", username_swapped, GBA_E_UB_USERNAME, NO_OPTION, {403}, false},
    {"AUTN rejected", autn_rejected, GBA_E_UB_NONCE, OPTION(replies.unknown_nonce), {401, 403}, false},
    {"nonce consumed", nonce_consumed, GBA_E_UB_NONCE, OPTION(replies.unknown_nonce), {401, 403}, false},
    {"HSS silent", hss_silent, GBA_E_ZH_BUSY, OPTION(replies.unavailable), {503, 504}, true},
    {"HSS busy", hss_busy, GBA_E_ZH_OVERLOAD, OPTION(replies.unavailable), {503, 504}, true},
    {"store dead", store_dead, GBA_E_STORE, OPTION(replies.unavailable), {503, 504}, true},
    {"limit reached", limit_reached, GBA_E_UB_LIMIT_TOTAL, OPTION(replies.limited), {503, 429}, true},
};

static void run_row(size_t row, int choice)
{
    bench_init(&b, 4);
    if (rows[row].option != NO_OPTION)
        *(int *)(void *)((char *)&b.conf.ub + rows[row].option) = choice;
    rows[row].run();
    if (b.reason != rows[row].reason || b.status != rows[row].statuses[choice])
        printf("# %s: %u %s\n", rows[row].title, b.status, gba_rc_token(b.reason));
    bench_refused(&b, rows[row].statuses[choice], rows[row].reason);
    CU_ASSERT_EQUAL(bench_field(&b, "Retry-After").p != NULL, rows[row].retry_after);
    CU_ASSERT(b.status == 401 || bench_field(&b, "WWW-Authenticate").p == NULL);
    bench_free(&b);
}

static void every_status_of_every_row(void)
{
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        for (int choice = 0; choice < STATUSES && rows[row].statuses[choice]; choice++)
            run_row(row, choice);
    }
}

/* The words of an option are the statuses it chooses. */
static void words_are_the_statuses(void)
{
    const struct gba_opt *ub = bsf_conf_rows;
    while (!gba_view_eq(gba_view_cstr(ub->key), GBA_LIT("ub")))
        ub++;
    const struct gba_opt *status = ub->rows;
    while (!gba_view_eq(gba_view_cstr(status->key), GBA_LIT("status")))
        status++;
    size_t checked = 0;
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        for (const struct gba_opt *o = status->rows; o->key; o++) {
            if (rows[row].option != (int)(status->offset + o->offset))
                continue;
            gba_view word, rest = gba_view_cstr(o->words);
            for (size_t i = 0; rest.n > 0; i++) {
                uint64_t number;
                (void)gba_view_split(rest, '|', &word, &rest);
                T_OK(gba_dec_parse(word, 599, &number));
                CU_ASSERT_EQUAL(number, rows[row].statuses[i]);
                checked++;
            }
        }
    }
    CU_ASSERT(checked >= 14);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"every status of every row", every_status_of_every_row},
        {"the words are the statuses", words_are_the_statuses},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"ub statuses", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
