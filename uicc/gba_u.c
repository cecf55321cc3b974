/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/gba_u.h"

#include "uicc/tlv.h"

enum { DERIVE_MAX = 252, EMPTY = 0xff, TAG_NAFID = 0x80, TAG_BTID = 0x81 };

/* ---- AUTHENTICATE ---- */

static gba_rc bootstrapped(gba_view response, struct uicc_auth *out)
{
    gba_reader r = gba_reader_of(response);
    GBA_TRY(uicc_auth_sync(response, &out->auts));
    GBA_ENSURE(gba_get_u8(&r) == UICC_TAG_OK, GBA_E_CARD_RESPONSE);
    GBA_TRY(uicc_auth_take_res(&r, &out->res));
    out->in_card = true;
    return GBA_OK;
}

/*= TS 31.102 7.1.1.3, 7.1.2.3 */
gba_rc uicc_gba_u_bootstrap(const struct uicc_card *card, const gba_rand *rand, const gba_autn *autn_star,
                            struct uicc_auth *out)
{
    uint8_t data[35], response[256];
    gba_writer w = gba_writer_of(data, sizeof data), in = gba_writer_of(response, sizeof response);
    gba_wipe(out);
    gba_put_u8(&w, UICC_TAG_BOOTSTRAP);
    gba_put_u8(&w, sizeof rand->b);
    gba_put_view(&w, GBA_ARRAY(rand->b));
    gba_put_u8(&w, sizeof autn_star->b);
    gba_put_view(&w, GBA_ARRAY(autn_star->b));
    gba_rc rc = uicc_authenticate(card, UICC_CONTEXT_GBA, gba_writer_view(&w), &in);
    if (rc == GBA_OK)
        rc = bootstrapped(gba_writer_view(&in), out);
    gba_wipe_bytes(response, sizeof response);
    if (rc != GBA_OK && rc != GBA_E_SQN)
        gba_wipe(out);
    return rc;
}

bool uicc_gba_u_unsupported(gba_rc rc)
{
    return rc == GBA_E_CARD_CONTEXT || rc == GBA_E_CARD_PARAMETER || rc == GBA_E_CARD_REFERENCE ||
           rc == GBA_E_CARD_FUNCTION || rc == GBA_E_CARD_INS;
}

static gba_rc derived(gba_view response, gba_ks_naf *ks_ext_naf)
{
    gba_reader r = gba_reader_of(response);
    GBA_ENSURE(gba_get_u8(&r) == UICC_TAG_OK && gba_get_u8(&r) == sizeof ks_ext_naf->b, GBA_E_CARD_RESPONSE);
    GBA_ENSURE(gba_reader_left(&r) == sizeof ks_ext_naf->b, GBA_E_CARD_RESPONSE);
    gba_get_bytes(&r, ks_ext_naf->b, sizeof ks_ext_naf->b);
    return GBA_OK;
}

gba_rc uicc_gba_u_derive(const struct uicc_card *card, gba_view naf_id, gba_view impi, gba_ks_naf *ks_ext_naf)
{
    uint8_t data[3 + DERIVE_MAX], response[256];
    gba_writer w = gba_writer_of(data, sizeof data), in = gba_writer_of(response, sizeof response);
    gba_wipe(ks_ext_naf);
    GBA_ENSURE(naf_id.n <= DERIVE_MAX && impi.n <= DERIVE_MAX - naf_id.n, GBA_E_TOO_LONG);
    gba_put_u8(&w, UICC_TAG_DERIVE);
    gba_put_u8(&w, (uint8_t)naf_id.n);
    gba_put_view(&w, naf_id);
    gba_put_u8(&w, (uint8_t)impi.n);
    gba_put_view(&w, impi);
    gba_rc rc = uicc_authenticate(card, UICC_CONTEXT_GBA, gba_writer_view(&w), &in);
    if (rc == GBA_OK)
        rc = derived(gba_writer_view(&in), ks_ext_naf);
    gba_wipe_bytes(response, sizeof response);
    return rc;
}

