/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators may do at a MEF:
 *
 *   GET    /v1/enrolees               every instruction record, without keys
 *   GET    /v1/enrolees/NAME
 *   PUT    /v1/enrolees/NAME          keystrap-instructions(5); with Keystrap-Signature when
 *                                     the configuration has an instructions_key
 *   DELETE /v1/enrolees/NAME          and the enrolment keys made by it
 *   POST   /v1/enrolees/NAME/token    {"lifetime":SECONDS}: a new token, shown once
 *   DELETE /v1/enrolees/NAME/token    revoke it
 *   GET    /v1/enrolment-keys         KeId, Enrolee, record, expiry, state; never a key
 *   DELETE /v1/enrolment-keys/KEID
 */
#pragma once

#include "m2m/io/admin.h"
#include "m2m/mef.h"

enum { M2M_SIGNER_MAX = 4096 };

/* Zeroed before; lives as long as the loop. */
struct m2m_admin_mef {
    const struct m2m_mef *mef;
    uint8_t signer[M2M_SIGNER_MAX]; /* PEM public key; empty: none is needed */
    size_t signer_n;
};

/* signer: file with the public key of whoever signs instructions (mef.instructions_key);
 * empty: no signature is needed.  What failed is logged.  E_FILE, E_SPACE, E_CERT. */
GBA_MUST_USE gba_rc m2m_admin_mef_mount(struct m2m_admin_mef *self, struct m2m_admin *admin,
                                        const struct m2m_mef *mef, const gba_text *signer);
