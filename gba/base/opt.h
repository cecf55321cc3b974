/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options: one constant row an option, walked by the YAML reader (rt/conf),
 * by the generator of samples and by the generator of conf(5) pages.
 *
 * A program's rows stand in config/<program>.opt (constant tables with
 * designated initialisers, ended by {0}, included by <entity>/conf.c), so that
 * table, sample and manual page cannot differ.  A row says where in the
 * program's configuration struct the value goes.
 */
#pragma once

#include <limits.h>

#include "gba/base/text.h"

/* min..max bound what a type says they bound; max 0 means "as the type allows". */
enum gba_opt_type {
    GBA_OPT_TEXT,    /* gba_text; min..max octets */
    GBA_OPT_BOOL,    /* bool: true/false, yes/no, on/off */
    GBA_OPT_UINT,    /* uint32_t within min..max */
    GBA_OPT_SECONDS, /* uint32_t, min..max seconds; number with unit s, m, h or d */
    GBA_OPT_MILLIS,  /* uint32_t, min..max milliseconds; number with unit ms or s */
    GBA_OPT_ENUM,    /* int; index into the words of `words` */
    GBA_OPT_ADDRESS, /* gba_text; ADDRESS:PORT, [IPV6]:PORT */
    GBA_OPT_HEX,     /* struct gba_opt_hex; min..max octets */
    GBA_OPT_LIST,    /* min..max entries: an array of structs, see struct gba_opt_list */
    GBA_OPT_SECTION, /* a struct inside the struct: `rows` apply at `offset` */
};

/* An option value of octets, for keys in subscriber files. */
struct gba_opt_hex {
    uint8_t b[32];
    size_t n;
};

/* A growing array of structs, filled by the reader; owned by the configuration. */
struct gba_opt_list {
    void *items;
    size_t n;
};

enum { GBA_OPT_ROWS_MAX = 64 };

/* Whether a running program takes a new value over (SIGHUP).  What a row says holds for all
 * below it that say nothing; where nothing is said, a restart is needed. */
enum gba_opt_change { GBA_OPT_AS_ABOVE, GBA_OPT_LIVE, GBA_OPT_RESTART };

/*
 * fallback, when the key is not in the file:
 *   "text"  stands for it, as it would be written in the file (scalars)
 *   ""      the option is left empty: all octets zero (any type)
 *   NULL    the key is required; except a SECTION, whose members then each get
 *           their own fallback (so it may be missing when no member is required)
 *
 * A LIST whose table is a single row with the key "" is a list of plain values.
 */
struct gba_opt {
    const char *key; /* as in the file; NULL ends the table */
    enum gba_opt_type type;
    size_t offset; /* in the struct that the table describes */
    uint64_t min, max;
    const char *fallback;       /* see above */
    const char *example;        /* what the sample shows for a required option */
    const char *words;          /* GBA_OPT_ENUM: "a|b|c" */
    const struct gba_opt *rows; /* GBA_OPT_LIST, GBA_OPT_SECTION: the members, at most GBA_OPT_ROWS_MAX */
    size_t item_size;           /* GBA_OPT_LIST */
    enum gba_opt_change change; /* of a LIST: as a whole */
    const char *text;           /* one or two sentences for the manual */
};

/* Parse `value` as the row says and store it at base + offset (scalars only).
 * Class MALFORMED or LIMIT on failure, and nothing is stored. */
GBA_MUST_USE gba_rc gba_opt_set(const struct gba_opt *row, void *base, gba_view value);

/* What the row expects, in words, for error messages: "a number from 1 to 9". */
void gba_opt_expects(const struct gba_opt *row, gba_writer *w);
