/* SPDX-License-Identifier: Apache-2.0 */
/* The option tables themselves, and the committed samples read along them. */
#include <stdio.h>
#include <string.h>

#include "gba/base/secret.h"
#include "rt/conf.h"
#include "tests/lib/file.h"
#include "tests/lib/tap.h"
#include "tools/optdoc.h"

static uint8_t conf[65536]; /* room for any configuration struct */
static struct rt_conf_errors errors;

/* ---- tables ---- */

static void bad_row(const struct gba_opt *row, const char *what)
{
    printf("# option %s: %s\n", row->key, what);
    CU_FAIL("a row of an option table");
}

static bool value_fits(const struct gba_opt *row, const char *value)
{
    char bare[256];
    size_t n = strlen(value);
    bool quoted = n >= 2 && value[0] == '"' && value[n - 1] == '"';
    snprintf(bare, sizeof bare, "%.*s", (int)(quoted ? n - 2 : n), value + quoted);
    return gba_opt_set(row, conf, gba_view_cstr(bare)) == GBA_OK;
}

static void check_row(const struct gba_opt *row)
{
    bool nested = row->type == GBA_OPT_SECTION || row->type == GBA_OPT_LIST;
    if (row->text == NULL || !gba_view_ends(gba_view_cstr(row->text), GBA_LIT(".")))
        bad_row(row, "its text is not a sentence");
    if (row->max && row->min > row->max)
        bad_row(row, "min is above max");
    if (nested != (row->rows != NULL) || (row->type == GBA_OPT_LIST) != (row->item_size > 0))
        bad_row(row, "rows or item_size do not go with its type");
    if (nested ? row->fallback && row->fallback[0] : row->fallback && !value_fits(row, row->fallback))
        bad_row(row, "its fallback is not a value of it");
    if (!nested && row->example && !value_fits(row, row->example))
        bad_row(row, "its example is not a value of it");
    if (!nested && !row->fallback && !row->example)
        bad_row(row, "is required and has no example");
}

static void check_rows(const struct gba_opt *rows)
{
    size_t n = 0;
    for (; rows[n].key; n++) {
        check_row(&rows[n]);
        for (size_t i = 0; i < n; i++) {
            if (strcmp(rows[i].key, rows[n].key) == 0)
                bad_row(&rows[n], "the key stands twice");
        }
        if (rows[n].rows)
            check_rows(rows[n].rows);
    }
    CU_ASSERT_TRUE(n > 0 && n <= GBA_OPT_ROWS_MAX);
}

static void tables_are_sound(void)
{
    for (const struct optdoc_page *page = optdoc_pages; page->name; page++)
        check_rows(page->rows);
}

/* ---- samples ---- */

static void accepted(const struct optdoc_page *page, gba_view yaml)
{
    errors.n = 0;
    gba_wipe_bytes(conf, sizeof conf);
    T_OK(rt_conf_parse(page->name, yaml, page->rows, conf, &errors));
    if (errors.n > 0)
        printf("# %.*s", (int)errors.n, errors.text);
    rt_conf_free(page->rows, conf);
}

/* "#key: value" and "#  key: value" lose their mark, "# Words" do not. */
static void uncomment(char *text)
{
    for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        char *c = line + strspn(line, " ");
        if (c[0] == '#' && (c[1] != ' ' || c[2] == ' ' || c[2] == '\0'))
            memmove(c, c + 1, strlen(c));
    }
}

static void samples_are_read(void)
{
    for (const struct optdoc_page *page = optdoc_pages; page->name; page++) {
        static char text[65536];
        char name[128];
        snprintf(name, sizeof name, "config/%s.yaml", page->name);
        text[t_file(name, text, sizeof text - 1).n] = '\0';
        accepted(page, gba_view_cstr(text));
        uncomment(text);
        accepted(page, gba_view_cstr(text));
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"option tables are sound", tables_are_sound},
        {"samples are read, as they are and with all keys uncommented", samples_are_read},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"tables", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
