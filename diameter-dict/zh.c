/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/zh.h"

#include "diameter-dict/codec.h"
#include "gba/base/text.h"

static const gba_view no_view = {NULL, 0};

/* ---- MAR ---- */

/*= TS 29.109 4.2: the scheme, and RAND || AUTS on resynchronisation */
static void put_mar_item(struct dia_put *p, const struct dia_mar *mar)
{
    uint8_t authorization[sizeof mar->rand.b + sizeof mar->auts.b];
    gba_writer w = gba_writer_of(authorization, sizeof authorization);
    void *outer = dia_put_open(p, DIA_AVP_SIP_AUTH_DATA_ITEM);
    dia_put_view(p, DIA_AVP_SIP_AUTHENTICATION_SCHEME,
                 mar->scheme.p ? mar->scheme : GBA_LIT("Digest-AKAv1-MD5"));
    if (mar->resync) {
        gba_put_view(&w, GBA_ARRAY(mar->rand.b));
        gba_put_view(&w, GBA_ARRAY(mar->auts.b));
        dia_put_view(p, DIA_AVP_SIP_AUTHORIZATION, gba_writer_view(&w));
    }
    dia_put_close(p, outer);
}

enum { OLR_DEFAULT_ALGO = 1 };

/*= RFC 7683 7.1, 7.2: both sides say that they know the loss algorithm */
static void put_features(struct dia_put *p)
{
    void *outer = dia_put_open(p, DIA_AVP_OC_SUPPORTED_FEATURES);
    dia_put_number64(p, DIA_AVP_OC_FEATURE_VECTOR, OLR_DEFAULT_ALGO);
    dia_put_close(p, outer);
}

gba_rc dia_mar_encode(const struct dia_mar *mar, struct msg **out)
{
    struct dia_put p =
        dia_put_request(DIA_CMD_MAR, mar->application ? mar->application : DIA_APP_ZH, &mar->route);
    if (mar->again)
        dia_put_again(&p);
    dia_put_view(&p, DIA_AVP_USER_NAME, mar->impi);
    dia_put_view(&p, DIA_AVP_PUBLIC_IDENTITY, mar->impu);
    put_mar_item(&p, mar);
    if (mar->has_guss_stamp)
        dia_put_time(&p, DIA_AVP_GUSS_TIMESTAMP, mar->guss_stamp_s);
    if (mar->overload)
        put_features(&p);
    return dia_put_request_end(&p, out);
}

static void get_mar_item(struct dia_get *g, struct dia_mar *mar)
{
    uint8_t authorization[sizeof mar->rand.b + sizeof mar->auts.b];
    gba_reader r = gba_reader_of(GBA_ARRAY(authorization));
    struct dia_get item;
    if (!dia_get_group(g, DIA_AVP_SIP_AUTH_DATA_ITEM, &item))
        return;
    mar->scheme = dia_get_view(&item, DIA_AVP_SIP_AUTHENTICATION_SCHEME);
    if (item.count[DIA_AVP_SIP_AUTHORIZATION] > 0) {
        dia_need_bytes(&item, DIA_AVP_SIP_AUTHORIZATION, authorization, sizeof authorization);
        mar->resync = item.rc == GBA_OK;
    }
    if (mar->resync) {
        gba_get_bytes(&r, mar->rand.b, sizeof mar->rand.b);
        gba_get_bytes(&r, mar->auts.b, sizeof mar->auts.b);
    }
    dia_get_join(g, &item);
}

gba_rc dia_mar_decode(struct msg *msg, struct dia_mar *mar, struct dia_fault *fault)
{
    struct dia_get g = dia_get_open(msg);
    *mar = (struct dia_mar){.resync = false};
    dia_get_route(&g, &mar->route);
    mar->impi = dia_get_view(&g, DIA_AVP_USER_NAME);
    mar->impu = dia_get_view(&g, DIA_AVP_PUBLIC_IDENTITY);
    if (mar->impi.n == 0 && mar->impu.n == 0)
        dia_get_fail(&g, DIA_AVP_USER_NAME, GBA_E_DIA_MISSING);
    get_mar_item(&g, mar);
    mar->overload = g.count[DIA_AVP_OC_SUPPORTED_FEATURES] > 0;
    mar->has_guss_stamp = dia_get_time(&g, DIA_AVP_GUSS_TIMESTAMP, &mar->guss_stamp_s);
    return dia_get_end(&g, fault);
}

/* ---- MAA ---- */

