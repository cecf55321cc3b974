/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/soft_auth.h"

#include "gba/crypto/kdf.h"
#include "uicc/gba_u.h"
#include "uicc/soft_fs.h"
#include "uicc/tlv.h"

enum { CONTEXT_VGCS = 0x82, NAF_ID_MIN = 1 + 5, TAG_NAFID = 0x80, TAG_BTID = 0x81 };

static uint16_t sw_of(gba_rc rc)
{
    switch (rc) {
    case GBA_OK:
    case GBA_E_SQN: /* AUTS is a good answer */
        return UICC_SW_OK;
    case GBA_E_MAC:
        return UICC_SW_MAC;
    case GBA_E_CARD_PARAMETER:
        return UICC_SW_DATA;
    case GBA_E_CARD_CONDITION:
        return UICC_SW_CONDITIONS;
    case GBA_E_CARD_MEMORY:
        return UICC_SW_MEMORY;
    default:
        return UICC_SW_TECHNICAL;
    }
}

/* ---- challenges ---- */

typedef gba_rc check_fn(const gba_aka_key *key, const gba_rand *rand, const gba_autn *autn,
                        struct gba_aka_checked *out);

static void put_lv(gba_writer *w, gba_view v)
{
    gba_put_u8(w, (uint8_t)v.n);
    gba_put_view(w, v);
}

static gba_rc put_auts(struct uicc_soft *s, const gba_rand *rand, gba_writer *out)
{
    gba_auts auts;
    GBA_TRY(gba_aka_auts_make(&s->key, rand, gba_sqn_ms_highest(&s->sqn), &auts));
    gba_put_u8(out, UICC_TAG_SYNC);
    put_lv(out, GBA_ARRAY(auts.b));
    return GBA_E_SQN;
}

/*= TS 33.102 6.3.3: first the MAC, then the sequence number.  E_SQN: AUTS is in out. */
static gba_rc challenge(struct uicc_soft *s, gba_view data, check_fn *check, struct gba_aka_checked *checked,
                        gba_writer *out)
{
    gba_reader r = gba_reader_of(data);
    gba_rand rand;
    gba_autn autn;
    GBA_ENSURE(gba_get_u8(&r) == sizeof rand.b, GBA_E_CARD_PARAMETER);
    gba_get_bytes(&r, rand.b, sizeof rand.b);
    GBA_ENSURE(gba_get_u8(&r) == sizeof autn.b, GBA_E_CARD_PARAMETER);
    gba_get_bytes(&r, autn.b, sizeof autn.b);
    GBA_ENSURE(gba_reader_end(&r) == GBA_OK, GBA_E_CARD_PARAMETER);
    GBA_TRY(check(&s->key, &rand, &autn, checked));
    checked->av.rand = rand;
    if (gba_sqn_ms_accept(&s->sqn, checked->sqn) != GBA_OK)
        return put_auts(s, &rand, out);
    s->changed = true;
    return GBA_OK;
}

/*= TS 31.102 7.1.2.1: 3G security context */
static gba_rc context_3g(struct uicc_soft *s, gba_view data, gba_writer *out)
{
    struct gba_aka_checked checked = {.sqn = 0};
    gba_rc rc = challenge(s, data, gba_aka_check, &checked, out);
    if (rc == GBA_OK) {
        gba_put_u8(out, UICC_TAG_OK);
        put_lv(out, gba_view_of(checked.av.xres.b, checked.av.xres.n));
        put_lv(out, GBA_ARRAY(checked.av.ck.b));
        put_lv(out, GBA_ARRAY(checked.av.ik.b));
    }
    gba_wipe(&checked);
    return rc;
}

/* ---- GBA: bootstrapping ---- */

static gba_rc write_gbabp(struct uicc_soft *s, const struct uicc_soft_app *app)
{
    gba_writer ef = gba_writer_of(uicc_soft_content(s, app->gbabp), app->gbabp->size);
    put_lv(&ef, GBA_ARRAY(app->rand.b));
    gba_put_fill(&ef, 0xff, ef.cap - ef.n);
    return gba_writer_end(&ef);
}

