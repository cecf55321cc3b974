/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE of the simulated card (TS 31.102 7.1). */
#pragma once

#include "uicc/soft.h"

/* The data of the answer goes to out, the status word is returned. */
uint16_t uicc_soft_authenticate(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);

/* Ks_int_NAF of the current application for a NAF-Id that it derived keys for: what an
 * application in the card would use (TS 33.220 5.2.1).  No command gives it out. E_ABSENT. */
GBA_MUST_USE gba_rc uicc_soft_int_key(struct uicc_soft *s, gba_view naf_id, gba_ks_naf *ks_int_naf);
