/* SPDX-License-Identifier: Apache-2.0 */
/* A card in a PC/SC reader (libpcsclite). */
#pragma once

#include "uicc/card.h"

/* Connect to the first reader whose name contains `reader` (ignoring case;
 * empty: the first with a card in it).  E_PCSC: no pcscd; E_READER: no such
 * reader; E_CARD_GONE: no card in it; E_MEMORY.  card->close frees all. */
GBA_MUST_USE gba_rc uicc_pcsc_open(gba_view reader, struct uicc_card *card);
