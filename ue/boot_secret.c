/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/boot_secret.h"

#include "gba/crypto/aka.h"

unsigned ue_boot_algs(const struct ue_boot_conf *conf)
{
    if (conf->gba == UE_GBA_DIGEST)
        return 1U << GBA_DIGEST_MD5 | 1U << GBA_DIGEST_SHA256;
    if (conf->gba == UE_GBA_3G && conf->akav2)
        return 1U << GBA_DIGEST_AKAV1_MD5 | 1U << GBA_DIGEST_AKAV2_MD5 | 1U << GBA_DIGEST_AKAV2_SHA256;
    return 1U << GBA_DIGEST_AKAV1_MD5;
}

/*= RFC 3310 3.3, RFC 4169 3 */
gba_rc ue_boot_secret_3g(struct ue_boot *b)
{
    const struct uicc_auth *auth = &b->auth;
    gba_writer w = gba_writer_of(b->password, sizeof b->password);
    gba_rc rc = GBA_OK;
    if (b->challenge.alg == GBA_DIGEST_AKAV1_MD5) {
        gba_put_view(&w, gba_view_of(auth->res.b, auth->res.n));
    } else {
        gba_aka_vector av = {.xres = auth->res, .ck = auth->ck, .ik = auth->ik};
        rc = auth->in_card ? GBA_E_UE_ALGORITHM : gba_digest_akav2_password(b->challenge.alg, &av, &w);
        gba_wipe(&av);
    }
    b->password_n = w.n;
    gba_aka_ks(&auth->ck, &auth->ik, &b->ks);
    return rc == GBA_OK ? gba_writer_end(&w) : rc;
}

gba_rc ue_boot_secret_2g(struct ue_boot *b, const gba_triplet *triplet)
{
    gba_res res;
    gba_writer w = gba_writer_of(b->password, sizeof b->password);
    b->gsm.triplet = *triplet;
    GBA_TRY(gba_kdf_2g_derive(&b->gsm, &res, &b->ks));
    gba_put_view(&w, gba_view_of(res.b, res.n));
    b->password_n = w.n;
    gba_wipe(&res);
    return gba_writer_end(&w);
}

/* H(A1) in the form that both sides agree on. */
static gba_view ha1_of(const struct ue_boot *b, uint8_t room[2 * sizeof b->ha1.b])
{
    gba_writer w = gba_writer_of(room, 2 * sizeof b->ha1.b);
    gba_view octets = gba_view_of(b->ha1.b, b->ha1.n);
    if (b->conf->digest.ha1_hex)
        gba_put_hex(&w, octets);
    else
        gba_put_view(&w, octets);
    return gba_writer_view(&w);
}

static gba_rc make_ha1(struct ue_boot *b)
{
    const struct gba_digest_in in = {
        .alg = b->challenge.alg,
        .username = gba_text_view(&b->result.impi),
        .realm = b->challenge.realm,
        .password = b->conf->digest.password,
    };
    struct gba_digest_hex hex;
    GBA_TRY(gba_digest_ha1(&in, &hex));
    b->ha1.n = hex.n / 2;
    gba_rc rc = gba_hex_parse(gba_view_of(hex.s, hex.n), b->ha1.b, b->ha1.n);
    gba_wipe(&hex);
    return rc;
}

gba_rc ue_boot_secret_digest(struct ue_boot *b, const gba_tls_mk *tls_mk)
{
    uint8_t room[2 * sizeof b->ha1.b];
    b->tls_mk = *tls_mk;
    GBA_TRY(make_ha1(b));
    const struct gba_kdf_digest in = {ha1_of(b, room), &b->tls_mk};
    gba_rc rc = gba_kdf_digest_passwd(&in, b->password);
    b->password_n = 32;
    gba_wipe(&room);
    return rc;
}

/*= TS 33.220 B.5: RESP is the response that was sent, as octets */
static gba_rc digest_ks(const struct ue_boot *b, gba_ks *ks)
{
    uint8_t room[2 * sizeof b->ha1.b], resp[GBA_HASH_MAX];
    const struct gba_digest_hex *sent = &b->challenge.response;
    const struct gba_kdf_digest in = {ha1_of(b, room), &b->tls_mk};
    gba_rc rc = gba_hex_parse(gba_view_of(sent->s, sent->n), resp, sent->n / 2);
    if (rc == GBA_OK)
        rc = gba_kdf_digest_ks(&in, gba_view_of(resp, sent->n / 2), ks);
    gba_wipe(&room);
    return rc;
}

gba_rc ue_boot_ks(const struct ue_boot *b, gba_ks *ks)
{
    if (b->conf->gba == UE_GBA_DIGEST)
        return digest_ks(b, ks);
    *ks = b->ks;
    return GBA_OK;
}

enum ue_mode ue_boot_mode(const struct ue_boot *b)
{
    static const enum ue_mode modes[] = {
        [UE_GBA_3G] = UE_MODE_ME, [UE_GBA_2G] = UE_MODE_2G, [UE_GBA_DIGEST] = UE_MODE_DIGEST};
    return b->auth.in_card ? UE_MODE_U : modes[b->conf->gba];
}

void ue_boot_forget(struct ue_boot *b)
{
    gba_wipe(&b->gsm);
    gba_wipe(&b->tls_mk);
    gba_wipe(&b->ha1);
    gba_wipe(&b->ks);
    gba_wipe(&b->password);
}
