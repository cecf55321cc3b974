/* SPDX-License-Identifier: Apache-2.0 */
/* Reaches m2m_res_parse and, for what it takes, m2m_res_write: what was written reads the same. */
#include "m2m/res.h"
#include "tests/lib/fuzz.h"

#include <stdlib.h>

static uint8_t first[64 * 1024], second[64 * 1024];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct m2m_res res, again;
    gba_writer w = gba_writer_of(first, sizeof first), v = gba_writer_of(second, sizeof second);
    if (m2m_res_parse(gba_view_of(data, size), &res) != GBA_OK)
        return 0;
    if (res.tgis.n > M2M_RES_TARGETS_MAX || res.lbl.n > M2M_RES_LABELS_MAX)
        abort();
    m2m_res_write(&res, M2M_HAS_ALL, &w);
    if (gba_writer_end(&w) != GBA_OK || m2m_res_parse(gba_writer_view(&w), &again) != GBA_OK)
        abort();
    m2m_res_write(&again, M2M_HAS_ALL, &v);
    if (again.has != res.has || !gba_view_eq(gba_writer_view(&w), gba_writer_view(&v)))
        abort();
    return 0;
}
