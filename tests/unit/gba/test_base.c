/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/arena.h"
#include "gba/base/secret.h"
#include "gba/base/stamp.h"
#include "gba/base/text.h"
#include "tests/lib/tap.h"

static uint8_t buffer[256];

/* ---- hostile first ---- */

static void reader_past_the_end(void)
{
    gba_reader r = gba_reader_of(t_hex("0102"));
    CU_ASSERT_EQUAL(gba_get_u32(&r), 0);
    CU_ASSERT_EQUAL(gba_get_u8(&r), 0);
    CU_ASSERT_EQUAL(gba_reader_left(&r), 0);
    T_RC(gba_reader_end(&r), GBA_E_TRUNCATED);
}

static void reader_huge_length(void)
{
    gba_reader r = gba_reader_of(t_hex("0102"));
    gba_get_u8(&r);
    CU_ASSERT_PTR_NULL(gba_get_view(&r, SIZE_MAX).p);
    T_RC(gba_reader_end(&r), GBA_E_TRUNCATED);
}

static void reader_trailing(void)
{
    gba_reader r = gba_reader_of(t_hex("010203"));
    CU_ASSERT_EQUAL(gba_get_u16(&r), 0x0102);
    T_RC(gba_reader_end(&r), GBA_E_TRAILING);
}

static void writer_overflow_is_sticky(void)
{
    gba_writer w = gba_writer_of(buffer, 3);
    gba_put_u32(&w, 1);
    gba_put_u8(&w, 7);
    CU_ASSERT_EQUAL(gba_writer_view(&w).n, 0);
    T_RC(gba_writer_end(&w), GBA_E_SPACE);
}

static void writer_without_room(void)
{
    gba_writer w = gba_writer_of(NULL, 0);
    gba_put_view(&w, GBA_LIT(""));
    T_OK(gba_writer_end(&w));
    gba_put_u8(&w, 1);
    T_RC(gba_writer_end(&w), GBA_E_SPACE);
}

static void text_refuses(void)
{
    gba_text t;
    uint8_t big[300] = {1};
    T_RC(gba_text_set(&t, GBA_ARRAY(big)), GBA_E_TOO_LONG);
    T_RC(gba_text_set(&t, GBA_LIT("a\0b")), GBA_E_CHARSET);
    CU_ASSERT_EQUAL(t.n, 0);
}

static void hex_refuses(void)
{
    uint8_t out[2];
    T_RC(gba_hex_parse(GBA_LIT("012"), out, 2), GBA_E_HEX);
    T_RC(gba_hex_parse(GBA_LIT("01 2"), out, 2), GBA_E_HEX);
    T_RC(gba_hex_parse(GBA_LIT("0x12"), out, 2), GBA_E_HEX);
}

static void base64_refuses(void)
{
    static const char *const bad[] = {"A",    "AA",   "AAA",      "A===", "====", "AA=A",
                                      "AB==", "AAB=", "AA==AAAA", "AA-_", "A A="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gba_writer w = gba_writer_of(buffer, sizeof buffer);
        T_RC(gba_b64_parse(gba_view_cstr(bad[i]), &w), GBA_E_BASE64);
    }
    gba_writer w = gba_writer_of(buffer, sizeof buffer);
    T_RC(gba_b64_parse(GBA_LIT("AA\0="), &w), GBA_E_BASE64);
    w = gba_writer_of(buffer, 2);
    T_RC(gba_b64_parse(GBA_LIT("AAAA"), &w), GBA_E_SPACE);
}

static void decimal_refuses(void)
{
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999"};
    uint64_t n = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(gba_dec_parse(gba_view_cstr(bad[i]), UINT64_MAX, &n), GBA_E_NUMBER);
    T_RC(gba_dec_parse(GBA_LIT("11"), 10, &n), GBA_E_NUMBER);
    CU_ASSERT_EQUAL(n, 7);
}

