/* SPDX-License-Identifier: Apache-2.0 */
/* The conf(5) page, in man(7) macros. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tools/optdoc.h"

/* Text that roff does not read as anything else. */
static void put(const char *text)
{
    if (*text == '.' || *text == '\'')
        printf("\\&");
    for (; *text; text++) {
        if (*text == '\\')
            printf("\\e");
        else if (*text == '-')
            printf("\\-");
        else
            putchar(*text);
    }
}

static void put_line(const char *text)
{
    put(text);
    putchar('\n');
}

static bool is_nested(const struct gba_opt *row)
{
    return row->type == GBA_OPT_SECTION || (row->type == GBA_OPT_LIST && !optdoc_plain_list(row));
}

/* "(required)" is what a reader looks for first. */
static const char *demand(const struct gba_opt *row)
{
    if (row->fallback)
        return "";
    if (row->type == GBA_OPT_SECTION)
        return " (section)";
    return row->type == GBA_OPT_LIST ? " (list, required)" : " (required)";
}

/* A section is no value: what is in it changes or not. */
static bool is_live(const struct gba_opt *row, bool above)
{
    return row->change == GBA_OPT_AS_ABOVE ? above : row->change == GBA_OPT_LIVE;
}

static bool any_live(const struct gba_opt *rows)
{
    for (const struct gba_opt *row = rows; row->key; row++) {
        if (row->change == GBA_OPT_LIVE || (row->type == GBA_OPT_SECTION && any_live(row->rows)))
            return true;
    }
    return false;
}

static void entry(const struct gba_opt *row, bool live)
{
    const struct gba_opt *value = optdoc_plain_list(row) ? row->rows : row;
    printf(".TP\n.BR ");
    put(row->key);
    printf(" \"%s\"\n", demand(row));
    put_line(row->text);
    if (row->type == GBA_OPT_LIST) {
        const char *expects = optdoc_expects(row);
        printf("%c", toupper((unsigned char)*expects));
        put(expects + 1);
        puts(is_nested(row) ? "." : "; each is");
    }
    if (!is_nested(row)) {
        const char *expects = optdoc_expects(value);
        printf("%c", value == row ? toupper((unsigned char)*expects) : *expects);
        put(expects + 1);
        puts(".");
    }
    if (row->fallback && row->fallback[0]) {
        printf("Default: \\fB");
        put(row->fallback);
        puts("\\fR.");
    }
    if (live && row->type != GBA_OPT_SECTION)
        puts("Reloaded.");
}

/* The table at `path`, then the tables in it.  Entries of a list change with the list. */
static void rows_at(struct optdoc_path *path, const struct gba_opt *rows, bool live)
{
    printf(path->n > 0 ? ".SS \"%s\"\n" : ".SS \"Top level\"\n", path->text);
    for (const struct gba_opt *row = rows; row->key; row++)
        entry(row, is_live(row, live));
    for (const struct gba_opt *row = rows; row->key; row++) {
        size_t n = optdoc_path_key(path, row->key);
        if (row->type == GBA_OPT_LIST)
            path->n += (size_t)snprintf(path->text + path->n, sizeof path->text - path->n, "[]");
        if (is_nested(row))
            rows_at(path, row->rows, row->type == GBA_OPT_SECTION && is_live(row, live));
        optdoc_path_cut(path, n);
    }
}

static void head(const struct optdoc_page *page)
{
    char title[64];
    size_t n = 0;
    for (; page->title[n] && n < sizeof title - 1; n++)
        title[n] = (char)toupper((unsigned char)page->title[n]);
    title[n] = '\0';
    puts(".\\\" SPDX-License-Identifier: Apache-2.0");
    puts(".\\\" Made from the option tables by tools/optdoc (make gen).");
    printf(".TH %s 5 \"\" \"Keystrap\" \"Keystrap Manual\"\n.SH NAME\n%s \\- ", title, page->title);
    printf("%c", tolower((unsigned char)page->about[0]));
    put_line(page->about + 1);
    printf(".SH SYNOPSIS\n.I %s\n.SH DESCRIPTION\n", page->file);
}

void optdoc_man(const struct optdoc_page *page)
{
    struct optdoc_path path = {"", 0};
    head(page);
    printf("The file is read by\n.BR %s .\n", page->program);
    puts("It is YAML in UTF\\-8, at most 4 MiB: one document of sections, lists and plain values.\n"
         "Anchors, aliases and tags are not allowed. Unknown and repeated keys are errors.\n"
         "Every error names file, line, key and what was expected there; nothing is used of a file with an "
         "error.\n"
         ".PP\n"
         "An option without \\(lq(required)\\(rq may be left out. The headings below name the place:\n"
         ".B a.b\n"
         "is the section\n.B b\nin the section\n.BR a ,\nand\n.B a[]\nis an entry of the list\n.BR a .");
    if (any_live(page->rows))
        puts(".PP\n"
             "On SIGHUP the program reads the file anew. A file with an error changes nothing.\n"
             "Options marked \\(lqReloaded\\(rq then change for what begins afterwards;\n"
             "what is in progress keeps the old values.\n"
             "Of all others the log names those that differ, and the old values stay until a restart.");
    puts(".SH OPTIONS");
    rows_at(&path, page->rows, false);
    printf(".SH SEE ALSO\n.BR %s (%c),\n.BR keystrap-reasons (7)\n", page->program, page->section);
}
