/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "rt/log_line.h"

static const char *program = "keystrap";
static int out_fd = STDERR_FILENO;
static _Atomic(enum rt_log_level) least = RT_LOG_NOTICE;
static _Atomic bool as_json, show_identities;
static _Atomic uint32_t lost; /* lines that nobody took, not yet told */
static _Atomic uint64_t lost_ever;
static _Thread_local uint64_t run;

void rt_log_init(const struct rt_log_conf *wanted)
{
    program = wanted->program;
    out_fd = wanted->fd;
    rt_log_change(wanted);
}

void rt_log_change(const struct rt_log_conf *wanted)
{
    atomic_store(&least, wanted->level);
    atomic_store(&show_identities, wanted->show_identities);
    atomic_store(&as_json, wanted->json);
}

/* ---- the run ---- */

uint64_t rt_log_run(uint64_t id)
{
    uint64_t before = run;
    run = id;
    return before;
}

uint64_t rt_log_run_now(void)
{
    return run;
}

uint64_t rt_log_run_new(const gba_env *env)
{
    uint8_t random[6];
    gba_env_random(env, random, sizeof random);
    gba_reader r = gba_reader_of(GBA_ARRAY(random));
    uint64_t id = gba_get_u48(&r);
    return id != 0 ? id : 1;
}

bool rt_log_shows_identities(void)
{
    return atomic_load(&show_identities);
}

void rt_log_identity(gba_view identity, gba_writer *w)
{
    if (show_identities)
        gba_put_view(w, identity);
    else
        rt_log_mask(identity, w);
}

/* ---- the line ---- */

static void put_line(gba_writer *w, enum rt_log_level level, const char *event,
                     const struct rt_log_field *fields)
{
    static const char *const names[] = {"debug", "info", "notice", "warn", "error"};
    const struct rt_log_style style = {program, as_json, show_identities};
    const struct rt_log_head head = {names[level], event, run};
    rt_log_line(w, &style, &head, fields);
}

/* Whoever reads the log may be slower than we are, and must not stop the loop:
 * a pipe that poll calls writable takes a whole line (PIPE_BUF). */
static bool send_line(const gba_writer *line)
{
    struct pollfd out = {.fd = out_fd, .events = POLLOUT};
    if (poll(&out, 1, 0) == 0)
        return false;
    while (write(out_fd, line->p, line->n) < 0 && errno == EINTR)
        continue; /* any other failure to log has nowhere to be told */
    return true;
}

static void tell_lost(void)
{
    char room[RT_LOG_LINE_MAX];
    gba_writer line = gba_writer_of(room, sizeof room);
    uint32_t n = atomic_load(&lost);
    if (n == 0)
        return;
    put_line(&line, RT_LOG_WARN, "log.lost", (const struct rt_log_field[]){RT_NUM("lines", n), RT_LOG_LAST});
    if (send_line(&line))
        atomic_fetch_sub(&lost, n);
}

static void log_line(enum rt_log_level level, const char *event, const struct rt_log_field *fields)
{
    char room[RT_LOG_LINE_MAX];
    gba_writer line = gba_writer_of(room, sizeof room);
    put_line(&line, level, event, fields);
    tell_lost();
    if (send_line(&line))
        return;
    atomic_fetch_add(&lost, 1);
    atomic_fetch_add(&lost_ever, 1);
}

/* freeDiameter cancels its threads: not while they log, because what they hold would be lost. */
void rt_log_fields(enum rt_log_level level, const char *event, const struct rt_log_field *fields)
{
    int before;
    if (level < least)
        return;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    log_line(level, event, fields);
    pthread_setcancelstate(before, NULL);
}

uint64_t rt_log_lost(void)
{
    return atomic_load(&lost_ever);
}
