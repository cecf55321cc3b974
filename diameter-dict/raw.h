/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a Diameter message on the wire, RFC 6733 3 and 4.1, checked on
 * octets before any parser that allocates or asserts sees them.
 */
#pragma once

#include "gba/base/bytes.h"

enum {
    DIA_RAW_HEADER = 20,     /* octets of a message header */
    DIA_RAW_AVP_HEADER = 8,  /* octets of an AVP header without Vendor-Id */
    DIA_RAW_VENDOR_HEADER = 12,
    DIA_RAW_AVP_VENDOR = 0x80, /* the V bit of an AVP's flags */
};

/* OK when v is one whole message: version 1, its length is v.n and a multiple
 * of four, and top-level AVPs fill it exactly: none shorter than its header or
 * longer than what is left, padding present, V bit only with a Vendor-Id other
 * than 0.  E_DIA_VALUE for version and Vendor-Id, E_DIA_LENGTH for the rest.
 * What is inside AVPs is not looked at. */
GBA_MUST_USE gba_rc dia_raw_check(gba_view v);
