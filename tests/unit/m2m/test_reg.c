/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/reg.h"

#include "m2m/res.h"
#include "tests/lib/fakes.h"
#include "tests/lib/memdb.h"
#include "tests/lib/tap.h"

#define AE "//sp.example/S98821"
#define CSE "//sp.example/in-cse"
#define OTHER "//sp.example/mn1"
#define KEID "EE7182D4F21CEBA6F85E3A786C70A218@mef.mte.example"
#define SKR(members) "{\"sec:skr\":{" members "}}"
#define MACR(members) "{\"sec:macr\":{" members "}}"
/* The clock of fake_world stands at 2029-12-31T00:00:00. */
#define ET "\"et\":\"20291231T010000\","
#define ADFQ "\"adfq\":\"mte.example\","
#define TGIS "\"tgis\":[\"" CSE "\"]"
#define KEY_FOR(target) SKR(ET ADFQ "\"suid\":32,\"tgis\":[\"" target "\"]")
#define SOME_KEY "\"kv\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\""
#define CLIENT MACR("\"et\":\"20300101T000000\",\"adfq\":\"mte.example\",\"lbl\":[\"meter\"]")

static struct fake_world world;
static struct memdb mem;
static struct m2m_reg reg;
static struct m2m_reg_client client;
static struct m2m_reg_result result;
static uint8_t body[64 * 1024];
static gba_text admin;
static uint8_t exported[M2M_EXPORT_N];
static gba_rc export_rc;
static unsigned exports;

static gba_rc give_export(void *arg, uint8_t out[M2M_EXPORT_N])
{
    (void)arg;
    exports++;
    gba_copy(out, GBA_ARRAY(exported));
    return export_rc;
}

static void be(const char *who, const char *credential)
{
    client.who = gba_view_cstr(who);
    client.credential = gba_view_cstr(credential);
}

static void setup(void)
{
    fake_world_init(&world);
    memdb_init(&mem);
    T_OK(gba_text_set(&admin, GBA_LIT("mte.example")));
    reg = (struct m2m_reg){.vault = mem.vault, .maf = true, .admins = &admin, .admins_n = 1,
                           .max_client_s = 30 * 86400, .max_key_s = 86400};
    T_OK(gba_text_set(&reg.fqdn, GBA_LIT("maf.mte.example")));
    client = (struct m2m_reg_client){.until_s = INT64_MAX, .export = give_export};
    be(AE, KEID);
    /* V1 of the vectors */
    gba_copy(exported, t_hex("e138fd1ad070be9690b3035a78c392c90548321038fb3e25a09939877bd7df8a"
                             "06571d43fc35512e7670b85b0c0b75ef"));
    export_rc = GBA_OK;
    exports = 0;
}

static enum m2m_rsc ask(const struct m2m_request *req)
{
    struct m2m_reg_ask one = {&client, req};
    gba_writer w = gba_writer_of(body, sizeof body);
    m2m_reg_serve(&reg, &world.env, &one, &w, &result);
    return result.rsp.rsc;
}

/* As the client that is proven, and of the type that op and document need. */
static enum m2m_rsc go(enum m2m_op op, const char *to, const char *json)
{
    bool key = json && gba_view_starts(gba_view_cstr(json), GBA_LIT("{\"sec:skr\""));
    struct m2m_request req = {.op = op, .to = gba_view_cstr(to), .from = client.who, .rqi = GBA_LIT("r1"),
                              .body = gba_view_cstr(json)};
    req.ty = op != M2M_CREATE ? 0 : key ? M2M_TY_SYMM_KEY_REG : M2M_TY_MAF_CLIENT_REG;
    return ask(&req);
}

static bool says(const char *text)
{
    return gba_view_contains(result.rsp.body, gba_view_cstr(text));
}

static void refused(enum m2m_rsc rsc, gba_rc reason)
{
    CU_ASSERT_EQUAL(result.rsp.rsc, rsc);
    T_RC(result.rsp.reason, reason);
    CU_ASSERT_EQUAL(result.rsp.body.n, 0);
    CU_ASSERT_EQUAL(result.alias.n, 0);
}

