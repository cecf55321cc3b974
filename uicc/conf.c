/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/conf.h"

#include <stddef.h>

#include "gba/crypto/milenage.h"
#include "gba/wire/names.h"
#include "uicc/dir.h"
#include "uicc/pin.h"

#include "config/card.opt"

static void check_milenage(const struct uicc_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->k.n != 16)
        gba_conf_fault(sink, "k", "Milenage needs a key of 16 octets");
    if ((conf->op.n > 0) == (conf->opc.n > 0))
        gba_conf_fault(sink, "opc", "Milenage needs either op or opc");
    if (conf->top.n > 0 || conf->topc.n > 0)
        gba_conf_fault(sink, "topc", "top and topc belong to algorithm tuak");
}

static void check_tuak(const struct uicc_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->k.n != 16 && conf->k.n != 32)
        gba_conf_fault(sink, "k", "TUAK needs a key of 16 or 32 octets");
    if ((conf->top.n > 0) == (conf->topc.n > 0))
        gba_conf_fault(sink, "topc", "TUAK needs either top or topc");
    if (conf->op.n > 0 || conf->opc.n > 0)
        gba_conf_fault(sink, "opc", "op and opc belong to algorithm milenage");
    if (conf->tuak_res_length != 4 && conf->tuak_res_length != 8 && conf->tuak_res_length != 16)
        gba_conf_fault(sink, "tuak_res_length", "must be 4, 8 or 16");
}

static bool all_digits(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
    }
    return true;
}

static enum uicc_app app_of(const struct gba_opt_hex *hex)
{
    struct uicc_aid aid = {.n = hex->n};
    gba_copy(aid.b, gba_view_of(hex->b, hex->n));
    return uicc_dir_app(&aid);
}

static void check_applications(const struct uicc_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->usim_aid.n == 0 && conf->isim_aid.n == 0)
        gba_conf_fault(sink, "usim_aid", "the card needs a USIM or an ISIM");
    if (conf->usim_aid.n > 0 && app_of(&conf->usim_aid) != UICC_APP_USIM)
        gba_conf_fault(sink, "usim_aid", "must begin with a0000000871002");
    if (conf->isim_aid.n > 0 && app_of(&conf->isim_aid) != UICC_APP_ISIM)
        gba_conf_fault(sink, "isim_aid", "must begin with a0000000871004");
    if (!all_digits(gba_text_view(&conf->imsi)))
        gba_conf_fault(sink, "imsi", "must be digits");
    if (conf->impi.n > 0 && gba_impi_check(gba_text_view(&conf->impi)) != GBA_OK)
        gba_conf_fault(sink, "impi", "must be user@domain");
}

void uicc_conf_check(const struct uicc_conf *conf, const struct gba_conf_sink *sink)
{
    struct uicc_pin pin = {.set = false};
    if (conf->algorithm == GBA_AKA_TUAK)
        check_tuak(conf, sink);
    else
        check_milenage(conf, sink);
    check_applications(conf, sink);
    if (conf->pin.n > 0 && uicc_pin_parse(gba_text_view(&conf->pin), &pin) != GBA_OK)
        gba_conf_fault(sink, "pin", "must be 4 to 8 digits");
    gba_wipe(&pin);
}

/* Only called with octets that fit dst: the rows bound them. */
static void take(void *dst, const struct gba_opt_hex *hex)
{
    gba_copy(dst, gba_view_of(hex->b, hex->n));
}

static gba_rc milenage_key(const struct uicc_conf *conf, gba_aka_key *key)
{
    gba_op op;
    GBA_ENSURE((conf->op.n == 16) != (conf->opc.n == 16), GBA_E_ALGORITHM);
    if (conf->opc.n > 0) {
        take(key->opc.b, &conf->opc);
        return GBA_OK;
    }
    take(op.b, &conf->op);
    gba_rc rc = gba_milenage_opc(&key->k, &op, &key->opc);
    gba_wipe(&op);
    return rc;
}

static gba_rc tuak_key(const struct uicc_conf *conf, gba_aka_key *key)
{
    gba_top top;
    GBA_ENSURE((conf->top.n == 32) != (conf->topc.n == 32), GBA_E_ALGORITHM);
    key->tuak =
        (struct gba_tuak_profile){(uint8_t)conf->tuak_iterations, 8, (uint8_t)conf->tuak_res_length, 16, 16};
    if (conf->topc.n > 0) {
        take(key->topc.b, &conf->topc);
        return GBA_OK;
    }
    take(top.b, &conf->top);
    gba_rc rc = gba_tuak_topc(&key->k, &top, key->tuak.iterations, &key->topc);
    gba_wipe(&top);
    return rc;
}

gba_rc uicc_conf_key(const struct uicc_conf *conf, gba_aka_key *key)
{
    *key = (gba_aka_key){.alg = conf->algorithm == GBA_AKA_TUAK ? GBA_AKA_TUAK : GBA_AKA_MILENAGE};
    GBA_ENSURE(conf->k.n == 16 || (conf->k.n == 32 && key->alg == GBA_AKA_TUAK), GBA_E_ALGORITHM);
    take(key->k.b, &conf->k);
    key->k.n = conf->k.n;
    gba_rc rc = key->alg == GBA_AKA_TUAK ? tuak_key(conf, key) : milenage_key(conf, key);
    if (rc != GBA_OK)
        gba_wipe(key);
    return rc;
}
