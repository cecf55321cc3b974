/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/raw.h"
#include "tests/lib/tap.h"

#define HEADER(length) "01" length "c000012f01000005" "00000001" "00000002"

/*= RFC 6733 3, 4.1 */
static const struct {
    const char *hex;
    gba_rc rc;
} rows[] = {
    {"", GBA_E_DIA_LENGTH},
    {"01000010c000012f0100000500000001", GBA_E_DIA_LENGTH},  /* no whole header */
    {"02000014c000012f010000050000000100000002", GBA_E_DIA_VALUE},  /* version 2 */
    {HEADER("000018"), GBA_E_DIA_LENGTH},  /* says more than there is */
    {HEADER("000014") "00000000", GBA_E_DIA_LENGTH},  /* says less */
    {HEADER("000016") "0000", GBA_E_DIA_LENGTH},  /* not a multiple of four */
    {HEADER("000018") "0000010c", GBA_E_DIA_LENGTH},  /* half an AVP header */
    {HEADER("000020") "0000010c40000007000007d1", GBA_E_DIA_LENGTH},  /* shorter than its header */
    {HEADER("000020") "0000010c40000000000007d1", GBA_E_DIA_LENGTH},
    {HEADER("000020") "0000010c4000000d000007d1", GBA_E_DIA_LENGTH},  /* longer than what is left */
    {HEADER("000020") "0000010c40ffffff000007d1", GBA_E_DIA_LENGTH},
    {HEADER("000020") "00000258c000000b000028af", GBA_E_DIA_LENGTH},  /* shorter than with Vendor-Id */
    {HEADER("00001c") "00000258c000000c", GBA_E_DIA_LENGTH},  /* no room for Vendor-Id */
    {HEADER("000024") "00000107c00000100000000061626364", GBA_E_DIA_VALUE},  /* Vendor-Id 0 */
    {HEADER("000020") "0000010c4000000c000007d1", GBA_OK},
    {HEADER("000014"), GBA_OK},  /* no AVP */
    {HEADER("000024") "00000258c000000f000028af61626300", GBA_OK},  /* padded */
    {HEADER("00001c") "0000010740000008", GBA_OK},  /* no data */
};

static void judge(bool good)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((rows[i].rc == GBA_OK) == good)
            T_RC(dia_raw_check(t_hex(rows[i].hex)), rows[i].rc);
}

static void refused(void)
{
    judge(false);
}

static void accepted(void)
{
    judge(true);
}

int main(void)
{
    CU_TestInfo cases[] = {
        {"malformed messages", refused},
        {"whole messages", accepted},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"raw", NULL, NULL, NULL, NULL, cases},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
