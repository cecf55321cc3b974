/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/peer.h"

#include "m2m/zn.h"
#include "tests/lib/fakes.h"
#include "tests/lib/memdb.h"
#include "tests/lib/tap.h"

#define AE "//sp.example/S98821"
#define BODY "{\"m2m:ae\":{\"api\":\"Nk836-t071-fc022\",\"rr\":false,\"srv\":[\"3\"]}}"

static struct fake_world world;
static struct memdb mem;
static struct m2m_peer peer;
static struct m2m_assoc assoc;
static uint8_t memory[4096];
static struct m2m_response rsp;

static void setup(const char *self, const char *who)
{
    fake_world_init(&world);
    memdb_init(&mem);
    peer = (struct m2m_peer){.vault = mem.vault};
    T_OK(m2m_id_parse(gba_view_cstr(self), &peer.self));
    assoc = (struct m2m_assoc){.use = M2M_ASSOC_KPSA, .until_s = INT64_MAX};
    T_OK(gba_text_set(&assoc.who, gba_view_cstr(who)));
    T_OK(gba_text_set(&assoc.credential, GBA_LIT("12-psa-17@mte.example")));
}

static void ask_over(const struct m2m_assoc *over, enum m2m_op op, const char *to, const char *from,
                     const char *body)
{
    gba_writer room = gba_writer_of(memory, sizeof memory);
    struct m2m_request req = {.op = op,
                              .to = gba_view_cstr(to),
                              .from = gba_view_cstr(from),
                              .rqi = GBA_LIT("r1"),
                              .ty = body ? 2 : 0,
                              .body = gba_view_cstr(body)};
    m2m_peer_serve(&peer, &world.env, &(struct m2m_peer_ask){over, &req}, &room, &rsp);
    T_STR(rsp.rqi, "r1");
}

static void ask(enum m2m_op op, const char *to, const char *from, const char *body)
{
    ask_over(&assoc, op, to, from, body);
}

static void refused(enum m2m_rsc rsc, gba_rc reason)
{
    CU_ASSERT_EQUAL(rsp.rsc, rsc);
    T_RC(rsp.reason, reason);
    CU_ASSERT_EQUAL(rsp.body.n + rsp.location.n, 0);
}

static void fine(enum m2m_rsc rsc, const char *body)
{
    CU_ASSERT_EQUAL(rsp.rsc, rsc);
    T_OK(rsp.reason);
    T_STR(rsp.body, body);
}

/* ---- hostile first ---- */

/*= TS-0003 7.2.1, TS-0004 7.3 */
static void impersonation(void)
{
    setup("//sp.example/in-cse", AE);
    ask_over(NULL, M2M_RETRIEVE, "/", AE, NULL);
    refused(M2M_RSC_ASSOCIATION_REQUIRED, GBA_E_REG_ASSOCIATION);
    ask_over(NULL, M2M_CREATE, "/-", AE, BODY);
    refused(M2M_RSC_ASSOCIATION_REQUIRED, GBA_E_REG_ASSOCIATION);
    static const char *const others[] = {
        "//sp.example/S98822",    "S98822",          "/S98822", "Ca3e3f3ab", AE "/", "//",
        "//other.example/S98821", "mef.mte.example", "\xff"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ask(M2M_CREATE, "/-", others[i], BODY);
        refused(M2M_RSC_NOT_AUTHENTICATED, GBA_E_REG_ORIGIN);
    }
    ask(M2M_RETRIEVE, "/-", "//sp.example/mn1", NULL);
    refused(M2M_RSC_ASSOCIATION_REQUIRED, GBA_E_REG_ASSOCIATION);
    ask(M2M_RETRIEVE, "/-", "/mn1", NULL);
    refused(M2M_RSC_ASSOCIATION_REQUIRED, GBA_E_REG_ASSOCIATION);
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
}

static void bad_creations(void)
{
    static const struct {
        const char *body;
        gba_rc reason;
    } rows[] = {
        {"", GBA_E_JSON},
        {"{", GBA_E_JSON},
        {"{\"m2m:ae\":{}}", GBA_E_REG_CONTENT},
        {"{\"m2m:ae\":{\"api\":7}}", GBA_E_REG_CONTENT},
        {"{\"m2m:ae\":{\"api\":\"N\"}}", GBA_E_REG_CONTENT},
        {"{\"m2m:ae\":{\"api\":\"xyz\"}}", GBA_E_REG_CONTENT},
        {"{\"m2m:ae\":{\"rr\":true}}", GBA_E_REG_CONTENT},
        {"{\"m2m:cnt\":{\"api\":\"N1\"}}", GBA_E_REG_CONTENT},
    };
    setup("//sp.example/in-cse", AE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(M2M_CREATE, "/-", AE, rows[i].body);
        T_RC(rsp.reason, rows[i].reason);
    }
    ask(M2M_CREATE, "/-", AE, NULL);
    refused(M2M_RSC_BAD_REQUEST, GBA_E_M2M_TYPE);
    ask(M2M_CREATE, "/", AE, BODY);
    refused(M2M_RSC_NOT_ALLOWED, GBA_E_REG_OPERATION);
    ask(M2M_DELETE, "/-", AE, NULL);
    refused(M2M_RSC_NOT_ALLOWED, GBA_E_REG_OPERATION);
    static const char *const nowhere[] = {
        "/x", "/~/mn1", "/~/in-cse2", "//sp.example/in-cse2", "//other/in-cse", "/-x"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        ask(M2M_RETRIEVE, nowhere[i], AE, NULL);
        refused(M2M_RSC_NOT_FOUND, GBA_E_REG_ABSENT);
    }
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
    setup("//sp.example/in-cse", "//sp.example/mn1");
    ask(M2M_CREATE, "/-", "/mn1", BODY);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    setup("//sp.example/S1", AE);
    ask(M2M_CREATE, "/-", AE, BODY);
    refused(M2M_RSC_NOT_ALLOWED, GBA_E_REG_OPERATION);
}

