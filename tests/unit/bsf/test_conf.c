/* SPDX-License-Identifier: Apache-2.0 */
/* What the cross-field check of the configuration finds, and rules as they are read. */
#include "bsf/policy.h"

#include <string.h>

#include "tests/lib/tap.h"

static struct bsf_conf conf;
static struct bsf_conf_name names[2];
static struct bsf_conf_rule rule;
static gba_text ua[2];
static struct {
    unsigned n;
    char key[64];
} faults;

static void set(gba_text *t, const char *s)
{
    T_OK(gba_text_set(t, gba_view_cstr(s)));
}

static void set_up(void)
{
    memset(&conf, 0, sizeof conf);
    memset(&rule, 0, sizeof rule);
    conf.names = (struct gba_opt_list){names, 2};
    set(&names[0].host, "bsf.home.example");
    set(&names[0].btid_domain, "");
    set(&names[1].host, "bsf.other.example");
    set(&names[1].btid_domain, "keys.other.example");
    conf.ub.key_lifetime = (struct bsf_conf_lifetime){100, 10, 1000};
    set(&conf.ub.product, "keystrap-bsf");
    conf.zn = (struct gba_opt_list){&rule, 1};
    set(&rule.peer, "naf.home.example");
    set(&rule.naf, "*.home.example");
    set(&ua[0], "http");
    set(&ua[1], "tls:*");
    rule.ua = (struct gba_opt_list){ua, 2};
}

static void on_fault(void *ctx, const char *key, const char *text)
{
    (void)ctx;
    CU_ASSERT(strlen(key) < sizeof faults.key && strlen(text) > 0);
    faults.n++;
    gba_copy(faults.key, gba_view_of(key, strlen(key) + 1));
}

/* Exactly this one fault (NULL: none). */
static void finds(const char *key)
{
    faults.n = 0;
    bsf_conf_check(&conf, &(struct gba_conf_sink){on_fault, NULL});
    CU_ASSERT_EQUAL(faults.n, key ? 1 : 0);
    if (key && faults.n > 0)
        CU_ASSERT_STRING_EQUAL(faults.key, key);
    set_up();
}

static void names_are_hosts(void)
{
    set(&names[0].host, "no host");
    finds("names.host");
    set(&names[1].host, "BSF.home.example");
    finds("names.host");
    set(&names[1].btid_domain, "a@b");
    finds("names.btid_domain");
}

static void bounds_are_in_order(void)
{
    conf.ub.key_lifetime.min_s = 101;
    finds("ub.key_lifetime");
    conf.ub.key_lifetime.max_s = 99;
    finds("ub.key_lifetime");
    set(&conf.ub.product, "a\tb");
    finds("ub.product");
}

static void rules_are_readable(void)
{
    set(&rule.peer, "*");
    finds("zn.peer");
    set(&rule.origin, "a b");
    finds("zn.origin");
    set(&rule.naf, "*");
    finds("zn.naf");
    set(&rule.naf, "*home.example");
    finds("zn.naf");
    set(&ua[1], "https");
    finds("zn.ua");
    set(&ua[1], "01000000");
    finds("zn.ua");
}

static void good_is_good(void)
{
    finds(NULL);
    set(&rule.origin, "*");
    set(&ua[0], "*");
    set(&ua[1], "0100000007");
    finds(NULL);
}

static gba_rc may(const char *naf, gba_uaid id)
{
    const struct bsf_conf_rule *found;
    gba_nafid nafid = {.ua = id};
    set(&nafid.fqdn, naf);
    struct bsf_policy_ask ask = {GBA_LIT("naf.home.example"), GBA_LIT("naf.home.example"), &nafid};
    gba_rc rc = bsf_policy_find(&conf, &ask, &found);
    CU_ASSERT_EQUAL(found != NULL, rc == GBA_OK);
    return rc;
}

static void rules_are_narrow(void)
{
    T_RC(may("home.example", gba_uaid_http_digest), GBA_E_ZN_NAF);
    T_RC(may(".home.example", gba_uaid_http_digest), GBA_E_ZN_NAF);
    T_RC(may("xhome.example", gba_uaid_http_digest), GBA_E_ZN_NAF);
    T_RC(may("a.home.example", gba_uaid_tls13_psk), GBA_E_ZN_UA);
    T_OK(may("a.home.example", gba_uaid_http_digest));
    T_OK(may("A.HOME.example", gba_uaid_tls(0x1301)));
    conf.zn.n = 0;
    T_RC(may("a.home.example", gba_uaid_http_digest), GBA_E_ZN_PEER);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"names are host names, once each", names_are_hosts},
        {"bounds are in order", bounds_are_in_order},
        {"rules can be read", rules_are_readable},
        {"good is good", good_is_good},
        {"rules are narrow", rules_are_narrow},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"conf", NULL, NULL, set_up, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
