/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated card inside this process: --card sim:FILE. */
#pragma once

#include "rt/conf.h"
#include "uicc/card.h"

/* Load profile and state (FILE.state, locked against other processes until
 * card->close).  What the card must remember is written to the state file
 * before each answer that depends on it.  E_CONFIG (errors tells), E_FILE,
 * E_CARD_IN_USE. */
GBA_MUST_USE gba_rc uicc_sim_open(const char *profile_path, struct uicc_card *card,
                                 struct rt_conf_errors *errors);
