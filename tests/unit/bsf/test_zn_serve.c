/* SPDX-License-Identifier: Apache-2.0 */
/* A NAF asks for keys: what is refused first, then every key of the vectors. */
#include "tests/unit/bsf/bench_zn.h"

#include "tests/lib/vectors.h"

/* ---- hostile ---- */

static void short_naf_id(void)
{
    bir.naf_id = GBA_LIT("\x01\x00\x00\x00\x02");
    serve();
    refused(GBA_E_NAFID, false, DIA_INVALID_AVP_VALUE);
    CU_ASSERT_EQUAL(order.avp_code, 402);
    bir.naf_id = GBA_LIT("");
    serve();
    refused(GBA_E_NAFID, false, DIA_INVALID_AVP_VALUE);
}

static void strangers_are_refused(void)
{
    peer = GBA_LIT("stranger.home.example");
    denied(GBA_E_ZN_PEER);
    conf.zn.n = 0;
    peer = GBA_LIT("naf.home.example");
    denied(GBA_E_ZN_PEER);
}

/* An Origin-Host is a claim; the connected peer is known. */
static void origin_must_be_the_peer(void)
{
    peer = GBA_LIT("naf2.home.example");
    denied(GBA_E_ZN_PEER);
    peer = GBA_LIT("naf.home.example");
    bir.route.origin_host = GBA_LIT("naf2.home.example");
    denied(GBA_E_ZN_PEER);
}

static void foreign_host_names(void)
{
    static const char *const bad[] = {"other.example", "x" NAF, NAF ".", "*"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ask_with(bad[i], "0100000002");
        serve();
        CU_ASSERT_EQUAL(order.kind, BSF_ZN_ANSWER);
        CU_ASSERT_FALSE(order.bia.has_me_key);
    }
    peer = bir.route.origin_host = GBA_LIT("naf2.home.example");
    ask_with("operator.example", "0100000002");
    denied(GBA_E_ZN_NAF);
    ask_with("evil-operator.example", "0100000002");
    denied(GBA_E_ZN_NAF);
}

/*= TS 33.220 H.3 */
static void foreign_ua(void)
{
    peer = bir.route.origin_host = GBA_LIT("naf2.home.example");
    ask_with("a.operator.example", "0100000007");
    denied(GBA_E_ZN_UA);
    ask_with("a.operator.example", "010001c02f");
    served();
    ask_with("a.operator.example", "0100000002");
    served();
}

static void unknown_btid(void)
{
    struct bsf_zn_event event = {.kind = BSF_ZN_REQUEST, .bir = &bir, .peer = peer};
    static char big[300] = {'a'};
    bsf_zn_serve_step(&zn, &run, &world.env, &event, &order);
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_ZN_FIND);
    found(GBA_E_ABSENT, (gba_view){NULL, 0});
    refused(GBA_E_ZN_BTID, true, DIA_EXP_TRANSACTION_IDENTIFIER_INVALID);
    bir.btid = GBA_ARRAY(big);
    serve();
    refused(GBA_E_ZN_BTID, true, DIA_EXP_TRANSACTION_IDENTIFIER_INVALID);
}

static void expired_session(void)
{
    session.expiry_s = world.env.now_ms / 1000;
    serve();
    refused(GBA_E_ZN_BTID, true, DIA_EXP_TRANSACTION_IDENTIFIER_INVALID);
}

static void store_fails(void)
{
    serve();
    found(GBA_E_STORE, (gba_view){NULL, 0});
    refused(GBA_E_STORE, false, DIA_UNABLE_TO_COMPLY);
    found(GBA_OK, GBA_LIT("not a sealed record, whatever it may be"));
    refused(GBA_E_SEAL_KEY, false, DIA_UNABLE_TO_COMPLY);
    found(GBA_OK, GBA_LIT("\1not a sealed record, whatever it may be"));
    refused(GBA_E_SEAL, false, DIA_UNABLE_TO_COMPLY);
}

