/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of keystrap-bsf as typed values; the rows stand in config/bsf.opt.
 * Engines read this struct and nothing else.
 */
#pragma once

#include "bsf/store.h"
#include "gba/crypto/digest.h"
#include "m2m/conf.h"

/* A name this BSF has on Ub: host name and realm, and the domain of the B-TIDs
 * it hands out there (empty: the host name). */
struct bsf_conf_name {
    gba_text host;
    gba_text btid_domain;
    gba_text cert, key; /* PEM files for TLS; empty: those of https */
};

enum bsf_conf_wrong { BSF_WRONG_403, BSF_WRONG_401 };
enum bsf_conf_ha1 { BSF_HA1_OCTETS, BSF_HA1_HEX };
enum bsf_conf_gba_u { BSF_GBA_U_SERVE, BSF_GBA_U_AS_ME };

/* Key lifetimes of TS 33.220 4.5.2: what the GUSS says, kept within bounds. */
struct bsf_conf_lifetime {
    uint32_t default_s, min_s, max_s;
};

/* So much at once, and then so much a minute; burst 0: no limit. */
struct bsf_conf_limit {
    uint32_t burst, rate;
};

struct bsf_conf_limits {
    struct bsf_conf_limit identity; /* vectors for one subscriber */
    struct bsf_conf_limit address;  /* requests of one address */
    struct bsf_conf_limit total;    /* requests */
    uint32_t identities, addresses; /* how many are remembered */
    uint32_t repeat_s;              /* how old a challenge may be that is repeated */
};

/* Statuses that the standards leave open; each an index into the words of its option. */
struct bsf_conf_status {
    int malformed, unknown_identity, refused, unknown_tmpi, unknown_nonce, unavailable, limited;
};

struct bsf_conf_ub {
    gba_text product;   /* first word of the Server field */
    int wrong_response; /* enum bsf_conf_wrong */
    int gba_u;          /* enum bsf_conf_gba_u */
    bool tmpi;
    bool gba_2g, gba_digest; /* over TLS */
    int digest_ha1;          /* enum bsf_conf_ha1: how H(A1) enters derivations */
    gba_text digest_label;   /* of the TLS exporter */
    uint32_t challenge_s; /* how long a challenge waits for its response */
    uint32_t max_challenges;
    uint32_t resync_limit;          /* resynchronisations in one run */
    uint32_t retry_after_s;         /* said with 503 */
    bool require_token;             /* refuse devices whose User-Agent does not say 3gpp-gba-tmpi */
    bool nextnonce;                 /* give a challenge for the next run with each success */
    uint32_t nextnonce_s;           /* how long it waits */
    bool hide_unknown;              /* challenge subscribers that do not exist */
    bool currenttime;               /* say what time it is in BootstrappingInfo */
    struct gba_opt_list algorithms; /* of int, from GBA_DIGEST_AKAV1_MD5 on; none: that one */
    struct bsf_conf_limits limits;
    struct bsf_conf_status replies;
    uint32_t sessions_kept; /* of one subscriber and name */
    struct bsf_conf_lifetime key_lifetime;
};

enum bsf_zh_results { BSF_ZH_RESULTS_STANDARD, BSF_ZH_RESULTS_ALIKE };

/* An HSS and what is odd about it. */
struct bsf_conf_zh_host {
    gba_text identity;    /* DiameterIdentity */
    uint32_t application; /* of MAR on Zh */
    gba_text scheme;      /* what it calls AKA; empty: as TS 29.109 does */
    int results;          /* enum bsf_zh_results */
};

/* Where the HSS of some subscribers are. */
struct bsf_conf_zh_route {
    gba_text domain; /* of the IMPI; "*": any */
    gba_text realm;
    struct gba_opt_list hosts; /* of struct bsf_conf_zh_host, the preferred first; none: any of the realm */
};

struct bsf_conf_zh {
    gba_text realm;             /* Destination-Realm of all HSS; empty: see routes */
    gba_text host;              /* Destination-Host; empty: any of the realm */
    struct gba_opt_list routes; /* of struct bsf_conf_zh_route, instead of realm and host */
    uint32_t timeout_ms;        /* for all attempts of a question */
    uint32_t attempts;          /* at one question */
    uint32_t backoff_ms;        /* before a host that failed is preferred again */
    uint32_t max_waiting;       /* questions that may wait for one host */
    uint32_t redirect_cache;    /* how many answers of redirect agents are kept; 0: none */
    gba_text scheme_2g, scheme_digest; /* SIP-Authentication-Scheme of what is not AKA */
    bool overload;              /* heed overload reports */
    uint32_t overload_max_s;    /* the longest time that one counts */
    uint32_t guss_cache;        /* how many GUSS are kept; 0: none */
    uint32_t guss_cache_age_s;  /* no longer than this */
};

