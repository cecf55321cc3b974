/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/usim.h"

enum { IMSI_MIN = 6, IMSI_MAX = 15, PARITY_EVEN = 0x1, PARITY_ODD = 0x9, FILLER = 0xf };

/* Nibble i of the digits part: the parity nibble is number 0. */
static uint8_t nibble(gba_view digits, size_t i)
{
    return i % 2 == 0 ? digits.p[i / 2] & 0x0f : digits.p[i / 2] >> 4;
}

/*= TS 31.102 4.2.2 */
gba_rc uicc_imsi_decode(gba_view ef, gba_text *imsi)
{
    char text[IMSI_MAX];
    *imsi = (gba_text){0};
    GBA_ENSURE(ef.n > 0 && ef.p[0] >= 1 && ef.p[0] <= 8 && ef.p[0] < ef.n, GBA_E_CARD_CONTENT);
    gba_view digits = gba_view_sub(ef, 1, ef.p[0]);
    uint8_t parity = nibble(digits, 0) & 0x0f;
    size_t n = 2 * digits.n - 1;
    GBA_ENSURE(parity == PARITY_ODD || parity == PARITY_EVEN, GBA_E_CARD_CONTENT);
    if (parity == PARITY_EVEN) {
        GBA_ENSURE(nibble(digits, n) == FILLER, GBA_E_CARD_CONTENT);
        n--;
    }
    GBA_ENSURE(n >= IMSI_MIN, GBA_E_CARD_CONTENT);
    for (size_t i = 0; i < n; i++) {
        uint8_t digit = nibble(digits, i + 1);
        GBA_ENSURE(digit <= 9, GBA_E_CARD_CONTENT);
        text[i] = (char)('0' + digit);
    }
    return gba_text_set(imsi, gba_view_of(text, n));
}

gba_rc uicc_imsi_encode(gba_view imsi, gba_writer *w)
{
    GBA_ENSURE(imsi.n >= IMSI_MIN && imsi.n <= IMSI_MAX, GBA_E_CARD_CONTENT);
    for (size_t i = 0; i < imsi.n; i++)
        GBA_ENSURE(imsi.p[i] >= '0' && imsi.p[i] <= '9', GBA_E_CARD_CONTENT);
    gba_put_u8(w, (uint8_t)(imsi.n / 2 + 1));
    uint8_t low = imsi.n % 2 ? PARITY_ODD : PARITY_EVEN;
    for (size_t i = 0; i <= imsi.n; i += 2) {
        uint8_t high = i < imsi.n ? imsi.p[i] - '0' : FILLER;
        gba_put_u8(w, (uint8_t)(high << 4 | low));
        low = i + 1 < imsi.n ? imsi.p[i + 1] - '0' : FILLER;
    }
    return gba_writer_end(w);
}

/*= TS 31.102 4.2.18 */
gba_rc uicc_ad_mnc_n(gba_view ef, unsigned *mnc_n)
{
    GBA_ENSURE(ef.n >= 4, GBA_E_CARD_CONTENT);
    unsigned n = ef.p[3] & 0x0f;
    GBA_ENSURE(n == 2 || n == 3, GBA_E_CARD_CONTENT);
    *mnc_n = n;
    return GBA_OK;
}

bool uicc_service(gba_view table, unsigned n)
{
    size_t at = (n - 1) / 8;
    return n > 0 && at < table.n && table.p[at] >> (n - 1) % 8 & 1;
}

gba_rc uicc_usim_read(const struct uicc_card *card, struct uicc_usim *out)
{
    uint8_t imsi[UICC_FILE_MAX], ad[UICC_FILE_MAX], ust[UICC_FILE_MAX];
    gba_writer w_imsi = gba_writer_of(imsi, sizeof imsi), w_ad = gba_writer_of(ad, sizeof ad);
    gba_writer w_ust = gba_writer_of(ust, sizeof ust);
    *out = (struct uicc_usim){0};
    GBA_TRY(uicc_read_file(card, UICC_USIM_UST, &w_ust));
    GBA_TRY(uicc_read_file(card, UICC_USIM_AD, &w_ad));
    GBA_TRY(uicc_read_file(card, UICC_USIM_IMSI, &w_imsi));
    GBA_TRY(uicc_imsi_decode(gba_writer_view(&w_imsi), &out->imsi));
    if (uicc_ad_mnc_n(gba_writer_view(&w_ad), &out->mnc_n) != GBA_OK)
        out->mnc_n = 0;
    out->gba = uicc_service(gba_writer_view(&w_ust), UICC_USIM_SERVICE_GBA);
    return GBA_OK;
}
