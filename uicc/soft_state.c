/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/soft_state.h"

#include "uicc/soft_fs.h"

/* "KSCS" and the version of the layout. */
enum { MAGIC = 0x4b534353, LAYOUT = 1 };

static gba_view content(struct uicc_soft *s, const struct uicc_soft_file *file)
{
    return gba_view_of(uicc_soft_content(s, file), file->size);
}

static void save_app(struct uicc_soft *s, const struct uicc_soft_app *app, gba_writer *w)
{
    gba_put_u8(w, app->has_ks);
    gba_put_view(w, GBA_ARRAY(app->ks.b));
    gba_put_view(w, GBA_ARRAY(app->rand.b));
    gba_put_u32(w, app->turn);
    for (size_t i = 0; i < UICC_CONF_GBANL_MAX; i++) {
        gba_put_u32(w, app->used[i]);
        gba_put_view(w, GBA_ARRAY(app->ks_int_naf[i].b));
    }
    gba_put_u16(w, app->gbabp->size);
    gba_put_view(w, content(s, app->gbabp));
    gba_put_u16(w, app->gbanl->size);
    gba_put_view(w, content(s, app->gbanl));
}

void uicc_soft_save(struct uicc_soft *s, gba_writer *w)
{
    gba_put_u32(w, MAGIC);
    gba_put_u16(w, LAYOUT);
    gba_put_u8(w, (uint8_t)s->pin_tries);
    for (size_t i = 0; i < GBA_SQN_INDS; i++)
        gba_put_u64(w, s->sqn.seq[i]);
    for (size_t i = 0; i < UICC_SOFT_DIRS; i++) {
        gba_put_u8(w, s->app[i].gbabp != NULL);
        if (s->app[i].gbabp)
            save_app(s, &s->app[i], w);
    }
}

static void load_content(struct uicc_soft *s, const struct uicc_soft_file *file, gba_reader *r)
{
    if (gba_get_u16(r) != file->size)
        r->bad = true;
    gba_get_bytes(r, uicc_soft_content(s, file), file->size);
}

static void load_app(struct uicc_soft *s, struct uicc_soft_app *app, gba_reader *r)
{
    app->has_ks = gba_get_u8(r) != 0;
    gba_get_bytes(r, app->ks.b, sizeof app->ks.b);
    gba_get_bytes(r, app->rand.b, sizeof app->rand.b);
    app->turn = gba_get_u32(r);
    for (size_t i = 0; i < UICC_CONF_GBANL_MAX; i++) {
        app->used[i] = gba_get_u32(r);
        gba_get_bytes(r, app->ks_int_naf[i].b, sizeof app->ks_int_naf[i].b);
    }
    load_content(s, app->gbabp, r);
    load_content(s, app->gbanl, r);
}

static gba_rc load(struct uicc_soft *s, gba_reader *r)
{
    GBA_ENSURE(gba_get_u32(r) == MAGIC && gba_get_u16(r) == LAYOUT, GBA_E_CARD_STATE);
    s->pin_tries = gba_get_u8(r);
    GBA_ENSURE(s->pin_tries <= UICC_SOFT_PIN_TRIES, GBA_E_CARD_STATE);
    for (size_t i = 0; i < GBA_SQN_INDS; i++) {
        s->sqn.seq[i] = gba_get_u64(r);
        GBA_ENSURE(s->sqn.seq[i] <= GBA_SQN_MAX >> GBA_SQN_IND_BITS, GBA_E_CARD_STATE);
    }
    for (size_t i = 0; i < UICC_SOFT_DIRS; i++) {
        GBA_ENSURE(gba_get_u8(r) == (s->app[i].gbabp != NULL), GBA_E_CARD_STATE);
        if (s->app[i].gbabp)
            load_app(s, &s->app[i], r);
    }
    return gba_reader_end(r) == GBA_OK ? GBA_OK : GBA_E_CARD_STATE;
}

gba_rc uicc_soft_load(struct uicc_soft *s, gba_view state)
{
    gba_reader r = gba_reader_of(state);
    gba_rc rc = load(s, &r);
    if (rc != GBA_OK)
        gba_wipe(s);
    return rc;
}
