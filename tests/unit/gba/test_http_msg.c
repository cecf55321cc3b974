/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/http_msg.h"
#include "tests/lib/tap.h"

static struct gba_http_msg m;
static uint8_t out[4096];
static size_t used;

static gba_rc request(const char *text)
{
    return gba_http_request_parse(gba_view_cstr(text), &m, &used);
}

static gba_rc response(const char *text)
{
    return gba_http_response_parse(gba_view_cstr(text), false, &m, &used);
}

struct row {
    const char *text;
    gba_rc rc;
};

static void expect_rows(const struct row *rows, size_t n, gba_rc (*parse)(const char *))
{
    for (size_t i = 0; i < n; i++) {
        gba_rc got = parse(rows[i].text);
        if (got != rows[i].rc)
            printf("# row %zu: %s\n", i, rows[i].text);
        T_RC(got, rows[i].rc);
    }
}

#define EXPECT_ROWS(rows, parse) expect_rows((rows), sizeof(rows) / sizeof *(rows), (parse))
#define HOST "Host: a\r\n"

/* ---- hostile first ---- */

static void request_lines_refused(void)
{
    static const struct row rows[] = {
        {"GET  / HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET / HTTP/1.1 \r\n" HOST "\r\n", GBA_E_HTTP_VERSION},
        {" GET / HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET\t/ HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"G(T / HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET /\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET / HTTP/2.0\r\n" HOST "\r\n", GBA_E_HTTP_VERSION},
        {"GET / HTTP/1.10\r\n" HOST "\r\n", GBA_E_HTTP_VERSION},
        {"GET / http/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET /\x80 HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET /#x HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET x HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET / HTTP/1.1\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"GET / HTTP/1.1\n\n", GBA_E_HTTP_LINE},
        {"GET /\r HTTP/1.1\r\n" HOST "\r\n", GBA_E_HTTP_LINE},
        {"<xml>\r\n", GBA_E_HTTP_LINE},
    };
    EXPECT_ROWS(rows, request);
}

static void fields_refused(void)
{
    static const struct row rows[] = {
        {"GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "A\t: b\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc: d\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n X: b\r\n" HOST "\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "A: b\nC: d\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "A: b\rC: d\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "nocolon\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "A\x80: b\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "A: \x01\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n" HOST "A: \x7f\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.1\r\nHost: a\r\nHOST: a\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.1\r\nHost: \r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", GBA_E_HTTP_HOST},
        {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", GBA_E_HTTP_HOST},
    };
    EXPECT_ROWS(rows, request);
    static const char nul[] = "GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n";
    T_RC(gba_http_request_parse(gba_view_of(nul, sizeof nul - 1), &m, &used), GBA_E_HTTP_FIELD);
}

/* Shapes by which one message becomes two. */
static void smuggling_refused(void)
{
    static const char post[] = "POST / HTTP/1.1\r\nHost: a\r\n";
    static const char *const fields[] = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 05\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 9223372036854775808\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding:\r\n",
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        gba_writer w = gba_writer_of(out, sizeof out);
        gba_put_str(&w, post);
        gba_put_str(&w, fields[i]);
        gba_put_str(&w, "\r\n");
        gba_rc rc = gba_http_request_parse(gba_writer_view(&w), &m, &used);
        if (rc != GBA_E_HTTP_FRAMING)
            printf("# %s", fields[i]);
        T_RC(rc, GBA_E_HTTP_FRAMING);
    }
    T_RC(request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), GBA_E_HTTP_FRAMING);
    T_RC(request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n"), GBA_E_HTTP_FIELD);
    T_RC(request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0b"
                 "chunked\r\n\r\n"),
         GBA_E_HTTP_FIELD);
    T_RC(request("POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Content-Length: 5\r\n\r\n"), GBA_E_HTTP_FIELD);
}

/* Line breaks are tolerated where only base64 may stand, and hide nothing. */
static void breaks_in_auts_hide_nothing(void)
{
#define AUTS "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Digest auts=\""
    static const struct row rows[] = {
        {AUTS "uoU/PBIctV7b\nggBAq0E=\r\n\"\r\n\r\n", GBA_OK},
        {AUTS "\r\nContent-Length: 5\r\n\"\r\n\r\n", GBA_E_HTTP_FIELD},
        {AUTS "\nX:y\n\"\r\n\r\n", GBA_E_HTTP_FIELD},
        {AUTS "abc\rdef\", x=\"\r\n\"\r\n\r\n", GBA_E_HTTP_FIELD},
        {AUTS "abc\"\nX=1\r\n\r\n", GBA_E_HTTP_FIELD},
        {AUTS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nA\"\r\n\r\n", GBA_E_HTTP_FIELD},
        {AUTS "abc\n\n\n\n", GBA_E_HTTP_MORE},
        {"GET / HTTP/1.1\r\nHost: a\r\nX-Other: auts=\"abc\n\"\r\n\r\n", GBA_E_HTTP_FIELD},
        {"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Digest nonce=\"abc\n\"\r\n\r\n", GBA_E_HTTP_FIELD},
    };
    EXPECT_ROWS(rows, request);
    T_OK(request(rows[0].text));
    CU_ASSERT_EQUAL(m.n_fields, 2);
    gba_writer w = gba_writer_of(out, sizeof out);
    T_RC(gba_http_format(&m, &w), GBA_E_HTTP_FIELD); /* and it goes no further */
}

static void too_many_fields(void)
{
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_str(&w, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 1; i < GBA_HTTP_MAX_FIELDS; i++)
        gba_put_str(&w, "A: b\r\n");
    gba_put_str(&w, "\r\n");
    T_OK(gba_http_request_parse(gba_writer_view(&w), &m, &used));
    T_RC(gba_http_field_add(&m, GBA_LIT("A"), GBA_LIT("b")), GBA_E_SPACE);
    w.n -= 2;
    gba_put_str(&w, "A: b\r\n\r\n");
    T_RC(gba_http_request_parse(gba_writer_view(&w), &m, &used), GBA_E_HTTP_HEAD_SIZE);
}

static void responses_refused(void)
{
    static const struct row rows[] = {
        {"HTTP/1.1 200\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", GBA_E_HTTP_FRAMING},
        {"HTTP/1.1 20 OK\r\n\r\n", GBA_E_HTTP_LINE},
        {"HTTP/1.1 2000 OK\r\n\r\n", GBA_E_HTTP_LINE},
        {"HTTP/1.1 099 OK\r\n\r\n", GBA_E_HTTP_LINE},
        {"HTTP/1.1 600 OK\r\n\r\n", GBA_E_HTTP_LINE},
        {"HTTP/1.1  200 OK\r\n\r\n", GBA_E_HTTP_LINE},
        {"HTTP/1.1 200 O\x01K\r\n\r\n", GBA_E_HTTP_LINE},
        {"HTTP/3 200 OK\r\n\r\n", GBA_E_HTTP_VERSION},
        {"ICY 200 OK\r\n\r\n", GBA_E_HTTP_LINE},
        {"HTTP/1.1 200 OK\r\nA: b\nB: c\r\n\r\n", GBA_E_HTTP_FIELD},
    };
    EXPECT_ROWS(rows, response);
}

static gba_rc collect(const char *text, size_t step, gba_writer *w, bool *done)
{
    struct gba_http_body b = {.framing = GBA_HTTP_CHUNKED};
    gba_view in = gba_view_cstr(text);
    for (size_t at = 0, taken; at < in.n && !b.done; at += taken)
        GBA_TRY(gba_http_body_feed(&b, gba_view_sub(in, at, step), w, &taken));
    *done = b.done;
    return GBA_OK;
}

static void chunks_refused(void)
{
    static const char *const bad[] = {
        "x\r\n",
        "\r\n",
        ";\r\n",
        " 5\r\n",
        "5\n",
        "5\rX",
        "+5\r\n",
        "0x5\r\n",
        "5;a\nb\r\n",
        "5;a\rb",
        "1\r\naX",
        "1\r\na\rX",
        "1\r\na\n",
        "0\r\n\n",
        "0\r\nA: b\n\r\n",
        "0\r\n\rX",
        "ffffffffffffffff\r\n",
        "10000000000000000\r\n",
        "0\r\n A: b\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gba_writer w = gba_writer_of(out, sizeof out);
        bool done = false;
        gba_rc rc = collect(bad[i], 1, &w, &done);
        if (rc != GBA_E_HTTP_FRAMING)
            printf("# row %zu: %s\n", i, bad[i]);
        T_RC(rc, GBA_E_HTTP_FRAMING);
        CU_ASSERT_FALSE(done);
    }
}

/* Chunk extensions and trailers are read over, but not without end. */
static void chunk_lines_bounded(void)
{
    static char text[9000];
    bool done = false;
    gba_writer t = gba_writer_of(text, sizeof text - 1);
    gba_put_str(&t, "1;");
    gba_put_fill(&t, 'x', 300);
    gba_writer w = gba_writer_of(out, sizeof out);
    T_RC(collect(text, 100, &w, &done), GBA_E_HTTP_FRAMING);
    t = gba_writer_of(text, sizeof text - 1);
    gba_put_str(&t, "0\r\nA:");
    gba_put_fill(&t, 'x', 8500);
    T_RC(collect(text, 100, &w, &done), GBA_E_HTTP_FRAMING);
}

static void body_larger_than_room(void)
{
    bool done = false;
    gba_writer w = gba_writer_of(out, 4);
    T_RC(collect("5\r\nhello\r\n0\r\n\r\n", 64, &w, &done), GBA_E_HTTP_BODY_SIZE);
    struct gba_http_body b = {.framing = GBA_HTTP_LENGTH, .left = 5};
    w = gba_writer_of(out, 4);
    T_RC(gba_http_body_feed(&b, GBA_LIT("hello"), &w, &used), GBA_E_HTTP_BODY_SIZE);
}

static void writer_refuses(void)
{
    struct gba_http_msg bad = {.status = 200};
    gba_writer w = gba_writer_of(out, sizeof out);
    T_OK(gba_http_field_add(&bad, GBA_LIT("A"), GBA_LIT("b\r\nSet-Cookie: c")));
    T_RC(gba_http_format(&bad, &w), GBA_E_HTTP_FIELD);
    bad.fields[0] = (struct gba_http_field){GBA_LIT("A\n"), GBA_LIT("b")};
    T_RC(gba_http_format(&bad, &w), GBA_E_HTTP_FIELD);
    bad.fields[0] = (struct gba_http_field){GBA_LIT("A"), GBA_LIT("b\0c")};
    T_RC(gba_http_format(&bad, &w), GBA_E_HTTP_FIELD);
    bad = (struct gba_http_msg){.method = GBA_LIT("GET"), .target = GBA_LIT("/ HTTP/1.1\r\nX: y")};
    T_RC(gba_http_format(&bad, &w), GBA_E_HTTP_LINE);
    bad = (struct gba_http_msg){.method = GBA_LIT("G T"), .target = GBA_LIT("/")};
    T_RC(gba_http_format(&bad, &w), GBA_E_HTTP_LINE);
    bad = (struct gba_http_msg){.status = 99};
    T_RC(gba_http_format(&bad, &w), GBA_E_HTTP_LINE);
    bad = (struct gba_http_msg){.status = 200, .reason = GBA_LIT("a\nb")};
    T_RC(gba_http_format(&bad, &w), GBA_E_HTTP_LINE);
    bad = (struct gba_http_msg){.status = 200, .body = GBA_LIT("hello")};
    T_OK(gba_http_field_add(&bad, GBA_LIT("content-length"), GBA_LIT("4")));
    T_RC(gba_http_format(&bad, &w), GBA_E_HTTP_FRAMING);
    bad = (struct gba_http_msg){.status = 200};
    w = gba_writer_of(out, 10);
    T_RC(gba_http_format(&bad, &w), GBA_E_SPACE);
}

/* ---- then the good cases ---- */

static const char get[] = "GET /a?b=c HTTP/1.1\r\nHost: bsf.mnc001.mcc001.pub.3gppnetwork.org:80\r\n"
                          "User-Agent:  x; 3gpp-gba-tmpi \r\nAccept: */*\r\naccept: text/xml\r\n\r\n";

static void every_prefix_needs_more(void)
{
    for (size_t n = 0; n < sizeof get - 1; n++)
        T_RC(gba_http_request_parse(gba_view_of(get, n), &m, &used), GBA_E_HTTP_MORE);
    for (size_t n = 0; n < 17; n++)
        T_RC(gba_http_response_parse(gba_view_of("HTTP/1.1 200 OK\r\n\r\n", n), false, &m, &used),
             GBA_E_HTTP_MORE);
}

static void request_parsed(void)
{
    T_OK(request(get));
    CU_ASSERT_EQUAL(used, sizeof get - 1);
    T_STR(m.method, "GET");
    T_STR(m.target, "/a?b=c");
    CU_ASSERT_EQUAL(m.status, 0);
    CU_ASSERT_EQUAL(m.minor, 1);
    CU_ASSERT_EQUAL(m.framing, GBA_HTTP_NO_BODY);
    CU_ASSERT_TRUE(m.keep_alive);
    T_STR(gba_http_field_get(&m, GBA_LIT("USER-AGENT")), "x; 3gpp-gba-tmpi");
    CU_ASSERT_EQUAL(gba_http_field_count(&m, GBA_LIT("Accept")), 2);
    CU_ASSERT_PTR_NULL(gba_http_field_get(&m, GBA_LIT("Date")).p);
    gba_http_field_remove(&m, GBA_LIT("ACCEPT"));
    CU_ASSERT_EQUAL(m.n_fields, 2);
}

static void requests_of_other_forms(void)
{
    T_OK(request("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\n"));
    CU_ASSERT_EQUAL(used, 29);
    T_OK(request("GET http://A:80/x HTTP/1.1\r\nHost: a:80\r\n\r\n"));
    T_OK(request("OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"));
    T_OK(request("GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n"));
    T_OK(request("GET / HTTP/1.0\r\n\r\n"));
    CU_ASSERT_FALSE(m.keep_alive);
    T_OK(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    CU_ASSERT_TRUE(m.keep_alive);
    T_OK(request("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"));
    CU_ASSERT_FALSE(m.keep_alive);
}

static void lengths(void)
{
    T_OK(request("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"));
    CU_ASSERT_EQUAL(m.framing, GBA_HTTP_LENGTH);
    CU_ASSERT_EQUAL(m.body_n, 11);
    T_OK(request("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nA: b\r\ncontent-length: 11\r\n\r\n"));
    CU_ASSERT_EQUAL(m.body_n, 11);
    CU_ASSERT_EQUAL(gba_http_field_count(&m, GBA_LIT("Content-Length")), 1);
    T_OK(request("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"));
    CU_ASSERT_EQUAL(m.framing, GBA_HTTP_CHUNKED);
    T_OK(request("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
    CU_ASSERT_TRUE(gba_http_body_of(&m).done);
}

static void responses(void)
{
    T_OK(response("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"));
    CU_ASSERT_EQUAL(m.status, 401);
    T_STR(m.reason, "Unauthorized");
    CU_ASSERT_TRUE(m.keep_alive);
    T_OK(response("HTTP/1.1 200\r\n\r\n"));
    CU_ASSERT_EQUAL(m.framing, GBA_HTTP_UNTIL_CLOSE);
    CU_ASSERT_FALSE(m.keep_alive);
    T_OK(response("HTTP/1.0 200 \r\nContent-Length: 5\r\n\r\n"));
    CU_ASSERT_FALSE(m.keep_alive);
    T_OK(response("HTTP/1.1 204 No Content\r\n\r\n"));
    CU_ASSERT_EQUAL(m.framing, GBA_HTTP_NO_BODY);
    T_OK(gba_http_response_parse(GBA_LIT("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"), true, &m, &used));
    CU_ASSERT_EQUAL(m.framing, GBA_HTTP_NO_BODY);
    CU_ASSERT_EQUAL(m.body_n, 0);
}

static void chunks_of_any_slicing(void)
{
    static const char text[] =
        "5\r\nhello\r\n1;name=\"v\"\r\n,\r\n00A \r\n wonderful\r\n0;x\r\nTrailer: y\r\nB:\r\n\r\n";
    for (size_t step = 1; step < sizeof text; step++) {
        gba_writer w = gba_writer_of(out, sizeof out);
        bool done = false;
        T_OK(collect(text, step, &w, &done));
        CU_ASSERT_TRUE(done);
        T_STR(gba_writer_view(&w), "hello, wonderful");
    }
}

static void body_stops_at_its_end(void)
{
    struct gba_http_body b = {.framing = GBA_HTTP_LENGTH, .left = 5};
    gba_writer w = gba_writer_of(out, sizeof out);
    T_OK(gba_http_body_feed(&b, GBA_LIT("hel"), &w, &used));
    CU_ASSERT_FALSE(b.done);
    T_OK(gba_http_body_feed(&b, GBA_LIT("loGET / "), &w, &used));
    CU_ASSERT_TRUE(b.done);
    CU_ASSERT_EQUAL(used, 2);
    b = (struct gba_http_body){.framing = GBA_HTTP_CHUNKED};
    T_OK(gba_http_body_feed(&b, GBA_LIT("0\r\n\r\nGET"), &w, &used));
    CU_ASSERT_EQUAL(used, 5);
    b = (struct gba_http_body){.framing = GBA_HTTP_UNTIL_CLOSE};
    T_OK(gba_http_body_feed(&b, GBA_LIT("world"), &w, &used));
    CU_ASSERT_FALSE(b.done);
    T_STR(gba_writer_view(&w), "helloworld");
}

static void hop_by_hop_removed(void)
{
    T_OK(request(
        "GET / HTTP/1.1\r\nConnection: X-Mine, host, content-length, keep-alive\r\nHost: a\r\nX-Mine: 1\r\n"
        "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nContent-Length: 2\r\nX-Yours: 2\r\n"
        "Proxy-Connection: close\r\nconnection: x-other\r\nX-Other: 3\r\n\r\n"));
    gba_http_strip_hop_by_hop(&m);
    CU_ASSERT_EQUAL(m.n_fields, 3);
    T_STR(gba_http_field_get(&m, GBA_LIT("Host")), "a");
    T_STR(gba_http_field_get(&m, GBA_LIT("Content-Length")), "2");
    T_STR(gba_http_field_get(&m, GBA_LIT("X-Yours")), "2");
}

static void formats(void)
{
    struct gba_http_msg r = {.status = 401, .minor = 1};
    gba_writer w = gba_writer_of(out, sizeof out);
    T_OK(gba_http_field_add(&r, GBA_LIT("Server"), GBA_LIT("x")));
    T_OK(gba_http_format(&r, &w));
    T_STR(gba_writer_view(&w), "HTTP/1.1 401 Unauthorized\r\nServer: x\r\nContent-Length: 0\r\n\r\n");
    r = (struct gba_http_msg){
        .method = GBA_LIT("PUT"), .target = GBA_LIT("/x"), .minor = 1, .body = GBA_LIT("<a/>")};
    w = gba_writer_of(out, sizeof out);
    T_OK(gba_http_format(&r, &w));
    T_STR(gba_writer_view(&w), "PUT /x HTTP/1.1\r\nContent-Length: 4\r\n\r\n<a/>");
    r = (struct gba_http_msg){.method = GBA_LIT("GET"), .target = GBA_LIT("/"), .minor = 0};
    w = gba_writer_of(out, sizeof out);
    T_OK(gba_http_format(&r, &w));
    T_STR(gba_writer_view(&w), "GET / HTTP/1.0\r\n\r\n");
    r = (struct gba_http_msg){.method = GBA_LIT("POST"), .target = GBA_LIT("/"), .minor = 1};
    w = gba_writer_of(out, sizeof out);
    T_OK(gba_http_format(&r, &w));
    T_STR(gba_writer_view(&w), "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    r = (struct gba_http_msg){.status = 204, .minor = 1, .reason = GBA_LIT("Done")};
    w = gba_writer_of(out, sizeof out);
    T_OK(gba_http_format(&r, &w));
    T_STR(gba_writer_view(&w), "HTTP/1.1 204 Done\r\n\r\n");
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"request lines", request_lines_refused},
        {"fields", fields_refused},
        {"smuggling shapes", smuggling_refused},
        {"line breaks in auts hide nothing", breaks_in_auts_hide_nothing},
        {"too many fields", too_many_fields},
        {"responses", responses_refused},
        {"chunks", chunks_refused},
        {"chunk lines are bounded", chunk_lines_bounded},
        {"body larger than the room", body_larger_than_room},
        {"writer", writer_refuses},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"every prefix needs more", every_prefix_needs_more},
        {"request", request_parsed},
        {"requests of other forms", requests_of_other_forms},
        {"lengths", lengths},
        {"responses", responses},
        {"chunks in slices of any size", chunks_of_any_slicing},
        {"a body stops at its end", body_stops_at_its_end},
        {"hop-by-hop fields", hop_by_hop_removed},
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
