/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/log_line.h"

#include <time.h>
#include <unistd.h>

#include "gba/base/stamp.h"

enum {
    VALUE_MAX = 512, /* octets of one value; the rest is cut and marked */
    MASK_SHOWN = 4,
    END_ROOM = 64, /* for the run and the mark of a line that was cut */
};

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

static void put_escaped(gba_writer *w, uint8_t c, bool json)
{
    if (c == '\n') {
        gba_put_str(w, "\\n");
    } else if (c < ' ' || c >= 0x7f) {
        gba_put_str(w, json ? "\\u00" : "\\x");
        gba_put_hex(w, gba_view_of(&c, 1));
    } else {
        if (c == '"' || c == '\\')
            gba_put_u8(w, '\\');
        gba_put_u8(w, c);
    }
}

static void put_value(gba_writer *w, gba_view v, bool json)
{
    gba_view shown = gba_view_sub(v, 0, VALUE_MAX);
    if (!json && bare(v) && shown.n == v.n) {
        gba_put_view(w, v);
        return;
    }
    gba_put_u8(w, '"');
    for (size_t i = 0; i < shown.n; i++)
        put_escaped(w, shown.p[i], json);
    gba_put_str(w, shown.n < v.n ? "...\"" : "\"");
}

static void put_identity(gba_writer *w, const struct rt_log_style *style, gba_view identity)
{
    uint8_t masked[2 * VALUE_MAX];
    gba_writer m = gba_writer_of(masked, sizeof masked);
    if (!style->show_identities) {
        rt_log_mask(gba_view_sub(identity, 0, VALUE_MAX), &m);
        identity = gba_writer_view(&m);
    }
    put_value(w, identity, style->json);
}

static void put_number(gba_writer *w, int64_t number)
{
    if (number < 0)
        gba_put_u8(w, '-');
    gba_put_dec(w, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static void put_key(gba_writer *w, const struct rt_log_style *style, const char *key)
{
    gba_put_str(w, style->json ? ",\"" : " ");
    gba_put_str(w, key);
    gba_put_str(w, style->json ? "\":" : "=");
}

static void put_field(gba_writer *w, const struct rt_log_style *style, const struct rt_log_field *field)
{
    put_key(w, style, field->key);
    if (field->kind == RT_LOG_NUMBER)
        put_number(w, field->number);
    else if (field->kind == RT_LOG_ID)
        put_identity(w, style, field->text);
    else
        put_value(w, field->text, style->json);
}

/* ---- the line ---- */

static void put_time(gba_writer *w)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    gba_put_datetime(w, now.tv_sec);
    w->n--; /* the fraction goes before the Z */
    gba_put_u8(w, '.');
    gba_put_dec_fill(w, (uint64_t)now.tv_nsec / 1000000, 3);
    gba_put_str(w, "Z");
}

static void put_start(gba_writer *w, const char *program, const struct rt_log_head *head)
{
    put_time(w);
    gba_put_u8(w, ' ');
    gba_put_str(w, program);
    gba_put_u8(w, '[');
    gba_put_dec(w, (uint64_t)getpid());
    gba_put_str(w, "] ");
    if (head->level) {
        gba_put_str(w, head->level);
        gba_put_u8(w, ' ');
    }
    gba_put_str(w, head->event);
}

static void put_start_json(gba_writer *w, const struct rt_log_style *style, const struct rt_log_head *head)
{
    gba_put_str(w, "{\"time\":\"");
    put_time(w);
    gba_put_u8(w, '"');
    put_field(w, style, &RT_CSTR("program", style->program));
    put_field(w, style, &RT_NUM("pid", getpid()));
    if (head->level)
        put_field(w, style, &RT_CSTR("level", head->level));
    put_field(w, style, &RT_CSTR("event", head->event));
}

static void put_run(gba_writer *w, const struct rt_log_style *style, uint64_t run)
{
    uint8_t room[8];
    gba_writer octets = gba_writer_of(room, sizeof room);
    gba_put_u48(&octets, run);
    put_key(w, style, "run");
    gba_put_str(w, style->json ? "\"" : "");
    gba_put_hex(w, gba_writer_view(&octets));
    gba_put_str(w, style->json ? "\"" : "");
}

/* A field that does not fit is left out whole, with those after it. */
static bool put_fields(gba_writer *w, const struct rt_log_style *style, const struct rt_log_field *fields)
{
    for (; fields->kind != RT_LOG_END; fields++) {
        size_t before = w->n;
        put_field(w, style, fields);
        if (w->bad) {
            w->n = before;
            w->bad = false;
            return false;
        }
    }
    return true;
}

void rt_log_line(gba_writer *w, const struct rt_log_style *style, const struct rt_log_head *head,
                 const struct rt_log_field *fields)
{
    w->cap -= END_ROOM;
    if (style->json)
        put_start_json(w, style, head);
    else
        put_start(w, style->program, head);
    bool whole = put_fields(w, style, fields);
    w->cap += END_ROOM;
    if (head->run != 0)
        put_run(w, style, head->run);
    if (!whole)
        put_field(w, style, &RT_CSTR("cut", "line"));
    gba_put_str(w, style->json ? "}\n" : "\n");
}
