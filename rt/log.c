/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "gba/base/stamp.h"

enum {
    LINE_MAX_OCTETS = 4096,
    VALUE_MAX = 512, /* octets of one value; the rest is cut and marked */
    MASK_SHOWN = 4,
};

static const char cut_line[] = " cut=line\n";

static struct rt_log_conf conf = {"keystrap", RT_LOG_NOTICE, false, STDERR_FILENO};
static _Atomic uint32_t lost; /* lines that nobody took, not yet told */

void rt_log_init(const struct rt_log_conf *wanted)
{
    conf = *wanted;
}

void rt_log_mask(gba_view identity, gba_writer *w)
{
    size_t at = gba_view_find_last(identity, '@');
    size_t shown = at / 2 < MASK_SHOWN ? at / 2 : MASK_SHOWN;
    gba_put_view(w, gba_view_sub(identity, 0, shown));
    gba_put_str(w, "***");
    gba_put_view(w, gba_view_sub(identity, at, identity.n));
}

/* ---- values ---- */

static bool bare(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return v.n > 0;
}

static void put_escaped(gba_writer *w, uint8_t c)
{
    if (c == '\n') {
        gba_put_str(w, "\\n");
    } else if (c < ' ' || c >= 0x7f) {
        gba_put_str(w, "\\x");
        gba_put_hex(w, gba_view_of(&c, 1));
    } else {
        if (c == '"' || c == '\\')
            gba_put_u8(w, '\\');
        gba_put_u8(w, c);
    }
}

static void put_value(gba_writer *w, gba_view v)
{
    gba_view shown = gba_view_sub(v, 0, VALUE_MAX);
    if (bare(v) && shown.n == v.n) {
        gba_put_view(w, v);
        return;
    }
    gba_put_u8(w, '"');
    for (size_t i = 0; i < shown.n; i++)
        put_escaped(w, shown.p[i]);
    gba_put_str(w, shown.n < v.n ? "...\"" : "\"");
}

static void put_identity(gba_writer *w, gba_view identity)
{
    uint8_t masked[2 * VALUE_MAX];
    gba_writer m = gba_writer_of(masked, sizeof masked);
    if (conf.show_identities) {
        put_value(w, identity);
        return;
    }
    rt_log_mask(gba_view_sub(identity, 0, VALUE_MAX), &m);
    put_value(w, gba_writer_view(&m));
}

static void put_number(gba_writer *w, int64_t number)
{
    if (number < 0)
        gba_put_u8(w, '-');
    gba_put_dec(w, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static void put_field(gba_writer *w, const struct rt_log_field *field)
{
    gba_put_u8(w, ' ');
    gba_put_str(w, field->key);
    gba_put_u8(w, '=');
    if (field->kind == RT_LOG_NUMBER)
        put_number(w, field->number);
    else if (field->kind == RT_LOG_ID)
        put_identity(w, field->text);
    else
        put_value(w, field->text);
}

/* ---- the line ---- */

static void put_start(gba_writer *w, enum rt_log_level level, const char *event)
{
    static const char *const names[] = {"debug", "info", "notice", "warn", "error"};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    gba_put_datetime(w, now.tv_sec);
    w->n--; /* the fraction goes before the Z */
    gba_put_u8(w, '.');
    gba_put_dec_fill(w, (uint64_t)now.tv_nsec / 1000000, 3);
    gba_put_str(w, "Z ");
    gba_put_str(w, conf.program);
    gba_put_u8(w, '[');
    gba_put_dec(w, (uint64_t)getpid());
    gba_put_str(w, "] ");
    gba_put_str(w, names[level]);
    gba_put_u8(w, ' ');
    gba_put_str(w, event);
}

/* A field that does not fit is left out whole, with those after it. */
static bool put_fields(gba_writer *w, const struct rt_log_field *fields)
{
    for (; fields->kind != RT_LOG_END; fields++) {
        size_t before = w->n;
        put_field(w, fields);
        if (w->bad) {
            w->n = before;
            w->bad = false;
            return false;
        }
    }
    return true;
}

/* Whoever reads the log may be slower than we are, and must not stop the loop:
 * a pipe that poll calls writable takes a whole line (PIPE_BUF). */
static bool put_line(const char *line, size_t n)
{
    struct pollfd out = {.fd = conf.fd, .events = POLLOUT};
    if (poll(&out, 1, 0) == 0)
        return false;
    while (write(conf.fd, line, n) < 0 && errno == EINTR)
        continue; /* any other failure to log has nowhere to be told */
    return true;
}

static void tell_lost(void)
{
    char line[LINE_MAX_OCTETS];
    gba_writer w = gba_writer_of(line, sizeof line);
    uint32_t n = atomic_load(&lost);
    if (n == 0)
        return;
    put_start(&w, RT_LOG_WARN, "log.lost");
    put_field(&w, &RT_NUM("lines", n));
    gba_put_u8(&w, '\n');
    if (put_line(line, w.n))
        atomic_fetch_sub(&lost, n);
}

void rt_log_fields(enum rt_log_level level, const char *event, const struct rt_log_field *fields)
{
    char line[LINE_MAX_OCTETS];
    gba_writer w = gba_writer_of(line, sizeof line - sizeof cut_line);
    if (level < conf.level)
        return;
    put_start(&w, level, event);
    bool whole = put_fields(&w, fields);
    w.cap = sizeof line;
    gba_put_str(&w, whole ? "\n" : cut_line);
    tell_lost();
    if (!put_line(line, w.n))
        atomic_fetch_add(&lost, 1);
}
