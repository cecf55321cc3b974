/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GBA framework at the MEF, which is the BSF then (TS-0003 8.3.2.3): what its
 * instructions say about a key that a NAF asks for on Zn.
 */
#pragma once

#include "m2m/mef.h"

/* May this NAF have a key of this subscriber?  *told is what it is told of him beside the
 * key: the Enrolee-ID of the record, or empty.
 *   no record of the subscriber           OK, nothing told: GBA as it is without a MEF
 *   the NAF is a target of the record     OK, the Enrolee-ID told if there is one
 *   it is a target, but not of the record E_MEF_NOT_TARGET
 *   it is no target of this MEF           OK, nothing told
 * E_MEF_TOKEN_DUE, E_DB, E_SEAL. */
GBA_MUST_USE gba_rc m2m_gba_permit(const struct m2m_mef *mef, gba_view impi, gba_view naf_fqdn,
                                   gba_text *told);
