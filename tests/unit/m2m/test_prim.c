/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/prim.h"
#include "tests/lib/tap.h"

static uint8_t memory[2048], wire[2048];
static gba_writer room;

/* A request as it arrives, through the reader of HTTP. */
static gba_rc request(const char *text, struct m2m_request *out)
{
    static struct gba_http_msg http;
    gba_view in = gba_view_cstr(text);
    size_t used;
    room = gba_writer_of(memory, sizeof memory);
    T_OK(gba_http_request_parse(in, &http, &used));
    http.body = gba_view_sub(in, used, in.n);
    return m2m_request_of_http(&http, &room, out);
}

#define HOST "Host: maf.mte.example\r\n"
#define POST_TYPE "POST /- HTTP/1.1\r\n" HOST "Content-Type: "

/* ---- hostile first ---- */

static void bad_requests(void)
{
    static const struct {
        const char *text;
        gba_rc rc;
    } rows[] = {
        {"PATCH /- HTTP/1.1\r\n" HOST "\r\n", GBA_E_M2M_METHOD},
        {"get /- HTTP/1.1\r\n" HOST "\r\n", GBA_E_M2M_METHOD},
        {"GET /-/%4 HTTP/1.1\r\n" HOST "\r\n", GBA_E_M2M_TARGET},
        {"GET /-/%zz HTTP/1.1\r\n" HOST "\r\n", GBA_E_M2M_TARGET},
        {"GET /-/%00 HTTP/1.1\r\n" HOST "\r\n", GBA_E_M2M_TARGET},
        {"GET /-/%0a HTTP/1.1\r\n" HOST "\r\n", GBA_E_M2M_TARGET},
        {"GET //maf.mte.example/- HTTP/1.1\r\n" HOST "\r\n", GBA_E_M2M_TARGET},
        {"GET http://maf.mte.example/- HTTP/1.1\r\n" HOST "\r\n", GBA_E_M2M_TARGET},
        {"GET /- HTTP/1.1\r\n" HOST "X-M2M-Origin: a\r\nx-m2m-origin: b\r\n\r\n", GBA_E_M2M_HEADER},
        {"GET /- HTTP/1.1\r\n" HOST "X-M2M-RI: a\r\nX-M2M-RI: a\r\n\r\n", GBA_E_M2M_HEADER},
        {"POST /- HTTP/1.1\r\n" HOST "\r\n{}", GBA_E_M2M_TYPE},
        {POST_TYPE "application/x-www-form-urlencoded\r\n\r\n{}", GBA_E_M2M_TYPE},
        {POST_TYPE "application/vnd.onem2m-res+json;ty=x\r\n\r\n{}", GBA_E_M2M_TYPE},
        {POST_TYPE "application/json;ty=5;ty=5\r\n\r\n{}", GBA_E_M2M_TYPE},
        {POST_TYPE "application/json;ty=65536\r\n\r\n{}", GBA_E_M2M_TYPE},
    };
    struct m2m_request req;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_RC(request(rows[i].text, &req), rows[i].rc);
}

static void no_room(void)
{
    struct gba_http_msg http = {.method = GBA_LIT("GET"), .target = GBA_LIT("/-/abcdef")};
    struct m2m_request req;
    room = gba_writer_of(memory, 5);
    T_RC(m2m_request_of_http(&http, &room, &req), GBA_E_SPACE);
}

static void bad_answers(void)
{
    struct gba_http_msg http = {.status = 200};
    struct m2m_response rsp;
    T_RC(m2m_response_of_http(&http, &rsp), GBA_E_M2M_ANSWER);
    T_OK(gba_http_field_add(&http, GBA_LIT("X-M2M-RSC"), GBA_LIT("2000x")));
    T_RC(m2m_response_of_http(&http, &rsp), GBA_E_M2M_ANSWER);
    http.fields[0].value = GBA_LIT("2000");
    T_OK(gba_http_field_add(&http, GBA_LIT("X-M2M-RSC"), GBA_LIT("2000")));
    T_RC(m2m_response_of_http(&http, &rsp), GBA_E_M2M_ANSWER);
}

static void bad_times(void)
{
    static const char *const rows[] = {
        "", "20270101", "2027-01-01T00:00:00Z", "20271301T000000", "20270101t000000", "20270101T000000Z",
        "20270101T000000,x", "20270101T00000:",
    };
    int64_t s;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_RC(m2m_time_parse(gba_view_cstr(rows[i]), &s), GBA_E_TIME);
}

/* ---- good ---- */

/*= TS-0009 6.4.4 */
static void creation(void)
{
    struct m2m_request req;
    T_OK(request("POST /- HTTP/1.1\r\n" HOST
                 "X-M2M-Origin: //sp.example/S98821\r\nX-M2M-RI: r1\r\nX-M2M-RVI: 3\r\n"
                 "Content-Type: Application/vnd.oneM2M-res+json; charset=utf-8; ty=5\r\n\r\n{\"a\":1}",
                 &req));
    CU_ASSERT_EQUAL(req.op, M2M_CREATE);
    T_STR(req.to, "/-");
    T_STR(req.from, "//sp.example/S98821");
    T_STR(req.rqi, "r1");
    T_STR(req.rvi, "3");
    CU_ASSERT_EQUAL(req.ty, 5);
    T_STR(req.body, "{\"a\":1}");
}