/*= TS 29.109 4.2, TS 29.229 6.3.13: one vector, as raw octets */
static void put_vector(struct dia_put *p, const gba_aka_vector *vector)
{
    uint8_t authenticate[sizeof vector->rand.b + sizeof vector->autn.b];
    gba_writer w = gba_writer_of(authenticate, sizeof authenticate);
    gba_put_view(&w, GBA_ARRAY(vector->rand.b));
    gba_put_view(&w, GBA_ARRAY(vector->autn.b));
    dia_put_view(p, DIA_AVP_SIP_AUTHENTICATE, gba_writer_view(&w));
    dia_put_view(p, DIA_AVP_SIP_AUTHORIZATION, gba_view_of(vector->xres.b, vector->xres.n));
    dia_put_view(p, DIA_AVP_CONFIDENTIALITY_KEY, GBA_ARRAY(vector->ck.b));
    dia_put_view(p, DIA_AVP_INTEGRITY_KEY, GBA_ARRAY(vector->ik.b));
}

static void put_triplet(struct dia_put *p, const gba_triplet *triplet)
{
    dia_put_view(p, DIA_AVP_SIP_AUTHENTICATE, GBA_ARRAY(triplet->rand.b));
    dia_put_view(p, DIA_AVP_SIP_AUTHORIZATION, GBA_ARRAY(triplet->sres));
    dia_put_view(p, DIA_AVP_CONFIDENTIALITY_KEY, GBA_ARRAY(triplet->kc));
}

/*= TS 29.229 6.3.36, 6.3.41: H(A1) in hexadecimal digits */
static void put_digest(struct dia_put *p, const struct dia_sip_digest *digest)
{
    uint8_t hex[2 * sizeof digest->ha1.b];
    gba_writer w = gba_writer_of(hex, sizeof hex);
    void *outer = dia_put_open(p, DIA_AVP_SIP_DIGEST_AUTHENTICATE);
    gba_put_hex(&w, gba_view_of(digest->ha1.b, digest->ha1.n));
    dia_put_view(p, DIA_AVP_DIGEST_REALM, digest->realm);
    dia_put_view(p, DIA_AVP_DIGEST_ALGORITHM, digest->algorithm);
    dia_put_view(p, DIA_AVP_DIGEST_QOP, digest->qop);
    dia_put_view(p, DIA_AVP_DIGEST_HA1, gba_writer_view(&w));
    dia_put_close(p, outer);
    gba_wipe_bytes(hex, sizeof hex);
}

static void put_item(struct dia_put *p, const struct dia_maa *maa)
{
    if (!maa->has_vector && !maa->has_triplet && !maa->has_digest)
        return;
    void *outer = dia_put_open(p, DIA_AVP_SIP_AUTH_DATA_ITEM);
    dia_put_number(p, DIA_AVP_SIP_ITEM_NUMBER, 1);
    dia_put_view(p, DIA_AVP_SIP_AUTHENTICATION_SCHEME,
                 maa->scheme.p ? maa->scheme : GBA_LIT("Digest-AKAv1-MD5"));
    if (maa->has_vector)
        put_vector(p, &maa->vector);
    else if (maa->has_triplet)
        put_triplet(p, &maa->triplet);
    else
        put_digest(p, &maa->digest);
    dia_put_close(p, outer);
}

static void put_redirect(struct dia_put *p, const struct dia_maa *maa)
{
    for (size_t i = 0; i < maa->n_redirects; i++)
        dia_put_view(p, DIA_AVP_REDIRECT_HOST, maa->redirect_hosts[i]);
    if (maa->n_redirects == 0 || maa->redirect_usage == DIA_REDIRECT_DONT_CACHE)
        return;
    dia_put_number(p, DIA_AVP_REDIRECT_HOST_USAGE, maa->redirect_usage);
    dia_put_number(p, DIA_AVP_REDIRECT_MAX_CACHE_TIME, maa->redirect_cache_s);
}

static void put_olr(struct dia_put *p, const struct dia_olr *olr)
{
    void *outer = dia_put_open(p, DIA_AVP_OC_OLR);
    dia_put_number64(p, DIA_AVP_OC_SEQUENCE_NUMBER, olr->sequence);
    dia_put_number(p, DIA_AVP_OC_REPORT_TYPE, olr->realm);
    if (olr->has_reduction)
        dia_put_number(p, DIA_AVP_OC_REDUCTION_PERCENTAGE, olr->reduction);
    if (olr->has_validity)
        dia_put_number(p, DIA_AVP_OC_VALIDITY_DURATION, olr->validity_s);
    dia_put_close(p, outer);
}

