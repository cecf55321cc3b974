/* SPDX-License-Identifier: Apache-2.0 */
/* A small option table with every shape that a table may have, for the tests
 * of whatever walks tables. */
#pragma once

#include <stddef.h>

#include "gba/base/conf.h"

struct t_key {
    gba_text name;
    struct gba_opt_hex key;
    struct gba_opt_list tags; /* of gba_text */
};

struct t_conf {
    gba_text name;
    uint32_t number;
    struct gba_conf_tls tls;
    struct gba_opt_list keys; /* of struct t_key */
    struct gba_conf_log log;
};

static const struct gba_opt t_tag_rows[] = {
    {.key = "", .type = GBA_OPT_TEXT, .min = 1, .example = "blue", .text = "A tag."},
    {0},
};

static const struct gba_opt t_key_rows[] = {
    {.key = "name",
     .type = GBA_OPT_TEXT,
     .offset = offsetof(struct t_key, name),
     .min = 1,
     .example = "alice",
     .text = "Whose key it is."},
    {.key = "key",
     .type = GBA_OPT_HEX,
     .offset = offsetof(struct t_key, key),
     .min = 4,
     .max = 4,
     .example = "00112233",
     .text = "The key."},
    {.key = "tags",
     .type = GBA_OPT_LIST,
     .offset = offsetof(struct t_key, tags),
     .max = 3,
     .fallback = "",
     .rows = t_tag_rows,
     .item_size = sizeof(gba_text),
     .text = "Tags."},
    {0},
};

static const struct gba_opt t_tls_rows[] = {
    {.key = "cert", .type = GBA_OPT_TEXT, .offset = offsetof(struct gba_conf_tls, cert), .min = 1,
     .example = "/etc/cert.pem", .text = "PEM file."},
    {0},
};

static const struct gba_opt t_rows[] = {
    {.key = "name",
     .type = GBA_OPT_TEXT,
     .offset = offsetof(struct t_conf, name),
     .min = 1,
     .max = 8,
     .example = "node",
     .text = "Name of the node."},
    {.key = "number",
     .type = GBA_OPT_UINT,
     .offset = offsetof(struct t_conf, number),
     .max = 9,
     .fallback = "7",
     .text = "A number."},
    {.key = "tls",
     .type = GBA_OPT_SECTION,
     .offset = offsetof(struct t_conf, tls),
     .fallback = "",
     .rows = t_tls_rows,
     .text = "Files for TLS."},
    {.key = "keys",
     .type = GBA_OPT_LIST,
     .offset = offsetof(struct t_conf, keys),
     .change = GBA_OPT_LIVE,
     .min = 1,
     .max = 20,
     .rows = t_key_rows,
     .item_size = sizeof(struct t_key),
     .text = "The keys."},
    {.key = "log",
     .type = GBA_OPT_SECTION,
     .offset = offsetof(struct t_conf, log),
     .change = GBA_OPT_LIVE,
     .rows = gba_conf_log_rows,
     .text = "What is logged."},
    {0},
};
