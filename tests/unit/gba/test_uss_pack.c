/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/uss_pack.h"

#include <string.h>

#include "tests/lib/tap.h"
#include "tests/lib/file.h"

static max_align_t room[32 * 1024], room2[32 * 1024];
static uint8_t packed[GBA_GUSS_MAX];
static struct gba_guss guss, back;

static gba_view pack(gba_view xml)
{
    gba_arena arena = gba_arena_of(room, sizeof room);
    gba_writer w = gba_writer_of(packed, sizeof packed);
    T_OK(gba_guss_parse(xml, &arena, &guss));
    gba_put_uss_packed(&w, &guss);
    T_OK(gba_writer_end(&w));
    return gba_writer_view(&w);
}

static gba_rc unpack(gba_view v)
{
    gba_arena arena = gba_arena_of(room2, sizeof room2);
    return gba_uss_unpack(v, &arena, &back);
}

#define SAMPLE                                                                                               \
    "<guss id='a@b'><bsfInfo><uiccType>GBA_U</uiccType></bsfInfo><ussList>"                                  \
    "<uss id='1' type='1' nafGroup='A'><uids><uid>sip:user@x</uid><uid>tel:+1&amp;</uid></uids>"             \
    "<flags><flag>1</flag><flag>253</flag><flag>65536</flag></flags>"                                        \
    "<keyChoice>ME-based-key</keyChoice></uss><uss id='4' nafGroup=''/></ussList></guss>"

static void truncated_is_refused(void)
{
    gba_view whole = pack(GBA_LIT(SAMPLE));
    for (size_t n = 0; n < whole.n; n++)
        CU_ASSERT_NOT_EQUAL(unpack(gba_view_of(packed, n)), GBA_OK);
    T_RC(unpack(gba_view_of(packed, whole.n + 1)), GBA_E_TRAILING);
}

static void bad_values_are_refused(void)
{
    T_RC(unpack(GBA_LIT("\x41")), GBA_E_XML_SIZE);
    T_RC(unpack(GBA_LIT("\xff")), GBA_E_NUMBER);
    T_RC(unpack(GBA_LIT("\xfd\x00\x01")), GBA_E_NUMBER);
    T_RC(unpack(GBA_LIT("\xfe\x00\x00\xff\xff")), GBA_E_NUMBER);
    T_RC(unpack(GBA_LIT("\x01\xfe\xff\xff\xff\xff")), GBA_E_TRUNCATED);
    T_RC(unpack(GBA_LIT("\x01\x01"
                        "1\x00\x02")),
         GBA_E_NUMBER);
    T_RC(unpack(GBA_LIT("\x01\x01"
                        "1\x00\x00\x41")),
         GBA_E_XML_SIZE);
    T_RC(unpack(GBA_LIT("\x01\x01"
                        "1\x00\x00\x00\x00\x04")),
         GBA_E_NUMBER);
}

static void noise_is_survived(void)
{
    gba_view whole = pack(GBA_LIT(SAMPLE));
    uint8_t noisy[256];
    for (size_t i = 0; i < whole.n; i++) {
        for (unsigned v = 0; v < 256; v++) {
            gba_copy(noisy, whole);
            noisy[i] = (uint8_t)v;
            (void)!unpack(gba_view_of(noisy, whole.n));
        }
    }
}

static void no_room_is_told(void)
{
    gba_arena arena = gba_arena_of(room2, 64);
    T_RC(gba_uss_unpack(pack(GBA_LIT(SAMPLE)), &arena, &back), GBA_E_SPACE);
}

/* What is told to a NAF is the same before and after. */
static void same_list(gba_view xml)
{
    static uint8_t before[GBA_GUSS_MAX], after[GBA_GUSS_MAX];
    gba_view v = pack(xml);
    CU_ASSERT(v.n < xml.n);
    T_OK(unpack(v));
    CU_ASSERT_EQUAL_FATAL(back.n_uss, guss.n_uss);
    gba_writer w1 = gba_writer_of(before, sizeof before), w2 = gba_writer_of(after, sizeof after);
    for (size_t i = 0; i < guss.n_uss; i++) {
        const struct gba_uss *one = &guss.uss[i], *two = &back.uss[i];
        gba_put_usslist(&w1, &one, 1);
        gba_put_usslist(&w2, &two, 1);
        CU_ASSERT_EQUAL(one->naf_group.p == NULL, two->naf_group.p == NULL);
    }
    T_OK(gba_writer_end(&w1));
    T_BYTES(gba_writer_view(&w1), gba_writer_view(&w2));
}

static void comes_back(void)
{
    same_list(GBA_LIT(SAMPLE));
    same_list(GBA_LIT("<guss><ussList/></guss>"));
    same_list(GBA_LIT("<guss></guss>"));
}

/* A third of what the HSS sends, at most. */
static void sample_is_small(void)
{
    static uint8_t file[8192];
    gba_view xml = t_file("tests/vectors/guss.xml", file, sizeof file);
    same_list(xml);
    CU_ASSERT(pack(xml).n * 3 < xml.n);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"truncated", truncated_is_refused},
        {"bad values", bad_values_are_refused},
        {"noise", noise_is_survived},
        {"no room", no_room_is_told},
        {"settings come back", comes_back},
        {"the sample", sample_is_small},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"packed settings", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
