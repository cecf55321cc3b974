/* SPDX-License-Identifier: Apache-2.0 */
/* Where a PIN comes from: a file, or somebody at the terminal.  Never from the
 * command line or the environment, which others can read. */
#pragma once

#include "gba/base/bytes.h"

/* The first line of a file, without blanks around it, appended to w.  E_FILE;
 * E_PIN_FORM when it is longer than a PIN.  The caller wipes it. */
GBA_MUST_USE gba_rc ue_pin_from_file(const char *path, gba_writer *w);

/* Ask on the controlling terminal, without echo.  E_PIN_NEEDED when there is
 * none; E_PIN_FORM. */
GBA_MUST_USE gba_rc ue_pin_from_terminal(gba_writer *w);
