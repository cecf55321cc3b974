/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/enrolee.h"

#include <stddef.h>

#include "config/enrolee.opt"

static const enum m2m_framework frameworks[] = {
    [UE_FRAMEWORK_PPSK] = M2M_PPSK,
    [UE_FRAMEWORK_CERT] = M2M_CERT,
    [UE_FRAMEWORK_GBA] = M2M_GBA,
    [UE_FRAMEWORK_3GPP2] = M2M_GBA, /* refused by the check */
};

/* ---- to what engines know ---- */

static gba_rc maf_of(const struct ue_enrolee_maf *conf, struct m2m_party *out)
{
    struct m2m_conf_party party = {.id = conf->fqdn, .expect = conf->expect};
    party.expect.flavour = M2M_CERT_FQDN;
    if (conf->fqdn.n == 0)
        return GBA_OK;
    GBA_TRY(m2m_party_of(&party, out));
    return out->id.kind == M2M_ID_FQDN ? GBA_OK : GBA_E_M2M_ID;
}

static gba_rc mef_of(const struct ue_enrolee_conf *conf, struct ue_enrolee *out)
{
    if (conf->framework == UE_FRAMEWORK_GBA)
        return GBA_OK;
    GBA_TRY(ue_url_parse_tls(gba_text_view(&conf->mef.uri), &out->mef));
    out->mef.connect = conf->mef.address;
    out->instructions.mef = out->mef.host;
    /*= TS-0003 8.1.2.4: an Enrolee knows the MEF by its anchors and the host of its URI */
    out->mef_expect = (struct m2m_expect){
        .flavour = M2M_CERT_FQDN, .id = out->mef.host, .status = (enum m2m_status)conf->mef.expect.status};
    return GBA_OK;
}

gba_rc ue_enrolee_of(const struct ue_enrolee_conf *conf, struct ue_enrolee *out)
{
    gba_wipe(out);
    GBA_TRY(m2m_id_parse(gba_text_view(&conf->id), &out->id));
    GBA_ENSURE(out->id.kind != M2M_ID_FQDN, GBA_E_M2M_ID);
    GBA_TRY(m2m_party_of(&conf->target.party, &out->target));
    if (conf->registrar.n > 0)
        GBA_TRY(m2m_id_parse(gba_text_view(&conf->registrar), &out->registrar));
    GBA_TRY(maf_of(&conf->maf, &out->maf));
    out->instructions = (struct m2m_enrolee){
        .target = out->target.id,
        .target_fqdn = out->target.fqdn,
        .framework = frameworks[conf->framework],
        .expiry_s = conf->expiry_s,
        .suid = conf->suid,
        .client_in_uicc = conf->client_in_uicc,
    };
    return mef_of(conf, out);
}

/* ---- check ---- */

static void check_ids(const struct ue_enrolee_conf *conf, const struct gba_conf_sink *sink)
{
    struct m2m_party party = {.fqdn = {0}};
    struct m2m_id id;
    if (m2m_id_parse(gba_text_view(&conf->id), &id) != GBA_OK || id.kind == M2M_ID_FQDN)
        gba_conf_fault(sink, "enrolee.id",
                       "expected an AE-ID or CSE-ID with its service provider, as //sp.example/S98821");
    gba_rc rc = m2m_party_of(&conf->target.party, &party);
    if (conf->target.party.id.n == 0)
        gba_conf_fault(sink, "enrolee.target.id", "expected whom to share a key with");
    else if (rc == GBA_E_M2M_ID)
        gba_conf_fault(sink, "enrolee.target.id",
                       "expected a CSE-ID, an AE-ID or a host name; one of strange letters "
                       "needs fqdn too");
    else if (rc != GBA_OK)
        gba_conf_fault(sink, "enrolee.target.cert_id",
                       "expected a name as certificates of this flavour have it");
    if (conf->registrar.n > 0 &&
        (m2m_id_parse(gba_text_view(&conf->registrar), &id) != GBA_OK || id.kind != M2M_ID_CSE))
        gba_conf_fault(sink, "enrolee.registrar", "expected a CSE-ID, as //sp.example/in-cse");
    if (maf_of(&conf->maf, &party) != GBA_OK)
        gba_conf_fault(sink, "enrolee.maf.fqdn", "expected a host name");
}

static void check_mef(const struct ue_enrolee_conf *conf, const struct gba_conf_sink *sink)
{
    struct ue_url url;
    if (ue_url_parse_tls(gba_text_view(&conf->mef.uri), &url) != GBA_OK)
        gba_conf_fault(sink, "enrolee.mef.uri", "expected https:// and a host name; http:// proves nobody");
    if (conf->framework == UE_FRAMEWORK_CERT && conf->mef.expect.anchors.n == 0)
        gba_conf_fault(sink, "enrolee.mef.anchors", "expected a file, because the MEF must be verified");
    if (conf->framework == UE_FRAMEWORK_CERT &&
        (conf->cert.key.n == 0 || (conf->cert.cert.n == 0 && !conf->cert.raw)))
        gba_conf_fault(sink, "enrolee.cert", "expected cert and key, or key and raw");
    gba_text name;
    if (conf->framework == UE_FRAMEWORK_PPSK &&
        m2m_key_name_parse(gba_text_view(&conf->kpm.id), false, &name) != GBA_OK)
        gba_conf_fault(sink, "enrolee.kpm.id", "expected a name as kpm-0001@mef.mte.example");
    if (conf->framework == UE_FRAMEWORK_PPSK && conf->kpm.key_file.n == 0)
        gba_conf_fault(sink, "enrolee.kpm.key_file", "expected a file");
}

/*= TS-0003 8.3.2.3: NAF keys know no usage; the UICC has keys in GBA only */
static void check_usage(const struct ue_enrolee_conf *conf, const struct gba_conf_sink *sink)
{
    bool gba = conf->framework == UE_FRAMEWORK_GBA;
    bool provisioned = conf->suid / 10 == 2 && m2m_suid_known(conf->suid);
    if (conf->suid != 0 && (gba || !provisioned))
        gba_conf_fault(sink, "enrolee.suid",
                       gba ? "keys of GBA are bound to no usage" : "expected 0 or 21 to 25");
    if (conf->token_file.n > 0 && gba)
        gba_conf_fault(sink, "enrolee.token_file",
                       "not with framework gba: there is no session to present it in");
    if (conf->client_in_uicc && !gba)
        gba_conf_fault(sink, "enrolee.client_in_uicc", "only with framework gba");
}

void ue_enrolee_check(const struct ue_enrolee_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->id.n == 0)
        return;
    check_ids(conf, sink);
    check_usage(conf, sink);
    if (conf->framework == UE_FRAMEWORK_3GPP2)
        gba_conf_fault(sink, "enrolee.framework",
                       "keys of 3GPP2 are not supported; gba stands for GBA with AKA of 3GPP");
    else if (conf->framework != UE_FRAMEWORK_GBA)
        check_mef(conf, sink);
}
