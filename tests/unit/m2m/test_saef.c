/* SPDX-License-Identifier: Apache-2.0 */
/* Entity A: what is asked of a MAF, whose answers are believed, which key goes where. */
#include "gba/wire/http_msg.h"
#include "m2m/saef.h"
#include "tests/lib/tap.h"

enum { NOW = 1800000000, HOUR = 3600 };

#define KCID "E138FD1AD070BE9690B3035A78C392C9"
#define KEY_REG(ri, suid)                                                                                    \
    "{\"sec:skr\":{\"ty\":5,\"ri\":\"" ri "\",\"et\":\"20270115T083000\",\"suid\":" #suid "}}"
static const int64_t until = 1800001800; /* 20270115T083000 */

static struct m2m_keyring ring;
static struct m2m_saef_conf conf;
static struct m2m_saef run;
static struct m2m_saef_order order;
static uint8_t exported[M2M_EXPORT_N];

static struct m2m_id id_of(const char *s)
{
    struct m2m_id id;
    T_OK(m2m_id_parse(gba_view_cstr(s), &id));
    return id;
}

static void have(const char *target, enum m2m_link_from from, enum m2m_key_use use, const char *id)
{
    struct m2m_link link = {
        .target = id_of(target), .from = from, .use = use, .key = {7}, .key_n = 32, .until_s = NOW + HOUR};
    T_OK(gba_text_set(&link.id, gba_view_cstr(id)));
    T_OK(m2m_keyring_keep(&ring, &link, NOW));
}

static void prepare(enum m2m_saef_way way, const char *target)
{
    gba_wipe(&ring);
    conf = (struct m2m_saef_conf){.way = way,
                                  .self = id_of("//sp.example/S98821"),
                                  .target = id_of(target),
                                  .maf = id_of("maf.mte.example"),
                                  .lifetime_s = 24 * HOUR};
    T_OK(gba_text_set(&conf.admin, GBA_LIT("mte.example")));
    have("maf.mte.example", M2M_FROM_PPSK, M2M_USE_KM, "00112233445566778899AABBCCDDEEFF@mef.mte.example");
    gba_copy(exported, t_hex(KCID));
    gba_copy(exported + 16, t_hex("0548321038fb3e25a09939877bd7df8a06571d43fc35512e7670b85b0c0b75ef"));
}

static enum m2m_saef_order_kind step(struct m2m_saef_event event)
{
    gba_env env = {.now_ms = (int64_t)NOW * 1000};
    m2m_saef_step(&run, &env, &event, &order);
    return order.kind;
}

static enum m2m_saef_order_kind begin(void)
{
    m2m_saef_init(&run, &conf, &ring);
    return step((struct m2m_saef_event){.kind = M2M_SAEF_START});
}

static enum m2m_saef_order_kind opened(void)
{
    return step((struct m2m_saef_event){.kind = M2M_SAEF_OPENED, .exported = exported});
}

static enum m2m_saef_order_kind kept(void)
{
    return step((struct m2m_saef_event){.kind = M2M_SAEF_KEPT});
}

static enum m2m_saef_order_kind answered(const char *rsc, const char *body)
{
    struct gba_http_msg rsp = {.status = 200, .body = gba_view_cstr(body)};
    if (rsc)
        T_OK(gba_http_field_add(&rsp, GBA_LIT("X-M2M-RSC"), gba_view_cstr(rsc)));
    return step((struct m2m_saef_event){.kind = M2M_SAEF_ANSWERED, .response = &rsp});
}

static void refused(gba_rc reason)
{
    CU_ASSERT_EQUAL(order.kind, M2M_SAEF_DONE);
    T_RC(order.reason, reason);
}

/* ---- what is refused ---- */

static void other_registrar(void) /* I11 */
{
    prepare(M2M_SAEF_CERT, "//sp.example/mn1");
    conf.registrar = id_of("//sp.example/in-cse");
    begin();
    refused(GBA_E_ENROL_REGISTRAR);
}

