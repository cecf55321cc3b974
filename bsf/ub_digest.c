/* SPDX-License-Identifier: Apache-2.0 */
/* GBA_Digest, for subscribers with SIP Digest credentials (TS 33.220 M, TS 24.109 I). */
#include "bsf/ub_int.h"
#include "gba/crypto/kdf.h"
#include "gba/wire/names.h"

/*= TS 24.109 I.2: switched by configuration, in TLS, and the username is the IMPI */
gba_rc bsf_ub_digest_allowed(const struct bsf_ub_at *s)
{
    GBA_ENSURE(s->ub->conf->ub.gba_digest, GBA_E_UB_DIGEST_OFF);
    GBA_ENSURE(s->run->via.tls && s->run->via.tls_mk, GBA_E_UB_DIGEST_PLAIN);
    return gba_is_tmpi(s->run->ask.auth.username) ? GBA_E_IMPI : GBA_OK;
}

/* The nonce is as random as RAND is, and is found in its place. */
static void begin(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    c->type = BSF_DIGEST;
    c->mode = BSF_ME;
    gba_env_random(s->env, c->rand.b, sizeof c->rand.b);
}

gba_rc bsf_ub_digest_take(const struct bsf_ub_at *s, const struct dia_sip_digest *digest,
                          struct bsf_challenge *c)
{
    enum gba_digest_alg alg = GBA_DIGEST_MD5;
    begin(s, c);
    if (digest->algorithm.p)
        GBA_ENSURE(gba_digest_alg_parse(digest->algorithm, &alg) == GBA_OK, GBA_E_ZH_PROTOCOL);
    bool fits = (alg == GBA_DIGEST_MD5 && digest->ha1.n == 16) ||
                (alg == GBA_DIGEST_SHA256 && digest->ha1.n == 32);
    GBA_ENSURE(fits && gba_text_set(&c->digest.realm, digest->realm) == GBA_OK, GBA_E_ZH_PROTOCOL);
    c->digest.ha1 = digest->ha1;
    c->algs = 1U << alg;
    return GBA_OK;
}

gba_rc bsf_ub_digest_invent(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    gba_view user, domain;
    begin(s, c);
    (void)gba_view_split(s->run->ask.auth.username, '@', &user, &domain);
    c->algs = 1U << GBA_DIGEST_MD5;
    c->digest.ha1.n = 16;
    gba_env_random(s->env, c->digest.ha1.b, c->digest.ha1.n);
    return gba_text_set(&c->digest.realm, domain);
}

/* H(A1) in the form that both sides agree on. */
static gba_view ha1_of(const struct bsf_ub_at *s, const struct bsf_challenge *c, gba_writer *room)
{
    gba_view octets = gba_view_of(c->digest.ha1.b, c->digest.ha1.n);
    if (s->ub->conf->ub.digest_ha1 == BSF_HA1_HEX)
        gba_put_hex(room, octets);
    else
        gba_put_view(room, octets);
    return gba_writer_view(room);
}

/*= TS 33.220 M.6.3, B.5: bound to the TLS connection that the response came over */
gba_rc bsf_ub_digest_passwd(const struct bsf_ub_at *s, const struct bsf_challenge *c,
                            uint8_t room[BSF_UB_PASSWORD_MAX], gba_view *passwd)
{
    uint8_t ha1[2 * sizeof c->digest.ha1.b];
    gba_writer w = gba_writer_of(ha1, sizeof ha1);
    const struct gba_kdf_digest in = {ha1_of(s, c, &w), s->run->via.tls_mk};
    gba_rc rc = gba_kdf_digest_passwd(&in, room);
    *passwd = gba_view_of(room, 32);
    gba_wipe(&ha1);
    return rc;
}

/*= TS 33.220 B.5: RESP is the response, as octets */
gba_rc bsf_ub_digest_ks(const struct bsf_ub_at *s, struct bsf_challenge *c)
{
    uint8_t room[2 * sizeof c->digest.ha1.b], resp[GBA_HASH_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view hex = s->run->ask.auth.response;
    const struct gba_kdf_digest in = {ha1_of(s, c, &w), s->run->via.tls_mk};
    GBA_ENSURE(hex.n / 2 <= sizeof resp, GBA_E_UB_RESPONSE);
    gba_rc rc = gba_hex_parse(hex, resp, hex.n / 2);
    if (rc == GBA_OK)
        rc = gba_kdf_digest_ks(&in, gba_view_of(resp, hex.n / 2), &c->ks);
    gba_wipe(&room);
    return rc;
}
