/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/conf.h"

#include <stddef.h>

#include "config/ue.opt"
#include "ue/url.h"

void ue_conf_check(const struct ue_conf *conf, const struct gba_conf_sink *sink)
{
    struct ue_url bsf;
    if (conf->bsf.n > 0 && ue_url_host(gba_text_view(&conf->bsf), &bsf) != GBA_OK)
        gba_conf_fault(sink, "bsf", "expected HOST or HOST:PORT");
    if (conf->mnc_digits == 1)
        gba_conf_fault(sink, "mnc_digits", "expected 2 or 3, or 0 for not known");
    if (conf->enrolee.client_in_uicc && conf->allow_downgrade)
        gba_conf_fault(sink, "allow_downgrade",
                       "not with enrolee.client_in_uicc: the key would leave the card");
    ue_enrolee_check(&conf->enrolee, sink);
}
