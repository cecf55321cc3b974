/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port to a card: whoever can carry an APDU there and back.  Implemented
 * by PC/SC (uicc/io/pcsc.c) and by the simulated card (uicc/soft.c).
 */
#pragma once

#include "gba/base/bytes.h"

enum { UICC_APDU_MAX = 5 + 255 + 1, UICC_RESPONSE_MAX = 256 + 2 };

struct uicc_card {
    void *self;

    /* Send one command APDU; the response (data and status word) goes to rsp.
     * No 61/6C handling here: that is uicc/apdu's.  UNAVAILABLE class when the
     * card or reader is gone. */
    gba_rc (*transmit)(void *self, gba_view command, gba_writer *rsp);

    /* T=0: a case-4 command is sent without Le. */
    bool t0;

    void (*close)(void *self);
};
