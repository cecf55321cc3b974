/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CUnit with TAP output: a test program lists its suites and is done.
 *
 *   int main(void) { return tap_run(suites); }
 *
 * Exit code is 0 unless the registry could not be built: failures are told in
 * TAP, and automake's driver would count a second one for a bad exit code.
 */
#pragma once

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

#include "gba/base/bytes.h"

/* Run the suites (a CU_SuiteInfo array ended by CU_SUITE_INFO_NULL). */
int tap_run(CU_SuiteInfo *suites);

/* Equal results and equal octets, with both values printed on failure. */
void tap_rc(gba_rc got, gba_rc want, const char *file, unsigned line);
void tap_bytes(gba_view got, gba_view want, const char *file, unsigned line);

#define T_RC(got, want) tap_rc((got), (want), __FILE__, __LINE__)
#define T_OK(got) tap_rc((got), GBA_OK, __FILE__, __LINE__)
#define T_BYTES(got, want) tap_bytes((got), (want), __FILE__, __LINE__)
#define T_STR(got, want) tap_bytes((got), gba_view_cstr(want), __FILE__, __LINE__)

/* Octets from hexadecimal text into a buffer that lives until the next 16th call. */
gba_view t_hex(const char *text);
