/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port to a card: whoever can carry an APDU there and back.  Implemented
 * by PC/SC (uicc/io/pcsc.c) and by the simulated card (uicc/io/sim_card.c).
 */
#pragma once

#include "gba/base/secret.h"

enum { UICC_APDU_MAX = 5 + 255 + 1, UICC_RESPONSE_MAX = 256 + 2 };

struct uicc_card {
    void *self;

    /* Send one command APDU; the response (data and status word) goes to rsp.
     * No 61/6C handling here: that is uicc/apdu's.  UNAVAILABLE class when the
     * card or reader is gone; E_CARD_RESET when the card lost its state
     * (selected application, PIN) since `begin`. */
    gba_rc (*transmit)(void *self, gba_view command, gba_writer *rsp);

    /* Keep other users of the card out until `end`.  Both may be NULL for a
     * card that has one user only. */
    gba_rc (*begin)(void *self);
    void (*end)(void *self);

    /* T=0: a case-4 command is sent without Le. */
    bool t0;

    /* The TLS client in the card, which a simulated card leaves to the program around it:
     * Ks_int_NAF of the current application for a NAF-Id that keys were derived for;
     * E_ABSENT.  NULL: no program has it, as with every real card. */
    gba_rc (*int_key)(void *self, gba_view naf_id, gba_ks_naf *ks_int_naf);

    /* Let go of the card and free self. */
    void (*close)(void *self);
};
