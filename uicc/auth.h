/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE (TS 31.102 7.1, TS 31.103 7.1): 3G and GSM context, and what all contexts share. */
#pragma once

#include "gba/base/secret.h"
#include "uicc/apdu.h"

enum { UICC_INS_AUTHENTICATE = 0x88 };
enum { UICC_CONTEXT_GSM = 0x80, UICC_CONTEXT_3G = 0x81, UICC_CONTEXT_GBA = 0x84 };
enum { UICC_TAG_OK = 0xdb, UICC_TAG_SYNC = 0xdc };

/* What a challenge gave.  Wipe it. */
struct uicc_auth {
    bool in_card;  /* GBA context: Ks stayed in the card, ck and ik are zero */
    gba_res res;   /* on OK */
    gba_ck ck;     /* on OK in the 3G context */
    gba_ik ik;
    gba_auts auts; /* on E_SQN */
};

/* AUTHENTICATE with this P2 and data; the answer's data goes to w. */
GBA_MUST_USE gba_rc uicc_authenticate(const struct uicc_card *card, uint8_t context, gba_view data,
                                      gba_writer *w);

/* DC 0E AUTS -> E_SQN and *auts; anything else -> OK, untouched; E_CARD_RESPONSE
 * when it is cut. */
GBA_MUST_USE gba_rc uicc_auth_sync(gba_view response, gba_auts *auts);

/* "Lr RES" of an answer; RES has 4 to 16 octets, with TUAK up to 32.  E_CARD_RESPONSE. */
GBA_MUST_USE gba_rc uicc_auth_take_res(gba_reader *r, gba_res *res);

/* 3G context in the selected application: OK, E_SQN (auts), E_CARD_MAC (9862),
 * E_CARD_CONTEXT (9864), E_PIN_NEEDED (6982), ... */
GBA_MUST_USE gba_rc uicc_auth_3g(const struct uicc_card *card, const gba_rand *rand, const gba_autn *autn,
                                 struct uicc_auth *out);

/* GSM context in the selected USIM: SRES and Kc for RAND, without any proof of the network.
 * E_CARD_CONTEXT (9864: the card has none), E_PIN_NEEDED, ...  The caller wipes *out. */
GBA_MUST_USE gba_rc uicc_auth_gsm(const struct uicc_card *card, const gba_rand *rand, gba_triplet *out);
