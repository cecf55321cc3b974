/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command and response APDUs, short form (ETSI TS 102 221 10.1, 10.2), and one
 * exchange with a card: 61xx and 6Cxx are followed here, whatever the protocol.
 */
#pragma once

#include "uicc/card.h"

enum { UICC_INS_GET_RESPONSE = 0xc0, UICC_SW_OK = 0x9000 };

struct uicc_command {
    uint8_t cla, ins, p1, p2;
    gba_view data; /* at most 255 octets; empty: no Lc */
    unsigned le;   /* 0: no data expected; 1..256 */
};

/* The command's octets.  With t0 a command that has data carries no Le
 * (102 221 7.3.1.1.4).  E_APDU when data or le is out of range. */
GBA_MUST_USE gba_rc uicc_apdu_encode(const struct uicc_command *command, bool t0, gba_writer *w);

/* The same back, as a card reads it: case 1 to 4; a fifth octet alone is Le (0
 * means 256).  Views point into wire.  E_APDU. */
GBA_MUST_USE gba_rc uicc_apdu_decode(gba_view wire, struct uicc_command *command);

struct uicc_response {
    gba_view data;
    uint16_t sw;
};

/* Split off the status word; E_CARD_RESPONSE when there is none. */
GBA_MUST_USE gba_rc uicc_response_parse(gba_view wire, struct uicc_response *response);

/* What a status word means: OK for 9000 and 91xx, E_CARD_* and E_PIN_* else. */
gba_rc uicc_sw_rc(uint16_t sw);

/* One exchange.  Follows 61xx by GET RESPONSE on the same CLA and 6Cxx by one
 * repetition, a bounded number of times (E_CARD_ENDLESS).  Data goes to `data`
 * (its content is undefined on failure), the last status word to *sw.  OK means
 * that *sw was received: look at it with uicc_sw_rc. */
GBA_MUST_USE gba_rc uicc_exchange(const struct uicc_card *card, const struct uicc_command *command,
                                  gba_writer *data, uint16_t *sw);

/* uicc_exchange, then uicc_sw_rc. */
GBA_MUST_USE gba_rc uicc_call(const struct uicc_card *card, const struct uicc_command *command,
                              gba_writer *data);
