/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Diameter dictionary of GBA as data (diameter-dict/gba.def): all of
 * TS 29.109 and the AVPs it reuses from TS 29.229, one row each.
 */
#pragma once

#include "gba/base/bytes.h"

struct dictionary;

/* Register vendor, applications, commands, AVPs and rules in dict.  What is
 * already there by code and vendor is kept (a newer freeDiameter may have it).
 * On failure *what names the row. */
GBA_MUST_USE gba_rc dia_dict_load(struct dictionary *dict, const char **what);
