/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of the log or of the audit file, in one of two forms:
 *
 *   2030-01-01T00:00:00.123Z keystrap-bsf[4711] warn ub.refused reason=mac-wrong run=9f2c5b0a7e11
 *   {"time":"2030-01-01T00:00:00.123Z","program":"keystrap-bsf","pid":4711,"level":"warn",
 *    "event":"ub.refused","reason":"mac-wrong","run":"9f2c5b0a7e11"}
 *
 * Values are escaped, so nobody can forge a line.
 */
#pragma once

#include "rt/log.h"

enum { RT_LOG_LINE_MAX = 4096 };

struct rt_log_style {
    const char *program;
    bool json;
    bool show_identities; /* whole, not masked */
};

struct rt_log_head {
    const char *level; /* NULL: none */
    const char *event;
    uint64_t run; /* 0: none */
};

/* The line with its end to w, which has RT_LOG_LINE_MAX octets or more.  Values over 512
 * octets end in "...", fields that do not fit are left out and cut=line tells so. */
void rt_log_line(gba_writer *w, const struct rt_log_style *style, const struct rt_log_head *head,
                 const struct rt_log_field *fields);
