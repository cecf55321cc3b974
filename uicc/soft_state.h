/* SPDX-License-Identifier: Apache-2.0 */
/* What a simulated card remembers without power, as octets.  Secret: it holds Ks. */
#pragma once

#include "uicc/soft.h"

enum { UICC_SOFT_STATE_MAX = 16 * 1024 };

void uicc_soft_save(struct uicc_soft *s, gba_writer *w);

/* Into a card just made by uicc_soft_init with the same profile.  E_CARD_STATE,
 * and the card is wiped, when the octets are damaged or of another profile. */
GBA_MUST_USE gba_rc uicc_soft_load(struct uicc_soft *s, gba_view state);
