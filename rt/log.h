/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log: one line an event, key=value, with time, program, run id.
 *
 *   2030-01-01T00:00:00.123Z keystrap-bsf[4711] warn ub.refused reason=mac-wrong run=9f2c5b0a7e11
 *
 * or the same as JSON (rt/log_line.h).  The run ties the lines of one exchange together:
 * adapters set it whenever they go on with an exchange.
 *
 * There is no formatter for octets: keys cannot be logged.  Identities go
 * through RT_ID and are masked unless the configuration says otherwise.
 * Values are quoted and escaped when needed, so a peer cannot forge a line.
 */
#pragma once

#include "gba/base/env.h"
#include "gba/base/text.h"

enum rt_log_level { RT_LOG_DEBUG, RT_LOG_INFO, RT_LOG_NOTICE, RT_LOG_WARN, RT_LOG_ERROR };

enum rt_log_kind { RT_LOG_END, RT_LOG_TEXT, RT_LOG_NUMBER, RT_LOG_ID };

struct rt_log_field {
    enum rt_log_kind kind;
    const char *key;
    gba_view text;
    int64_t number;
};

#define RT_STR(key, view) ((struct rt_log_field){RT_LOG_TEXT, key, view, 0})
#define RT_CSTR(key, s) ((struct rt_log_field){RT_LOG_TEXT, key, gba_view_cstr(s), 0})
#define RT_NUM(key, n) ((struct rt_log_field){RT_LOG_NUMBER, key, {NULL, 0}, (int64_t)(n)})
#define RT_ID(key, view) ((struct rt_log_field){RT_LOG_ID, key, view, 0})
#define RT_REASON(rc) RT_CSTR("reason", gba_rc_token(rc))

struct rt_log_conf {
    const char *program;
    enum rt_log_level level;
    bool show_identities;
    int fd;    /* 2 normally */
    bool json; /* lines are JSON */
};

/* Call once in main, before threads; program must outlive all logging.  Before
 * it, notices and worse go to standard error. */
void rt_log_init(const struct rt_log_conf *conf);

/* Level, identities and form from now on, while others log; the rest stays. */
void rt_log_change(const struct rt_log_conf *conf);

/* Thread-safe; one write(2) a line.  Never waits for a reader: a line that a full
 * pipe or terminal does not take is left out, and "log.lost lines=N" tells how many
 * before the next one.  Values over 512 octets end in "...", a line over 4 kB in
 * "cut=line". */
void rt_log_fields(enum rt_log_level level, const char *event, const struct rt_log_field *fields);

#define RT_LOG_LAST {RT_LOG_END, NULL, {NULL, 0}, 0}

#define rt_log(level, event, ...) \
    rt_log_fields((level), (event), (const struct rt_log_field[]){__VA_ARGS__, RT_LOG_LAST})

/* Lines of this thread belong to this run from now on (0: to none); returns the one before. */
uint64_t rt_log_run(uint64_t id);

/* The run that lines of this thread belong to. */
uint64_t rt_log_run_now(void);

/* A new one: 48 random bits, not 0. */
uint64_t rt_log_run_new(const gba_env *env);

/* Lines that nobody took since the start. */
uint64_t rt_log_lost(void);

/* "0010***@ims.mnc001...": the first four characters of the user part (half of
 * it when it has less than eight) and the domain. */
void rt_log_mask(gba_view identity, gba_writer *w);

/* Whether identities are shown whole at present. */
bool rt_log_shows_identities(void);

/* An identity as the log shows it: masked, or whole when the configuration says so. */
void rt_log_identity(gba_view identity, gba_writer *w);
