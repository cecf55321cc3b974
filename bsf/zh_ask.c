/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/zh_ask.h"

#include "gba/wire/names.h"

void bsf_zh_ask_mar(const struct bsf_conf *conf, const struct bsf_zh_ask *ask,
                    const struct bsf_zh_target *target, struct dia_mar *mar)
{
    *mar = (struct dia_mar){
        .route.origin_host = gba_text_view(&conf->diameter.identity),
        .route.origin_realm = gba_text_view(&conf->diameter.realm),
        .route.dest_realm = target->realm,
        .route.dest_host = target->host,
        .again = target->again,
        .overload = target->overload,
        .impi = ask->impi,
        .scheme = ask->scheme,
    };
    if (target->quirks)
        mar->application = target->quirks->application;
    if (target->quirks && !ask->scheme.p && target->quirks->scheme.n > 0)
        mar->scheme = gba_text_view(&target->quirks->scheme);
    if (ask->auts) {
        mar->resync = true;
        mar->rand = *ask->rand;
        mar->auts = *ask->auts;
    }
    if (ask->guss_stamp_s) {
        mar->has_guss_stamp = true;
        mar->guss_stamp_s = *ask->guss_stamp_s;
    }
}

/* Which AVP a code must stand in to mean it. */
enum where { RESULT, EXPERIMENTAL };

/*= TS 29.109 6.2: results, and what other HSS send in their place */
static const struct {
    enum where where;
    uint32_t code;
    gba_rc rc;
} meanings[] = {
    {RESULT, DIA_SUCCESS, GBA_OK},
    {EXPERIMENTAL, DIA_EXP_IDENTITY_UNKNOWN, GBA_E_ZH_IDENTITY},
    {EXPERIMENTAL, DIA_EXP_USER_UNKNOWN, GBA_E_ZH_IDENTITY},
    {EXPERIMENTAL, DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED, GBA_E_ZH_SCHEME},
    {RESULT, DIA_REDIRECT_INDICATION, GBA_E_ZH_REDIRECT},
    {RESULT, DIA_UNABLE_TO_DELIVER, GBA_E_ZH_BUSY},
    {RESULT, DIA_TOO_BUSY, GBA_E_ZH_OVERLOAD},
    {RESULT, DIA_UNABLE_TO_COMPLY, GBA_E_ZH_REFUSED},
    {RESULT, DIA_INVALID_AVP_VALUE, GBA_E_ZH_PROTOCOL},
    {RESULT, DIA_MISSING_AVP, GBA_E_ZH_PROTOCOL},
    {RESULT, DIA_AVP_OCCURS_TOO_MANY_TIMES, GBA_E_ZH_PROTOCOL},
    {RESULT, DIA_INVALID_AVP_LENGTH, GBA_E_ZH_PROTOCOL},
};

/* alike: the HSS is known to mix the two AVPs up, so the code alone counts. */
static gba_rc meaning_of(const struct dia_result *result, uint32_t code, bool alike)
{
    enum where where = result->experimental ? EXPERIMENTAL : RESULT;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].code == code && (alike || meanings[i].where == where))
            return meanings[i].rc;
    }
    if (result->experimental)
        return GBA_E_ZH_REFUSED;
    /* RFC 6733 7.1: 3xxx errors of the protocol, 4xxx of the moment, 5xxx for good. */
    return code / 1000 == 5 ? GBA_E_ZH_REFUSED : GBA_E_ZH_BUSY;
}

static gba_rc judge_vector(const struct bsf_zh_ask *ask, const struct dia_maa *maa)
{
    size_t n = maa->vector.xres.n;
    GBA_ENSURE(maa->has_vector || maa->has_triplet || maa->has_digest, GBA_E_ZH_PROTOCOL);
    GBA_ENSURE(!maa->has_vector || (n >= 4 && n <= sizeof maa->vector.xres.b), GBA_E_ZH_PROTOCOL);
    /* A vector of somebody else would give one user the keys of another. */
    GBA_ENSURE(maa->impi.p == NULL || gba_view_eq(maa->impi, ask->impi), GBA_E_ZH_PROTOCOL);
    return GBA_OK;
}

gba_rc bsf_zh_ask_means(const struct bsf_zh_ask *ask, const struct bsf_conf_zh_host *quirks, gba_rc rc,
                        const struct dia_maa *maa)
{
    bool alike = quirks && quirks->results == BSF_ZH_RESULTS_ALIKE;
    if (rc != GBA_OK)
        return gba_rc_class(rc) == GBA_CLASS_MALFORMED ? GBA_E_ZH_PROTOCOL : GBA_E_ZH_BUSY;
    rc = meaning_of(&maa->result, alike ? maa->said : maa->result.code, alike);
    if (rc == GBA_OK)
        return judge_vector(ask, maa);
    /* An HSS that cannot verify MAC-S says 5012. */
    return rc == GBA_E_ZH_REFUSED && ask->auts ? GBA_E_ZH_RESYNC : rc;
}

gba_rc bsf_zh_ask_redirect(gba_view uri, gba_text *host)
{
    gba_view rest = uri;
    if (gba_view_starts(uri, GBA_LIT("aaa://")))
        rest = gba_view_sub(uri, 6, uri.n);
    else if (gba_view_starts(uri, GBA_LIT("aaas://")))
        rest = gba_view_sub(uri, 7, uri.n);
    gba_view name, tail;
    (void)gba_view_split(rest, ';', &name, &tail);
    (void)gba_view_split(name, ':', &name, &tail);
    GBA_ENSURE(gba_is_fqdn(name), GBA_E_ZH_PROTOCOL);
    return gba_text_set(host, name);
}
