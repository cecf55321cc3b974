/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GBA_U on the card: AUTHENTICATE in the GBA context (TS 31.102 7.1.1.3,
 * 7.1.2.3) and the files EF_GBABP and EF_GBANL (4.2.79, 4.2.83).
 */
#pragma once

#include "gba/wire/names.h"
#include "uicc/auth.h"
#include "uicc/file.h"

enum { UICC_TAG_BOOTSTRAP = 0xdd, UICC_TAG_DERIVE = 0xde };

/* Bootstrapping: RES leaves the card, Ks does not.  Results as uicc_auth_3g. */
GBA_MUST_USE gba_rc uicc_gba_u_bootstrap(const struct uicc_card *card, const gba_rand *rand,
                                         const gba_autn *autn_star, struct uicc_auth *out);

/* Does this result mean that the card has no GBA context (TS 31.102 7.3.1)? */
bool uicc_gba_u_unsupported(gba_rc rc);

/* NAF derivation: Ks_ext_NAF.  naf_id is FQDN || Ua id; lengths of NAF_Id and
 * IMPI are one octet and together at most 252 (E_TOO_LONG).  E_CARD_CONDITION
 * without a bootstrapped Ks.  The caller wipes *ks_ext_naf. */
GBA_MUST_USE gba_rc uicc_gba_u_derive(const struct uicc_card *card, gba_view naf_id, gba_view impi,
                                      gba_ks_naf *ks_ext_naf);

/* ---- EF_GBABP: X RAND L B-TID N lifetime ---- */

struct uicc_gbabp {
    uint8_t rand[255]; /* rand_n octets; 0: never bootstrapped */
    size_t rand_n;
    gba_text btid;     /* empty until the ME wrote it */
    gba_text lifetime; /* as the ME wrote it: here xs:dateTime */
};

/* FF means empty.  E_CARD_CONTENT when a length points past the end. */
GBA_MUST_USE gba_rc uicc_gbabp_decode(gba_view ef, struct uicc_gbabp *out);

/* Append the content of the file. */
void uicc_gbabp_encode(const struct uicc_gbabp *in, gba_writer *w);

/* Select, read and decode it; E_CARD_FILE, E_CARD_CONTENT. */
GBA_MUST_USE gba_rc uicc_gbabp_read(const struct uicc_card *card, uint16_t fid, struct uicc_gbabp *out);

/* Write B-TID and lifetime behind the RAND that the card wrote.  E_CARD_FILE_SIZE,
 * and nothing is written, when the file is too small (a soft failure: keep them
 * in the ME); E_CARD_CONDITION when the card wrote no RAND. */
GBA_MUST_USE gba_rc uicc_gbabp_update(const struct uicc_card *card, uint16_t fid, gba_view btid,
                                      gba_view lifetime);

/* ---- EF_GBANL: records 80 L NAF_ID 81 L B-TID ---- */

struct uicc_gbanl {
    gba_nafid naf;
    gba_text btid;
};

/* E_ABSENT for an empty record, E_TLV, E_CARD_CONTENT. */
GBA_MUST_USE gba_rc uicc_gbanl_decode(gba_view record, struct uicc_gbanl *out);

/* Record number 1.. ; E_CARD_RECORD past the last, E_ABSENT for an empty one. */
GBA_MUST_USE gba_rc uicc_gbanl_read(const struct uicc_card *card, uint16_t fid, unsigned number,
                                    struct uicc_gbanl *out);
