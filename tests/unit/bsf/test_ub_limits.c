/* SPDX-License-Identifier: Apache-2.0 */
/* The Ub engine under pressure: limits, repeated challenges, subscribers who do not exist. */
#include "tests/unit/bsf/bench_ub.h"

#include <stdlib.h>
#include <string.h>

static struct bench b;

static const uint8_t address[4] = {192, 0, 2, 1}, other_address[4] = {192, 0, 2, 2};

/* As configured, from the beginning. */
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
    bench_init(&b, 16);
    b.via.address = GBA_ARRAY(address);
    b.conf.ub.limits =
        (struct bsf_conf_limits){.identity = {2, 6}, .identities = 4, .addresses = 4, .repeat_s = 30};
    restart();
}

static void tear_down(void)
{
    bench_free(&b);
}

static void next_vector(void)
{
    b.maa.vector.rand.b[0]++;
}

static void address_limit(unsigned burst)
{
    b.conf.ub.limits.address = (struct bsf_conf_limit){burst, 60};
    restart();
}

/* ---- limits ---- */

static void address_is_limited(void)
{
    address_limit(2);
    b.username = "nobody";
    bench_first(&b);
    bench_first(&b);
    bench_refused(&b, 400, GBA_E_IMPI);
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_ADDRESS);
    T_STR(bench_field(&b, "Retry-After"), "10");
    b.via.address = GBA_ARRAY(other_address);
    bench_first(&b);
    bench_refused(&b, 400, GBA_E_IMPI);
}

static void everybody_is_limited(void)
{
    b.conf.ub.limits.total = (struct bsf_conf_limit){1, 60};
    restart();
    bench_challenged(&b);
    b.via.address = GBA_ARRAY(other_address);
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_TOTAL);
    CU_ASSERT_EQUAL(b.asked, 1);
}

/* Nonces that nobody waits for are dearer than requests, used or invented ones alike. */
static void bad_nonces_are_dear(void)
{
    address_limit(6);
    bench_challenged(&b);
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
    b.store = (struct fake_store){.puts = 0};
    next_vector();
    bench_respond(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_ADDRESS);
    CU_ASSERT_EQUAL(b.asked, 1);
    b.via.address = GBA_ARRAY(other_address);
    b.nonce = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    bench_respond(&b);
    bench_refused(&b, 401, GBA_E_UB_NONCE);
    bench_respond(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_ADDRESS);
}

/* ---- beyond the limit of a subscriber ---- */

static void use_up(void)
{
    bench_challenged(&b);
    next_vector();
    bench_challenged(&b);
    next_vector();
}

static void challenge_is_repeated(void)
{
    char second[sizeof b.challenge];
    use_up();
    bench_copy(second, sizeof second, b.challenge);
    for (unsigned i = 0; i < 10; i++) {
        bench_first(&b);
        bench_refused(&b, 401, GBA_E_UB_REPEATED);
        CU_ASSERT_STRING_EQUAL(b.challenge, second);
    }
    CU_ASSERT_EQUAL(b.asked, 2);
}

/* Whoever asked, the device that can answer is served. */
static void repeated_challenge_is_answered_once(void)
{
    use_up();
    bench_first(&b);
    b.nonce = "JFU8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=";
    bench_respond(&b);
    CU_ASSERT_EQUAL(b.status, 200);
    b.store = (struct fake_store){.puts = 0};
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_IDENTITY);
    T_STR(bench_field(&b, "Retry-After"), "10");
    CU_ASSERT_EQUAL(b.asked, 2);
}

static void old_challenge_is_not_repeated(void)
{
    b.conf.ub.limits.identity.rate = 1;
    use_up();
    fake_world_pass(&b.world, 29999);
    bench_first(&b);
    bench_refused(&b, 401, GBA_E_UB_REPEATED);
    fake_world_pass(&b.world, 1);
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_IDENTITY);
}

static void repeating_can_be_off(void)
{
    b.conf.ub.limits.repeat_s = 0;
    use_up();
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_IDENTITY);
}

/* A challenge is for one host name. */
static void other_host_is_not_repeated(void)
{
    b.conf.names.n = 2;
    use_up();
    b.realm = b.host = "bsf.operator.example";
    bench_first(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_IDENTITY);
}

static void others_are_served(void)
{
    use_up();
    b.username = OTHER_IMPI;
    b.maa.impi = GBA_LIT(OTHER_IMPI);
    bench_challenged(&b);
}

static void rate_gives_vectors_again(void)
{
    use_up();
    fake_world_pass(&b.world, 10000);
    bench_challenged(&b);
    CU_ASSERT_EQUAL(b.asked, 3);
}

static void resynchronisation_counts(void)
{
    use_up();
    b.nonce = "JFU8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=";
    b.auts = AUTS;
    bench_respond(&b);
    bench_refused(&b, 503, GBA_E_UB_LIMIT_IDENTITY);
    CU_ASSERT_EQUAL(b.asked, 2);
}

