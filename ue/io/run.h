/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device at work: the engines' orders carried out with a card, libcurl and
 * the state file.  Blocking: this is for a command line.
 */
#pragma once

#include "ue/boot.h"
#include "ue/conf.h"
#include "ue/io/bsf_tls.h"
#include "ue/io/http_curl.h"
#include "ue/ua.h"
#include "uicc/session.h"

enum { UE_RUN_TEXT = 512 };

/* Zeroed, with conf set, before the first call; it stays where it is. */
struct ue_run {
    const struct ue_conf *conf;
    struct ue_keys keys; /* as the state file has them */

    /* For messages (ue_run_trying): what was tried, and what is known about why it failed. */
    char what[UE_RUN_TEXT];
    char detail[UE_RUN_TEXT];

    /* Of the last bootstrapping run. */
    struct ue_url bsf;
    bool bsf_over_tls;
    unsigned resyncs;
    gba_rc store_rc;

    struct uicc_card card; /* private from here */
    bool card_open, session_open;
    struct uicc_session session;
    struct ue_http *http;
    struct ue_bsf_tls bsf_tls;
    struct ue_http_conf http_conf;
    struct ue_url naf;
    struct ue_ua_conf ua_conf;
    struct ue_ua ua;
};

/* The time and random octets of the system. */
gba_env ue_run_env(void);

/* What is tried now; forgets why the last thing failed. */
void ue_run_trying(struct ue_run *run, const char *what, const char *item);

/* Read the state file; none is not an error. */
GBA_MUST_USE gba_rc ue_run_load(struct ue_run *run);

/* Open card and application; a PIN is taken from the file, else asked for.  With GBA_Digest
 * there is no card: the identity is that of the configuration. */
GBA_MUST_USE gba_rc ue_run_open_card(struct ue_run *run);

/* Bootstrap anew and keep the result.  Needs the card. */
GBA_MUST_USE gba_rc ue_run_bootstrap(struct ue_run *run);

/* Have keys that can be used: what is kept unless fresh, else bootstrap.  Needs the card. */
GBA_MUST_USE gba_rc ue_run_need_keys(struct ue_run *run, bool fresh);

/* Ks_int_NAF for a client in the UICC: the simulated card has one (uicc/card.h), with
 * any other and in GBA_ME it is E_ENROL_UICC.  Needs the card; the caller wipes it. */
GBA_MUST_USE gba_rc ue_run_int_key(struct ue_run *run, const gba_nafid *naf, gba_ks_naf *ks_int_naf);

/* Ks_NAF or Ks_ext_NAF of the kept keys.  Needs the card, which must be the one
 * that bootstrapped: E_UE_NOT_BOOTSTRAPPED, E_UE_EXPIRED, E_UE_OTHER_CARD.  The
 * caller wipes it. */
GBA_MUST_USE gba_rc ue_run_key(struct ue_run *run, const gba_nafid *naf, gba_ks_naf *ks_naf);

struct ue_run_answer {
    const struct gba_http_msg *response; /* until the next call; NULL when there is none */
    bool proven;
};

/* One request through a NAF, bootstrapping when needed.  Needs the card. */
GBA_MUST_USE gba_rc ue_run_request(struct ue_run *run, const struct ue_url *url,
                                   const struct ue_ua_request *request, struct ue_run_answer *answer);

/* Wipe and close everything. */
void ue_run_close(struct ue_run *run);
