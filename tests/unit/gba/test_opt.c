/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "gba/base/conf.h"
#include "tests/lib/tap.h"

struct sample {
    gba_text text, address;
    bool flag;
    uint32_t number, seconds, millis;
    int word;
    struct gba_opt_hex key;
};

static const struct gba_opt rows[] = {
    {.key = "text", .type = GBA_OPT_TEXT, .offset = offsetof(struct sample, text), .min = 2, .max = 4},
    {.key = "address", .type = GBA_OPT_ADDRESS, .offset = offsetof(struct sample, address)},
    {.key = "flag", .type = GBA_OPT_BOOL, .offset = offsetof(struct sample, flag)},
    {.key = "number", .type = GBA_OPT_UINT, .offset = offsetof(struct sample, number), .min = 5, .max = 70},
    {.key = "seconds", .type = GBA_OPT_SECONDS, .offset = offsetof(struct sample, seconds), .max = 86400},
    {.key = "millis", .type = GBA_OPT_MILLIS, .offset = offsetof(struct sample, millis), .min = 10},
    {.key = "word", .type = GBA_OPT_ENUM, .offset = offsetof(struct sample, word), .words = "red|green|blue"},
    {.key = "key", .type = GBA_OPT_HEX, .offset = offsetof(struct sample, key), .min = 2, .max = 4},
    {.key = "optional", .type = GBA_OPT_ADDRESS, .offset = offsetof(struct sample, address), .fallback = ""},
    {.key = "list", .type = GBA_OPT_LIST, .max = 3, .rows = gba_conf_log_rows},
    {0},
};

static const struct gba_opt *row_of(const char *key)
{
    const struct gba_opt *row = rows;
    while (!gba_view_eq(gba_view_cstr(row->key), gba_view_cstr(key)))
        row++;
    return row;
}

static gba_rc set(const char *key, struct sample *into, const char *value)
{
    return gba_opt_set(row_of(key), into, gba_view_cstr(value));
}

/* ---- hostile first ---- */

static void refused_values(void)
{
    static const struct {
        const char *key, *value;
        gba_rc rc;
    } bad[] = {
        {"text", "", GBA_E_TOO_SHORT},       {"text", "a", GBA_E_TOO_SHORT},
        {"text", "abcde", GBA_E_TOO_LONG},   {"flag", "", GBA_E_WORD},
        {"flag", "True", GBA_E_WORD},        {"flag", "1", GBA_E_WORD},
        {"flag", "true|false", GBA_E_WORD},  {"number", "4", GBA_E_NUMBER},
        {"number", "71", GBA_E_NUMBER},      {"number", "+7", GBA_E_NUMBER},
        {"number", "0x7", GBA_E_NUMBER},     {"number", "4294967301", GBA_E_NUMBER},
        {"number", "", GBA_E_NUMBER},        {"seconds", "5", GBA_E_NUMBER},
        {"seconds", "s", GBA_E_NUMBER},      {"seconds", "2d", GBA_E_NUMBER},
        {"seconds", "-1s", GBA_E_NUMBER},    {"seconds", "1.5h", GBA_E_NUMBER},
        {"seconds", "5ms", GBA_E_NUMBER},    {"seconds", "4294967295d", GBA_E_NUMBER},
        {"millis", "9ms", GBA_E_NUMBER},     {"millis", "4294968s", GBA_E_NUMBER},
        {"millis", "10", GBA_E_NUMBER},      {"millis", "1m", GBA_E_NUMBER},
        {"word", "", GBA_E_WORD},            {"word", "gree", GBA_E_WORD},
        {"word", "red|green", GBA_E_WORD},   {"key", "00", GBA_E_TOO_SHORT},
        {"key", "0011223344", GBA_E_TOO_LONG}, {"key", "00112", GBA_E_HEX},
        {"key", "00 1", GBA_E_HEX},          {"list", "x", GBA_E_BUG},
    };
    struct sample zero = {0}, into = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(set(bad[i].key, &into, bad[i].value), bad[i].rc);
    T_BYTES(gba_view_of(&into, sizeof into), gba_view_of(&zero, sizeof zero));
    T_RC(gba_opt_set(row_of("text"), &into, GBA_LIT("a\0b")), GBA_E_CHARSET);
}

static void refused_addresses(void)
{
    static const char *const bad[] = {
        "", "80", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0:80",
        "127.0.0.0.1:80", "256.0.0.1:80", "0127.0.0.1:80", "127.0.0.1:80 ", "localhost:80", "::1:80", "[::1]",
        "[::1]80", "[]:80", "[:]:80", "[:::]:80", "[:1]:80", "[1:]:80", "[1::2::3]:80", "[12345::]:80",
        "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80", "[1:2:3:4:5:6:7::8]:80", "[::g]:80",
        "[::1%eth0]:80", "[::1.2.3]:80", "[1.2.3.4::]:80", "[127.0.0.1]:80", "[::1:80", "[", "[:80", "]:80",
    };
    struct sample into = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gba_rc rc = set("address", &into, bad[i]);
        if (rc != GBA_E_ADDRESS)
            T_STR(gba_view_cstr(bad[i]), "refused");
    }
    CU_ASSERT_EQUAL(into.address.n, 0);
}

