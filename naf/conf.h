/* SPDX-License-Identifier: Apache-2.0 */
/* The options of keystrap-naf as typed values; the rows stand in config/naf.opt. */
#pragma once

#include "gba/wire/names.h"
#include "m2m/conf.h"

enum naf_algorithms { NAF_ALG_MD5, NAF_ALG_SHA256, NAF_ALG_BOTH };
enum naf_assert { NAF_ASSERT_NONE, NAF_ASSERT_IMPI, NAF_ASSERT_USS };

/* One host name that devices use, and the server behind it. */
struct naf_service {
    gba_text fqdn;       /* enters realm and NAF-Id as written here */
    gba_text upstream;   /* ADDRESS:PORT */
    gba_text gsid;       /* wanted USS; empty: none */
    bool uss_required;   /* no USS: 403 */
    bool uicc_keys;      /* GBA_U aware: offer the realm of Ks_int_NAF too */
    bool gba_2g;         /* take keys of 2G GBA */
    bool gba_digest;     /* offer the realm of GBA_Digest to devices that know it */
    bool token_required; /* a request without "3gpp-gba" in User-Agent: 403, no challenge */
    int algorithms;      /* enum naf_algorithms */
    int assert_identity; /* enum naf_assert: what X-3GPP-Asserted-Identity says */
};

/* Which Diameter realm (and host) serves the B-TIDs of a domain. */
struct naf_route {
    gba_text btid_domain; /* exact, or "*" for any other */
    gba_text realm;
    gba_text host; /* empty: any host of the realm */
};

/* How the servers behind are reached. */
struct naf_upstream {
    uint32_t connections; /* to one server at once */
    uint32_t queue;       /* further requests that may wait for a connection */
    uint32_t connect_ms, answer_ms;
    uint32_t max_body; /* octets of a response body */
};

/* The reverse proxy (http, services, diameter) or the MAF may be left out. */
struct naf_conf {
    struct gba_conf_http http;
    struct gba_opt_list services; /* of struct naf_service; none: there is no proxy */
    struct gba_opt_list routes;   /* of struct naf_route */
    struct naf_upstream upstream;
    uint32_t nonce_s;   /* a nonce may be used this long */
    uint32_t max_key_s; /* a key may be used this long after bootstrapping; 0: until its expiry */
    uint32_t max_keys;  /* keys and used nonces remembered at once */
    struct gba_conf_diameter diameter; /* identity empty: BSFs are not asked */
    struct m2m_conf_maf maf;
    struct m2m_conf_admin admin;
    uint32_t stop_ms; /* after a signal to stop, for what is in progress */
    struct gba_conf_confine confine;
    struct gba_conf_log log;
};

extern const struct gba_opt naf_conf_rows[];
extern const struct gba_opt naf_conf_route_rows[]; /* of struct naf_route */

/* What no single row can say: host names, no service or domain twice. */
void naf_conf_check(const struct naf_conf *conf, const struct gba_conf_sink *sink);

/* The service of a Host field (port and case do not count), or NULL. */
const struct naf_service *naf_conf_service(const struct naf_conf *conf, gba_view host);

/* The route of a B-TID's domain, or NULL. */
const struct naf_route *naf_conf_route(const struct naf_conf *conf, gba_view btid);