#define KCID "E138FD1AD070BE9690B3035A78C392C9"
#define KV "\"kv\":\"BUgyEDj7PiWgmTmHe9ffigZXHUP8NVEudnC4WwwLde8=\""

/* ---- hostile first ---- */

static void without_association(void)
{
    client.who = (gba_view){NULL, 0};
    struct m2m_request req = {.op = M2M_RETRIEVE, .to = GBA_LIT("/-"), .from = GBA_LIT(AE)};
    ask(&req);
    refused(M2M_RSC_ASSOCIATION_REQUIRED, GBA_E_REG_ASSOCIATION);
}

static void origin_is_proven(void)
{
    static const char *others[] = {CSE, "//sp.example/s98821", "", "S98821", "//other.example/S98821"};
    struct m2m_request req = {.op = M2M_RETRIEVE, .to = GBA_LIT("/-")};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        req.from = gba_view_cstr(others[i]);
        ask(&req);
        refused(M2M_RSC_NOT_AUTHENTICATED, GBA_E_REG_ORIGIN);
    }
    req.from = (gba_view){NULL, 0};
    ask(&req);
    refused(M2M_RSC_BAD_REQUEST, GBA_E_M2M_HEADER);
    req.from = GBA_LIT("//SP.example/S98821"); /* host names have no case */
    CU_ASSERT_EQUAL(ask(&req), M2M_RSC_OK);
}

static void paths_that_lead_nowhere(void)
{
    static const char *paths[] = {"", "/", "/x", "/-x", "//maf.mte.examp", "//maf.mte.example",
                                  "//other.example/-",
                                  "/-/x", "/-/c-", "/-/c-0123456789abcdef0123456789abcdef", "/-/" KCID,
                                  "/-/" KCID "/" KCID, "/-//", "/-/kr:" KCID,
                                  "/-/E138FD1AD070BE9690B3035A78C392"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        go(M2M_RETRIEVE, paths[i], NULL);
        refused(M2M_RSC_NOT_FOUND, GBA_E_REG_ABSENT);
    }
}

static void documents_that_are_refused(void)
{
    static const struct {
        const char *json;
        gba_rc rc;
    } rows[] = {
        {"", GBA_E_JSON},
        {"{}", GBA_E_REG_MEMBER},
        {"[1]", GBA_E_REG_MEMBER},
        {SKR(""), GBA_E_REG_MEMBER},
        {"{\"sec:skr\":1}", GBA_E_REG_MEMBER},
        {"{\"sec:skr\":{\"suid\":32},\"sec:macr\":{}}", GBA_E_REG_MEMBER},
        {SKR(ET ADFQ "\"suid\":32"), GBA_E_REG_MEMBER},
        {SKR(ET ADFQ "\"suid\":\"32\"," TGIS), GBA_E_REG_MEMBER},
        {SKR(ET ADFQ "\"suid\":32,\"tgis\":\"" CSE "\""), GBA_E_REG_MEMBER},
        {SKR(ET ADFQ "\"suid\":32,\"tgis\":[[\"" CSE "\"]]"), GBA_E_REG_MEMBER},
        {SKR(ET ADFQ "\"suid\":32," TGIS ",\"ri\":\"x\""),
         GBA_E_REG_MEMBER},
        {SKR(ET ADFQ "\"suid\":32," TGIS ",\"cred\":\"x\""),
         GBA_E_REG_MEMBER},
        {SKR(ET ADFQ "\"suid\":32,\"tgis\":[\"sp.example/x\"]"), GBA_E_M2M_ID},
        {SKR("\"et\":\"tomorrow\"," ADFQ "\"suid\":32," TGIS), GBA_E_TIME},
        {SKR("\"et\":\"20291231T000000\"," ADFQ "\"suid\":32," TGIS), GBA_E_REG_CONTENT},
        {SKR(ET ADFQ "\"suid\":32,\"tgis\":[]"), GBA_E_REG_CONTENT},
        {SKR(ET ADFQ "\"suid\":32,\"tgis\":[\"" CSE "\",\"" OTHER "\"]"),
         GBA_E_REG_CONTENT},
        {SKR(ET ADFQ "\"suid\":22," TGIS), GBA_E_REG_CONTENT},
        {SKR(ET ADFQ "\"suid\":36," TGIS), GBA_E_REG_CONTENT},
        {SKR(ET ADFQ "\"suid\":-1," TGIS), GBA_E_REG_CONTENT},
        {SKR(ET ADFQ "\"suid\":32," TGIS ",\"kv\":\"AAAA\""),
         GBA_E_REG_CONTENT},
        {SKR(ET "\"adfq\":\"else.example\",\"suid\":32," TGIS), GBA_E_REG_ADMIN},
        {SKR(ET "\"adfq\":\"a b\",\"suid\":32," TGIS), GBA_E_REG_CONTENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct m2m_request req = {.op = M2M_CREATE, .to = GBA_LIT("/-"), .from = client.who,
                                  .ty = M2M_TY_SYMM_KEY_REG, .body = gba_view_cstr(rows[i].json)};
        ask(&req);
        T_RC(result.rsp.reason, rows[i].rc);
    }
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
    CU_ASSERT_EQUAL(exports, 0); /* the key of the session is not spent on what is refused */
}

static void type_and_document_agree(void)
{
    struct m2m_request req = {
        .op = M2M_CREATE, .to = GBA_LIT("/-"), .from = client.who, .body = GBA_LIT(KEY_FOR(CSE))};
    static const unsigned types[] = {0, M2M_TY_MAF_CLIENT_REG, 6, 65535};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        req.ty = types[i];
        ask(&req);
        refused(M2M_RSC_BAD_REQUEST, GBA_E_M2M_TYPE);
    }
    req.body = GBA_LIT("{\"sec:mecr\":{\"et\":\"20300101T000000\",\"adfq\":\"mte.example\"}}");
    req.ty = M2M_TY_MEF_CLIENT_REG;
    ask(&req);
    refused(M2M_RSC_NOT_ALLOWED, GBA_E_REG_OPERATION);
}