/*= TS-0009 6.2.2.1 */
static void paths(void)
{
    struct m2m_request req;
    T_OK(request("GET /fetchCredentials/EE71%40mef.mte.example/21?rt=1 HTTP/1.1\r\n" HOST "\r\n", &req));
    T_STR(req.to, "/fetchCredentials/EE71@mef.mte.example/21");
    CU_ASSERT_PTR_NULL(req.from.p);
    T_OK(request("DELETE /_/maf.mte.example/-/x HTTP/1.1\r\n" HOST "\r\n", &req));
    T_STR(req.to, "//maf.mte.example/-/x");
    CU_ASSERT_EQUAL(req.op, M2M_DELETE);
}

static void client_side(void)
{
    static const char *const there[] = {"/-/E138", "//maf.mte.example/-/x", "/fetchCredentials/E@mef?%"};
    struct m2m_request req = {.op = M2M_CREATE, .from = GBA_LIT("me"), .ty = 3, .body = GBA_LIT("{}")}, again;
    struct gba_http_msg http;
    for (size_t i = 0; i < 3; i++) {
        gba_writer w = gba_writer_of(wire, sizeof wire);
        req.to = gba_view_cstr(there[i]);
        m2m_request_to_http(&req, &w, &http);
        room = gba_writer_of(memory, sizeof memory);
        T_OK(m2m_request_of_http(&http, &room, &again));
        T_BYTES(again.to, req.to);
        T_STR(again.from, "me");
        CU_ASSERT_EQUAL(again.ty, 3);
    }
    T_STR(http.target, "/fetchCredentials/E@mef%3f%25");
}

static void answers(void)
{
    struct m2m_response rsp = {.rsc = M2M_RSC_CREATED, .rqi = GBA_LIT("r1"), .body = GBA_LIT("{}"),
                               .location = GBA_LIT("/-/1")}, again;
    struct gba_http_msg http;
    gba_writer w = gba_writer_of(wire, 8);
    m2m_response_to_http(&rsp, &w, &http);
    CU_ASSERT_EQUAL(http.status, 201);
    T_STR(gba_http_field_get(&http, GBA_LIT("x-m2m-rsc")), "2001");
    T_OK(m2m_response_of_http(&http, &again));
    CU_ASSERT_EQUAL(again.rsc, M2M_RSC_CREATED);
    T_STR(again.rqi, "r1");
    T_STR(again.location, "/-/1");
}

/*= TS-0009 6.3.2 */
static void codes(void)
{
    static const struct {
        gba_rc rc;
        unsigned rsc, http;
    } rows[] = {
        {GBA_OK, 2000, 200},           {GBA_E_MEF_ORIGIN, 4106, 403}, {GBA_E_REG_ORIGIN, 4106, 403},
        {GBA_E_MEF_NOT_TARGET, 4103, 403}, {GBA_E_MEF_TOKEN_DUE, 4103, 403}, {GBA_E_MEF_KEID, 4004, 404},
        {GBA_E_MEF_EXPIRED, 4004, 404}, {GBA_E_MEF_SUID, 4102, 400},  {GBA_E_REG_ASSOCIATION, 4107, 403},
        {GBA_E_REG_TWICE, 4105, 409},  {GBA_E_REG_OPERATION, 4005, 405}, {GBA_E_JSON, 4000, 400},
        {GBA_E_DB, 5000, 500},         {GBA_E_DB_FULL, 5000, 500},    {GBA_E_CONNECT, 5103, 404},
        {GBA_E_RSPF, 4105, 409},       {GBA_E_TOKEN, 4103, 403},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(m2m_rsc_of(rows[i].rc), rows[i].rsc);
        CU_ASSERT_EQUAL(m2m_rsc_http(m2m_rsc_of(rows[i].rc)), rows[i].http);
    }
    CU_ASSERT_EQUAL(m2m_rsc_http(M2M_RSC_CREATED), 201);
    CU_ASSERT_EQUAL(m2m_rsc_http(M2M_RSC_NOT_IMPLEMENTED), 501);
    CU_ASSERT_EQUAL(m2m_rsc_http((enum m2m_rsc)4711), 500);
}

/*= TS-0004 6.3.3 */
static void times(void)
{
    int64_t s;
    gba_writer w = gba_writer_of(wire, sizeof wire);
    T_OK(m2m_time_parse(GBA_LIT("20270101T000000"), &s));
    CU_ASSERT_EQUAL(s, 1798761600);
    T_OK(m2m_time_parse(GBA_LIT("20270101T000001,500"), &s));
    CU_ASSERT_EQUAL(s, 1798761601);
    m2m_put_time(&w, 1798761600);
    T_STR(gba_writer_view(&w), "20270101T000000");
    w.n = 0;
    m2m_put_time(&w, INT64_MAX);
    T_STR(gba_writer_view(&w), "99991231T235959");
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"requests that are refused", bad_requests},
        {"no room to decode", no_room},
        {"answers that are none", bad_answers},
        {"times that are none", bad_times},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"a creation", creation},
        {"paths", paths},
        {"what a client sends", client_side},
        {"answers", answers},
        {"status codes", codes},
        {"times", times},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"prim: hostile", NULL, NULL, NULL, NULL, hostile},
        {"prim", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
