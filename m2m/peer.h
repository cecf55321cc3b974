/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small Registrar (or AE) at the other end of security associations: whom one is
 * bound to, and what is answered over it (TS-0003 7.2.1, 8.2.2; TS-0001 11.3).
 *
 * Resources: "/" tells about the association; the base ("/-", "/~/in-cse",
 * "/_/sp.example/in-cse") can be retrieved; AEs can be created below it, retrieved and
 * deleted by themselves.  Keeps in the vault: kind "ae": App-IDs under AE-IDs.
 */
#pragma once

#include "m2m/party.h"
#include "m2m/prim.h"
#include "m2m/shared.h"

/* What the other side proved itself with. */
enum m2m_assoc_use { M2M_ASSOC_KPSA, M2M_ASSOC_KC, M2M_ASSOC_NAF, M2M_ASSOC_CERT };

/* "kpsa", "kc", "naf", "cert". */
const char *m2m_assoc_use_name(enum m2m_assoc_use use);

/* A security association. */
struct m2m_assoc {
    enum m2m_assoc_use use;
    gba_text who;        /* the other side's CSE-ID or AE-ID, else its Credential-ID */
    gba_text credential; /* Credential-ID (TS-0003 10.4) */
    int64_t until_s;     /* when it ends; INT64_MAX: no such end */
};

/* By a key.  E_M2M_CRED. */
GBA_MUST_USE gba_rc m2m_assoc_of_key(const struct m2m_shared *shared, struct m2m_assoc *out);

/* By a certificate: which of the parties is this?  Flavour and name find it, all of
 * 8.1.2.5 is checked then.  E_CERT_* (NAME also when nobody is known by it), E_M2M_CRED. */
struct m2m_parties {
    const struct m2m_party *at;
    size_t n;
};
GBA_MUST_USE gba_rc m2m_assoc_of_cert(const struct m2m_parties *parties, const struct m2m_shown *shown,
                                      int64_t now_s, struct m2m_assoc *out);

struct m2m_peer {
    struct m2m_vault vault;
    struct m2m_id self; /* CSE or AE */
};

/* {"self":..,"peer":..,"credentialID":..,"until":..,"use":..}; until is absent when there
 * is no end. */
void m2m_peer_tell(const struct m2m_peer *peer, const struct m2m_assoc *assoc, gba_writer *w);

/* One request over an association (NULL: over none); what the answer consists of is
 * written to room.  Failures are in rsp->rsc and rsp->reason. */
struct m2m_peer_ask {
    const struct m2m_assoc *assoc;
    const struct m2m_request *req;
};
void m2m_peer_serve(const struct m2m_peer *peer, const gba_env *env, const struct m2m_peer_ask *ask,
                    gba_writer *room, struct m2m_response *rsp);
