/* SPDX-License-Identifier: Apache-2.0 */
/* JSON by path. */
#include <string.h>

#include "gba/wire/json.h"
#include "tests/lib/tap.h"

struct heard {
    char text[4096];
    gba_writer w;
    gba_rc answer;
    unsigned calls;
};

static gba_rc on_value(void *self, gba_view path, const struct gba_json_value *value)
{
    struct heard *heard = self;
    heard->calls++;
    gba_put_view(&heard->w, path);
    gba_put_u8(&heard->w, (uint8_t) "=#~?0e"[value->kind]);
    if (value->kind == GBA_JSON_TEXT)
        gba_put_view(&heard->w, value->text);
    if (value->kind == GBA_JSON_INTEGER && value->integer >= 0)
        gba_put_dec(&heard->w, (uint64_t)value->integer);
    if (value->kind == GBA_JSON_INTEGER && value->integer < 0)
        gba_put_u8(&heard->w, '-');
    if (value->kind == GBA_JSON_BOOL)
        gba_put_u8(&heard->w, value->truth ? 't' : 'f');
    gba_put_u8(&heard->w, ';');
    return heard->answer;
}

static gba_rc hear(struct heard *heard, gba_view document)
{
    *heard = (struct heard){.answer = GBA_OK};
    heard->w = gba_writer_of(heard->text, sizeof heard->text);
    return gba_json_read(document, on_value, heard);
}

/* ---- refused ---- */

static void not_well_formed(void)
{
    static const char *const bad[] = {
        "",
        " ",
        "1",
        "\"text\"",
        "null",
        "{",
        "{\"a\":1",
        "{\"a\":1,}",
        "[1,]",
        "{\"a\":1}x",
        "{\"a\":1} {}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":NaN}",
        "{\"a\":1e999}",
        "{\"a\":9223372036854775808}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"a\":\"\n\"}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":1}",
        "{\"a/b\":1}",
        "{\"a\":/**/1}",
        "\xef\xbb\xbf{\"a\":1}",
    };
    struct heard heard;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(hear(&heard, gba_view_cstr(bad[i])), GBA_E_JSON);
    T_RC(hear(&heard, GBA_LIT("{\"a\":1}\0")), GBA_E_JSON);
    T_RC(hear(&heard, GBA_LIT("{\"a\0b\":1}")), GBA_E_JSON);
}

static void too_large_or_deep(void)
{
    static char document[GBA_JSON_SIZE_MAX + 1];
    struct heard heard;
    memset(document, ' ', sizeof document);
    document[0] = '[';
    document[GBA_JSON_SIZE_MAX - 1] = ']';
    T_OK(hear(&heard, gba_view_of(document, GBA_JSON_SIZE_MAX)));
    T_RC(hear(&heard, gba_view_of(document, sizeof document)), GBA_E_JSON_SIZE);
    T_OK(hear(&heard, GBA_LIT("[[[[[[[[1]]]]]]]]")));
    T_RC(hear(&heard, GBA_LIT("[[[[[[[[[1]]]]]]]]]")), GBA_E_JSON_SIZE);
    T_RC(hear(&heard, GBA_LIT("[[[[[[[[[]]]]]]]]]")), GBA_E_JSON_SIZE);
    memset(document, '[', sizeof document);
    T_RC(hear(&heard, gba_view_of(document, GBA_JSON_SIZE_MAX)), GBA_E_JSON_SIZE);
    memset(document, 'n', sizeof document);
    gba_copy(document, GBA_LIT("{\""));
    gba_copy(document + 258, GBA_LIT("\":1}"));
    T_RC(hear(&heard, gba_view_of(document, 262)), GBA_E_JSON_SIZE);
    gba_copy(document + 257, GBA_LIT("\":1}"));
    T_OK(hear(&heard, gba_view_of(document, 261)));
}

static gba_rc stop_at_second(void *self, gba_view path, const struct gba_json_value *value)
{
    (void)path, (void)value;
    unsigned *calls = self;
    return ++*calls == 2 ? GBA_E_WORD : GBA_OK;
}

