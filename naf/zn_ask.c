/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/zn_ask.h"

#include "gba/wire/guss.h"

gba_rc naf_zn_ask(const struct naf_conf *conf, struct naf_zn_question *q, struct dia_bir *bir)
{
    const struct naf_route *route = naf_conf_route(conf, q->btid);
    GBA_ENSURE(route != NULL, GBA_E_NAF_NO_ROUTE);
    gba_writer w = gba_writer_of(q->naf_id_room, sizeof q->naf_id_room);
    gba_nafid_encode(&q->nafid, &w);
    *bir = (struct dia_bir){
        .route =
            {
                .origin_host = gba_text_view(&conf->diameter.identity),
                .origin_realm = gba_text_view(&conf->diameter.realm),
                .dest_realm = gba_text_view(&route->realm),
            },
        .btid = q->btid,
        .naf_id = gba_writer_view(&w),
        .gba_u_aware = q->service->uicc_keys,
    };
    if (route->host.n > 0)
        bir->route.dest_host = gba_text_view(&route->host);
    if (q->service->gsid.n > 0)
        bir->gsids[bir->n_gsids++] = gba_text_view(&q->service->gsid);
    return gba_writer_end(&w);
}

gba_rc naf_zn_result(const struct dia_result *result)
{
    if (!result->experimental)
        return result->code == DIA_SUCCESS ? GBA_OK : GBA_E_NAF_BSF;
    switch (result->code) {
    case DIA_EXP_NOT_AUTHORIZED:
        return GBA_E_NAF_NOT_AUTHORIZED;
    case DIA_EXP_TRANSACTION_IDENTIFIER_INVALID:
        return GBA_E_NAF_BTID_UNKNOWN;
    default:
        return GBA_E_NAF_BSF;
    }
}

/* An identity that could leave its quotes is not passed on. */
static bool quotable(gba_view identity)
{
    for (size_t i = 0; i < identity.n; i++) {
        if (identity.p[i] < 0x20 || identity.p[i] == '"' || identity.p[i] == '\\' || identity.p[i] == 0x7f)
            return false;
    }
    return identity.n > 0;
}

static void put_identities(gba_writer *w, const struct gba_uss *uss)
{
    for (size_t i = 0; i < uss->n_uids; i++) {
        if (!quotable(uss->uids[i]))
            continue;
        gba_put_str(w, w->n > 0 ? ", \"" : "\"");
        gba_put_view(w, uss->uids[i]);
        gba_put_u8(w, '"');
    }
}

/* Only settings of the service's own GSID count (TS 33.220 4.5.3). */
static gba_rc learn_uss(const struct naf_zn_question *q, gba_view xml, struct naf_key *key)
{
    _Alignas(max_align_t) uint8_t room[24 * 1024];
    gba_arena arena = gba_arena_of(room, sizeof room);
    struct gba_guss settings;
    gba_writer w = gba_writer_of(key->identities, sizeof key->identities);
    if (gba_guss_parse(xml, &arena, &settings) != GBA_OK)
        return GBA_E_NAF_USS;
    for (size_t i = 0; i < settings.n_uss; i++) {
        if (!gba_gsid_eq(settings.uss[i].id, gba_text_view(&q->service->gsid)))
            continue;
        key->has_uss = true;
        put_identities(&w, &settings.uss[i]);
    }
    key->identities_n = (uint16_t)w.n;
    return gba_writer_end(&w) == GBA_OK ? GBA_OK : GBA_E_NAF_USS;
}

gba_rc naf_zn_learn(const struct naf_zn_question *q, const struct dia_bia *bia, struct naf_key *key)
{
    GBA_TRY(naf_zn_result(&bia->result));
    GBA_ENSURE(bia->has_me_key || (bia->has_uicc_key && q->service->uicc_keys), GBA_E_NAF_BSF);
    key->nafid = q->nafid;
    key->me = bia->me_key;
    key->uicc = bia->uicc_key;
    key->has_me = bia->has_me_key;
    key->has_uicc = bia->has_uicc_key;
    key->gba_type = bia->gba_type;
    key->expiry_s = bia->has_expiry ? bia->expiry_s : INT64_MAX;
    key->creation_s = bia->has_creation ? bia->creation_s : 0;
    key->has_uss = false;
    key->identities_n = 0;
    GBA_TRY(gba_text_set(&key->btid, q->btid));
    GBA_TRY(gba_text_set(&key->impi, bia->impi));
    if (bia->uss_list.p != NULL && q->service->gsid.n > 0)
        GBA_TRY(learn_uss(q, bia->uss_list, key));
    return GBA_OK;
}
