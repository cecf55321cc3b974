/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsf/io/store_redis_wire.h"
#include "tests/lib/tap.h"

static struct bsf_redis_reader *reader;
static const struct bsf_redis_reply *reply;

static void set_up(void)
{
    CU_ASSERT_EQUAL_FATAL(bsf_redis_reader_new(&reader), GBA_OK);
}

static void tear_down(void)
{
    bsf_redis_reader_free(reader);
}

static gba_rc feed(gba_view v)
{
    GBA_TRY(bsf_redis_reader_feed(reader, v));
    return bsf_redis_reader_next(reader, &reply);
}

/* A fresh reader for each. */
static void refused(const char *text)
{
    tear_down();
    set_up();
    gba_rc rc = feed(gba_view_cstr(text));
    if (rc != GBA_E_REDIS_REPLY)
        printf("# taken: %s\n", text);
    CU_ASSERT_EQUAL(rc, GBA_E_REDIS_REPLY);
    CU_ASSERT_PTR_NULL(reply);
    T_RC(feed(GBA_LIT("+OK\r\n")), GBA_E_REDIS_REPLY); /* for good */
}

static void not_replies(void)
{
    refused("HTTP/1.1 400 Bad Request\r\n");
    refused("\x15\x03\x03\r\n");
    refused("*-2\r\n");
    refused("$-2\r\n");
    refused("$x\r\n");
    refused("*1\r\n!\r\n");
}

/* Lengths that are lies cost nothing: refused before there is room for them. */
static void too_large(void)
{
    char text[64];
    refused("*1000000\r\n");
    refused("*2147483647\r\n");
    refused("*4294967297\r\n");
    refused("*9223372036854775807\r\n");
    snprintf(text, sizeof text, "*%d\r\n", BSF_REDIS_ITEMS);
    refused(text); /* the array is an item too */
    refused("*300\r\n*300\r\n");
}

static void too_deep(void)
{
    char text[512] = "";
    for (int i = 0; i < 60; i++)
        memcpy(text + 4 * i, "*1\r\n", 5);
    refused(text);
}

/* A text that never ends is not waited for. */
static void endless(void)
{
    static char chunk[16384];
    size_t fed = 0;
    gba_rc rc = feed(GBA_LIT("$500000000\r\n"));
    memset(chunk, 'x', sizeof chunk);
    for (; rc == GBA_OK && fed < 8 * BSF_REDIS_REPLY; fed += sizeof chunk)
        rc = feed(GBA_ARRAY(chunk));
    T_RC(rc, GBA_E_REDIS_REPLY);
    CU_ASSERT(fed <= BSF_REDIS_REPLY + 2 * sizeof chunk);
}

/* Neither are many texts in one reply, nor a line without an end. */
static void endless_parts(void)
{
    static char chunk[65536];
    gba_rc rc = feed(GBA_LIT("*100\r\n"));
    memset(chunk, 'x', sizeof chunk);
    unsigned n = 0;
    for (; rc == GBA_OK && n < 100; n++) {
        CU_ASSERT_EQUAL(feed(GBA_LIT("$65536\r\n")), GBA_OK);
        CU_ASSERT_EQUAL(feed(GBA_ARRAY(chunk)), GBA_OK);
        rc = feed(GBA_LIT("\r\n"));
    }
    T_RC(rc, GBA_E_REDIS_REPLY);
    CU_ASSERT(n <= 17);
    tear_down();
    set_up();
    rc = feed(GBA_LIT("+"));
    for (n = 0; rc == GBA_OK && n < 100; n++)
        rc = feed(GBA_ARRAY(chunk));
    T_RC(rc, GBA_E_REDIS_REPLY);
}

