/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/isim.h"

#include "uicc/tlv.h"
#include "uicc/usim.h"

enum { TAG_TEXT = 0x80 };

gba_rc uicc_isim_text(gba_view ef, gba_text *text)
{
    gba_view value;
    *text = (gba_text){0};
    GBA_TRY(uicc_tlv_find(ef, TAG_TEXT, &value));
    GBA_ENSURE(value.n > 0, GBA_E_CARD_CONTENT);
    return gba_text_set(text, value);
}

/* What GBA can do without may be missing or empty: *text is then empty. */
static gba_rc allow_empty(gba_rc rc)
{
    return rc == GBA_E_CARD_FILE || rc == GBA_E_CARD_CONTENT ? GBA_OK : rc;
}

static gba_rc read_text(const struct uicc_card *card, uint16_t fid, gba_text *text)
{
    uint8_t ef[UICC_FILE_MAX];
    gba_writer w = gba_writer_of(ef, sizeof ef);
    GBA_TRY(uicc_read_file(card, fid, &w));
    return uicc_isim_text(gba_writer_view(&w), text);
}

static gba_rc read_impus(const struct uicc_card *card, struct uicc_isim *out)
{
    struct uicc_file file;
    GBA_TRY(uicc_select(card, UICC_ISIM_IMPU, &file));
    for (unsigned number = 1; number <= file.records && out->impu_n < UICC_ISIM_IMPU_MAX; number++) {
        uint8_t record[256];
        gba_writer w = gba_writer_of(record, sizeof record);
        gba_text *impu = &out->impu[out->impu_n];
        GBA_TRY(uicc_read_record(card, &file, number, &w));
        GBA_TRY(allow_empty(uicc_isim_text(gba_writer_view(&w), impu)));
        out->impu_n += impu->n > 0;
    }
    return GBA_OK;
}

gba_rc uicc_isim_read(const struct uicc_card *card, struct uicc_isim *out)
{
    uint8_t ist[UICC_FILE_MAX];
    gba_writer w = gba_writer_of(ist, sizeof ist);
    *out = (struct uicc_isim){0};
    GBA_TRY(uicc_read_file(card, UICC_ISIM_IST, &w));
    out->gba = uicc_service(gba_writer_view(&w), UICC_ISIM_SERVICE_GBA);
    GBA_TRY(read_text(card, UICC_ISIM_IMPI, &out->impi));
    GBA_TRY(allow_empty(read_text(card, UICC_ISIM_DOMAIN, &out->domain)));
    return allow_empty(read_impus(card, out));
}
