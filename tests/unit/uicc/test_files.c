/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/card_script.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"
#include "uicc/dir.h"
#include "uicc/gba_u.h"
#include "uicc/isim.h"
#include "uicc/tlv.h"
#include "uicc/usim.h"

static uint8_t room[1200];
static struct t_script script;

/* ---- hostile first ---- */

static void tlv_refuses(void)
{
    static const char *const bad[] = {"80", "8001",       "8080", "8083010203", "808102aa",
                                      "82", "82820100aa", "1f",   "9f81017f00", "81820001"};
    gba_view value;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(uicc_tlv_find(t_hex(bad[i]), 0x77, &value), GBA_E_TLV);
    T_RC(uicc_tlv_find(t_hex(""), 0x77, &value), GBA_E_CARD_CONTENT);
    T_RC(uicc_tlv_find(t_hex("ffffff"), 0x77, &value), GBA_E_CARD_CONTENT);
    T_RC(uicc_tlv_find(t_hex("800101ff7701aa"), 0x77, &value), GBA_E_CARD_CONTENT);
}

/* Every cut of a good object is refused, and none reads past its end. */
static void cut_everywhere(void)
{
    gba_view record = t_hex("61194f10a0000000871004ffffffff890709000050054953696d31");
    struct uicc_dir_entry entry;
    for (size_t n = 1; n < record.n; n++)
        T_RC(uicc_dir_decode(gba_view_sub(record, 0, n), &entry), GBA_E_TLV);
}

static void dir_refuses(void)
{
    struct uicc_dir_entry entry;
    T_RC(uicc_dir_decode(t_hex(""), &entry), GBA_E_ABSENT);
    T_RC(uicc_dir_decode(t_hex("ffffffff"), &entry), GBA_E_ABSENT);
    T_RC(uicc_dir_decode(t_hex("6100"), &entry), GBA_E_CARD_CONTENT);
    T_RC(uicc_dir_decode(t_hex("61064f04a0000000"), &entry), GBA_E_CARD_CONTENT);
    T_RC(uicc_dir_decode(t_hex("61134f11a000000087100401020304050607080910"), &entry), GBA_E_CARD_CONTENT);
    T_RC(uicc_dir_decode(t_hex("62094f07a0000000871002"), &entry), GBA_E_CARD_CONTENT);
}

/*= TS 31.102 4.2.2 */
static void imsi_refuses(void)
{
    static const char *const bad[] = {"",
                                      "08",
                                      "0809",
                                      "ffffffffffffffffff",
                                      "000910101032547698",
                                      "0909101010325476980a",
                                      "080810101032547698",
                                      "08091010103254769a",
                                      "080110101032547698",
                                      "020910"};
    gba_text imsi;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(uicc_imsi_decode(t_hex(bad[i]), &imsi), GBA_E_CARD_CONTENT);
    CU_ASSERT_EQUAL(imsi.n, 0);
    gba_writer w = gba_writer_of(room, sizeof room);
    T_RC(uicc_imsi_encode(GBA_LIT("12345"), &w), GBA_E_CARD_CONTENT);
    T_RC(uicc_imsi_encode(GBA_LIT("1234567890123456"), &w), GBA_E_CARD_CONTENT);
    T_RC(uicc_imsi_encode(GBA_LIT("12345a"), &w), GBA_E_CARD_CONTENT);
}

static void ad_without_length(void)
{
    unsigned n = 7;
    T_RC(uicc_ad_mnc_n(t_hex("000000"), &n), GBA_E_CARD_CONTENT);
    T_RC(uicc_ad_mnc_n(t_hex("000000ff"), &n), GBA_E_CARD_CONTENT);
    T_RC(uicc_ad_mnc_n(t_hex("00000000"), &n), GBA_E_CARD_CONTENT);
    CU_ASSERT_EQUAL(n, 7);
}

static void text_refuses(void)
{
    gba_text text;
    T_RC(uicc_isim_text(t_hex("ffffff"), &text), GBA_E_CARD_CONTENT);
    T_RC(uicc_isim_text(t_hex("8000"), &text), GBA_E_CARD_CONTENT);
    T_RC(uicc_isim_text(t_hex("8005616263"), &text), GBA_E_TLV);
    T_RC(uicc_isim_text(t_hex("8003610063"), &text), GBA_E_CHARSET);
}

/*= TS 31.102 4.2.79 */
static void gbabp_refuses(void)
{
    struct uicc_gbabp gbabp;
    T_RC(uicc_gbabp_decode(t_hex("10"), &gbabp), GBA_E_CARD_CONTENT);
    T_RC(uicc_gbabp_decode(t_hex("02aabb05616263"), &gbabp), GBA_E_CARD_CONTENT);
    T_RC(uicc_gbabp_decode(t_hex("02aabb0161fe"), &gbabp), GBA_E_CARD_CONTENT);
}

