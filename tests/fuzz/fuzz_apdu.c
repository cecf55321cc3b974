/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated card under any sequence of commands.  The input is frames of
 * one octet length and that many octets; the first octet's low bit is T=0.
 * Whatever comes, there is an answer with a status word, data only with 9000,
 * and the state that the card would save can be loaded.
 */
#include <stdlib.h>

#include "tests/lib/fuzz.h"
#include "uicc/soft.h"
#include "uicc/soft_state.h"

static void need(bool good)
{
    if (!good)
        abort();
}

static void put_hex(struct gba_opt_hex *hex, gba_view text)
{
    hex->n = text.n / 2;
    need(gba_hex_parse(text, hex->b, hex->n) == GBA_OK);
}

static struct uicc_conf profile(bool with_pin)
{
    struct uicc_conf conf = {.mnc_length = 2, .gba = true, .gbabp_size = 60, .gbanl_records = 2};
    put_hex(&conf.k, GBA_LIT("465b5ce8b199b49faa5f0a2ee238a6bc"));
    put_hex(&conf.opc, GBA_LIT("cd63cb71954a9f4e48a5994e37a02baf"));
    put_hex(&conf.usim_aid, GBA_LIT("a0000000871002ff49ff0589ff49ff05"));
    put_hex(&conf.isim_aid, GBA_LIT("a0000000871004ff49ff0589ff49ff05"));
    put_hex(&conf.sqn, GBA_LIT("ff9bb4d0b5e7"));
    need(gba_text_set(&conf.imsi, GBA_LIT("001010123456789")) == GBA_OK);
    need(gba_text_set(&conf.impi, GBA_LIT("a@home.example")) == GBA_OK);
    need(gba_text_set(&conf.pin, with_pin ? GBA_LIT("1234") : GBA_LIT("")) == GBA_OK);
    return conf;
}

static void check_state(struct uicc_soft *card, const struct uicc_conf *conf)
{
    static struct uicc_soft twin;
    static uint8_t first[UICC_SOFT_STATE_MAX], second[UICC_SOFT_STATE_MAX];
    gba_writer a = gba_writer_of(first, sizeof first), b = gba_writer_of(second, sizeof second);
    uicc_soft_save(card, &a);
    need(gba_writer_end(&a) == GBA_OK);
    need(uicc_soft_init(&twin, conf, false) == GBA_OK);
    need(uicc_soft_load(&twin, gba_writer_view(&a)) == GBA_OK);
    uicc_soft_save(&twin, &b);
    need(gba_view_eq(gba_writer_view(&a), gba_writer_view(&b)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct uicc_soft card;
    gba_reader r = gba_reader_of(gba_view_of(data, size));
    uint8_t flags = gba_get_u8(&r);
    struct uicc_conf conf = profile(flags & 2);
    need(uicc_soft_init(&card, &conf, flags & 1) == GBA_OK);
    while (gba_reader_left(&r) > 0) {
        uint8_t answer[UICC_RESPONSE_MAX];
        gba_writer w = gba_writer_of(answer, sizeof answer);
        gba_view command = gba_get_view(&r, gba_get_u8(&r));
        if (command.n == 0)
            uicc_soft_reset(&card);
        uicc_soft_transmit(&card, command, &w);
        need(gba_writer_end(&w) == GBA_OK && w.n >= 2);
        need(w.n == 2 || (answer[w.n - 2] == 0x90 && answer[w.n - 1] == 0x00));
        need(card.pin_tries <= UICC_SOFT_PIN_TRIES &&
             (!card.pin_verified || card.pin_tries == UICC_SOFT_PIN_TRIES));
    }
    check_state(&card, &conf);
    return 0;
}
