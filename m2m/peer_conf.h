/* SPDX-License-Identifier: Apache-2.0 */
/* The options of keystrap-peer as typed values; the rows stand in config/peer.opt. */
#pragma once

#include "m2m/conf.h"

/* A key that was provisioned by hand: a Kpsa, or the Km that we prove ourselves to a MAF with. */
struct m2m_peer_key {
    gba_text id;       /* KpsaId or KmId */
    gba_text key_file; /* mode 0600 */
    gba_text owner;    /* Kpsa: the other side's CSE-ID or AE-ID, may be empty; Km: the MAF's name */
};

/* Who is asked for NAF keys: BSFs over Zn. */
struct m2m_peer_gba {
    struct gba_opt_list bsf; /* of struct naf_route; none: nobody */
    gba_text gsid;           /* the USS whose uid is the Enrolee-ID; empty: none is asked for */
    bool uicc_keys;          /* Ks_int_NAF for clients in a UICC */
};

struct m2m_peer_conf {
    gba_text id;                                          /* our CSE-ID or AE-ID, absolute */
    gba_text fqdn;                                        /* our host name; empty: made of the id */
    struct gba_opt_list listen, listen_dtls, listen_open; /* of gba_text; open: without any TLS */
    gba_text cert, key;                                   /* PEM files; both empty: no certificate */
    bool raw_keys;
    struct gba_opt_list peers;      /* of struct m2m_conf_party: who may come with a certificate */
    struct gba_opt_list keys;       /* of struct m2m_peer_key: Kpsa */
    struct gba_opt_list mefs, mafs; /* of struct m2m_conf_source */
    struct gba_opt_list maf_keys;   /* of struct m2m_peer_key: Km */
    struct m2m_peer_gba gba;
    uint32_t suid;          /* of keys from MEFs; 0: Kpsa */
    uint32_t key_s;         /* no key is used longer; 0: until its end */
    bool peer_required;     /* a key without its owner's identity is refused */
    uint32_t association_s; /* an association ends after this long; 0: with its credential */
    struct m2m_conf_store store;
    struct m2m_conf_ocsp ocsp;
    struct m2m_conf_limits limits;
    uint32_t ask_ms; /* an answer of MEF, MAF or BSF must be there */
    struct gba_conf_diameter diameter;
    struct gba_conf_log log;
};

extern const struct gba_opt m2m_peer_conf_rows[];

/* What no single row can say. */
void m2m_peer_conf_check(const struct m2m_peer_conf *conf, const struct gba_conf_sink *sink);
