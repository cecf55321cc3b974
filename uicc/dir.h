/* SPDX-License-Identifier: Apache-2.0 */
/* EF_DIR: which applications are on the card (ETSI TS 102 221 13.1). */
#pragma once

#include "gba/base/text.h"
#include "uicc/file.h"

enum uicc_app { UICC_APP_AUTO, UICC_APP_ISIM, UICC_APP_USIM };

/* "isim", "usim" or "auto". */
const char *uicc_app_name(enum uicc_app app);

struct uicc_dir_entry {
    struct uicc_aid aid;
    gba_text label; /* empty when there is none */
};

/* One record of EF_DIR: 61 L { 4F aid, 50 label }.  E_ABSENT for an empty record, E_TLV. */
GBA_MUST_USE gba_rc uicc_dir_decode(gba_view record, struct uicc_dir_entry *entry);
void uicc_dir_encode(const struct uicc_dir_entry *entry, gba_writer *w);

/* Which application an AID names: its first seven octets (TS 101 220 annex E);
 * UICC_APP_AUTO for any other. */
enum uicc_app uicc_dir_app(const struct uicc_aid *aid);

/* The AID of the application on this card; AUTO prefers the ISIM (TS 33.220
 * 4.4.8).  E_CARD_APP when the card has none. */
GBA_MUST_USE gba_rc uicc_dir_find(const struct uicc_card *card, enum uicc_app want, struct uicc_aid *aid);