static void kinds(void)
{
    T_OK(feed(GBA_LIT("+OK\r\n:-12\r\n$-1\r\n*-1\r\n$0\r\n\r\n*0\r\n-NOSCRIPT No matching\r\n")));
    CU_ASSERT_EQUAL(reply->items[0].kind, BSF_REDIS_TEXT);
    T_STR(bsf_redis_text(reply, 0), "OK");
    T_OK(bsf_redis_reader_next(reader, &reply));
    CU_ASSERT_EQUAL(reply->items[0].kind, BSF_REDIS_NUMBER);
    CU_ASSERT_EQUAL(reply->items[0].number, -12);
    CU_ASSERT_PTR_NULL(bsf_redis_text(reply, 0).p);
    for (int i = 0; i < 2; i++) {
        T_OK(bsf_redis_reader_next(reader, &reply));
        CU_ASSERT_EQUAL(reply->items[0].kind, BSF_REDIS_NIL);
    }
    T_OK(bsf_redis_reader_next(reader, &reply));
    CU_ASSERT_EQUAL(bsf_redis_text(reply, 0).n, 0);
    T_OK(bsf_redis_reader_next(reader, &reply));
    CU_ASSERT_EQUAL(reply->items[0].kind, BSF_REDIS_ARRAY);
    CU_ASSERT_EQUAL(reply->n, 1);
    T_OK(bsf_redis_reader_next(reader, &reply));
    T_STR(bsf_redis_error(reply), "NOSCRIPT");
    T_OK(bsf_redis_reader_next(reader, &reply));
    CU_ASSERT_PTR_NULL(reply);
}

/* What an error says may come from anybody: only a word of capital letters is taken. */
static void error_words(void)
{
    T_OK(feed(GBA_LIT("-no\r\n-\r\n-AVERYLONGWORDINDEED x\r\n-NO\tTAB x\r\n-ERR\r\n+ERR x\r\n")));
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
        CU_ASSERT_EQUAL(bsf_redis_error(reply).n, 0);
        T_OK(bsf_redis_reader_next(reader, &reply));
    }
    T_STR(bsf_redis_error(reply), "ERR");
    T_OK(bsf_redis_reader_next(reader, &reply));
    CU_ASSERT_EQUAL(bsf_redis_error(reply).n, 0);
}

static void nested_and_split(void)
{
    static const char text[] =
        "*3\r\n$6\r\nmaster\r\n:77\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n6380\r\n$2\r\n77\r\n";
    for (size_t i = 0; i + 1 < sizeof text - 1; i++) {
        T_OK(feed(gba_view_of(text + i, 1)));
        CU_ASSERT_PTR_NULL(reply);
    }
    T_OK(feed(GBA_LIT("\n")));
    CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
    CU_ASSERT_EQUAL(reply->n, 8);
    T_STR(bsf_redis_text(reply, 1), "master");
    T_STR(bsf_redis_text(reply, 6), "6380");
    CU_ASSERT_PTR_NULL(bsf_redis_text(reply, 8).p);
}

static void commands(void)
{
    struct rt_buf out = {0};
    gba_view args[BSF_REDIS_ARGS + 1] = {GBA_LIT("SET"), GBA_LIT(""), GBA_LIT("a\0\r\n")};
    T_OK(bsf_redis_command(args, 3, &out));
    T_BYTES(rt_buf_view(&out), GBA_LIT("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\0\r\n\r\n"));
    args[0] = gba_view_of(NULL, 0);
    T_OK(bsf_redis_command(args, 1, &out));
    T_RC(bsf_redis_command(args, BSF_REDIS_ARGS + 1, &out), GBA_E_TOO_LONG);
    T_BYTES(rt_buf_view(&out), GBA_LIT("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\0\r\n\r\n*1\r\n$0\r\n\r\n"));
    rt_buf_free(&out);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"no replies", not_replies},
        {"lengths over the bounds", too_large},
        {"nested too deeply", too_deep},
        {"an endless text", endless},
        {"endless parts", endless_parts},
        {"words of errors", error_words},
        {"kinds", kinds},
        {"nested, octet by octet", nested_and_split},
        {"commands", commands},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"redis wire", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
