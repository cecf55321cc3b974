/* SPDX-License-Identifier: Apache-2.0 */
/* The Diameter side of a daemon: its node, started as its configuration says. */
#pragma once

#include "rt/fdiam.h"
#include "rt/metrics.h"

/* Start the node; why it cannot is logged. */
GBA_MUST_USE gba_rc rt_node_start(struct rt_loop *loop, const struct gba_conf_diameter *conf,
                                  const uint32_t *apps, size_t n_apps, struct rt_dia **out);

/* Metrics of the node: its peers, and what no handler heard of. */
void rt_node_metrics(const struct rt_dia *dia, gba_writer *w);
