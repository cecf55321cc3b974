/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ua with HTTP Digest (TS 24.109 5.2, TS 33.222): one request of a device.
 *
 *   REQUEST ─▶ REPLY                      no or bad credentials: 400, 401, 403, 421
 *           ├▶ ASK ─▶ KEY ─┬▶ REPLY       the BSF says no, or the response is wrong
 *           └──────────────┴▶ FORWARD ─▶ UPSTREAM ─▶ REPLY with Authentication-Info
 *
 * Every step gives exactly one order.  The engine keeps keys and nonces in
 * memory it was given; it never blocks, logs or reads a clock.
 */
#pragma once

#include "gba/base/env.h"
#include "gba/crypto/digest.h"
#include "gba/wire/auth_hdr.h"
#include "gba/wire/http_msg.h"
#include "naf/cache.h"
#include "naf/conf.h"
#include "naf/nonce.h"
#include "naf/zn_ask.h"

/* What all requests share. */
struct naf_ua {
    const struct naf_conf *conf;
    struct naf_cache *cache;
    struct naf_nonces *nonces;
    char opaque[17];
};

/* conf, cache and nonces are the caller's and live as long. */
void naf_ua_init(struct naf_ua *ua, const struct naf_conf *conf, struct naf_cache *cache,
                 struct naf_nonces *nonces, const gba_env *env);

enum naf_ua_order_kind { NAF_UA_ASK, NAF_UA_FORWARD, NAF_UA_REPLY };

struct naf_ua_order {
    enum naf_ua_order_kind kind;
    gba_rc reason;                     /* REPLY: why it is a refusal, or OK; for log and counters */
    const struct dia_bir *bir;         /* ASK */
    const struct gba_http_msg *msg;    /* FORWARD: the request; REPLY: the response */
    const struct naf_service *service; /* NULL when the request named none */
};

/* One request in progress.  Its buffers hold what orders point to, so it lives
 * (and stays where it is) until the REPLY was sent; then naf_ua_run_wipe. */
struct naf_ua_run {
    const struct gba_http_msg *req; /* the caller's, as long as the run */
    const struct naf_service *service;
    struct gba_auth auth;        /* views into req or arena_room */
    struct gba_digest_in digest; /* what enters response and rspauth */
    uint32_t nc;
    bool with_uicc_key;
    bool with_digest; /* the realm is that of GBA_Digest */
    bool proven; /* the device authenticated */
    struct naf_zn_question question;
    struct dia_bir bir;
    struct gba_http_msg msg;
    struct naf_ua_order order;
    char password[44]; /* base64 of the key, TS 24.109 5.2 */
    uint8_t arena_room[1024];
    char text[3072]; /* header values of orders */
    gba_writer w;    /* over text */
};

/* The request is complete; run need not be initialised. */
const struct naf_ua_order *naf_ua_request(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                          const struct gba_http_msg *req);

/* The answer to ASK: rc says whether there is one. */
const struct naf_ua_order *naf_ua_key(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                      gba_rc rc, const struct dia_bia *bia);

/* The answer to FORWARD: rc says whether there is one; rsp lives until the REPLY was sent. */
const struct naf_ua_order *naf_ua_upstream(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                           gba_rc rc, const struct gba_http_msg *rsp);

/* Wipe the password and everything else of the device. */
void naf_ua_run_wipe(struct naf_ua_run *run);
