/* SPDX-License-Identifier: Apache-2.0 */
/* A card by name, as on the command line: pcsc, pcsc:READER or sim:FILE. */
#pragma once

#include "uicc/io/sim_card.h"

/* E_CARD_NAME for another form; else as uicc_pcsc_open and uicc_sim_open. */
GBA_MUST_USE gba_rc uicc_card_open(gba_view name, struct uicc_card *card, struct rt_conf_errors *errors);
