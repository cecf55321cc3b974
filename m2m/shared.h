/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that a target shares with others, as they lie in the vault: kind "sk", under
 * the key's own name; NAF keys one for each suite.  Kind "sa": further names of them.
 */
#pragma once

#include "m2m/keys.h"
#include "m2m/vault.h"

enum { M2M_SHARED_MAX = 256 };

enum m2m_key_use {
    M2M_USE_KM,   /* towards a MAF */
    M2M_USE_KPSA, /* provisioned-symmetric-key SAEF */
    M2M_USE_KC,   /* MAF-based SAEF */
};

/* A key that a target shares with somebody. */
struct m2m_shared {
    enum m2m_key_use use;
    gba_text id;        /* the name it came by: KeId, KmId, KpsaId, KcId, B-TID */
    gba_text alias;     /* another name of it (the KmId the MAF assigned); empty: none */
    struct m2m_id peer; /* Enrolee-ID, or IdA; text empty: not known */
    gba_text cred;      /* the peer's Credential-ID when that is what the MAF knows; else empty */
    uint8_t key[M2M_SHARED_MAX];
    size_t n;
    unsigned suid;   /* what the MAF says the key is for; 0: not said */
    uint16_t suite;  /* NAF keys are for one suite (Ua id); 0: any */
    bool uicc;       /* NAF key: Ks_int_NAF */
    int64_t until_s; /* INT64_MAX: no end */
    bool e2e;
    gba_text e2e_params;
};

/* Keep, or replace the one of the same name, suite and place. */
GBA_MUST_USE gba_rc m2m_shared_put(const struct m2m_vault *v, const gba_env *env,
                                   const struct m2m_shared *shared);

/* By what of *shared names it: id, suite, uicc; the rest is filled in.  E_ABSENT. */
GBA_MUST_USE gba_rc m2m_shared_get(const struct m2m_vault *v, struct m2m_shared *shared);

/* Take it out, and its alias. */
GBA_MUST_USE gba_rc m2m_shared_del(const struct m2m_vault *v, const struct m2m_shared *shared);

/* The id of the key that has this further name.  E_ABSENT. */
GBA_MUST_USE gba_rc m2m_shared_alias_get(const struct m2m_vault *v, gba_view alias, gba_text *id);
GBA_MUST_USE gba_rc m2m_shared_alias_put(const struct m2m_vault *v, const gba_env *env, gba_view alias,
                                         gba_view id);
GBA_MUST_USE gba_rc m2m_shared_alias_del(const struct m2m_vault *v, gba_view alias);

/* Every one; *shared is wiped after each call. */
typedef gba_rc m2m_shared_fn(void *arg, const struct m2m_shared *shared);
GBA_MUST_USE gba_rc m2m_shared_each(const struct m2m_vault *v, m2m_shared_fn *fn, void *arg);
