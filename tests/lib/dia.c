/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "tests/lib/dia.h"

#include <stdio.h>
#include <stdlib.h>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include "diameter-dict/dict.h"

static void die(const char *what)
{
    printf("Bail out! %s\n", what);
    exit(1);
}

struct dictionary *t_dia_init(void)
{
    static struct dictionary *dict;
    const char *what = "";
    if (dict)
        return dict;
    fd_g_debug_lvl = FD_LOG_FATAL;
    if (fd_core_initialize() != 0)
        die("libfdcore does not start");
    dict = fd_g_config->cnf_dict;
    if (dia_dict_load(dict, &what) != GBA_OK)
        die(what);
    return dict;
}

struct msg *t_dia_parse(gba_view octets, bool *parsed)
{
    struct msg *msg = NULL;
    struct fd_pei info = {0};
    uint8_t *buffer = malloc(octets.n ? octets.n : 1);
    if (!buffer)
        die("no memory");
    gba_copy(buffer, octets);
    if (fd_msg_parse_buffer(&buffer, octets.n, &msg) != 0) {
        free(buffer);
        return NULL;
    }
    bool ok = fd_msg_parse_dict(msg, t_dia_init(), &info) == 0;
    if (info.pei_avp_free && info.pei_avp)
        fd_msg_free(info.pei_avp);
    if (parsed)
        *parsed = ok;
    return msg;
}

gba_view t_dia_octets(struct msg *msg)
{
    static uint8_t *buffer;
    size_t n = 0;
    free(buffer);
    buffer = NULL;
    if (fd_msg_bufferize(msg, &buffer, &n) != 0)
        die("a message cannot be written");
    return gba_view_of(buffer, n);
}

struct msg *t_dia_wire(struct msg *msg)
{
    struct msg *received = t_dia_parse(t_dia_octets(msg), NULL);
    if (!received)
        die("a message cannot be read back");
    t_dia_free(msg);
    return received;
}

void t_dia_free(struct msg *msg)
{
    if (msg)
        fd_msg_free(msg);
}
