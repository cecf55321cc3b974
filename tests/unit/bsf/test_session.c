/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/session.h"

#include <string.h>

#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

#define SETTINGS GBA_LIT("\0")
#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define DOMAIN "bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@" DOMAIN
#define TMPI "NdfNQvvGWK4SGbs7c17alrZHQXyhEcrW@tmpi.bsf.3gppnetwork.org"

static struct fake_world world;
static gba_seal_key keys[2];
static gba_seal_ring ring;
static struct bsf_sealer sealer;
static uint8_t record[1024];
static struct bsf_session session, back;
static bsf_store_key key;

static void set_up(void)
{
    fake_world_init(&world);
    gba_env_random(&world.env, keys, sizeof keys);
    gba_wipe(&ring);
    T_OK(gba_seal_ring_add(&ring, 1, &keys[0]));
    sealer.ring = &ring;
    session = (struct bsf_session){
        .mode = BSF_U, .gba_type = 0, .tmpi = true, .created_s = 100, .expiry_s = 200, .settings = SETTINGS};
    gba_copy(session.rand.b, t_hex("23553cbe9637a89d218ae64dae47bf35"));
    gba_copy(session.ks.b, t_hex("b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441"));
    T_OK(gba_text_set(&session.impi, GBA_LIT(IMPI)));
    T_OK(gba_text_set(&session.domain, GBA_LIT(DOMAIN)));
    T_OK(bsf_key_of(BSF_KEY_BTID, GBA_LIT(BTID), &key));
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
    session.settings = (gba_view){NULL, 0};
    T_OK(gba_text_set(&session.ub_nonce, GBA_LIT("abcdef")));
    gba_view whole = encoded();
    for (size_t n = 0; n < whole.n; n++) {
        T_RC(bsf_session_decode(gba_view_sub(whole, 0, n), &back), GBA_E_SESSION);
        nothing_left();
    }
    T_OK(bsf_session_decode(whole, &back));
}

static void trailing_is_refused(void)
{
    session.settings = (gba_view){NULL, 0};
    gba_view whole = encoded();
    record[whole.n] = 0;
    T_RC(bsf_session_decode(gba_view_of(record, whole.n + 1), &back), GBA_E_SESSION);
}

static void other_versions_are_refused(void)
{
    gba_view whole = encoded();
    for (unsigned version = 0; version < 256; version++) {
        record[0] = (uint8_t)version;
        CU_ASSERT_EQUAL(bsf_session_decode(whole, &back) == GBA_OK, version == 2);
    }
}

static void bad_values_are_refused(void)
{
    session.impi.n = 0;
    T_RC(bsf_session_decode(encoded(), &back), GBA_E_SESSION);
    session.impi.n = 1;
    session.impi.s[0] = '\0';
    T_RC(bsf_session_decode(encoded(), &back), GBA_E_SESSION);
    session.impi.s[0] = 'u';
    session.domain.n = 0;
    T_RC(bsf_session_decode(encoded(), &back), GBA_E_SESSION);
}

static void what_cannot_be_said_is_refused(void)
{
    gba_writer w = gba_writer_of(record, sizeof record);
    session.created_s = 201;
    T_RC(bsf_session_encode(&session, &w), GBA_E_TOO_LONG);
    session.created_s = -1;
    T_RC(bsf_session_encode(&session, &w), GBA_E_TOO_LONG);
    session.created_s = 0;
    session.expiry_s = INT64_C(1) << 32;
    T_RC(bsf_session_encode(&session, &w), GBA_E_TOO_LONG);
    session.expiry_s = 100;
    session.gba_type = 16;
    T_RC(bsf_session_encode(&session, &w), GBA_E_TOO_LONG);
    session.gba_type = 15;
    T_OK(bsf_session_encode(&session, &w));
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
            CU_ASSERT(back.mode <= BSF_U && back.impi.n > 0 && back.created_s <= back.expiry_s);
    }
}

/* ---- keys ---- */

static void keys_tell_nothing(void)
{
    bsf_store_key same, other;
    T_OK(bsf_key_of(BSF_KEY_BTID, GBA_LIT(BTID), &same));
    T_BYTES(GBA_ARRAY(same.b), GBA_ARRAY(key.b));
    T_OK(bsf_key_of(BSF_KEY_TMPI, GBA_LIT(BTID), &other));
    CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(other.b), GBA_ARRAY(key.b)));
    T_OK(bsf_key_of(BSF_KEY_BTID, GBA_LIT("abc"), &other));
    /* SHA-256("b:abc") by another implementation */
    T_BYTES(GBA_ARRAY(other.b), t_hex("49d832d44c7399efc25cde681f3d7d50"));
}

