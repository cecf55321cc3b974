/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/kdf.h"

#include "gba/base/text.h"
#include "gba/crypto/hash.h"

enum { MAX_PARAMETERS = 8 };

/*= TS 33.220 B.2: S = FC || P0 || L0 || P1 || L1 || ... , Li in two octets behind Pi. */
gba_rc gba_kdf(gba_view key, uint16_t fc, const gba_view *p, size_t n, uint8_t out[32])
{
    uint8_t fixed[2 + 2 * MAX_PARAMETERS];
    gba_view s[1 + 2 * MAX_PARAMETERS];
    gba_writer w = gba_writer_of(fixed, sizeof fixed);
    GBA_ENSURE(n <= MAX_PARAMETERS, GBA_E_TOO_LONG);
    GBA_ENSURE(fc < 0xff || fc >= 0xff00, GBA_E_NUMBER);
    if (fc < 0xff)
        gba_put_u8(&w, (uint8_t)fc);
    else
        gba_put_u16(&w, fc);
    s[0] = gba_writer_view(&w);
    for (size_t i = 0; i < n; i++) {
        GBA_ENSURE(p[i].n <= UINT16_MAX, GBA_E_TOO_LONG);
        s[1 + 2 * i] = p[i];
        s[2 + 2 * i] = gba_view_of(fixed + w.n, 2);
        gba_put_u16(&w, (uint16_t)p[i].n);
    }
    return gba_hmac_parts(GBA_HASH_SHA256, key, s, 1 + 2 * n, out);
}

enum { FC_GBA = 0x01 };

/*= TS 33.220 B.3 */
gba_rc gba_kdf_ks_naf(const struct gba_kdf_naf *in, enum gba_kdf_use use, gba_ks_naf *out)
{
    gba_view label = use == GBA_KDF_UICC ? GBA_LIT("gba-u") : GBA_LIT("gba-me");
    gba_view p[] = {label, GBA_ARRAY(in->rand->b), in->impi, in->naf_id};
    return gba_kdf(GBA_ARRAY(in->ks->b), FC_GBA, p, 4, out->b);
}

/*= TS 33.220 B.6 */
gba_rc gba_kdf_ks_naf_digest(const struct gba_kdf_naf *in, gba_view nonce, gba_ks_naf *out)
{
    gba_view p[] = {GBA_LIT("gba-digest"), nonce, in->impi, in->naf_id};
    return gba_kdf(GBA_ARRAY(in->ks->b), FC_GBA, p, 4, out->b);
}

/*= TS 33.220 B.4: the BSF in the place of a NAF, with the id 0100000100. */
gba_rc gba_kdf_tmpi(const struct gba_kdf_naf *in_without_naf_id, gba_view bsf_name, gba_writer *w)
{
    static const uint8_t tmpi_id[5] = {0x01, 0x00, 0x00, 0x01, 0x00};
    uint8_t bsf_id[GBA_TEXT_MAX + sizeof tmpi_id];
    gba_writer id = gba_writer_of(bsf_id, sizeof bsf_id);
    struct gba_kdf_naf in = *in_without_naf_id;
    gba_ks_naf derived;
    gba_put_view(&id, bsf_name);
    gba_put_view(&id, GBA_ARRAY(tmpi_id));
    GBA_ENSURE(gba_writer_end(&id) == GBA_OK, GBA_E_TOO_LONG);
    in.naf_id = gba_writer_view(&id);
    GBA_TRY(gba_kdf_ks_naf(&in, GBA_KDF_ME, &derived));
    gba_put_b64(w, gba_view_of(derived.b, 24));
    gba_put_str(w, "@tmpi.bsf.3gppnetwork.org");
    gba_wipe(&derived);
    return gba_writer_end(w);
}

/*= TS 33.220 I.: key = Kc || Kc || RAND; RES is cut to 128 bits. */
gba_rc gba_kdf_2g_derive(const struct gba_kdf_2g *in, gba_res *res, gba_ks *ks)
{
    const gba_triplet *t = &in->triplet;
    uint8_t key[32], derived[32];
    gba_writer w = gba_writer_of(key, sizeof key);
    gba_put_view(&w, GBA_ARRAY(t->kc));
    gba_put_view(&w, GBA_ARRAY(t->kc));
    gba_put_view(&w, GBA_ARRAY(t->rand.b));
    gba_view for_res[] = {GBA_LIT("3gpp-gba-res"), GBA_ARRAY(t->sres)};
    gba_view for_ks[] = {GBA_ARRAY(in->ks_input), GBA_LIT("3gpp-gba-ks"), GBA_ARRAY(t->sres)};
    gba_rc rc = gba_kdf(GBA_ARRAY(key), FC_GBA, for_res, 2, derived);
    *res = (gba_res){.n = 16};
    gba_copy(res->b, gba_view_of(derived, 16));
    if (rc == GBA_OK)
        rc = gba_kdf(GBA_ARRAY(key), FC_GBA, for_ks, 3, ks->b);
    gba_wipe(&key);
    gba_wipe(&derived);
    return rc;
}

/*= TS 33.220 B.5 */
gba_rc gba_kdf_digest_passwd(const struct gba_kdf_digest *in, uint8_t passwd[32])
{
    gba_view p[] = {GBA_LIT("GBA_Digest_RESP"), GBA_ARRAY(in->tls_mk->b)};
    return gba_kdf(in->ha1, FC_GBA, p, 2, passwd);
}

/*= TS 33.220 B.5 */
gba_rc gba_kdf_digest_ks(const struct gba_kdf_digest *in, gba_view resp, gba_ks *ks)
{
    gba_view p[] = {GBA_LIT("GBA_Digest_Ks"), GBA_ARRAY(in->tls_mk->b), resp};
    return gba_kdf(in->ha1, FC_GBA, p, 3, ks->b);
}
