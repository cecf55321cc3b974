/* SPDX-License-Identifier: Apache-2.0 */
/* The options of keystrap-naf as typed values; the rows stand in config/naf.opt. */
#pragma once

#include "gba/base/opt.h"
#include "gba/wire/names.h"

enum naf_algorithms { NAF_ALG_MD5, NAF_ALG_SHA256, NAF_ALG_BOTH };
enum naf_assert { NAF_ASSERT_NONE, NAF_ASSERT_IMPI, NAF_ASSERT_USS };

/* One host name that devices use, and the server behind it. */
struct naf_service {
    gba_text fqdn;        /* lower case; enters realm and NAF-Id */
    gba_text upstream;    /* ADDRESS:PORT */
    gba_text gsid;        /* wanted USS; empty: none */
    bool uss_required;    /* no USS: 403 */
    bool uicc_keys;       /* GBA_U aware: offer the realm of Ks_int_NAF too */
    bool token_required;  /* a request without "3gpp-gba" in User-Agent: 403, no challenge */
    int algorithms;       /* enum naf_algorithms */
    int assert_identity;  /* enum naf_assert: what X-3GPP-Asserted-Identity says */
};

/* Which Diameter realm (and host) serves the B-TIDs of a domain. */
struct naf_route {
    gba_text btid_domain; /* exact, or "*" for any other */
    gba_text realm;
    gba_text host;        /* empty: any host of the realm */
};

/* What the engine needs. */
struct naf_ua_conf {
    const struct naf_service *services;
    size_t n_services;
    const struct naf_route *routes;
    size_t n_routes;
    gba_text origin_host, origin_realm;
    uint32_t nonce_s;     /* a nonce may be used this long */
    uint32_t max_key_s;   /* a key may be used this long after bootstrapping; 0: until its expiry */
};

/* The service of a Host field (port and case do not count), or NULL. */
const struct naf_service *naf_conf_service(const struct naf_ua_conf *conf, gba_view host);

/* The route of a B-TID's domain, or NULL. */
const struct naf_route *naf_conf_route(const struct naf_ua_conf *conf, gba_view btid);
