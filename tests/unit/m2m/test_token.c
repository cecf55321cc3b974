/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment-Tokens. */
#include <stdlib.h>
#include <string.h>

#include "gba/base/text.h"
#include "m2m/token.h"
#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

static struct fake_world world;
static const uint8_t one[16] = {1}, two[16] = {2};

static gba_view shown(const m2m_token_text *text)
{
    return gba_view_of(text->s, M2M_TOKEN_TEXT_N);
}

static struct m2m_token issued(m2m_token_text *text)
{
    struct m2m_token t;
    fake_world_init(&world);
    T_OK(m2m_token_issue(&t, &world.env, 100, text));
    return t;
}

static const char *state(const struct m2m_token *t)
{
    return m2m_token_state_name(t, gba_env_now_s(&world.env));
}

/* ---- refused ---- */

static void all_refused_alike(void)
{
    m2m_token_text text, other;
    struct m2m_token t = issued(&text), none = {.state = M2M_TOKEN_NONE};
    T_OK(m2m_token_issue(&none, &world.env, 100, &other));
    T_RC(m2m_token_present(&t, &world.env, shown(&other), one), GBA_E_TOKEN);
    T_RC(m2m_token_present(&t, &world.env, gba_view_sub(shown(&text), 0, 42), one), GBA_E_TOKEN);
    T_RC(m2m_token_present(&t, &world.env, GBA_LIT(""), one), GBA_E_TOKEN);
    T_RC(m2m_token_consume(&t, &world.env, one), GBA_E_TOKEN);
    none = (struct m2m_token){.state = M2M_TOKEN_NONE};
    T_RC(m2m_token_present(&none, &world.env, GBA_LIT(""), one), GBA_E_TOKEN);
    m2m_token_revoke(&none);
    CU_ASSERT_STRING_EQUAL(state(&none), "none");
    m2m_token_revoke(&t);
    T_RC(m2m_token_present(&t, &world.env, shown(&text), one), GBA_E_TOKEN);
    CU_ASSERT_STRING_EQUAL(state(&t), "revoked");
}

static void expired(void)
{
    m2m_token_text text;
    struct m2m_token t = issued(&text);
    world.env.now_ms += 99999;
    T_OK(m2m_token_present(&t, &world.env, shown(&text), one));
    m2m_token_fail(&t, one);
    world.env.now_ms += 1;
    CU_ASSERT_STRING_EQUAL(state(&t), "expired");
    T_RC(m2m_token_present(&t, &world.env, shown(&text), one), GBA_E_TOKEN);
    world.env.now_ms -= 1;
    T_OK(m2m_token_present(&t, &world.env, shown(&text), one));
    world.env.now_ms += 1;
    T_RC(m2m_token_consume(&t, &world.env, one), GBA_E_TOKEN);
}

static void of_another_session(void)
{
    m2m_token_text text;
    struct m2m_token t = issued(&text);
    T_OK(m2m_token_present(&t, &world.env, shown(&text), one));
    T_RC(m2m_token_present(&t, &world.env, shown(&text), two), GBA_E_TOKEN);
    T_RC(m2m_token_present(&t, &world.env, shown(&text), one), GBA_E_TOKEN);
    T_RC(m2m_token_consume(&t, &world.env, two), GBA_E_TOKEN);
    m2m_token_fail(&t, two);
    CU_ASSERT_STRING_EQUAL(state(&t), "presented");
    T_OK(m2m_token_consume(&t, &world.env, one));
    T_RC(m2m_token_consume(&t, &world.env, one), GBA_E_TOKEN);
    T_RC(m2m_token_present(&t, &world.env, shown(&text), one), GBA_E_TOKEN);
    m2m_token_fail(&t, one);
    CU_ASSERT_STRING_EQUAL(state(&t), "consumed");
}

static void failed_too_often(void)
{
    m2m_token_text text;
    struct m2m_token t = issued(&text);
    for (int i = 0; i < M2M_TOKEN_TRIES; i++) {
        CU_ASSERT_STRING_EQUAL(state(&t), "issued");
        T_OK(m2m_token_present(&t, &world.env, shown(&text), one));
        m2m_token_fail(&t, one);
    }
    CU_ASSERT_STRING_EQUAL(state(&t), "revoked");
    T_RC(m2m_token_present(&t, &world.env, shown(&text), one), GBA_E_TOKEN);
}

/* ---- good ---- */

static void zero_to_31(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)i;
}

static void text_and_hash(void)
{
    m2m_token_text text;
    struct m2m_token t;
    gba_env env = {.random = zero_to_31};
    T_OK(m2m_token_issue(&t, &env, 1, &text));
    T_STR(gba_view_cstr(text.s), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    T_BYTES(GBA_ARRAY(t.hash), t_hex("ea866a757e4c38babfa8127cbe9a409d3e1f93a00ff1488ff735fcf917afffd0"));
    T_OK(m2m_token_present(&t, &env, shown(&text), one));
}

static int order(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void distinct(void)
{
    static m2m_token_text texts[1000];
    struct m2m_token t;
    unsigned prefixes = 0;
    fake_world_init(&world);
    for (size_t i = 0; i < 1000; i++)
        T_OK(m2m_token_issue(&t, &world.env, 1, &texts[i]));
    qsort(texts, 1000, sizeof *texts, order);
    for (size_t i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL(
            strspn(texts[i].s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            M2M_TOKEN_TEXT_N);
        CU_ASSERT_TRUE(i == 0 || strcmp(texts[i - 1].s, texts[i].s) != 0);
        prefixes += i > 0 && strncmp(texts[i - 1].s, texts[i].s, 6) == 0;
    }
    CU_ASSERT_EQUAL(prefixes, 0);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"all refused alike", all_refused_alike},
        {"expired", expired},
        {"of another session", of_another_session},
        {"failed too often", failed_too_often},
        {"text and hash", text_and_hash},
        {"distinct", distinct},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"token", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
