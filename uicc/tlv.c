/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/tlv.h"

static uint16_t get_tag(gba_reader *r)
{
    uint8_t first = gba_get_u8(r);
    if ((first & 0x1f) != 0x1f)
        return first;
    uint8_t second = gba_get_u8(r);
    if (second & 0x80)
        r->bad = true; /* three octets and more: no card file has them */
    return (uint16_t)(first << 8 | second);
}

static size_t get_length(gba_reader *r)
{
    uint8_t first = gba_get_u8(r);
    if (first < 0x80)
        return first;
    if (first == 0x81)
        return gba_get_u8(r);
    if (first == 0x82)
        return gba_get_u16(r);
    r->bad = true;
    return 0;
}

bool uicc_tlv_next(gba_reader *r, struct uicc_tlv *out)
{
    if (gba_reader_left(r) == 0 || r->in.p[r->at] == 0xff)
        return false;
    out->tag = get_tag(r);
    out->value = gba_get_view(r, get_length(r));
    return !r->bad;
}

gba_rc uicc_tlv_find(gba_view data, uint16_t tag, gba_view *value)
{
    gba_reader r = gba_reader_of(data);
    struct uicc_tlv tlv;
    while (uicc_tlv_next(&r, &tlv)) {
        if (tlv.tag == tag) {
            *value = tlv.value;
            return GBA_OK;
        }
    }
    return r.bad ? GBA_E_TLV : GBA_E_CARD_CONTENT;
}

void uicc_put_tlv(gba_writer *w, uint8_t tag, gba_view value)
{
    gba_put_u8(w, tag);
    if (value.n > 0xff) {
        gba_put_u8(w, 0x82);
        gba_put_u16(w, (uint16_t)value.n);
    } else {
        if (value.n > 0x7f)
            gba_put_u8(w, 0x81);
        gba_put_u8(w, (uint8_t)value.n);
    }
    gba_put_view(w, value);
}
