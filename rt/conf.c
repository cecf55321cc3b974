/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "gba/base/secret.h"
#include "rt/conf_say.h"

enum { DEPTH_MAX = 16 };

/* A mapping or sequence of the document that is still open. */
struct frame {
    const struct gba_opt *rows; /* mapping: its keys; NULL in a sequence */
    const struct gba_opt
        *row; /* mapping: whose value comes next, NULL: a key comes; sequence: the list's row */
    uint8_t *base;              /* mapping: where values go */
    struct gba_opt_list *list;  /* sequence: what grows */
    size_t cap;                 /* sequence: room in list */
    uint64_t seen;              /* mapping: one bit a row */
    bool refused;               /* mapping: the value that comes next has a refused key */
    size_t path_n;              /* length of the path of this place */
    size_t line;
};

struct walk {
    struct rt_conf_say say;
    const struct gba_opt *rows;
    void *conf;
    gba_rc rc;    /* what else went wrong than what was said */
    bool stop;    /* nothing sensible can be read from here on */
    size_t line;  /* of the current node, from 1 */
    size_t skip;  /* how deep below a refused node */
    bool started; /* a document began */
    struct frame stack[DEPTH_MAX];
    size_t depth;
};

static void complain(struct walk *walk, const char *text)
{
    rt_conf_say_text(&walk->say, walk->line, text);
}

static void fail(struct walk *walk, gba_rc rc)
{
    walk->rc = rc;
    walk->stop = true;
}

/* ---- keys that are not there ---- */

static void absent(struct walk *walk, const struct gba_opt *row, uint8_t *base, size_t line)
{
    size_t path_n = walk->say.path.n;
    rt_conf_say_enter(&walk->say, gba_view_cstr(row->key));
    if (row->fallback == NULL && row->type == GBA_OPT_SECTION) {
        for (const struct gba_opt *member = row->rows; member->key; member++)
            absent(walk, member, base + row->offset, line);
    } else if (row->fallback == NULL) {
        rt_conf_say_found(&walk->say, line, row, "missing");
    } else if (row->fallback[0] && gba_opt_set(row, base, gba_view_cstr(row->fallback)) != GBA_OK) {
        fail(walk, GBA_E_BUG);
    }
    rt_conf_say_leave(&walk->say, path_n);
}

static void absent_rows(struct walk *walk, const struct gba_opt *rows, uint64_t seen, uint8_t *base,
                        size_t line)
{
    for (size_t i = 0; rows[i].key; i++) {
        if ((seen >> i & 1) == 0)
            absent(walk, &rows[i], base, line);
    }
}

/* ---- keys ---- */

static void on_key(struct walk *walk, struct frame *frame, gba_view key)
{
    size_t i = 0;
    while (frame->rows[i].key && !gba_view_eq(gba_view_cstr(frame->rows[i].key), key))
        i++;
    frame->refused = frame->rows[i].key == NULL;
    if (frame->refused) {
        rt_conf_say_unknown(&walk->say, walk->line, frame->rows, key);
        return;
    }
    rt_conf_say_enter(&walk->say, key);
    frame->refused = frame->seen >> i & 1;
    if (frame->refused)
        complain(walk, "the key stands here twice");
    frame->seen |= UINT64_C(1) << i;
    frame->row = &frame->rows[i];
}

/* ---- values ---- */

static struct frame *push(struct walk *walk)
{
    if (walk->depth == DEPTH_MAX) {
        fail(walk, GBA_E_BUG); /* a table nested deeper than the reader */
        return &walk->stack[DEPTH_MAX - 1];
    }
    struct frame *frame = &walk->stack[walk->depth++];
    *frame = (struct frame){.path_n = walk->say.path.n, .line = walk->line};
    return frame;
}

static void open_mapping(struct walk *walk, const struct gba_opt *rows, void *base)
{
    struct frame *frame = push(walk);
    frame->rows = rows;
    frame->base = base;
}

