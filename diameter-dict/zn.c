/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/zn.h"

#include "diameter-dict/codec.h"

enum { GBA_TYPE_MAX = 2 };

static const gba_view no_view = {NULL, 0};

/* ---- BIR ---- */

/*= TS 29.109 5.2 */
gba_rc dia_bir_encode(const struct dia_bir *bir, struct msg **out)
{
    struct dia_put p = dia_put_request(DIA_CMD_BIR, DIA_APP_ZN, &bir->route);
    for (size_t i = 0; i < bir->n_gsids; i++)
        dia_put_view(&p, DIA_AVP_GAA_SERVICE_IDENTIFIER, bir->gsids[i]);
    dia_put_view(&p, DIA_AVP_TRANSACTION_IDENTIFIER, bir->btid);
    dia_put_view(&p, DIA_AVP_NAF_ID, bir->naf_id);
    if (bir->gba_u_aware)
        dia_put_number(&p, DIA_AVP_GBA_U_AWARENESS_INDICATOR, 1);
    return dia_put_request_end(&p, out);
}

gba_rc dia_bir_decode(struct msg *msg, struct dia_bir *bir, struct dia_fault *fault)
{
    struct dia_get g = dia_get_open(msg);
    uint32_t aware = 0;
    *bir = (struct dia_bir){.n_gsids = 0};
    dia_get_route(&g, &bir->route);
    bir->btid = dia_need_view(&g, DIA_AVP_TRANSACTION_IDENTIFIER);
    bir->naf_id = dia_need_view(&g, DIA_AVP_NAF_ID);
    bir->n_gsids = dia_get_views(&g, DIA_AVP_GAA_SERVICE_IDENTIFIER, bir->gsids, DIA_BIR_MAX_GSIDS);
    if (dia_get_number(&g, DIA_AVP_GBA_U_AWARENESS_INDICATOR, &aware) && aware > 1)
        dia_get_fail(&g, DIA_AVP_GBA_U_AWARENESS_INDICATOR, GBA_E_DIA_VALUE);
    bir->gba_u_aware = aware == 1;
    bir->n_routes = dia_get_views(&g, DIA_AVP_ROUTE_RECORD, bir->routes, DIA_BIR_MAX_ROUTES);
    return dia_get_end(&g, fault);
}

/* ---- BIA ---- */

gba_rc dia_bia_encode(struct msg **msg, const struct dia_bia *bia)
{
    struct dia_route origin = {bia->origin_host, bia->origin_realm, no_view, no_view};
    struct dia_put p = dia_put_answer(*msg, &origin, bia->result);
    dia_put_view(&p, DIA_AVP_USER_NAME, bia->impi);
    if (bia->has_me_key)
        dia_put_view(&p, DIA_AVP_ME_KEY_MATERIAL, GBA_ARRAY(bia->me_key.b));
    if (bia->has_uicc_key)
        dia_put_view(&p, DIA_AVP_UICC_KEY_MATERIAL, GBA_ARRAY(bia->uicc_key.b));
    if (bia->has_expiry)
        dia_put_time(&p, DIA_AVP_KEY_EXPIRY_TIME, bia->expiry_s);
    if (bia->has_creation)
        dia_put_time(&p, DIA_AVP_BOOTSTRAP_INFO_CREATION_TIME, bia->creation_s);
    dia_put_view(&p, DIA_AVP_GBA_USER_SEC_SETTINGS, bia->uss_list);
    /* absent means 0 */
    if (bia->gba_type != 0)
        dia_put_number(&p, DIA_AVP_GBA_TYPE, bia->gba_type);
    return dia_put_answer_end(&p, msg);
}

static void get_keys(struct dia_get *g, struct dia_bia *bia)
{
    bia->has_uicc_key = g->count[DIA_AVP_UICC_KEY_MATERIAL] > 0;
    bia->has_me_key = g->count[DIA_AVP_ME_KEY_MATERIAL] > 0 || !bia->has_uicc_key;
    if (bia->has_me_key)
        dia_need_bytes(g, DIA_AVP_ME_KEY_MATERIAL, bia->me_key.b, sizeof bia->me_key.b);
    if (bia->has_uicc_key)
        dia_need_bytes(g, DIA_AVP_UICC_KEY_MATERIAL, bia->uicc_key.b, sizeof bia->uicc_key.b);
}

static void get_grant(struct dia_get *g, struct dia_bia *bia)
{
    bia->impi = dia_get_view(g, DIA_AVP_USER_NAME);
    bia->has_expiry = dia_get_time(g, DIA_AVP_KEY_EXPIRY_TIME, &bia->expiry_s);
    bia->has_creation = dia_get_time(g, DIA_AVP_BOOTSTRAP_INFO_CREATION_TIME, &bia->creation_s);
    bia->uss_list = dia_get_view(g, DIA_AVP_GBA_USER_SEC_SETTINGS);
    if (dia_get_number(g, DIA_AVP_GBA_TYPE, &bia->gba_type) && bia->gba_type > GBA_TYPE_MAX)
        dia_get_fail(g, DIA_AVP_GBA_TYPE, GBA_E_DIA_VALUE);
    get_keys(g, bia);
}

gba_rc dia_bia_decode(struct msg *msg, struct dia_bia *bia)
{
    struct dia_fault fault;
    struct dia_get g = dia_get_open(msg);
    *bia = (struct dia_bia){.has_me_key = false};
    uint32_t said = 0;
    dia_get_result(&g, &bia->result, &said);
    if (!bia->result.experimental && bia->result.code == DIA_SUCCESS)
        get_grant(&g, bia);
    bia->origin_host = dia_get_view(&g, DIA_AVP_ORIGIN_HOST);
    bia->origin_realm = dia_get_view(&g, DIA_AVP_ORIGIN_REALM);
    if (g.rc != GBA_OK) {
        bia->has_me_key = bia->has_uicc_key = false;
        gba_wipe(&bia->me_key);
        gba_wipe(&bia->uicc_key);
    }
    return dia_get_end(&g, &fault);
}
