/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/policy.h"

static bool is_any(gba_view word)
{
    return gba_view_eq(word, GBA_LIT("*"));
}

static bool peer_allowed(const struct bsf_conf_rule *rule, const struct bsf_policy_ask *ask)
{
    gba_view origin = gba_text_view(rule->origin.n > 0 ? &rule->origin : &rule->peer);
    return gba_view_eq_nocase(gba_text_view(&rule->peer), ask->peer) &&
           (is_any(origin) || gba_view_eq_nocase(origin, ask->origin));
}

static bool naf_allowed(const struct bsf_conf_rule *rule, gba_view fqdn)
{
    gba_view pattern = gba_text_view(&rule->naf);
    if (!gba_view_starts(pattern, GBA_LIT("*")))
        return gba_view_eq_nocase(pattern, fqdn);
    gba_view suffix = gba_view_sub(pattern, 1, pattern.n);
    return fqdn.n > suffix.n && gba_view_eq_nocase(gba_view_sub(fqdn, fqdn.n - suffix.n, suffix.n), suffix);
}

/*= TS 33.220 H.3: 01 00 01 yy zz stands for TLS with any suite */
static bool is_tls(const gba_uaid *ua)
{
    return gba_view_starts(GBA_ARRAY(ua->b), GBA_LIT("\x01\x00\x01"));
}

static bool ua_word_allows(gba_view word, const gba_uaid *ua)
{
    gba_uaid one;
    if (is_any(word))
        return true;
    if (gba_view_eq(word, GBA_LIT("tls:*")))
        return is_tls(ua);
    return gba_uaid_parse(word, &one) == GBA_OK && gba_view_eq(GBA_ARRAY(one.b), GBA_ARRAY(ua->b));
}

static bool ua_allowed(const struct bsf_conf_rule *rule, const gba_uaid *ua)
{
    const gba_text *words = rule->ua.items;
    for (size_t i = 0; i < rule->ua.n; i++) {
        if (ua_word_allows(gba_text_view(&words[i]), ua))
            return true;
    }
    return false;
}

/*= RFC 6733 6.7.1: a relay names where a request came from; Origin-Host is a claim */
static bool route_allowed(const struct bsf_conf_rule *rule, const struct bsf_policy_ask *ask)
{
    bool by_name = rule->origin.n > 0 && !is_any(gba_text_view(&rule->origin)) &&
                   !gba_view_eq_nocase(gba_text_view(&rule->origin), gba_text_view(&rule->peer));
    return !by_name || !rule->route_record || gba_view_eq_nocase(ask->via, ask->origin);
}

/* In the order of what a rule is about: the further, the closer the request was to it. */
static gba_rc judge(const struct bsf_conf_rule *rule, const struct bsf_policy_ask *ask)
{
    GBA_ENSURE(peer_allowed(rule, ask), GBA_E_ZN_PEER);
    GBA_ENSURE(route_allowed(rule, ask), GBA_E_ZN_ROUTE);
    GBA_ENSURE(naf_allowed(rule, gba_text_view(&ask->naf->fqdn)), GBA_E_ZN_NAF);
    GBA_ENSURE(ask->in_cert || !rule->naf_in_cert, GBA_E_ZN_CERT);
    GBA_ENSURE(ua_allowed(rule, &ask->naf->ua), GBA_E_ZN_UA);
    return GBA_OK;
}

static unsigned distance(gba_rc rc)
{
    static const gba_rc order[] = {GBA_E_ZN_PEER, GBA_E_ZN_ROUTE, GBA_E_ZN_NAF, GBA_E_ZN_CERT, GBA_E_ZN_UA};
    unsigned i = 0;
    while (i < sizeof order / sizeof *order && order[i] != rc)
        i++;
    return i;
}

gba_rc bsf_policy_find(const struct bsf_conf *conf, const struct bsf_policy_ask *ask,
                       const struct bsf_conf_rule **rule)
{
    gba_rc why = GBA_E_ZN_PEER;
    for (size_t i = 0; i < conf->zn.n; i++) {
        *rule = bsf_conf_rule_at(conf, i);
        gba_rc rc = judge(*rule, ask);
        if (rc == GBA_OK)
            return GBA_OK;
        if (distance(rc) > distance(why))
            why = rc;
    }
    *rule = NULL;
    return why;
}

bool bsf_policy_gsid(const struct bsf_conf_rule *rule, gba_view gsid)
{
    const gba_text *gsids = rule->gsids.items;
    for (size_t i = 0; i < rule->gsids.n; i++) {
        gba_view one = gba_text_view(&gsids[i]);
        if (is_any(one) || gba_gsid_eq(one, gsid))
            return true;
    }
    return false;
}

bool bsf_policy_gba_type(const struct bsf_conf_rule *rule, uint32_t gba_type)
{
    const int *types = rule->gba_types.items;
    for (size_t i = 0; i < rule->gba_types.n; i++) {
        if ((uint32_t)types[i] == gba_type)
            return true;
    }
    return rule->gba_types.n == 0 && gba_type == 0;
}

static bool naf_readable(gba_view pattern)
{
    if (gba_view_starts(pattern, GBA_LIT("*.")))
        pattern = gba_view_sub(pattern, 2, pattern.n);
    return gba_is_fqdn(pattern);
}

static bool ua_readable(gba_view word)
{
    gba_uaid one;
    return is_any(word) || gba_view_eq(word, GBA_LIT("tls:*")) || gba_uaid_parse(word, &one) == GBA_OK;
}

void bsf_policy_check(const struct bsf_conf_rule *rule, const struct gba_conf_sink *sink)
{
    const gba_text *words = rule->ua.items;
    gba_view origin = gba_text_view(&rule->origin);
    if (!gba_is_fqdn(gba_text_view(&rule->peer)))
        gba_conf_fault(sink, "zn.peer", "expected a Diameter identity");
    if (origin.n > 0 && !is_any(origin) && !gba_is_fqdn(origin))
        gba_conf_fault(sink, "zn.origin", "expected a Diameter identity or \"*\"");
    if (!naf_readable(gba_text_view(&rule->naf)))
        gba_conf_fault(sink, "zn.naf", "expected a host name or *.suffix");
    for (size_t i = 0; i < rule->ua.n; i++) {
        if (!ua_readable(gba_text_view(&words[i])))
            gba_conf_fault(sink, "zn.ua",
                           "expected http, tls13-psk, tls:C02F, tls:*, ten hexadecimal digits or \"*\"");
    }
}

/*= TS 33.220 5.2: the subscription, not the UE, decides between GBA_ME and GBA_U */
enum bsf_mode bsf_policy_mode(const struct bsf_conf_ub *conf, const struct gba_guss *guss)
{
    bool gba_u = guss->uicc_type == GBA_UICC_GBA_U && conf->gba_u == BSF_GBA_U_SERVE;
    return gba_u ? BSF_U : BSF_ME;
}

uint32_t bsf_policy_lifetime(const struct bsf_conf_ub *conf, const struct gba_guss *guss)
{
    const struct bsf_conf_lifetime *l = &conf->key_lifetime;
    uint32_t s = guss->lifetime_s > 0 ? guss->lifetime_s : l->default_s;
    if (s < l->min_s)
        return l->min_s;
    return s > l->max_s ? l->max_s : s;
}
