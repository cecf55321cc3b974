/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of a scenario: words, and arguments "name=value" or name="a value".
 * '#' begins a comment; "$IMPI", "$BTID", "$TMPI" stand for the device's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SCRIPT_WORDS = 16, SCRIPT_LINE = 1024 };

struct script_line {
    unsigned number;
    char text[SCRIPT_LINE];
    const char *words[SCRIPT_WORDS]; /* without '=' */
    size_t n_words;
    const char *names[SCRIPT_WORDS];
    const char *values[SCRIPT_WORDS];
    bool used[SCRIPT_WORDS];
    size_t n_args;
};

/* Split a line in place; false when it is empty or only a comment. */
bool script_split(struct script_line *line);

/* The word at i, or "". */
const char *script_word(const struct script_line *line, size_t i);

/* The value of an argument, or `fallback`; marks it as understood. */
const char *script_arg(const struct script_line *line, const char *name, const char *fallback);

/* An argument nobody asked for, or NULL: a misspelt test must not pass. */
const char *script_unused(const struct script_line *line);