static void foreign_registrations(void)
{
    setup("//sp.example/in-cse", AE);
    ask(M2M_CREATE, "/-", AE, BODY);
    CU_ASSERT_EQUAL(rsp.rsc, M2M_RSC_CREATED);
    T_OK(gba_text_set(&assoc.who, GBA_LIT("//sp.example/S98822")));
    ask(M2M_RETRIEVE, "/-/S98821", "S98822", NULL);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    ask(M2M_DELETE, "/-/S98821", "S98822", NULL);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
    ask(M2M_DELETE, "/-/S98822", "S98822", NULL);
    refused(M2M_RSC_NOT_FOUND, GBA_E_REG_ABSENT);
    CU_ASSERT_EQUAL(memdb_count(&mem), 1);
}

static struct dia_bia bia_of(const char *uss)
{
    struct dia_bia bia = {.result = {.code = DIA_SUCCESS},
                          .has_me_key = true,
                          .has_uicc_key = true,
                          .me_key = {{1}},
                          .uicc_key = {{2}},
                          .has_expiry = true,
                          .expiry_s = 1000};
    if (uss)
        bia.uss_list = gba_view_cstr(uss);
    return bia;
}

static void zn_refusals(void)
{
    struct m2m_zn_want want = {.gsid = GBA_LIT("7")};
    struct m2m_shared got = {0};
    struct dia_bia bia = bia_of(NULL);
    bia.result = (struct dia_result){.experimental = true, .code = DIA_EXP_NOT_AUTHORIZED};
    T_RC(m2m_zn_learn(&want, &bia, &got), GBA_E_NAF_NOT_AUTHORIZED);
    bia.result.code = DIA_EXP_TRANSACTION_IDENTIFIER_INVALID;
    T_RC(m2m_zn_learn(&want, &bia, &got), GBA_E_NAF_BTID_UNKNOWN);
    bia = bia_of(NULL);
    bia.has_me_key = false;
    T_RC(m2m_zn_learn(&want, &bia, &got), GBA_E_NAF_BSF);
    bia = bia_of("<ussList");
    T_RC(m2m_zn_learn(&want, &bia, &got), GBA_E_NAF_USS);
    bia = bia_of(NULL);
    bia.has_uicc_key = false;
    want.uicc = true; /* no fall back to a key of GBA_ME */
    T_RC(m2m_zn_learn(&want, &bia, &got), GBA_E_TARGET_USE);
    CU_ASSERT_EQUAL(got.n, 0);
}

/* ---- good cases ---- */

static void tells(void)
{
    setup("//sp.example/in-cse", AE);
    ask(M2M_RETRIEVE, "/", NULL, NULL);
    fine(M2M_RSC_OK, "{\"self\":\"//sp.example/in-cse\",\"peer\":\"//sp.example/S98821\","
                     "\"credentialID\":\"12-psa-17@mte.example\",\"use\":\"kpsa\"}");
    assoc.until_s = 1798761600;
    assoc.use = M2M_ASSOC_CERT;
    ask(M2M_RETRIEVE, "/", "S98821", NULL);
    CU_ASSERT_TRUE(gba_view_contains(rsp.body, GBA_LIT("\"until\":\"20270101T000000\",\"use\":\"cert\"")));
}

static void registers(void)
{
    static const char *const froms[] = {AE, "/S98821", "S98821", "S", NULL};
    for (size_t i = 0; i < sizeof froms / sizeof *froms; i++) {
        setup("//sp.example/in-cse", AE);
        ask(M2M_CREATE, i % 2 ? "/~/in-cse" : "//sp.example/in-cse", froms[i], BODY);
        fine(M2M_RSC_CREATED, "{\"m2m:ae\":{\"ty\":2,\"ri\":\"S98821\",\"aei\":\"//sp.example/S98821\","
                              "\"api\":\"Nk836-t071-fc022\"}}");
        T_STR(rsp.location, "/~/in-cse/S98821");
        ask(M2M_CREATE, "/-", AE, BODY);
        refused(M2M_RSC_CONFLICT, GBA_E_REG_TWICE);
        ask(M2M_RETRIEVE, "/~/in-cse/-/S98821", AE, NULL);
        CU_ASSERT_EQUAL(rsp.rsc, M2M_RSC_OK);
        ask(M2M_DELETE, "/-/S98821", AE, NULL);
        fine(M2M_RSC_DELETED, "");
        CU_ASSERT_EQUAL(memdb_count(&mem), 0);
    }
}

