/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BER-TLV as cards use it (ETSI TS 101 220 7.1): tags of one or two octets,
 * lengths of one to three octets.
 */
#pragma once

#include "gba/base/bytes.h"

struct uicc_tlv {
    uint16_t tag;
    gba_view value;
};

/* The next object; false at the end of the data or at padding (FF).  A bad tag
 * or length makes the reader bad: check r->bad when the loop ends. */
bool uicc_tlv_next(gba_reader *r, struct uicc_tlv *out);

/* The first object with this tag on this level: E_TLV for malformed data,
 * E_CARD_CONTENT when there is none. */
GBA_MUST_USE gba_rc uicc_tlv_find(gba_view data, uint16_t tag, gba_view *value);

/* Tag (one octet), length (shortest form), value; value at most 65535 octets. */
void uicc_put_tlv(gba_writer *w, uint8_t tag, gba_view value);
