/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/target.h"

#include "tests/lib/fakes.h"
#include "tests/lib/memdb.h"
#include "tests/lib/tap.h"

#define HEXID "EE7182D4F21CEBA6F85E3A786C70A218"
#define LOWID "ee7182d4f21ceba6f85e3a786c70a218"
#define KEID HEXID "@mef.mte.example"
#define KCID HEXID "@maf.mte.example"
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home.example"
#define AE "//sp.example/S98821"

enum { CBC = 0x00ae, CCM8 = 0xc0a8 };

static struct fake_world world;
static struct memdb mem;
static struct m2m_source sources[3];
static struct m2m_target target;
static struct m2m_target_run run;
static struct m2m_target_order order;
static struct m2m_shared got;

static void text(gba_text *t, const char *s)
{
    T_OK(gba_text_set(t, gba_view_cstr(s)));
}

/* A target with a MEF, a MAF and a BSF. */
static void be(const char *id, const char *fqdn)
{
    fake_world_init(&world);
    memdb_init(&mem);
    target = (struct m2m_target){.vault = mem.vault, .sources = sources, .sources_n = 3};
    T_OK(m2m_id_parse(gba_view_cstr(id), &target.self));
    text(&target.fqdn, fqdn);
    text(&sources[0].fqdn, "mef.mte.example");
    sources[0].kind = M2M_SOURCE_MEF;
    text(&sources[1].fqdn, "maf.mte.example");
    sources[1].kind = M2M_SOURCE_MAF;
    text(&sources[2].fqdn, "bsf.home.example");
    sources[2].kind = M2M_SOURCE_BSF;
}

static void be_cse(void)
{
    be("//sp.example/in-cse", "in-cse.sp.example");
}

static void be_maf(void)
{
    be("maf.mte.example", "maf.mte.example");
}

static void begin_octets(gba_view identity, uint16_t suite)
{
    m2m_target_begin(&target, &world.env, &(struct m2m_target_shown){identity, suite}, &run, &order);
}

static void begin_with(const char *identity, uint16_t suite)
{
    begin_octets(gba_view_cstr(identity), suite);
}

static void begin(const char *identity)
{
    begin_with(identity, CBC);
}

static void expect_refusal(gba_rc reason)
{
    static const struct m2m_shared nothing;
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_REFUSE);
    T_RC(order.reason, reason);
    T_BYTES(GBA_ARRAY(order.shared.key), GBA_ARRAY(nothing.key));
}

static int64_t in(int64_t seconds)
{
    return gba_env_now_s(&world.env) + seconds;
}

/* What a source gives: a key of 32 times this octet. */
static void give(uint8_t octet, int64_t until_s, const char *peer)
{
    gba_writer w = gba_writer_of(got.key, 32);
    gba_wipe(&got);
    gba_put_fill(&w, octet, 32);
    got.n = 32;
    got.until_s = until_s;
    if (peer)
        T_OK(m2m_id_parse(gba_view_cstr(peer), &got.peer));
}

static void fetched(gba_rc rc)
{
    m2m_target_fetched(&target, &world.env, &run, &(struct m2m_target_got){rc, &got}, &order);
}

static void expect_key(uint8_t octet)
{
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_USE);
    T_OK(order.reason);
    CU_ASSERT_EQUAL(order.shared.n, 32);
    CU_ASSERT_EQUAL(order.shared.key[0], octet);
    CU_ASSERT_EQUAL(order.shared.key[31], octet);
}

/* ---- hostile first ---- */

