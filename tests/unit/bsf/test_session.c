/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/session.h"

#include <string.h>

#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

#define GUSS GBA_LIT("<guss><ussList/></guss>")

static struct fake_world world;
static gba_seal_key seal_key;
static struct bsf_sealer sealer;
static uint8_t record[1024];
static struct bsf_session session, back;
static bsf_key key;

static void set_up(void)
{
    fake_world_init(&world);
    gba_env_random(&world.env, seal_key.b, sizeof seal_key.b);
    sealer.key = &seal_key;
    session =
        (struct bsf_session){.mode = BSF_U, .gba_type = 0, .created_s = 100, .expiry_s = 200, .guss = GUSS};
    gba_env_random(&world.env, session.rand.b, sizeof session.rand.b);
    gba_env_random(&world.env, session.ks.b, sizeof session.ks.b);
    T_OK(gba_text_set(&session.impi, GBA_LIT("user@home.example")));
    T_OK(gba_text_set(&session.tmpi, GBA_LIT("x@tmpi.bsf.3gppnetwork.org")));
    T_OK(bsf_key_make(BSF_KEY_SESSION, GBA_LIT("abc@bsf.example"), &key));
}

static gba_view encoded(void)
{
    gba_writer w = gba_writer_of(record, sizeof record);
    T_OK(bsf_session_encode(&session, &w));
    return gba_writer_view(&w);
}

static void nothing_left(void)
{
    static const struct bsf_session zero;
    T_BYTES(gba_view_of(&back, sizeof back), gba_view_of(&zero, sizeof zero));
}

static void truncated_is_refused(void)
{
    gba_view whole = encoded();
    for (size_t n = 0; n < whole.n; n++) {
        T_RC(bsf_session_decode(gba_view_sub(whole, 0, n), &back), GBA_E_SESSION);
        nothing_left();
    }
}

static void trailing_is_refused(void)
{
    gba_view whole = encoded();
    record[whole.n] = 0;
    T_RC(bsf_session_decode(gba_view_of(record, whole.n + 1), &back), GBA_E_SESSION);
}

static void other_versions_are_refused(void)
{
    gba_view whole = encoded();
    for (unsigned version = 0; version < 256; version++) {
        record[0] = (uint8_t)version;
        CU_ASSERT_EQUAL(bsf_session_decode(whole, &back) == GBA_OK, version == 1);
    }
}

static void bad_values_are_refused(void)
{
    gba_view whole = encoded();
    record[1] = 2;
    T_RC(bsf_session_decode(whole, &back), GBA_E_SESSION);
    session.impi.n = 0;
    T_RC(bsf_session_decode(encoded(), &back), GBA_E_SESSION);
    session.impi.n = 1;
    session.impi.s[0] = '\0';
    T_RC(bsf_session_decode(encoded(), &back), GBA_E_SESSION);
    session.impi.s[0] = 'u';
    session.created_s = 201;
    T_RC(bsf_session_decode(encoded(), &back), GBA_E_SESSION);
}

/* Whatever the octets are, decoding ends well. */
static void noise_is_survived(void)
{
    gba_view whole = encoded();
    for (size_t i = 0; i < 20000; i++) {
        uint8_t noisy[1024], at[2], value;
        gba_copy(noisy, whole);
        gba_env_random(&world.env, at, sizeof at);
        gba_env_random(&world.env, &value, 1);
        noisy[(at[0] << 8 | at[1]) % whole.n] = value;
        if (bsf_session_decode(gba_view_of(noisy, whole.n), &back) == GBA_OK)
            CU_ASSERT(back.mode <= BSF_U && back.guss.n <= BSF_GUSS_MAX && back.created_s <= back.expiry_s);
    }
}

static void long_names_have_no_key(void)
{
    static char big[GBA_TEXT_MAX + 1];
    memset(big, 'a', sizeof big);
    T_RC(bsf_key_make(BSF_KEY_SESSION, GBA_ARRAY(big), &key), GBA_E_TOO_LONG);
    T_OK(bsf_key_make(BSF_KEY_SESSION, gba_view_of(big, GBA_TEXT_MAX), &key));
}

