/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an Enrolee keeps: one key for each target and use, and the enrolment key it
 * came from (TS-0003 8.3.1.2, 8.2.2), with its text form.  A secret: wipe it.
 */
#pragma once

#include "m2m/shared.h"

enum { M2M_LINKS_MAX = 16, M2M_KEYRING_TEXT_MAX = M2M_LINKS_MAX * 2560 };

/* How a key came to be. */
enum m2m_link_from {
    M2M_FROM_PPSK,   /* enrolled with a pre-provisioned key (8.3.2.1) */
    M2M_FROM_CERT,   /* enrolled with a certificate (8.3.2.2) */
    M2M_FROM_GBA,    /* bootstrapped (8.3.2.3); the keys stay with Ks: ue/keys.h or the card */
    M2M_FROM_MAF,    /* registered at a MAF (8.8.2.7) */
    M2M_FROM_IMPORT, /* pre-provisioned (8.3.1.1): nobody enrolled */
};

/* "ppsk", "cert", "gba", "maf", "import" */
const char *m2m_link_from_name(enum m2m_link_from from);

/* "km", "kpsa", "kc" */
const char *m2m_key_use_name(enum m2m_key_use use);

struct m2m_link {
    struct m2m_id target;
    enum m2m_link_from from;
    enum m2m_key_use use;
    gba_text id;    /* KeId, B-TID, KcId with its MAF, KmId, KpsaId */
    gba_text alias; /* the KmId that the MAF assigned; empty: none */
    m2m_ke ke;      /* PPSK, CERT; else zero */
    unsigned suid;  /* of a usage-constrained key; 0: Km, Kpsa, Kc */
    uint8_t key[M2M_SHARED_MAX];
    size_t key_n;            /* 0 in GBA: the key depends on the cipher suite */
    int64_t made_s, until_s; /* by this device's clock; until INT64_MAX: no end */
};

struct m2m_keyring {
    struct m2m_link links[M2M_LINKS_MAX];
    size_t n;
};

/* Text, one "name value" a line. */
void m2m_keyring_put(const struct m2m_keyring *ring, gba_writer *w);

/* Exactly what m2m_keyring_put writes; E_ENROL_STORE, and *ring is wiped. */
GBA_MUST_USE gba_rc m2m_keyring_parse(gba_view text, struct m2m_keyring *ring);

/* The key for a target: of Km and Kpsa there is one, of Kc another.  NULL: none. */
struct m2m_link *m2m_keyring_find(struct m2m_keyring *ring, const struct m2m_id *target, bool kc);

/* Add, or replace the one for the same target and use; what has expired goes first
 * when there is no room.  E_ENROL_FULL. */
GBA_MUST_USE gba_rc m2m_keyring_keep(struct m2m_keyring *ring, const struct m2m_link *link, int64_t now_s);

/* Forget everything for a target; how many went. */
size_t m2m_keyring_forget(struct m2m_keyring *ring, const struct m2m_id *target);

/* May it be used now?  NULL: E_ENROL_NONE; E_ENROL_EXPIRED. */
GBA_MUST_USE gba_rc m2m_link_check(const struct m2m_link *link, int64_t now_s);

/* The name to show in a handshake: the KmId that was assigned, else the KeId
 * (8.3.1.2 NOTE 2). */
const gba_text *m2m_link_identity(const struct m2m_link *link);

/* In GBA, what a client in the UICC shows with Ks_int_NAF: the B-TID behind a prefix, for by the
 * bare one targets know Ks_ext_NAF (TS 33.222 5.4.0.2).  E_SPACE. */
GBA_MUST_USE gba_rc m2m_link_identity_uicc(const struct m2m_link *link, gba_text *out);