static void identities_of_nobody(void)
{
    static const char *const bad[] = {
        "",
        "@",
        "x",
        "x@",
        "@mef.mte.example",
        HEXID,
        HEXID "@",
        "km-17@maf.mte.example",
        "3GPP-bootstrapping;",
        "3GPP-bootstrapping",
        HEXID "0@mef.mte.example",
        "'; DROP TABLE--@mef.mte.example",
    };
    be_cse();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        begin(bad[i]);
        expect_refusal(GBA_E_TARGET_UNKNOWN);
    }
    char lengthy[300];
    gba_writer w = gba_writer_of(lengthy, sizeof lengthy);
    gba_put_fill(&w, 'A', 280);
    gba_put_str(&w, "@mef.mte.example");
    begin_octets(gba_writer_view(&w), CBC);
    expect_refusal(GBA_E_TARGET_UNKNOWN);
    begin_octets(GBA_LIT("a\0b@bsf.home.example"), CBC);
    expect_refusal(GBA_E_TARGET_UNKNOWN);
}

static void foreign_sources(void)
{
    static const char *const bad[] = {
        HEXID "@mef.evil.example",
        HEXID "@mef.mte.example.evil.example",
        "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.evil.example",
        "3GPP-bootstrapping;x@bsf.evil.example",
        "3GPP-bootstrapping;" KEID, /* a MEF of TLS knows no prefix */
    };
    be_cse();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        begin(bad[i]);
        expect_refusal(GBA_E_TARGET_SOURCE);
    }
    target.sources_n = 0;
    begin(KEID);
    expect_refusal(GBA_E_TARGET_SOURCE);
    be_maf(); /* a MAF asks no MAF, itself least of all */
    begin(KCID);
    expect_refusal(GBA_E_TARGET_SOURCE);
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
}

static void answers_that_are_no_use(void)
{
    be_cse();
    begin(KEID);
    give(7, in(60), AE);
    fetched(GBA_E_TARGET_REFUSED);
    expect_refusal(GBA_E_TARGET_REFUSED);
    fetched(GBA_E_TIMEOUT);
    expect_refusal(GBA_E_TIMEOUT);
    give(7, in(0), AE);
    fetched(GBA_OK);
    expect_refusal(GBA_E_TARGET_EXPIRED);
    give(7, in(60), AE);
    got.n = 0;
    fetched(GBA_OK);
    expect_refusal(GBA_E_TARGET_REFUSED);
    target.peer_required = true;
    give(7, in(60), NULL);
    fetched(GBA_OK);
    expect_refusal(GBA_E_TARGET_NO_PEER);
    give(7, in(60), AE);
    mem.put_fails = GBA_E_DB_FULL;
    fetched(GBA_OK);
    expect_refusal(GBA_E_DB_FULL);
    CU_ASSERT_EQUAL(memdb_count(&mem), 0); /* failures are not kept */
    begin(KEID);
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_FETCH_MEF);
}

/*= TS-0003 8.2.2.3: Kc only for SUID 32 */
static void connection_keys_for_other_uses(void)
{
    static const unsigned bad[] = {0, 21, 22, 31, 33, 34};
    be_cse();
    begin(KCID);
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_FETCH_MAF);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        give(7, in(60), AE);
        got.suid = bad[i];
        fetched(GBA_OK);
        expect_refusal(GBA_E_TARGET_USE);
    }
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
    give(7, in(60), AE);
    got.suid = 32;
    fetched(GBA_OK);
    expect_key(7);
    CU_ASSERT_EQUAL(order.shared.use, M2M_USE_KC);
}

static struct m2m_shared imported(const char *id, uint8_t octet, enum m2m_key_use use)
{
    give(octet, INT64_MAX, NULL);
    struct m2m_shared key = got;
    key.use = use;
    text(&key.id, id);
    return key;
}

