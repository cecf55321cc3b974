/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Enrolment Target and Entity B: which key belongs to the PSK identity of a
 * handshake, and who is at the other end (TS-0003 8.2.2, 8.3.1.2, 8.8.2.2).  One
 * engine for MAF, CSE and AE.
 *
 *   IDENTITY > USE            the key is known (Km, Kpsa, Kc, NAF key, an alias)
 *            > FETCH_MEF      "HEX@mef": fetchCredentials at that MEF
 *            > FETCH_MAF      "HEX@maf": key retrieval at that MAF
 *            > ASK_ZN         a B-TID: BIR to the BSF of its domain
 *            > REFUSE
 *   FETCHED  > USE | REFUSE
 *
 * Keeps in the vault: kind "sk": shared keys (NAF keys one for each suite), "sa": the id
 * of the key that has a further name (m2m/shared.h).
 */
#pragma once

#include "gba/wire/names.h"
#include "m2m/shared.h"

/* A MEF, MAF or BSF that this target believes. */
struct m2m_source {
    gba_text fqdn; /* MEF-ID, MAF-ID, or domain of B-TIDs; BSF: "*" for all other domains */
    enum { M2M_SOURCE_MEF, M2M_SOURCE_MAF, M2M_SOURCE_BSF } kind;
};

struct m2m_target {
    struct m2m_vault vault;
    struct m2m_id self; /* MAF-ID, CSE-ID or AE-ID */
    gba_text fqdn;      /* NAF host name: the MAF-ID, or the public domain name of the CSE (m2m/party.h) */
    const struct m2m_source *sources;
    size_t sources_n;
    unsigned suid;      /* of keys fetched from a MEF; 0: Km and Kpsa */
    uint32_t max_key_s; /* no key is used longer than this; 0: until its end */
    bool peer_required; /* a key without a peer's identity is refused (E_TARGET_NO_PEER) */
};

enum m2m_target_order_kind {
    M2M_TARGET_USE,
    M2M_TARGET_FETCH_MEF,
    M2M_TARGET_FETCH_MAF,
    M2M_TARGET_ASK_ZN,
    M2M_TARGET_REFUSE,
};

/* Wipe it when done. */
struct m2m_target_order {
    enum m2m_target_order_kind kind;
    gba_rc reason;            /* REFUSE */
    struct m2m_shared shared; /* USE */
    gba_text source;          /* whom to ask: host name */
    gba_text id;              /* KeId, KcId, or the bare B-TID */
    unsigned suid;            /* FETCH_MEF */
    gba_nafid naf;            /* ASK_ZN */
    bool uicc;                /* ASK_ZN: the client is in the UICC, its key is Ks_int_NAF */
};

/* One handshake in progress. */
struct m2m_target_run {
    gba_text identity; /* as shown, without a prefix of GBA; of an alias: the key's own name */
    gba_text name;     /* its canonical form; empty: it is no name of oneM2M's */
    gba_text alias;    /* by which it was found; else empty */
    bool gba, uicc;    /* it had a prefix of GBA, that of a client in the UICC */
    bool keyid;        /* 32 digits and a host */
    uint16_t suite;
    enum m2m_target_order_kind asked;
};

/* What somebody shows.  Identities of GBA may have the prefix "3GPP-bootstrapping",
 * "-uicc" or "-digest" and ';' or '.' before the B-TID. */
struct m2m_target_shown {
    gba_view identity;
    uint16_t suite;
};
void m2m_target_begin(const struct m2m_target *t, const gba_env *env, const struct m2m_target_shown *shown,
                      struct m2m_target_run *run, struct m2m_target_order *order);

/* What was ordered is there: key, peer and end; rc says when it is not. */
struct m2m_target_got {
    gba_rc rc;
    const struct m2m_shared *shared; /* with rc OK */
};

/* A key is kept under its id before it is used.  E_TARGET_*; failures are not kept. */
void m2m_target_fetched(const struct m2m_target *t, const gba_env *env, const struct m2m_target_run *run,
                        const struct m2m_target_got *got, struct m2m_target_order *order);

/* What the session is bound to: the peer's identity, or its Credential-ID
 * ("11-...", "12-...") when that is not known (8.2.2.1, 8.2.2.3). */
GBA_MUST_USE gba_rc m2m_target_who(const struct m2m_shared *shared, gba_text *who);

/* Keep a pre-provisioned key.  E_M2M_KEYID, E_TARGET_USE (Km is for MAFs, Kpsa and Kc for
 * others), E_TARGET_EXPIRED, E_M2M_TWICE when its name is another key's. */
GBA_MUST_USE gba_rc m2m_target_import(const struct m2m_target *t, const gba_env *env,
                                      const struct m2m_shared *shared);

/* Another name for a key: the KmId that the MAF assigned; later sessions may use either.
 * E_M2M_KEYID, E_TARGET_UNKNOWN, E_M2M_TWICE (another key has this name). */
GBA_MUST_USE gba_rc m2m_target_alias(const struct m2m_target *t, const gba_env *env, gba_view id,
                                     gba_view alias);

/* Forget a key under all its names; id is any of them. OK also when there was none. */
GBA_MUST_USE gba_rc m2m_target_forget(const struct m2m_target *t, gba_view id);

/* For operators: every key once, with `key` wiped. */
typedef gba_rc m2m_target_fn(void *arg, const struct m2m_shared *shared);
GBA_MUST_USE gba_rc m2m_target_each(const struct m2m_target *t, m2m_target_fn *fn, void *arg);

/* Drop what has expired; how many keys went is added to *n. */
GBA_MUST_USE gba_rc m2m_target_sweep(const struct m2m_target *t, const gba_env *env, size_t *n);
