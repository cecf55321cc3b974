/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/json.h"

#include <jansson.h>

#include "gba/base/secret.h"

/* ---- memory: every block is wiped before it goes back ---- */

union block {
    size_t n;
    max_align_t align;
};

static json_malloc_t outer_take;
static json_free_t outer_give;

static void *take(size_t n)
{
    union block *block = n <= SIZE_MAX - sizeof *block ? outer_take(sizeof *block + n) : NULL;
    if (!block)
        return NULL;
    block->n = n;
    return block + 1;
}

static void give(void *p)
{
    if (!p)
        return;
    union block *block = (union block *)p - 1;
    gba_wipe_bytes(p, block->n);
    outer_give(block);
}

/* ---- reading ---- */

struct walk {
    gba_json_fn *fn;
    void *self;
    uint8_t path[GBA_JSON_PATH_MAX];
    size_t n;     /* of path */
    size_t depth; /* containers around */
};

static gba_view text_of(const json_t *json)
{
    return gba_view_of(json_string_value(json), json_string_length(json));
}

static gba_rc report(struct walk *walk, const struct gba_json_value *value)
{
    return walk->fn(walk->self, gba_view_of(walk->path, walk->n), value);
}

static gba_rc report_scalar(struct walk *walk, const json_t *json)
{
    struct gba_json_value value = {.kind = GBA_JSON_NULL};
    if (json_is_string(json)) {
        value.kind = GBA_JSON_TEXT;
        value.text = text_of(json);
    } else if (json_is_integer(json)) {
        value.kind = GBA_JSON_INTEGER;
        value.integer = json_integer_value(json);
    } else if (json_is_boolean(json)) {
        value.kind = GBA_JSON_BOOL;
        value.truth = json_is_true(json);
    } else if (json_is_real(json)) {
        value.kind = GBA_JSON_REAL;
    }
    return report(walk, &value);
}

/* The path grows by a name or an index, and by '/' before it. */
static gba_rc enter(struct walk *walk, const char *name, size_t index)
{
    gba_writer w = {walk->path, sizeof walk->path, walk->n, false};
    if (walk->depth > 1)
        gba_put_u8(&w, '/');
    if (name)
        gba_put_str(&w, name);
    else
        gba_put_dec(&w, index);
    GBA_ENSURE(gba_writer_end(&w) == GBA_OK, GBA_E_JSON_SIZE);
    walk->n = w.n;
    return GBA_OK;
}

static gba_rc visit(struct walk *walk, const json_t *json)
{
    static const struct gba_json_value empty = {.kind = GBA_JSON_EMPTY};
    const char *name;
    json_t *member;
    size_t i, before = walk->n;
    if (!json_is_object(json) && !json_is_array(json))
        return report_scalar(walk, json);
    GBA_ENSURE(walk->depth < GBA_JSON_DEPTH_MAX, GBA_E_JSON_SIZE);
    if (json_object_size(json) + json_array_size(json) == 0)
        return report(walk, &empty);
    walk->depth++;
    json_object_foreach((json_t *)json, name, member)
    {
        GBA_ENSURE(!gba_view_contains(gba_view_cstr(name), GBA_LIT("/")), GBA_E_JSON);
        GBA_TRY(enter(walk, name, 0));
        GBA_TRY(visit(walk, member));
        walk->n = before;
    }
    json_array_foreach(json, i, member)
    {
        GBA_TRY(enter(walk, NULL, i));
        GBA_TRY(visit(walk, member));
        walk->n = before;
    }
    walk->depth--;
    return GBA_OK;
}

static gba_rc failure_of(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        return GBA_E_MEMORY;
    case json_error_stack_overflow:
        return GBA_E_JSON_SIZE;
    default:
        return GBA_E_JSON;
    }
}

