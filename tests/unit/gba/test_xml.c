/* SPDX-License-Identifier: Apache-2.0 */
/* BootstrappingInfo and GUSS. */
#include "gba/wire/bsinfo.h"
#include "gba/wire/guss.h"
#include "tests/lib/file.h"
#include "tests/lib/tap.h"

static uint8_t memory[256 * 1024];
static uint8_t out[GBA_GUSS_MAX + 4096];
static gba_arena arena;
static struct gba_guss guss;

static gba_rc parse_guss(gba_view xml)
{
    arena = gba_arena_of(memory, sizeof memory);
    return gba_guss_parse(xml, &arena, &guss);
}

static gba_rc parse_bsinfo(const char *xml)
{
    struct gba_bsinfo info;
    return gba_bsinfo_parse(gba_view_cstr(xml), &info);
}

/* ---- hostile first ---- */

#define NS " xmlns=\"uri:3gpp-gba\""
#define BTID "<btid>a@b.org</btid>"
#define LIFETIME "<lifetime>2030-01-01T00:00:00Z</lifetime>"

static void dtd_refused(void)
{
    static const char laughs[] =
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]><guss>&b;</guss>";
    static const char outside[] = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><guss/>";
    T_RC(parse_guss(gba_view_cstr(laughs)), GBA_E_XML_FORBIDDEN);
    T_RC(parse_guss(gba_view_cstr(outside)), GBA_E_XML_FORBIDDEN);
    T_RC(parse_bsinfo("<!DOCTYPE x><BootstrappingInfo" NS ">" BTID LIFETIME "</BootstrappingInfo>"),
         GBA_E_XML_FORBIDDEN);
    T_RC(parse_guss(GBA_LIT("<guss>&unknown;</guss>")), GBA_E_XML);
}

static void not_well_formed(void)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "x",
                                      "<guss>",
                                      "<guss></uss>",
                                      "<guss/><guss/>",
                                      "<guss id=a/>",
                                      "<guss id=\"a\" id=\"b\"/>",
                                      "<guss>\x01</guss>",
                                      "<guss>\xff</guss>",
                                      "<x:guss/>",
                                      "\xff\xfe<\0g\0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(parse_guss(gba_view_cstr(bad[i])), GBA_E_XML);
    T_RC(parse_guss((gba_view){NULL, 0}), GBA_E_XML);
    T_RC(parse_guss(GBA_LIT("<guss>\0</guss>")), GBA_E_XML);
}