enum bsf_conf_keys { BSF_KEYS_ANY, BSF_KEYS_ME, BSF_KEYS_UICC, BSF_KEYS_USS };

/* One permission on Zn; what no rule allows is refused. */
struct bsf_conf_rule {
    gba_text peer;                 /* DiameterIdentity of the connected peer */
    gba_text origin;               /* Origin-Host behind it; empty: the peer itself; "*": any (a proxy) */
    gba_text naf;                  /* host name, or *.suffix */
    struct gba_opt_list ua;        /* of gba_text: Ua identifiers; "tls:*" all suites, "*" any */
    struct gba_opt_list gsids;     /* of gba_text: GSIDs; "*" any */
    gba_text naf_group;            /* empty: none */
    bool naf_in_cert;              /* the peer's certificate must name the NAF */
    bool route_record;             /* a named origin must stand in Route-Record, just before the peer */
    int keys;                      /* enum bsf_conf_keys */
    struct gba_opt_list gba_types; /* of int, GBA-Type; none: 3G GBA only */
    bool impi;                     /* may see the IMPI */
    bool uss_required;
    uint32_t key_lifetime_s; /* at most this long; 0: as long as Ks */
};

struct bsf_conf_redis_tls {
    gba_text ca, cert, key; /* PEM files; ca empty: no TLS */
    gba_text name;          /* in the certificates of servers and Sentinels */
};

struct bsf_conf_redis {
    struct gba_opt_list servers;   /* of gba_text, ADDRESS:PORT; one of them is the master */
    struct gba_opt_list sentinels; /* of gba_text, ADDRESS:PORT; they tell the master */
    gba_text master;               /* its name at the Sentinels */
    struct bsf_conf_redis_tls tls;
    gba_text user, password_file, sentinel_password_file;
    uint32_t database;
    gba_text prefix;
    uint32_t timeout_ms;  /* of a command, and of finding a server */
    uint32_t max_waiting; /* commands */
};

/* A secret in a PKCS#11 token that a key is made of. */
struct bsf_conf_pkcs11 {
    gba_text module, token, label, pin_file; /* module empty: none */
};

/* A key that seals records: of a file, or of a token. */
struct bsf_conf_store_key {
    uint32_t id;
    gba_text file;
    struct bsf_conf_pkcs11 pkcs11;
};

enum bsf_conf_store_kind { BSF_STORE_LMDB, BSF_STORE_MEMORY, BSF_STORE_REDIS };

struct bsf_conf_store {
    int kind;          /* enum bsf_conf_store_kind */
    gba_text path;     /* LMDB: the folder */
    uint32_t size_mib; /* LMDB */
    uint32_t max_records;
    struct gba_opt_list keys; /* of struct bsf_conf_store_key; the first seals, all open */
    struct bsf_conf_redis redis;
};

/* Bootstrapping (http, names, zh, diameter) or the MEF may be left out. */
struct bsf_conf {
    struct gba_conf_http http;
    struct gba_conf_https https;
    struct gba_opt_list names; /* of struct bsf_conf_name; none: there is no bootstrapping */
    struct bsf_conf_ub ub;
    struct bsf_conf_zh zh;
    struct gba_opt_list zn; /* of struct bsf_conf_rule */
    struct bsf_conf_store store;
    struct gba_conf_diameter diameter;
    struct m2m_conf_mef mef;
    struct m2m_conf_admin admin;
    uint32_t stop_ms; /* after a signal to stop, for what is in progress */
    struct gba_conf_confine confine;
    struct gba_conf_log log;
};

extern const struct gba_opt bsf_conf_rows[];

/* Item i of a list. */
const struct bsf_conf_name *bsf_conf_name_at(const struct bsf_conf *conf, size_t i);
const struct bsf_conf_rule *bsf_conf_rule_at(const struct bsf_conf *conf, size_t i);
const struct bsf_conf_zh_route *bsf_conf_zh_route_at(const struct bsf_conf *conf, size_t i);
const struct bsf_conf_zh_host *bsf_conf_zh_host_at(const struct bsf_conf_zh_route *route, size_t i);

/* The digest algorithms offered: the one at i, in order, from 0 on; false at the end. */
bool bsf_conf_algorithm_at(const struct bsf_conf_ub *ub, size_t i, enum gba_digest_alg *alg);

/* The part of bsf_conf_check for the store. */
void bsf_conf_store_check(const struct bsf_conf_store *conf, const struct gba_conf_sink *sink);

/* What no single row can say: names are host names and stand once, rules can be
 * read, bounds are in order. */
void bsf_conf_check(const struct bsf_conf *conf, const struct gba_conf_sink *sink);
