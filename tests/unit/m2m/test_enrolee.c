/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolees: what they refuse, what they keep, when they enrol again. */
#include "m2m/enrolee.h"
#include "tests/lib/tap.h"

enum { NOW = 1800000000 };

static const char relative[] = "EE7182D4F21CEBA6F85E3A786C70A218";
static struct m2m_keyring ring;
static struct m2m_enrolee conf;
static struct m2m_enrol run;
static struct m2m_enrol_order order;
static uint8_t exported[M2M_EXPORT_N], text[M2M_KEYRING_TEXT_MAX];

static void no_random(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    (void)out;
    (void)n;
    CU_FAIL("nothing here is random");
}

static gba_env at(int64_t now_s)
{
    return (gba_env){.now_ms = now_s * 1000, .random = no_random};
}

static struct m2m_id id_of(const char *s)
{
    struct m2m_id id;
    T_OK(m2m_id_parse(gba_view_cstr(s), &id));
    return id;
}

/* Ke is 00 01 .. 1f (the fact sheet's vectors V3), expiry three seconds. */
static void instructions(enum m2m_framework framework, const char *target)
{
    gba_wipe(&ring);
    conf = (struct m2m_enrolee){.target = id_of(target), .framework = framework, .expiry_s = 3};
    T_OK(gba_text_set(&conf.mef, GBA_LIT("mef.mte.example")));
    gba_copy(exported, t_hex(relative));
    for (uint8_t i = 0; i < 32; i++)
        exported[16 + i] = i;
    m2m_enrol_init(&run, &conf);
}

static enum m2m_enrol_order_kind step(int64_t now_s, struct m2m_enrol_event event)
{
    gba_env env = at(now_s);
    event.ring = &ring;
    m2m_enrol_step(&run, &env, &event, &order);
    return order.kind;
}

static enum m2m_enrol_order_kind begin(int64_t now_s)
{
    m2m_enrol_init(&run, &conf);
    return step(now_s, (struct m2m_enrol_event){.kind = M2M_ENROL_START});
}

static enum m2m_enrol_order_kind handshaken(int64_t now_s, gba_rc rc)
{
    return step(now_s,
                (struct m2m_enrol_event){.kind = M2M_ENROL_HANDSHAKEN, .rc = rc, .exported = exported});
}

static void keep(int64_t now_s)
{
    CU_ASSERT_EQUAL_FATAL(order.kind, M2M_ENROL_KEEP);
    T_OK(m2m_keyring_keep(&ring, &run.link, now_s));
    CU_ASSERT_EQUAL(step(now_s, (struct m2m_enrol_event){.kind = M2M_ENROL_KEPT}), M2M_ENROL_DONE);
    T_RC(order.reason, GBA_OK);
}

static void enrol(int64_t now_s)
{
    CU_ASSERT_EQUAL(begin(now_s), M2M_ENROL_HANDSHAKE);
    handshaken(now_s, GBA_OK);
    keep(now_s);
}

static void refused(gba_rc reason)
{
    CU_ASSERT_EQUAL(order.kind, M2M_ENROL_DONE);
    T_RC(order.reason, reason);
    CU_ASSERT_EQUAL(run.link.key_n, 0);
    CU_ASSERT_EQUAL(run.link.ke.b[1], 0);
}

/* ---- what is refused ---- */

static void without_target(void) /* B1 */
{
    instructions(M2M_PPSK, "maf.mte.example");
    gba_wipe(&conf.target);
    begin(NOW);
    refused(GBA_E_ENROL_NONE);
}

static void failed_handshake(void) /* C3, B3 */
{
    instructions(M2M_CERT, "maf.mte.example");
    conf.token = true;
    begin(NOW);
    handshaken(NOW, GBA_E_CERT_PATH); /* nothing was presented */
    refused(GBA_E_CERT_PATH);
}

