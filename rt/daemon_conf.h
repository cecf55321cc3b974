/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a daemon: read, checked, put in force, replaced.  Private to
 * rt/daemon.c. */
#pragma once

#include "rt/conf.h"
#include "rt/daemon.h"
#include "rt/log.h"

struct rt_daemon_conf {
    const struct rt_daemon_spec *spec;
    struct rt_file_place place;
    struct rt_live *live;       /* once spec->conf is in force */
    struct rt_conf_errors said; /* by the last reading */
};

/* Read and check the file into conf, which is zeroed; what is wrong with it is in
 * dc->said.  E_CONFIG, E_FILE, E_MEMORY, and conf holds nothing. */
GBA_MUST_USE gba_rc rt_daemon_conf_read(struct rt_daemon_conf *dc, void *conf);

/* The log as the configuration in force wants it. */
struct rt_log_conf rt_daemon_conf_log(const struct rt_daemon_conf *dc);

/* Read the file anew; dc->said tells, for a bad one, what is wrong, else what differs.
 * What fails changes nothing. */
GBA_MUST_USE gba_rc rt_daemon_conf_reload(struct rt_daemon_conf *dc);

/* What the configuration in force says; NULL stays NULL. */
const void *rt_daemon_conf_at(const struct rt_daemon_conf *dc, const void *in_first);
