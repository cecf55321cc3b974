/* SPDX-License-Identifier: Apache-2.0 */
/* A NAF asks for keys: what policy refuses first, then every key of the vectors. */
#include "bsf/zn_serve.h"

#include <stdlib.h>

#include "bsf/policy.h"
#include "gba/wire/uss_pack.h"
#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define NAF "xcap.ims.mnc001.mcc001.pub.3gppnetwork.org"
#define USS(id, group, uid)                                                                                  \
    "<uss id=\"" id "\" type=\"1\"" group "><uids><uid>" uid "</uid></uids><flags/></uss>"
#define GUSS                                                                                                 \
    "<guss id=\"" IMPI                                                                                       \
    "\"><bsfInfo><uiccType>GBA_U</uiccType></bsfInfo><ussList>" USS("1", "", "sip:general@x")                \
        USS("1", " nafGroup=\"A\"", "sip:group-a@x") USS("4", " nafGroup=\"B\"", "sip:group-b@x")            \
            USS("5", "", "sip:five@x") "</ussList></guss>"
#define CHOICE(id, choice)                                                                                   \
    "<uss id=\"" id "\" type=\"1\"><uids/><flags/><keyChoice>" choice "</keyChoice></uss>"
#define CHOICES                                                                                              \
    "<guss id=\"" IMPI "\"><ussList>" CHOICE("1", "ME-based-key") CHOICE("2", "UICC-based-key") CHOICE(      \
        "3", "ME-UICC-based-keys") USS("4", "", "sip:unsaid@x") "</ussList></guss>"

static struct fake_world world;
static struct bsf_conf conf;
static struct bsf_conf_rule rules[3];
static gba_text ua_any[1], ua_http_tls[2], gsids[2];
static gba_seal_ring ring;
static struct bsf_zn zn;
static void *memory;
static struct bsf_sealer sealer;
static struct bsf_session session;
static struct bsf_zn_run run;
static struct bsf_zn_order order;
static struct dia_bir bir;
static gba_view peer;
static bool in_cert;
static uint8_t naf_id[64];

static void set(gba_text *t, const char *s)
{
    T_OK(gba_text_set(t, gba_view_cstr(s)));
}

static void ask_with(const char *naf, const char *id_hex)
{
    gba_writer w = gba_writer_of(naf_id, sizeof naf_id);
    gba_put_str(&w, naf);
    gba_put_view(&w, t_hex(id_hex));
    bir.naf_id = gba_writer_view(&w);
}

static void init_rules(void)
{
    set(&ua_any[0], "*");
    set(&ua_http_tls[0], "http");
    set(&ua_http_tls[1], "tls:*");
    set(&gsids[0], "1");
    set(&gsids[1], "4");
    rules[0] = (struct bsf_conf_rule){.ua = {ua_any, 1}, .gsids = {gsids, 2}, .impi = true};
    set(&rules[0].peer, "naf.home.example");
    set(&rules[0].naf, NAF);
    rules[1] = (struct bsf_conf_rule){.ua = {ua_http_tls, 2}};
    set(&rules[1].peer, "naf2.home.example");
    set(&rules[1].naf, "*.operator.example");
    rules[2] = (struct bsf_conf_rule){.ua = {ua_any, 1}, .key_lifetime_s = 60};
    set(&rules[2].peer, "proxy.visited.example");
    set(&rules[2].origin, "*");
    set(&rules[2].naf, "*.visited.example");
    conf.zn = (struct gba_opt_list){rules, 3};
}

static gba_view packed(gba_view xml)
{
    static max_align_t room[4096];
    static uint8_t out[2048];
    struct gba_guss guss;
    gba_arena arena = gba_arena_of(room, sizeof room);
    gba_writer w = gba_writer_of(out, sizeof out);
    T_OK(gba_guss_parse(xml, &arena, &guss));
    gba_put_uss_packed(&w, &guss);
    T_OK(gba_writer_end(&w));
    return gba_writer_view(&w);
}