static void a_reader_that_refuses(void)
{
    unsigned calls = 0;
    T_RC(gba_json_read(GBA_LIT("[1,2,3]"), stop_at_second, &calls), GBA_E_WORD);
    CU_ASSERT_EQUAL(calls, 2);
}

/* ---- good ---- */

static void paths(void)
{
    struct heard heard;
    T_OK(
        hear(&heard, GBA_LIT("{\"sec:skr\":{\"et\":\"x\",\"tgis\":[\"a\",{\"b\":-1}],\"suid\":32},\"t\":true,"
                             "\"f\":false,\"n\":null,\"r\":1.5,\"e\":{},\"\":[]}")));
    T_STR(gba_writer_view(&heard.w),
          "sec:skr/et=x;sec:skr/tgis/0=a;sec:skr/tgis/1/b#-;sec:skr/suid#32;t?t;f?f;"
          "n0;r~;ee;e;");
    T_OK(hear(&heard, GBA_LIT("{\"a\":\"\\u00e5\\ud83d\\ude00\\n\"}")));
    T_STR(gba_writer_view(&heard.w), "a=\xc3\xa5\xf0\x9f\x98\x80\n;");
    T_OK(hear(&heard, GBA_LIT("[]")));
    T_STR(gba_writer_view(&heard.w), "e;");
}

static gba_rc read_inside(void *self, gba_view path, const struct gba_json_value *value)
{
    (void)path;
    return gba_json_read(value->text, on_value, self);
}

static void a_document_in_a_document(void)
{
    struct heard heard = {.answer = GBA_OK};
    heard.w = gba_writer_of(heard.text, sizeof heard.text);
    T_OK(gba_json_read(GBA_LIT("[\"[1]\",\"{\\\"a\\\":2}\"]"), read_inside, &heard));
    T_STR(gba_writer_view(&heard.w), "0#1;a#2;");
}

static void writing(void)
{
    char room[512];
    gba_writer w = gba_writer_of(room, sizeof room);
    struct gba_json_out o = {.w = &w};
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "te\"xt", GBA_LIT("a\"\\\b\t\n\f\r\x01\x7f\xc3\xa5/"));
    gba_json_begin(&o, "list", '[');
    gba_json_integer(&o, NULL, INT64_MIN);
    gba_json_integer(&o, NULL, INT64_MAX);
    gba_json_begin(&o, NULL, '{');
    gba_json_end(&o, '}');
    gba_json_bool(&o, NULL, true);
    gba_json_end(&o, ']');
    gba_json_bool(&o, "no", false);
    gba_json_b64(&o, "key", GBA_LIT("\0\x01"));
    gba_json_end(&o, '}');
    T_OK(gba_writer_end(&w));
    T_STR(gba_writer_view(&w),
          "{\"te\\\"xt\":\"a\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u007f\xc3\xa5/\",\"list\":["
          "-9223372036854775808,9223372036854775807,{},true],\"no\":false,\"key\":\"AAE=\"}");
    struct heard heard;
    T_OK(hear(&heard, gba_writer_view(&w)));
}

static void text_that_cannot_be_written(void)
{
    static const char *const bad[] = {"\xff",
                                      "\xc0\xaf",
                                      "\xc3",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xe2\x82",
                                      "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80",
                                      "a\x80",
                                      "\xf5\x80\x80\x80"};
    char room[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gba_writer w = gba_writer_of(room, sizeof room);
        struct gba_json_out o = {.w = &w};
        gba_json_text(&o, NULL, gba_view_cstr(bad[i]));
        T_RC(gba_writer_end(&w), GBA_E_SPACE);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"not well-formed", not_well_formed},
        {"too large or too deep", too_large_or_deep},
        {"a reader that refuses", a_reader_that_refuses},
        {"text that cannot be written", text_that_cannot_be_written},
        {"paths", paths},
        {"a document in a document", a_document_in_a_document},
        {"writing", writing},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"json", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
