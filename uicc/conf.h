/* SPDX-License-Identifier: Apache-2.0 */
/* The profile of a simulated card: what keystrap-card-profile(5) describes. */
#pragma once

#include "gba/base/conf.h"
#include "gba/crypto/aka.h"

enum { UICC_CONF_IMPU_MAX = 8, UICC_CONF_GBANL_MAX = 8, UICC_CONF_GBABP_MAX = 1000 };

/* Zeroed, then filled by rt_conf_read along uicc_conf_rows; wiped and freed by rt_conf_free. */
struct uicc_conf {
    gba_text imsi;
    uint32_t mnc_length;
    gba_text impi, domain;
    struct gba_opt_list impu; /* of gba_text */
    int algorithm;            /* enum gba_aka_alg */
    struct gba_opt_hex k, op, opc, top, topc;
    uint32_t tuak_iterations, tuak_res_length;
    gba_text pin;             /* empty: not enabled */
    struct gba_opt_hex usim_aid, isim_aid; /* empty: no such application */
    bool gsm;                 /* the USIM has the GSM context */
    bool gba;                 /* service "GBA" and the GBA context */
    struct gba_opt_hex sqn;   /* 6 octets: SQN_MS of a new card */
    uint32_t gbabp_size, gbanl_records;
    gba_text state_file;      /* empty: the profile's path and ".state" */
};

extern const struct gba_opt uicc_conf_rows[];

/* What no single row can say: the keys that belong to the algorithm, what each
 * application needs, the form of IMSI and PIN. */
void uicc_conf_check(const struct uicc_conf *conf, const struct gba_conf_sink *sink);

/* The subscriber's key with OPc or TOPc computed where OP or TOP is given.
 * E_ALGORITHM when the check would complain.  The caller wipes *key. */
GBA_MUST_USE gba_rc uicc_conf_key(const struct uicc_conf *conf, gba_aka_key *key);
