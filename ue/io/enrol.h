/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An Enrolee at work: the orders of m2m/enrolee.h and m2m/saef.h carried out with
 * ue/io/peer.h, the store and, in GBA, the device of ue/io/run.h.
 */
#pragma once

#include "m2m/saef.h"
#include "ue/io/files.h"
#include "ue/io/peer.h"
#include "ue/io/run.h"

/* Zeroed, with run set, before the first call. */
struct ue_enrol {
    struct ue_run *run; /* its conf, its messages, its card */
    struct ue_enrolee who;
    struct m2m_keyring ring; /* as the store has it */
    bool reused;             /* by the last ue_enrol_make: the key was there */

    struct ue_files files; /* private from here */
    struct rt_tls_psk kpm;
    gba_view token, cert, key;
    const struct m2m_link *link; /* what the open connection uses */
    struct ue_peer_conf peer_conf;
    struct ue_peer *peer;
    uint8_t exported[M2M_EXPORT_N];
};

/* Instructions and store; no store is not an error.  E_CONFIG without instructions. */
GBA_MUST_USE gba_rc ue_enrol_load(struct ue_enrol *e);

/* What is kept for the target; NULL: nothing. */
const struct m2m_link *ue_enrol_link(struct ue_enrol *e);

/* May it be used now?  As m2m_link_check; a key of GBA lives only as long as the
 * bootstrapped key that it is of. */
GBA_MUST_USE gba_rc ue_enrol_check(const struct ue_enrol *e, const struct m2m_link *link);

/* Have a key for the target: what is kept unless fresh, else enrol. */
GBA_MUST_USE gba_rc ue_enrol_make(struct ue_enrol *e, bool fresh);

/* Keep a pre-provisioned key for the target; the file has hexadecimal digits. */
GBA_MUST_USE gba_rc ue_enrol_import(struct ue_enrol *e, const char *key_id, const char *key_file);

/* Forget what is kept for the target; E_ENROL_NONE. */
GBA_MUST_USE gba_rc ue_enrol_forget(struct ue_enrol *e);

/* Associate with the target and retrieve "/": fn is called with the answer, whose views
 * live during the call. */
typedef void ue_enrol_fn(void *arg, const struct gba_http_msg *rsp);
GBA_MUST_USE gba_rc ue_enrol_connect(struct ue_enrol *e, enum m2m_saef_way way, ue_enrol_fn *fn, void *arg);

/* End-to-end keys of Kpsa, if the instructions allow them: E_ENROL_E2E.  The caller
 * wipes *out. */
GBA_MUST_USE gba_rc ue_enrol_e2e(struct ue_enrol *e, gba_view salt, struct m2m_e2e *out);

/* Wipe and close everything but run. */
void ue_enrol_close(struct ue_enrol *e);