/*= TS 33.220 5.3.2, G.1: Ks and RAND stay, RES leaves, EF_GBABP begins anew */
static gba_rc bootstrap(struct uicc_soft *s, gba_view data, gba_writer *out)
{
    struct uicc_soft_app *app = &s->app[s->dir];
    struct gba_aka_checked checked = {.sqn = 0};
    gba_rc rc = challenge(s, data, gba_aka_check_star, &checked, out);
    if (rc == GBA_OK) {
        gba_aka_ks(&checked.av.ck, &checked.av.ik, &app->ks);
        app->rand = checked.av.rand;
        app->has_ks = true;
        gba_put_u8(out, UICC_TAG_OK);
        put_lv(out, gba_view_of(checked.av.xres.b, checked.av.xres.n));
        rc = write_gbabp(s, app);
    }
    gba_wipe(&checked);
    return rc;
}

/* ---- GBA: NAF derivation ---- */

static uint8_t *record_of(struct uicc_soft *s, const struct uicc_soft_app *app, size_t i)
{
    return uicc_soft_content(s, app->gbanl) + i * UICC_SOFT_GBANL_RECORD;
}

static bool names(struct uicc_soft *s, const struct uicc_soft_app *app, size_t i, gba_view naf_id)
{
    gba_view held, record = gba_view_of(record_of(s, app, i), UICC_SOFT_GBANL_RECORD);
    return app->used[i] > 0 && uicc_tlv_find(record, TAG_NAFID, &held) == GBA_OK && gba_view_eq(held, naf_id);
}

/*= TS 33.220 G.2: the NAF's own record, else an empty one, else the one longest unused */
static size_t choose_record(struct uicc_soft *s, const struct uicc_soft_app *app, gba_view naf_id)
{
    size_t n = app->gbanl->size / UICC_SOFT_GBANL_RECORD, oldest = 0;
    for (size_t i = 0; i < n; i++) {
        if (names(s, app, i, naf_id))
            return i;
        if (app->used[i] < app->used[oldest])
            oldest = i;
    }
    return oldest;
}

gba_rc uicc_soft_int_key(struct uicc_soft *s, gba_view naf_id, gba_ks_naf *ks_int_naf)
{
    const struct uicc_soft_app *app = &s->app[s->dir];
    size_t n = app->gbanl ? app->gbanl->size / UICC_SOFT_GBANL_RECORD : 0;
    for (size_t i = 0; i < n; i++) {
        if (names(s, app, i, naf_id)) {
            *ks_int_naf = app->ks_int_naf[i];
            return GBA_OK;
        }
    }
    return GBA_E_ABSENT;
}

/* The record of EF_GBANL, made before anything is derived: it may not fit. */
static gba_rc make_record(struct uicc_soft *s, const struct uicc_soft_app *app, gba_view naf_id,
                          gba_writer *w)
{
    struct uicc_gbabp gbabp;
    gba_view ef = gba_view_of(uicc_soft_content(s, app->gbabp), app->gbabp->size);
    if (uicc_gbabp_decode(ef, &gbabp) != GBA_OK)
        gbabp.btid = (gba_text){0}; /* the ME wrote nonsense there */
    uicc_put_tlv(w, TAG_NAFID, naf_id);
    uicc_put_tlv(w, TAG_BTID, gba_text_view(&gbabp.btid));
    GBA_ENSURE(!w->bad, GBA_E_CARD_MEMORY);
    gba_put_fill(w, 0xff, w->cap - w->n);
    return GBA_OK;
}

