/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log: who got which key, who was refused, what operators did.  One JSON
 * line an event (rt/log_line.h, without a level) at the end of one file that only this
 * user can read.  There is no formatter for octets, as in the log, and identities are
 * masked when they are there: no key gets in.
 *
 * A line is with the kernel before the event has its effect; it is not synced to the disk.
 * When it cannot be written that is logged and counted, and service goes on, unless the
 * configuration says that nothing happens without it.
 */
#pragma once

#include <sys/types.h>

#include "gba/base/conf.h"
#include "rt/log.h"

/* Call once in main, before threads; program must outlive all of it.  Without a file in the
 * configuration there is no audit log.  E_FILE. */
GBA_MUST_USE gba_rc rt_audit_open(const char *program, const struct gba_conf_log *conf);

/* The process is about to become this user and group: the file is theirs.  E_FILE. */
GBA_MUST_USE gba_rc rt_audit_give(uid_t uid, gid_t gid);

/* The file under its name from now on: after it was moved away.  On failure the one that
 * is open stays.  E_FILE. */
GBA_MUST_USE gba_rc rt_audit_reopen(void);

/* Thread-safe.  OK, also without an audit log; E_AUDIT when the line could not be
 * written and must be: the caller then refuses. */
GBA_MUST_USE gba_rc rt_audit_fields(const char *event, const struct rt_log_field *fields);

#define rt_audit(event, ...) \
    rt_audit_fields((event), (const struct rt_log_field[]){__VA_ARGS__, RT_LOG_LAST})

/* What has happened already, or happens anyway: a failure is logged and counted only. */
#define rt_audit_note(event, ...) \
    rt_audit_note_fields((event), (const struct rt_log_field[]){__VA_ARGS__, RT_LOG_LAST})
void rt_audit_note_fields(const char *event, const struct rt_log_field *fields);

/* Lines written, and lines that could not be. */
struct rt_audit_counts {
    uint64_t written, lost;
};
struct rt_audit_counts rt_audit_count(void);

void rt_audit_close(void);