static void open_sequence(struct walk *walk, const struct gba_opt *row, uint8_t *base)
{
    struct frame *frame = push(walk);
    frame->row = row;
    frame->list = (struct gba_opt_list *)(void *)(base + row->offset);
}

static bool starts_node(const yaml_event_t *ev)
{
    return ev->type == YAML_MAPPING_START_EVENT || ev->type == YAML_SEQUENCE_START_EVENT;
}

static gba_view scalar(const yaml_event_t *ev)
{
    return gba_view_of(ev->data.scalar.value, ev->data.scalar.length);
}

/* The node is not of the kind that the row wants; an alias was complained of already. */
static void refuse_node(struct walk *walk, const struct gba_opt *row, const yaml_event_t *ev)
{
    static const char *const kinds[] = {
        [YAML_SCALAR_EVENT] = "a single value",
        [YAML_SEQUENCE_START_EVENT] = "a list",
        [YAML_MAPPING_START_EVENT] = "a section",
    };
    if (ev->type != YAML_ALIAS_EVENT)
        rt_conf_say_found(&walk->say, walk->line, row, kinds[ev->type]);
    walk->skip = starts_node(ev) ? 1 : 0;
}

/* `key:` with nothing behind it, as when all that stood there is commented out. */
static bool is_nothing(const yaml_event_t *ev)
{
    return ev->type == YAML_SCALAR_EVENT && ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           ev->data.scalar.length == 0;
}

static void on_value(struct walk *walk, const struct gba_opt *row, uint8_t *base, const yaml_event_t *ev)
{
    bool nested = row->type == GBA_OPT_SECTION || row->type == GBA_OPT_LIST;
    if (nested && is_nothing(ev)) {
        rt_conf_say_leave(&walk->say, walk->stack[walk->depth - 1].path_n);
        absent(walk, row, base, walk->line);
    } else if (row->type == GBA_OPT_SECTION && ev->type == YAML_MAPPING_START_EVENT) {
        open_mapping(walk, row->rows, base + row->offset);
    } else if (row->type == GBA_OPT_LIST && ev->type == YAML_SEQUENCE_START_EVENT) {
        open_sequence(walk, row, base);
    } else if (nested || ev->type != YAML_SCALAR_EVENT) {
        refuse_node(walk, row, ev);
    } else if (gba_opt_set(row, base, scalar(ev)) != GBA_OK) {
        rt_conf_say_value(&walk->say, walk->line, row, scalar(ev));
    }
}

/* ---- items of lists ---- */

/* Move to twice the room; the old one is wiped, it may hold keys. */
static bool grow(struct frame *frame)
{
    size_t size = frame->row->item_size;
    size_t cap = frame->cap ? 2 * frame->cap : 4;
    void *items = calloc(cap, size);
    if (items == NULL)
        return false;
    gba_copy(items, gba_view_of(frame->list->items, frame->list->n * size));
    if (frame->list->items)
        gba_wipe_bytes(frame->list->items, frame->list->n * size);
    free(frame->list->items);
    frame->list->items = items;
    frame->cap = cap;
    return true;
}

static void on_item(struct walk *walk, struct frame *frame, const yaml_event_t *ev)
{
    const struct gba_opt *row = frame->row;
    bool plain = row->rows[0].key[0] == '\0';
    rt_conf_say_enter_item(&walk->say, frame->list->n + 1);
    if (!plain && ev->type != YAML_MAPPING_START_EVENT) {
        static const struct gba_opt wants = {.type = GBA_OPT_SECTION};
        refuse_node(walk, &wants, ev);
        return;
    }
    if (row->max && frame->list->n == row->max) {
        rt_conf_say_found(&walk->say, walk->line, row, "one entry too many");
        walk->stop = true;
        return;
    }
    if (frame->list->n == frame->cap && !grow(frame)) {
        fail(walk, GBA_E_MEMORY);
        return;
    }
    uint8_t *item = (uint8_t *)frame->list->items + frame->list->n++ * row->item_size;
    if (plain)
        on_value(walk, &row->rows[0], item, ev);
    else
        open_mapping(walk, row->rows, item);
}

