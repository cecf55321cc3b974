/* SPDX-License-Identifier: Apache-2.0 */
/* BootstrappingInfo: what parses can be written, and what was written parses to the same. */
#include <stdlib.h>

#include "gba/wire/bsinfo.h"
#include "tests/lib/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t text[4096];
    struct gba_bsinfo info, back;
    if (gba_bsinfo_parse(gba_view_of(data, size), &info) != GBA_OK)
        return 0;
    gba_writer w = gba_writer_of(text, sizeof text);
    gba_put_bsinfo(&w, &info);
    if (gba_writer_end(&w) != GBA_OK || gba_bsinfo_parse(gba_writer_view(&w), &back) != GBA_OK)
        abort();
    if (!gba_text_eq(&info.btid, &back.btid) || info.lifetime_s != back.lifetime_s)
        abort();
    if (info.currenttime_s != back.currenttime_s)
        abort();
    return 0;
}
