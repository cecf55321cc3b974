/* SPDX-License-Identifier: Apache-2.0 */
/* What keystrap-ue prints: lines for people, JSON (one object a line) for programs. */
#pragma once

#include "ue/io/run.h"

/* Whether to print JSON: once, before anything else. */
void ue_out_json(bool json);

/* An object of its own: lines for people, one JSON object for programs.  Between begin
 * and end nothing else of this file is called. */
void ue_out_begin(bool ok);
void ue_out_text(const char *name, gba_view value);
void ue_out_time(const char *name, int64_t s);
void ue_out_number(const char *name, uint64_t value);
void ue_out_key_hex(const char *name, gba_view key); /* up to 256 octets */
void ue_out_end(void);

/* One line on standard error: what, why, reason code.  With JSON also an object
 * on standard output. */
void ue_out_failure(const struct ue_run *run, gba_rc rc);

/* What is kept; never a key. */
void ue_out_status(const struct ue_run *run, gba_rc usable);
void ue_out_bootstrapped(const struct ue_run *run);

/* Ks_NAF in hexadecimal, and in base64 as the password of HTTP Digest. */
void ue_out_key(const struct ue_run *run, const gba_nafid *naf, const gba_ks_naf *ks_naf);

/* The body as it is, or everything with JSON.  E_FILE. */
GBA_MUST_USE gba_rc ue_out_answer(const struct ue_run_answer *answer, const char *file);