static void refused_token(void) /* B11, D14 */
{
    static const struct {
        unsigned status;
        gba_rc reason;
    } answers[] = {{403, GBA_E_TOKEN}, {409, GBA_E_RSPF}, {500, GBA_E_MEF_ANSWER}, {302, GBA_E_MEF_ANSWER}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        instructions(M2M_CERT, "maf.mte.example");
        conf.token = true;
        begin(NOW);
        CU_ASSERT_EQUAL(handshaken(NOW, GBA_OK), M2M_ENROL_PRESENT);
        step(NOW, (struct m2m_enrol_event){.kind = M2M_ENROL_PRESENTED, .status = answers[i].status});
        refused(answers[i].reason);
    }
}

static void unasked_events(void)
{
    instructions(M2M_PPSK, "maf.mte.example");
    handshaken(NOW, GBA_OK);
    refused(GBA_E_BUG);
    begin(NOW);
    step(NOW, (struct m2m_enrol_event){.kind = M2M_ENROL_KEPT});
    refused(GBA_E_BUG);
    handshaken(NOW, GBA_OK);
    refused(GBA_E_BUG);
}

static void store_fails(void)
{
    instructions(M2M_PPSK, "maf.mte.example");
    begin(NOW);
    handshaken(NOW, GBA_OK);
    step(NOW, (struct m2m_enrol_event){.kind = M2M_ENROL_KEPT, .rc = GBA_E_FILE});
    refused(GBA_E_FILE);
}

static struct m2m_enrol_event bootstrapped(bool in_card)
{
    return (struct m2m_enrol_event){.kind = M2M_ENROL_BOOTSTRAPPED,
                                    .btid = GBA_LIT("I1U8vpY3qJ0hiuZNrke/NQ==@bsf.sp.example"),
                                    .until_s = NOW + 60,
                                    .in_card = in_card};
}

static void key_outside_the_uicc(void) /* E14 */
{
    instructions(M2M_GBA, "maf.mte.example");
    conf.client_in_uicc = true;
    begin(NOW);
    step(NOW, bootstrapped(false));
    refused(GBA_E_ENROL_UICC);
}

/* ---- what is made ---- */

static const struct {
    const char *target, *fqdn, *key;
    unsigned suid;
    enum m2m_key_use use;
} derived[] = {
    {"maf.mte.example", "maf.mte.example", "cf190f760384d4961e87cf0af875d74546d9cedcb61453632278bae184392b96",
     0, M2M_USE_KM},
    {"//sp.example/in-cse", "in-cse.sp.example",
     "98a27181095eebeb358b67fbd13655c39cdcea53792c925acbfee3ada2085ef4", 0, M2M_USE_KPSA},
    {"maf.mte.example", "maf.mte.example", "b50fff9673a3be4e1de4369ee16f25edfc40ef063d192a7c4d9b717878ae782c",
     21, M2M_USE_KM},
    {"//sp.example/in-cse", "in-cse.sp.example",
     "0b2f4cf183d559cf955af5bdd49c661dba74e5ed2ca53c708151f0516acdace2", 22, M2M_USE_KPSA},
};

static void keys_of_targets(void) /* B15, C5, C8, F1, F2 */
{
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        instructions(i % 2 ? M2M_CERT : M2M_PPSK, derived[i].target);
        conf.suid = derived[i].suid;
        T_OK(gba_text_set(&conf.target_fqdn, gba_view_cstr(derived[i].fqdn)));
        enrol(NOW);
        T_STR(gba_text_view(&run.link.id), "EE7182D4F21CEBA6F85E3A786C70A218@mef.mte.example");
        T_BYTES(gba_view_of(run.link.key, run.link.key_n), t_hex(derived[i].key));
        CU_ASSERT_EQUAL(run.link.use, derived[i].use);
        CU_ASSERT_FALSE(order.reused);
    }
}

