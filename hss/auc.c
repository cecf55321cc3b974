/* SPDX-License-Identifier: Apache-2.0 */
#include "hss/auc.h"

#include "gba/crypto/digest.h"

/*= TS 29.109 6.2.2, TS 29.229 6.2; results without a row are DIAMETER_UNABLE_TO_COMPLY. */
static const struct {
    gba_rc reason;
    struct dia_result result;
} results[] = {
    {GBA_OK, {false, DIA_SUCCESS}},
    {GBA_E_HSS_UNKNOWN, {true, DIA_EXP_IDENTITY_UNKNOWN}},
    {GBA_E_HSS_SHARED, {true, DIA_EXP_OPERATION_NOT_ALLOWED}},
    {GBA_E_HSS_SCHEME, {true, DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED}},
    {GBA_E_HSS_BARRED, {false, DIA_AUTHORIZATION_REJECTED}},
    {GBA_E_DIA_BUSY, {false, DIA_TOO_BUSY}},
    {GBA_E_FILE, {false, DIA_TOO_BUSY}},
};

static struct dia_result result_of(gba_rc reason)
{
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        if (results[i].reason == reason)
            return results[i].result;
    }
    return (struct dia_result){false, DIA_UNABLE_TO_COMPLY};
}

void hss_auc_refuse(gba_rc reason, struct dia_maa *maa)
{
    gba_wipe(maa);
    maa->result = result_of(reason);
}

int64_t hss_auc_stamp(int64_t now_ms)
{
    return (now_ms + 999) / 1000;
}

/*= TS 33.102 6.3.5: MAC-S first; a wrong one leaves SQN_HE alone. */
static gba_rc resync(struct hss_auc *auc, const struct dia_mar *mar, struct hss_sub *sub,
                     struct hss_auc_order *order)
{
    uint64_t sqn_ms;
    GBA_TRY(gba_aka_auts_open(&sub->key, &mar->rand, &mar->auts, &sqn_ms));
    order->seq_ms = sqn_ms >> GBA_SQN_IND_BITS;
    order->resynced = hss_sqn_resync(&sub->sqn, sqn_ms, auc->ind);
    return GBA_OK;
}

static gba_rc make_vector(struct hss_auc *auc, const gba_env *env, struct hss_sub *sub, gba_aka_vector *av)
{
    uint64_t sqn;
    gba_rand rand;
    GBA_TRY(hss_sqn_take(&sub->sqn, auc->ind, &sqn));
    gba_env_random(env, rand.b, sizeof rand.b);
    return gba_aka_generate(&sub->key, &rand, sqn, sub->amf, av);
}

/* GUSS-Timestamp says when the BSF got what it holds; what it got after the
 * settings were loaded is what we would send (TS 29.109 4.2). */
static bool bsf_has_it(const struct hss_auc *auc, const struct dia_mar *mar)
{
    return mar->has_guss_stamp && mar->guss_stamp_s >= auc->loaded_s;
}

static gba_rc give_vector(struct hss_auc *auc, const gba_env *env, const struct dia_mar *mar,
                          struct hss_auc_order *order)
{
    struct hss_sub *sub = &auc->subs->sub[order->sub];
    GBA_ENSURE(sub->key.k.n > 0 && !sub->sim, GBA_E_HSS_SCHEME);
    if (mar->resync)
        GBA_TRY(resync(auc, mar, sub, order));
    GBA_TRY(make_vector(auc, env, sub, &order->maa.vector));
    order->maa.has_vector = true;
    return GBA_OK;
}

/* Those of the file in turn, or as many as are asked for out of K. */
static gba_rc give_triplet(const gba_env *env, struct hss_sub *sub, struct dia_maa *maa)
{
    gba_rand rand;
    GBA_ENSURE(sub->sim, GBA_E_HSS_SCHEME);
    maa->has_triplet = true;
    if (sub->n_triplets > 0) {
        maa->triplet = sub->triplets[sub->next_triplet++ % sub->n_triplets];
        return GBA_OK;
    }
    gba_env_random(env, rand.b, sizeof rand.b);
    return gba_aka_triplet(&sub->key, &rand, &maa->triplet);
}

/*= TS 29.229 6.3.36 */
static gba_rc give_digest(const struct hss_sub *sub, struct dia_maa *maa)
{
    GBA_ENSURE(sub->ha1.n > 0, GBA_E_HSS_SCHEME);
    maa->has_digest = true;
    maa->digest = (struct dia_sip_digest){
        .realm = gba_text_view(&sub->digest_realm),
        .algorithm = gba_digest_alg_name(sub->ha1.n == 16 ? GBA_DIGEST_MD5 : GBA_DIGEST_SHA256),
        .qop = gba_digest_qop_name(GBA_QOP_AUTH_INT),
        .ha1 = sub->ha1,
    };
    return GBA_OK;
}

static gba_rc give(struct hss_auc *auc, const gba_env *env, const struct dia_mar *mar,
                   struct hss_auc_order *order)
{
    struct hss_sub *sub = &auc->subs->sub[order->sub];
    order->maa.scheme = mar->scheme;
    if (mar->scheme.p == NULL || gba_view_eq(mar->scheme, GBA_LIT("Digest-AKAv1-MD5")))
        return give_vector(auc, env, mar, order);
    if (gba_view_eq(mar->scheme, auc->scheme_2g))
        return give_triplet(env, sub, &order->maa);
    if (gba_view_eq(mar->scheme, GBA_LIT("SIP Digest")))
        return give_digest(sub, &order->maa);
    return GBA_E_HSS_SCHEME;
}

static gba_rc serve(struct hss_auc *auc, const gba_env *env, const struct dia_mar *mar,
                    struct hss_auc_order *order)
{
    GBA_TRY(hss_subs_find(auc->subs, mar->impi, mar->impu, &order->sub));
    struct hss_sub *sub = &auc->subs->sub[order->sub];
    GBA_ENSURE(!sub->barred, GBA_E_HSS_BARRED);
    GBA_TRY(give(auc, env, mar, order));
    order->maa.impi = gba_text_view(&sub->impi);
    if (!bsf_has_it(auc, mar))
        order->maa.guss = sub->guss;
    return GBA_OK;
}

void hss_auc_step(struct hss_auc *auc, const gba_env *env, const struct dia_mar *mar,
                  struct hss_auc_order *order)
{
    gba_wipe(order);
    order->sub = GBA_SLOT_NONE;
    order->reason = serve(auc, env, mar, order);
    order->kind = order->reason == GBA_E_HSS_SQN_WAIT ? HSS_AUC_WAIT : HSS_AUC_REPLY;
    if (order->reason == GBA_OK)
        order->maa.result = result_of(GBA_OK);
    else
        hss_auc_refuse(order->reason, &order->maa);
}

bool hss_auc_wants(struct hss_auc *auc, uint32_t sub, uint64_t *limit)
{
    return sub != GBA_SLOT_NONE && hss_sqn_wants(&auc->subs->sub[sub].sqn, auc->block, limit);
}

void hss_auc_stored(struct hss_auc *auc, uint32_t sub, uint64_t limit, bool good)
{
    hss_sqn_stored(&auc->subs->sub[sub].sqn, limit, good);
}
