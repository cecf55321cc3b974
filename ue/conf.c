/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/conf.h"

#include <stddef.h>

#include "gba/wire/names.h"
#include "ue/boot.h"

#include "config/ue.opt"

gba_rc ue_conf_bsf(const struct ue_conf *conf, gba_view name, struct ue_url *url, bool *tls)
{
    gba_view text = conf->bsf.n > 0 ? gba_text_view(&conf->bsf) : name;
    bool said = gba_view_contains(text, GBA_LIT("://"));
    *tls = said || conf->gba != UE_GBA_3G;
    if (!said)
        return *tls ? ue_url_host_tls(text, url) : ue_url_host(text, url);
    GBA_TRY(ue_url_parse_tls(text, url));
    return gba_view_eq(url->target, GBA_LIT("/")) ? GBA_OK : GBA_E_UE_URL;
}

static void check_bsf(const struct ue_conf *conf, const struct gba_conf_sink *sink)
{
    struct ue_url bsf;
    bool tls = conf->gba != UE_GBA_3G;
    if (conf->bsf.n > 0 && ue_conf_bsf(conf, gba_text_view(&conf->bsf), &bsf, &tls) != GBA_OK)
        gba_conf_fault(sink, "bsf", "expected HOST, HOST:PORT or https://HOST:PORT");
    else if (tls && conf->proxy.n > 0)
        gba_conf_fault(sink, "proxy", "not with a BSF over TLS");
}

static void check_digest(const struct ue_conf_digest *conf, const struct gba_conf_sink *sink)
{
    if (gba_impi_check(gba_text_view(&conf->impi)) != GBA_OK)
        gba_conf_fault(sink, "gba_digest.impi", "expected user@domain, with gba: digest");
    if (conf->password_file.n == 0)
        gba_conf_fault(sink, "gba_digest.password_file", "is needed with gba: digest");
}

void ue_conf_check(const struct ue_conf *conf, const struct gba_conf_sink *sink)
{
    check_bsf(conf, sink);
    if (conf->gba == UE_GBA_DIGEST)
        check_digest(&conf->gba_digest, sink);
    if (conf->mnc_digits == 1)
        gba_conf_fault(sink, "mnc_digits", "expected 2 or 3, or 0 for not known");
    if (conf->enrolee.client_in_uicc && conf->allow_downgrade)
        gba_conf_fault(sink, "allow_downgrade",
                       "not with enrolee.client_in_uicc: the key would leave the card");
    ue_enrolee_check(&conf->enrolee, sink);
}
