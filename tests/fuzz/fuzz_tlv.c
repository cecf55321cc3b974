/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that reads what a card says: the first octet chooses the reader.
 * What is accepted is written and must read the same again.
 */
#include <stdlib.h>

#include "tests/lib/fuzz.h"
#include "uicc/dir.h"
#include "uicc/gba_u.h"
#include "uicc/isim.h"
#include "uicc/usim.h"

enum { READERS = 7 };

static uint8_t room[2048];

static void need(bool good)
{
    if (!good)
        abort();
}

static void read_dir(gba_view v)
{
    struct uicc_dir_entry entry, again;
    gba_writer w = gba_writer_of(room, sizeof room);
    if (uicc_dir_decode(v, &entry) != GBA_OK)
        return;
    uicc_dir_encode(&entry, &w);
    need(uicc_dir_decode(gba_writer_view(&w), &again) == GBA_OK);
    need(gba_view_eq(uicc_aid_view(&entry.aid), uicc_aid_view(&again.aid)));
    need(gba_text_eq(&entry.label, &again.label));
}

static void read_imsi(gba_view v)
{
    gba_text imsi, again;
    gba_writer w = gba_writer_of(room, sizeof room);
    if (uicc_imsi_decode(v, &imsi) != GBA_OK)
        return;
    need(uicc_imsi_encode(gba_text_view(&imsi), &w) == GBA_OK);
    need(uicc_imsi_decode(gba_writer_view(&w), &again) == GBA_OK && gba_text_eq(&imsi, &again));
}

static void read_text(gba_view v)
{
    gba_text text;
    if (uicc_isim_text(v, &text) == GBA_OK)
        need(text.n > 0 && gba_view_contains(v, gba_text_view(&text)));
}

static void read_gbabp(gba_view v)
{
    struct uicc_gbabp gbabp, again;
    gba_writer w = gba_writer_of(room, sizeof room);
    if (uicc_gbabp_decode(v, &gbabp) != GBA_OK || gbabp.btid.n > 254 || gbabp.lifetime.n > 254)
        return;
    uicc_gbabp_encode(&gbabp, &w);
    need(uicc_gbabp_decode(gba_writer_view(&w), &again) == GBA_OK);
    need(again.rand_n == gbabp.rand_n);
}

static void read_gbanl(gba_view v)
{
    struct uicc_gbanl gbanl;
    if (uicc_gbanl_decode(v, &gbanl) == GBA_OK)
        need(gbanl.naf.fqdn.n > 0);
}

static void read_fcp(gba_view v)
{
    struct uicc_file file;
    if (uicc_fcp_parse(v, &file) == GBA_OK)
        need(file.pin_reference >= 1 && file.pin_reference <= 8);
}

/* The input as the card's response to AUTHENTICATE in each form. */
static gba_rc respond(void *self, gba_view command, gba_writer *rsp)
{
    const gba_view *v = self;
    (void)command;
    gba_put_view(rsp, *v);
    return GBA_OK;
}

static void read_response(gba_view v)
{
    struct uicc_card card = {.self = &v, .transmit = respond};
    gba_rand rand = {{0}};
    gba_autn autn = {{0}};
    struct uicc_auth auth;
    gba_ks_naf key;
    if (uicc_auth_3g(&card, &rand, &autn, &auth) == GBA_OK)
        need(auth.res.n >= 4 && auth.res.n <= sizeof auth.res.b);
    if (uicc_gba_u_bootstrap(&card, &rand, &autn, &auth) == GBA_OK)
        need(auth.in_card && auth.res.n >= 4);
    if (uicc_gba_u_derive(&card, GBA_LIT("a\1\0\0\0\2"), GBA_LIT("a@b"), &key) == GBA_OK)
        need(v.n == 36);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[READERS])(gba_view) = {read_dir,   read_imsi, read_text,    read_gbabp,
                                                       read_gbanl, read_fcp,  read_response};
    if (size > 0)
        readers[data[0] % READERS](gba_view_of(data + 1, size - 1));
    return 0;
}