static void oversize_guss_is_refused(void)
{
    static char big[BSF_GUSS_MAX + 1];
    gba_view sealed;
    session.guss = GBA_ARRAY(big);
    T_RC(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed), GBA_E_SPACE);
    session.guss.n--;
    T_OK(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed));
}

static void sealed_is_bound_to_its_key(void)
{
    gba_view sealed;
    bsf_key other;
    T_OK(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed));
    gba_copy(record, sealed);
    T_OK(bsf_key_make(BSF_KEY_SESSION, GBA_LIT("abd@bsf.example"), &other));
    T_RC(bsf_session_open(&sealer, &other, gba_view_of(record, sealed.n), &back), GBA_E_SEAL);
    T_OK(bsf_session_open(&sealer, &key, gba_view_of(record, sealed.n), &back));
}

static void kinds_are_apart(void)
{
    gba_view sealed;
    gba_text impi;
    bsf_key tmpi_key;
    T_OK(bsf_key_make(BSF_KEY_TMPI, GBA_LIT("abc@bsf.example"), &tmpi_key));
    CU_ASSERT_FALSE(gba_view_eq(bsf_key_view(&key), bsf_key_view(&tmpi_key)));
    T_OK(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed));
    gba_copy(record, sealed);
    T_RC(bsf_tmpi_open(&sealer, &tmpi_key, gba_view_of(record, sealed.n), &impi), GBA_E_SEAL);
}

static void comes_back(void)
{
    gba_view sealed;
    T_OK(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed));
    CU_ASSERT_FALSE(gba_view_contains(sealed, GBA_ARRAY(session.ks.b)));
    CU_ASSERT_FALSE(gba_view_contains(gba_view_of(sealer.plain, 300), GBA_ARRAY(session.ks.b)));
    gba_copy(record, sealed);
    T_OK(bsf_session_open(&sealer, &key, gba_view_of(record, sealed.n), &back));
    T_BYTES(GBA_ARRAY(back.ks.b), GBA_ARRAY(session.ks.b));
    T_BYTES(GBA_ARRAY(back.rand.b), GBA_ARRAY(session.rand.b));
    CU_ASSERT(gba_text_eq(&back.impi, &session.impi) && gba_text_eq(&back.tmpi, &session.tmpi));
    CU_ASSERT(back.mode == BSF_U && back.created_s == 100 && back.expiry_s == 200);
    T_BYTES(back.guss, GUSS);
}

static void absent_guss_stays_absent(void)
{
    session.guss = (gba_view){NULL, 0};
    T_OK(bsf_session_decode(encoded(), &back));
    CU_ASSERT_PTR_NULL(back.guss.p);
}

static void tmpi_comes_back(void)
{
    gba_view sealed;
    gba_text impi;
    T_OK(bsf_tmpi_seal(&sealer, &world.env, &key, GBA_LIT("user@home.example"), &sealed));
    gba_copy(record, sealed);
    T_OK(bsf_tmpi_open(&sealer, &key, gba_view_of(record, sealed.n), &impi));
    T_STR(gba_text_view(&impi), "user@home.example");
    T_OK(bsf_tmpi_seal(&sealer, &world.env, &key, GBA_LIT(""), &sealed));
    gba_copy(record, sealed);
    T_RC(bsf_tmpi_open(&sealer, &key, gba_view_of(record, sealed.n), &impi), GBA_E_SESSION);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"truncated", truncated_is_refused},
        {"trailing octets", trailing_is_refused},
        {"other versions", other_versions_are_refused},
        {"bad values", bad_values_are_refused},
        {"noise", noise_is_survived},
        {"long names", long_names_have_no_key},
        {"oversize GUSS", oversize_guss_is_refused},
        {"a sealed record is bound to its key", sealed_is_bound_to_its_key},
        {"kinds are apart", kinds_are_apart},
        {"a session comes back", comes_back},
        {"an absent GUSS stays absent", absent_guss_stays_absent},
        {"a TMPI comes back", tmpi_comes_back},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"session", NULL, NULL, set_up, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
