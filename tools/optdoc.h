/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optdoc: sample files and conf(5) pages out of the option tables, so that
 * neither can differ from what the programs read.
 */
#pragma once

#include "gba/base/opt.h"

/* What the sample shows at a place, instead of the row's example or fallback.
 * Places of list entries count from 1: "diameter.peers[2].identity". */
struct optdoc_example {
    const char *path;
    const char *value;
};

/* One file format. */
struct optdoc_page {
    const char *name;    /* config/<name>.yaml */
    const char *title;   /* doc/man/<title>.5 */
    const char *program; /* who reads it */
    char section;        /* of its manual page */
    const char *file;    /* where it is looked for */
    const char *about;   /* one sentence */
    const struct gba_opt *rows;
    const struct optdoc_example *examples; /* ended by {0} */
};

/* All of them, ended by a page without name. */
extern const struct optdoc_page optdoc_pages[];

/* Where in the tables the printers are: "diameter.peers[2].tls". */
struct optdoc_path {
    char text[200];
    size_t n;
};

/* Append "key" (with a dot where due) or "[i]"; return what to set n back to. */
size_t optdoc_path_key(struct optdoc_path *path, const char *key);
size_t optdoc_path_item(struct optdoc_path *path, size_t i);
void optdoc_path_cut(struct optdoc_path *path, size_t n);

/* Is the list one of plain values? */
bool optdoc_plain_list(const struct gba_opt *row);

/* What the row expects, ended by a NUL, in a buffer that lives until the next call. */
const char *optdoc_expects(const struct gba_opt *row);

/* Print to standard output. */
void optdoc_sample(const struct optdoc_page *page);
void optdoc_man(const struct optdoc_page *page);
