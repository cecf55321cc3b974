/* SPDX-License-Identifier: Apache-2.0 */
/* The options of keystrap-ue as typed values; the rows stand in config/ue.opt. */
#pragma once

#include "gba/base/conf.h"
#include "ue/enrolee.h"

struct ue_conf {
    gba_text card; /* as uicc_card_open takes it */
    int app;       /* enum uicc_app */
    gba_text pin_file;
    bool risk_last_pin_try;
    uint32_t mnc_digits; /* 0: the card must tell */
    gba_text state;
    gba_text bsf;         /* HOST[:PORT]; empty: TS 23.003 16.2 */
    gba_text connect;     /* ADDRESS:PORT; empty: where the host is */
    gba_text connect_bsf; /* the same for the BSF; empty: connect */
    gba_text proxy;
    gba_text product;
    uint32_t timeout_ms, max_body;
    bool tmpi, allow_downgrade, integrity;
    struct ue_enrolee_conf enrolee;
};

extern const struct gba_opt ue_conf_rows[];

/* What no single row can say: a BSF that is a host name, an MNC of 2 or 3 digits,
 * an Enrolee that has what it needs. */
void ue_conf_check(const struct ue_conf *conf, const struct gba_conf_sink *sink);