/* ---- events ---- */

static void on_node(struct walk *walk, const yaml_event_t *ev)
{
    if (walk->depth == 0) {
        if (ev->type == YAML_MAPPING_START_EVENT) {
            open_mapping(walk, walk->rows, walk->conf);
            return;
        }
        complain(walk, "expected a mapping of keys and values");
        walk->stop = true;
        return;
    }
    struct frame *frame = &walk->stack[walk->depth - 1];
    const struct gba_opt *row = frame->row;
    if (frame->list) {
        rt_conf_say_leave(&walk->say, frame->path_n);
        on_item(walk, frame, ev);
    } else if (frame->refused || row) {
        bool refused = frame->refused;
        frame->refused = false;
        frame->row = NULL;
        if (!refused)
            on_value(walk, row, frame->base, ev);
        else
            walk->skip = starts_node(ev) ? 1 : 0;
    } else if (ev->type == YAML_SCALAR_EVENT) {
        rt_conf_say_leave(&walk->say, frame->path_n);
        on_key(walk, frame, scalar(ev));
    } else {
        rt_conf_say_leave(&walk->say, frame->path_n);
        complain(walk, "expected a key");
        walk->stop = true;
    }
}

static void on_end(struct walk *walk)
{
    struct frame *frame = &walk->stack[walk->depth - 1];
    rt_conf_say_leave(&walk->say, frame->path_n);
    if (frame->list && frame->list->n < frame->row->min)
        rt_conf_say_found(&walk->say, frame->line, frame->row, "a shorter list");
    else if (!frame->list)
        absent_rows(walk, frame->rows, frame->seen, frame->base, frame->line);
    walk->depth--;
}

static void refuse_extras(struct walk *walk, const yaml_event_t *ev)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (ev->type == YAML_SCALAR_EVENT) {
        anchor = ev->data.scalar.anchor;
        tag = ev->data.scalar.tag;
    } else if (ev->type == YAML_SEQUENCE_START_EVENT) {
        anchor = ev->data.sequence_start.anchor;
        tag = ev->data.sequence_start.tag;
    } else if (ev->type == YAML_MAPPING_START_EVENT) {
        anchor = ev->data.mapping_start.anchor;
        tag = ev->data.mapping_start.tag;
    }
    if (anchor)
        complain(walk, "an anchor (&name) is not allowed");
    if (tag)
        complain(walk, "a tag (!name) is not allowed");
    if (ev->type == YAML_ALIAS_EVENT)
        complain(walk, "an alias (*name) is not allowed");
}

static void on_document(struct walk *walk)
{
    if (walk->started) {
        complain(walk, "expected the end of the file, not a second document");
        walk->stop = true;
    }
    walk->started = true;
}

static void on_event(struct walk *walk, const yaml_event_t *ev)
{
    bool ends = ev->type == YAML_MAPPING_END_EVENT || ev->type == YAML_SEQUENCE_END_EVENT;
    bool node = starts_node(ev) || ev->type == YAML_SCALAR_EVENT || ev->type == YAML_ALIAS_EVENT;
    walk->line = ev->start_mark.line + 1;
    refuse_extras(walk, ev);
    if (walk->skip > 0)
        walk->skip = walk->skip + starts_node(ev) - ends;
    else if (node)
        on_node(walk, ev);
    else if (ends)
        on_end(walk);
    else if (ev->type == YAML_DOCUMENT_START_EVENT)
        on_document(walk);
    else if (ev->type == YAML_STREAM_END_EVENT && !walk->started)
        absent_rows(walk, walk->rows, 0, walk->conf, 1);
}

/* ---- reading ---- */

