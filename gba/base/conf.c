/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/conf.h"

#include <stddef.h>

#include "config/common.opt"

void gba_conf_fault(const struct gba_conf_sink *sink, const char *key, const char *text)
{
    sink->fault(sink->ctx, key, text);
}

static bool has_tls(const struct gba_conf_tls *tls)
{
    return tls->cert.n > 0;
}

/* DiameterIdentities are names of the DNS: case does not count (RFC 6733 4.3.1). */
static bool same_identity(const gba_text *a, const gba_text *b)
{
    return gba_view_eq_nocase(gba_text_view(a), gba_text_view(b));
}

static void check_peer(const struct gba_conf_diameter *conf, size_t i, const struct gba_conf_sink *sink)
{
    const struct gba_conf_peer *peers = conf->peers.items;
    if (same_identity(&peers[i].identity, &conf->identity))
        gba_conf_fault(sink, "diameter.peers", "a peer has the identity of this node");
    for (size_t k = 0; k < i; k++) {
        if (same_identity(&peers[i].identity, &peers[k].identity))
            gba_conf_fault(sink, "diameter.peers", "two peers have the same identity");
    }
    if (peers[i].tls && !has_tls(&conf->tls))
        gba_conf_fault(sink, "diameter.peers", "a peer with tls needs the section diameter.tls");
    if (peers[i].sctp && !conf->sctp)
        gba_conf_fault(sink, "diameter.peers", "a peer with sctp needs diameter.sctp");
    if (peers[i].address.n == 0 && conf->listen.n == 0 && conf->listen_tls.n == 0)
        gba_conf_fault(sink, "diameter.peers", "a peer without address needs listen or listen_tls");
}

void gba_conf_diameter_check(const struct gba_conf_diameter *conf, const struct gba_conf_sink *sink)
{
    if (conf->listen_tls.n > 0 && !has_tls(&conf->tls))
        gba_conf_fault(sink, "diameter.listen_tls", "needs the section diameter.tls");
    for (size_t i = 0; i < conf->peers.n; i++)
        check_peer(conf, i, sink);
}
