/* SPDX-License-Identifier: Apache-2.0 */
/* The options of keystrap-ue as typed values; the rows stand in config/ue.opt. */
#pragma once

#include "gba/base/conf.h"
#include "ue/enrolee.h"
#include "ue/url.h"

/* Credentials for GBA_Digest. */
struct ue_conf_digest {
    gba_text impi; /* empty: none */
    gba_text realm; /* empty: the domain of the impi */
    gba_text password_file;
    int ha1;        /* 0 octets, 1 hexadecimal digits */
    gba_text label; /* of the TLS exporter */
};

struct ue_conf {
    int gba;       /* enum ue_gba */
    gba_text card; /* as uicc_card_open takes it */
    int app;       /* enum uicc_app */
    gba_text pin_file;
    bool risk_last_pin_try;
    uint32_t mnc_digits; /* 0: the card must tell */
    gba_text state;
    gba_text bsf;         /* HOST[:PORT] or https://HOST[:PORT]; empty: TS 23.003 16.2 */
    gba_text bsf_ca;      /* PEM file; empty: what the system trusts */
    gba_text connect;     /* ADDRESS:PORT; empty: where the host is */
    gba_text connect_bsf; /* the same for the BSF; empty: connect */
    gba_text proxy;
    gba_text product;
    uint32_t timeout_ms, max_body;
    bool tmpi, allow_downgrade, integrity, akav2;
    struct ue_conf_digest gba_digest;
    struct ue_enrolee_conf enrolee;
};

extern const struct gba_opt ue_conf_rows[];

/* Is the BSF reached over TLS, and where?  An empty bsf stands for `name`.  E_UE_URL. */
GBA_MUST_USE gba_rc ue_conf_bsf(const struct ue_conf *conf, gba_view name, struct ue_url *url, bool *tls);

/* What no single row can say: a BSF that is a host name, an MNC of 2 or 3 digits,
 * an Enrolee that has what it needs. */
void ue_conf_check(const struct ue_conf *conf, const struct gba_conf_sink *sink);