static void only_targets_get_keys(void)
{
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", KEY_FOR(CSE)), M2M_RSC_CREATED);
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, "/-/" KCID, NULL), M2M_RSC_OK);
    CU_ASSERT(!says("\"kv\"") && says(CSE)); /* its source never gets it back */
    be(OTHER, "");
    go(M2M_RETRIEVE, "/-/" KCID, NULL);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    go(M2M_UPDATE, "/-/" KCID, SKR("\"tgis\":[\"" OTHER "\"]"));
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    go(M2M_DELETE, "/-/" KCID, NULL);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    be("11-km-17@maf.mte.example", "");
    go(M2M_RETRIEVE, "/-/" KCID, NULL);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    be(CSE, "");
    go(M2M_UPDATE, "/-/" KCID, SKR("\"et\":\"20291231T020000\""));
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, "/-/" KCID, NULL), M2M_RSC_OK);
    CU_ASSERT(says(KV) && says("\"suid\":32") && says("\"cr\":\"" AE "\"") && !says("tgis"));
}

/* Who names itself as target is its source still. */
static void source_as_target(void)
{
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", KEY_FOR(AE)), M2M_RSC_CREATED);
    CU_ASSERT(!says("\"kv\""));
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, "/-/" KCID, NULL), M2M_RSC_OK);
    CU_ASSERT(!says("\"kv\""));
}

static void one_export_a_session(void)
{
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", KEY_FOR(CSE)), M2M_RSC_CREATED);
    CU_ASSERT(result.exported);
    go(M2M_CREATE, "/-", KEY_FOR(OTHER));
    refused(M2M_RSC_CONFLICT, GBA_E_REG_TWICE);
    export_rc = GBA_E_REG_TWICE; /* what the owner of the session says from now on */
    CU_ASSERT_EQUAL(go(M2M_DELETE, "/-/" KCID, NULL), M2M_RSC_DELETED);
    go(M2M_CREATE, "/-", KEY_FOR(OTHER));
    refused(M2M_RSC_CONFLICT, GBA_E_REG_TWICE);
    client.export = NULL;
    go(M2M_CREATE, "/-", KEY_FOR(OTHER));
    refused(M2M_RSC_CONTENTS, GBA_E_REG_CONTENT);
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
}

