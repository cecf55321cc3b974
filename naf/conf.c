/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/conf.h"

/* The host without ":port"; an IPv6 literal keeps its brackets. */
static gba_view without_port(gba_view host)
{
    size_t colon = gba_view_find_last(host, ':');
    size_t bracket = gba_view_find_last(host, ']');
    bool has_port = colon < host.n && (bracket == host.n || colon > bracket);
    return has_port ? gba_view_sub(host, 0, colon) : host;
}

const struct naf_service *naf_conf_service(const struct naf_ua_conf *conf, gba_view host)
{
    gba_view name = without_port(host);
    for (size_t i = 0; i < conf->n_services; i++) {
        if (gba_view_eq_nocase(gba_text_view(&conf->services[i].fqdn), name))
            return &conf->services[i];
    }
    return NULL;
}

const struct naf_route *naf_conf_route(const struct naf_ua_conf *conf, gba_view btid)
{
    const struct naf_route *any = NULL;
    gba_view domain;
    if (gba_btid_domain(btid, &domain) != GBA_OK)
        return NULL;
    for (size_t i = 0; i < conf->n_routes; i++) {
        gba_view of_route = gba_text_view(&conf->routes[i].btid_domain);
        if (gba_view_eq_nocase(of_route, domain))
            return &conf->routes[i];
        if (gba_view_eq(of_route, GBA_LIT("*")))
            any = &conf->routes[i];
    }
    return any;
}