static void without_keys(void)
{
    prepare(M2M_SAEF_KEY, "//sp.example/in-cse");
    begin();
    refused(GBA_E_ENROL_NONE);
    have("//sp.example/in-cse", M2M_FROM_PPSK, M2M_USE_KPSA,
         "00112233445566778899AABBCCDDEEFF@mef.mte.example");
    ring.links[1].until_s = NOW;
    begin();
    refused(GBA_E_ENROL_EXPIRED);
    ring.links[0].until_s = NOW; /* towards the MAF */
    conf.way = M2M_SAEF_KC;
    begin();
    refused(GBA_E_ENROL_EXPIRED);
}

static void to_key_registration(void)
{
    prepare(M2M_SAEF_KC, "//sp.example/in-cse");
    T_OK(gba_text_set(&ring.links[0].alias, GBA_LIT("km-17@maf.mte.example")));
    begin();
    CU_ASSERT_EQUAL_FATAL(opened(), M2M_SAEF_SEND);
}

static void bad_answers(void)
{
    static const struct {
        const char *rsc, *body;
        gba_rc reason;
    } bad[] = {
        {"4103", "", GBA_E_ENROL_REFUSED},
        {"4105", "", GBA_E_ENROL_REFUSED},
        {NULL, KEY_REG(KCID, 32), GBA_E_M2M_ANSWER},
        {"2001", "", GBA_E_M2M_ANSWER},
        {"2001", "{\"sec:macr\":{}}", GBA_E_M2M_ANSWER},
        {"2001", "{\"sec:skr\":{\"ri\":\"" KCID "\"}}", GBA_E_M2M_ANSWER},
        {"2001", KEY_REG("E138FD1AD070BE9690B3035A78C392C8", 32), GBA_E_ENROL_KC},
        {"2001", KEY_REG(KCID, 33), GBA_E_ENROL_KC},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        to_key_registration();
        answered(bad[i].rsc, bad[i].body);
        refused(bad[i].reason);
        CU_ASSERT_PTR_NULL(m2m_keyring_find(&ring, &conf.target, true));
    }
}

static void unasked_events(void)
{
    prepare(M2M_SAEF_KEY, "maf.mte.example");
    m2m_saef_init(&run, &conf, &ring);
    opened();
    refused(GBA_E_BUG);
    begin();
    kept();
    refused(GBA_E_BUG);
    begin();
    step((struct m2m_saef_event){.kind = M2M_SAEF_OPENED, .rc = GBA_E_TLS_ALERT});
    refused(GBA_E_TLS_ALERT);
}

/* ---- what is done ---- */

static void with_a_maf(void) /* F8, F15 */
{
    prepare(M2M_SAEF_KEY, "maf.mte.example");
    CU_ASSERT_EQUAL(begin(), M2M_SAEF_OPEN);
    CU_ASSERT_FALSE(order.to_maf);
    T_STR(gba_text_view(m2m_link_identity(order.link)), "00112233445566778899AABBCCDDEEFF@mef.mte.example");
    CU_ASSERT_EQUAL(opened(), M2M_SAEF_SEND);
    CU_ASSERT_EQUAL(order.request.ty, 3);
    T_STR(order.request.body,
          "{\"sec:macr\":{\"ty\":3,\"et\":\"20270115T090000\",\"adfq\":\"mte.example\"}}");
    CU_ASSERT_EQUAL(answered("2001", "{\"sec:macr\":{\"ty\":3,\"aski\":\"KM-17@maf.mte.example\"}}"),
                    M2M_SAEF_KEEP);
    CU_ASSERT_EQUAL(kept(), M2M_SAEF_SEND);
    CU_ASSERT_EQUAL(order.request.op, M2M_RETRIEVE);
    T_STR(order.request.to, "/-");
    answered(NULL, "");
    refused(GBA_OK);
    begin(); /* now by the name that the MAF gave */
    T_STR(gba_text_view(m2m_link_identity(order.link)), "km-17@maf.mte.example");
    opened();
    CU_ASSERT_EQUAL(order.request.op, M2M_RETRIEVE);
}