/*= TS 31.102 4.2.83 */
static void gbanl_refuses(void)
{
    struct uicc_gbanl gbanl;
    T_RC(uicc_gbanl_decode(t_hex(""), &gbanl), GBA_E_ABSENT);
    T_RC(uicc_gbanl_decode(t_hex("ffff"), &gbanl), GBA_E_ABSENT);
    T_RC(uicc_gbanl_decode(t_hex("8006610100000002"), &gbanl), GBA_E_CARD_CONTENT);
    T_RC(uicc_gbanl_decode(t_hex("80050100000002810161"), &gbanl), GBA_E_NAFID);
    T_RC(uicc_gbanl_decode(t_hex("80ff61"), &gbanl), GBA_E_TLV);
}

static void fcp_refuses(void)
{
    struct uicc_file file;
    T_RC(uicc_fcp_parse(t_hex(""), &file), GBA_E_CARD_CONTENT);
    T_RC(uicc_fcp_parse(t_hex("6f00"), &file), GBA_E_CARD_CONTENT);
    T_RC(uicc_fcp_parse(t_hex("62048202"), &file), GBA_E_TLV);
    T_RC(uicc_fcp_parse(t_hex("6203820241"), &file), GBA_E_TLV);
}

/* The card gives less than its FCP promised. */
static void short_read(void)
{
    static const char *const lines[] = {"00a40004026f0700", "62048002000a9000", "00b000000a", "08099000",
                                        NULL};
    struct uicc_card card = t_script_card(&script, lines);
    gba_writer w = gba_writer_of(room, sizeof room);
    T_RC(uicc_read_file(&card, 0x6f07, &w), GBA_E_CARD_RESPONSE);
}

static void huge_file(void)
{
    static const char *const lines[] = {"00a40004026f0700", "6206800400ffffff9000", NULL};
    struct uicc_card card = t_script_card(&script, lines);
    gba_writer w = gba_writer_of(room, sizeof room);
    T_RC(uicc_read_file(&card, 0x6f07, &w), GBA_E_TOO_LONG);
}

static void update_too_small(void)
{
    static const char *const lines[] = {"00a40004026fd600", "6204800200029000", NULL};
    struct uicc_card card = t_script_card(&script, lines);
    T_RC(uicc_update_file(&card, 0x6fd6, t_hex("010203")), GBA_E_CARD_FILE_SIZE);
    CU_ASSERT_TRUE(t_script_done(&script));
}

/* ---- good ---- */

static void tlv_lengths(void)
{
    static uint8_t big[300];
    static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        gba_writer w = gba_writer_of(room, sizeof room);
        gba_view value;
        uicc_put_tlv(&w, 0x80, gba_view_of(big, sizes[i]));
        gba_put_u8(&w, 0xff);
        T_OK(uicc_tlv_find(gba_writer_view(&w), 0x80, &value));
        CU_ASSERT_EQUAL(value.n, sizes[i]);
    }
}

static void tlv_skips_others(void)
{
    gba_view value;
    T_OK(uicc_tlv_find(t_hex("5f500161bf0c0177800102"), 0x80, &value));
    T_BYTES(value, t_hex("02"));
    T_OK(uicc_tlv_find(t_hex("5f500161bf0c0177800102"), 0xbf0c, &value));
    T_BYTES(value, t_hex("77"));
}

static void file_vectors(void)
{
    for (struct vec *v = vec_open("uicc_files.vec"); vec_next(v);) {
        gba_writer w = gba_writer_of(room, sizeof room);
        if (vec_has(v, "digits")) {
            gba_text imsi;
            T_OK(uicc_imsi_decode(vec_hex(v, "ef"), &imsi));
            T_BYTES(gba_text_view(&imsi), vec_text(v, "digits"));
            T_OK(uicc_imsi_encode(vec_text(v, "digits"), &w));
            T_BYTES(gba_writer_view(&w), vec_hex(v, "ef"));
        } else if (vec_has(v, "aid")) {
            struct uicc_dir_entry entry;
            T_OK(uicc_dir_decode(vec_hex(v, "record"), &entry));
            T_BYTES(uicc_aid_view(&entry.aid), vec_hex(v, "aid"));
            T_BYTES(gba_text_view(&entry.label), vec_text(v, "label"));
            CU_ASSERT_EQUAL(uicc_dir_app(&entry.aid), UICC_APP_ISIM);
            uicc_dir_encode(&entry, &w);
            T_BYTES(gba_writer_view(&w), vec_hex(v, "record"));
        } else if (vec_has(v, "lifetime")) {
            struct uicc_gbabp gbabp;
            T_OK(uicc_gbabp_decode(vec_hex(v, "ef"), &gbabp));
            T_BYTES(gba_view_of(gbabp.rand, gbabp.rand_n), vec_hex(v, "rand"));
            T_BYTES(gba_text_view(&gbabp.btid), vec_text(v, "btid"));
            T_BYTES(gba_text_view(&gbabp.lifetime), vec_text(v, "lifetime"));
            uicc_gbabp_encode(&gbabp, &w);
            T_BYTES(gba_writer_view(&w), vec_hex(v, "ef"));
        } else {
            struct uicc_gbanl gbanl;
            T_OK(uicc_gbanl_decode(vec_hex(v, "record"), &gbanl));
            T_BYTES(gba_text_view(&gbanl.naf.fqdn), vec_text(v, "fqdn"));
            T_BYTES(GBA_ARRAY(gbanl.naf.ua.b), vec_hex(v, "ua"));
            T_BYTES(gba_text_view(&gbanl.btid), vec_text(v, "btid"));
        }
    }
}

