/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/conf.h"

#include <stddef.h>

#include "bsf/policy.h"
#include "config/bsf.opt"

const struct bsf_conf_name *bsf_conf_name_at(const struct bsf_conf *conf, size_t i)
{
    return (const struct bsf_conf_name *)conf->names.items + i;
}

const struct bsf_conf_rule *bsf_conf_rule_at(const struct bsf_conf *conf, size_t i)
{
    return (const struct bsf_conf_rule *)conf->zn.items + i;
}

const struct bsf_conf_zh_route *bsf_conf_zh_route_at(const struct bsf_conf *conf, size_t i)
{
    return (const struct bsf_conf_zh_route *)conf->zh.routes.items + i;
}

const struct bsf_conf_zh_host *bsf_conf_zh_host_at(const struct bsf_conf_zh_route *route, size_t i)
{
    return (const struct bsf_conf_zh_host *)route->hosts.items + i;
}

/* A list with no entry stands for AKAv1-MD5. */
bool bsf_conf_algorithm_at(const struct bsf_conf_ub *ub, size_t i, enum gba_digest_alg *alg)
{
    const int *items = ub->algorithms.items;
    *alg = GBA_DIGEST_AKAV1_MD5;
    if (ub->algorithms.n == 0)
        return i == 0;
    if (i < ub->algorithms.n)
        *alg = (enum gba_digest_alg)(GBA_DIGEST_AKAV1_MD5 + items[i]);
    return i < ub->algorithms.n;
}

static void check_name(const struct bsf_conf *conf, size_t i, const struct gba_conf_sink *sink)
{
    const struct bsf_conf_name *name = bsf_conf_name_at(conf, i);
    if (!gba_is_fqdn(gba_text_view(&name->host)))
        gba_conf_fault(sink, "names.host", "expected a host name");
    if (name->btid_domain.n > 0 && !gba_is_fqdn(gba_text_view(&name->btid_domain)))
        gba_conf_fault(sink, "names.btid_domain", "expected a host name");
    for (size_t k = 0; k < i; k++) {
        if (gba_view_eq_nocase(gba_text_view(&name->host), gba_text_view(&bsf_conf_name_at(conf, k)->host)))
            gba_conf_fault(sink, "names.host", "this host name stands here twice");
    }
}

static void check_cert(const struct bsf_conf *conf, const struct bsf_conf_name *name,
                       const struct gba_conf_sink *sink)
{
    if ((name->cert.n > 0) != (name->key.n > 0))
        gba_conf_fault(sink, "names.cert", "expected both cert and key, or neither");
    else if (name->cert.n == 0 && conf->https.cert.n == 0)
        gba_conf_fault(sink, "names.cert", "is needed for https, here or there");
}

static void check_tls(const struct bsf_conf *conf, const struct gba_conf_sink *sink)
{
    if ((conf->https.cert.n > 0) != (conf->https.key.n > 0))
        gba_conf_fault(sink, "https.cert", "expected both cert and key, or neither");
    for (size_t i = 0; i < conf->names.n; i++)
        check_cert(conf, bsf_conf_name_at(conf, i), sink);
}

static bool printable(const gba_text *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->s[i] < ' ' || t->s[i] > '~')
            return false;
    }
    return true;
}

/* Can questions for this host leave us, straight or through a relay? */
static bool reachable(const struct bsf_conf *conf, const gba_text *identity)
{
    const struct gba_conf_peer *peers = conf->diameter.peers.items;
    for (size_t i = 0; i < conf->diameter.peers.n; i++) {
        bool named = gba_view_eq_nocase(gba_text_view(&peers[i].identity), gba_text_view(identity));
        if (peers[i].address.n > 0 && (peers[i].relay || named))
            return true;
    }
    return false;
}

static bool same_quirks(const struct bsf_conf_zh_host *a, const struct bsf_conf_zh_host *b)
{
    return a->application == b->application && a->results == b->results &&
           gba_text_eq(&a->scheme, &b->scheme);
}

