/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that hold a secret: an operator's key, a token.  They belong to this user
 * or root and are closed to everybody else; what is not is refused.
 */
#pragma once

#include "gba/base/text.h"
#include "gba/crypto/seal.h"

/* The content appended to w, which its owner wipes.  E_FILE, E_SPACE; *why says for
 * people what is wrong with which file. */
GBA_MUST_USE gba_rc m2m_secret_file_read(const char *path, gba_writer *w, gba_text *why);

/* A key of 32 octets: as they are, or 64 hexadecimal digits and perhaps a line feed.
 * E_FILE, E_HEX. */
GBA_MUST_USE gba_rc m2m_key_file_read(const char *path, gba_seal_key *key, gba_text *why);

/* A new random key in a new file, mode 0600, hexadecimal.  A file that is there
 * already stays as it is: E_FILE. */
GBA_MUST_USE gba_rc m2m_key_file_make(const char *path, gba_text *why);

/* E_FILE with *why = "<path>: <what>". */
gba_rc m2m_file_fault(gba_text *why, const char *path, const char *what);
