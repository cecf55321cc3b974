/* SPDX-License-Identifier: Apache-2.0 */
/* Bootstrap instructions as text: as operators write them, and as they are kept. */
#pragma once

#include "m2m/instr.h"

/* Records as they are kept have Kpm and the token's state; operators cannot write the
 * latter. */
enum m2m_instr_form { M2M_INSTR_WRITTEN, M2M_INSTR_KEPT };

struct m2m_instr_text {
    gba_view json;
    enum m2m_instr_form form;
};

/* As m2m_instr_parse. */
GBA_MUST_USE gba_rc m2m_instr_read(const struct m2m_instr_text *text, gba_writer *room, struct m2m_instr *out,
                                   gba_text *at);

/* What m2m_instr_read takes in the form that is kept; w holds keys then. */
void m2m_instr_write(const struct m2m_instr *instr, gba_writer *w);
