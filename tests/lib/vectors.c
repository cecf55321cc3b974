/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gba/base/text.h"

enum { MAX_PAIRS = 64, MAX_LINE = 2048 };

struct vec {
    FILE *file;
    char path[512];
    unsigned line;
    size_t n;
    char keys[MAX_PAIRS][64];
    char values[MAX_PAIRS][MAX_LINE];
    uint8_t octets[MAX_PAIRS][MAX_LINE / 2];
};

static void give_up(const struct vec *v, const char *what, const char *item)
{
    printf("Bail out! %s:%u: %s: %s\n", v->path, v->line, what, item);
    fflush(stdout);
    exit(1);
}

struct vec *vec_open(const char *name)
{
    const char *root = getenv("top_srcdir");
    struct vec *v = calloc(1, sizeof *v);
    if (!v)
        abort();
    snprintf(v->path, sizeof v->path, "%s/tests/vectors/%s", root ? root : ".", name);
    v->file = fopen(v->path, "r");
    if (!v->file)
        give_up(v, "cannot be read", "run with top_srcdir in the environment");
    return v;
}

static void unescape(char *s)
{
    char *to = s;
    for (; *s; s++) {
        if (s[0] == '\\' && s[1] == 'n') {
            *to++ = '\n';
            s++;
        } else {
            *to++ = *s;
        }
    }
    *to = '\0';
}

static void keep_line(struct vec *v, char *line)
{
    char *value = strchr(line, ' ');
    if (value)
        *value++ = '\0';
    if (v->n == MAX_PAIRS || strlen(line) >= sizeof v->keys[0])
        give_up(v, "too many or too long keys", line);
    if (vec_has(v, line))
        give_up(v, "key twice in a block", line);
    snprintf(v->keys[v->n], sizeof v->keys[0], "%s", line);
    snprintf(v->values[v->n], sizeof v->values[0], "%s", value ? value : "");
    unescape(v->values[v->n]);
    v->n++;
}

bool vec_next(struct vec *v)
{
    static char line[MAX_LINE];
    v->n = 0;
    while (fgets(line, sizeof line, v->file)) {
        v->line++;
        if (!strchr(line, '\n'))
            give_up(v, "line too long or not ended", "");
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#')
            continue;
        if (line[0] != '\0')
            keep_line(v, line);
        else if (v->n > 0)
            return true;
    }
    if (v->n > 0)
        return true;
    if (v->line == 0)
        give_up(v, "no block in", "the file");
    fclose(v->file);
    free(v);
    return false;
}

static size_t find(const struct vec *v, const char *key)
{
    size_t i = 0;
    while (i < v->n && strcmp(v->keys[i], key) != 0)
        i++;
    return i;
}

bool vec_has(const struct vec *v, const char *key)
{
    return find(v, key) < v->n;
}

static size_t need(const struct vec *v, const char *key)
{
    size_t i = find(v, key);
    if (i == v->n)
        give_up(v, "key missing in the block above", key);
    return i;
}

gba_view vec_text(struct vec *v, const char *key)
{
    return gba_view_cstr(v->values[need(v, key)]);
}

gba_view vec_hex(struct vec *v, const char *key)
{
    size_t i = need(v, key);
    gba_view text = gba_view_cstr(v->values[i]);
    if (text.n % 2 || gba_hex_parse(text, v->octets[i], text.n / 2) != GBA_OK)
        give_up(v, "not hexadecimal", key);
    return gba_view_of(v->octets[i], text.n / 2);
}

uint64_t vec_number(struct vec *v, const char *key)
{
    uint64_t n = 0;
    if (gba_dec_parse(vec_text(v, key), UINT64_MAX, &n) != GBA_OK)
        give_up(v, "not a number", key);
    return n;
}

void vec_get(struct vec *v, const char *key, void *out, size_t n)
{
    gba_view octets = vec_hex(v, key);
    if (octets.n != n)
        give_up(v, "value of another length than expected", key);
    gba_copy(out, octets);
}

const char *vec_name(const struct vec *v)
{
    return v->n ? v->values[0] : "";
}
