/* SPDX-License-Identifier: Apache-2.0 */
/* The sample file: required keys with an example, all others commented out
 * with the value that they have then. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tools/optdoc.h"

enum { WIDTH = 100, NOT_COMMENTED = -1 };

struct sample {
    const struct optdoc_page *page;
    struct optdoc_path path;
    int indent;
    int hash_at; /* column of the '#' of what is commented out, or NOT_COMMENTED */
    bool quiet;  /* explained already, at the first entry of a list */
};

/* ---- lines ---- */

static void start_line(const struct sample *s)
{
    if (s->hash_at == NOT_COMMENTED)
        printf("%*s", s->indent, "");
    else
        printf("%*s#%*s", s->hash_at, "", s->indent - s->hash_at, "");
}

/* Words of text, wrapped, behind '# '. */
static void explain(const struct sample *s, const char *text)
{
    int column = 0;
    while (*text) {
        int n = (int)strcspn(text, " ");
        if (column == 0 || column + 1 + n > WIDTH) {
            printf("%s", column == 0 ? "" : "\n");
            start_line(s);
            printf("#");
            column = s->indent + 1;
        }
        printf(" %.*s", n, text);
        column += 1 + n;
        text += n + (text[n] == ' ');
    }
    printf("\n");
}

/* What a row expects is told where the value beside it does not show it. */
static bool shows_range(const struct gba_opt *row)
{
    return row->type == GBA_OPT_UINT || row->type == GBA_OPT_SECONDS || row->type == GBA_OPT_MILLIS ||
           row->type == GBA_OPT_ENUM || row->type == GBA_OPT_HEX;
}

static void explain_row(const struct sample *s, const struct gba_opt *row)
{
    char text[1024];
    if (s->quiet)
        return;
    int n = snprintf(text, sizeof text, "%s", row->text);
    if (shows_range(row)) {
        const char *expects = optdoc_expects(row);
        snprintf(text + n, sizeof text - (size_t)n, " %c%s.", toupper((unsigned char)*expects), expects + 1);
    }
    explain(s, text);
}

/* A value as YAML: quoted unless it is plainly harmless; examples may bring their quotes. */
static void print_value(const char *value)
{
    bool plain = isalnum((unsigned char)*value) || *value == '/' || *value == '"';
    for (const char *c = value; *c && *value != '"'; c++)
        plain = plain && (isalnum((unsigned char)*c) || strchr("._-/:@+", *c));
    printf(plain ? "%s\n" : "\"%s\"\n", value);
}

/* ---- examples ---- */

static const char *example_at(const struct sample *s)
{
    for (const struct optdoc_example *e = s->page->examples; e->path; e++) {
        if (strcmp(e->path, s->path.text) == 0)
            return e->value;
    }
    return NULL;
}

/* Is there an example anywhere below this place? */
static bool examples_below(const struct sample *s)
{
    for (const struct optdoc_example *e = s->page->examples; e->path; e++) {
        if (strncmp(e->path, s->path.text, s->path.n) == 0 && strchr(".[", e->path[s->path.n]))
            return true;
    }
    return false;
}

/* How many entries the sample shows of the list at this place. */
static size_t items_shown(struct sample *s)
{
    for (size_t i = 1;; i++) {
        size_t n = optdoc_path_item(&s->path, i);
        bool given = examples_below(s) || example_at(s);
        optdoc_path_cut(&s->path, n);
        if (!given)
            return i > 1 ? i - 1 : 1;
    }
}

/* ---- rows ---- */

static void sample_scalar(struct sample *s, const struct gba_opt *row)
{
    const char *given = example_at(s);
    const char *value = given ? given : row->fallback && row->fallback[0] ? row->fallback : row->example;
    int hash_at = s->hash_at;
    if (row->key[0])
        explain_row(s, row);
    if (!given && row->fallback && hash_at == NOT_COMMENTED)
        s->hash_at = s->indent;
    start_line(s);
    s->hash_at = hash_at;
    printf(row->key[0] ? "%s: " : "- ", row->key);
    print_value(value ? value : "");
}

/* The key of a section or list; what is optional is commented out unless an example is given below. */
static void open_nested(struct sample *s, const struct gba_opt *row)
{
    explain_row(s, row);
    if (row->fallback && s->hash_at == NOT_COMMENTED && !examples_below(s))
        s->hash_at = s->indent;
    start_line(s);
    printf("%s:\n", row->key);
    s->indent += 2;
}

static void open_item(struct sample *s, const struct gba_opt *row)
{
    if (optdoc_plain_list(row))
        return;
    start_line(s);
    printf("-\n");
    s->indent += 2;
}

static void sample_rows(struct sample *s, const struct gba_opt *rows)
{
    for (const struct gba_opt *row = rows; row->key; row++) {
        struct sample outer = *s;
        size_t n = optdoc_path_key(&s->path, row->key);
        bool nested = row->type == GBA_OPT_SECTION || row->type == GBA_OPT_LIST;
        if (!nested)
            sample_scalar(s, row);
        else
            open_nested(s, row);
        if (row->type == GBA_OPT_SECTION)
            sample_rows(s, row->rows);
        size_t items = row->type == GBA_OPT_LIST ? items_shown(s) : 0;
        for (size_t i = 1; i <= items; i++) {
            struct sample in_list = *s;
            optdoc_path_item(&s->path, i);
            s->quiet = s->quiet || i > 1;
            open_item(s, row);
            sample_rows(s, row->rows);
            *s = in_list;
        }
        optdoc_path_cut(&s->path, n);
        *s = outer;
        if (outer.indent == 0 && row[1].key)
            printf("\n");
    }
}

void optdoc_sample(const struct optdoc_page *page)
{
    struct sample s = {.page = page, .hash_at = NOT_COMMENTED};
    printf("# %s. Read by %s from %s.\n", page->about, page->program, page->file);
    printf("# Every key is explained in %s(5). A commented key shows its default, or an example where\n"
           "# there is none.\n\n",
           page->title);
    sample_rows(&s, page->rows);
}
