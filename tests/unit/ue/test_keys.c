/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"
#include "ue/keys.h"

#define ME_TEXT                                                                                              \
    "keystrap-ue-state 1\nmode gba-me\napp isim\nimpi u@ims.org\n"                                           \
    "tmpi NdfNQvvGWK4SGbs7c17alrZHQXyhEcrW@tmpi.bsf.3gppnetwork.org\nbtid a=@bsf.org\n"                      \
    "rand 23553cbe9637a89d218ae64dae47bf35\n"                                                                \
    "ks b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441\n"                                  \
    "created 2029-12-31T00:00:00Z\nexpires 2030-01-01T00:00:00Z\n"

static struct ue_keys keys;
static uint8_t out[UE_KEYS_TEXT_MAX];

/* Every line taken away, every line twice, every cut and every flipped first
 * letter must be noticed. */
static void damaged_texts(void)
{
    gba_view text = gba_view_cstr(ME_TEXT);
    for (size_t n = 0; n < text.n; n++)
        T_RC(ue_keys_parse(gba_view_sub(text, 0, n), &keys), GBA_E_UE_STATE);
    gba_view line, rest = text;
    while (rest.n > 0) {
        gba_view before = gba_view_of(text.p, (size_t)(rest.p - text.p));
        gba_view_split(rest, '\n', &line, &rest);
        line.n++;
        gba_writer w = gba_writer_of(out, sizeof out);
        gba_put_view(&w, before);
        gba_put_view(&w, rest);
        bool optional = gba_view_starts(line, GBA_LIT("tmpi"));
        T_RC(ue_keys_parse(gba_writer_view(&w), &keys), optional ? GBA_OK : GBA_E_UE_STATE);
        w = gba_writer_of(out, sizeof out);
        gba_put_view(&w, before);
        gba_put_view(&w, line);
        gba_put_view(&w, line);
        gba_put_view(&w, rest);
        T_RC(ue_keys_parse(gba_writer_view(&w), &keys), GBA_E_UE_STATE);
    }
    CU_ASSERT_EQUAL(keys.ks.b[0], 0);
}

static void bad_values(void)
{
    static const char head[] = "keystrap-ue-state 1\n";
    static const char *const bad[] = {
        "mode gba\napp isim\nimpi u@ims.org\n",
        "mode none\napp auto\nimpi u@ims.org\n",
        "mode none\napp isim\nimpi u\n",
        "mode none\napp isim\nimpi u@ims.org\ntmpi u@ims.org\n",
        "mode none\napp isim\nimpi u@ims.org\nmore 1\n",
        "mode none\napp isim\nimpi u@ims.org\nnextnonce AAAA\nopaque 5ccc\nalgorithm AKAv1-MD5\n",
        "mode none\r\napp isim\nimpi u@ims.org\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gba_writer w = gba_writer_of(out, sizeof out);
        gba_put_str(&w, head);
        gba_put_str(&w, bad[i]);
        T_RC(ue_keys_parse(gba_writer_view(&w), &keys), GBA_E_UE_STATE);
    }
    static const char *const bad_next[] = {ME_TEXT "nextnonce \nopaque 5ccc\nalgorithm AKAv1-MD5\n",
                                           ME_TEXT "nextnonce AAAA\nopaque 5ccc\n",
                                           ME_TEXT "nextnonce AAAA\nopaque 5ccc\nalgorithm AKAv3\n"};
    for (size_t i = 0; i < sizeof bad_next / sizeof *bad_next; i++)
        T_RC(ue_keys_parse(gba_view_cstr(bad_next[i]), &keys), GBA_E_UE_STATE);
    T_RC(ue_keys_parse(GBA_LIT("keystrap-ue-state 2\nmode none\napp isim\nimpi u@ims.org\n"), &keys),
         GBA_E_UE_STATE);
}

static void unusable(void)
{
    T_OK(ue_keys_parse(GBA_LIT("keystrap-ue-state 1\nmode none\napp isim\nimpi u@ims.org\n"), &keys));
    T_RC(ue_keys_check(&keys, 0), GBA_E_UE_NOT_BOOTSTRAPPED);
    T_OK(ue_keys_parse(GBA_LIT(ME_TEXT), &keys));
    T_RC(ue_keys_check(&keys, 1893456000), GBA_E_UE_EXPIRED);
    T_OK(ue_keys_check(&keys, 1893455999));
    gba_nafid naf = {.ua = gba_uaid_http_digest};
    gba_ks_naf ks_naf;
    keys.mode = UE_MODE_U;
    T_RC(ue_keys_derive(&keys, &naf, &ks_naf), GBA_E_BUG);
}

static void round_trips(void)
{
    static const char *const texts[] = {
        ME_TEXT,
        "keystrap-ue-state 1\nmode none\napp usim\nimpi u@ims.org\n",
        ("keystrap-ue-state 1\nmode gba-u\napp usim\nimpi u@ims.org\nbtid a=@bsf.org\n"
         "rand 23553cbe9637a89d218ae64dae47bf35\n"
         "created 2029-12-31T00:00:00Z\nexpires 2030-01-01T00:00:00Z\n"),
        ME_TEXT "nextnonce AAAA\nopaque 5ccc\nalgorithm AKAv2-SHA-256\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gba_writer w = gba_writer_of(out, sizeof out);
        T_OK(ue_keys_parse(gba_view_cstr(texts[i]), &keys));
        ue_keys_put(&keys, &w);
        T_STR(gba_writer_view(&w), texts[i]);
    }
}

/* The common input of the suite's vectors. */
static void derives(void)
{
    gba_nafid naf = {.ua = gba_uaid_http_digest};
    gba_ks_naf ks_naf;
    T_OK(ue_keys_parse(GBA_LIT(ME_TEXT), &keys));
    T_OK(gba_text_set(&keys.impi, GBA_LIT("001010123456789@ims.mnc001.mcc001.3gppnetwork.org")));
    T_OK(gba_text_set(&naf.fqdn, GBA_LIT("xcap.ims.mnc001.mcc001.pub.3gppnetwork.org")));
    T_OK(ue_keys_derive(&keys, &naf, &ks_naf));
    T_BYTES(GBA_ARRAY(ks_naf.b), t_hex("fd1ac8d09e974a83d864e40f158ddb173379a13316de75a7f659d3b4ab4dffab"));
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"damaged texts", damaged_texts},
        {"bad values", bad_values},
        {"unusable keys", unusable},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"text there and back", round_trips},
        {"Ks_NAF", derives},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
