/* SPDX-License-Identifier: Apache-2.0 */
/* Bootstrap instructions: what is refused, what is kept, how it is found. */
#include <stdio.h>
#include <string.h>

#include "m2m/instr.h"
#include "tests/lib/fakes.h"
#include "tests/lib/memdb.h"
#include "tests/lib/tap.h"

#define COMMON                                                                                               \
    "\"name\":\"pump-7\",\"mef\":\"MEF.mte.example\",\"targets\":[\"maf.mte.example\",\"//sp.example/"       \
    "in-cse\"]"
#define WHO ",\"enroleeID\":\"//sp.example/S98821\",\"expiry\":86400"
#define KPM ",\"kpmID\":\"kpm-0001@mef.mte.example\",\"kpm\":\"AAECAwQFBgcICQoLDA0ODw==\""
#define RAW ",\"flavour\":\"raw\",\"certID\":\"ni:///sha-256-128;Wnp4zKSg9CDZvGK7Zpw8Jw\""
#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define PPSK_OF(rest) "{\"framework\":\"ppsk\"," COMMON WHO KPM rest "}"
#define CERT_OF(rest) "{\"framework\":\"cert\"," COMMON WHO rest "}"
#define GBA_OF(rest) "{\"framework\":\"gba\"," COMMON ",\"impi\":\"" IMPI "\"" rest "}"

/* The key of RFC 6979 A.2.5. */
#define SPKI                                                                                                 \
    "3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6c" \
    "e669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

static struct fake_world world;
static struct memdb mem;
static uint8_t memory[M2M_ANCHORS_MAX];
static struct m2m_instr instr;
static gba_text at;

static void begin(void)
{
    fake_world_init(&world);
    memdb_init(&mem);
}

static gba_rc parse(const char *json)
{
    gba_writer room = gba_writer_of(memory, sizeof memory);
    return m2m_instr_parse(gba_view_cstr(json), &room, &instr, &at);
}

/* ---- refused ---- */

