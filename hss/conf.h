/* SPDX-License-Identifier: Apache-2.0 */
/* The options of keystrap-hss as typed values; the rows stand in config/hss.opt. */
#pragma once

#include "gba/base/conf.h"

struct hss_conf {
    gba_text subscribers; /* path */
    gba_text sqn_file;    /* path */
    uint32_t sqn_block;   /* numbers reserved at once */
    uint32_t ind;         /* 0..31 */
    gba_text scheme_2g;   /* of a MAR that asks for a triplet */
    uint32_t delay_ms;    /* answers are held back this long */
    struct gba_conf_diameter diameter;
    struct gba_conf_confine confine;
    struct gba_conf_log log;
};

extern const struct gba_opt hss_conf_rows[];
