/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/peer_conf.h"

#include <stddef.h>

#include "m2m/party.h"
#include "naf/conf.h"

#include "config/peer.opt"

static void check_self(const struct m2m_peer_conf *conf, const struct gba_conf_sink *sink)
{
    struct m2m_id id;
    gba_text fqdn = conf->fqdn;
    if (m2m_id_parse(gba_text_view(&conf->id), &id) != GBA_OK || id.kind == M2M_ID_FQDN)
        gba_conf_fault(sink, "id", "expected an absolute CSE-ID or AE-ID");
    else if (fqdn.n == 0 && m2m_id_fqdn(&id, &fqdn) != GBA_OK)
        gba_conf_fault(sink, "fqdn", "is needed, because no host name can be made of the id");
    if (fqdn.n > 0 && !gba_is_fqdn(gba_text_view(&fqdn)))
        gba_conf_fault(sink, "fqdn", "expected a host name");
}

/* A host name proves no CSE and no AE. */
static void check_peers(const struct m2m_peer_conf *conf, const struct gba_conf_sink *sink)
{
    const struct m2m_conf_party *peers = conf->peers.items;
    m2m_conf_parties_check(&conf->peers, "peers", sink);
    for (size_t i = 0; i < conf->peers.n; i++) {
        if (peers[i].expect.flavour == M2M_CERT_FQDN)
            gba_conf_fault(sink, "peers.flavour", "expected raw, device, cse, ae or node");
    }
    if (conf->peers.n > 0 && conf->cert.n == 0)
        gba_conf_fault(sink, "cert", "is needed beside peers");
}

static bool is_maf(const struct m2m_peer_conf *conf, const gba_text *name)
{
    const struct m2m_conf_source *mafs = conf->mafs.items;
    for (size_t i = 0; i < conf->mafs.n; i++) {
        if (gba_view_eq_nocase(gba_text_view(&mafs[i].fqdn), gba_text_view(name)))
            return true;
    }
    return false;
}

static void check_keys(const struct m2m_peer_conf *conf, const struct gba_conf_sink *sink)
{
    const struct m2m_peer_key *keys = conf->keys.items, *kms = conf->maf_keys.items;
    gba_text name;
    struct m2m_id id;
    for (size_t i = 0; i < conf->keys.n; i++) {
        if (m2m_key_name_parse(gba_text_view(&keys[i].id), false, &name) != GBA_OK)
            gba_conf_fault(sink, "keys.id", "expected a name like psa-17@mte.example");
        if (keys[i].owner.n > 0 && m2m_id_parse(gba_text_view(&keys[i].owner), &id) != GBA_OK)
            gba_conf_fault(sink, "keys.owner", "expected an absolute CSE-ID or AE-ID");
    }
    for (size_t i = 0; i < conf->maf_keys.n; i++) {
        if (!is_maf(conf, &kms[i].owner))
            gba_conf_fault(sink, "maf_keys.owner", "expected the fqdn of one of mafs");
    }
}

void m2m_peer_conf_check(const struct m2m_peer_conf *conf, const struct gba_conf_sink *sink)
{
    check_self(conf, sink);
    check_peers(conf, sink);
    check_keys(conf, sink);
    m2m_conf_sources_check(&conf->mefs, "mefs", sink);
    m2m_conf_sources_check(&conf->mafs, "mafs", sink);
    if ((conf->cert.n > 0) != (conf->key.n > 0))
        gba_conf_fault(sink, "key", "cert and key go together");
    if (conf->mefs.n > 0 && conf->cert.n == 0)
        gba_conf_fault(sink, "cert", "is needed beside mefs");
    if (conf->suid != 0 && !m2m_suid_known(conf->suid))
        gba_conf_fault(sink, "suid", "expected a security usage of TS-0004 6.3.4.2.39, or 0");
    if (conf->listen.n + conf->listen_dtls.n == 0)
        gba_conf_fault(sink, "listen", "expected an address here or in listen_dtls");
    if (conf->gba.bsf.n > 0 && conf->diameter.identity.n == 0)
        gba_conf_fault(sink, "diameter", "is needed beside gba");
    if (conf->diameter.identity.n > 0)
        gba_conf_diameter_check(&conf->diameter, sink);
}
