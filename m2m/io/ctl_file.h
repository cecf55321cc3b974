/* SPDX-License-Identifier: Apache-2.0 */
/* What keystrap-ctl reads from files. */
#pragma once

#include "gba/base/text.h"

/* Which files are taken. */
enum m2m_ctl_trust {
    M2M_CTL_ANY,   /* a signature comes along */
    M2M_CTL_OWNED, /* root's or this user's, and nobody else may write it */
};

/* The whole file appended to w ("-": standard input).  E_FILE, E_SPACE; *why says for
 * people what is wrong with it. */
GBA_MUST_USE gba_rc m2m_ctl_file_read(const char *path, enum m2m_ctl_trust trust, gba_writer *w,
                                      gba_text *why);

/* The member "name" of an instruction.  E_M2M_INSTR when there is none, E_JSON,
 * E_JSON_SIZE.  *has_key: it holds a pre-provisioned key. */
GBA_MUST_USE gba_rc m2m_ctl_instr_name(gba_view json, gba_text *name, bool *has_key);

/* May anybody but root and this user read the file? */
bool m2m_ctl_file_readable(const char *path);

/* Octets of hexadecimal text with perhaps a line feed behind it, appended to w; 16 to 256.
 * E_HEX. */
GBA_MUST_USE gba_rc m2m_ctl_key_parse(gba_view text, gba_writer *w);