static void store_that_fails(void)
{
    mem.put_fails = GBA_E_DB;
    go(M2M_CREATE, "/-", CLIENT);
    refused(M2M_RSC_INTERNAL, GBA_E_DB);
    go(M2M_CREATE, "/-", KEY_FOR(CSE));
    refused(M2M_RSC_INTERNAL, GBA_E_DB);
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
}

static void changed_records_are_noticed(void)
{
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", KEY_FOR(CSE)), M2M_RSC_CREATED);
    mem.rows[0].record[20] ^= 1;
    be(CSE, "");
    go(M2M_RETRIEVE, "/-/" KCID, NULL);
    refused(M2M_RSC_INTERNAL, GBA_E_SEAL);
}

static void room_too_small(void)
{
    struct m2m_request req = {.op = M2M_RETRIEVE, .to = GBA_LIT("/-"), .from = client.who};
    struct m2m_reg_ask one = {&client, &req};
    gba_writer w = gba_writer_of(body, 8);
    m2m_reg_serve(&reg, &world.env, &one, &w, &result);
    refused(M2M_RSC_CONTENTS, GBA_E_SPACE);
}

/* ---- good cases ---- */

static void base_is_told(void)
{
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, "/-", NULL), M2M_RSC_OK);
    T_BYTES(result.rsp.body, GBA_LIT("{\"sec:mafb\":{\"ty\":1,\"fq\":\"maf.mte.example\"}}"));
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, "//MAF.mte.example/-", NULL), M2M_RSC_OK);
    go(M2M_DELETE, "/-", NULL);
    refused(M2M_RSC_NOT_ALLOWED, GBA_E_REG_OPERATION);
    reg.maf = false;
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, "/-", NULL), M2M_RSC_OK);
    T_BYTES(result.rsp.body, GBA_LIT("{\"sec:mefb\":{\"ty\":2,\"fq\":\"maf.mte.example\"}}"));
}

/* The vector of TS-0003 10.3.5, and the answer word for word. */
static void key_of_the_session(void)
{
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", KEY_FOR(CSE)), M2M_RSC_CREATED);
    T_BYTES(result.rsp.body,
            GBA_LIT("{\"sec:skr\":{\"ty\":5,\"ri\":\"" KCID "\",\"cr\":\"" AE "\",\"ct\":\"20291231T000000\","
                    "\"lt\":\"20291231T000000\"," ET ADFQ "\"suid\":32,"
                    "\"tgis\":[\"" CSE "\"]}}"));
    T_STR(result.rsp.location, "/-/" KCID);
    T_STR(result.rsp.rqi, "r1");
    be(CSE, "");
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, "/-/e138fd1ad070be9690b3035a78c392c9", NULL), M2M_RSC_OK);
    CU_ASSERT(says(KV));
}

static void key_that_is_given(void)
{
    static const char json[] = SKR(ET ADFQ "\"suid\":34,\"tgis\":[\"" CSE
                                   "\",\"" OTHER "\"]," SOME_KEY);
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", json), M2M_RSC_CREATED);
    CU_ASSERT_EQUAL(exports, 0);
    CU_ASSERT(!says("\"kv\"") && !result.exported);
    char to[64] = {0};
    CU_ASSERT_EQUAL_FATAL(result.rsp.location.n, 3 + 32);
    gba_copy(to, result.rsp.location);
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", json), M2M_RSC_CREATED); /* each has its own name */
    CU_ASSERT(!gba_view_eq(result.rsp.location, gba_view_cstr(to)));
    be(OTHER, "");
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, to, NULL), M2M_RSC_OK);
    CU_ASSERT(says("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
}

static void changes_of_a_key(void)
{
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", KEY_FOR(CSE)), M2M_RSC_CREATED);
    static const char *bad[] = {SKR(""), SKR("\"suid\":33"), SKR("\"kv\":null"),
                                SKR("\"adfq\":\"mte.example\""), MACR("\"lbl\":[]")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        go(M2M_UPDATE, "/-/" KCID, bad[i]);
        refused(M2M_RSC_BAD_REQUEST, GBA_E_REG_MEMBER);
    }
    go(M2M_UPDATE, "/-/" KCID, SKR("\"tgis\":[\"" CSE "\",\"" OTHER "\"]"));
    refused(M2M_RSC_CONTENTS, GBA_E_REG_CONTENT);
    CU_ASSERT_EQUAL(go(M2M_UPDATE, "/-/" KCID, SKR("\"tgis\":[\"" OTHER "\"],\"lbl\":[\"x\"]")),
                    M2M_RSC_UPDATED);
    T_BYTES(result.rsp.body, GBA_LIT("{\"sec:skr\":{\"ty\":5,\"ri\":\"" KCID "\",\"lt\":\"20291231T000000\","
                                     "\"lbl\":[\"x\"],\"tgis\":[\"" OTHER "\"]}}"));
    be(CSE, "");
    go(M2M_RETRIEVE, "/-/" KCID, NULL);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    be(OTHER, "");
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, "/-/" KCID, NULL), M2M_RSC_OK);
    CU_ASSERT(says(KV) && says("\"lbl\":[\"x\"]"));
}

