/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/auth.h"

#include "uicc/file.h"

gba_rc uicc_authenticate(const struct uicc_card *card, uint8_t context, gba_view data, gba_writer *w)
{
    struct uicc_command command = {UICC_CLA, UICC_INS_AUTHENTICATE, 0x00, context, data, 256};
    return uicc_call(card, &command, w);
}

gba_rc uicc_auth_sync(gba_view response, gba_auts *auts)
{
    gba_reader r = gba_reader_of(response);
    if (response.n == 0 || gba_get_u8(&r) != UICC_TAG_SYNC)
        return GBA_OK;
    GBA_ENSURE(gba_get_u8(&r) == sizeof auts->b && gba_reader_left(&r) == sizeof auts->b,
               GBA_E_CARD_RESPONSE);
    gba_get_bytes(&r, auts->b, sizeof auts->b);
    return GBA_E_SQN;
}

gba_rc uicc_auth_take_res(gba_reader *r, gba_res *res)
{
    size_t n = gba_get_u8(r);
    GBA_ENSURE(n >= 4 && n <= sizeof res->b && n <= gba_reader_left(r), GBA_E_CARD_RESPONSE);
    gba_get_bytes(r, res->b, n);
    res->n = n;
    return GBA_OK;
}

/* DB Lr RES 10 CK 10 IK, and 08 Kc with service 27: Kc is not for us. */
static gba_rc take_success(gba_view response, struct uicc_auth *out)
{
    gba_reader r = gba_reader_of(response);
    GBA_ENSURE(gba_get_u8(&r) == UICC_TAG_OK, GBA_E_CARD_RESPONSE);
    GBA_TRY(uicc_auth_take_res(&r, &out->res));
    GBA_ENSURE(gba_get_u8(&r) == sizeof out->ck.b, GBA_E_CARD_RESPONSE);
    gba_get_bytes(&r, out->ck.b, sizeof out->ck.b);
    GBA_ENSURE(gba_get_u8(&r) == sizeof out->ik.b, GBA_E_CARD_RESPONSE);
    gba_get_bytes(&r, out->ik.b, sizeof out->ik.b);
    return r.bad ? GBA_E_CARD_RESPONSE : GBA_OK;
}

static gba_rc answered(gba_view response, struct uicc_auth *out)
{
    GBA_TRY(uicc_auth_sync(response, &out->auts));
    return take_success(response, out);
}

gba_rc uicc_auth_3g(const struct uicc_card *card, const gba_rand *rand, const gba_autn *autn,
                    struct uicc_auth *out)
{
    uint8_t data[34], response[256];
    gba_writer w = gba_writer_of(data, sizeof data), in = gba_writer_of(response, sizeof response);
    gba_wipe(out);
    gba_put_u8(&w, sizeof rand->b);
    gba_put_view(&w, GBA_ARRAY(rand->b));
    gba_put_u8(&w, sizeof autn->b);
    gba_put_view(&w, GBA_ARRAY(autn->b));
    gba_rc rc = uicc_authenticate(card, UICC_CONTEXT_3G, gba_writer_view(&w), &in);
    if (rc == GBA_OK)
        rc = answered(gba_writer_view(&in), out);
    gba_wipe_bytes(response, sizeof response);
    if (rc != GBA_OK && rc != GBA_E_SQN)
        gba_wipe(out);
    return rc;
}

/*= TS 31.102 7.1.2.1, case 3: 04 SRES 08 Kc */
static gba_rc take_triplet(gba_view response, gba_triplet *out)
{
    gba_reader r = gba_reader_of(response);
    GBA_ENSURE(gba_get_u8(&r) == sizeof out->sres, GBA_E_CARD_RESPONSE);
    gba_get_bytes(&r, out->sres, sizeof out->sres);
    GBA_ENSURE(gba_get_u8(&r) == sizeof out->kc, GBA_E_CARD_RESPONSE);
    gba_get_bytes(&r, out->kc, sizeof out->kc);
    return r.bad ? GBA_E_CARD_RESPONSE : GBA_OK;
}

gba_rc uicc_auth_gsm(const struct uicc_card *card, const gba_rand *rand, gba_triplet *out)
{
    uint8_t data[17], response[256];
    gba_writer w = gba_writer_of(data, sizeof data), in = gba_writer_of(response, sizeof response);
    *out = (gba_triplet){.rand = *rand};
    gba_put_u8(&w, sizeof rand->b);
    gba_put_view(&w, GBA_ARRAY(rand->b));
    gba_rc rc = uicc_authenticate(card, UICC_CONTEXT_GSM, gba_writer_view(&w), &in);
    if (rc == GBA_OK)
        rc = take_triplet(gba_writer_view(&in), out);
    gba_wipe_bytes(response, sizeof response);
    if (rc != GBA_OK)
        gba_wipe(out);
    return rc;
}
