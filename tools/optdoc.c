/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/optdoc.h"

#include <stdio.h>
#include <string.h>

size_t optdoc_path_key(struct optdoc_path *path, const char *key)
{
    size_t n = path->n;
    path->n += (size_t)snprintf(path->text + n, sizeof path->text - n, "%s%s", n > 0 && *key ? "." : "", key);
    return n;
}

size_t optdoc_path_item(struct optdoc_path *path, size_t i)
{
    size_t n = path->n;
    path->n += (size_t)snprintf(path->text + n, sizeof path->text - n, "[%zu]", i);
    return n;
}

void optdoc_path_cut(struct optdoc_path *path, size_t n)
{
    path->n = n;
    path->text[n] = '\0';
}

bool optdoc_plain_list(const struct gba_opt *row)
{
    return row->type == GBA_OPT_LIST && row->rows[0].key[0] == '\0';
}

const char *optdoc_expects(const struct gba_opt *row)
{
    static char text[256];
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    gba_opt_expects(row, &w);
    text[w.n] = '\0';
    return text;
}

static int usage(void)
{
    fputs("usage: optdoc list | optdoc NAME sample | optdoc NAME man\n", stderr);
    return 2;
}

/* "NAME TITLE" a line, for scripts. */
static int list(void)
{
    for (const struct optdoc_page *page = optdoc_pages; page->name; page++)
        printf("%s %s\n", page->name, page->title);
    return 0;
}

int main(int argc, char **argv)
{
    const struct optdoc_page *page = optdoc_pages;
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    if (argc != 3)
        return usage();
    while (page->name && strcmp(page->name, argv[1]) != 0)
        page++;
    if (page->name && strcmp(argv[2], "sample") == 0)
        optdoc_sample(page);
    else if (page->name && strcmp(argv[2], "man") == 0)
        optdoc_man(page);
    else
        return usage();
    return 0;
}