static void set_up(void)
{
    gba_seal_key key = {{1}};
    fake_world_init(&world);
    gba_wipe(&ring);
    T_OK(gba_seal_ring_add(&ring, 1, &key));
    conf = (struct bsf_conf){.zn = {NULL, 0}};
    set(&conf.diameter.identity, "bsf.home.example");
    set(&conf.diameter.realm, "home.example");
    init_rules();
    memory = malloc(bsf_zn_serve_memory());
    CU_ASSERT_FATAL(memory != NULL);
    bsf_zn_serve_init(&zn, &conf, &ring, memory);
    sealer.ring = &ring;
    session = (struct bsf_session){
        .mode = BSF_U, .created_s = 1893369600, .expiry_s = 1893456000, .settings = packed(GBA_LIT(GUSS))};
    set(&session.domain, "bsf.mnc001.mcc001.pub.3gppnetwork.org");
    set(&session.impi, IMPI);
    gba_copy(session.rand.b, t_hex("23553cbe9637a89d218ae64dae47bf35"));
    gba_copy(session.ks.b, t_hex("b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441"));
    bir = (struct dia_bir){.btid = GBA_LIT(BTID), .route.origin_host = GBA_LIT("naf.home.example")};
    peer = GBA_LIT("naf.home.example");
    in_cert = false;
    ask_with(NAF, "0100000002");
}

static void tear_down(void)
{
    gba_wipe(&order);
    bsf_zn_serve_wipe(&zn);
    free(memory);
}

static void found(gba_rc rc, gba_view record)
{
    struct bsf_zn_event event = {.kind = BSF_ZN_FOUND, .rc = rc, .record = record};
    bsf_zn_serve_step(&zn, &run, &world.env, &event, &order);
}

static void serve(void)
{
    struct bsf_zn_event event = {.kind = BSF_ZN_REQUEST, .bir = &bir, .peer = peer, .in_cert = in_cert};
    bsf_store_key filed;
    gba_view record;
    bsf_zn_serve_step(&zn, &run, &world.env, &event, &order);
    if (order.kind != BSF_ZN_FIND)
        return;
    T_OK(bsf_key_of(BSF_KEY_BTID, GBA_LIT(BTID), &filed));
    T_BYTES(GBA_ARRAY(order.key.b), GBA_ARRAY(filed.b));
    T_OK(bsf_session_seal(&sealer, &world.env, &filed, &session, &record));
    found(GBA_OK, record);
}

static void refused(gba_rc reason, bool experimental, uint32_t code)
{
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_ZN_ANSWER);
    T_RC(order.reason, reason);
    CU_ASSERT_EQUAL(order.bia.result.experimental, experimental);
    CU_ASSERT_EQUAL(order.bia.result.code, code);
    CU_ASSERT_FALSE(order.bia.has_me_key || order.bia.has_uicc_key || order.bia.impi.p ||
                    order.bia.uss_list.p);
}

static void denied(gba_rc reason)
{
    serve();
    refused(reason, true, DIA_EXP_NOT_AUTHORIZED);
}

static void served(void)
{
    serve();
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_ZN_ANSWER);
    T_RC(order.reason, GBA_OK);
    CU_ASSERT_EQUAL(order.bia.result.code, DIA_SUCCESS);
    CU_ASSERT_TRUE(order.bia.has_me_key);
}

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

/* The certificate binds a peer to its names, beside what the rule says. */
static void names_in_certificates(void)
{
    rules[0].naf_in_cert = true;
    denied(GBA_E_ZN_CERT);
    in_cert = true;
    served();
    ask_with("other.example", "0100000002");
    denied(GBA_E_ZN_NAF);
    ask_with(NAF, "0100000002");
    in_cert = false;
    rules[1] = rules[0];
    rules[1].naf_in_cert = false;
    served();
}

static void come_by(size_t n, const char *const *routes)
{
    bir.n_routes = n;
    for (size_t i = 0; i < n; i++)
        bir.routes[i] = gba_view_cstr(routes[i]);
}