static void members_at_fault(void)
{
    static const struct {
        gba_rc rc;
        const char *at, *json;
    } bad[] = {
        {GBA_E_JSON, "", ""},
        {GBA_E_JSON, "", "{"},
        {GBA_E_M2M_INSTR, "framework", "{\"name\":\"x\"}"},
        {GBA_E_M2M_INSTR, "", "{}"},
        {GBA_E_M2M_INSTR, "0", "[1]"},
        {GBA_E_WORD, "framework", "{\"framework\":\"ppks\"}"},
        {GBA_E_M2M_INSTR, "framework", "{\"framework\":1}"},
        {GBA_E_M2M_INSTR, "colour", PPSK_OF(",\"colour\":\"red\"")},
        {GBA_E_M2M_INSTR, "token/state", PPSK_OF(",\"token\":{\"state\":1}")},
        {GBA_E_JSON, "", PPSK_OF(",\"kpmID\":\"other@mef.mte.example\"")},
        {GBA_E_M2M_INSTR, "impi", PPSK_OF(",\"impi\":\"" IMPI "\"")},
        {GBA_E_M2M_INSTR, "expiry", GBA_OF(",\"expiry\":5")},
        {GBA_E_M2M_INSTR, "kpmID", "{\"framework\":\"ppsk\"," COMMON WHO "}"},
        {GBA_E_M2M_INSTR, "enroleeID", "{\"framework\":\"ppsk\"," COMMON "}"},
        {GBA_E_M2M_INSTR, "flavour", CERT_OF("")},
        {GBA_E_M2M_INSTR, "anchors",
         CERT_OF(",\"flavour\":\"device\",\"certID\":\"0.2.481.1.100.3030.10011\"")},
        {GBA_E_CERT, "anchors", CERT_OF(RAW ",\"anchors\":\"none\"")},
        {GBA_E_CERT_NAME, "certID", CERT_OF(",\"flavour\":\"raw\",\"certID\":\"maf.mte.example\"")},
        {GBA_E_WORD, "flavour", CERT_OF(",\"flavour\":\"rav\",\"certID\":\"x\"")},
        {GBA_E_WORD, "status", CERT_OF(RAW ",\"status\":\"sometimes\"")},
        {GBA_E_IMPI, "impi", "{\"framework\":\"gba\"," COMMON ",\"impi\":\"nobody\"}"},
        {GBA_E_M2M_INSTR, "e2e", PPSK_OF(",\"e2e\":\"yes\"")},
        {GBA_E_CHARSET, "aux", PPSK_OF(",\"aux\":\"a\\nb\"")},
        {GBA_E_CHARSET, "e2eParameters", PPSK_OF(",\"e2eParameters\":\"\\u001b[2J\"")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        T_RC(parse(bad[i].json), bad[i].rc);
        T_STR(gba_text_view(&at), bad[i].at);
        CU_ASSERT_TRUE(instr.kpm.n == 0 && instr.name.n == 0);
    }
}

/* One member of a good instruction replaced. */
static gba_rc parse_with(const char *member, const char *value)
{
    static const char *const good[][2] = {{"framework", "\"ppsk\""},
                                          {"name", "\"pump-7\""},
                                          {"mef", "\"mef.mte.example\""},
                                          {"enroleeID", "\"//sp.example/S98821\""},
                                          {"targets", "[\"maf.mte.example\"]"},
                                          {"expiry", "5"},
                                          {"kpmID", "\"kpm-0001@mef.mte.example\""},
                                          {"kpm", "\"AAECAwQFBgcICQoLDA0ODw==\""}};
    char json[4096];
    size_t n = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        n += (size_t)snprintf(json + n, sizeof json - n, "%c\"%s\":%s", i ? ',' : '{', good[i][0],
                              strcmp(good[i][0], member) == 0 ? value : good[i][1]);
    snprintf(json + n, sizeof json - n, "}");
    return parse(json);
}

static void bad_values(void)
{
    char text[3000];
    T_OK(parse_with("", ""));
    T_RC(parse_with("name", "\"\""), GBA_E_M2M_INSTR);
    T_RC(parse_with("name", "\".\""), GBA_E_M2M_INSTR);
    T_RC(parse_with("name", "\"../x\""), GBA_E_M2M_INSTR);
    T_RC(parse_with("name", "\"a/b\""), GBA_E_CHARSET);
    T_RC(parse_with("name", "\"a b\""), GBA_E_CHARSET);
    snprintf(text, sizeof text, "\"%0*d\"", 101, 0);
    T_RC(parse_with("name", text), GBA_E_M2M_INSTR);
    T_RC(parse_with("mef", "\"//sp.example/in-cse\""), GBA_E_M2M_ID);
    T_RC(parse_with("enroleeID", "\"maf.mte.example\""), GBA_E_M2M_ID);
    T_RC(parse_with("enroleeID", "\"/S98821\""), GBA_E_M2M_ID);
    T_RC(parse_with("targets", "[]"), GBA_E_M2M_INSTR);
    T_RC(parse_with("targets", "\"maf.mte.example\""), GBA_E_M2M_INSTR);
    T_RC(parse_with("targets", "{\"a\":{\"b\":\"maf.mte.example\"}}"), GBA_E_M2M_INSTR);
    T_RC(parse_with("targets", "[\"maf.mte.example\",\"MAF.mte.example\"]"), GBA_E_M2M_TWICE);
    T_RC(parse_with("targets", "[\"maf\"]"), GBA_E_M2M_ID);
    T_RC(parse_with("targets", "[\"a.b\",\"b.b\",\"c.b\",\"d.b\",\"e.b\",\"f.b\",\"g.b\",\"h.b\",\"i.b\"]"),
         GBA_E_TOO_LONG);
    T_STR(gba_text_view(&at), "targets/8");
    T_RC(parse_with("expiry", "0"), GBA_E_NUMBER);
    T_RC(parse_with("expiry", "-1"), GBA_E_NUMBER);
    T_RC(parse_with("expiry", "4294967297"), GBA_E_NUMBER);
    T_RC(parse_with("expiry", "1.5"), GBA_E_M2M_INSTR);
    T_RC(parse_with("kpmID", "\"kpm\""), GBA_E_M2M_KEYID);
    T_RC(parse_with("kpm", "\"AAECAwQFBgcICQoLDA0O\""), GBA_E_TOO_SHORT);
    T_RC(parse_with("kpm", "\"AAECAwQFBgcICQoLDA0ODw\""), GBA_E_BASE64);
    memset(text, 'A', sizeof text);
    text[0] = '"';
    gba_copy(text + 345, GBA_LIT("\"\0"));
    T_RC(parse_with("kpm", text), GBA_E_TOO_LONG);
    gba_copy(text + 345, GBA_LIT("AA"));
    gba_copy(text + 349, GBA_LIT("\"\0"));
    T_RC(parse_with("kpm", text), GBA_E_TOO_LONG);
}

static gba_rc keep(const char *json)
{
    T_OK(parse(json));
    return m2m_instr_put(&mem.vault, &world.env, &instr);
}

static gba_rc find_psk(const char *id)
{
    gba_writer room = gba_writer_of(memory, sizeof memory);
    return m2m_instr_find_psk(&mem.vault, gba_view_cstr(id), &room, &instr);
}

static void a_credential_of_another(void)
{
    begin();
    T_OK(keep(PPSK_OF("")));
    size_t n = memdb_count(&mem);
    T_OK(parse_with("name", "\"pump-8\""));
    T_RC(m2m_instr_put(&mem.vault, &world.env, &instr), GBA_E_M2M_TWICE);
    CU_ASSERT_EQUAL(memdb_count(&mem), n);
    T_OK(find_psk("kpm-0001@mef.mte.example"));
    T_STR(gba_text_view(&instr.name), "pump-7");
}

static void a_store_that_fails(void)
{
    begin();
    T_OK(keep(PPSK_OF("")));
    size_t n = memdb_count(&mem);
    mem.put_fails = GBA_E_DB_FULL;
    T_RC(keep(GBA_OF("")), GBA_E_DB_FULL);
    mem.put_fails = GBA_OK;
    CU_ASSERT_EQUAL(memdb_count(&mem), n);
    T_OK(find_psk("kpm-0001@mef.mte.example"));
}

/* What processes leave that are killed between two records. */
static void half_done(void)
{
    begin();
    T_OK(m2m_vault_put(&mem.vault, &world.env, "ix", GBA_LIT("psk:kpm-0001@mef.mte.example"),
                       GBA_LIT("pump-8")));
    T_RC(find_psk("kpm-0001@mef.mte.example"), GBA_E_ABSENT);
    T_OK(keep(PPSK_OF("")));
    T_OK(find_psk("kpm-0001@mef.mte.example"));
    T_OK(m2m_vault_put(&mem.vault, &world.env, "ix", GBA_LIT("psk:old@mef.mte.example"), GBA_LIT("pump-7")));
    T_RC(find_psk("old@mef.mte.example"), GBA_E_ABSENT);
    T_OK(m2m_vault_put(&mem.vault, &world.env, "en", GBA_LIT("pump-7"), GBA_LIT("{\"name\":1}")));
    T_RC(find_psk("kpm-0001@mef.mte.example"), GBA_E_DB);
}

/* ---- good ---- */

static void found_by_psk(void)
{
    struct m2m_id maf, other;
    begin();
    T_OK(keep(PPSK_OF(
        ",\"e2e\":true,\"e2eParameters\":\"a128\",\"tokenNeeded\":true,\"aux\":\"Hall B \xc3\xa5\"")));
    T_OK(find_psk("kpm-0001@MEF.mte.example"));
    T_STR(gba_text_view(&instr.mef), "mef.mte.example");
    T_STR(gba_text_view(&instr.enrolee.text), "//sp.example/S98821");
    T_BYTES(gba_view_of(instr.kpm.b, instr.kpm.n), t_hex("000102030405060708090a0b0c0d0e0f"));
    T_STR(gba_text_view(&instr.aux), "Hall B \xc3\xa5");
    T_STR(gba_text_view(&instr.e2e_params), "a128");
    CU_ASSERT_TRUE(instr.framework == M2M_PPSK && instr.expiry_s == 86400 && instr.e2e && instr.token_needed);
    T_OK(m2m_id_parse(GBA_LIT("maf.mte.example"), &maf));
    T_OK(m2m_id_parse(GBA_LIT("maf2.mte.example"), &other));
    CU_ASSERT_TRUE(m2m_instr_permits(&instr, &maf) && !m2m_instr_permits(&instr, &other));
    T_RC(find_psk("kpm-0002@mef.mte.example"), GBA_E_ABSENT);
    T_RC(find_psk("kpm-0001"), GBA_E_ABSENT);
    T_RC(find_psk(""), GBA_E_ABSENT);
}

static void found_by_certificate_and_impi(void)
{
    gba_view chain = t_hex(SPKI), other = t_hex("00");
    struct m2m_shown shown = {.raw = true, .chain = &chain, .n = 1};
    gba_writer room = gba_writer_of(memory, sizeof memory);
    begin();
    T_OK(keep(CERT_OF(RAW)));
    T_OK(m2m_instr_find_cert(&mem.vault, &shown, &room, &instr));
    T_STR(gba_text_view(&instr.cert_id), "ni:///sha-256-128;Wnp4zKSg9CDZvGK7Zpw8Jw");
    CU_ASSERT_TRUE(instr.flavour == M2M_CERT_RAW && instr.status == M2M_STATUS_IF_KNOWN);
    shown.chain = &other;
    T_RC(m2m_instr_find_cert(&mem.vault, &shown, &room, &instr), GBA_E_ABSENT);
    T_OK(keep("{\"framework\":\"gba\",\"name\":\"sim\",\"mef\":\"bsf.mte.example\",\"targets\":[\"maf.mte."
              "example\"],"
              "\"impi\":\"" IMPI "\"}"));
    T_OK(m2m_instr_find_impi(&mem.vault, GBA_LIT(IMPI), &room, &instr));
    CU_ASSERT_TRUE(instr.framework == M2M_GBA && instr.enrolee.text.n == 0);
    T_RC(m2m_instr_find_impi(&mem.vault, GBA_LIT("nobody"), &room, &instr), GBA_E_ABSENT);
}

static void replaced_and_forgotten(void)
{
    begin();
    T_OK(keep(PPSK_OF("")));
    T_OK(parse_with("kpmID", "\"kpm-0002@mef.mte.example\""));
    T_OK(m2m_instr_put(&mem.vault, &world.env, &instr));
    T_RC(find_psk("kpm-0001@mef.mte.example"), GBA_E_ABSENT);
    T_OK(find_psk("kpm-0002@mef.mte.example"));
    CU_ASSERT_EQUAL(memdb_count(&mem), 2);
    T_OK(keep(GBA_OF("")));
    T_RC(find_psk("kpm-0002@mef.mte.example"), GBA_E_ABSENT);
    T_OK(m2m_instr_del(&mem.vault, GBA_LIT("pump-7")));
    T_OK(m2m_instr_del(&mem.vault, GBA_LIT("pump-7")));
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
}

static gba_rc on_instr(void *arg, const struct m2m_instr *one)
{
    gba_put_view(arg, gba_text_view(&one->name));
    gba_put_u8(arg, ' ');
    return GBA_OK;
}

static void shown_and_listed(void)
{
    static const char want[] =
        "{\"name\":\"pump-7\",\"framework\":\"ppsk\",\"mef\":\"mef.mte.example\",\"enroleeID\":\"//"
        "sp.example/S98821\","
        "\"targets\":[\"maf.mte.example\",\"//sp.example/in-cse\"],\"expiry\":86400,"
        "\"kpmID\":\"kpm-0001@mef.mte.example\",\"e2e\":false,\"tokenNeeded\":false,"
        "\"kpmFingerprint\":\"be45cb2605bf36be\",\"credentialID\":\"10-kpm-0001@mef.mte.example\","
        "\"token\":\"issued\",\"tokenExpires\":1893369700}";
    char room[2048];
    m2m_token_text text;
    gba_writer anchors = gba_writer_of(memory, sizeof memory), w = gba_writer_of(room, sizeof room);
    begin();
    T_OK(parse(PPSK_OF("")));
    T_OK(m2m_token_issue(&instr.token, &world.env, 100, &text));
    T_OK(m2m_instr_put(&mem.vault, &world.env, &instr));
    T_OK(m2m_instr_get(&mem.vault, GBA_LIT("pump-7"), &anchors, &instr));
    m2m_instr_show(&instr, gba_env_now_s(&world.env), &w);
    T_STR(gba_writer_view(&w), want);
    T_OK(m2m_token_present(&instr.token, &world.env, gba_view_cstr(text.s), (const uint8_t[16]){7}));
    T_OK(m2m_instr_put(&mem.vault, &world.env, &instr));
    T_OK(m2m_instr_get(&mem.vault, GBA_LIT("pump-7"), &anchors, &instr));
    T_OK(m2m_token_consume(&instr.token, &world.env, (const uint8_t[16]){7}));
    T_OK(keep(CERT_OF(RAW)));
    T_OK(keep("{\"framework\":\"gba\",\"name\":\"a-sim\",\"mef\":\"bsf.mte.example\",\"targets\":[\"maf.mte."
              "example\"],"
              "\"impi\":\"" IMPI "\"}"));
    w = gba_writer_of(room, sizeof room);
    T_OK(m2m_instr_each(&mem.vault, on_instr, &w));
    T_STR(gba_writer_view(&w), "a-sim pump-7 ");
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"members at fault", members_at_fault},
        {"bad values", bad_values},
        {"a credential of another record", a_credential_of_another},
        {"a store that fails", a_store_that_fails},
        {"half done", half_done},
        {"found by PSK", found_by_psk},
        {"found by certificate and IMPI", found_by_certificate_and_impi},
        {"replaced and forgotten", replaced_and_forgotten},
        {"shown and listed", shown_and_listed},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"instructions", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