static void client_lives(void)
{
    char to[64] = {0};
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", CLIENT), M2M_RSC_CREATED);
    gba_copy(to, result.rsp.location);
    CU_ASSERT(says("\"cr\":\"" AE "\"") && says("\"lbl\":[\"meter\"]") && says("\"aski\":\"km-"));
    CU_ASSERT(!says(KEID));
    CU_ASSERT(gba_view_ends(gba_text_view(&result.alias), GBA_LIT("@maf.mte.example")));
    gba_text kmid = result.alias;
    go(M2M_CREATE, "/-", CLIENT);
    refused(M2M_RSC_CONFLICT, GBA_E_REG_TWICE);
    T_STR(result.rsp.location, to); /* so that a client that lost its state finds it */
    CU_ASSERT_EQUAL(go(M2M_RETRIEVE, to, NULL), M2M_RSC_OK);
    CU_ASSERT(says(kmid.s));
    CU_ASSERT_EQUAL(go(M2M_UPDATE, to, MACR("\"lbl\":null")), M2M_RSC_UPDATED);
    CU_ASSERT(says("\"lbl\":[]") && !says("aski") && result.alias.n == 0);
    be(OTHER, "");
    go(M2M_DELETE, to, NULL);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    be(AE, kmid.s);
    CU_ASSERT_EQUAL(go(M2M_DELETE, to, NULL), M2M_RSC_DELETED);
    go(M2M_RETRIEVE, to, NULL);
    refused(M2M_RSC_NOT_FOUND, GBA_E_REG_ABSENT);
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
}

/* Only a Km that came under a foreign name gets one of ours; a new Km gets a new one. */
static void names_are_assigned(void)
{
    char to[64] = {0};
    be(AE, "km-17@MAF.mte.example");
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", CLIENT), M2M_RSC_CREATED);
    CU_ASSERT(result.alias.n == 0 && !says("aski"));
    gba_copy(to, result.rsp.location);
    be(AE, "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.example");
    CU_ASSERT_EQUAL(go(M2M_UPDATE, to, MACR("\"et\":\"20300102T000000\"")), M2M_RSC_UPDATED);
    CU_ASSERT(result.alias.n > 0 && says(result.alias.s) && says("\"et\":\"20300102T000000\""));
    gba_text first = result.alias;
    be(AE, KEID);
    CU_ASSERT_EQUAL(go(M2M_UPDATE, to, MACR("\"lbl\":[\"a\"]")), M2M_RSC_UPDATED);
    CU_ASSERT(result.alias.n > 0 && !gba_text_eq(&first, &result.alias));
    be(AE, "");
    CU_ASSERT_EQUAL(go(M2M_UPDATE, to, MACR("\"lbl\":[\"b\"]")), M2M_RSC_UPDATED);
    CU_ASSERT_EQUAL(result.alias.n, 0);
    reg.maf = false;
    be(CSE, KEID);
    struct m2m_request req = {
        .op = M2M_CREATE,
        .to = GBA_LIT("/-"),
        .from = client.who,
        .ty = M2M_TY_MEF_CLIENT_REG,
        .body = GBA_LIT("{\"sec:mecr\":{\"et\":\"20300101T000000\",\"adfq\":\"mte.example\"}}"),
    };
    CU_ASSERT_EQUAL(ask(&req), M2M_RSC_CREATED);
    CU_ASSERT_EQUAL(result.alias.n, 0);
}

