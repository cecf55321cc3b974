/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/conf_say.h"

enum { VALUE_SHOWN_MAX = 80 };

/* ---- the path ---- */

void rt_conf_say_init(struct rt_conf_say *say, const char *name, struct rt_conf_errors *errors)
{
    say->name = name;
    say->errors = errors;
    say->n = 0;
    say->path = gba_writer_of(say->path_room, sizeof say->path_room);
}

void rt_conf_say_enter(struct rt_conf_say *say, gba_view key)
{
    if (say->path.n > 0 && key.n > 0)
        gba_put_str(&say->path, ".");
    gba_put_view(&say->path, key);
}

void rt_conf_say_enter_item(struct rt_conf_say *say, size_t i)
{
    gba_put_str(&say->path, "[");
    gba_put_dec(&say->path, i);
    gba_put_str(&say->path, "]");
}

void rt_conf_say_leave(struct rt_conf_say *say, size_t path_n)
{
    say->path.n = path_n;
    say->path.bad = false;
}

/* ---- lines ---- */

/* A line goes in whole or not at all. */
static void add_line(struct rt_conf_errors *errors, gba_view line)
{
    static const gba_view more = {(const uint8_t *)"more errors are not shown", 25};
    size_t room = sizeof errors->text - 2 - errors->n;
    if (errors->full)
        return;
    if (line.n + 1 + more.n > room) {
        errors->full = true;
        line = more;
    }
    gba_copy(errors->text + errors->n, line);
    errors->n += line.n;
    errors->text[errors->n++] = '\n';
    errors->text[errors->n] = '\0';
}

void rt_conf_complain(struct rt_conf_errors *errors, const char *path, const char *key, const char *text)
{
    uint8_t line[1024];
    gba_writer w = gba_writer_of(line, sizeof line);
    gba_put_str(&w, path);
    gba_put_str(&w, ": ");
    gba_put_str(&w, key);
    gba_put_str(&w, ": ");
    gba_put_str(&w, text);
    add_line(errors, gba_writer_view(&w));
}

/* Text of the file inside a message: short, and unable to drive a terminal. */
static void put_shown(gba_writer *w, gba_view v)
{
    gba_put_str(w, "\"");
    for (size_t i = 0; i < v.n && i < VALUE_SHOWN_MAX; i++)
        gba_put_u8(w, v.p[i] < ' ' || v.p[i] == 0x7f ? '?' : v.p[i]);
    gba_put_str(w, v.n > VALUE_SHOWN_MAX ? "...\"" : "\"");
}

struct message {
    gba_writer w;
    uint8_t line[1024];
};

/* "FILE:LINE: path: "; the rest goes to m->w. */
static void begin(struct message *m, const struct rt_conf_say *say, size_t line)
{
    m->w = gba_writer_of(m->line, sizeof m->line);
    gba_put_str(&m->w, say->name);
    gba_put_str(&m->w, ":");
    gba_put_dec(&m->w, line);
    gba_put_str(&m->w, ": ");
    gba_put_view(&m->w, gba_writer_view(&say->path));
    gba_put_str(&m->w, say->path.n > 0 ? ": " : "");
}

static void end(struct message *m, struct rt_conf_say *say)
{
    add_line(say->errors, gba_writer_view(&m->w));
    say->n++;
}

void rt_conf_say_text(struct rt_conf_say *say, size_t line, const char *text)
{
    struct message m;
    begin(&m, say, line);
    gba_put_str(&m.w, text);
    end(&m, say);
}

static void end_expected(struct message *m, struct rt_conf_say *say, const struct gba_opt *row)
{
    gba_put_str(&m->w, ": expected ");
    gba_opt_expects(row, &m->w);
    end(m, say);
}

void rt_conf_say_value(struct rt_conf_say *say, size_t line, const struct gba_opt *row, gba_view value)
{
    struct message m;
    begin(&m, say, line);
    if (row->type == GBA_OPT_HEX)
        gba_put_str(&m.w, "(value not shown)");
    else
        put_shown(&m.w, value);
    end_expected(&m, say, row);
}

void rt_conf_say_found(struct rt_conf_say *say, size_t line, const struct gba_opt *row, const char *found)
{
    struct message m;
    begin(&m, say, line);
    gba_put_str(&m.w, found);
    end_expected(&m, say, row);
}

void rt_conf_say_syntax(struct rt_conf_say *say, size_t line, const char *problem, const char *context)
{
    struct message m;
    begin(&m, say, line);
    gba_put_str(&m.w, "not YAML: ");
    gba_put_str(&m.w, problem ? problem : "unreadable");
    gba_put_str(&m.w, context ? " " : "");
    gba_put_str(&m.w, context);
    end(&m, say);
}

/* ---- unknown keys ---- */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be added, dropped or changed (Levenshtein). */
static size_t distance(gba_view a, gba_view b)
{
    size_t row[33];
    if (b.n >= sizeof row / sizeof *row)
        return SIZE_MAX;
    for (size_t k = 0; k <= b.n; k++)
        row[k] = k;
    for (size_t i = 0; i < a.n; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < b.n; k++) {
            size_t change = corner + (a.p[i] != b.p[k]);
            corner = row[k + 1];
            row[k + 1] = least(change, row[k] + 1, corner + 1);
        }
    }
    return row[b.n];
}

static const char *nearest(const struct gba_opt *rows, gba_view key)
{
    const char *best = NULL;
    size_t best_distance = 3; /* farther is no typing mistake */
    for (size_t i = 0; rows[i].key; i++) {
        size_t d = distance(gba_view_sub(key, 0, 32), gba_view_cstr(rows[i].key));
        if (d < best_distance) {
            best = rows[i].key;
            best_distance = d;
        }
    }
    return best;
}

static void put_keys(gba_writer *w, const struct gba_opt *rows)
{
    for (size_t i = 0; rows[i].key; i++) {
        gba_put_str(w, i > 0 ? ", " : "");
        gba_put_str(w, rows[i].key);
    }
}

void rt_conf_say_unknown(struct rt_conf_say *say, size_t line, const struct gba_opt *rows, gba_view key)
{
    const char *near = nearest(rows, key);
    struct message m;
    begin(&m, say, line);
    put_shown(&m.w, key);
    gba_put_str(&m.w, near ? ": unknown key; did you mean " : ": unknown key; expected one of ");
    if (near)
        gba_put_str(&m.w, near);
    else
        put_keys(&m.w, rows);
    gba_put_str(&m.w, near ? "?" : "");
    end(&m, say);
}