gba_rc gba_json_read(gba_view document, gba_json_fn *fn, void *self)
{
    json_error_t error;
    struct walk walk = {.fn = fn, .self = self};
    GBA_ENSURE(document.n > 0, GBA_E_JSON);
    GBA_ENSURE(document.n <= GBA_JSON_SIZE_MAX, GBA_E_JSON_SIZE);
    /* The hooks are jansson's globals: they stand only while this function runs. */
    json_malloc_t old_take;
    json_free_t old_give;
    json_get_alloc_funcs(&old_take, &old_give);
    bool inside = old_take == take;
    if (!inside) {
        outer_take = old_take;
        outer_give = old_give;
        json_set_alloc_funcs(take, give);
    }
    json_t *json = json_loadb((const char *)document.p, document.n, JSON_REJECT_DUPLICATES, &error);
    gba_rc rc = json ? visit(&walk, json) : failure_of(&error);
    json_decref(json);
    gba_wipe(&walk.path);
    gba_wipe(&error);
    json_set_alloc_funcs(old_take, old_give);
    return rc;
}

/* ---- writing ---- */

static void put_string(gba_writer *w, gba_view text)
{
    static const char controls[] = "\b\t\n\f\r", letters[] = "btnfr";
    gba_put_u8(w, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        size_t known = c ? gba_view_find(gba_view_cstr(controls), c) : sizeof controls;
        if (c == '"' || c == '\\') {
            gba_put_u8(w, '\\');
            gba_put_u8(w, c);
        } else if (known < sizeof controls - 1) {
            gba_put_u8(w, '\\');
            gba_put_u8(w, (uint8_t)letters[known]);
        } else if (c < ' ' || c == 0x7f) {
            gba_put_str(w, "\\u00");
            gba_put_hex(w, gba_view_of(&c, 1));
        } else {
            gba_put_u8(w, c);
        }
    }
    gba_put_u8(w, '"');
}

/* Octets of the character that begins at text.p, or 0: RFC 3629 4. */
static size_t utf8_length(gba_view text)
{
    uint8_t first = text.p[0];
    size_t n = first < 0x80   ? 1
               : first < 0xc2 ? 0
               : first < 0xe0 ? 2
               : first < 0xf0 ? 3
               : first < 0xf5 ? 4
                              : 0;
    if (n == 0 || n > text.n)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < n; i++) {
        if (text.p[i] < (i == 1 ? low : 0x80) || text.p[i] > (i == 1 ? high : 0xbf))
            return 0;
    }
    return n;
}

static bool is_utf8(gba_view text)
{
    for (size_t i = 0, n; i < text.n; i += n) {
        n = utf8_length(gba_view_sub(text, i, text.n));
        if (n == 0)
            return false;
    }
    return true;
}

static void put_name(struct gba_json_out *o, const char *name)
{
    if (o->more)
        gba_put_u8(o->w, ',');
    o->more = true;
    if (name) {
        put_string(o->w, gba_view_cstr(name));
        gba_put_u8(o->w, ':');
    }
}

void gba_json_begin(struct gba_json_out *o, const char *name, char bracket)
{
    put_name(o, name);
    gba_put_u8(o->w, (uint8_t)bracket);
    o->more = false;
}

void gba_json_end(struct gba_json_out *o, char bracket)
{
    gba_put_u8(o->w, (uint8_t)bracket);
    o->more = true;
}

void gba_json_text(struct gba_json_out *o, const char *name, gba_view text)
{
    if (!is_utf8(text))
        o->w->bad = true;
    put_name(o, name);
    put_string(o->w, text);
}

void gba_json_integer(struct gba_json_out *o, const char *name, int64_t value)
{
    put_name(o, name);
    if (value < 0)
        gba_put_u8(o->w, '-');
    gba_put_dec(o->w, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void gba_json_bool(struct gba_json_out *o, const char *name, bool value)
{
    put_name(o, name);
    gba_put_str(o->w, value ? "true" : "false");
}

void gba_json_b64(struct gba_json_out *o, const char *name, gba_view octets)
{
    put_name(o, name);
    gba_put_u8(o->w, '"');
    gba_put_b64(o->w, octets);
    gba_put_u8(o->w, '"');
}
