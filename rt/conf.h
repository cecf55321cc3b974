/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration files: YAML (libyaml) walked along a table of options.
 *
 * Every error names file, line, key and what was expected:
 *   /etc/keystrap/bsf.yaml:12: ub.listen: "80": expected ADDRESS:PORT
 * Unknown and repeated keys are errors.  Nothing is applied on failure.
 */
#pragma once

#include "gba/base/opt.h"

enum { RT_CONF_ERRORS_MAX = 4096 };

/* Collected messages, one a line. */
struct rt_conf_errors {
    char text[RT_CONF_ERRORS_MAX];
    size_t n;
};

/* Read the file into *conf (zeroed by the caller) along rows.  E_FILE, E_CONFIG.
 * On success lists are owned by conf: rt_conf_free.  On failure nothing is. */
GBA_MUST_USE gba_rc rt_conf_read(const char *path, const struct gba_opt *rows, void *conf,
                                 struct rt_conf_errors *errors);

/* Add a message of a later check: "<path>: <key>: <text>". */
void rt_conf_complain(struct rt_conf_errors *errors, const char *path, const char *key, const char *text);

/* Wipe and free the lists inside conf. */
void rt_conf_free(const struct gba_opt *rows, void *conf);