/* ---- EF_GBABP ---- */

/* A length and as many octets; FF, the erased state, is an empty field, and
 * nothing can follow it. */
static gba_view get_field(gba_reader *r)
{
    if (gba_reader_left(r) == 0 || r->in.p[r->at] == EMPTY)
        return (gba_view){NULL, 0};
    return gba_get_view(r, gba_get_u8(r));
}

/*= TS 31.102 4.2.79 */
gba_rc uicc_gbabp_decode(gba_view ef, struct uicc_gbabp *out)
{
    gba_reader r = gba_reader_of(ef);
    *out = (struct uicc_gbabp){.rand_n = 0};
    gba_view rand = get_field(&r), btid = get_field(&r), lifetime = get_field(&r);
    GBA_ENSURE(!r.bad, GBA_E_CARD_CONTENT);
    gba_copy(out->rand, rand);
    out->rand_n = rand.n;
    GBA_TRY(gba_text_set(&out->btid, btid));
    return gba_text_set(&out->lifetime, lifetime);
}

static void put_field(gba_writer *w, gba_view v)
{
    gba_put_u8(w, v.n > 0 ? (uint8_t)v.n : EMPTY);
    gba_put_view(w, v);
}

void uicc_gbabp_encode(const struct uicc_gbabp *in, gba_writer *w)
{
    put_field(w, gba_view_of(in->rand, in->rand_n));
    put_field(w, gba_text_view(&in->btid));
    put_field(w, gba_text_view(&in->lifetime));
}

gba_rc uicc_gbabp_read(const struct uicc_card *card, uint16_t fid, struct uicc_gbabp *out)
{
    uint8_t ef[UICC_FILE_MAX];
    gba_writer w = gba_writer_of(ef, sizeof ef);
    GBA_TRY(uicc_read_file(card, fid, &w));
    return uicc_gbabp_decode(gba_writer_view(&w), out);
}

/*= TS 33.220 G.1: the ME writes B-TID and lifetime behind the card's RAND */
gba_rc uicc_gbabp_update(const struct uicc_card *card, uint16_t fid, gba_view btid, gba_view lifetime)
{
    uint8_t ef[UICC_FILE_MAX];
    gba_writer w = gba_writer_of(ef, sizeof ef);
    struct uicc_gbabp now;
    GBA_TRY(uicc_gbabp_read(card, fid, &now));
    GBA_ENSURE(now.rand_n > 0, GBA_E_CARD_CONDITION);
    GBA_ENSURE(btid.n < EMPTY && lifetime.n < EMPTY, GBA_E_TOO_LONG);
    GBA_TRY(gba_text_set(&now.btid, btid));
    GBA_TRY(gba_text_set(&now.lifetime, lifetime));
    uicc_gbabp_encode(&now, &w);
    return uicc_update_file(card, fid, gba_writer_view(&w));
}

/* ---- EF_GBANL ---- */

/*= TS 31.102 4.2.83 */
gba_rc uicc_gbanl_decode(gba_view record, struct uicc_gbanl *out)
{
    gba_view naf_id, btid;
    *out = (struct uicc_gbanl){.btid = {0}};
    GBA_ENSURE(record.n > 0 && record.p[0] != EMPTY, GBA_E_ABSENT);
    GBA_TRY(uicc_tlv_find(record, TAG_NAFID, &naf_id));
    GBA_TRY(uicc_tlv_find(record, TAG_BTID, &btid));
    GBA_TRY(gba_nafid_decode(naf_id, &out->naf));
    return gba_text_set(&out->btid, btid);
}

gba_rc uicc_gbanl_read(const struct uicc_card *card, uint16_t fid, unsigned number, struct uicc_gbanl *out)
{
    uint8_t record[256];
    gba_writer w = gba_writer_of(record, sizeof record);
    struct uicc_file file;
    GBA_TRY(uicc_select(card, fid, &file));
    GBA_TRY(uicc_read_record(card, &file, number, &w));
    return uicc_gbanl_decode(gba_writer_view(&w), out);
}
