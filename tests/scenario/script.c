/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenario/script.h"

#include <ctype.h>
#include <string.h>

/* Cut one word off; quotes keep blanks together. */
static char *cut(char **at)
{
    char *p = *at;
    while (isspace((unsigned char)*p))
        p++;
    if (!*p || *p == '#')
        return NULL;
    char *out = p, *start = p;
    bool quoted = false;
    for (; *p && (quoted || !isspace((unsigned char)*p)); p++) {
        if (*p == '"')
            quoted = !quoted;
        else
            *out++ = *p;
    }
    *at = *p ? p + 1 : p;
    *out = 0;
    return start;
}

bool script_split(struct script_line *line)
{
    char *at = line->text;
    char *word;
    line->n_words = line->n_args = 0;
    memset(line->used, 0, sizeof line->used);
    while ((word = cut(&at)) && line->n_words < SCRIPT_WORDS && line->n_args < SCRIPT_WORDS) {
        char *equals = strchr(word, '=');
        if (!equals || word[0] == '/') {
            line->words[line->n_words++] = word;
            continue;
        }
        *equals = 0;
        line->names[line->n_args] = word;
        line->values[line->n_args++] = equals + 1;
    }
    return line->n_words > 0;
}

const char *script_word(const struct script_line *line, size_t i)
{
    return i < line->n_words ? line->words[i] : "";
}

const char *script_arg(const struct script_line *line, const char *name, const char *fallback)
{
    for (size_t i = 0; i < line->n_args; i++) {
        if (strcmp(line->names[i], name) == 0) {
            ((struct script_line *)line)->used[i] = true;
            return line->values[i];
        }
    }
    return fallback;
}

const char *script_unused(const struct script_line *line)
{
    for (size_t i = 0; i < line->n_args; i++) {
        if (!line->used[i])
            return line->names[i];
    }
    return NULL;
}