static void bsinfo_content_refused(void)
{
    static const char *const bad[] = {
        "<BootstrappingInfo>" BTID LIFETIME "</BootstrappingInfo>",
        "<BootstrappingInfo xmlns=\"urn:other\">" BTID LIFETIME "</BootstrappingInfo>",
        "<other" NS ">" BTID LIFETIME "</other>",
        "<BootstrappingInfo" NS ">" LIFETIME "</BootstrappingInfo>",
        "<BootstrappingInfo" NS ">" BTID "</BootstrappingInfo>",
        "<BootstrappingInfo" NS ">" BTID BTID LIFETIME "</BootstrappingInfo>",
        "<BootstrappingInfo" NS ">" BTID LIFETIME LIFETIME "</BootstrappingInfo>",
        "<BootstrappingInfo" NS "><x>" BTID LIFETIME "</x></BootstrappingInfo>",
        "<BootstrappingInfo" NS "><btid>nodomain</btid>" LIFETIME "</BootstrappingInfo>",
        "<BootstrappingInfo" NS "><btid>a b@c</btid>" LIFETIME "</BootstrappingInfo>",
        "<BootstrappingInfo" NS "><btid/>" LIFETIME "</BootstrappingInfo>",
        "<BootstrappingInfo" NS ">" BTID "<lifetime>86400</lifetime></BootstrappingInfo>",
        "<BootstrappingInfo" NS ">" BTID LIFETIME
        "<Extension><currenttime>now</currenttime></Extension></BootstrappingInfo>",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(parse_bsinfo(bad[i]), GBA_E_XML_CONTENT);
}

static void sizes_refused(void)
{
    struct gba_bsinfo info;
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_fill(&w, ' ', GBA_BSINFO_MAX + 1);
    T_RC(gba_bsinfo_parse(gba_writer_view(&w), &info), GBA_E_XML_SIZE);
    w = gba_writer_of(out, sizeof out);
    gba_put_fill(&w, ' ', GBA_GUSS_MAX + 1);
    T_RC(parse_guss(gba_writer_view(&w)), GBA_E_XML_SIZE);
    w = gba_writer_of(out, sizeof out);
    gba_put_str(&w, "<guss>");
    for (int i = 0; i < 5000; i++)
        gba_put_str(&w, "<a>");
    T_RC(parse_guss(gba_writer_view(&w)), GBA_E_XML_SIZE);
    w = gba_writer_of(out, sizeof out);
    gba_put_str(&w, "<BootstrappingInfo" NS "><btid>");
    gba_put_fill(&w, 'a', 2000);
    gba_put_str(&w, "</btid>" LIFETIME "</BootstrappingInfo>");
    T_RC(gba_bsinfo_parse(gba_writer_view(&w), &info), GBA_E_XML_CONTENT);
}

static gba_rc many(const char *before, const char *item, int n, const char *after)
{
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_str(&w, before);
    for (int i = 0; i < n; i++)
        gba_put_str(&w, item);
    gba_put_str(&w, after);
    return parse_guss(gba_writer_view(&w));
}

static void guss_bounds(void)
{
    T_OK(many("<ussList>", "<uss id=\"1\"/>", GBA_GUSS_MAX_USS, "</ussList>"));
    CU_ASSERT_EQUAL(guss.n_uss, GBA_GUSS_MAX_USS);
    T_RC(many("<ussList>", "<uss id=\"1\"/>", GBA_GUSS_MAX_USS + 1, "</ussList>"), GBA_E_XML_SIZE);
    static const char head[] = "<ussList><uss id=\"1\"><uids>";
    T_OK(many(head, "<uid>a</uid>", GBA_USS_MAX_ITEMS, "</uids></uss></ussList>"));
    T_RC(many(head, "<uid>a</uid>", GBA_USS_MAX_ITEMS + 1, "</uids></uss></ussList>"), GBA_E_XML_SIZE);
    T_RC(many("<ussList><uss id=\"1\"><flags>", "<flag>1</flag>", GBA_USS_MAX_ITEMS + 1,
              "</flags></uss></ussList>"),
         GBA_E_XML_SIZE);
    gba_arena small = gba_arena_of(memory, 100);
    T_RC(gba_guss_parse(GBA_LIT("<ussList><uss id=\"1\"/></ussList>"), &small, &guss), GBA_E_SPACE);
    small = gba_arena_of(memory, sizeof(struct gba_uss) + 32);
    T_RC(gba_guss_parse(GBA_LIT("<ussList><uss id=\"1234567890123456789012345678901234567890\"/></ussList>"),
                        &small, &guss),
         GBA_E_SPACE);
}

static void guss_content_refused(void)
{
    static const char *const bad[] = {
        "<other/>",
        "<guss><bsfInfo><uiccType>GBA_X</uiccType></bsfInfo></guss>",
        "<guss><bsfInfo><uiccType/></bsfInfo></guss>",
        "<guss><bsfInfo><lifeTime>-1</lifeTime></bsfInfo></guss>",
        "<guss><bsfInfo><lifeTime>4294967296</lifeTime></bsfInfo></guss>",
        "<guss><bsfInfo><uiccType>GBA_U</uiccType><uiccType>GBA</uiccType></bsfInfo></guss>",
        "<guss><bsfInfo/><bsfInfo/></guss>",
        "<guss><ussList/><ussList/></guss>",
        "<ussList><uss/></ussList>",
        "<ussList><uss id=\"\"/></ussList>",
        "<ussList><uss id=\"1\" type=\"x\"/></ussList>",
        "<ussList><uss id=\"1\"><flags><flag/></flags></uss></ussList>",
        "<ussList><uss id=\"1\"><flags><flag>a</flag></flags></uss></ussList>",
        "<ussList><uss id=\"1\"><keyChoice>any</keyChoice></uss></ussList>",
        "<ussList><uss id=\"1\"><keyChoice/></uss></ussList>",
        ("<ussList><uss id=\"1\"><keyChoice>ME-based-key</keyChoice>"
         "<keyChoice>ME-based-key</keyChoice></uss></ussList>"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(parse_guss(gba_view_cstr(bad[i])), GBA_E_XML_CONTENT);
}

static void writer_refuses_controls(void)
{
    struct gba_uss uss = {.id = GBA_LIT("1\x01")};
    const struct gba_uss *list[] = {&uss};
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_usslist(&w, list, 1);
    T_RC(gba_writer_end(&w), GBA_E_SPACE);
}

/* ---- then good documents ---- */

static void bsinfo_vector(void)
{
    static uint8_t file[1024];
    gba_view xml = t_file("tests/vectors/bsinfo.xml", file, sizeof file);
    struct gba_bsinfo info;
    CU_ASSERT_EQUAL(xml.n, 219);
    T_OK(gba_bsinfo_parse(xml, &info));
    T_STR(gba_text_view(&info.btid), "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org");
    CU_ASSERT_EQUAL(info.lifetime_s, 1893456000);
    CU_ASSERT_EQUAL(info.currenttime_s, 0);
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_bsinfo(&w, &info);
    T_BYTES(gba_writer_view(&w), xml);
}

static void bsinfo_extension(void)
{
    struct gba_bsinfo info;
    T_OK(gba_bsinfo_parse(
        GBA_LIT("<g:BootstrappingInfo xmlns:g=\"uri:3gpp-gba\" "
                "v=\"2\"><new><btid>x</btid></new><g:lifetime>\n 2030-01-01T00:00:00Z "
                "</g:lifetime><g:btid> "
                "a@b.org\n</g:btid><g:Extension><y>z</y><currenttime>2029-12-31T00:00:00Z</currenttime>"
                "</g:Extension></g:BootstrappingInfo>"),
        &info));
    T_STR(gba_text_view(&info.btid), "a@b.org");
    CU_ASSERT_EQUAL(info.lifetime_s, 1893456000);
    CU_ASSERT_EQUAL(info.currenttime_s, 1893369600);
    gba_writer w = gba_writer_of(out, sizeof out);
    struct gba_bsinfo back;
    gba_put_bsinfo(&w, &info);
    T_OK(gba_bsinfo_parse(gba_writer_view(&w), &back));
    CU_ASSERT_EQUAL(back.currenttime_s, info.currenttime_s);
}

static void check_first_uss(void)
{
    const struct gba_uss *uss = &guss.uss[0];
    T_STR(uss->id, "1");
    CU_ASSERT_EQUAL(uss->type, 1);
    T_STR(uss->naf_group, "A");
    CU_ASSERT_EQUAL_FATAL(uss->n_uids, 2);
    T_STR(uss->uids[0], "sip:user@ims.mnc001.mcc001.3gppnetwork.org");
    T_STR(uss->uids[1], "tel:+15550001");
    CU_ASSERT_EQUAL_FATAL(uss->n_flags, 2);
    CU_ASSERT_EQUAL(uss->flags[0], 1);
    CU_ASSERT_EQUAL(uss->flags[1], 2);
    CU_ASSERT_EQUAL(uss->key_choice, GBA_KEY_UNSAID);
}

static void check_guss(void)
{
    T_STR(guss.impi, "001010123456789@ims.mnc001.mcc001.3gppnetwork.org");
    CU_ASSERT_EQUAL(guss.uicc_type, GBA_UICC_GBA_U);
    CU_ASSERT_EQUAL(guss.lifetime_s, 86400);
    CU_ASSERT_EQUAL_FATAL(guss.n_uss, 2);
    check_first_uss();
    T_STR(guss.uss[1].id, "4");
    CU_ASSERT_PTR_NULL(guss.uss[1].naf_group.p);
    CU_ASSERT_EQUAL(guss.uss[1].n_uids, 1);
    CU_ASSERT_EQUAL(guss.uss[1].n_flags, 0);
}

static void guss_vector(void)
{
    static uint8_t file[2048];
    T_OK(parse_guss(t_file("tests/vectors/guss.xml", file, sizeof file)));
    check_guss();
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_guss(&w, &guss);
    T_OK(gba_writer_end(&w));
    T_OK(parse_guss(gba_writer_view(&w)));
    check_guss();
}

static void usslist_vector(void)
{
    static uint8_t file[2048];
    T_OK(parse_guss(t_file("tests/vectors/usslist.xml", file, sizeof file)));
    CU_ASSERT_EQUAL_FATAL(guss.n_uss, 1);
    CU_ASSERT_PTR_NULL(guss.impi.p);
    check_first_uss();
    const struct gba_uss *list[] = {&guss.uss[0]};
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_usslist(&w, list, 1);
    T_OK(parse_guss(gba_writer_view(&w)));
    check_first_uss();
}

/* Other writers: namespace, other order, no bsfInfo, unknown elements, comments, CDATA, escapes. */
static void guss_of_other_writers(void)
{
    T_OK(parse_guss(GBA_LIT(
        "<?xml version='1.0'?><g:guss xmlns:g='urn:x' g:id='a&amp;b@c.org'><!-- <uss> --><g:ussList><g:uss "
        "type='0' "
        "id='1000001'><g:flags/><future><uid>no</uid></future><g:keyChoice>ME_UICC_BASED_KEYS</g:keyChoice>"
        "<g:uids><g:uid><![CDATA[<&>]]></g:uid></g:uids></g:uss></g:ussList></g:guss>")));
    T_STR(guss.impi, "a&b@c.org");
    CU_ASSERT_EQUAL(guss.uicc_type, GBA_UICC_GBA);
    CU_ASSERT_EQUAL(guss.lifetime_s, 0);
    CU_ASSERT_EQUAL_FATAL(guss.n_uss, 1);
    CU_ASSERT_EQUAL(guss.uss[0].key_choice, GBA_KEY_BOTH);
    T_STR(guss.uss[0].uids[0], "<&>");
    gba_writer w = gba_writer_of(out, sizeof out);
    gba_put_guss(&w, &guss);
    T_OK(parse_guss(gba_writer_view(&w)));
    T_STR(guss.impi, "a&b@c.org");
    T_STR(guss.uss[0].uids[0], "<&>");
}

static void key_choices(void)
{
    static const struct {
        const char *xml;
        enum gba_key_choice choice;
    } rows[] = {
        {"<ussList><uss id='1'><keyChoice>ME-based-key</keyChoice></uss></ussList>", GBA_KEY_ME},
        {"<ussList><uss id='1'><keyChoice>UICC_BASED_KEY</keyChoice></uss></ussList>", GBA_KEY_UICC},
        {"<ussList><uss id='1'><keyChoice> uicc based keys </keyChoice></uss></ussList>", GBA_KEY_UICC},
        {"<ussList><uss id='1'><keyChoice>ME-UICC-based-key</keyChoice></uss></ussList>", GBA_KEY_BOTH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        T_OK(parse_guss(gba_view_cstr(rows[i].xml)));
        CU_ASSERT_EQUAL(guss.uss[0].key_choice, rows[i].choice);
    }
}

static void gsid_comparison(void)
{
    CU_ASSERT_TRUE(gba_gsid_eq(GBA_LIT("1"), GBA_LIT("001")));
    CU_ASSERT_TRUE(gba_gsid_eq(GBA_LIT("op-x"), GBA_LIT("op-x")));
    CU_ASSERT_FALSE(gba_gsid_eq(GBA_LIT("1"), GBA_LIT("10")));
    CU_ASSERT_FALSE(gba_gsid_eq(GBA_LIT("1"), GBA_LIT("1x")));
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"DTD and entities", dtd_refused},
        {"not well-formed", not_well_formed},
        {"BootstrappingInfo content", bsinfo_content_refused},
        {"sizes", sizes_refused},
        {"GUSS bounds", guss_bounds},
        {"GUSS content", guss_content_refused},
        {"writer and control characters", writer_refuses_controls},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"BootstrappingInfo", bsinfo_vector},
        {"BootstrappingInfo with extension", bsinfo_extension},
        {"GUSS", guss_vector},
        {"ussList", usslist_vector},
        {"GUSS of other writers", guss_of_other_writers},
        {"key choices", key_choices},
        {"GSID comparison", gsid_comparison},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