static gba_rc derive_for(struct uicc_soft *s, gba_view naf_id, gba_view impi, gba_writer *out)
{
    struct uicc_soft_app *app = &s->app[s->dir];
    struct gba_kdf_naf in = {&app->ks, &app->rand, impi, naf_id};
    uint8_t record[UICC_SOFT_GBANL_RECORD];
    gba_writer w = gba_writer_of(record, sizeof record);
    gba_ks_naf ks_ext_naf, ks_int_naf;
    GBA_TRY(make_record(s, app, naf_id, &w));
    gba_rc rc = gba_kdf_ks_naf(&in, GBA_KDF_ME, &ks_ext_naf);
    if (rc == GBA_OK)
        rc = gba_kdf_ks_naf(&in, GBA_KDF_UICC, &ks_int_naf);
    if (rc == GBA_OK) {
        size_t i = choose_record(s, app, naf_id);
        gba_copy(record_of(s, app, i), GBA_ARRAY(record));
        app->ks_int_naf[i] = ks_int_naf;
        app->used[i] = ++app->turn;
        s->changed = true;
        gba_put_u8(out, UICC_TAG_OK);
        put_lv(out, GBA_ARRAY(ks_ext_naf.b));
    }
    gba_wipe(&ks_ext_naf);
    gba_wipe(&ks_int_naf);
    return rc;
}

/*= TS 31.102 7.1.2.3: DE Ln NAF_ID Li IMPI, behind the DE */
static gba_rc derive(struct uicc_soft *s, gba_view data, gba_writer *out)
{
    gba_reader r = gba_reader_of(data);
    gba_view naf_id = gba_get_view(&r, gba_get_u8(&r));
    gba_view impi = gba_get_view(&r, gba_get_u8(&r));
    GBA_ENSURE(gba_reader_end(&r) == GBA_OK && naf_id.n >= NAF_ID_MIN && impi.n > 0, GBA_E_CARD_PARAMETER);
    GBA_ENSURE(s->app[s->dir].has_ks, GBA_E_CARD_CONDITION);
    return derive_for(s, naf_id, impi, out);
}

/*= TS 31.102 7.1.2.1: GSM security context, TS 33.102 6.8.1.2: c2, c3 */
static gba_rc context_gsm(struct uicc_soft *s, gba_view data, gba_writer *out)
{
    gba_reader r = gba_reader_of(data);
    gba_rand rand;
    gba_triplet triplet;
    GBA_ENSURE(gba_get_u8(&r) == sizeof rand.b, GBA_E_CARD_PARAMETER);
    gba_get_bytes(&r, rand.b, sizeof rand.b);
    GBA_ENSURE(gba_reader_end(&r) == GBA_OK, GBA_E_CARD_PARAMETER);
    GBA_TRY(gba_aka_triplet(&s->key, &rand, &triplet));
    put_lv(out, GBA_ARRAY(triplet.sres));
    put_lv(out, GBA_ARRAY(triplet.kc));
    gba_wipe(&triplet);
    return GBA_OK;
}

/* ---- the command ---- */

static gba_rc context_gba(struct uicc_soft *s, gba_view data, gba_writer *out)
{
    gba_view rest = gba_view_sub(data, 1, data.n);
    uint8_t mode = data.n > 0 ? data.p[0] : 0;
    GBA_ENSURE(mode == UICC_TAG_BOOTSTRAP || mode == UICC_TAG_DERIVE, GBA_E_CARD_PARAMETER);
    return mode == UICC_TAG_BOOTSTRAP ? bootstrap(s, rest, out) : derive(s, rest, out);
}

uint16_t uicc_soft_authenticate(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    if (c->p1 != 0)
        return UICC_SW_PARAMETERS;
    if (s->dir == UICC_SOFT_MF)
        return UICC_SW_CONDITIONS;
    if (!uicc_soft_pin_open(s))
        return UICC_SW_SECURITY;
    if (c->p2 == UICC_CONTEXT_3G)
        return sw_of(context_3g(s, c->data, out));
    if (c->p2 == UICC_CONTEXT_GBA && s->gba)
        return sw_of(context_gba(s, c->data, out));
    if (c->p2 == UICC_CONTEXT_GSM && s->gsm && s->dir == UICC_SOFT_USIM)
        return sw_of(context_gsm(s, c->data, out));
    if (c->p2 == UICC_CONTEXT_GBA || c->p2 == UICC_CONTEXT_GSM || c->p2 == CONTEXT_VGCS)
        return UICC_SW_CONTEXT;
    return UICC_SW_PARAMETERS;
}
