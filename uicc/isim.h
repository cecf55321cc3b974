/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the ISIM that GBA needs (TS 31.103 4.2). */
#pragma once

#include "gba/base/text.h"
#include "uicc/file.h"

enum {
    UICC_ISIM_IMPI = 0x6f02,
    UICC_ISIM_DOMAIN = 0x6f03,
    UICC_ISIM_IMPU = 0x6f04,
    UICC_ISIM_IST = 0x6f07,
    UICC_ISIM_AD = 0x6fad,
    UICC_ISIM_GBABP = 0x6fd5,
    UICC_ISIM_GBANL = 0x6fd7,
    UICC_ISIM_SERVICE_GBA = 2,
    UICC_ISIM_IMPU_MAX = 8, /* as many as are looked at */
};

/* "80 L UTF-8": EF_IMPI, EF_DOMAIN, a record of EF_IMPU; E_TLV, E_CARD_CONTENT. */
GBA_MUST_USE gba_rc uicc_isim_text(gba_view ef, gba_text *text);

struct uicc_isim {
    gba_text impi;
    gba_text domain;
    gba_text impu[UICC_ISIM_IMPU_MAX];
    size_t impu_n;
    bool gba; /* service 2 */
};

/* Read them from the selected ISIM.  A card without EF_IMPU records is not an error. */
GBA_MUST_USE gba_rc uicc_isim_read(const struct uicc_card *card, struct uicc_isim *out);
