/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what can be read can be told again, and bootstrap instructions made of it are kept as they are. */
#include <stdlib.h>

#include "gba/wire/json.h"
#include "m2m/instr_json.h"
#include "tests/lib/fuzz.h"

static void ensure(bool holds)
{
    if (!holds)
        abort();
}

static gba_rc on_value(void *self, gba_view path, const struct gba_json_value *value)
{
    static uint8_t room[8 * GBA_JSON_SIZE_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    struct gba_json_out o = {.w = &w};
    unsigned *values = self;
    ++*values;
    ensure(path.n <= GBA_JSON_PATH_MAX);
    gba_json_text(&o, NULL, value->kind == GBA_JSON_TEXT ? value->text : path);
    ensure(gba_writer_end(&w) == GBA_OK);
    return GBA_OK;
}

static void check_instruction(gba_view document)
{
    static uint8_t memory[2][M2M_ANCHORS_MAX], text[2][M2M_DB_RECORD_MAX];
    gba_writer rooms[] = {gba_writer_of(memory[0], M2M_ANCHORS_MAX),
                          gba_writer_of(memory[1], M2M_ANCHORS_MAX)};
    gba_writer w[] = {gba_writer_of(text[0], M2M_DB_RECORD_MAX), gba_writer_of(text[1], M2M_DB_RECORD_MAX)};
    struct m2m_instr instr, again;
    gba_text at;
    struct m2m_instr_text kept = {document, M2M_INSTR_KEPT};
    if (m2m_instr_read(&kept, &rooms[0], &instr, &at) != GBA_OK)
        return;
    m2m_instr_write(&instr, &w[0]);
    if (gba_writer_end(&w[0]) != GBA_OK)
        return; /* escapes can make a document longer than it was */
    kept.json = gba_writer_view(&w[0]);
    ensure(m2m_instr_read(&kept, &rooms[1], &again, &at) == GBA_OK);
    m2m_instr_write(&again, &w[1]);
    ensure(gba_view_eq(gba_writer_view(&w[0]), gba_writer_view(&w[1])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned values = 0;
    gba_view document = gba_view_of(data, size);
    gba_rc rc = gba_json_read(document, on_value, &values);
    ensure(rc != GBA_OK || values > 0);
    check_instruction(document);
    return 0;
}
