/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the USIM that GBA needs (TS 31.102 4.2). */
#pragma once

#include "gba/base/text.h"
#include "uicc/file.h"

enum {
    UICC_USIM_IMSI = 0x6f07,
    UICC_USIM_AD = 0x6fad,
    UICC_USIM_UST = 0x6f38,
    UICC_USIM_GBABP = 0x6fd6,
    UICC_USIM_GBANL = 0x6fda,
    UICC_USIM_SERVICE_GSM = 27,
    UICC_USIM_SERVICE_GBA = 68,
};

/* EF_IMSI (4.2.2) <-> decimal digits, 6 to 15 of them; E_CARD_CONTENT. */
GBA_MUST_USE gba_rc uicc_imsi_decode(gba_view ef, gba_text *imsi);
GBA_MUST_USE gba_rc uicc_imsi_encode(gba_view imsi, gba_writer *w);

/* EF_AD (4.2.18): length of the MNC in the IMSI, 2 or 3; E_CARD_CONTENT when
 * the card does not tell. */
GBA_MUST_USE gba_rc uicc_ad_mnc_n(gba_view ef, unsigned *mnc_n);

/* Is service n (from 1) available in a UST or IST? */
bool uicc_service(gba_view table, unsigned n);

struct uicc_usim {
    gba_text imsi;
    unsigned mnc_n; /* 0: the card does not tell */
    bool gba;       /* service 68 */
};

/* Read them from the selected USIM. */
GBA_MUST_USE gba_rc uicc_usim_read(const struct uicc_card *card, struct uicc_usim *out);
