/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Using Ks_NAF over Ua with HTTP Digest (TS 24.109 5.2, TS 33.222):
 *
 *   START > SEND > HTTP 401 > KEY > KEY_READY > SEND > HTTP > DONE
 *                              ^                          |
 *                              '-- 401: bootstrap again --'
 *
 * Every step gives one order.  One struct serves any number of requests to the
 * same NAF, one after the other: later ones carry credentials at once.
 */
#pragma once

#include "gba/base/secret.h"
#include "gba/wire/names.h"
#include "ue/challenge.h"

/* Views must outlive the engine. */
struct ue_ua_conf {
    gba_view host;      /* the name that was contacted, without port: the realm must be its */
    gba_view authority; /* the value of Host */
    gba_view product;   /* first word of User-Agent */
    gba_uaid ua;        /* Ua security protocol: enters NAF_Id */
    bool integrity;     /* refuse qop auth alone */
    bool digest;        /* the key is of GBA_Digest */
};

/* Views must live until DONE. */
struct ue_ua_request {
    gba_view method, target, body;
    const struct gba_http_field *fields; /* of the user's own */
    size_t n_fields;
};

enum ue_ua_event_kind { UE_UA_START, UE_UA_HTTP, UE_UA_KEY_READY };

struct ue_ua_event {
    enum ue_ua_event_kind kind;
    gba_rc rc;                           /* how the order went */
    const struct ue_ua_request *request; /* START */
    const struct gba_http_msg *response; /* HTTP, with its body */
    gba_view btid;                       /* KEY_READY */
    const gba_ks_naf *ks_naf;            /* KEY_READY */
};

enum ue_ua_order_kind {
    UE_UA_SEND, /* msg to the NAF */
    UE_UA_KEY,  /* derive Ks_NAF for naf, bootstrapping before when there is no key or `fresh` */
    UE_UA_DONE, /* reason; the response of the last event, when there is one, is the result */
};

/* What it points to lives until the next step. */
struct ue_ua_order {
    enum ue_ua_order_kind kind;
    gba_rc reason;
    bool proven; /* DONE: the NAF has proven the key over this response */
    bool fresh;
    const gba_nafid *naf;
    const struct gba_http_msg *msg;
};

/* It stays where it is.  Wipe it in the end. */
struct ue_ua {
    const struct ue_ua_conf *conf;
    unsigned status; /* the last HTTP status, for messages */

    int waiting; /* private from here */
    gba_nafid naf;
    bool have_key, have_challenge, sent, renewed;
    unsigned stale_n;
    struct ue_challenge challenges[2]; /* the one in use and the one being read */
    unsigned current;
    gba_text btid;
    char password[44]; /* base64 of Ks_NAF */
    struct ue_ua_request request;
    struct gba_http_msg msg;
    uint8_t text[3 * UE_CHALLENGE_ROOM];
};

/* For requests to the NAF of conf, which lives as long. */
void ue_ua_init(struct ue_ua *u, const struct ue_ua_conf *conf);

/* E_UE_REALM, E_UE_ALGORITHM, E_UE_QOP, E_UE_DOWNGRADE, E_UE_RSPAUTH_*, E_UE_NAF_*,
 * E_UE_NOT_CHALLENGED, E_UE_STALE or what an event brought. */
void ue_ua_step(struct ue_ua *u, const gba_env *env, const struct ue_ua_event *event,
                struct ue_ua_order *order);
