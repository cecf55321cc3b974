/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration shapes of oneM2M's roles; the rows stand in config/m2m.opt.  A
 * program's own table takes them in as sections and lists; anybody's conf.h may
 * include this one.
 */
#pragma once

#include "gba/base/conf.h"

/* Cipher suites of TS-0003 10.2.2 and 10.2.3, for rt_tls_ctx_conf.suites. */
#define M2M_SUITES_TLS "PSK-AES128-CBC-SHA256:ECDHE-ECDSA-AES128-SHA256"
#define M2M_SUITES_DTLS "PSK-AES128-CCM8:ECDHE-ECDSA-AES128-CCM8"
/* Beyond the profile, where an operator wants forward secrecy (RFC 4279 7.1). */
#define M2M_SUITES_MORE ":ECDHE-PSK-AES128-CBC-SHA256"

/* A name that a server has, and its certificate. */
struct m2m_conf_name {
    gba_text fqdn;
    gba_text cert, key; /* PEM files; cert with its chain */
    gba_text staple;    /* file with a DER OCSP response; empty: none */
};

/* How to know the other side's certificate. Indices are those of enum m2m_flavour and m2m_status. */
struct m2m_conf_expect {
    int flavour;
    gba_text cert_id;       /* empty: made of the id */
    gba_text anchors, crls; /* PEM files; may be empty */
    int status;
};

/* Somebody with an identity: target of a MEF, client of a MAF or of a peer. */
struct m2m_conf_party {
    gba_text id;   /* CSE-ID, AE-ID or host name */
    gba_text fqdn; /* host name form; empty: made of the id */
    struct m2m_conf_expect expect;
};

/* A MEF or MAF that is asked for keys; expect.flavour is always fqdn. */
struct m2m_conf_source {
    gba_text fqdn;
    gba_text address; /* ADDRESS:PORT */
    struct m2m_conf_expect expect;
};

struct m2m_conf_store {
    gba_text path;     /* folder */
    gba_text key_file; /* 32 octets that seal the records */
    uint32_t size_mib;
};

/* How responders are asked about the status of certificates. */
struct m2m_conf_ocsp {
    gba_text responder; /* URL; empty: those in certificates */
    uint32_t timeout_ms;
};

/* Bounds of a TLS or DTLS server. */
struct m2m_conf_limits {
    uint32_t max_connections, handshake_ms, request_ms, idle_ms, max_body;
};

/* Bounds of registrations. */
struct m2m_conf_reg {
    struct gba_opt_list admins; /* of gba_text: adminFQDNs that are served; none: any */
    uint32_t max_client_s, max_key_s;
};

struct m2m_conf_mef {
    struct gba_opt_list listen, listen_dtls; /* of gba_text: ADDRESS:PORT */
    struct gba_opt_list names;               /* of struct m2m_conf_name; none: there is no MEF */
    bool raw_keys, forward_secrecy;
    gba_text gsid;               /* of user security settings that tell the Enrolee-ID */
    struct gba_opt_list targets; /* of struct m2m_conf_party */
    struct m2m_conf_store store;
    gba_text instructions_key; /* PEM file; empty: none */
    struct m2m_conf_reg registrations;
    struct m2m_conf_ocsp ocsp;
    struct m2m_conf_limits limits;
};

struct m2m_conf_maf {
    struct m2m_conf_name name;                /* fqdn empty: there is no MAF */
    struct gba_opt_list listen, listen_dtls;  /* of gba_text: ADDRESS:PORT */
    bool raw_keys, forward_secrecy;
    struct gba_opt_list mefs;                 /* of struct m2m_conf_source */
    struct gba_opt_list clients;              /* of struct m2m_conf_party */
    struct m2m_conf_ocsp ocsp;
    uint32_t suid;                            /* of keys fetched from MEFs; 0: Km */
    gba_text gsid;                            /* of the USS that names the Enrolee; empty: none */
    bool uicc_keys;
    struct m2m_conf_reg registrations;
    struct m2m_conf_store store;
    struct m2m_conf_limits limits;
};

/* The admin API of a daemon; listen.n 0: there is none. */
struct m2m_conf_admin {
    struct gba_opt_list listen; /* of gba_text: ADDRESS:PORT on loopback */
    gba_text token_file;
    struct gba_opt_list metrics_listen; /* the same; metrics and health without a token */
};

/* Tables for lists and sections of the struct of the same name; m2m_conf_listen_rows is
 * that of a list of addresses, m2m_conf_fqdn_rows of one of host names. */
extern const struct gba_opt m2m_conf_listen_rows[];
extern const struct gba_opt m2m_conf_fqdn_rows[];
extern const struct gba_opt m2m_conf_name_rows[];
extern const struct gba_opt m2m_conf_party_rows[];
extern const struct gba_opt m2m_conf_source_rows[];
extern const struct gba_opt m2m_conf_store_rows[];
extern const struct gba_opt m2m_conf_ocsp_rows[];
extern const struct gba_opt m2m_conf_limits_rows[];
extern const struct gba_opt m2m_conf_reg_rows[];
extern const struct gba_opt m2m_conf_mef_rows[];
extern const struct gba_opt m2m_conf_maf_rows[];
extern const struct gba_opt m2m_conf_admin_rows[];

/* What no single row can say; `key` is that of the list in the file ("mef.names"). Names
 * are host names and stand once. */
void m2m_conf_names_check(const struct gba_opt_list *names, const char *key,
                          const struct gba_conf_sink *sink);

/* Ids can be read and stand once, certificates can be told and verified. */
void m2m_conf_parties_check(const struct gba_opt_list *parties, const char *key,
                            const struct gba_conf_sink *sink);

/* Names are host names and stand once, certificates can be verified. */
void m2m_conf_sources_check(const struct gba_opt_list *sources, const char *key,
                            const struct gba_conf_sink *sink);
void m2m_conf_mef_check(const struct m2m_conf_mef *conf, const struct gba_conf_sink *sink);
void m2m_conf_maf_check(const struct m2m_conf_maf *conf, const struct gba_conf_sink *sink);

/* Only loopback is listened on, and a token is needed to listen. */
void m2m_conf_admin_check(const struct m2m_conf_admin *conf, const struct gba_conf_sink *sink);
