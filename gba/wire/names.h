/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of GBA: B-TID, TMPI, NAF-Id, Ua security protocol identifiers, host
 * names and private identities (TS 33.220, TS 23.003).
 */
#pragma once

#include "gba/base/secret.h"
#include "gba/base/text.h"

/* ---- B-TID: base64(RAND)@domain, TS 33.220 4.5.2 ---- */

/* E_BTID for a domain that is no host name or leaves no room. */
GBA_MUST_USE gba_rc gba_btid_make(const gba_rand *rand, gba_view domain, gba_text *btid);

/* Any transaction identifier "something@domain"; the left part need not be a
 * RAND (other BSFs make other ones).  E_BTID. */
GBA_MUST_USE gba_rc gba_btid_domain(gba_view btid, gba_view *domain);

/* Is this username a TMPI (TS 33.220 B.4: realm tmpi.bsf.3gppnetwork.org)? */
bool gba_is_tmpi(gba_view username);

/* ---- Ua security protocol identifier, TS 33.220 annex H ---- */

typedef struct gba_uaid { uint8_t b[5]; } gba_uaid;

extern const gba_uaid gba_uaid_http_digest; /* 0100000002 */
extern const gba_uaid gba_uaid_tls13_psk;   /* 0100000007 */
extern const gba_uaid gba_uaid_tmpi;        /* 0100000100 */

/* 01 00 01 yy zz for a negotiated cipher suite (H.3). */
gba_uaid gba_uaid_tls(uint16_t cipher_suite);

/* Ten hexadecimal digits, or a name: http, tls13-psk, tls:C02F, ... ; E_NAFID. */
GBA_MUST_USE gba_rc gba_uaid_parse(gba_view text, gba_uaid *id);

/* ---- NAF-Id: FQDN || Ua id, TS 29.109 6.3 AVP 402 ---- */

typedef struct gba_nafid {
    gba_text fqdn; /* octets as received: the KDF depends on them */
    gba_uaid ua;
} gba_nafid;

enum { GBA_NAFID_MAX = GBA_TEXT_MAX + 5 };

/* E_NAFID when it is too short or long, or the FQDN is none. */
GBA_MUST_USE gba_rc gba_nafid_decode(gba_view wire, gba_nafid *id);
void gba_nafid_encode(const gba_nafid *id, gba_writer *w);

/* ---- hosts and identities ---- */

/* Is this a host name of letters, digits, '-' and '.', 1..253 octets? */
bool gba_is_fqdn(gba_view name);

/* user@domain with a host name behind the '@' and no blank, '"' or control; E_IMPI. */
GBA_MUST_USE gba_rc gba_impi_check(gba_view impi);

/* TS 23.003 13.2, 13.3: ims.mncNNN.mccNNN.3gppnetwork.org; mnc_n is 2 or 3. */
GBA_MUST_USE gba_rc gba_impi_from_imsi(gba_view imsi, unsigned mnc_n, gba_text *impi);

/* TS 23.003 16.2: where the BSF of a USIM (by IMSI) or an ISIM (by IMPI) is. */
GBA_MUST_USE gba_rc gba_bsf_name_usim(gba_view imsi, unsigned mnc_n, gba_text *fqdn);
GBA_MUST_USE gba_rc gba_bsf_name_isim(gba_view impi, gba_text *fqdn);
