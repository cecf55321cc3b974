/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/file.h"

#include "uicc/tlv.h"

enum { SELECT_BY_FID = 0x00, SELECT_BY_AID = 0x04, RETURN_FCP = 0x04, RECORD_ABSOLUTE = 0x04 };

gba_view uicc_aid_view(const struct uicc_aid *aid)
{
    return gba_view_of(aid->b, aid->n);
}

static uint32_t number_of(gba_view v)
{
    uint32_t number = 0;
    for (size_t i = 0; i < v.n; i++)
        number = number << 8 | v.p[i];
    return number;
}

/*= ETSI TS 102 221 9.5.2: the list of key references and, bit by bit from b8
 * of the first octet, which of them are enabled.  01 to 08 are applications'. */
static void take_pin_status(gba_view value, struct uicc_file *file)
{
    gba_reader r = gba_reader_of(value);
    struct uicc_tlv tlv;
    gba_view enabled = {NULL, 0};
    for (unsigned i = 0; uicc_tlv_next(&r, &tlv);) {
        if (tlv.tag == UICC_TAG_PIN_ENABLED)
            enabled = tlv.value;
        if (tlv.tag != UICC_TAG_PIN_REFERENCE || tlv.value.n != 1)
            continue;
        if (tlv.value.p[0] >= 0x01 && tlv.value.p[0] <= 0x08 && i / 8 < enabled.n) {
            file->pin_reference = tlv.value.p[0];
            file->pin_enabled = enabled.p[i / 8] & 0x80 >> i % 8;
            return;
        }
        i++;
    }
}

/*= ETSI TS 102 221 11.1.1.4 */
static void take(const struct uicc_tlv *tlv, struct uicc_file *file)
{
    if (tlv->tag == UICC_TAG_DESCRIPTOR && tlv->value.n == 5) {
        file->record_size = (uint16_t)number_of(gba_view_sub(tlv->value, 2, 2));
        file->records = tlv->value.p[4];
    }
    if (tlv->tag == UICC_TAG_FID && tlv->value.n == 2)
        file->fid = (uint16_t)number_of(tlv->value);
    if (tlv->tag == UICC_TAG_SIZE && tlv->value.n >= 2 && tlv->value.n <= 4)
        file->size = number_of(tlv->value);
    if (tlv->tag == UICC_TAG_PIN_STATUS)
        take_pin_status(tlv->value, file);
}

gba_rc uicc_fcp_parse(gba_view fcp, struct uicc_file *file)
{
    gba_view content;
    struct uicc_tlv tlv;
    *file = (struct uicc_file){.pin_reference = 1, .pin_enabled = true};
    GBA_TRY(uicc_tlv_find(fcp, UICC_TAG_FCP, &content));
    gba_reader r = gba_reader_of(content);
    while (uicc_tlv_next(&r, &tlv))
        take(&tlv, file);
    return r.bad ? GBA_E_TLV : GBA_OK;
}

static gba_rc select_by(const struct uicc_card *card, uint8_t how, gba_view what, struct uicc_file *file)
{
    uint8_t fcp[256];
    gba_writer w = gba_writer_of(fcp, sizeof fcp);
    struct uicc_command command = {UICC_CLA, UICC_INS_SELECT, how, RETURN_FCP, what, 256};
    GBA_TRY(uicc_call(card, &command, &w));
    return uicc_fcp_parse(gba_writer_view(&w), file);
}

gba_rc uicc_select(const struct uicc_card *card, uint16_t fid, struct uicc_file *file)
{
    uint8_t octets[2] = {(uint8_t)(fid >> 8), (uint8_t)fid};
    return select_by(card, SELECT_BY_FID, GBA_ARRAY(octets), file);
}

gba_rc uicc_select_aid(const struct uicc_card *card, gba_view aid, struct uicc_file *file)
{
    return select_by(card, SELECT_BY_AID, aid, file);
}

static size_t at_most(size_t n, size_t limit)
{
    return n < limit ? n : limit;
}

gba_rc uicc_read_file(const struct uicc_card *card, uint16_t fid, gba_writer *w)
{
    struct uicc_file file;
    GBA_TRY(uicc_select(card, fid, &file));
    GBA_ENSURE(file.size <= UICC_FILE_MAX, GBA_E_TOO_LONG);
    for (size_t at = 0; at < file.size;) {
        size_t n = at_most(file.size - at, 255), before = w->n;
        struct uicc_command read = {UICC_CLA, UICC_INS_READ_BINARY, (uint8_t)(at >> 8), (uint8_t)at,
                                    {NULL, 0}, (unsigned)n};
        GBA_TRY(uicc_call(card, &read, w));
        GBA_ENSURE(w->n - before == n, GBA_E_CARD_RESPONSE);
        at += n;
    }
    return GBA_OK;
}

gba_rc uicc_update_file(const struct uicc_card *card, uint16_t fid, gba_view data)
{
    struct uicc_file file;
    gba_writer none = gba_writer_of(NULL, 0);
    GBA_TRY(uicc_select(card, fid, &file));
    GBA_ENSURE(data.n <= file.size && data.n <= UICC_FILE_MAX, GBA_E_CARD_FILE_SIZE);
    for (size_t at = 0; at < data.n;) {
        size_t n = at_most(data.n - at, 255);
        struct uicc_command update = {UICC_CLA, UICC_INS_UPDATE_BINARY, (uint8_t)(at >> 8), (uint8_t)at,
                                      gba_view_sub(data, at, n), 0};
        GBA_TRY(uicc_call(card, &update, &none));
        at += n;
    }
    return GBA_OK;
}

gba_rc uicc_read_record(const struct uicc_card *card, const struct uicc_file *file, unsigned number,
                        gba_writer *w)
{
    GBA_ENSURE(number >= 1 && number <= file->records, GBA_E_CARD_RECORD);
    GBA_ENSURE(file->record_size >= 1 && file->record_size <= 255, GBA_E_CARD_RESPONSE);
    size_t before = w->n;
    struct uicc_command read = {UICC_CLA, UICC_INS_READ_RECORD, (uint8_t)number, RECORD_ABSOLUTE,
                                {NULL, 0}, file->record_size};
    GBA_TRY(uicc_call(card, &read, w));
    GBA_ENSURE(w->n - before == file->record_size, GBA_E_CARD_RESPONSE);
    return GBA_OK;
}
