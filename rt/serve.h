/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP side of a daemon: every address of its configuration, opened and
 * closed together and named in the ready line. */
#pragma once

#include "rt/daemon.h"
#include "rt/httpd.h"

enum { RT_SERVE_MAX = 16 }; /* config/common.opt allows no more */

struct rt_serve {
    struct rt_httpd *at[RT_SERVE_MAX];
    size_t n;
    struct rt_reasons refused;
};

/* Listen on every address; requests go to fn(arg).  *serve is zeroed before, and
 * lives as long as the loop.  What failed is logged; then rt_serve_close closes
 * what was opened.  E_ADDRESS, E_LISTEN, E_MEMORY. */
GBA_MUST_USE gba_rc rt_serve_open(struct rt_serve *serve, struct rt_daemon *daemon,
                                  const struct gba_conf_http *conf, rt_httpd_fn *fn, void *arg);

/* One line a reason (http.count): requests that no handler heard of. */
void rt_serve_log_counters(const struct rt_serve *serve);

void rt_serve_close(struct rt_serve *serve);
