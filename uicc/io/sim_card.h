/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated card of a profile file, with its state file: --card sim:FILE and keystrap-card. */
#pragma once

#include "rt/conf.h"
#include "uicc/card.h"

struct uicc_sim;

struct uicc_sim_conf {
    const char *profile;
    bool t0;
};

/* Load profile and state.  The profile is locked against other processes until
 * uicc_sim_free.  E_CONFIG and E_CARD_STATE (errors tells), E_FILE,
 * E_CARD_IN_USE, E_MEMORY. */
GBA_MUST_USE gba_rc uicc_sim_new(const struct uicc_sim_conf *conf, struct rt_conf_errors *errors,
                                 struct uicc_sim **out);

/* Check the profile alone. */
GBA_MUST_USE gba_rc uicc_sim_check(const char *profile, struct rt_conf_errors *errors);

/* Power on, or reset. */
void uicc_sim_reset(struct uicc_sim *sim);

/* One command.  What the card must remember is on disk before rsp is filled; if
 * it cannot be written, rsp is 6581 (memory problem) alone and the result E_FILE. */
GBA_MUST_USE gba_rc uicc_sim_transmit(struct uicc_sim *sim, gba_view command, gba_writer *rsp);

/* Put the card out of step with its AuC and save; E_FILE. */
GBA_MUST_USE gba_rc uicc_sim_desync(struct uicc_sim *sim, uint32_t by);

/* Wipe and free; NULL is ignored. */
void uicc_sim_free(struct uicc_sim *sim);

/* uicc_sim_new as a card port with T=1; card->close frees all. */
GBA_MUST_USE gba_rc uicc_sim_open(const char *profile, struct uicc_card *card, struct rt_conf_errors *errors);