static void datetime_refuses(void)
{
    static const char *const bad[] = {"",
                                      "2030-01-01",
                                      "2030-13-01T00:00:00Z",
                                      "2030-02-29T00:00:00Z",
                                      "2030-01-01T24:00:00Z",
                                      "2030-01-01T00:00:00",
                                      "2030-01-01T00:00:00.Z",
                                      "1969-12-31T23:59:59Z",
                                      "2030-01-01T00:00:00Zx",
                                      "1970-01-01T00:00:00+01:00",
                                      "20x0-01-01T00:00:00Z",
                                      "2030-00-01T00:00:00Z",
                                      "2030-01-00T00:00:00Z"};
    int64_t s = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(gba_datetime_parse(gba_view_cstr(bad[i]), &s), GBA_E_TIME);
    T_RC(gba_httpdate_parse(GBA_LIT("Mon, 01 Jan 2030 00:00:00 GMT"), &s), GBA_E_TIME);
    T_RC(gba_httpdate_parse(GBA_LIT("Tue, 01 Jan 2030 00:00:00"), &s), GBA_E_TIME);
    CU_ASSERT_EQUAL(s, 7);
}

static void arena_runs_out(void)
{
    gba_arena a = gba_arena_of(buffer, 64);
    gba_view copy;
    CU_ASSERT_PTR_NULL(gba_arena_take(&a, SIZE_MAX));
    T_RC(gba_arena_copy(&a, gba_view_of(buffer, 65), &copy), GBA_E_SPACE);
    CU_ASSERT_PTR_NOT_NULL(gba_arena_take(&a, 16));
}

static void unknown_result_reads_as_bug(void)
{
    CU_ASSERT_EQUAL(gba_rc_class((gba_rc)9999), GBA_CLASS_BUG);
    CU_ASSERT_STRING_EQUAL(gba_rc_token((gba_rc)9999), "internal-error");
}

/* ---- then the good cases ---- */

static void numbers_round_trip(void)
{
    gba_writer w = gba_writer_of(buffer, sizeof buffer);
    gba_put_u8(&w, 1);
    gba_put_u16(&w, 0x0203);
    gba_put_u24(&w, 0x040506);
    gba_put_u32(&w, 0x0708090a);
    gba_put_u48(&w, 0x0b0c0d0e0f10);
    gba_put_u64(&w, 0x1112131415161718);
    T_BYTES(gba_writer_view(&w), t_hex("0102030405060708090a0b0c0d0e0f101112131415161718"));
    gba_reader r = gba_reader_of(gba_writer_view(&w));
    CU_ASSERT_EQUAL(gba_get_u8(&r), 1);
    CU_ASSERT_EQUAL(gba_get_u16(&r), 0x0203);
    CU_ASSERT_EQUAL(gba_get_u24(&r), 0x040506);
    CU_ASSERT_EQUAL(gba_get_u32(&r), 0x0708090a);
    CU_ASSERT_EQUAL(gba_get_u48(&r), 0x0b0c0d0e0f10);
    CU_ASSERT_EQUAL(gba_get_u64(&r), 0x1112131415161718);
    T_OK(gba_reader_end(&r));
}

static void views_compare_and_split(void)
{
    gba_view head, tail;
    CU_ASSERT_TRUE(gba_view_eq_nocase(GBA_LIT("DiGeSt"), GBA_LIT("digest")));
    CU_ASSERT_FALSE(gba_view_eq_nocase(GBA_LIT("a["), GBA_LIT("a{")));
    CU_ASSERT_TRUE(gba_view_split(GBA_LIT("user@host"), '@', &head, &tail));
    T_STR(head, "user");
    T_STR(tail, "host");
    CU_ASSERT_FALSE(gba_view_split(GBA_LIT("user"), '@', &head, &tail));
    CU_ASSERT_PTR_NULL(tail.p);
    T_STR(gba_view_trim(GBA_LIT(" \t a b \t")), "a b");
    CU_ASSERT_TRUE(gba_view_contains(GBA_LIT("xyz"), GBA_LIT("yz")));
    CU_ASSERT_FALSE(gba_view_contains(GBA_LIT("xyz"), GBA_LIT("zz")));
    CU_ASSERT_EQUAL(gba_view_find_last(GBA_LIT("a@b@c"), '@'), 3);
}

/* RFC 4648 section 10. */
static void base64_vectors(void)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gba_writer w = gba_writer_of(buffer, sizeof buffer);
        gba_put_b64(&w, gba_view_cstr(rows[i][0]));
        T_STR(gba_writer_view(&w), rows[i][1]);
        w = gba_writer_of(buffer, sizeof buffer);
        T_OK(gba_b64_parse(gba_view_cstr(rows[i][1]), &w));
        T_STR(gba_writer_view(&w), rows[i][0]);
    }
}