/* Who is known by a credential only gets the same AE-ID each time. */
static void registers_by_credential(void)
{
    gba_text aei;
    setup("//sp.example/in-cse", "12-psa-17@mte.example");
    ask(M2M_CREATE, "/-", "C", BODY);
    CU_ASSERT_EQUAL(rsp.rsc, M2M_RSC_CREATED);
    T_OK(gba_text_set(&aei, gba_view_sub(rsp.location, sizeof "/~/in-cse/" - 1, 255)));
    CU_ASSERT_EQUAL(aei.n, 17);
    CU_ASSERT_EQUAL(aei.s[0], 'C');
    ask(M2M_RETRIEVE, "/-", aei.s, NULL);
    fine(M2M_RSC_OK, "{\"m2m:cb\":{\"ty\":5,\"csi\":\"/in-cse\"}}");
    ask(M2M_RETRIEVE, "/-", AE, NULL);
    refused(M2M_RSC_NOT_AUTHENTICATED, GBA_E_REG_ORIGIN);
    ask(M2M_DELETE, rsp.body.n ? "" : "/-/S1", aei.s, NULL);
    refused(M2M_RSC_NO_PRIVILEGE, GBA_E_REG_PRIVILEGE);
}

static void base_of_an_ae(void)
{
    setup("//sp.example/S1", AE);
    ask(M2M_RETRIEVE, "/-", AE, NULL);
    fine(M2M_RSC_OK, "{\"m2m:ae\":{\"ty\":2,\"aei\":\"/S1\"}}");
}

static void bound_by_keys(void)
{
    struct m2m_shared key = {.use = M2M_USE_KPSA, .until_s = 5};
    T_OK(gba_text_set(&key.id, GBA_LIT("psa-17@mte.example")));
    T_OK(m2m_assoc_of_key(&key, &assoc));
    T_STR(gba_text_view(&assoc.who), "12-psa-17@mte.example");
    CU_ASSERT_EQUAL(assoc.use, M2M_ASSOC_KPSA);
    CU_ASSERT_EQUAL(assoc.until_s, 5);
    key.use = M2M_USE_KC;
    T_OK(gba_text_set(&key.cred, GBA_LIT("11-km-17@maf.mte.example")));
    T_OK(m2m_assoc_of_key(&key, &assoc));
    T_STR(gba_text_view(&assoc.who), "11-km-17@maf.mte.example");
    CU_ASSERT_EQUAL(assoc.use, M2M_ASSOC_KC);
    key.suite = 0xae;
    T_OK(m2m_id_parse(GBA_LIT(AE), &key.peer));
    T_OK(m2m_assoc_of_key(&key, &assoc));
    T_STR(gba_text_view(&assoc.who), AE);
    CU_ASSERT_STRING_EQUAL(m2m_assoc_use_name(assoc.use), "naf");
}

#define USS(id, uids, key) "<uss id=\"" id "\" type=\"1\"><uids>" uids "</uids>" key "</uss>"
#define UID(text) "<uid>" text "</uid>"

static void zn_keys(void)
{
    struct m2m_zn_want want = {.gsid = GBA_LIT("7")};
    struct m2m_shared got = {0};
    struct dia_bia bia = bia_of("<ussList>" USS("8", UID("//sp.example/S1"), "") USS(
        "7", UID("sip:a@b.example") UID("host.example") UID(AE) UID("//sp.example/S2"), "") "</ussList>");
    T_OK(m2m_zn_learn(&want, &bia, &got));
    CU_ASSERT_EQUAL(got.n, 32);
    CU_ASSERT_EQUAL(got.key[0], 1);
    CU_ASSERT_EQUAL(got.until_s, 1000);
    T_STR(gba_text_view(&got.peer.text), AE);
    want.uicc = true;
    T_OK(m2m_zn_learn(&want, &bia, &got));
    CU_ASSERT_EQUAL(got.key[0], 2);
    gba_wipe(&got);
    bia.uss_list = (gba_view){NULL, 0};
    T_OK(m2m_zn_learn(&want, &bia, &got));
    CU_ASSERT_EQUAL(got.peer.text.n, 0);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"nobody speaks for another", impersonation},
        {"creations that are refused", bad_creations},
        {"others' registrations", foreign_registrations},
        {"answers of a BSF that are no use", zn_refusals},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"an association tells of itself", tells},
        {"an AE registers", registers},
        {"a credential registers", registers_by_credential},
        {"an AE at this end", base_of_an_ae},
        {"bound by keys", bound_by_keys},
        {"keys of a BSF, and whose they are", zn_keys},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"hostile", NULL, NULL, NULL, NULL, hostile},
                             {"good", NULL, NULL, NULL, NULL, good},
                             CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
