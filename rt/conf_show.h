/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration as JSON, in the shape and the words of its file. */
#pragma once

#include "gba/base/opt.h"
#include "gba/wire/json.h"

/* The members that rows describe, without the braces around them.  Values of GBA_OPT_HEX
 * may be keys and are not shown; options that are empty are left out. */
void rt_conf_show(const struct gba_opt *rows, const void *conf, struct gba_json_out *o);