static void bad_imports(void)
{
    be_maf();
    struct m2m_shared key = imported("km-17@maf.mte.example", 1, M2M_USE_KPSA);
    T_RC(m2m_target_import(&target, &world.env, &key), GBA_E_TARGET_USE);
    key = imported("km 17@maf.mte.example", 1, M2M_USE_KM);
    T_RC(m2m_target_import(&target, &world.env, &key), GBA_E_M2M_KEYID);
    key = imported("km-17@maf.mte.example", 1, M2M_USE_KM);
    key.until_s = in(0);
    T_RC(m2m_target_import(&target, &world.env, &key), GBA_E_TARGET_EXPIRED);
    key.until_s = INT64_MAX;
    key.n = 0;
    T_RC(m2m_target_import(&target, &world.env, &key), GBA_E_TOO_SHORT);
    key.n = 32;
    T_OK(m2m_target_import(&target, &world.env, &key));
    T_OK(m2m_target_import(&target, &world.env, &key));
    key = imported("KM-17@MAF.mte.example", 2, M2M_USE_KM);
    T_RC(m2m_target_import(&target, &world.env, &key), GBA_E_M2M_TWICE);
    begin("km-17@maf.mte.example");
    expect_key(1);
}

static void bad_aliases(void)
{
    be_maf();
    struct m2m_shared key = imported("km-17@maf.mte.example", 1, M2M_USE_KM);
    T_OK(m2m_target_import(&target, &world.env, &key));
    key = imported("km-18@maf.mte.example", 2, M2M_USE_KM);
    T_OK(m2m_target_import(&target, &world.env, &key));
    T_RC(m2m_target_alias(&target, &world.env, GBA_LIT(KEID), GBA_LIT("km-1@maf.mte.example")),
         GBA_E_TARGET_UNKNOWN);
    T_RC(m2m_target_alias(&target, &world.env, GBA_LIT("km-17@maf.mte.example"), GBA_LIT("a b")),
         GBA_E_M2M_KEYID);
    T_RC(m2m_target_alias(&target, &world.env, GBA_LIT("km-17@maf.mte.example"),
                          GBA_LIT("km-18@maf.mte.example")),
         GBA_E_M2M_TWICE);
    T_OK(m2m_target_alias(&target, &world.env, GBA_LIT("km-17@maf.mte.example"),
                          GBA_LIT("a@maf.mte.example")));
    T_RC(
        m2m_target_alias(&target, &world.env, GBA_LIT("km-18@maf.mte.example"), GBA_LIT("A@maf.mte.example")),
        GBA_E_M2M_TWICE);
    key = imported("a@maf.mte.example", 3, M2M_USE_KM);
    T_RC(m2m_target_import(&target, &world.env, &key), GBA_E_M2M_TWICE);
    begin("A@maf.mte.example");
    expect_key(1);
}

/* ---- good cases ---- */

static void enrolled_at_a_maf(void)
{
    be_maf();
    target.suid = 21;
    begin(LOWID "@MEF.mte.example");
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_FETCH_MEF);
    T_STR(gba_text_view(&order.source), "mef.mte.example");
    T_STR(gba_text_view(&order.id), KEID);
    CU_ASSERT_EQUAL(order.suid, 21);
    give(9, in(60), AE);
    fetched(GBA_OK);
    expect_key(9);
    CU_ASSERT_EQUAL(order.shared.use, M2M_USE_KM);
    T_STR(gba_text_view(&order.shared.peer.text), AE);
    begin(KEID); /* no second question */
    expect_key(9);
    T_OK(m2m_target_alias(&target, &world.env, GBA_LIT(KEID), GBA_LIT("km-17@maf.mte.example")));
    begin("KM-17@maf.mte.example"); /* TS-0003 8.3.1.2 NOTE 2 */
    expect_key(9);
    T_STR(gba_text_view(&order.shared.id), KEID);
    T_STR(gba_text_view(&order.shared.alias), "km-17@maf.mte.example");
    T_OK(m2m_target_alias(&target, &world.env, GBA_LIT(KEID), GBA_LIT("km-18@maf.mte.example")));
    begin("km-17@maf.mte.example");
    expect_refusal(GBA_E_TARGET_UNKNOWN);
    T_OK(m2m_target_forget(&target, GBA_LIT("km-18@maf.mte.example")));
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
    begin("km-18@maf.mte.example");
    expect_refusal(GBA_E_TARGET_UNKNOWN);
}

