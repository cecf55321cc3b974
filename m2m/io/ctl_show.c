/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/ctl_show.h"

#include <stdio.h>

#include "gba/wire/json.h"

enum { ERROR_ROOM = 1024, WIDTH = 16 };

static bool print(FILE *to, gba_view text)
{
    return fwrite(text.p, 1, text.n, to) == text.n;
}

/* ---- values, a line each ---- */

/* As far as it is one line; what terminals act on is not printed. */
static gba_view first_line(gba_view text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] >= ' ' && text.p[n] != 0x7f)
        n++;
    return gba_view_sub(text, 0, n);
}

static gba_rc on_value(void *arg, gba_view path, const struct gba_json_value *value)
{
    gba_view line = first_line(value->text);
    (void)arg;
    printf("%-*.*s ", WIDTH, (int)path.n, (const char *)path.p);
    if (value->kind == GBA_JSON_TEXT)
        printf("%.*s%s\n", (int)line.n, line.n > 0 ? (const char *)line.p : "",
               line.n < value->text.n ? " ..." : "");
    else if (value->kind == GBA_JSON_INTEGER)
        printf("%lld\n", (long long)value->integer);
    else if (value->kind == GBA_JSON_BOOL)
        printf("%s\n", value->truth ? "yes" : "no");
    else
        printf("-\n");
    return GBA_OK;
}

/* Octets of the entry that begins at text, up to a comma or bracket of the list around it. */
static size_t entry_length(gba_view text)
{
    size_t n = 0, depth = 0;
    bool quoted = false;
    for (; n < text.n; n++) {
        uint8_t c = text.p[n];
        if (quoted && c == '\\')
            n++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && depth == 0 && (c == ',' || c == ']'))
            break;
        else if (!quoted)
            depth += (size_t)(c == '{' || c == '[') - (size_t)(c == '}' || c == ']');
    }
    return n < text.n ? n : text.n;
}

/* A list may be longer than one document may be: it is read entry by entry. */
static gba_rc show_list(gba_view json)
{
    gba_view left = gba_view_sub(json, 1, json.n);
    for (bool first = true; left.n > 1; first = false) {
        size_t n = entry_length(left);
        if (!first)
            printf("\n");
        GBA_TRY(gba_json_read(gba_view_sub(left, 0, n), on_value, NULL));
        left = gba_view_sub(left, n + 1, left.n);
    }
    return GBA_OK;
}

gba_rc m2m_ctl_show(gba_view json, bool as_json)
{
    if (as_json)
        GBA_ENSURE(print(stdout, json.n > 0 ? json : GBA_LIT("{}")) && putchar('\n') != EOF, GBA_E_IO);
    else if (gba_view_starts(json, GBA_LIT("[")))
        GBA_TRY(show_list(json));
    else if (json.n > 0)
        GBA_TRY(gba_json_read(json, on_value, NULL));
    return fflush(stdout) == 0 ? GBA_OK : GBA_E_IO;
}

/* ---- refusals ---- */

struct refusal {
    gba_text error, text, at;
};

static gba_rc on_refusal(void *arg, gba_view path, const struct gba_json_value *value)
{
    struct refusal *refusal = arg;
    gba_text *to = gba_view_eq(path, GBA_LIT("error"))  ? &refusal->error
                   : gba_view_eq(path, GBA_LIT("text")) ? &refusal->text
                   : gba_view_eq(path, GBA_LIT("at"))   ? &refusal->at
                                                        : NULL;
    return to && value->kind == GBA_JSON_TEXT ? gba_text_set(to, first_line(value->text)) : GBA_OK;
}

void m2m_ctl_show_refusal(const char *what, unsigned status, gba_view json, bool as_json)
{
    struct refusal refusal = {.error.n = 0};
    gba_rc rc = gba_json_read(json, on_refusal, &refusal);
    if (rc != GBA_OK || refusal.error.n == 0)
        fprintf(stderr, "keystrap-ctl: %s: the daemon answers %u\n", what, status);
    else
        fprintf(stderr, "keystrap-ctl: %s: %s%s%s [%s]\n", what, refusal.text.s,
                refusal.at.n > 0 ? ", at " : "", refusal.at.s, refusal.error.s);
    if (as_json && rc == GBA_OK && print(stdout, json))
        putchar('\n');
}

void m2m_ctl_show_failure(const char *what, gba_rc rc, const gba_text *why, bool as_json)
{
    uint8_t room[ERROR_ROOM];
    gba_writer w = gba_writer_of(room, sizeof room);
    struct gba_json_out o = {.w = &w};
    fprintf(stderr, "keystrap-ctl: %s: %s [%s]\n", what, why->n > 0 ? why->s : gba_rc_text(rc),
            gba_rc_token(rc));
    if (!as_json)
        return;
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "error", gba_view_cstr(gba_rc_token(rc)));
    gba_json_text(&o, "text", why->n > 0 ? gba_text_view(why) : gba_view_cstr(gba_rc_text(rc)));
    gba_json_end(&o, '}');
    if (gba_writer_end(&w) == GBA_OK && print(stdout, gba_writer_view(&w)))
        putchar('\n');
}
