/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the MEF's engine share: instructions as they are read, with
 * room for what they point to. */
#pragma once

#include "m2m/mef.h"

/* Holds a key: whoever declares it wipes it. */
struct m2m_mef_record {
    struct m2m_instr instr;
    gba_writer room;
    uint8_t memory[M2M_DB_RECORD_MAX];
};
