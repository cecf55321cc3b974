/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card's end of vsmartcard's virtual reader (vpcd): a TCP connection with
 * frames of a 2-octet length and that many octets.  Frames of one octet are
 * control: 0 power off, 1 power on, 2 reset, 4 ask for the ATR; any other frame
 * is a command APDU, answered by a frame.
 */
#pragma once

#include "gba/base/text.h"

struct uicc_vpcd_card {
    void *self;
    gba_view atr;
    void (*reset)(void *self);
    void (*transmit)(void *self, gba_view command, gba_writer *rsp);
};

struct uicc_vpcd_conf {
    const char *host, *port;
    unsigned wait_s; /* how long to try when nobody listens yet */
};

/* E_CONNECT after wait_s; the socket is the caller's. */
GBA_MUST_USE gba_rc uicc_vpcd_connect(const struct uicc_vpcd_conf *conf, int *fd);

/* Serve until the reader goes away (OK) or the connection breaks (E_IO). */
GBA_MUST_USE gba_rc uicc_vpcd_serve(int fd, const struct uicc_vpcd_card *card);
