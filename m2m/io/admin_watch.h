/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every daemon tells those who watch it, and does for those who run it:
 *
 *   GET /livez      200: the process and its loop live; for anybody
 *   GET /readyz     200: it can serve; 503 with what it lacks:
 *                   {"ready":false,"parts":[{"name":"store","ready":false,"cause":"..."},...]}
 *   GET /metrics    rt/metrics.h; for who shows the token, or on admin.metrics_listen
 *   GET /v1/version {"program":...,"version":...,"started":...,"ready":...}; with the token,
 *                   as what follows
 *   GET /v1/configuration   what is in force, without keys
 *   POST /v1/reload         as SIGHUP: {"said":[LINE,...]}; refused: "at" is the first line
 */
#pragma once

#include "rt/daemon.h"

struct m2m_admin;

/* Zeroed before; part of struct m2m_admin. */
struct m2m_admin_watch {
    struct rt_daemon *daemon;
    int64_t started_s;
};

void m2m_admin_watch_mount(struct m2m_admin_watch *watch, struct m2m_admin *admin, struct rt_daemon *daemon);