static void ends(void)
{
    be_cse();
    begin(KEID);
    give(9, in(60), AE);
    fetched(GBA_OK);
    CU_ASSERT_EQUAL(order.shared.use, M2M_USE_KPSA);
    world.env.now_ms += 59999;
    begin(KEID);
    expect_key(9);
    world.env.now_ms += 1;
    begin(KEID); /* it may have been renewed */
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_FETCH_MEF);
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
    target.max_key_s = 10;
    give(9, INT64_MAX, AE);
    fetched(GBA_OK);
    CU_ASSERT_EQUAL(order.shared.until_s, in(10));
    struct m2m_shared key = imported("psa-1@mte.example", 4, M2M_USE_KPSA);
    key.until_s = in(5);
    T_OK(m2m_target_import(&target, &world.env, &key));
    world.env.now_ms += 5000;
    begin("psa-1@mte.example");
    expect_refusal(GBA_E_TARGET_EXPIRED);
}

static void swept(void)
{
    size_t n = 0;
    be_cse();
    for (unsigned i = 0; i < 20; i++) {
        char id[] = "psa-AA@mte.example";
        id[4] = (char)('A' + i);
        struct m2m_shared key = imported(id, 4, M2M_USE_KPSA);
        key.until_s = in(i < 18 ? 5 : 50);
        T_OK(m2m_target_import(&target, &world.env, &key));
    }
    T_OK(m2m_target_alias(&target, &world.env, GBA_LIT("psa-AA@mte.example"), GBA_LIT("other@mte.example")));
    world.env.now_ms += 5000;
    T_OK(m2m_target_sweep(&target, &world.env, &n));
    CU_ASSERT_EQUAL(n, 18);
    CU_ASSERT_EQUAL(memdb_count(&mem), 2);
}

/*= TS 33.220 H.3: a key for each suite */
static void keys_of_gba(void)
{
    be_cse();
    static const char *const same[] = {BTID, "3GPP-bootstrapping;" BTID, "3GPP-bootstrapping." BTID,
                                       "3GPP-bootstrapping-digest;" BTID};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        begin_with(same[i], CBC);
        CU_ASSERT_EQUAL(order.kind, M2M_TARGET_ASK_ZN);
        T_STR(gba_text_view(&order.id), BTID);
        T_STR(gba_text_view(&order.source), "bsf.home.example");
        T_STR(gba_text_view(&order.naf.fqdn), "in-cse.sp.example");
        T_BYTES(GBA_ARRAY(order.naf.ua.b), t_hex("01000100ae"));
        CU_ASSERT_FALSE(order.uicc);
    }
    give(1, in(60), AE);
    fetched(GBA_OK);
    expect_key(1);
    begin_with(BTID, CCM8);
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_ASK_ZN);
    T_BYTES(GBA_ARRAY(order.naf.ua.b), t_hex("010001c0a8"));
    give(2, in(60), AE);
    fetched(GBA_OK);
    begin_with("3GPP-bootstrapping-uicc;" BTID, CBC);
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_ASK_ZN);
    CU_ASSERT_TRUE(order.uicc);
    give(3, in(60), AE);
    fetched(GBA_OK);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        begin_with(same[i], CBC);
        expect_key(1);
    }
    begin_with(BTID, CCM8);
    expect_key(2);
    begin_with("3GPP-bootstrapping-uicc." BTID, CBC);
    expect_key(3);
    begin_with(BTID "#00ae", CBC); /* the name of a record is no identity */
    CU_ASSERT_NOT_EQUAL(order.kind, M2M_TARGET_USE);
    T_OK(m2m_target_forget(&target, GBA_LIT(BTID)));
    CU_ASSERT_EQUAL(memdb_count(&mem), 0);
}