static void registered_before(void)
{
    prepare(M2M_SAEF_KEY, "maf.mte.example");
    begin();
    opened();
    CU_ASSERT_EQUAL(answered("4105", ""), M2M_SAEF_SEND);
    CU_ASSERT_EQUAL(order.request.op, M2M_RETRIEVE);
}

static void imported(void) /* B14 */
{
    prepare(M2M_SAEF_KEY, "maf.mte.example");
    ring.links[0].from = M2M_FROM_IMPORT;
    begin();
    opened();
    CU_ASSERT_EQUAL(order.request.op, M2M_RETRIEVE); /* its KmId is known */
}

static void by_kc(void) /* F9, F10 */
{
    to_key_registration();
    CU_ASSERT_EQUAL(order.request.ty, 5);
    T_STR(order.request.to, "/-");
    T_STR(order.request.from, "//sp.example/S98821");
    T_STR(order.request.body,
          "{\"sec:skr\":{\"ty\":5,\"et\":\"20270115T090000\",\"adfq\":\"mte.example\",\"suid\":32,"
          "\"tgis\":[\"//sp.example/in-cse\"]}}");
    CU_ASSERT_EQUAL(answered("2001", KEY_REG(KCID, 32)), M2M_SAEF_KEEP);
    struct m2m_link *kc = m2m_keyring_find(&ring, &conf.target, true);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kc);
    CU_ASSERT_EQUAL(kc->until_s, until);
    CU_ASSERT_EQUAL(kept(), M2M_SAEF_OPEN);
    CU_ASSERT_FALSE(order.to_maf);
    T_STR(gba_text_view(m2m_link_identity(order.link)), KCID "@maf.mte.example");
    T_BYTES(gba_view_of(order.link->key, order.link->key_n), gba_view_of(exported + 16, 32));
    CU_ASSERT_EQUAL(opened(), M2M_SAEF_SEND);
    answered(NULL, "");
    refused(GBA_OK);
    CU_ASSERT_EQUAL(begin(), M2M_SAEF_OPEN); /* again without the MAF */
    CU_ASSERT_FALSE(order.to_maf);
    kc->until_s = NOW;
    CU_ASSERT_EQUAL(begin(), M2M_SAEF_OPEN);
    CU_ASSERT_TRUE(order.to_maf);
}

static void by_certificate(void) /* F12 */
{
    prepare(M2M_SAEF_CERT, "//sp.example/in-cse");
    conf.registrar = conf.target;
    CU_ASSERT_EQUAL(begin(), M2M_SAEF_OPEN);
    CU_ASSERT_PTR_NULL(order.link);
    opened();
    CU_ASSERT_EQUAL(order.request.op, M2M_RETRIEVE);
    gba_wipe(&ring);
    conf.way = M2M_SAEF_KC; /* the MAF too */
    conf.maf_by_cert = true;
    CU_ASSERT_EQUAL(begin(), M2M_SAEF_OPEN);
    CU_ASSERT_TRUE(order.to_maf);
    CU_ASSERT_PTR_NULL(order.link);
    opened();
    CU_ASSERT_EQUAL(order.request.ty, 5);
}

static CU_TestInfo refusals[] = {
    {"another Registrar", other_registrar},
    {"no key, or an expired one", without_keys},
    {"bad answers of a MAF", bad_answers},
    {"events that nobody waits for, failed handshakes", unasked_events},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo good[] = {
    {"with a MAF, by KeId and then by KmId", with_a_maf},
    {"with a MAF that knows us", registered_before},
    {"with an imported key", imported},
    {"by Kc", by_kc},
    {"by certificate", by_certificate},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"association refused", NULL, NULL, NULL, NULL, refusals},
        {"association", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
