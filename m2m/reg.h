/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client and key registrations of a MAF, and the same of a MEF (TS-0003 8.8.2,
 * 8.3.5.2; resources of TS-0032, whose numbers stand in m2m/res.h).
 *
 *   /-        base: C of client and key registrations, R
 *   /-/<ri>   client registration: R U D by its client
 *             key registration: U D by its source, R by source (without the key)
 *             and targets (with it)
 *
 * Keeps in the vault: "cr": client registrations, "kr": key registrations, by ri.
 */
#pragma once

#include "m2m/keys.h"
#include "m2m/prim.h"
#include "m2m/vault.h"

struct m2m_reg {
    struct m2m_vault vault;
    gba_text fqdn;               /* MAF-ID or MEF-ID, in lower case */
    bool maf;                    /* MAF: assigns a KmId to clients with a provisioned Km */
    const gba_text *admins;      /* adminFQDNs that are served; none: any */
    size_t admins_n;
    uint32_t max_client_s, max_key_s; /* registrations live at most this long */
};

/* Who asks, over what. */
struct m2m_reg_client {
    gba_view who;         /* the proven identity; absent: none */
    gba_view credential;  /* the name its session's key came by; empty with certificates */
    int64_t until_s;      /* of the credential: nothing registered lives longer */
    gba_rc (*export)(void *arg, uint8_t out[M2M_EXPORT_N]); /* of the session, label ...Connection */
    void *export_arg;
};

/* Answer and what the owner must do beside it. */
struct m2m_reg_result {
    struct m2m_response rsp; /* body and location point into the room */
    gba_text alias;          /* a KmId was assigned to the credential of the session; empty: none */
    bool exported;           /* the key of the session was registered: from now on its export must
                                fail with E_REG_TWICE, also after the registration is gone */
};

/* One request for "/-" or "/-/..."; also behind "//<fqdn>".  The body of the answer is
 * written to room.  Failures are in rsp.rsc and rsp.reason. */
struct m2m_reg_ask {
    const struct m2m_reg_client *client;
    const struct m2m_request *req;
};
void m2m_reg_serve(const struct m2m_reg *reg, const gba_env *env, const struct m2m_reg_ask *ask,
                   gba_writer *room, struct m2m_reg_result *out);

/* Drop what has expired; how many went is added to *n. */
GBA_MUST_USE gba_rc m2m_reg_sweep(const struct m2m_reg *reg, const gba_env *env, size_t *n);
