/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Diameter dictionary of GBA as data (diameter-dict/gba.def): all of
 * TS 29.109 and the AVPs it reuses from TS 29.229, one row each.
 */
#pragma once

#include "gba/base/bytes.h"

struct dictionary;
struct dict_object;

enum dia_cmd {
#define DIA_CMD(token, code, name, flags, app) DIA_CMD_##token,
#include "diameter-dict/gba.def"
    DIA_CMD_COUNT
};

enum dia_avp {
#define DIA_BASE(token, code, data, name) DIA_AVP_##token,
#define DIA_SIP(token, code, data, type, name) DIA_AVP_##token,
#define DIA_IETF(token, code, data, name) DIA_AVP_##token,
#define DIA_AVP(token, code, data, type, flags, name) DIA_AVP_##token,
#include "diameter-dict/gba.def"
    DIA_AVP_COUNT
};

/* Register vendor, applications, commands, AVPs and rules in dict.  What is
 * already there by code and vendor is kept (a newer freeDiameter may have it),
 * as long as its data format is the same.  The codecs use the dictionary that
 * was loaded last; load before the first thread uses them.  E_DIA_CONFIG, and
 * *what names the row: a base AVP is missing, or another definition is in the way. */
GBA_MUST_USE gba_rc dia_dict_load(struct dictionary *dict, const char **what);

/* What was loaded; NULL before dia_dict_load. */
struct dictionary *dia_dict(void);
struct dict_object *dia_dict_cmd(enum dia_cmd cmd);
struct dict_object *dia_dict_avp(enum dia_avp avp);

/* The row of an AVP, or DIA_AVP_COUNT; and back. */
enum dia_avp dia_avp_of(uint32_t code, uint32_t vendor);
uint32_t dia_avp_code(enum dia_avp avp);