gba_rc dia_maa_encode(struct msg **msg, const struct dia_maa *maa)
{
    struct dia_route origin = {maa->origin_host, maa->origin_realm, no_view, no_view};
    struct dia_put p = dia_put_answer(*msg, &origin, maa->result);
    dia_put_view(&p, DIA_AVP_USER_NAME, maa->impi);
    put_item(&p, maa);
    dia_put_view(&p, DIA_AVP_GBA_USER_SEC_SETTINGS, maa->guss);
    put_redirect(&p, maa);
    if (maa->n_olrs > 0)
        put_features(&p);
    for (size_t i = 0; i < maa->n_olrs; i++)
        put_olr(&p, &maa->olrs[i]);
    return dia_put_answer_end(&p, msg);
}

enum { XRES_MIN = 4 };

static void get_vector(struct dia_get *item, gba_aka_vector *vector)
{
    uint8_t authenticate[sizeof vector->rand.b + sizeof vector->autn.b];
    gba_reader r = gba_reader_of(GBA_ARRAY(authenticate));
    dia_need_bytes(item, DIA_AVP_SIP_AUTHENTICATE, authenticate, sizeof authenticate);
    gba_view xres = dia_need_view(item, DIA_AVP_SIP_AUTHORIZATION);
    if (item->rc == GBA_OK && (xres.n < XRES_MIN || xres.n > sizeof vector->xres.b))
        dia_get_fail(item, DIA_AVP_SIP_AUTHORIZATION, GBA_E_DIA_LENGTH);
    dia_need_bytes(item, DIA_AVP_CONFIDENTIALITY_KEY, vector->ck.b, sizeof vector->ck.b);
    dia_need_bytes(item, DIA_AVP_INTEGRITY_KEY, vector->ik.b, sizeof vector->ik.b);
    if (item->rc != GBA_OK)
        return;
    gba_get_bytes(&r, vector->rand.b, sizeof vector->rand.b);
    gba_get_bytes(&r, vector->autn.b, sizeof vector->autn.b);
    gba_copy(vector->xres.b, xres);
    vector->xres.n = xres.n;
}

/* RAND alone, and no Integrity-Key. */
static bool is_triplet(struct dia_get *item)
{
    return item->count[DIA_AVP_INTEGRITY_KEY] == 0 &&
           dia_get_view(item, DIA_AVP_SIP_AUTHENTICATE).n == sizeof(gba_rand);
}

static void get_triplet(struct dia_get *item, gba_triplet *triplet)
{
    dia_need_bytes(item, DIA_AVP_SIP_AUTHENTICATE, triplet->rand.b, sizeof triplet->rand.b);
    dia_need_bytes(item, DIA_AVP_SIP_AUTHORIZATION, triplet->sres, sizeof triplet->sres);
    dia_need_bytes(item, DIA_AVP_CONFIDENTIALITY_KEY, triplet->kc, sizeof triplet->kc);
}

/* H(A1) in hexadecimal digits, 16 octets with MD5 and 32 with SHA-256. */
static gba_rc read_ha1(gba_view hex, gba_ha1 *ha1)
{
    ha1->n = hex.n / 2;
    GBA_ENSURE(ha1->n == 16 || ha1->n == 32, GBA_E_DIA_LENGTH);
    return gba_hex_parse(hex, ha1->b, ha1->n) == GBA_OK ? GBA_OK : GBA_E_DIA_VALUE;
}

static void get_digest(struct dia_get *item, struct dia_sip_digest *digest)
{
    struct dia_get inside;
    if (!dia_get_group(item, DIA_AVP_SIP_DIGEST_AUTHENTICATE, &inside))
        return;
    digest->realm = dia_need_view(&inside, DIA_AVP_DIGEST_REALM);
    digest->algorithm = dia_get_view(&inside, DIA_AVP_DIGEST_ALGORITHM);
    digest->qop = dia_get_view(&inside, DIA_AVP_DIGEST_QOP);
    gba_view ha1 = dia_need_view(&inside, DIA_AVP_DIGEST_HA1);
    gba_rc rc = inside.rc == GBA_OK ? read_ha1(ha1, &digest->ha1) : GBA_OK;
    if (rc != GBA_OK)
        dia_get_fail(&inside, DIA_AVP_DIGEST_HA1, rc);
    dia_get_join(item, &inside);
}

