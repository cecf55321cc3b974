/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/io/card_open.h"

#include "gba/base/text.h"
#include "uicc/io/pcsc.h"

gba_rc uicc_card_open(gba_view name, struct uicc_card *card, struct rt_conf_errors *errors)
{
    gba_view kind, rest;
    gba_text path;
    bool has_rest = gba_view_split(name, ':', &kind, &rest);
    if (gba_view_eq(kind, GBA_LIT("pcsc")))
        return uicc_pcsc_open(rest, card);
    GBA_ENSURE(gba_view_eq(kind, GBA_LIT("sim")) && has_rest && rest.n > 0, GBA_E_CARD_NAME);
    GBA_TRY(gba_text_set(&path, rest));
    return uicc_sim_open(path.s, card, errors);
}
