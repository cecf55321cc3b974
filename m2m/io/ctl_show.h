/* SPDX-License-Identifier: Apache-2.0 */
/* What keystrap-ctl prints. */
#pragma once

#include "gba/base/text.h"

/* An answer: as it is (text too), or each value in a line "member value" with a blank line between
 * the entries of a list.  E_JSON, E_JSON_SIZE, E_IO. */
GBA_MUST_USE gba_rc m2m_ctl_show(gba_view json, bool as_json);

/* The refusal of a daemon in one line on standard error; as JSON on standard output too. */
void m2m_ctl_show_refusal(const char *what, unsigned status, gba_view json, bool as_json);

/* A failure here: the same shape.  why may be empty. */
void m2m_ctl_show_failure(const char *what, gba_rc rc, const gba_text *why, bool as_json);
