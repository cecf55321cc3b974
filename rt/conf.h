/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration files: YAML (libyaml) walked along a table of options.
 *
 * Every error names file, line, key and what was expected:
 *   /etc/keystrap/bsf.yaml:12: ub.listen: "80": expected an address and port as ...
 * All errors of a file are collected as far as they fit.  Unknown and repeated
 * keys are errors, so are anchors, aliases, tags and a second document.  The
 * value of a GBA_OPT_HEX option is never repeated in an error: it may be a key.
 */
#pragma once

#include "gba/base/opt.h"
#include "rt/file.h"

enum { RT_CONF_ERRORS_MAX = 4096, RT_CONF_FILE_MAX = 4 * 1024 * 1024 };

/* Collected messages, one a line. */
struct rt_conf_errors {
    char text[RT_CONF_ERRORS_MAX]; /* ends with a NUL */
    size_t n;
    bool full; /* some did not fit; the last line says so */
};

/* Read the file into *conf (zeroed by the caller) along rows.  E_FILE, E_CONFIG.
 * On success lists are owned by conf: rt_conf_free.  On failure nothing is, and
 * every value that the rows describe is zero. */
GBA_MUST_USE gba_rc rt_conf_read(const char *path, const struct gba_opt *rows, void *conf,
                                 struct rt_conf_errors *errors);

/* The same for a file whose folder is open. */
GBA_MUST_USE gba_rc rt_conf_read_at(const struct rt_file_place *place, const struct gba_opt *rows, void *conf,
                                    struct rt_conf_errors *errors);

/* The same over octets in memory; `name` stands for the path in errors. */
GBA_MUST_USE gba_rc rt_conf_parse(const char *name, gba_view yaml, const struct gba_opt *rows, void *conf,
                                  struct rt_conf_errors *errors);

/* Add a message of a later check: "<path>: <key>: <text>". */
void rt_conf_complain(struct rt_conf_errors *errors, const char *path, const char *key, const char *text);

/* Wipe every value that the rows describe, and free the lists. */
void rt_conf_free(const struct gba_opt *rows, void *conf);

/* Hears of an option that two configurations disagree on: "ub.key_lifetime.max", and
 * whether the new value can be taken over while the program runs (gba_opt.change). */
typedef void rt_conf_differs_fn(void *ctx, const char *key, bool live);

/* Turn `next`, just read, into what may follow `now` at once: a value that needs a restart
 * is replaced by a copy of the old one.  Every difference is told to fn.  E_MEMORY: next is
 * freed as by rt_conf_free. */
GBA_MUST_USE gba_rc rt_conf_follow(const struct gba_opt *rows, const void *now, void *next,
                                   rt_conf_differs_fn *fn, void *ctx);
