/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/memdb.h"

#include <string.h>

static gba_view name_of(const struct memdb_row *row)
{
    return gba_view_of(row->name, row->name_n);
}

static struct memdb_row *find(struct memdb *mem, gba_view name)
{
    for (size_t i = 0; i < MEMDB_ROWS; i++) {
        if (mem->rows[i].used && gba_view_eq(name_of(&mem->rows[i]), name))
            return &mem->rows[i];
    }
    return NULL;
}

static gba_rc mem_get(void *self, gba_view name, gba_writer *w)
{
    const struct memdb_row *row = find(self, name);
    GBA_ENSURE(row, GBA_E_ABSENT);
    gba_put_view(w, gba_view_of(row->record, row->n));
    return gba_writer_end(w);
}

static int order(gba_view a, gba_view b)
{
    int first = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return first ? first : (a.n > b.n) - (a.n < b.n);
}

static struct memdb_row *make_row(struct memdb *mem, gba_view name)
{
    size_t at = 0;
    if (mem->rows[MEMDB_ROWS - 1].used)
        return NULL;
    while (mem->rows[at].used && order(name_of(&mem->rows[at]), name) < 0)
        at++;
    memmove(&mem->rows[at + 1], &mem->rows[at], (MEMDB_ROWS - 1 - at) * sizeof mem->rows[0]);
    mem->rows[at] = (struct memdb_row){.used = true, .name_n = name.n};
    gba_copy(mem->rows[at].name, name);
    return &mem->rows[at];
}

static gba_rc mem_put(void *self, gba_view name, gba_view record)
{
    struct memdb *mem = self;
    mem->puts++;
    GBA_ENSURE(mem->put_fails == GBA_OK, mem->put_fails);
    GBA_ENSURE(name.n > 0 && name.n <= M2M_DB_NAME_MAX && record.n <= M2M_DB_RECORD_MAX, GBA_E_TOO_LONG);
    struct memdb_row *row = find(mem, name);
    if (!row)
        row = make_row(mem, name);
    GBA_ENSURE(row, GBA_E_DB_FULL);
    row->n = record.n;
    gba_copy(row->record, record);
    return GBA_OK;
}

static gba_rc mem_del(void *self, gba_view name)
{
    struct memdb *mem = self;
    struct memdb_row *row = find(mem, name);
    if (!row)
        return GBA_OK;
    size_t at = (size_t)(row - mem->rows);
    memmove(row, row + 1, (MEMDB_ROWS - 1 - at) * sizeof mem->rows[0]);
    mem->rows[MEMDB_ROWS - 1].used = false;
    return GBA_OK;
}

static gba_rc mem_each(void *self, gba_view prefix, gba_rc (*fn)(void *arg, gba_view name, gba_view record),
                       void *arg)
{
    const struct memdb *mem = self;
    for (size_t i = 0; i < MEMDB_ROWS && mem->rows[i].used; i++) {
        const struct memdb_row *row = &mem->rows[i];
        if (gba_view_starts(name_of(row), prefix))
            GBA_TRY(fn(arg, name_of(row), gba_view_of(row->record, row->n)));
    }
    return GBA_OK;
}

static void copy_rows(struct memdb_row *to, const struct memdb_row *from)
{
    size_t n = 0;
    while (n < MEMDB_ROWS && from[n].used)
        n++;
    memcpy(to, from, n * sizeof *to);
    for (; n < MEMDB_ROWS; n++)
        to[n].used = false;
}

static gba_rc mem_begin(void *self)
{
    struct memdb *mem = self;
    GBA_ENSURE(!mem->grouped, GBA_E_BUG);
    mem->grouped = true;
    copy_rows(mem->before, mem->rows);
    return GBA_OK;
}

static gba_rc mem_end(void *self, gba_rc rc)
{
    struct memdb *mem = self;
    GBA_ENSURE(mem->grouped, GBA_E_BUG);
    mem->grouped = false;
    if (rc != GBA_OK)
        copy_rows(mem->rows, mem->before);
    return rc;
}

void memdb_init(struct memdb *mem)
{
    memset(mem, 0, sizeof *mem);
    mem->key = (gba_seal_key){{1}};
    mem->db = (struct m2m_db){mem, mem_get, mem_put, mem_del, mem_each, mem_begin, mem_end};
    mem->vault = (struct m2m_vault){&mem->db, &mem->key};
}

size_t memdb_count(const struct memdb *mem)
{
    size_t n = 0;
    while (n < MEMDB_ROWS && mem->rows[n].used)
        n++;
    return n;
}
