/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/coap.h"
#include "tests/lib/tap.h"

static uint8_t memory[2048], wire[2048], octets[256];
static struct m2m_coap_head head;
static struct m2m_response rsp;

static gba_rc answer(const char *hex)
{
    gba_view text = gba_view_cstr(hex);
    gba_writer room = gba_writer_of(memory, sizeof memory);
    T_OK(gba_hex_parse(text, octets, text.n / 2));
    return m2m_coap_read_answer(gba_view_of(octets, text.n / 2), &room, &head, &rsp);
}

/* Token "tk", id 1; RSC is option 307: e0 01 26 as the first one. */
#define RSC_OK "e2002607d0"

/* ---- hostile first ---- */

static void no_answers(void)
{
    static const char *const rows[] = {
        "",                         /* nothing */
        "624500",                   /* cut */
        "224500" "01746b" RSC_OK,   /* version 0 */
        "69450001" "000000000000000000" RSC_OK, /* a token of 9 octets */
        "62450001746b" "f0",        /* reserved */
        "62450001746b" RSC_OK "ff", /* a marker without a body */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        T_RC(answer(rows[i]), GBA_E_COAP);
        CU_ASSERT(!head.answer && !head.request && !head.empty && head.type == M2M_COAP_RST);
    }
    T_RC(answer("42010001746b"), GBA_E_COAP); /* a request */
    CU_ASSERT(head.request && !head.answer && head.type == M2M_COAP_CON);
    T_RC(answer("60000001"), GBA_E_COAP);
    CU_ASSERT(head.empty && !head.answer && head.type == M2M_COAP_ACK && head.id == 1);
    T_RC(answer("70000001"), GBA_E_COAP);
    CU_ASSERT(head.empty && !head.answer && head.type == M2M_COAP_RST);
}

static void bad_answers(void)
{
    static const struct {
        const char *hex;
        gba_rc rc;
    } rows[] = {
        {"62450001746b", GBA_E_M2M_ANSWER},                          /* no RSC */
        {"62450001746b" "e30026010000", GBA_E_M2M_HEADER},           /* beyond 9999 */
        {"62450001746b" "e500260000000000", GBA_E_M2M_HEADER},       /* five octets */
        {"62450001746b" "91" "78" RSC_OK, GBA_E_COAP_OPTION},        /* option 9 */
        {"62450001746b" "d10a08" RSC_OK, GBA_E_COAP_OPTION},         /* Block2 */
        {"62450001746b" "812f", GBA_E_M2M_TARGET},                   /* a slash in a segment */
        {"62450001746b" RSC_OK "ff7b7d", GBA_E_M2M_TYPE},            /* a body of no format */
        {"62450001746b" "c12a" "e2001a07d0" "ff7b7d", GBA_E_M2M_TYPE}, /* 42: octets */
        {"62450001746b" "e2000e7231" "027232", GBA_E_M2M_HEADER},    /* request identifier twice */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        T_RC(answer(rows[i].hex), rows[i].rc);
        CU_ASSERT(head.answer && head.id == 1 && head.token_n == 2); /* whose it is can be told */
    }
}

/* ---- good ---- */

static void requests(void)
{
    static const struct m2m_request rows[] = {
        {.op = M2M_RETRIEVE, .to = GBA_LIT("/")},
        {.op = M2M_RETRIEVE, .to = GBA_LIT("/-"), .from = GBA_LIT("//sp.example/S1"), .rqi = GBA_LIT("r1")},
        {.op = M2M_DELETE, .to = GBA_LIT("//maf.mte.example/-/x/"), .from = GBA_LIT("S1")},
        {.op = M2M_CREATE, .to = GBA_LIT("/-"), .ty = 5, .rqi = GBA_LIT("r2"), .body = GBA_LIT("{}")},
        {.op = M2M_CREATE, .to = GBA_LIT("/enrol"), .body = GBA_LIT("{\"a\":1}"), .plain = true},
        {.op = M2M_UPDATE, .to = GBA_LIT("/-/0123456789abcdef0123456789abcdef"), .body = GBA_LIT("{}")},
    };
    const struct m2m_coap_head asked = {.id = 0xfffe, .token = {1, 2, 3, 4}, .token_n = 4};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct m2m_request got;
        gba_writer w = gba_writer_of(wire, sizeof wire), room = gba_writer_of(memory, sizeof memory);
        m2m_coap_request(&asked, &rows[i], &w);
        T_OK(gba_writer_end(&w));
        gba_rc rc = m2m_coap_read(gba_writer_view(&w), &room, &head, &got);
        T_OK(rc);
        CU_ASSERT(head.request && head.type == M2M_COAP_CON && head.id == asked.id && head.token_n == 4);
        CU_ASSERT(got.op == rows[i].op && got.ty == rows[i].ty && got.plain == rows[i].plain);
        CU_ASSERT(gba_view_eq(got.to, rows[i].to) && gba_view_eq(got.from, rows[i].from));
        CU_ASSERT(gba_view_eq(got.rqi, rows[i].rqi) && gba_view_eq(got.body, rows[i].body));
    }
}

static void answers(void)
{
    T_OK(answer("62450001746b" "e2002607d0"));
    CU_ASSERT(head.answer && head.type == M2M_COAP_ACK && head.code == 205 && rsp.rsc == M2M_RSC_OK);
    T_OK(answer("42840007746b" "e200260fa4"));
    CU_ASSERT(head.answer && head.type == M2M_COAP_CON && head.code == 404 && rsp.rsc == M2M_RSC_NOT_FOUND);
    T_OK(answer("62410001746b" "812d0178" "4132" "e200027231" "d20b07d1" "ff7b7d"));
    CU_ASSERT(head.code == 201 && rsp.rsc == M2M_RSC_CREATED && rsp.plain);
    CU_ASSERT(gba_view_eq(rsp.location, GBA_LIT("/-/x")) && gba_view_eq(rsp.rqi, GBA_LIT("r1")));
    CU_ASSERT(gba_view_eq(rsp.body, GBA_LIT("{}")));
}

/*= RFC 7252 5.9.1: Content is for GET alone */
static void codes(void)
{
    static const struct {
        unsigned asked;
        enum m2m_rsc rsc;
        unsigned code;
    } rows[] = {
        {1, M2M_RSC_OK, 205},      {2, M2M_RSC_OK, 204},           {2, M2M_RSC_CREATED, 201},
        {4, M2M_RSC_DELETED, 202}, {3, M2M_RSC_UPDATED, 204},      {1, M2M_RSC_NOT_FOUND, 404},
        {2, M2M_RSC_CONFLICT, 409}, {1, M2M_RSC_NO_PRIVILEGE, 403}, {1, M2M_RSC_INTERNAL, 500},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct m2m_coap_head asked = {.type = M2M_COAP_CON, .code = rows[i].asked, .id = 9};
        const struct m2m_response said = {.rsc = rows[i].rsc};
        gba_writer w = gba_writer_of(wire, sizeof wire), room = gba_writer_of(memory, sizeof memory);
        m2m_coap_answer(&asked, &said, &w);
        T_OK(m2m_coap_read_answer(gba_writer_view(&w), &room, &head, &rsp));
        CU_ASSERT(head.code == rows[i].code && head.type == M2M_COAP_ACK && rsp.rsc == rows[i].rsc);
    }
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"what is no answer", no_answers},
        {"answers that cannot be used", bad_answers},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"requests", requests},
        {"answers", answers},
        {"codes", codes},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"coap: hostile", NULL, NULL, NULL, NULL, hostile},
        {"coap", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