/* A NAF behind a relay that says it is another: the relay wrote down who it was. */
static void origin_must_be_on_the_route(void)
{
    const char *const good[] = {"naf9.visited.example", "proxy.visited.example"};
    const char *const forged[] = {"naf9.visited.example", "naf8.visited.example", "proxy.visited.example"};
    const char *const unsaid[] = {"naf9.visited.example", "naf9.visited.example"};
    set(&rules[2].origin, "naf9.visited.example");
    rules[2].route_record = true;
    peer = GBA_LIT("proxy.visited.example");
    bir.route.origin_host = GBA_LIT("naf9.visited.example");
    ask_with("a.visited.example", "0100000002");
    denied(GBA_E_ZN_ROUTE);
    come_by(3, forged);
    denied(GBA_E_ZN_ROUTE);
    come_by(2, unsaid);
    denied(GBA_E_ZN_ROUTE);
    come_by(1, good);
    denied(GBA_E_ZN_ROUTE);
    come_by(2, good);
    served();
    come_by(3, forged);
    rules[2].route_record = false;
    served();
    rules[2].route_record = true;
    set(&rules[2].origin, "*");
    served();
}

/* Only 3G GBA without a word; the others by name. */
static void kinds_of_bootstrapping(void)
{
    int all[] = {0, 1, 2}, weak[] = {1};
    for (session.gba_type = 1; session.gba_type <= 2; session.gba_type++) {
        rules[0].gba_types = (struct gba_opt_list){NULL, 0};
        denied(GBA_E_ZN_GBA_TYPE);
        rules[0].gba_types = (struct gba_opt_list){all, 3};
        served();
        CU_ASSERT_EQUAL(order.bia.gba_type, session.gba_type);
    }
    session.gba_type = 0;
    rules[0].gba_types = (struct gba_opt_list){weak, 1};
    denied(GBA_E_ZN_GBA_TYPE);
}

static void keys_of_the_card_or_none(void)
{
    rules[0].keys = BSF_KEYS_UICC;
    denied(GBA_E_ZN_KEY);
    bir.gba_u_aware = true;
    session.mode = BSF_ME;
    denied(GBA_E_ZN_KEY);
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

static void given(bool me, bool uicc)
{
    serve();
    T_RC(order.reason, GBA_OK);
    CU_ASSERT_EQUAL(order.bia.has_me_key, me);
    CU_ASSERT_EQUAL(order.bia.has_uicc_key, uicc);
}

static void rules_choose_keys(void)
{
    bir.gba_u_aware = true;
    given(true, true);
    rules[0].keys = BSF_KEYS_ME;
    given(true, false);
    rules[0].keys = BSF_KEYS_UICC;
    given(false, true);
}

/* What the settings of the services together allow. */
static void settings_choose_keys(void)
{
    static const struct {
        const char *gsids[2];
        bool me, uicc;
    } rows[] = {{{"1", NULL}, true, false}, {{"2", NULL}, false, true}, {{"3", NULL}, true, true},
                {{"4", NULL}, true, true},  {{"1", "2"}, true, true},   {{"9", NULL}, true, true}};
    session.settings = packed(GBA_LIT(CHOICES));
    bir.gba_u_aware = true;
    set(&gsids[0], "*");
    rules[0].keys = BSF_KEYS_USS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bir.n_gsids = rows[i].gsids[1] ? 2 : 1;
        for (size_t k = 0; k < bir.n_gsids; k++)
            bir.gsids[k] = gba_view_cstr(rows[i].gsids[k]);
        given(rows[i].me, rows[i].uicc);
    }
    rules[0].keys = BSF_KEYS_ANY;
    bir.n_gsids = 1;
    bir.gsids[0] = GBA_LIT("2");
    given(true, true);
    rules[0].keys = BSF_KEYS_USS;
    session.mode = BSF_ME;
    denied(GBA_E_ZN_KEY);
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
        {"names in certificates", names_in_certificates},
        {"an origin that is not on the route", origin_must_be_on_the_route},
        {"kinds of bootstrapping", kinds_of_bootstrapping},
        {"keys of the card or none", keys_of_the_card_or_none},
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
        {"rules choose keys", rules_choose_keys},
        {"settings choose keys", settings_choose_keys},
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
