/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configuration reader says about a place in a file: the messages of
 * rt/conf.h, and the path ("diameter.peers[2].address") of that place.
 */
#pragma once

#include "rt/conf.h"

struct rt_conf_say {
    const char *name; /* of the file */
    struct rt_conf_errors *errors;
    size_t n; /* messages so far */
    gba_writer path;
    uint8_t path_room[256];
};

void rt_conf_say_init(struct rt_conf_say *say, const char *name, struct rt_conf_errors *errors);

/* Go down to a key or to the i-th item (from 1); go back up to a length that say->path.n once had. */
void rt_conf_say_enter(struct rt_conf_say *say, gba_view key);
void rt_conf_say_enter_item(struct rt_conf_say *say, size_t i);
void rt_conf_say_leave(struct rt_conf_say *say, size_t path_n);

/* "FILE:LINE: path: text" */
void rt_conf_say_text(struct rt_conf_say *say, size_t line, const char *text);

/* What the row expects instead of this value. */
void rt_conf_say_value(struct rt_conf_say *say, size_t line, const struct gba_opt *row, gba_view value);

/* What the row expects instead of "missing" or "a list". */
void rt_conf_say_found(struct rt_conf_say *say, size_t line, const struct gba_opt *row, const char *found);

/* A key that no row has, with the nearest that one has. */
void rt_conf_say_unknown(struct rt_conf_say *say, size_t line, const struct gba_opt *rows, gba_view key);

/* What the YAML library says; both texts may be NULL. */
void rt_conf_say_syntax(struct rt_conf_say *say, size_t line, const char *problem, const char *context);
