/* SPDX-License-Identifier: Apache-2.0 */
/* Digest algorithms on Ub: what is offered, what is taken, and that nothing else is. */
#include "tests/unit/bsf/bench_ub.h"

#include <string.h>

static struct bench b;
static int offered[3];

static void set_up(void)
{
    bench_init(&b, 4);
}

static void tear_down(void)
{
    bench_free(&b);
}

enum { V1, V2_MD5, V2_SHA256 };

static void offer(size_t n, int first, int second)
{
    offered[0] = first;
    offered[1] = second;
    b.conf.ub.algorithms = (struct gba_opt_list){offered, n};
}

/* The algorithm of the challenge at i; "" when there are fewer. */
static gba_view algorithm_of(size_t i)
{
    const struct gba_http_msg *m = &b.run.reply.msg;
    uint8_t room[256];
    gba_arena arena = gba_arena_of(room, sizeof room);
    struct gba_auth a;
    for (size_t k = 0; k < m->n_fields; k++) {
        if (!gba_view_eq(m->fields[k].name, GBA_LIT("WWW-Authenticate")) || i-- > 0)
            continue;
        T_OK(gba_auth_parse(m->fields[k].value, &arena, &a));
        T_STR(a.nonce, NONCE_ME);
        T_STR(a.opaque, b.opaque);
        return a.algorithm;
    }
    return GBA_LIT("");
}

static void respond_under(const char *algorithm)
{
    b.algorithm = algorithm;
    bench_respond(&b);
}

static void what_is_not_offered_is_refused(void)
{
    offer(1, V2_SHA256, 0);
    bench_challenged(&b);
    respond_under("AKAv1-MD5");
    bench_refused(&b, 400, GBA_E_UB_ALGORITHM);
    respond_under("AKAv2-MD5");
    bench_refused(&b, 400, GBA_E_UB_ALGORITHM);
    respond_under("AKAv2-SHA-256");
    CU_ASSERT_EQUAL(b.status, 200);
}

/* A device that names no algorithm means AKAv1-MD5. */
static void nothing_said_is_akav1(void)
{
    static char text[2048];
    offer(1, V2_MD5, 0);
    bench_challenged(&b);
    b.algorithm = "AKAv1-MD5";
    bench_copy(text, sizeof text, bench_credentials(&b));
    *strstr(text, ", algorithm") = '\0';
    bench_send(&b, text);
    bench_refused(&b, 400, GBA_E_UB_ALGORITHM);
}

/* Offered later is not offered then: challenges keep what they said. */
static void challenge_keeps_what_it_offered(void)
{
    bench_challenged(&b);
    offer(2, V1, V2_MD5);
    respond_under("AKAv2-MD5");
    bench_refused(&b, 400, GBA_E_UB_ALGORITHM);
}

static void password_of_one_is_none_for_another(void)
{
    offer(2, V2_MD5, V1);
    bench_challenged(&b);
    b.algorithm = "AKAv1-MD5";
    static char text[2048];
    bench_copy(text, sizeof text, bench_credentials(&b));
    memcpy(strstr(text, "AKAv1-MD5"), "AKAv2-MD5", 9);
    bench_send(&b, text);
    bench_refused(&b, 403, GBA_E_UB_RESPONSE);
}

static void offered_in_order(void)
{
    offer(2, V2_SHA256, V1);
    bench_challenged(&b);
    T_STR(algorithm_of(0), "AKAv2-SHA-256");
    T_STR(algorithm_of(1), "AKAv1-MD5");
    T_STR(algorithm_of(2), "");
}

static void akav1_alone_unless_told(void)
{
    bench_challenged(&b);
    T_STR(algorithm_of(0), "AKAv1-MD5");
    T_STR(algorithm_of(1), "");
}

/* Whichever the device takes, it gets its key and the proof of it. */
static void device_chooses(void)
{
    static const char *const names[] = {"AKAv2-SHA-256", "AKAv2-MD5", "AKAv1-MD5"};
    static const size_t proof_n[] = {64, 32, 32};
    offer(2, V2_SHA256, V2_MD5);
    offered[2] = V1;
    b.conf.ub.algorithms.n = 3;
    for (size_t i = 0; i < 3; i++) {
        uint8_t room[256];
        gba_arena arena = gba_arena_of(room, sizeof room);
        struct gba_auth info;
        bench_challenged(&b);
        respond_under(names[i]);
        CU_ASSERT_EQUAL(b.status, 200);
        T_OK(gba_auth_info_parse(bench_field(&b, "Authentication-Info"), &arena, &info));
        CU_ASSERT_EQUAL(info.rspauth.n, proof_n[i]);
    }
}

/* RFC 3310 3.4 holds for AKAv2 too: the password beside auts is empty. */
static void resynchronisation_under_akav2(void)
{
    offer(1, V2_SHA256, 0);
    bench_challenged(&b);
    b.auts = AUTS;
    b.maa.vector.rand.b[0] ^= 1;
    respond_under("AKAv2-SHA-256");
    bench_refused(&b, 401, GBA_E_UB_SYNC);
    CU_ASSERT_TRUE(b.mar.resync);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"what is not offered is refused", what_is_not_offered_is_refused},
        {"nothing said is AKAv1-MD5", nothing_said_is_akav1},
        {"a challenge keeps what it offered", challenge_keeps_what_it_offered},
        {"the password of one is none for another", password_of_one_is_none_for_another},
        {"offered in order", offered_in_order},
        {"AKAv1-MD5 alone unless told", akav1_alone_unless_told},
        {"the device chooses", device_chooses},
        {"resynchronisation under AKAv2", resynchronisation_under_akav2},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"ub algorithms", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
