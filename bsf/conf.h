/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of keystrap-bsf as one typed, constant struct (rows:
 * config/bsf.opt).  Engines read it and nothing else.
 */
#pragma once

#include "gba/base/opt.h"

/* One address of the Ub server. */
struct bsf_conf_listen {
    gba_text address;
};

/* A name this BSF has on Ub: host name and realm, and the domain of the B-TIDs
 * it hands out there (empty: the host name). */
struct bsf_conf_name {
    gba_text host;
    gba_text btid_domain;
};

enum bsf_conf_wrong { BSF_WRONG_403, BSF_WRONG_401 };
enum bsf_conf_gba_u { BSF_GBA_U_SERVE, BSF_GBA_U_AS_ME };

/* Key lifetimes of TS 33.220 4.5.2: what the GUSS says, kept within bounds. */
struct bsf_conf_lifetime {
    uint32_t default_s, min_s, max_s;
};

struct bsf_conf_ub {
    struct gba_opt_list listen; /* struct bsf_conf_listen */
    struct gba_opt_list names;  /* struct bsf_conf_name, at least one */
    gba_text product;           /* first word of the Server field */
    int wrong_response;         /* enum bsf_conf_wrong */
    int gba_u;                  /* enum bsf_conf_gba_u */
    bool tmpi;
    uint32_t challenge_s;       /* how long a challenge waits for its response */
    uint32_t max_challenges;
    uint32_t resync_limit;      /* resynchronisations in one run */
    uint32_t retry_after_s;     /* said with 503 */
    uint32_t max_connections, request_ms, idle_ms;
    struct bsf_conf_lifetime key_lifetime;
};

struct bsf_conf_zh {
    gba_text realm;             /* Destination-Realm of the HSS */
    gba_text host;              /* Destination-Host; empty: any of the realm */
    uint32_t timeout_ms;
    uint32_t guss_cache;        /* how many GUSS are kept; 0: none */
};

/* One permission on Zn; what no rule allows is refused. */
struct bsf_conf_rule {
    gba_text peer;              /* DiameterIdentity of the connected peer */
    gba_text origin;            /* Origin-Host behind it; empty: the peer itself; "*": any (a proxy) */
    gba_text naf;               /* host name, or *.suffix */
    gba_text ua;                /* identifiers separated by blanks; "tls:*" all suites, "*" any */
    gba_text gsids;             /* GSIDs separated by blanks; "*" any; empty: none */
    gba_text naf_group;         /* empty: none */
    bool impi;                  /* may see the IMPI */
    bool uss_required;
    uint32_t key_lifetime_s;    /* at most this long; 0: as long as Ks */
};

struct bsf_conf_store {
    uint32_t max_records;
};

struct bsf_conf_peer {
    gba_text identity, address;
    bool tls;
};

struct bsf_conf_diameter {
    gba_text identity, realm;
    gba_text listen, listen_tls;
    gba_text cert, key, ca;
    struct gba_opt_list peers;  /* struct bsf_conf_peer */
    uint32_t watchdog_s, max_waiting;
};

struct bsf_conf_log {
    int level;
    bool identities;
};

struct bsf_conf {
    struct bsf_conf_ub ub;
    struct bsf_conf_zh zh;
    struct gba_opt_list zn;     /* struct bsf_conf_rule */
    struct bsf_conf_diameter diameter;
    struct bsf_conf_store store;
    struct bsf_conf_log log;
};

/* The whole table, ended by {0}. */
extern const struct gba_opt bsf_conf_rows[];

/* Item i of a list. */
const struct bsf_conf_name *bsf_conf_name_at(const struct bsf_conf *conf, size_t i);
const struct bsf_conf_rule *bsf_conf_rule_at(const struct bsf_conf *conf, size_t i);

/* What no single row can say: names are host names, rules are readable, bounds
 * are in order.  On failure *key names the option and *why says what is wrong. */
GBA_MUST_USE gba_rc bsf_conf_check(const struct bsf_conf *conf, const char **key, const char **why);