/* Octets that are not UTF-8 have an offset only, the rest of the errors a mark. */
static void complain_syntax(struct walk *walk, const yaml_parser_t *parser, gba_view yaml)
{
    size_t line = parser->problem_mark.line + 1;
    if (parser->error == YAML_READER_ERROR) {
        line = 1;
        for (size_t i = 0; i < parser->problem_offset && i < yaml.n; i++)
            line += yaml.p[i] == '\n';
    }
    rt_conf_say_leave(&walk->say, 0);
    rt_conf_say_syntax(&walk->say, line, parser->problem, parser->context);
}

/* False at the end of the stream or at an error. */
static bool next(struct walk *walk, yaml_parser_t *parser, gba_view yaml)
{
    yaml_event_t ev;
    if (!yaml_parser_parse(parser, &ev)) {
        if (parser->error == YAML_MEMORY_ERROR)
            fail(walk, GBA_E_MEMORY);
        else
            complain_syntax(walk, parser, yaml);
        return false;
    }
    bool last = ev.type == YAML_STREAM_END_EVENT;
    on_event(walk, &ev);
    if (ev.type == YAML_SCALAR_EVENT)
        gba_wipe_bytes(ev.data.scalar.value, ev.data.scalar.length);
    yaml_event_delete(&ev);
    return !last && !walk->stop;
}

gba_rc rt_conf_parse(const char *name, gba_view yaml, const struct gba_opt *rows, void *conf,
                     struct rt_conf_errors *errors)
{
    struct walk walk = {.rows = rows, .conf = conf};
    yaml_parser_t parser;
    rt_conf_say_init(&walk.say, name, errors);
    if (yaml.n > RT_CONF_FILE_MAX) {
        rt_conf_complain(errors, name, "file", "larger than 4 MiB");
        return GBA_E_CONFIG;
    }
    if (!yaml_parser_initialize(&parser))
        return GBA_E_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, yaml.p, yaml.n);
    while (next(&walk, &parser, yaml))
        ;
    yaml_parser_delete(&parser);
    if (walk.rc == GBA_OK && walk.say.n > 0)
        walk.rc = GBA_E_CONFIG;
    if (walk.rc != GBA_OK)
        rt_conf_free(rows, conf);
    return walk.rc;
}

/* The whole file, or E_FILE with errno; the caller wipes and frees. */
static gba_rc load(const struct rt_file_place *place, uint8_t **octets, size_t *n)
{
    gba_rc rc = GBA_E_FILE;
    int fd = rt_file_place_open(place);
    *octets = NULL;
    if (fd < 0)
        goto out;
    rc = GBA_E_MEMORY;
    *octets = malloc(RT_CONF_FILE_MAX + 1);
    if (*octets == NULL)
        goto out;
    gba_writer w = gba_writer_of(*octets, RT_CONF_FILE_MAX + 1);
    rc = rt_file_read(fd, &w);
    if (rc == GBA_E_SPACE)
        rc = GBA_OK; /* the parser says what is too large */
    *n = w.n;
out:
    if (fd >= 0)
        close(fd);
    return rc;
}

gba_rc rt_conf_read_at(const struct rt_file_place *place, const struct gba_opt *rows, void *conf,
                       struct rt_conf_errors *errors)
{
    uint8_t *octets = NULL;
    size_t n = 0;
    gba_rc rc = load(place, &octets, &n);
    if (rc == GBA_E_FILE)
        rt_conf_complain(errors, place->path, "cannot be read", strerror(errno));
    if (rc == GBA_OK)
        rc = rt_conf_parse(place->path, gba_view_of(octets, n), rows, conf, errors);
    if (octets)
        gba_wipe_bytes(octets, n);
    free(octets);
    return rc;
}

gba_rc rt_conf_read(const char *path, const struct gba_opt *rows, void *conf, struct rt_conf_errors *errors)
{
    return rt_conf_read_at(&(struct rt_file_place){AT_FDCWD, path, path}, rows, conf, errors);
}
