/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One UICC application in use for GBA: what the UE needs of a card.
 *
 *   open -> identity and capabilities are read
 *   challenge -> RES with CK and IK (GBA_ME), or RES alone (GBA_U), or AUTS
 *   gsm -> SRES and Kc                             (2G GBA)
 *   store -> B-TID and lifetime to EF_GBABP        (GBA_U)
 *   derive -> Ks_ext_NAF                           (GBA_U)
 *
 * Every operation selects the application again and opens its PIN if needed,
 * with other users of the card kept out meanwhile, so that between operations
 * (while the UE waits for the network) anybody may use the card.
 */
#pragma once

#include "gba/base/text.h"
#include "uicc/dir.h"
#include "uicc/gba_u.h"
#include "uicc/pin.h"

struct uicc_session_conf {
    enum uicc_app app;   /* AUTO prefers the ISIM */
    gba_view pin;        /* digits; absent: none given */
    bool risk_last_try;  /* see uicc_pin_open */
    unsigned mnc_n;      /* 2 or 3 when the card does not tell; 0: then E_CARD_MNC */
};

struct uicc_session {
    const struct uicc_card *card;
    enum uicc_app app;      /* ISIM or USIM: never AUTO once open */
    struct uicc_aid aid;
    gba_text impi;          /* EF_IMPI, or derived from the IMSI (TS 23.003 13.3) */
    gba_text imsi;          /* USIM only */
    gba_text bsf;           /* FQDN of the BSF, TS 23.003 16.2 */
    bool gba_u;             /* the GBA context is offered and has not been refused; the
                             * UE may clear it to work as GBA_ME */
    struct uicc_pin pin;
    struct uicc_pin_order pin_order;
};

/* Find and open the application, read who it is.  The card stays the caller's
 * and must outlive the session.  ABSENT class: E_CARD_APP; E_PIN_*; others of
 * the card.  On failure nothing is left to close. */
GBA_MUST_USE gba_rc uicc_session_open(struct uicc_session *s, const struct uicc_card *card,
                                      const struct uicc_session_conf *conf);

/* Answer RAND and AUTN of a Ub challenge.  In the GBA context while s->gba_u;
 * if the card refuses that context, once more in the 3G context, and s->gba_u
 * is false from then on (TS 31.102 7.3.1).  A wrong MAC does not change the
 * context: whether to try a new run as GBA_ME is policy, not ours.
 * OK: out->in_card tells GBA_U from GBA_ME.  E_SQN: out->auts.  E_CARD_MAC, ... */
GBA_MUST_USE gba_rc uicc_session_challenge(struct uicc_session *s, const gba_rand *rand, const gba_autn *autn,
                                           struct uicc_auth *out);

/* 2G GBA: SRES and Kc in the GSM context of a USIM.  E_CARD_CONTEXT, E_PIN_NEEDED, ...  The
 * caller wipes *out. */
GBA_MUST_USE gba_rc uicc_session_gsm(struct uicc_session *s, const gba_rand *rand, gba_triplet *out);

/* GBA_U, after the BSF's 200: B-TID and lifetime (xs:dateTime) to EF_GBABP.
 * E_CARD_FILE_SIZE is a soft failure. */
GBA_MUST_USE gba_rc uicc_session_store(struct uicc_session *s, gba_view btid, gba_view lifetime);

/* GBA_U: what EF_GBABP says now. */
GBA_MUST_USE gba_rc uicc_session_gbabp(struct uicc_session *s, struct uicc_gbabp *out);

/* GBA_U: Ks_ext_NAF for FQDN || Ua id and the session's IMPI. */
GBA_MUST_USE gba_rc uicc_session_derive(struct uicc_session *s, gba_view naf_id, gba_ks_naf *ks_ext_naf);

/* Wipe the session (the PIN); the card is not closed. */
void uicc_session_close(struct uicc_session *s);