static void with_token(void)
{
    static const char want[] = "{\"enrolmentToken\":\"AAECAw\",\"rspf\":[\"cert\"]}";
    instructions(M2M_CERT, "maf.mte.example");
    conf.token = true;
    begin(NOW);
    CU_ASSERT_EQUAL(handshaken(NOW, GBA_OK), M2M_ENROL_PRESENT);
    gba_writer w = gba_writer_of(text, sizeof text);
    m2m_enrol_token_put(&conf, GBA_LIT("AAECAw"), &w);
    T_STR(gba_writer_view(&w), want);
    step(NOW, (struct m2m_enrol_event){.kind = M2M_ENROL_PRESENTED, .status = 200});
    keep(NOW);
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_HANDSHAKE); /* another one came */
    conf.token = false;
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_DONE);
}

static void by_gba(void) /* B4, E4, E5 */
{
    instructions(M2M_GBA, "//sp.example/in-cse");
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_BOOTSTRAP);
    CU_ASSERT_FALSE(order.fresh);
    step(NOW, bootstrapped(false));
    keep(NOW);
    CU_ASSERT_EQUAL(run.link.key_n, 0);
    CU_ASSERT_EQUAL(run.link.until_s, NOW + 60);
    conf.client_in_uicc = conf.fresh = true;
    begin(NOW);
    CU_ASSERT_TRUE(order.fresh);
    step(NOW, bootstrapped(true));
    keep(NOW);
}

/* ---- reuse ---- */

static void life_of_a_key(void) /* A13, B2 */
{
    instructions(M2M_PPSK, "maf.mte.example");
    CU_ASSERT_STRING_EQUAL(m2m_enrol_state(m2m_link_check(m2m_keyring_find(&ring, &conf.target, false), NOW)),
                           "unenrolled");
    enrol(NOW);
    struct m2m_link *link = m2m_keyring_find(&ring, &conf.target, false);
    CU_ASSERT_STRING_EQUAL(m2m_enrol_state(m2m_link_check(link, NOW + 2)), "enrolled");
    CU_ASSERT_EQUAL(begin(NOW + 2), M2M_ENROL_DONE);
    CU_ASSERT_TRUE(order.reused);
    T_BYTES(GBA_ARRAY(run.link.key), GBA_ARRAY(link->key));
    CU_ASSERT_STRING_EQUAL(m2m_enrol_state(m2m_link_check(link, NOW + 3)), "expired");
    CU_ASSERT_EQUAL(begin(NOW + 3), M2M_ENROL_HANDSHAKE);
}

static void other_instructions(void)
{
    instructions(M2M_PPSK, "maf.mte.example");
    enrol(NOW);
    conf.fresh = true;
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_HANDSHAKE);
    conf.fresh = false;
    conf.suid = 21;
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_HANDSHAKE);
    conf.suid = 0;
    conf.framework = M2M_CERT;
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_HANDSHAKE);
    conf.framework = M2M_PPSK;
    T_OK(gba_text_set(&conf.mef, GBA_LIT("mef2.mte.example")));
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_HANDSHAKE);
    T_OK(gba_text_set(&conf.mef, GBA_LIT("mef.mte.example")));
    conf.target = id_of("maf2.mte.example");
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_HANDSHAKE);
    conf.target = id_of("maf.mte.example");
    CU_ASSERT_EQUAL(begin(NOW), M2M_ENROL_DONE);
}

static CU_TestInfo refusals[] = {
    {"nothing is made without a target", without_target},
    {"a failed handshake leaves nothing", failed_handshake},
    {"a refused token leaves nothing", refused_token},
    {"events that nobody waits for", unasked_events},
    {"a store that fails leaves nothing", store_fails},
    {"a key outside of the UICC is not taken", key_outside_the_uicc},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo good[] = {
    {"keys and names for each kind of target", keys_of_targets},
    {"with a token", with_token},
    {"with GBA", by_gba},
    {"unenrolled, enrolled, expired", life_of_a_key},
    {"other instructions mean another enrolment", other_instructions},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"enrolment refused", NULL, NULL, NULL, NULL, refusals},
        {"enrolment", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