/* Kc <= Km <= Ke: what is registered ends with the credential, at the latest. */
static void nothing_outlives_its_credential(void)
{
    client.until_s = gba_env_now_s(&world.env) + 600;
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", KEY_FOR(CSE)), M2M_RSC_CREATED);
    CU_ASSERT(says("\"et\":\"20291231T001000\""));
    go(M2M_UPDATE, "/-/" KCID, SKR("\"et\":\"20291231T003000\""));
    CU_ASSERT(says("\"et\":\"20291231T001000\""));
    client.until_s = INT64_MAX;
    go(M2M_UPDATE, "/-/" KCID, SKR("\"et\":\"20400101T000000\""));
    CU_ASSERT(says("\"et\":\"20300101T000000\"")); /* max_key_s */
    client.until_s = gba_env_now_s(&world.env);
    go(M2M_CREATE, "/-", CLIENT);
    refused(M2M_RSC_NOT_FOUND, GBA_E_REG_EXPIRED);
}

static void expiry_and_sweep(void)
{
    size_t n = 0;
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", CLIENT), M2M_RSC_CREATED);
    char to[64] = {0};
    gba_copy(to, result.rsp.location);
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", KEY_FOR(CSE)), M2M_RSC_CREATED);
    for (int i = 0; i < 90; i++)
        CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", SKR(ET ADFQ "\"suid\":35,"
                                                 "" TGIS ","
                                                 SOME_KEY)),
                        M2M_RSC_CREATED);
    world.env.now_ms += 3599 * 1000;
    T_OK(m2m_reg_sweep(&reg, &world.env, &n));
    CU_ASSERT_EQUAL(n, 0);
    world.env.now_ms += 1000;
    be(CSE, "");
    go(M2M_RETRIEVE, "/-/" KCID, NULL);
    refused(M2M_RSC_NOT_FOUND, GBA_E_REG_EXPIRED);
    T_OK(m2m_reg_sweep(&reg, &world.env, &n));
    CU_ASSERT_EQUAL(n, 91);
    CU_ASSERT_EQUAL(memdb_count(&mem), 1);
    world.env.now_ms += INT64_C(86400) * 1000;
    be(AE, KEID);
    go(M2M_RETRIEVE, to, NULL);
    refused(M2M_RSC_NOT_FOUND, GBA_E_REG_EXPIRED);
    CU_ASSERT_EQUAL(go(M2M_CREATE, "/-", MACR("\"et\":\"20300108T000000\",\"adfq\":\"mte.example\"")),
                    M2M_RSC_CREATED);
}

static CU_TestInfo hostile[] = {
    {"4107: nothing without a security association", without_association},
    {"4106: From is the identity that was proven", origin_is_proven},
    {"paths that lead nowhere", paths_that_lead_nowhere},
    {"documents that are refused keep nothing", documents_that_are_refused},
    {"resource type and document agree", type_and_document_agree},
    {"only targets get keys, and sources change them", only_targets_get_keys},
    {"a source that is its own target", source_as_target},
    {"one exported key a session", one_export_a_session},
    {"a store that fails", store_that_fails},
    {"a changed record is noticed", changed_records_are_noticed},
    {"an answer without room", room_too_small},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo good[] = {
    {"the base", base_is_told},
    {"the key of the session", key_of_the_session},
    {"a key that is given", key_that_is_given},
    {"changes of a key registration", changes_of_a_key},
    {"life of a client registration", client_lives},
    {"names that the MAF assigns", names_are_assigned},
    {"nothing outlives its credential", nothing_outlives_its_credential},
    {"expiry and sweep", expiry_and_sweep},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, setup, NULL, hostile},
        {"good", NULL, NULL, setup, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