static void any_bsf(void)
{
    be_maf();
    text(&sources[2].fqdn, "*");
    begin("I1U8vpY3qJ0hiuZNrke/NQ==@bsf.other.example");
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_ASK_ZN);
    T_STR(gba_text_view(&order.source), "bsf.other.example");
    begin("3GPP-bootstrapping;tid-1@bsf.other.example");
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_ASK_ZN);
    begin("km-17@maf.mte.example"); /* nothing of GBA about it */
    expect_refusal(GBA_E_TARGET_UNKNOWN);
    begin(HEXID "@mef.other.example");
    expect_refusal(GBA_E_TARGET_SOURCE);
}

/* A KmId for a bootstrapped client stands for the key of whichever suite. */
static void alias_of_gba(void)
{
    be_maf();
    begin_with(BTID, CBC);
    give(1, in(60), AE);
    fetched(GBA_OK);
    T_OK(m2m_target_alias(&target, &world.env, GBA_LIT("3GPP-bootstrapping;" BTID),
                          GBA_LIT("km-1@maf.mte.example")));
    begin_with("km-1@maf.mte.example", CBC);
    expect_key(1);
    begin_with("km-1@maf.mte.example", CCM8);
    CU_ASSERT_EQUAL(order.kind, M2M_TARGET_ASK_ZN);
    T_STR(gba_text_view(&order.id), BTID);
}

static void bound_to(void)
{
    gba_text who;
    struct m2m_shared key = imported("km-17@maf.mte.example", 1, M2M_USE_KM);
    T_OK(m2m_target_who(&key, &who));
    T_STR(gba_text_view(&who), "11-km-17@maf.mte.example");
    key = imported("psa-17@mte.example", 1, M2M_USE_KPSA);
    T_OK(m2m_target_who(&key, &who));
    T_STR(gba_text_view(&who), "12-psa-17@mte.example");
    text(&key.cred, "11-km-17@maf.mte.example");
    T_OK(m2m_target_who(&key, &who));
    T_STR(gba_text_view(&who), "11-km-17@maf.mte.example");
    T_OK(m2m_id_parse(GBA_LIT(AE), &key.peer));
    T_OK(m2m_target_who(&key, &who));
    T_STR(gba_text_view(&who), AE);
}

static gba_rc look(void *arg, const struct m2m_shared *shared)
{
    static const struct m2m_shared nothing;
    T_BYTES(GBA_ARRAY(shared->key), GBA_ARRAY(nothing.key));
    T_STR(gba_text_view(&shared->e2e_params), "aes");
    CU_ASSERT_TRUE(shared->e2e);
    ++*(size_t *)arg;
    return GBA_OK;
}

static void listed(void)
{
    size_t n = 0;
    be_cse();
    begin(KEID);
    give(9, in(60), AE);
    got.e2e = true;
    text(&got.e2e_params, "aes");
    fetched(GBA_OK);
    T_OK(m2m_target_each(&target, look, &n));
    CU_ASSERT_EQUAL(n, 1);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"identities that name nobody", identities_of_nobody},
        {"sources that are not ours", foreign_sources},
        {"answers that are no use are refused and not kept", answers_that_are_no_use},
        {"connection keys for other uses", connection_keys_for_other_uses},
        {"keys that cannot be imported", bad_imports},
        {"names that cannot be given", bad_aliases},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"a key of a MEF, its KeId and its KmId", enrolled_at_a_maf},
        {"keys end", ends},
        {"expired keys are dropped", swept},
        {"keys of GBA: prefixes, suites, UICC", keys_of_gba},
        {"any BSF", any_bsf},
        {"a KmId for a key of GBA", alias_of_gba},
        {"what a session is bound to", bound_to},
        {"lists show no key", listed},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"hostile", NULL, NULL, NULL, NULL, hostile},
                             {"good", NULL, NULL, NULL, NULL, good},
                             CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
