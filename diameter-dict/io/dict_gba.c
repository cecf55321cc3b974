/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dictionary as an extension of a plain freeDiameterd, which then knows
 * Zh, Zn and Zpn:  LoadExtension = "keystrap_dict_gba.fdx";
 * It may stand before or behind other dict_* extensions.
 */
#include <freeDiameter/extension.h>

#include "diameter-dict/dict.h"

/* The entry point that extension.h defines. */
int fd_ext_init(int major, int minor, char *conffile);

static int load(char *conffile)
{
    const char *what = "";
    (void)conffile;
    if (dia_dict_load(fd_g_config->cnf_dict, &what) != GBA_OK) {
        fd_log_error("keystrap_dict_gba: the dictionary has no place for %s", what);
        return EINVAL;
    }
    fd_log_notice("keystrap_dict_gba: TS 29.109 (Zh, Zn, Zpn) is in the dictionary");
    return 0;
}

EXTENSION_ENTRY("keystrap_dict_gba", load)