static void gbabp_erased(void)
{
    struct uicc_gbabp gbabp;
    T_OK(uicc_gbabp_decode(t_hex("ffffffff"), &gbabp));
    CU_ASSERT_EQUAL(gbabp.rand_n + gbabp.btid.n + gbabp.lifetime.n, 0);
    T_OK(uicc_gbabp_decode(t_hex("02aabbffff"), &gbabp));
    CU_ASSERT_EQUAL(gbabp.rand_n, 2);
    CU_ASSERT_EQUAL(gbabp.btid.n, 0);
}

static void services(void)
{
    gba_view table = t_hex("020000000000000008");
    CU_ASSERT_TRUE(uicc_service(table, 2));
    CU_ASSERT_TRUE(uicc_service(table, 68));
    CU_ASSERT_FALSE(uicc_service(table, 67));
    CU_ASSERT_FALSE(uicc_service(table, 73));
    CU_ASSERT_FALSE(uicc_service(table, 0));
}

/*= TS 31.102 4.2.18 */
static void ad_tells(void)
{
    unsigned n = 0;
    T_OK(uicc_ad_mnc_n(t_hex("00000003"), &n));
    CU_ASSERT_EQUAL(n, 3);
    T_OK(uicc_ad_mnc_n(t_hex("00ffff02aa"), &n));
    CU_ASSERT_EQUAL(n, 2);
}

/*= TS 102 221 11.1.1.4 */
static void fcp_tells(void)
{
    struct uicc_file file;
    T_OK(uicc_fcp_parse(t_hex("620f82054221001c02"
                              "83022f00"
                              "80020038"),
                        &file));
    CU_ASSERT_EQUAL(file.record_size, 28);
    CU_ASSERT_EQUAL(file.records, 2);
    CU_ASSERT_EQUAL(file.fid, 0x2f00);
    CU_ASSERT_EQUAL(file.size, 56);
    CU_ASSERT_TRUE(file.pin_enabled);
    CU_ASSERT_EQUAL(file.pin_reference, 1);
}

/*= TS 102 221 9.5.2: universal PIN 11 is first in the list, PIN1 of application 3 second and on. */
static void pin_status_template(void)
{
    struct uicc_file file;
    T_OK(uicc_fcp_parse(t_hex("620bc609900140"
                              "830111830103"),
                        &file));
    CU_ASSERT_EQUAL(file.pin_reference, 3);
    CU_ASSERT_TRUE(file.pin_enabled);
    T_OK(uicc_fcp_parse(t_hex("620bc609900180"
                              "830111830103"),
                        &file));
    CU_ASSERT_FALSE(file.pin_enabled);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"TLV that is cut or odd", tlv_refuses},
        {"a record cut at every octet", cut_everywhere},
        {"EF_DIR records", dir_refuses},
        {"EF_IMSI", imsi_refuses},
        {"EF_AD without MNC length", ad_without_length},
        {"EF_IMPI", text_refuses},
        {"EF_GBABP", gbabp_refuses},
        {"EF_GBANL", gbanl_refuses},
        {"FCP", fcp_refuses},
        {"less data than promised", short_read},
        {"a file that is too large", huge_file},
        {"a file that is too small for an update", update_too_small},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"TLV lengths", tlv_lengths},
        {"TLV with unknown objects", tlv_skips_others},
        {"vectors", file_vectors},
        {"EF_GBABP erased and half erased", gbabp_erased},
        {"service tables", services},
        {"EF_AD", ad_tells},
        {"FCP of a record file", fcp_tells},
        {"PIN status template", pin_status_template},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
