/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/conf.h"

#include <stddef.h>

#include "config/naf.opt"

/* The host without ":port"; an IPv6 literal keeps its brackets. */
static gba_view without_port(gba_view host)
{
    size_t colon = gba_view_find_last(host, ':');
    size_t bracket = gba_view_find_last(host, ']');
    bool has_port = colon < host.n && (bracket == host.n || colon > bracket);
    return has_port ? gba_view_sub(host, 0, colon) : host;
}

const struct naf_service *naf_conf_service(const struct naf_conf *conf, gba_view host)
{
    gba_view name = without_port(host);
    const struct naf_service *services = conf->services.items;
    for (size_t i = 0; i < conf->services.n; i++) {
        if (gba_view_eq_nocase(gba_text_view(&services[i].fqdn), name))
            return &services[i];
    }
    return NULL;
}

const struct naf_route *naf_conf_route(const struct naf_conf *conf, gba_view btid)
{
    const struct naf_route *routes = conf->routes.items;
    const struct naf_route *any = NULL;
    gba_view domain;
    if (gba_btid_domain(btid, &domain) != GBA_OK)
        return NULL;
    for (size_t i = 0; i < conf->routes.n; i++) {
        gba_view of_route = gba_text_view(&routes[i].btid_domain);
        if (gba_view_eq_nocase(of_route, domain))
            return &routes[i];
        if (gba_view_eq(of_route, GBA_LIT("*")))
            any = &routes[i];
    }
    return any;
}

static void check_services(const struct naf_conf *conf, const struct gba_conf_sink *sink)
{
    const struct naf_service *services = conf->services.items;
    for (size_t i = 0; i < conf->services.n; i++) {
        const struct naf_service *s = &services[i];
        if (!gba_is_fqdn(gba_text_view(&s->fqdn)))
            gba_conf_fault(sink, "services.fqdn", "expected a host name");
        if (naf_conf_service(conf, gba_text_view(&s->fqdn)) != s)
            gba_conf_fault(sink, "services.fqdn", "this host name has a service already");
        if (s->gsid.n == 0 && (s->uss_required || s->assert_identity == NAF_ASSERT_USS))
            gba_conf_fault(sink, "services.gsid", "needed for uss_required and for assert_identity: uss");
    }
}

static void check_routes(const struct naf_conf *conf, const struct gba_conf_sink *sink)
{
    const struct naf_route *routes = conf->routes.items;
    for (size_t i = 0; i < conf->routes.n; i++) {
        gba_view domain = gba_text_view(&routes[i].btid_domain);
        if (!gba_is_fqdn(domain) && !gba_view_eq(domain, GBA_LIT("*")))
            gba_conf_fault(sink, "bsf.btid_domain", "expected a host name or \"*\"");
        for (size_t j = 0; j < i; j++) {
            if (gba_view_eq_nocase(domain, gba_text_view(&routes[j].btid_domain)))
                gba_conf_fault(sink, "bsf.btid_domain", "this domain has a BSF already");
        }
    }
}

/* What the proxy needs beside services. */
static void check_whole(const struct naf_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->http.listen.n == 0)
        gba_conf_fault(sink, "http", "is needed beside services");
    if (conf->routes.n == 0)
        gba_conf_fault(sink, "bsf", "is needed beside services");
    if (conf->diameter.identity.n == 0)
        gba_conf_fault(sink, "diameter", "is needed beside services");
}

void naf_conf_check(const struct naf_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->services.n > 0)
        check_whole(conf, sink);
    else if (conf->maf.name.fqdn.n == 0)
        gba_conf_fault(sink, "services", "expected services here, or the section maf");
    if (conf->maf.name.fqdn.n > 0)
        m2m_conf_maf_check(&conf->maf, sink);
    m2m_conf_admin_check(&conf->admin, sink);
    check_services(conf, sink);
    check_routes(conf, sink);
    if (conf->diameter.identity.n > 0)
        gba_conf_diameter_check(&conf->diameter, sink);
}
