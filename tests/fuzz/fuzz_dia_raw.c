/* SPDX-License-Identifier: Apache-2.0 */
/* dia_raw_check: what it lets through can be walked AVP by AVP to the end. */
#include <stdlib.h>

#include "diameter-dict/raw.h"
#include "tests/lib/fuzz.h"

static void walk(gba_view v)
{
    gba_reader r = gba_reader_of(v);
    gba_get_view(&r, DIA_RAW_HEADER);
    while (gba_reader_left(&r) > 0) {
        gba_get_u32(&r);
        bool vendor = gba_get_u8(&r) & DIA_RAW_AVP_VENDOR;
        size_t n = gba_get_u24(&r);
        if (vendor && gba_get_u32(&r) == 0)
            abort();
        size_t header = vendor ? DIA_RAW_VENDOR_HEADER : DIA_RAW_AVP_HEADER;
        if (n < header)
            abort();
        gba_get_view(&r, ((n + 3) & ~(size_t)3) - header);
        if (r.bad)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gba_view v = gba_view_of(data, size);
    if (dia_raw_check(v) == GBA_OK)
        walk(v);
    return 0;
}