/* ---- subscribers who do not exist ---- */

static void hide(void)
{
    b.conf.ub.hide_unknown = true;
    b.conf.ub.limits.identity.burst = 0;
    restart();
}

/* The text with what is random taken out. */
static void shape_of(const char *challenge, char *out, size_t cap)
{
    bench_copy(out, cap, challenge);
    memset(strstr(out, "nonce=\"") + 7, 'n', 44);
    memset(strstr(out, "opaque=\"") + 8, 'o', 32);
}

static void learn_nonce(char *nonce)
{
    memcpy(nonce, strstr(b.challenge, "nonce=\"") + 7, 44);
    nonce[44] = '\0';
    b.nonce = nonce;
}

/* What an attacker sees of a run under this name that cannot succeed. */
struct seen {
    char shape[sizeof b.challenge];
    unsigned status[4], asked[4];
};

static void look(struct seen *seen)
{
    static char nonce[45];
    *seen = (struct seen){.shape = ""};
    bench_first(&b);
    seen->status[0] = b.status;
    CU_ASSERT_EQUAL_FATAL(b.status, 401);
    shape_of(b.challenge, seen->shape, sizeof seen->shape);
    seen->asked[0] = b.asked;
    learn_nonce(nonce);
    b.response = "00000000000000000000000000000000";
    bench_respond(&b);
    seen->status[1] = b.status;
    seen->asked[1] = b.asked;
    bench_first(&b);
    learn_nonce(nonce);
    b.auts = AUTS;
    b.response = NULL;
    if (b.maa.result.code == DIA_SUCCESS)
        b.maa.result.code = DIA_UNABLE_TO_COMPLY;
    bench_respond(&b);
    seen->status[2] = b.status;
    seen->asked[2] = b.asked;
    b.auts = NULL;
}

static void unknown_looks_like_known(void)
{
    static struct seen known, unknown;
    hide();
    b.maa.vector.autn.b[6] = 0x80;
    look(&known);
    b.asked = 0;
    b.username = OTHER_IMPI;
    b.maa.result = (struct dia_result){true, DIA_EXP_IDENTITY_UNKNOWN};
    look(&unknown);
    CU_ASSERT_STRING_EQUAL(known.shape, unknown.shape);
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(known.status[i], unknown.status[i]);
        CU_ASSERT_EQUAL(known.asked[i], unknown.asked[i]);
    }
}

static void unknown_challenge_has_the_usual_amf(void)
{
    static char nonce[45];
    uint8_t octets[32];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    hide();
    b.maa.vector.autn.b[6] = 0x80;
    bench_challenged(&b);
    b.username = OTHER_IMPI;
    b.maa.result = (struct dia_result){true, DIA_EXP_IDENTITY_UNKNOWN};
    bench_first(&b);
    T_RC(b.reason, GBA_E_ZH_IDENTITY);
    learn_nonce(nonce);
    T_OK(gba_b64_parse(gba_view_cstr(nonce), &w));
    T_BYTES(gba_view_of(octets + 16 + 6, 2), t_hex("80b9"));
}

static void unknown_is_new_each_time(void)
{
    char first[sizeof b.challenge];
    hide();
    b.maa.result = (struct dia_result){true, DIA_EXP_IDENTITY_UNKNOWN};
    bench_first(&b);
    bench_copy(first, sizeof first, b.challenge);
    bench_first(&b);
    CU_ASSERT_STRING_NOT_EQUAL(first, b.challenge);
}

static void unknown_is_told_when_not_hidden(void)
{
    b.maa.result = (struct dia_result){true, DIA_EXP_IDENTITY_UNKNOWN};
    bench_first(&b);
    bench_refused(&b, 403, GBA_E_ZH_IDENTITY);
}

int main(void)
{
    CU_TestInfo limits[] = {
        {"an address", address_is_limited},
        {"everybody", everybody_is_limited},
        {"bad nonces are dear", bad_nonces_are_dear},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo subscriber[] = {
        {"an unanswered challenge is repeated", challenge_is_repeated},
        {"and can be answered, once", repeated_challenge_is_answered_once},
        {"but not an old one", old_challenge_is_not_repeated},
        {"repeating can be off", repeating_can_be_off},
        {"not under another host name", other_host_is_not_repeated},
        {"others are served", others_are_served},
        {"the rate gives vectors again", rate_gives_vectors_again},
        {"resynchronisation counts", resynchronisation_counts},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo unknown[] = {
        {"looks like a known one", unknown_looks_like_known},
        {"has the usual AMF", unknown_challenge_has_the_usual_amf},
        {"has a new challenge each time", unknown_is_new_each_time},
        {"is told when not hidden", unknown_is_told_when_not_hidden},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"ub limits", NULL, NULL, set_up, tear_down, limits},
        {"ub beyond the limit of a subscriber", NULL, NULL, set_up, tear_down, subscriber},
        {"ub unknown subscribers", NULL, NULL, set_up, tear_down, unknown},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
