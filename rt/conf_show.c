/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/conf_show.h"

static const void *value_at(const struct gba_opt *row, const void *base)
{
    return (const uint8_t *)base + row->offset;
}

static uint64_t number_of(const struct gba_opt *row, const void *base)
{
    return *(const uint32_t *)value_at(row, base);
}

/* A plain list's items have no name. */
static const char *name_of(const struct gba_opt *row)
{
    return row->key[0] != '\0' ? row->key : NULL;
}

static void show_unit(const struct gba_opt *row, const void *base, const char *unit, struct gba_json_out *o)
{
    uint8_t room[16];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_dec(&w, number_of(row, base));
    gba_put_str(&w, unit);
    gba_json_text(o, name_of(row), gba_writer_view(&w));
}

static void show_word(const struct gba_opt *row, const void *base, struct gba_json_out *o)
{
    int index = *(const int *)value_at(row, base);
    gba_view left = gba_view_cstr(row->words), word = left;
    for (bool more = true; more && index >= 0; index--)
        more = gba_view_split(left, '|', &word, &left);
    gba_json_text(o, name_of(row), word);
}

static void show_text(const struct gba_opt *row, const void *base, struct gba_json_out *o)
{
    const gba_text *text = value_at(row, base);
    if (text->n > 0)
        gba_json_text(o, name_of(row), gba_text_view(text));
}

static void show_list(const struct gba_opt *row, const void *base, struct gba_json_out *o)
{
    const struct gba_opt_list *list = value_at(row, base);
    bool plain = row->rows[0].key[0] == '\0';
    gba_json_begin(o, row->key, '[');
    for (size_t i = 0; i < list->n; i++) {
        const uint8_t *item = (const uint8_t *)list->items + i * row->item_size;
        if (!plain)
            gba_json_begin(o, NULL, '{');
        rt_conf_show(row->rows, item, o);
        if (!plain)
            gba_json_end(o, '}');
    }
    gba_json_end(o, ']');
}

static void show_one(const struct gba_opt *row, const void *base, struct gba_json_out *o)
{
    switch (row->type) {
    case GBA_OPT_TEXT:
    case GBA_OPT_ADDRESS:
        show_text(row, base, o);
        return;
    case GBA_OPT_BOOL:
        gba_json_bool(o, name_of(row), *(const bool *)value_at(row, base));
        return;
    case GBA_OPT_UINT:
        gba_json_integer(o, name_of(row), (int64_t)number_of(row, base));
        return;
    case GBA_OPT_SECONDS:
        show_unit(row, base, "s", o);
        return;
    case GBA_OPT_MILLIS:
        show_unit(row, base, "ms", o);
        return;
    case GBA_OPT_ENUM:
        show_word(row, base, o);
        return;
    case GBA_OPT_HEX:
        gba_json_text(o, name_of(row), GBA_LIT("(not shown)"));
        return;
    case GBA_OPT_LIST:
        show_list(row, base, o);
        return;
    case GBA_OPT_SECTION:
        gba_json_begin(o, row->key, '{');
        rt_conf_show(row->rows, value_at(row, base), o);
        gba_json_end(o, '}');
        return;
    }
}

void rt_conf_show(const struct gba_opt *rows, const void *conf, struct gba_json_out *o)
{
    for (; rows->key; rows++)
        show_one(rows, conf, o);
}
