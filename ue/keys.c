/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/keys.h"

#include "gba/base/lines.h"
#include "gba/base/stamp.h"
#include "gba/crypto/kdf.h"

static const char first_line[] = "keystrap-ue-state 1";
static const char *const modes[] = {[UE_MODE_NONE] = "none",
                                    [UE_MODE_ME] = "gba-me",
                                    [UE_MODE_U] = "gba-u",
                                    [UE_MODE_2G] = "2g-gba",
                                    [UE_MODE_DIGEST] = "gba-digest"};
static const enum uicc_app apps[] = {UICC_APP_ISIM, UICC_APP_USIM, UICC_APP_AUTO};

static gba_view app_name(enum uicc_app app)
{
    return gba_view_cstr(app == UICC_APP_AUTO ? "none" : uicc_app_name(app));
}

const char *ue_mode_name(enum ue_mode mode)
{
    return modes[mode];
}

/* ---- format ---- */

void ue_keys_put(const struct ue_keys *keys, gba_writer *w)
{
    gba_put_str(w, first_line);
    gba_put_u8(w, '\n');
    gba_put_line(w, "mode", gba_view_cstr(modes[keys->mode]));
    gba_put_line(w, "app", app_name(keys->app));
    gba_put_line(w, "impi", gba_text_view(&keys->impi));
    if (keys->tmpi.n > 0)
        gba_put_line(w, "tmpi", gba_text_view(&keys->tmpi));
    if (keys->mode == UE_MODE_NONE)
        return;
    gba_put_line(w, "btid", gba_text_view(&keys->btid));
    gba_put_hex_line(w, "rand", GBA_ARRAY(keys->rand.b));
    if (keys->mode == UE_MODE_DIGEST)
        gba_put_line(w, "nonce", gba_text_view(&keys->nonce));
    if (keys->mode != UE_MODE_U)
        gba_put_hex_line(w, "ks", GBA_ARRAY(keys->ks.b));
    gba_put_time_line(w, "created", keys->created_s);
    gba_put_time_line(w, "expires", keys->expires_s);
    if (keys->next.nonce.n == 0)
        return;
    gba_put_line(w, "nextnonce", gba_text_view(&keys->next.nonce));
    gba_put_line(w, "opaque", gba_text_view(&keys->next.opaque));
    gba_put_line(w, "algorithm", gba_digest_alg_name(keys->next.alg));
}

/* ---- parse ---- */

static gba_rc parse_mode(gba_view value, enum ue_mode *mode)
{
    for (int i = UE_MODE_NONE; i <= UE_MODE_DIGEST; i++) {
        if (gba_view_eq(value, gba_view_cstr(modes[i]))) {
            *mode = (enum ue_mode)i;
            return GBA_OK;
        }
    }
    return GBA_E_UE_STATE;
}

static gba_rc parse_app(gba_view value, enum uicc_app *app)
{
    for (size_t i = 0; i < sizeof apps / sizeof *apps; i++) {
        if (gba_view_eq(value, app_name(apps[i]))) {
            *app = apps[i];
            return GBA_OK;
        }
    }
    return GBA_E_UE_STATE;
}

static gba_rc parse_identity(gba_view *rest, struct ue_keys *keys)
{
    GBA_TRY(parse_mode(gba_get_line(rest, "mode"), &keys->mode));
    GBA_TRY(parse_app(gba_get_line(rest, "app"), &keys->app));
    gba_view impi = gba_get_line(rest, "impi");
    GBA_TRY(gba_impi_check(impi));
    GBA_TRY(gba_text_set(&keys->impi, impi));
    gba_view tmpi = gba_get_line(rest, "tmpi");
    GBA_ENSURE(!tmpi.p || gba_is_tmpi(tmpi), GBA_E_UE_STATE);
    return gba_text_set(&keys->tmpi, tmpi);
}

static gba_rc parse_next(gba_view *rest, struct ue_next *next)
{
    gba_view nonce = gba_get_line(rest, "nextnonce");
    if (nonce.p == NULL)
        return GBA_OK;
    GBA_ENSURE(nonce.n > 0, GBA_E_UE_STATE);
    GBA_TRY(gba_text_set(&next->nonce, nonce));
    GBA_TRY(gba_text_set(&next->opaque, gba_get_line(rest, "opaque")));
    return gba_digest_alg_parse(gba_get_line(rest, "algorithm"), &next->alg);
}

static gba_rc parse_session(gba_view *rest, struct ue_keys *keys)
{
    gba_view domain, btid = gba_get_line(rest, "btid");
    GBA_TRY(gba_btid_domain(btid, &domain));
    GBA_TRY(gba_text_set(&keys->btid, btid));
    GBA_TRY(gba_hex_parse(gba_get_line(rest, "rand"), keys->rand.b, sizeof keys->rand.b));
    if (keys->mode == UE_MODE_DIGEST) {
        gba_view nonce = gba_get_line(rest, "nonce");
        GBA_ENSURE(nonce.n > 0, GBA_E_UE_STATE);
        GBA_TRY(gba_text_set(&keys->nonce, nonce));
    }
    if (keys->mode != UE_MODE_U)
        GBA_TRY(gba_hex_parse(gba_get_line(rest, "ks"), keys->ks.b, sizeof keys->ks.b));
    GBA_TRY(gba_datetime_parse(gba_get_line(rest, "created"), &keys->created_s));
    GBA_TRY(gba_datetime_parse(gba_get_line(rest, "expires"), &keys->expires_s));
    return parse_next(rest, &keys->next);
}

static gba_rc parse_all(gba_view text, struct ue_keys *keys)
{
    gba_view line, rest;
    GBA_ENSURE(gba_view_split(text, '\n', &line, &rest), GBA_E_UE_STATE);
    GBA_ENSURE(gba_view_eq(line, gba_view_cstr(first_line)), GBA_E_UE_STATE);
    GBA_TRY(parse_identity(&rest, keys));
    if (keys->mode != UE_MODE_NONE)
        GBA_TRY(parse_session(&rest, keys));
    return rest.n == 0 ? GBA_OK : GBA_E_UE_STATE;
}

gba_rc ue_keys_parse(gba_view text, struct ue_keys *keys)
{
    *keys = (struct ue_keys){.mode = UE_MODE_NONE};
    gba_rc rc = parse_all(text, keys);
    if (rc != GBA_OK)
        gba_wipe(keys);
    return rc == GBA_OK ? GBA_OK : GBA_E_UE_STATE;
}

/* ---- use ---- */

gba_rc ue_keys_check(const struct ue_keys *keys, int64_t now_s)
{
    GBA_ENSURE(keys->mode != UE_MODE_NONE, GBA_E_UE_NOT_BOOTSTRAPPED);
    GBA_ENSURE(now_s < keys->expires_s, GBA_E_UE_EXPIRED);
    return GBA_OK;
}

gba_rc ue_keys_derive(const struct ue_keys *keys, const gba_nafid *naf, gba_ks_naf *ks_naf)
{
    uint8_t room[GBA_NAFID_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_ENSURE(keys->mode != UE_MODE_NONE && keys->mode != UE_MODE_U, GBA_E_BUG);
    gba_nafid_encode(naf, &w);
    struct gba_kdf_naf in = {&keys->ks, &keys->rand, gba_text_view(&keys->impi), gba_writer_view(&w)};
    if (keys->mode == UE_MODE_DIGEST)
        return gba_kdf_ks_naf_digest(&in, gba_text_view(&keys->nonce), ks_naf);
    return gba_kdf_ks_naf(&in, GBA_KDF_ME, ks_naf);
}