/* A host may stand in several routes, but it is one host. */
static void check_twice(const struct bsf_conf *conf, size_t route, size_t host,
                        const struct gba_conf_sink *sink)
{
    const struct bsf_conf_zh_host *h = bsf_conf_zh_host_at(bsf_conf_zh_route_at(conf, route), host);
    for (size_t i = 0; i <= route; i++) {
        const struct bsf_conf_zh_route *other = bsf_conf_zh_route_at(conf, i);
        for (size_t k = 0; k < (i == route ? host : other->hosts.n); k++) {
            const struct bsf_conf_zh_host *o = bsf_conf_zh_host_at(other, k);
            if (!gba_view_eq_nocase(gba_text_view(&o->identity), gba_text_view(&h->identity)))
                continue;
            if (i == route || !same_quirks(o, h))
                gba_conf_fault(sink, "zh.routes.hosts",
                               "this host stands here twice, or elsewhere with other options");
        }
    }
}

static void check_route(const struct bsf_conf *conf, size_t at, const struct gba_conf_sink *sink)
{
    const struct bsf_conf_zh_route *route = bsf_conf_zh_route_at(conf, at);
    for (size_t i = 0; i < at; i++) {
        if (gba_view_eq_nocase(gba_text_view(&bsf_conf_zh_route_at(conf, i)->domain),
                               gba_text_view(&route->domain)))
            gba_conf_fault(sink, "zh.routes.domain", "this domain stands here twice");
    }
    for (size_t i = 0; i < route->hosts.n; i++) {
        if (!reachable(conf, &bsf_conf_zh_host_at(route, i)->identity))
            gba_conf_fault(sink, "zh.routes.hosts",
                           "expected a peer with an address, or a peer that is a relay");
        check_twice(conf, at, i, sink);
    }
}

static void check_zh(const struct bsf_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->zh.realm.n == 0 && conf->zh.routes.n == 0)
        gba_conf_fault(sink, "zh", "is needed beside names: a realm, or routes");
    if ((conf->zh.realm.n > 0 || conf->zh.host.n > 0) && conf->zh.routes.n > 0)
        gba_conf_fault(sink, "zh.routes", "expected routes, or realm and host, not both");
    if (conf->zh.host.n > 0 && conf->zh.realm.n == 0 && conf->zh.routes.n == 0)
        gba_conf_fault(sink, "zh.realm", "is needed beside host");
    for (size_t i = 0; i < conf->zh.routes.n; i++)
        check_route(conf, i, sink);
}

static void check_algorithms(const struct gba_opt_list *list, const struct gba_conf_sink *sink)
{
    const int *items = list->items;
    unsigned seen = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (seen & 1U << items[i])
            gba_conf_fault(sink, "ub.algorithms", "an algorithm stands here twice");
        seen |= 1U << items[i];
    }
}

/* What bootstrapping needs beside names. */
static void check_whole(const struct bsf_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->http.listen.n == 0 && conf->https.listen.n == 0)
        gba_conf_fault(sink, "http", "is needed beside names, or https");
    if (conf->https.listen.n > 0)
        check_tls(conf, sink);
    else if (conf->ub.gba_2g || conf->ub.gba_digest)
        gba_conf_fault(sink, "https", "is needed for ub.gba_2g and ub.gba_digest");
    check_zh(conf, sink);
    if (conf->diameter.identity.n == 0)
        gba_conf_fault(sink, "diameter", "is needed beside names");
}

void bsf_conf_check(const struct bsf_conf *conf, const struct gba_conf_sink *sink)
{
    const struct bsf_conf_lifetime *l = &conf->ub.key_lifetime;
    if (conf->names.n > 0)
        check_whole(conf, sink);
    else if (conf->mef.names.n == 0)
        gba_conf_fault(sink, "names", "expected names here, or the section mef");
    if (conf->mef.names.n > 0)
        m2m_conf_mef_check(&conf->mef, sink);
    m2m_conf_admin_check(&conf->admin, sink);
    for (size_t i = 0; i < conf->names.n; i++)
        check_name(conf, i, sink);
    if (!printable(&conf->ub.product))
        gba_conf_fault(sink, "ub.product", "expected printable characters");
    if (l->min_s > l->default_s || l->default_s > l->max_s)
        gba_conf_fault(sink, "ub.key_lifetime", "expected min <= default <= max");
    check_algorithms(&conf->ub.algorithms, sink);
    for (size_t i = 0; i < conf->zn.n; i++)
        bsf_policy_check(bsf_conf_rule_at(conf, i), sink);
    if (conf->names.n > 0)
        bsf_conf_store_check(&conf->store, sink);
    gba_conf_diameter_check(&conf->diameter, sink);
}
