/* SPDX-License-Identifier: Apache-2.0 */
/* What others send to the MEF and what they read of it, as JSON. */
#include "m2m/mef.h"
#include "tests/lib/tap.h"

static uint8_t text[256];
static struct m2m_mef_given given;

static void offers(void)
{
    static const struct {
        const char *json;
        gba_rc rc;
        unsigned frameworks;
    } rows[] = {
        {"", GBA_E_JSON, 0},
        {"{}", GBA_E_TOKEN, 0},
        {"{\"enrolmentToken\":7,\"rspf\":[\"gba\"]}", GBA_E_TOKEN, 0},
        {"{\"enrolmentToken\":\"t\"}", GBA_OK, 0},
        {"{\"enrolmentToken\":\"t\",\"rspf\":[]}", GBA_OK, 0},
        {"{\"enrolmentToken\":\"t\",\"rspf\":\"ppsk\"}", GBA_OK, 0},
        {"{\"enrolmentToken\":\"t\",\"rspf\":[\"x\",\"PPSK\"]}", GBA_OK, 0},
        {"{\"enrolmentToken\":\"t\",\"rspf\":[\"gba\",\"ppsk\",\"cert\"]}", GBA_OK, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct m2m_mef_offer offer;
        gba_writer w = gba_writer_of(text, 8);
        T_RC(m2m_mef_offer_parse(gba_view_cstr(rows[i].json), &w, &offer), rows[i].rc);
        if (rows[i].rc == GBA_OK) {
            T_STR(offer.token, "t");
            CU_ASSERT_EQUAL(offer.frameworks, rows[i].frameworks);
        }
    }
}

static void bad_answers(void)
{
    static const m2m_key none;
    static const char *const rows[] = {
        "",
        "{}",
        "[]",
        "{\"status\":true}",
        "{\"status\":false,\"errorString\":\"no\"}",
        "{\"status\":true,\"credential\":\"AAAA\",\"lifetime\":\"20270101T000000\"}",
        "{\"status\":true,\"credential\":\"wb09Az11bxuX1QycGCy9c4Ieuf6aEB5uZxI4SK1Bmg==\",\"lifetime\":"
        "\"2027\"}",
        "{\"status\":true,\"lifetime\":\"20270101T000000\"}",
        "{\"status\":1,\"credential\":\"wb09AzD1bxuX1QycGCy9c4Ieuf6aEB5uZxI4SK1BmjM=\",\"lifetime\":"
        "\"20270101T000000\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        T_RC(m2m_mef_given_parse(gba_view_cstr(rows[i]), &given), GBA_E_MEF_ANSWER);
        T_BYTES(GBA_ARRAY(given.key.b), GBA_ARRAY(none.b));
    }
}

static void enrolled(void)
{
    struct m2m_mef_enrolled done = {.until_s = 1798761600};
    gba_writer w = gba_writer_of(text, sizeof text);
    T_OK(gba_text_set(&done.keid, GBA_LIT("EE71@mef.mte.example")));
    m2m_mef_enrolled_put(&done, &w);
    T_STR(gba_writer_view(&w), "{\"keID\":\"EE71@mef.mte.example\",\"expires\":\"20270101T000000\"}");
    w.n = 0;
    m2m_mef_error_put(GBA_E_TOKEN, &w);
    T_STR(gba_writer_view(&w), "{\"error\":\"token-invalid\"}");
    w.n = 0;
    m2m_mef_error_put(GBA_E_RSPF, &w);
    T_STR(gba_writer_view(&w), "{\"error\":\"no-common-rspf\"}");
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"offers", offers},
        {"answers that are none", bad_answers},
        {"enrolment", enrolled},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"mef as JSON", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