static void decimal_and_hex(void)
{
    uint64_t n;
    gba_writer w = gba_writer_of(buffer, sizeof buffer);
    gba_put_dec(&w, UINT64_MAX);
    gba_put_dec_fill(&w, 7, 3);
    T_STR(gba_writer_view(&w), "18446744073709551615007");
    T_OK(gba_dec_parse(GBA_LIT("18446744073709551615"), UINT64_MAX, &n));
    CU_ASSERT_EQUAL(n, UINT64_MAX);
    w = gba_writer_of(buffer, sizeof buffer);
    gba_put_hex(&w, t_hex("00aBfF"));
    T_STR(gba_writer_view(&w), "00abff");
}

/* RFC 6733 4.3.1: 2030-01-01 = f4865700; and the days that break calendars. */
static void stamps(void)
{
    static const struct { int64_t s; const char *datetime, *httpdate; } rows[] = {
        {0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {1893456000, "2030-01-01T00:00:00Z", "Tue, 01 Jan 2030 00:00:00 GMT"},
        {951782400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
        {4107542399, "2100-02-28T23:59:59Z", "Sun, 28 Feb 2100 23:59:59 GMT"},
        {4107542400, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
        {253402300799, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t s = -1;
        gba_writer w = gba_writer_of(buffer, sizeof buffer);
        gba_put_datetime(&w, rows[i].s);
        T_STR(gba_writer_view(&w), rows[i].datetime);
        T_OK(gba_datetime_parse(gba_writer_view(&w), &s));
        CU_ASSERT_EQUAL(s, rows[i].s);
        w = gba_writer_of(buffer, sizeof buffer);
        gba_put_httpdate(&w, rows[i].s);
        T_STR(gba_writer_view(&w), rows[i].httpdate);
        T_OK(gba_httpdate_parse(gba_writer_view(&w), &s));
        CU_ASSERT_EQUAL(s, rows[i].s);
    }
    CU_ASSERT_EQUAL(gba_stamp_to_diameter(1893456000), 0xf4865700);
    CU_ASSERT_EQUAL(gba_stamp_from_diameter(0xf4865700), 1893456000);
    CU_ASSERT_EQUAL(gba_stamp_from_diameter(0), INT64_C(2085978496)); /* 2036-02-07T06:28:16Z */
}

static void datetime_offsets(void)
{
    int64_t s;
    T_OK(gba_datetime_parse(GBA_LIT("2030-01-01T01:30:00.25+01:30"), &s));
    CU_ASSERT_EQUAL(s, 1893456000);
    T_OK(gba_datetime_parse(GBA_LIT("2029-12-31T23:00:00-01:00"), &s));
    CU_ASSERT_EQUAL(s, 1893456000);
}

static void secrets_compare_and_wipe(void)
{
    gba_ks ks = {{1, 2, 3}};
    gba_ks same = ks;
    CU_ASSERT_TRUE(gba_ct_eq(GBA_ARRAY(ks.b), GBA_ARRAY(same.b)));
    same.b[31] ^= 1;
    CU_ASSERT_FALSE(gba_ct_eq(GBA_ARRAY(ks.b), GBA_ARRAY(same.b)));
    CU_ASSERT_FALSE(gba_ct_eq(GBA_ARRAY(ks.b), gba_view_of(ks.b, 31)));
    gba_wipe(&ks);
    CU_ASSERT_EQUAL(ks.b[0] | ks.b[1] | ks.b[2], 0);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"reader past the end", reader_past_the_end},
        {"reader with a huge length", reader_huge_length},
        {"reader with octets left", reader_trailing},
        {"writer overflow is sticky", writer_overflow_is_sticky},
        {"writer without room", writer_without_room},
        {"short text", text_refuses},
        {"hexadecimal", hex_refuses},
        {"base64", base64_refuses},
        {"decimal", decimal_refuses},
        {"dates", datetime_refuses},
        {"arena runs out", arena_runs_out},
        {"unknown result", unknown_result_reads_as_bug},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"numbers", numbers_round_trip},
        {"views", views_compare_and_split},
        {"base64 vectors", base64_vectors},
        {"decimal and hexadecimal", decimal_and_hex},
        {"dates", stamps},
        {"date offsets", datetime_offsets},
        {"secrets", secrets_compare_and_wipe},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
