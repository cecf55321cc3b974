/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/auth_hdr.h"
#include "tests/lib/tap.h"

static uint8_t memory[1024];
static uint8_t out[2048];
static gba_arena arena;
static struct gba_auth a;

static gba_rc parse(const char *field)
{
    arena = gba_arena_of(memory, sizeof memory);
    return gba_auth_parse(gba_view_cstr(field), &arena, &a);
}

/* ---- hostile first ---- */

static void scheme_refused(void)
{
    static const char *const bad[] = {
        "", " ", "Basic dXNlcjpwdw==", "Digestive a=b", "realm=\"x\"", "\"Digest\" a=b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(parse(bad[i]), GBA_E_AUTH_SCHEME);
}

static void syntax_refused(void)
{
    static const char *const bad[] = {
        "Digest",
        "Digest ",
        "Digest ,",
        "Digest realm",
        "Digest realm \"x\"",
        "Digest =x",
        "Digest realm=\"x",
        "Digest realm=\"x\\\"",
        "Digest realm=\"x\" nonce=\"y\"",
        "Digest realm=\"x\"y",
        "Digest realm=x y",
        "Digest realm=x\"y\"",
        "Digest re alm=x",
        "Digest realm=\"x\", Basic realm=\"y\"",
        "Digest realm=\"a\nb\"",
        "Digest realm=\"a\rb\"",
        "Digest realm=\"a\tb\"",
        "Digest realm=\"a\x7f\"",
        "Digest realm=\"a\\\nb\"",
        "Digest realm=a\\b",
        "Digest unknown=\"\x01\"",
        "Digest(realm)=x",
        "Digest realm=x;y=z, \"k\"=v",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(parse(bad[i]), GBA_E_AUTH_SYNTAX);
    arena = gba_arena_of(memory, sizeof memory);
    T_RC(gba_auth_parse(GBA_LIT("Digest realm=\"a\0b\""), &arena, &a), GBA_E_AUTH_SYNTAX);
    T_RC(gba_auth_parse(GBA_LIT("Digest realm=a\0"), &arena, &a), GBA_E_AUTH_SYNTAX);
}

static void repeated_refused(void)
{
    T_RC(parse("Digest username=\"a\", username=\"b\""), GBA_E_AUTH_REPEATED);
    T_RC(parse("Digest nonce=\"\", NONCE=\"b\""), GBA_E_AUTH_REPEATED);
    T_RC(parse("Digest response=a, realm=x, response=a"), GBA_E_AUTH_REPEATED);
}

static void arena_too_small(void)
{
    gba_arena small = gba_arena_of(memory, 1);
    T_RC(gba_auth_parse(GBA_LIT("Digest realm=\"a\\\"bcdefgh\""), &small, &a), GBA_E_SPACE);
}

static void format_lets_nothing_out(void)
{
    struct gba_auth bad = {.realm = GBA_LIT("a\r\nX-Evil: 1")};
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_credentials(&w, &bad);
    T_RC(gba_writer_end(&w), GBA_E_SPACE);
    struct gba_auth odd = {.realm = GBA_LIT("a\"b\\c"), .algorithm = GBA_LIT("MD5, x=y")};
    w = gba_writer_of(out, sizeof out);
    gba_put_challenge(&w, &odd);
    T_STR(gba_writer_view(&w), "Digest realm=\"a\\\"b\\\\c\", algorithm=\"MD5, x=y\"");
}

/* ---- then what devices send ---- */

/* TS 24.109 A.3, first request. */
static void first_request(void)
{
    T_OK(parse("Digest username=\"001010123456789@ims.mnc001.mcc001.3gppnetwork.org\", "
               "realm=\"bsf.mnc001.mcc001.pub.3gppnetwork.org\", nonce=\"\", uri=\"/\", response=\"\""));
    T_STR(a.username, "001010123456789@ims.mnc001.mcc001.3gppnetwork.org");
    T_STR(a.realm, "bsf.mnc001.mcc001.pub.3gppnetwork.org");
    T_STR(a.uri, "/");
    CU_ASSERT_PTR_NOT_NULL(a.nonce.p);
    CU_ASSERT_EQUAL(a.nonce.n, 0);
    CU_ASSERT_PTR_NOT_NULL(a.response.p);
    CU_ASSERT_PTR_NULL(a.qop.p);
    CU_ASSERT_EQUAL(arena.n, 0);
}

static void second_request(void)
{
    T_OK(parse(
        "Digest "
        "username=\"u@h\",realm=\"bsf\",nonce=\"I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=\",uri=\"/\","
        "qop=auth-int,nc=00000001,cnonce=\"6629\",response=\"8dcd54cb1cecc2b2683ed39c868cbe18\","
        "opaque=\"5ccc\",algorithm=AKAv1-MD5"));
    T_STR(a.nonce, "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=");
    T_STR(a.qop, "auth-int");
    T_STR(a.nc, "00000001");
    T_STR(a.opaque, "5ccc");
    T_STR(a.algorithm, "AKAv1-MD5");
}

static void quoted_or_bare(void)
{
    T_OK(parse("DIGEST qop=\"auth-int\", nc=\"00000001\", algorithm=\"AKAv1-MD5\", stale=\"true\""));
    T_STR(a.qop, "auth-int");
    T_STR(a.nc, "00000001");
    T_STR(a.algorithm, "AKAv1-MD5");
    T_STR(a.stale, "true");
    T_OK(parse("digest response=8dcd, username=u@h, uri=/a?b=c, nonce=I1U8/+=="));
    T_STR(a.response, "8dcd");
    T_STR(a.username, "u@h");
    T_STR(a.uri, "/a?b=c");
    T_STR(a.nonce, "I1U8/+==");
}

static void gaps_inside_auts(void)
{
    static const char *const fields[] = {
        "Digest auts=\"uoU/PBIctV7bggBAq0E=\"",   "Digest auts=\"uoU/PBIctV7b ggBAq0E= \"",
        "Digest auts=\"uoU/PBIctV7bggBAq0E=\n\"", "Digest auts=\"\tuoU/PBIctV7b\r\n ggBAq0E=\"",
        "Digest auts=uoU/PBIctV7bggBAq0E=",
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        T_OK(parse(fields[i]));
        T_STR(a.auts, "uoU/PBIctV7bggBAq0E=");
    }
    T_OK(parse("Digest auts=\" \""));
    CU_ASSERT_PTR_NOT_NULL(a.auts.p);
    CU_ASSERT_EQUAL(a.auts.n, 0);
}

static void blanks_commas_and_unknown(void)
{
    T_OK(parse("  Digest \t ,, realm = \"r\" ,\t, x-vendor=\"a, b=c\", X-Vendor=1,uri=\"\" , "));
    T_STR(a.realm, "r");
    CU_ASSERT_PTR_NOT_NULL(a.uri.p);
    CU_ASSERT_EQUAL(a.uri.n, 0);
    T_OK(parse("Digest uri="));
    CU_ASSERT_PTR_NOT_NULL(a.uri.p);
}

static void escapes(void)
{
    T_OK(parse("Digest realm=\"a\\\"b\\\\c\\d\""));
    T_STR(a.realm, "a\"b\\cd");
}

static void several_qop_values(void)
{
    CU_ASSERT_TRUE(gba_auth_qop_offers(GBA_LIT("auth,auth-int"), GBA_LIT("auth-int")));
    CU_ASSERT_TRUE(gba_auth_qop_offers(GBA_LIT(" AUTH , auth-int "), GBA_LIT("auth")));
    CU_ASSERT_FALSE(gba_auth_qop_offers(GBA_LIT("auth-int"), GBA_LIT("auth")));
    CU_ASSERT_FALSE(gba_auth_qop_offers(GBA_LIT(",,"), GBA_LIT("")));
    CU_ASSERT_FALSE(gba_auth_qop_offers((gba_view){NULL, 0}, GBA_LIT("auth")));
}

static void formats(void)
{
    struct gba_auth full = {
        .username = GBA_LIT("u@h"),
        .realm = GBA_LIT("r"),
        .nonce = GBA_LIT("n="),
        .uri = GBA_LIT("/"),
        .qop = GBA_LIT("auth-int"),
        .nc = GBA_LIT("00000001"),
        .cnonce = GBA_LIT("c"),
        .response = GBA_LIT("d"),
        .opaque = GBA_LIT("o"),
        .algorithm = GBA_LIT("AKAv1-MD5"),
    };
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_credentials(&w, &full);
    T_STR(gba_writer_view(&w),
          "Digest username=\"u@h\", realm=\"r\", nonce=\"n=\", uri=\"/\", qop=auth-int, "
          "nc=00000001, cnonce=\"c\", response=\"d\", opaque=\"o\", algorithm=AKAv1-MD5");
    struct gba_auth challenge = {.realm = GBA_LIT("r"),
                                 .nonce = GBA_LIT("n"),
                                 .qop = GBA_LIT("auth-int"),
                                 .algorithm = GBA_LIT("MD5"),
                                 .stale = GBA_LIT("true")};
    w = gba_writer_of(out, sizeof out);
    gba_put_challenge(&w, &challenge);
    T_STR(gba_writer_view(&w),
          "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\", algorithm=MD5, stale=true");
    struct gba_auth info = {.qop = GBA_LIT("auth-int"),
                            .rspauth = GBA_LIT("e"),
                            .cnonce = GBA_LIT("c"),
                            .nc = GBA_LIT("00000001"),
                            .nextnonce = GBA_LIT("m")};
    w = gba_writer_of(out, sizeof out);
    gba_put_auth_info(&w, &info);
    T_STR(gba_writer_view(&w), "qop=auth-int, nc=00000001, cnonce=\"c\", rspauth=\"e\", nextnonce=\"m\"");
    arena = gba_arena_of(memory, sizeof memory);
    T_OK(gba_auth_info_parse(gba_writer_view(&w), &arena, &a));
    T_STR(a.rspauth, "e");
    T_STR(a.nextnonce, "m");
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"other schemes", scheme_refused},
        {"syntax", syntax_refused},
        {"a parameter twice", repeated_refused},
        {"arena too small", arena_too_small},
        {"writer keeps values inside", format_lets_nothing_out},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"first request of TS 24.109 A.3", first_request},
        {"second request", second_request},
        {"quoted or bare", quoted_or_bare},
        {"blanks and folds inside auts", gaps_inside_auts},
        {"blanks, empty elements, unknown parameters", blanks_commas_and_unknown},
        {"escapes", escapes},
        {"several qop values", several_qop_values},
        {"formats", formats},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