/* An owner is of a key, an IMPI and a name; the border between the two counts. */
static void owners_are_apart(void)
{
    static const struct {
        unsigned key;
        const char *impi, *domain;
    } cases[] = {{0, "a@b", "cd"}, {0, "a@bc", "d"}, {0, "a@b", "ce"}, {0, "A@b", "cd"}, {1, "a@b", "cd"}};
    bsf_store_key owners[5];
    for (size_t i = 0; i < 5; i++) {
        T_OK(bsf_owner_of(&keys[cases[i].key], gba_view_cstr(cases[i].impi), gba_view_cstr(cases[i].domain),
                          &owners[i]));
        for (size_t k = 0; k < i; k++)
            CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(owners[i].b), GBA_ARRAY(owners[k].b)));
    }
}

/* ---- sealing ---- */

static void oversize_settings_are_refused(void)
{
    static char big[BSF_GUSS_MAX + 1];
    gba_view sealed;
    session.settings = GBA_ARRAY(big);
    T_RC(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed), GBA_E_SPACE);
    session.settings.n--;
    T_OK(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed));
}

static void sealed_is_bound_to_its_key(void)
{
    gba_view sealed;
    bsf_store_key other = key;
    T_OK(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed));
    gba_copy(record, sealed);
    other.b[15] ^= 1;
    T_RC(bsf_session_open(&sealer, &other, gba_view_of(record, sealed.n), &back), GBA_E_SEAL);
    T_OK(bsf_session_open(&sealer, &key, gba_view_of(record, sealed.n), &back));
}

/* Two keys alive: the first seals, both open; without the old one its records are unreadable. */
static void keys_rotate(void)
{
    gba_view sealed;
    T_OK(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed));
    size_t n = sealed.n;
    gba_copy(record, sealed);
    gba_wipe(&ring);
    T_OK(gba_seal_ring_add(&ring, 2, &keys[1]));
    T_RC(bsf_session_open(&sealer, &key, gba_view_of(record, n), &back), GBA_E_SEAL_KEY);
    T_OK(gba_seal_ring_add(&ring, 1, &keys[0]));
    T_OK(bsf_session_open(&sealer, &key, gba_view_of(record, n), &back));
    T_OK(bsf_session_seal(&sealer, &world.env, &key, &session, &sealed));
    CU_ASSERT_EQUAL(sealed.p[0], 2);
    gba_copy(record, sealed);
    ring.n = 1;
    T_OK(bsf_session_open(&sealer, &key, gba_view_of(record, n), &back));
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
    CU_ASSERT(gba_text_eq(&back.impi, &session.impi) && gba_text_eq(&back.domain, &session.domain));
    CU_ASSERT(back.mode == BSF_U && back.tmpi && back.created_s == 100 && back.expiry_s == 200);
    CU_ASSERT_EQUAL(back.ub_nonce.n, 0);
    T_BYTES(back.settings, SETTINGS);
}

static void kinds_come_back(void)
{
    session.settings = (gba_view){NULL, 0};
    session.tmpi = false;
    session.mode = BSF_ME;
    session.gba_type = 2;
    T_OK(gba_text_set(&session.ub_nonce, GBA_LIT("nonce of GBA_Digest")));
    T_OK(bsf_session_decode(encoded(), &back));
    CU_ASSERT_PTR_NULL(back.settings.p);
    CU_ASSERT(back.mode == BSF_ME && !back.tmpi && back.gba_type == 2);
    CU_ASSERT(gba_text_eq(&back.ub_nonce, &session.ub_nonce));
}

static void names_follow(void)
{
    gba_text name;
    T_OK(bsf_session_btid(&session, &name));
    T_STR(gba_text_view(&name), BTID);
    T_OK(bsf_session_tmpi(&session, &name));
    T_STR(gba_text_view(&name), TMPI);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"truncated", truncated_is_refused},
        {"trailing octets", trailing_is_refused},
        {"other versions", other_versions_are_refused},
        {"bad values", bad_values_are_refused},
        {"what a record cannot say", what_cannot_be_said_is_refused},
        {"noise", noise_is_survived},
        {"keys tell nothing", keys_tell_nothing},
        {"owners are apart", owners_are_apart},
        {"oversize settings", oversize_settings_are_refused},
        {"a sealed record is bound to its key", sealed_is_bound_to_its_key},
        {"keys rotate", keys_rotate},
        {"a session comes back", comes_back},
        {"other kinds come back", kinds_come_back},
        {"B-TID and TMPI follow from it", names_follow},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"session", NULL, NULL, set_up, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
