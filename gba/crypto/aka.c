/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/aka.h"

#include "gba/crypto/hash.h"
#include "gba/crypto/milenage.h"
#include "gba/crypto/sqn.h"

/* f1 and f1*, and f2 to f5*, of either algorithm in the sizes of a 3GPP vector. */
struct macs {
    uint8_t a[8], s[8];
};

struct outputs {
    gba_res res;
    gba_ck ck;
    gba_ik ik;
    gba_ak ak, ak_s;
};

/* What f1 covers. */
struct f1_in {
    const gba_rand *rand;
    uint64_t sqn;
    gba_amf amf;
};

/* Where the MAC stands in AUTN and in AUTS. */
enum { AUTN_MAC = 8, AUTS_MAC = 6 };

static gba_rc check_tuak_sizes(const struct gba_tuak_profile *p)
{
    return p->mac_n == 8 && p->ck_n == 16 && p->ik_n == 16 ? GBA_OK : GBA_E_ALGORITHM;
}

static gba_rc tuak_macs(const gba_aka_key *key, const uint8_t in1[24], struct macs *out)
{
    uint8_t mac[2][32];
    GBA_TRY(check_tuak_sizes(&key->tuak));
    GBA_TRY(gba_tuak_f1(&key->k, &key->topc, &key->tuak, in1, mac));
    gba_copy(out->a, gba_view_of(mac[0], sizeof out->a));
    gba_copy(out->s, gba_view_of(mac[1], sizeof out->s));
    gba_wipe(&mac);
    return GBA_OK;
}

static gba_rc macs_of(const gba_aka_key *key, const struct f1_in *in, struct macs *out)
{
    uint8_t in1[24];
    gba_writer w = gba_writer_of(in1, sizeof in1);
    gba_put_view(&w, GBA_ARRAY(in->rand->b));
    gba_put_u48(&w, in->sqn);
    gba_put_view(&w, GBA_ARRAY(in->amf.b));
    if (key->alg == GBA_AKA_TUAK)
        return tuak_macs(key, in1, out);
    return gba_milenage_f1(&key->k, &key->opc, in1, out->a, out->s);
}

static gba_rc milenage_outputs(const gba_aka_key *key, const gba_rand *rand, struct outputs *out)
{
    struct gba_milenage_out m;
    GBA_TRY(gba_milenage_f2345(&key->k, &key->opc, rand, &m));
    *out = (struct outputs){.ck = m.ck, .ik = m.ik, .ak = m.ak, .ak_s = m.ak_s, .res.n = sizeof m.res};
    gba_copy(out->res.b, GBA_ARRAY(m.res));
    gba_wipe(&m);
    return GBA_OK;
}

static gba_rc tuak_outputs(const gba_aka_key *key, const gba_rand *rand, struct outputs *out)
{
    struct gba_tuak_out t = {.res.n = 0};
    GBA_TRY(check_tuak_sizes(&key->tuak));
    GBA_TRY(gba_tuak_f2345(&key->k, &key->topc, &key->tuak, rand, &t));
    *out = (struct outputs){.res = t.res, .ak = t.ak, .ak_s = t.ak_s};
    gba_copy(out->ck.b, gba_view_of(t.ck, sizeof out->ck.b));
    gba_copy(out->ik.b, gba_view_of(t.ik, sizeof out->ik.b));
    gba_wipe(&t);
    return GBA_OK;
}

static gba_rc outputs_of(const gba_aka_key *key, const gba_rand *rand, struct outputs *out)
{
    if (key->alg == GBA_AKA_TUAK)
        return tuak_outputs(key, rand, out);
    return milenage_outputs(key, rand, out);
}

static uint64_t ak_number(const gba_ak *ak)
{
    gba_reader r = gba_reader_of(GBA_ARRAY(ak->b));
    return gba_get_u48(&r);
}

static void put_vector(const struct outputs *f, const gba_rand *rand, gba_aka_vector *av)
{
    *av = (gba_aka_vector){.rand = *rand, .xres = f->res, .ck = f->ck, .ik = f->ik};
}

/*= TS 33.102 6.3.2 */
gba_rc gba_aka_generate(const gba_aka_key *key, const gba_rand *rand, uint64_t sqn, gba_amf amf,
                        gba_aka_vector *av)
{
    struct outputs f;
    struct macs mac;
    GBA_ENSURE(sqn <= GBA_SQN_MAX, GBA_E_NUMBER);
    GBA_TRY(macs_of(key, &(struct f1_in){rand, sqn, amf}, &mac));
    GBA_TRY(outputs_of(key, rand, &f));
    put_vector(&f, rand, av);
    gba_writer w = gba_writer_of(av->autn.b, sizeof av->autn.b);
    gba_put_u48(&w, sqn ^ ak_number(&f.ak));
    gba_put_view(&w, GBA_ARRAY(amf.b));
    gba_put_view(&w, GBA_ARRAY(mac.a));
    gba_wipe(&f);
    return GBA_OK;
}

/* Four octets at a time, or eight, xored together. */
static void fold(gba_view in, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < in.n; i++)
        out[i % n] ^= in.p[i];
}

/*= TS 33.102 6.8.1.2: c2 folds RES (with zeros behind), c3 folds CK and IK */
gba_rc gba_aka_triplet(const gba_aka_key *key, const gba_rand *rand, gba_triplet *out)
{
    struct outputs f;
    GBA_TRY(outputs_of(key, rand, &f));
    *out = (gba_triplet){.rand = *rand};
    fold(gba_view_of(f.res.b, f.res.n), out->sres, sizeof out->sres);
    fold(GBA_ARRAY(f.ck.b), out->kc, sizeof out->kc);
    fold(GBA_ARRAY(f.ik.b), out->kc, sizeof out->kc);
    gba_wipe(&f);
    return GBA_OK;
}

