/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/session.h"

#include "gba/wire/names.h"
#include "uicc/isim.h"
#include "uicc/usim.h"

/* ---- one operation: others kept out, application selected, PIN open ---- */

static gba_rc begin(const struct uicc_card *card)
{
    return card->begin ? card->begin(card->self) : GBA_OK;
}

static void end(const struct uicc_card *card)
{
    if (card->end)
        card->end(card->self);
}

static gba_rc activate(struct uicc_session *s)
{
    struct uicc_file adf;
    GBA_TRY(uicc_select_aid(s->card, uicc_aid_view(&s->aid), &adf));
    if (!adf.pin_enabled)
        return GBA_OK;
    s->pin_order.reference = adf.pin_reference;
    return uicc_pin_open(s->card, &s->pin, &s->pin_order);
}

static gba_rc enter(struct uicc_session *s)
{
    GBA_TRY(begin(s->card));
    gba_rc rc = activate(s);
    if (rc != GBA_OK)
        end(s->card);
    return rc;
}

/* ---- opening ---- */

/*= TS 23.003 13.3, 16.2: identity and BSF of a UE with an ISIM */
static gba_rc read_isim(struct uicc_session *s)
{
    struct uicc_isim isim;
    GBA_TRY(uicc_isim_read(s->card, &isim));
    GBA_TRY(gba_impi_check(gba_text_view(&isim.impi)));
    s->impi = isim.impi;
    s->gba_u = isim.gba;
    return gba_bsf_name_isim(gba_text_view(&s->impi), &s->bsf);
}

static gba_rc read_usim(struct uicc_session *s, unsigned mnc_n)
{
    struct uicc_usim usim;
    GBA_TRY(uicc_usim_read(s->card, &usim));
    if (usim.mnc_n == 0)
        usim.mnc_n = mnc_n;
    GBA_ENSURE(usim.mnc_n == 2 || usim.mnc_n == 3, GBA_E_CARD_MNC);
    s->imsi = usim.imsi;
    s->gba_u = usim.gba;
    GBA_TRY(gba_impi_from_imsi(gba_text_view(&s->imsi), usim.mnc_n, &s->impi));
    return gba_bsf_name_usim(gba_text_view(&s->imsi), usim.mnc_n, &s->bsf);
}

static gba_rc open_app(struct uicc_session *s, enum uicc_app want, unsigned mnc_n)
{
    GBA_TRY(uicc_dir_find(s->card, want, &s->aid));
    s->app = uicc_dir_app(&s->aid);
    GBA_TRY(activate(s));
    return s->app == UICC_APP_ISIM ? read_isim(s) : read_usim(s, mnc_n);
}

/* AUTO: an ISIM that nobody personalised is as good as none. */
static gba_rc open_any(struct uicc_session *s, const struct uicc_session_conf *conf)
{
    gba_rc rc = open_app(s, conf->app, conf->mnc_n);
    if (conf->app != UICC_APP_AUTO || s->app != UICC_APP_ISIM)
        return rc;
    if (rc == GBA_E_CARD_CONTENT || rc == GBA_E_CARD_FILE || rc == GBA_E_IMPI)
        return open_app(s, UICC_APP_USIM, conf->mnc_n);
    return rc;
}

gba_rc uicc_session_open(struct uicc_session *s, const struct uicc_card *card,
                         const struct uicc_session_conf *conf)
{
    *s = (struct uicc_session){.card = card, .pin_order = {1, conf->risk_last_try}};
    if (conf->pin.n > 0)
        GBA_TRY(uicc_pin_parse(conf->pin, &s->pin));
    gba_rc rc = begin(card);
    if (rc == GBA_OK) {
        rc = open_any(s, conf);
        end(card);
    }
    if (rc != GBA_OK)
        uicc_session_close(s);
    return rc;
}

void uicc_session_close(struct uicc_session *s)
{
    gba_wipe(s);
}

/* ---- AUTHENTICATE ---- */

static gba_rc answer(struct uicc_session *s, const gba_rand *rand, const gba_autn *autn,
                     struct uicc_auth *out)
{
    if (s->gba_u) {
        gba_rc rc = uicc_gba_u_bootstrap(s->card, rand, autn, out);
        if (!uicc_gba_u_unsupported(rc))
            return rc;
        s->gba_u = false;
    }
    return uicc_auth_3g(s->card, rand, autn, out);
}

gba_rc uicc_session_challenge(struct uicc_session *s, const gba_rand *rand, const gba_autn *autn,
                              struct uicc_auth *out)
{
    gba_wipe(out);
    GBA_TRY(enter(s));
    gba_rc rc = answer(s, rand, autn, out);
    end(s->card);
    return rc;
}

gba_rc uicc_session_gsm(struct uicc_session *s, const gba_rand *rand, gba_triplet *out)
{
    gba_wipe(out);
    GBA_TRY(enter(s));
    gba_rc rc = uicc_auth_gsm(s->card, rand, out);
    end(s->card);
    return rc;
}

gba_rc uicc_session_derive(struct uicc_session *s, gba_view naf_id, gba_ks_naf *ks_ext_naf)
{
    gba_wipe(ks_ext_naf);
    GBA_TRY(enter(s));
    gba_rc rc = uicc_gba_u_derive(s->card, naf_id, gba_text_view(&s->impi), ks_ext_naf);
    end(s->card);
    return rc;
}

/* ---- EF_GBABP ---- */

static uint16_t gbabp_fid(const struct uicc_session *s)
{
    return s->app == UICC_APP_ISIM ? UICC_ISIM_GBABP : UICC_USIM_GBABP;
}

gba_rc uicc_session_store(struct uicc_session *s, gba_view btid, gba_view lifetime)
{
    GBA_TRY(enter(s));
    gba_rc rc = uicc_gbabp_update(s->card, gbabp_fid(s), btid, lifetime);
    end(s->card);
    return rc;
}

gba_rc uicc_session_gbabp(struct uicc_session *s, struct uicc_gbabp *out)
{
    GBA_TRY(enter(s));
    gba_rc rc = uicc_gbabp_read(s->card, gbabp_fid(s), out);
    end(s->card);
    return rc;
}
