/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer says: Result-Code, Experimental-Result, redirect. */
#include "diameter-dict/zh.h"
#include "tests/lib/dia.h"
#include "tests/lib/tap.h"

static int set_up(void)
{
    return t_dia_init() == NULL;
}

static gba_view experimental(uint32_t vendor, uint32_t code)
{
    struct t_avps list = {.n = 0};
    t_dia_add_number(&list, 266, vendor);
    t_dia_add_number(&list, 298, code);
    return t_dia_group(&list);
}

static gba_rc decode_list(uint8_t flags, const struct t_avps *list, struct dia_maa *maa)
{
    struct msg *msg = t_dia_parse(t_dia_message(flags, DIA_CMD_MA, DIA_APP_ZH, list), NULL);
    gba_rc rc = dia_maa_decode(msg, maa);
    t_dia_free(msg);
    return rc;
}

/*= TS 29.109 6.2.2 */
static void result_experimental(void)
{
    struct t_avps list = {.n = 0}, foreign = {.n = 0};
    struct dia_maa maa;
    t_dia_add(&list, 297, experimental(10415, 5401));
    T_OK(decode_list(T_PROXIABLE, &list, &maa));
    CU_ASSERT(maa.result.experimental && maa.result.code == DIA_EXP_IDENTITY_UNKNOWN && !maa.has_vector);
    t_dia_add(&foreign, 297, experimental(9, 5401));
    T_OK(decode_list(T_PROXIABLE, &foreign, &maa));
    CU_ASSERT(!maa.result.experimental && maa.result.code == DIA_UNABLE_TO_COMPLY);
}

static void result_experimental_hostile(void)
{
    struct t_avps empty = {.n = 0}, half = {.n = 0}, twice = {.n = 0}, only_code = {.n = 0};
    struct dia_maa maa;
    t_dia_add(&empty, 297, GBA_LIT(""));
    T_RC(decode_list(T_PROXIABLE, &empty, &maa), GBA_E_DIA_MISSING);
    t_dia_add_number(&only_code, 298, 5401);
    t_dia_add(&half, 297, t_dia_group(&only_code));
    T_RC(decode_list(T_PROXIABLE, &half, &maa), GBA_E_DIA_MISSING);
    t_dia_add(&twice, 297, experimental(10415, 5401));
    t_dia_add(&twice, 297, experimental(10415, 5401));
    T_RC(decode_list(T_PROXIABLE, &twice, &maa), GBA_E_DIA_REPEATED);
}

/* An answer that says yes and no is a no. */
static void result_both(void)
{
    struct t_avps list = {.n = 0};
    struct dia_maa maa;
    t_dia_add_number(&list, 268, 2001);
    t_dia_add(&list, 297, experimental(10415, 5401));
    T_OK(decode_list(T_PROXIABLE, &list, &maa));
    CU_ASSERT(maa.result.experimental && maa.result.code == 5401 && !maa.has_vector);
}

/*= RFC 6733 7.2: an error answer may have nothing but Result-Code that we read */
static void result_error_bit(void)
{
    struct t_avps list = {.n = 0};
    struct dia_maa maa;
    t_dia_add_number(&list, 268, 3004);
    T_OK(decode_list(T_ERROR | T_PROXIABLE, &list, &maa));
    CU_ASSERT(!maa.result.experimental && maa.result.code == DIA_TOO_BUSY && !maa.has_vector);
    CU_ASSERT_PTR_NULL(maa.origin_host.p);
}

/*= RFC 6733 6.12, 6.13, 6.14 */
static void result_redirect(void)
{
    struct t_avps list = {.n = 0};
    struct dia_maa maa;
    t_dia_add_number(&list, 268, 3006);
    T_RC(decode_list(T_ERROR, &list, &maa), GBA_E_DIA_MISSING);
    t_dia_add(&list, 292, GBA_LIT("aaa://hss2.example"));
    t_dia_add(&list, 292, GBA_LIT("aaa://hss3.example"));
    t_dia_add_number(&list, 261, 1);
    t_dia_add_number(&list, 262, 60);
    struct msg *msg = t_dia_parse(t_dia_message(T_ERROR, DIA_CMD_MA, DIA_APP_ZH, &list), NULL);
    T_OK(dia_maa_decode(msg, &maa));
    CU_ASSERT_EQUAL_FATAL(maa.n_redirects, 2);
    T_STR(maa.redirect_hosts[0], "aaa://hss2.example");
    T_STR(maa.redirect_hosts[1], "aaa://hss3.example");
    CU_ASSERT(maa.redirect_usage == DIA_REDIRECT_ALL_SESSION);
    CU_ASSERT(maa.redirect_cache_s == 60);
    t_dia_free(msg);
}

static CU_TestInfo result_tests[] = {
    {"Experimental-Result of 3GPP and of another", result_experimental},
    {"broken Experimental-Result", result_experimental_hostile},
    {"Result-Code and Experimental-Result", result_both},
    {"E bit with Result-Code only", result_error_bit},
    {"redirect", result_redirect},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"results", set_up, NULL, NULL, NULL, result_tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return tap_run(suites);
}