/* ---- then the good cases ---- */

static void good_values(void)
{
    struct sample into = {0};
    T_OK(set("text", &into, "abcd"));
    T_OK(set("flag", &into, "yes"));
    T_OK(set("number", &into, "70"));
    T_OK(set("seconds", &into, "24h"));
    T_OK(set("millis", &into, "2s"));
    T_OK(set("word", &into, "blue"));
    T_OK(set("key", &into, "00aaFF"));
    T_STR(gba_text_view(&into.text), "abcd");
    CU_ASSERT_TRUE(into.flag);
    CU_ASSERT_EQUAL(into.number, 70);
    CU_ASSERT_EQUAL(into.seconds, 86400);
    CU_ASSERT_EQUAL(into.millis, 2000);
    CU_ASSERT_EQUAL(into.word, 2);
    T_BYTES(gba_view_of(into.key.b, into.key.n), t_hex("00aaff"));
    T_OK(set("flag", &into, "off"));
    CU_ASSERT_FALSE(into.flag);
}

static void good_addresses(void)
{
    static const char *const good[] = {
        "127.0.0.1:80", "0.0.0.0:0", "[::]:80", "[::1]:65535", "[1:2:3:4:5:6:7:8]:1", "[2001:DB8::1]:80",
        "[1:2:3:4:5:6:7::]:80", "[::2:3:4:5:6:7:8]:80", "[::ffff:192.0.2.1]:80", "[1:2:3:4:5:6:192.0.2.1]:80",
    };
    struct sample into = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        T_OK(set("address", &into, good[i]));
        T_STR(gba_text_view(&into.address), good[i]);
    }
    into = (struct sample){0};
    T_OK(set("optional", &into, ""));
    CU_ASSERT_EQUAL(into.address.n, 0);
}

static void expectations(void)
{
    static const char *const rows_of[][2] = {
        {"text", "a text of 2 to 4 octets"},
        {"address", "an address and port as 192.0.2.1:80 or [2001:db8::1]:80"},
        {"flag", "true or false"},
        {"number", "a number from 5 to 70"},
        {"seconds", "a duration of 0s to 1d, with its unit (s, m, h or d)"},
        {"millis", "a duration of 10ms to 4294967295ms, with its unit (ms or s)"},
        {"word", "one of red, green or blue"},
        {"key", "2 to 4 octets in hexadecimal digits"},
        {"list", "a list of 0 to 3 entries"},
    };
    char text[200];
    for (size_t i = 0; i < sizeof rows_of / sizeof *rows_of; i++) {
        gba_writer w = gba_writer_of(text, sizeof text);
        gba_opt_expects(row_of(rows_of[i][0]), &w);
        T_STR(gba_writer_view(&w), rows_of[i][1]);
    }
}

/* ---- the diameter section's own check ---- */

struct faults {
    unsigned n;
    const char *last;
};

static void count_fault(void *ctx, const char *key, const char *text)
{
    struct faults *faults = ctx;
    faults->n++;
    faults->last = key;
    CU_ASSERT_PTR_NOT_NULL(text);
}

static void diameter_faults(void)
{
    struct gba_conf_peer peers[2] = {{.tls = true}, {.tls = false}};
    struct gba_conf_diameter conf = {.peers = {peers, 2}};
    struct faults faults = {0, NULL};
    struct gba_conf_sink sink = {count_fault, &faults};
    T_OK(gba_text_set(&conf.identity, GBA_LIT("bsf.example")));
    T_OK(gba_text_set(&conf.listen_tls, GBA_LIT("127.0.0.1:1")));
    T_OK(gba_text_set(&peers[0].identity, GBA_LIT("BSF.example")));
    T_OK(gba_text_set(&peers[1].identity, GBA_LIT("bsf.EXAMPLE")));
    gba_conf_diameter_check(&conf, &sink);
    CU_ASSERT_EQUAL(faults.n, 5); /* listen_tls, twice our name, a repeated name, a tls peer */
    T_STR(gba_view_cstr(faults.last), "diameter.peers");
    T_OK(gba_text_set(&peers[0].identity, GBA_LIT("a.example")));
    T_OK(gba_text_set(&peers[1].identity, GBA_LIT("b.example")));
    T_OK(gba_text_set(&conf.tls.cert, GBA_LIT("cert.pem")));
    faults.n = 0;
    gba_conf_diameter_check(&conf, &sink);
    CU_ASSERT_EQUAL(faults.n, 0);
    conf.listen_tls.n = 0;
    gba_conf_diameter_check(&conf, &sink);
    CU_ASSERT_EQUAL(faults.n, 2); /* nobody connects, nobody is connected to */
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"values", refused_values},
        {"addresses", refused_addresses},
        {"diameter section", diameter_faults},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"values", good_values},
        {"addresses", good_addresses},
        {"expectations", expectations},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