/*= TS 33.220 5.3.2: MAC xor the first 64 bits of SHA-1(IK). */
gba_rc gba_aka_autn_star(const gba_autn *autn, const gba_ik *ik, gba_autn *out)
{
    uint8_t sha1[GBA_HASH_MAX];
    gba_view part = GBA_ARRAY(ik->b);
    GBA_TRY(gba_hash_parts(GBA_HASH_SHA1, &part, 1, sha1));
    *out = *autn;
    for (unsigned i = 0; i < 8; i++)
        out->b[AUTN_MAC + i] ^= sha1[i];
    gba_wipe(&sha1);
    return GBA_OK;
}

/* Open out->av.autn, a plain AUTN, and compare its MAC. */
static gba_rc open_autn(const gba_aka_key *key, const gba_ak *ak, struct gba_aka_checked *out)
{
    struct macs mac;
    gba_reader r = gba_reader_of(GBA_ARRAY(out->av.autn.b));
    out->sqn = gba_get_u48(&r) ^ ak_number(ak);
    gba_get_bytes(&r, out->amf.b, sizeof out->amf.b);
    GBA_TRY(macs_of(key, &(struct f1_in){&out->av.rand, out->sqn, out->amf}, &mac));
    bool same = gba_ct_eq(GBA_ARRAY(mac.a), gba_get_view(&r, sizeof mac.a));
    gba_wipe(&mac);
    return same ? GBA_OK : GBA_E_MAC;
}

struct challenge {
    const gba_rand *rand;
    const gba_autn *autn;
    bool star;
};

/*= TS 33.102 6.3.3: the MAC is checked before SQN is looked at. */
static gba_rc check(const gba_aka_key *key, const struct challenge *in, struct gba_aka_checked *out)
{
    struct outputs f;
    gba_wipe(out);
    GBA_TRY(outputs_of(key, in->rand, &f));
    put_vector(&f, in->rand, &out->av);
    out->av.autn = *in->autn;
    gba_rc rc = in->star ? gba_aka_autn_star(in->autn, &f.ik, &out->av.autn) : GBA_OK;
    if (rc == GBA_OK)
        rc = open_autn(key, &f.ak, out);
    if (rc != GBA_OK)
        gba_wipe(out);
    gba_wipe(&f);
    return rc;
}

gba_rc gba_aka_check(const gba_aka_key *key, const gba_rand *rand, const gba_autn *autn,
                     struct gba_aka_checked *out)
{
    return check(key, &(struct challenge){rand, autn, false}, out);
}

gba_rc gba_aka_check_star(const gba_aka_key *key, const gba_rand *rand, const gba_autn *autn_star,
                          struct gba_aka_checked *out)
{
    return check(key, &(struct challenge){rand, autn_star, true}, out);
}

static gba_rc star_ak(const gba_aka_key *key, const gba_rand *rand, uint64_t *ak_s)
{
    struct outputs f;
    GBA_TRY(outputs_of(key, rand, &f));
    *ak_s = ak_number(&f.ak_s);
    gba_wipe(&f);
    return GBA_OK;
}

/*= TS 33.102 6.3.3: MAC-S covers SQN_MS with AMF* = 0000. */
static gba_rc mac_s(const gba_aka_key *key, const gba_rand *rand, uint64_t sqn_ms, uint8_t out[8])
{
    struct macs mac;
    GBA_TRY(macs_of(key, &(struct f1_in){rand, sqn_ms, {{0, 0}}}, &mac));
    gba_copy(out, GBA_ARRAY(mac.s));
    gba_wipe(&mac);
    return GBA_OK;
}

gba_rc gba_aka_auts_make(const gba_aka_key *key, const gba_rand *rand, uint64_t sqn_ms, gba_auts *auts)
{
    uint64_t ak_s = 0;
    GBA_ENSURE(sqn_ms <= GBA_SQN_MAX, GBA_E_NUMBER);
    GBA_TRY(star_ak(key, rand, &ak_s));
    gba_writer w = gba_writer_of(auts->b, sizeof auts->b);
    gba_put_u48(&w, sqn_ms ^ ak_s);
    return mac_s(key, rand, sqn_ms, auts->b + AUTS_MAC);
}

gba_rc gba_aka_auts_open(const gba_aka_key *key, const gba_rand *rand, const gba_auts *auts, uint64_t *sqn_ms)
{
    uint64_t ak_s = 0;
    uint8_t mac[8];
    GBA_TRY(star_ak(key, rand, &ak_s));
    gba_reader r = gba_reader_of(GBA_ARRAY(auts->b));
    uint64_t sqn = gba_get_u48(&r) ^ ak_s;
    GBA_TRY(mac_s(key, rand, sqn, mac));
    bool same = gba_ct_eq(GBA_ARRAY(mac), gba_get_view(&r, sizeof mac));
    gba_wipe(&mac);
    GBA_ENSURE(same, GBA_E_MAC_S);
    *sqn_ms = sqn;
    return GBA_OK;
}

/*= TS 33.220 4.5.2 */
void gba_aka_ks(const gba_ck *ck, const gba_ik *ik, gba_ks *ks)
{
    gba_copy(ks->b, GBA_ARRAY(ck->b));
    gba_copy(ks->b + sizeof ck->b, GBA_ARRAY(ik->b));
}

void gba_aka_ks_split(const gba_ks *ks, gba_ck *ck, gba_ik *ik)
{
    gba_copy(ck->b, gba_view_of(ks->b, sizeof ck->b));
    gba_copy(ik->b, gba_view_of(ks->b + sizeof ck->b, sizeof ik->b));
}
