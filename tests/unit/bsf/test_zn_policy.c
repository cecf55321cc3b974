/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule asks of a NAF beside its name, and which keys it gives. */
#include "tests/unit/bsf/bench_zn.h"

#define CHOICE(id, choice)                                                                                   \
    "<uss id=\"" id "\" type=\"1\"><uids/><flags/><keyChoice>" choice "</keyChoice></uss>"
#define CHOICES                                                                                              \
    "<guss id=\"" IMPI "\"><ussList>" CHOICE("1", "ME-based-key") CHOICE("2", "UICC-based-key") CHOICE(      \
        "3", "ME-UICC-based-keys") USS("4", "", "sip:unsaid@x") "</ussList></guss>"

/* ---- refused ---- */

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

/* ---- given ---- */

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

int main(void)
{
    CU_TestInfo hostile[] = {
        {"names in certificates", names_in_certificates},
        {"an origin that is not on the route", origin_must_be_on_the_route},
        {"kinds of bootstrapping", kinds_of_bootstrapping},
        {"keys of the card or none", keys_of_the_card_or_none},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"rules choose keys", rules_choose_keys},
        {"settings choose keys", settings_choose_keys},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"zn policy refusals", NULL, NULL, set_up, tear_down, hostile},
        {"zn policy keys", NULL, NULL, set_up, tear_down, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
