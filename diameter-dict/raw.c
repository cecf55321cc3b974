/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/raw.h"

/* One AVP: code, flags, length, optional Vendor-Id, data, padding to four. */
static gba_rc check_avp(gba_reader *r)
{
    size_t left = gba_reader_left(r);
    GBA_ENSURE(left >= DIA_RAW_AVP_HEADER, GBA_E_DIA_LENGTH);
    gba_get_u32(r);
    bool vendor = gba_get_u8(r) & DIA_RAW_AVP_VENDOR;
    size_t length = gba_get_u24(r);
    size_t header = vendor ? DIA_RAW_VENDOR_HEADER : DIA_RAW_AVP_HEADER;
    size_t padded = (length + 3) & ~(size_t)3;
    GBA_ENSURE(length >= header && padded <= left, GBA_E_DIA_LENGTH);
    if (vendor)
        GBA_ENSURE(gba_get_u32(r) != 0, GBA_E_DIA_VALUE);
    gba_get_view(r, padded - header);
    return GBA_OK;
}

gba_rc dia_raw_check(gba_view v)
{
    gba_reader r = gba_reader_of(v);
    GBA_ENSURE(v.n >= DIA_RAW_HEADER && v.n % 4 == 0, GBA_E_DIA_LENGTH);
    GBA_ENSURE(gba_get_u8(&r) == 1, GBA_E_DIA_VALUE);
    GBA_ENSURE(gba_get_u24(&r) == v.n, GBA_E_DIA_LENGTH);
    gba_get_view(&r, DIA_RAW_HEADER - 4);
    while (gba_reader_left(&r) > 0)
        GBA_TRY(check_avp(&r));
    return GBA_OK;
}