static void get_item(struct dia_get *g, struct dia_maa *maa)
{
    struct dia_get item;
    if (!dia_get_group(g, DIA_AVP_SIP_AUTH_DATA_ITEM, &item)) {
        dia_get_fail(g, DIA_AVP_SIP_AUTH_DATA_ITEM, GBA_E_DIA_MISSING);
        return;
    }
    bool digest = item.count[DIA_AVP_SIP_DIGEST_AUTHENTICATE] > 0;
    bool triplet = !digest && is_triplet(&item);
    maa->scheme = dia_get_view(&item, DIA_AVP_SIP_AUTHENTICATION_SCHEME);
    if (digest)
        get_digest(&item, &maa->digest);
    else if (triplet)
        get_triplet(&item, &maa->triplet);
    else
        get_vector(&item, &maa->vector);
    dia_get_join(g, &item);
    maa->has_digest = digest && g->rc == GBA_OK;
    maa->has_triplet = triplet && g->rc == GBA_OK;
    maa->has_vector = !digest && !triplet && g->rc == GBA_OK;
}

/*= RFC 6733 6.13, 6.14: an SLF says which HSS to ask */
static void get_redirect(struct dia_get *g, struct dia_maa *maa)
{
    gba_view hosts[16];
    size_t n = dia_get_views(g, DIA_AVP_REDIRECT_HOST, hosts, sizeof hosts / sizeof hosts[0]);
    if (n == 0)
        dia_get_fail(g, DIA_AVP_REDIRECT_HOST, GBA_E_DIA_MISSING);
    for (size_t i = 0; i < n && i < DIA_REDIRECTS; i++)
        maa->redirect_hosts[maa->n_redirects++] = hosts[i];
    (void)dia_get_number(g, DIA_AVP_REDIRECT_HOST_USAGE, &maa->redirect_usage);
    (void)dia_get_number(g, DIA_AVP_REDIRECT_MAX_CACHE_TIME, &maa->redirect_cache_s);
}

/*= RFC 7683 7.3: a report that cannot be read is none; the answer counts all the same */
static void get_olrs(const struct dia_get *g, struct dia_maa *maa)
{
    struct dia_get inside[DIA_OLRS];
    size_t n = dia_get_groups(g, DIA_AVP_OC_OLR, inside, DIA_OLRS);
    for (size_t i = 0; i < n; i++) {
        struct dia_olr *olr = &maa->olrs[maa->n_olrs];
        uint32_t type = 0;
        bool whole = dia_get_number64(&inside[i], DIA_AVP_OC_SEQUENCE_NUMBER, &olr->sequence) &&
                     dia_get_number(&inside[i], DIA_AVP_OC_REPORT_TYPE, &type) && type <= 1;
        olr->realm = type == 1;
        olr->has_reduction = dia_get_number(&inside[i], DIA_AVP_OC_REDUCTION_PERCENTAGE, &olr->reduction);
        olr->has_validity = dia_get_number(&inside[i], DIA_AVP_OC_VALIDITY_DURATION, &olr->validity_s);
        maa->n_olrs += whole && inside[i].rc == GBA_OK;
    }
}

gba_rc dia_maa_decode(struct msg *msg, struct dia_maa *maa)
{
    struct dia_fault fault;
    struct dia_get g = dia_get_open(msg);
    *maa = (struct dia_maa){.has_vector = false};
    dia_get_result(&g, &maa->result, &maa->said);
    if (maa->said == DIA_SUCCESS) {
        maa->impi = dia_get_view(&g, DIA_AVP_USER_NAME);
        maa->guss = dia_get_view(&g, DIA_AVP_GBA_USER_SEC_SETTINGS);
        get_item(&g, maa);
    } else if (!maa->result.experimental && maa->result.code == DIA_REDIRECT_INDICATION) {
        get_redirect(&g, maa);
    }
    get_olrs(&g, maa);
    maa->origin_host = dia_get_view(&g, DIA_AVP_ORIGIN_HOST);
    maa->origin_realm = dia_get_view(&g, DIA_AVP_ORIGIN_REALM);
    if (g.rc != GBA_OK) {
        gba_wipe(&maa->vector);
        gba_wipe(&maa->triplet);
        gba_wipe(&maa->digest);
    }
    return dia_get_end(&g, &fault);
}

/* ---- error answers ---- */

gba_rc dia_error_encode(struct msg **msg, const struct dia_route *origin, const struct dia_fault *fault)
{
    enum dia_avp avp = dia_avp_of(fault->avp_code, DIA_VENDOR_3GPP);
    if (avp == DIA_AVP_COUNT)
        avp = dia_avp_of(fault->avp_code, 0);
    struct dia_put p = dia_put_answer(*msg, origin, fault->result);
    if (avp != DIA_AVP_COUNT)
        dia_put_failed(&p, *msg, avp);
    return dia_put_answer_end(&p, msg);
}