static void broken_settings(void)
{
    session.settings = GBA_LIT("\1\1");
    bir.gsids[bir.n_gsids++] = GBA_LIT("1");
    serve();
    CU_ASSERT_NOT_EQUAL(order.reason, GBA_OK);
    refused(order.reason, false, DIA_UNABLE_TO_COMPLY);
}

static void required_settings(void)
{
    rules[0].uss_required = true;
    denied(GBA_E_ZN_USS);
    bir.gsids[bir.n_gsids++] = GBA_LIT("1");
    served();
    bir.gsids[bir.n_gsids++] = GBA_LIT("4");
    denied(GBA_E_ZN_USS);
}

/* ---- the MEF beside ---- */

static gba_rc mef_says;
static unsigned mef_asked;

static gba_rc permit(void *self, gba_view impi, gba_view naf, gba_text *uid)
{
    (void)self;
    mef_asked++;
    T_STR(impi, IMPI);
    T_STR(naf, NAF);
    if (mef_says == GBA_OK)
        set(uid, "//sp.example/S98821");
    return mef_says;
}

static struct bsf_zn_mef mef = {.permit = permit};

static void with_mef(gba_rc says)
{
    set(&mef.gsid, "4");
    zn.mef = &mef;
    mef_says = says;
    mef_asked = 0;
}

/*= TS-0003 8.3.2.3: no key where the instructions give none */
static void mef_refuses(void)
{
    with_mef(GBA_E_MEF_NOT_TARGET);
    denied(GBA_E_MEF_NOT_TARGET);
    CU_ASSERT_EQUAL(mef_asked, 1);
    with_mef(GBA_E_DB);
    serve();
    refused(GBA_E_DB, false, DIA_UNABLE_TO_COMPLY);
    peer = GBA_LIT("stranger.home.example");
    with_mef(GBA_OK);
    serve();
    CU_ASSERT_EQUAL(mef_asked, 0);
}

/* ---- settings ---- */

static bool lists(const char *what)
{
    return gba_view_contains(order.bia.uss_list, gba_view_cstr(what));
}

static void no_settings_unasked(void)
{
    served();
    CU_ASSERT_PTR_NULL(order.bia.uss_list.p);
    bir.gsids[bir.n_gsids++] = GBA_LIT("9");
    served();
    CU_ASSERT_PTR_NULL(order.bia.uss_list.p);
}

/*= TS 29.109 5.2: nafGroup */
static void groups_are_kept_apart(void)
{
    bir.n_gsids = 3;
    bir.gsids[0] = GBA_LIT("1");
    bir.gsids[1] = GBA_LIT("4");
    bir.gsids[2] = GBA_LIT("01");
    served();
    CU_ASSERT(lists("sip:general@x") && !lists("group-a") && !lists("group-b") && !lists("bsfInfo"));
    set(&rules[0].naf_group, "A");
    served();
    CU_ASSERT(!lists("sip:general@x") && lists("group-a") && !lists("group-b"));
    set(&rules[0].naf_group, "B");
    served();
    CU_ASSERT(lists("sip:general@x") && !lists("group-a") && lists("group-b"));
}

static void services_need_permission(void)
{
    bir.n_gsids = 1;
    bir.gsids[0] = GBA_LIT("5");
    served();
    CU_ASSERT_PTR_NULL(order.bia.uss_list.p);
    set(&gsids[1], "*");
    served();
    CU_ASSERT_TRUE(lists("sip:five@x"));
}

/* The Enrolee-ID goes to whom may have it and asks for it, before what the HSS says. */
static void mef_tells(void)
{
    with_mef(GBA_OK);
    served();
    CU_ASSERT_PTR_NULL(order.bia.uss_list.p);
    bir.n_gsids = 1;
    bir.gsids[0] = GBA_LIT("1");
    served();
    CU_ASSERT(!lists("S98821") && lists("sip:general@x"));
    bir.gsids[0] = GBA_LIT("4");
    served();
    CU_ASSERT(lists("<uids><uid>//sp.example/S98821</uid></uids>") && !lists("group-b"));
    set(&rules[0].naf_group, "B");
    served();
    CU_ASSERT(lists("<uid>//sp.example/S98821</uid><uid>sip:group-b@x</uid>"));
    session.settings = (gba_view){NULL, 0};
    rules[0].uss_required = true;
    served();
    CU_ASSERT_TRUE(lists("<uid>//sp.example/S98821</uid>"));
    rules[0].gsids.n = 1;
    denied(GBA_E_ZN_USS);
}

