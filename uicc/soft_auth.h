/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE of the simulated card (TS 31.102 7.1). */
#pragma once

#include "uicc/soft.h"

/* The data of the answer goes to out, the status word is returned. */
uint16_t uicc_soft_authenticate(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);
