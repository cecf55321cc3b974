/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subscribers of the lab HSS: what stands in the subscriber file (rows in
 * config/subscribers.opt), the record that is made of it, and finding one by
 * private or public identity.
 */
#pragma once

#include "gba/base/conf.h"
#include "gba/base/slots.h"
#include "gba/crypto/aka.h"
#include "gba/wire/guss.h"
#include "hss/sqn.h"

/* ---- as in the file ---- */

struct hss_uss_conf {
    gba_text id;   /* GSID */
    uint32_t type; /* GAA service type, TS 29.109 annex B */
    gba_text naf_group;
    struct gba_opt_list uids;  /* of gba_text */
    struct gba_opt_list flags; /* of uint32_t */
    int key_choice;            /* enum gba_key_choice */
};

enum hss_uicc_type { HSS_NO_GUSS, HSS_GUSS_GBA, HSS_GUSS_GBA_U };

struct hss_guss_conf {
    int uicc_type; /* enum hss_uicc_type */
    uint32_t lifetime_s;
    struct gba_opt_list uss; /* of struct hss_uss_conf */
};

/* A triplet out of a real SIM. */
struct hss_triplet_conf {
    struct gba_opt_hex rand, sres, kc;
};

/* Credentials for GBA_Digest. */
struct hss_digest_conf {
    gba_text realm; /* empty: none */
    struct gba_opt_hex ha1;
    gba_text password_file; /* instead of ha1 */
};

enum hss_res_bits { HSS_RES_32, HSS_RES_64, HSS_RES_128 };

struct hss_sub_conf {
    gba_text impi, imsi;
    struct gba_opt_list impus; /* of gba_text */
    int algorithm;             /* enum gba_aka_alg */
    struct gba_opt_hex k, op, opc, top, topc, amf, sqn;
    uint32_t tuak_iterations;
    int tuak_res; /* enum hss_res_bits */
    bool barred;
    bool sim;
    struct gba_opt_list triplets; /* of struct hss_triplet_conf */
    struct hss_digest_conf sip_digest;
    gba_text guss_file;
    struct hss_guss_conf guss;
};

struct hss_subs_conf {
    struct gba_opt_list subscribers; /* of struct hss_sub_conf */
};

extern const struct gba_opt hss_subs_rows[];

/* ---- the record ---- */

struct hss_sub {
    gba_text impi;
    gba_aka_key key; /* wiped by whoever owns the record; k.n is 0: none */
    gba_amf amf;     /* separation bit 0 */
    bool barred;
    gba_view guss; /* whole document; absent: none.  Whoever fills it owns it */
    struct hss_sqn sqn;
    bool sim;                 /* GSM triplets, no AKA */
    const gba_triplet *triplets; /* fixed ones, given in turn; whoever fills it owns it */
    uint32_t n_triplets, next_triplet;
    gba_text digest_realm;
    gba_ha1 ha1; /* n is 0: no SIP Digest credentials */
};

/* H(A1) with MD5 for a password that stands in a file of its own. */
GBA_MUST_USE gba_rc hss_sub_password(struct hss_sub *sub, gba_view password);

/* Make a record without GUSS, triplets and H(A1) of a password, and without reserved
 * numbers; every fault goes to the sink with the key inside the subscriber's entry.  E_CONFIG. */
GBA_MUST_USE gba_rc hss_sub_make(const struct hss_sub_conf *conf, const struct gba_conf_sink *sink,
                                 struct hss_sub *out);

/* The GUSS document of the `guss` section; uss has room for GBA_GUSS_MAX_USS. E_SPACE. */
GBA_MUST_USE gba_rc hss_guss_format(const struct hss_sub_conf *conf, struct gba_uss *uss, gba_writer *w);

/* ---- all of them ---- */

struct hss_impu {
    gba_text impu;
    uint32_t sub;
    bool shared; /* by several subscribers: it names none of them */
};

struct hss_subs {
    struct hss_sub *sub;
    struct hss_impu *impu;
    struct gba_slots by_impi, by_impu;
};

/* Octets of memory for n subscribers with n_impus public identities in all. */
size_t hss_subs_memory(uint32_t n, uint32_t n_impus);

/* memory has hss_subs_memory octets, aligned for any type, and lives as long. */
void hss_subs_init(struct hss_subs *subs, void *memory, uint32_t n, uint32_t n_impus, uint64_t seed);

/* Add a copy of the record: numbered 0, 1, 2 in this order.  E_HSS_TWICE. */
GBA_MUST_USE gba_rc hss_subs_add(struct hss_subs *subs, const struct hss_sub *sub, uint32_t *number);

/* Give subscriber `number` a public identity. */
void hss_subs_add_impu(struct hss_subs *subs, const gba_text *impu, uint32_t number);

/* By private identity, else by public identity (TS 29.109 4.2): E_HSS_UNKNOWN, E_HSS_SHARED. */
GBA_MUST_USE gba_rc hss_subs_find(const struct hss_subs *subs, gba_view impi, gba_view impu,
                                  uint32_t *number);
