/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An extension for tests/system/dict_extension.sh: loaded last, it stops
 * freeDiameterd unless all of TS 29.109 is in the dictionary.
 */
#include <freeDiameter/extension.h>

int fd_ext_init(int major, int minor, char *conffile);

static unsigned missing;

static void look_for(enum dict_object_type type, int by, const void *what, uint32_t number)
{
    struct dict_object *found = NULL;
    if (fd_dict_search(fd_g_config->cnf_dict, type, by, what, &found, ENOENT) == 0)
        return;
    missing++;
    fd_log_error("dict_probe: %u is missing", number);
}

static void look_for_avps(uint32_t first, uint32_t last)
{
    for (uint32_t code = first; code <= last; code++) {
        struct dict_avp_request what = {10415, code, NULL};
        look_for(DICT_AVP, AVP_BY_CODE_AND_VENDOR, &what, code);
    }
}

static int probe(char *conffile)
{
    static const uint32_t applications[] = {16777220, 16777221, 16777268};
    static const uint32_t commands[] = {303, 310, 312};
    (void)conffile;
    for (size_t i = 0; i < 3; i++) {
        look_for(DICT_APPLICATION, APPLICATION_BY_ID, &applications[i], applications[i]);
        look_for(DICT_COMMAND, CMD_BY_CODE_R, &commands[i], commands[i]);
        look_for(DICT_COMMAND, CMD_BY_CODE_A, &commands[i], commands[i]);
    }
    look_for_avps(400, 420);
    look_for_avps(601, 601);
    look_for_avps(607, 613);
    look_for_avps(625, 626);
    look_for_avps(635, 635);
    fd_log_notice("dict_probe: %u missing", missing);
    return missing ? EINVAL : 0;
}

EXTENSION_ENTRY("dict_probe", probe)
