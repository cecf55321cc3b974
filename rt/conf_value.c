/* SPDX-License-Identifier: Apache-2.0 */
/* Values of configurations once they are read: compared, taken over, wiped. */
#include <stdlib.h>

#include "gba/base/secret.h"
#include "rt/conf_say.h"

static size_t value_size(enum gba_opt_type type)
{
    static const size_t sizes[] = {
        [GBA_OPT_TEXT] = sizeof(gba_text),
        [GBA_OPT_BOOL] = sizeof(bool),
        [GBA_OPT_UINT] = sizeof(uint32_t),
        [GBA_OPT_SECONDS] = sizeof(uint32_t),
        [GBA_OPT_MILLIS] = sizeof(uint32_t),
        [GBA_OPT_ENUM] = sizeof(int),
        [GBA_OPT_ADDRESS] = sizeof(gba_text),
        [GBA_OPT_HEX] = sizeof(struct gba_opt_hex),
        [GBA_OPT_LIST] = sizeof(struct gba_opt_list),
        [GBA_OPT_SECTION] = 0,
    };
    return sizes[type];
}

static const struct gba_opt_list *list_of(const struct gba_opt *row, const void *base)
{
    return (const struct gba_opt_list *)(const void *)((const uint8_t *)base + row->offset);
}

static const uint8_t *item_of(const struct gba_opt *row, const void *base, size_t i)
{
    return (const uint8_t *)list_of(row, base)->items + i * row->item_size;
}

/* ---- the end ---- */

static void free_value(const struct gba_opt *row, void *base)
{
    uint8_t *value = (uint8_t *)base + row->offset;
    if (row->type == GBA_OPT_SECTION)
        rt_conf_free(row->rows, value);
    if (row->type == GBA_OPT_LIST) {
        struct gba_opt_list *list = (struct gba_opt_list *)(void *)value;
        for (size_t i = 0; i < list->n; i++)
            rt_conf_free(row->rows, (uint8_t *)list->items + i * row->item_size);
        free(list->items);
    }
    gba_wipe_bytes(value, value_size(row->type));
}

void rt_conf_free(const struct gba_opt *rows, void *conf)
{
    for (const struct gba_opt *row = rows; row->key; row++)
        free_value(row, conf);
}

/* ---- equal ---- */

static bool same(const struct gba_opt *row, const void *a, const void *b)
{
    const uint8_t *x = (const uint8_t *)a + row->offset, *y = (const uint8_t *)b + row->offset;
    bool nested = row->type == GBA_OPT_SECTION || row->type == GBA_OPT_LIST;
    bool list = row->type == GBA_OPT_LIST;
    size_t n = list ? list_of(row, a)->n : 1;
    if (row->type == GBA_OPT_TEXT || row->type == GBA_OPT_ADDRESS)
        return gba_text_eq((const gba_text *)(const void *)x, (const gba_text *)(const void *)y);
    if (!nested)
        return gba_ct_eq(gba_view_of(x, value_size(row->type)), gba_view_of(y, value_size(row->type)));
    if (list && n != list_of(row, b)->n)
        return false;
    for (size_t i = 0; i < n; i++) {
        for (const struct gba_opt *member = row->rows; member->key; member++) {
            if (!same(member, list ? item_of(row, a, i) : x, list ? item_of(row, b, i) : y))
                return false;
        }
    }
    return true;
}

/* ---- taking over ---- */

static gba_rc new_list(const struct gba_opt *row, size_t n, struct gba_opt_list *to)
{
    *to = (struct gba_opt_list){NULL, 0};
    if (n == 0)
        return GBA_OK;
    to->items = calloc(n, row->item_size);
    GBA_ENSURE(to->items, GBA_E_MEMORY);
    to->n = n;
    return GBA_OK;
}

/* *to holds nothing that must be freed. */
static gba_rc copy_value(const struct gba_opt *row, const void *from, void *to)
{
    const uint8_t *old = (const uint8_t *)from + row->offset;
    uint8_t *new = (uint8_t *)to + row->offset;
    size_t n = 1, step = 0;
    if (row->type != GBA_OPT_LIST && row->type != GBA_OPT_SECTION) {
        gba_copy(new, gba_view_of(old, value_size(row->type)));
        return GBA_OK;
    }
    if (row->type == GBA_OPT_LIST) {
        struct gba_opt_list *list = (struct gba_opt_list *)(void *)new;
        n = list_of(row, from)->n;
        step = row->item_size;
        GBA_TRY(new_list(row, n, list));
        old = list_of(row, from)->items;
        new = list->items;
    }
    for (size_t i = 0; i < n; i++) {
        for (const struct gba_opt *member = row->rows; member->key; member++)
            GBA_TRY(copy_value(member, old + i * step, new + i *step));
    }
    return GBA_OK;
}

/* ---- what may follow ---- */

struct follow {
    struct rt_conf_say say; /* for its path only */
    rt_conf_differs_fn *fn;
    void *ctx;
};

static gba_rc follow_value(struct follow *f, const struct gba_opt *row, const void *now, void *next,
                           bool live)
{
    if (same(row, now, next))
        return GBA_OK;
    char key[sizeof f->say.path_room + 1] = "";
    gba_copy(key, gba_writer_view(&f->say.path));
    f->fn(f->ctx, key, live);
    if (live)
        return GBA_OK;
    free_value(row, next);
    return copy_value(row, now, next);
}

static gba_rc follow_rows(struct follow *f, const struct gba_opt *rows, const void *now, void *next,
                          bool live)
{
    for (const struct gba_opt *row = rows; row->key; row++) {
        size_t path_n = f->say.path.n;
        bool here = row->change == GBA_OPT_AS_ABOVE ? live : row->change == GBA_OPT_LIVE;
        rt_conf_say_enter(&f->say, gba_view_cstr(row->key));
        if (row->type == GBA_OPT_SECTION)
            GBA_TRY(follow_rows(f, row->rows, (const uint8_t *)now + row->offset,
                                (uint8_t *)next + row->offset, here));
        else
            GBA_TRY(follow_value(f, row, now, next, here));
        rt_conf_say_leave(&f->say, path_n);
    }
    return GBA_OK;
}

gba_rc rt_conf_follow(const struct gba_opt *rows, const void *now, void *next, rt_conf_differs_fn *fn,
                      void *ctx)
{
    struct rt_conf_errors unused = {.n = 0};
    struct follow f = {.fn = fn, .ctx = ctx};
    rt_conf_say_init(&f.say, "", &unused);
    gba_rc rc = follow_rows(&f, rows, now, next, false);
    if (rc != GBA_OK)
        rt_conf_free(rows, next);
    return rc;
}
