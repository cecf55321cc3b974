/* SPDX-License-Identifier: Apache-2.0 */
/* VERIFY PIN (ETSI TS 102 221 11.1.9). */
#pragma once

#include "uicc/apdu.h"

/* A PIN as sent: ASCII digits padded with FF.  A secret: wipe it. */
struct uicc_pin {
    uint8_t b[8];
    bool set;
};

/* 4 to 8 decimal digits; E_PIN_FORM. */
GBA_MUST_USE gba_rc uicc_pin_parse(gba_view digits, struct uicc_pin *pin);

enum { UICC_INS_VERIFY = 0x20 };

struct uicc_pin_state {
    bool open;      /* verified already, or not enabled */
    unsigned tries; /* left, when not open */
};

/* Ask, without costing a try.  E_PIN_BLOCKED. */
GBA_MUST_USE gba_rc uicc_pin_state(const struct uicc_card *card, uint8_t reference,
                                   struct uicc_pin_state *state);

struct uicc_pin_order {
    uint8_t reference;
    bool risk_last_try; /* verify even when a single try is left */
};

/* Open the PIN if it is not open.  At most one VERIFY is sent:
 *   E_PIN_NEEDED    a PIN is needed and pin->set is false
 *   E_PIN_LAST_TRY  one try is left and the order does not allow to risk it
 *   E_PIN_WRONG     the card refused it; the PIN is wiped, so that it is not sent again
 *   E_PIN_BLOCKED */
GBA_MUST_USE gba_rc uicc_pin_open(const struct uicc_card *card, struct uicc_pin *pin,
                                  const struct uicc_pin_order *order);
