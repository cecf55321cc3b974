/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/dir.h"

#include "uicc/tlv.h"

enum { TAG_ENTRY = 0x61, TAG_AID = 0x4f, TAG_LABEL = 0x50, AID_MIN = 5, AID_CODE = 7 };

const char *uicc_app_name(enum uicc_app app)
{
    static const char *const names[] = {"auto", "isim", "usim"};
    return names[app];
}

gba_rc uicc_dir_decode(gba_view record, struct uicc_dir_entry *entry)
{
    gba_view content, aid, label;
    *entry = (struct uicc_dir_entry){0};
    GBA_ENSURE(record.n > 0 && record.p[0] != 0xff, GBA_E_ABSENT);
    GBA_TRY(uicc_tlv_find(record, TAG_ENTRY, &content));
    GBA_TRY(uicc_tlv_find(content, TAG_AID, &aid));
    GBA_ENSURE(aid.n >= AID_MIN && aid.n <= sizeof entry->aid.b, GBA_E_CARD_CONTENT);
    gba_copy(entry->aid.b, aid);
    entry->aid.n = aid.n;
    if (uicc_tlv_find(content, TAG_LABEL, &label) == GBA_OK)
        return gba_text_set(&entry->label, label);
    return GBA_OK;
}

void uicc_dir_encode(const struct uicc_dir_entry *entry, gba_writer *w)
{
    uint8_t content[2 + sizeof entry->aid.b + 3 + GBA_TEXT_MAX];
    gba_writer inner = gba_writer_of(content, sizeof content);
    uicc_put_tlv(&inner, TAG_AID, uicc_aid_view(&entry->aid));
    if (entry->label.n > 0)
        uicc_put_tlv(&inner, TAG_LABEL, gba_text_view(&entry->label));
    uicc_put_tlv(w, TAG_ENTRY, gba_writer_view(&inner));
}

enum uicc_app uicc_dir_app(const struct uicc_aid *aid)
{
    gba_view code = gba_view_sub(uicc_aid_view(aid), 0, AID_CODE);
    if (gba_view_eq(code, GBA_LIT("\xa0\x00\x00\x00\x87\x10\x02")))
        return UICC_APP_USIM;
    if (gba_view_eq(code, GBA_LIT("\xa0\x00\x00\x00\x87\x10\x04")))
        return UICC_APP_ISIM;
    return UICC_APP_AUTO;
}

/* Is `found` a better answer to `want` than `best`?  AUTO: ISIM before USIM. */
static bool better(enum uicc_app want, enum uicc_app found, enum uicc_app best)
{
    if (found == UICC_APP_AUTO || best == UICC_APP_ISIM)
        return false;
    return want == UICC_APP_AUTO ? found == UICC_APP_ISIM || best == UICC_APP_AUTO
                                 : found == want && best == UICC_APP_AUTO;
}

gba_rc uicc_dir_find(const struct uicc_card *card, enum uicc_app want, struct uicc_aid *aid)
{
    struct uicc_file file;
    enum uicc_app best = UICC_APP_AUTO;
    GBA_TRY(uicc_select(card, UICC_FID_MF, &file));
    GBA_TRY(uicc_select(card, UICC_FID_DIR, &file));
    for (unsigned number = 1; number <= file.records; number++) {
        uint8_t record[256];
        gba_writer w = gba_writer_of(record, sizeof record);
        struct uicc_dir_entry entry;
        GBA_TRY(uicc_read_record(card, &file, number, &w));
        if (uicc_dir_decode(gba_writer_view(&w), &entry) != GBA_OK)
            continue; /* empty, or of somebody with other habits */
        if (better(want, uicc_dir_app(&entry.aid), best)) {
            best = uicc_dir_app(&entry.aid);
            *aid = entry.aid;
        }
    }
    return best == UICC_APP_AUTO ? GBA_E_CARD_APP : GBA_OK;
}