/* ---- keys ---- */

/*= TS 33.220 B.3: every vector */
static void all_keys(void)
{
    unsigned n = 0;
    bir.gba_u_aware = true;
    for (struct vec *v = vec_open("kdf.vec"); vec_next(v);) {
        if (!vec_has(v, "ks_int_naf"))
            continue;
        gba_writer w = gba_writer_of(naf_id, sizeof naf_id);
        gba_put_str(&w, NAF);
        gba_put_view(&w, vec_hex(v, "id"));
        bir.naf_id = gba_writer_view(&w);
        served();
        T_BYTES(GBA_ARRAY(order.bia.me_key.b), vec_hex(v, "ks_naf"));
        CU_ASSERT_TRUE(order.bia.has_uicc_key);
        T_BYTES(GBA_ARRAY(order.bia.uicc_key.b), vec_hex(v, "ks_int_naf"));
        n++;
    }
    CU_ASSERT_EQUAL(n, 7);
}

static void uicc_key_only_when_due(void)
{
    bir.gba_u_aware = false;
    served();
    CU_ASSERT_FALSE(order.bia.has_uicc_key);
    bir.gba_u_aware = true;
    session.mode = BSF_ME;
    served();
    CU_ASSERT_FALSE(order.bia.has_uicc_key);
}

static void naf_id_octets_count(void)
{
    served();
    gba_ks_naf lower = order.bia.me_key;
    ask_with("XCAP.ims.mnc001.mcc001.pub.3gppnetwork.org", "0100000002");
    served();
    CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(lower.b), GBA_ARRAY(order.bia.me_key.b)));
}

static void identity_is_policy(void)
{
    served();
    T_STR(order.bia.impi, IMPI);
    rules[0].impi = false;
    served();
    CU_ASSERT_PTR_NULL(order.bia.impi.p);
}

static void times_are_told(void)
{
    served();
    CU_ASSERT(order.bia.has_expiry && order.bia.expiry_s == session.expiry_s);
    CU_ASSERT(order.bia.has_creation && order.bia.creation_s == session.created_s);
    T_STR(order.bia.origin_host, "bsf.home.example");
}

static void proxies_speak_for_others(void)
{
    peer = GBA_LIT("proxy.visited.example");
    bir.route.origin_host = GBA_LIT("naf9.visited.example");
    ask_with("a.visited.example", "0100000002");
    served();
    CU_ASSERT_EQUAL(order.bia.expiry_s, world.env.now_ms / 1000 + 60);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"a short NAF-Id", short_naf_id},
        {"strangers, and no rules at all", strangers_are_refused},
        {"a false Origin-Host", origin_must_be_the_peer},
        {"foreign host names", foreign_host_names},
        {"foreign Ua protocols", foreign_ua},
        {"an unknown B-TID", unknown_btid},
        {"an expired session", expired_session},
        {"the store fails", store_fails},
        {"a broken GUSS", broken_settings},
        {"required settings", required_settings},
        {"the MEF refuses", mef_refuses},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"no settings unasked", no_settings_unasked},
        {"NAF groups", groups_are_kept_apart},
        {"services need permission", services_need_permission},
        {"the MEF tells who it is", mef_tells},
        {"all keys of the vectors", all_keys},
        {"Ks_int_NAF only when due", uicc_key_only_when_due},
        {"the octets of the NAF-Id count", naf_id_octets_count},
        {"the identity is policy", identity_is_policy},
        {"times are told", times_are_told},
        {"proxies speak for others", proxies_speak_for_others},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"zn refusals", NULL, NULL, set_up, tear_down, hostile},
        {"zn keys", NULL, NULL, set_up, tear_down, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
