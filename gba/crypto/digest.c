/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/digest.h"

static const struct alg {
    const char *name;
    enum gba_hash hash;
    bool session, akav2;
} algs[] = {
    [GBA_DIGEST_MD5] = {"MD5", GBA_HASH_MD5, false, false},
    [GBA_DIGEST_MD5_SESS] = {"MD5-sess", GBA_HASH_MD5, true, false},
    [GBA_DIGEST_SHA256] = {"SHA-256", GBA_HASH_SHA256, false, false},
    [GBA_DIGEST_SHA256_SESS] = {"SHA-256-sess", GBA_HASH_SHA256, true, false},
    [GBA_DIGEST_AKAV1_MD5] = {"AKAv1-MD5", GBA_HASH_MD5, false, false},
    [GBA_DIGEST_AKAV2_MD5] = {"AKAv2-MD5", GBA_HASH_MD5, false, true},
    [GBA_DIGEST_AKAV2_SHA256] = {"AKAv2-SHA-256", GBA_HASH_SHA256, false, true},
};

static const char *const qops[] = {[GBA_QOP_AUTH] = "auth", [GBA_QOP_AUTH_INT] = "auth-int"};

gba_view gba_digest_alg_name(enum gba_digest_alg alg)
{
    return gba_view_cstr(algs[alg].name);
}

gba_rc gba_digest_alg_parse(gba_view token, enum gba_digest_alg *alg)
{
    for (unsigned i = 0; i < sizeof algs / sizeof *algs; i++) {
        if (gba_view_eq_nocase(token, gba_view_cstr(algs[i].name))) {
            *alg = (enum gba_digest_alg)i;
            return GBA_OK;
        }
    }
    return GBA_E_ALGORITHM;
}

gba_view gba_digest_qop_name(enum gba_digest_qop qop)
{
    return gba_view_cstr(qops[qop]);
}

gba_rc gba_digest_qop_parse(gba_view token, enum gba_digest_qop *qop)
{
    for (unsigned i = 0; i < sizeof qops / sizeof *qops; i++) {
        if (gba_view_eq_nocase(token, gba_view_cstr(qops[i]))) {
            *qop = (enum gba_digest_qop)i;
            return GBA_OK;
        }
    }
    return GBA_E_ALGORITHM;
}

enum { MAX_FIELDS = 6 };

/* H of the fields with colons between them, as hexadecimal text. */
static gba_rc hash_fields(enum gba_hash h, const gba_view *fields, size_t n, struct gba_digest_hex *out)
{
    gba_view parts[2 * MAX_FIELDS];
    uint8_t hash[GBA_HASH_MAX];
    for (size_t i = 0; i < n; i++) {
        parts[2 * i] = fields[i];
        parts[2 * i + 1] = GBA_LIT(":");
    }
    GBA_TRY(gba_hash_parts(h, parts, 2 * n - 1, hash));
    gba_writer w = gba_writer_of(out->s, sizeof out->s - 1);
    gba_put_hex(&w, gba_view_of(hash, gba_hash_size(h)));
    out->n = w.n;
    out->s[w.n] = '\0';
    gba_wipe(&hash);
    return gba_writer_end(&w);
}

static gba_view hex_view(const struct gba_digest_hex *hex)
{
    return gba_view_of(hex->s, hex->n);
}

/*= RFC 7616 3.4.2 */
static gba_rc ha1_of(const struct gba_digest_in *in, struct gba_digest_hex *ha1)
{
    const struct alg *alg = &algs[in->alg];
    gba_view fields[] = {in->username, in->realm, in->password};
    GBA_TRY(hash_fields(alg->hash, fields, 3, ha1));
    if (!alg->session)
        return GBA_OK;
    struct gba_digest_hex first = *ha1;
    gba_view session[] = {hex_view(&first), in->nonce, in->cnonce};
    gba_rc rc = hash_fields(alg->hash, session, 3, ha1);
    gba_wipe(&first);
    return rc;
}

gba_rc gba_digest_ha1(const struct gba_digest_in *in, struct gba_digest_hex *out)
{
    return algs[in->alg].session ? GBA_E_ALGORITHM : ha1_of(in, out);
}

/*= RFC 7616 3.4.3 */
static gba_rc ha2_of(const struct gba_digest_in *in, gba_view method, struct gba_digest_hex *ha2)
{
    enum gba_hash h = algs[in->alg].hash;
    struct gba_digest_hex body;
    if (in->qop == GBA_QOP_AUTH)
        return hash_fields(h, (gba_view[]){method, in->uri}, 2, ha2);
    GBA_TRY(hash_fields(h, &in->body, 1, &body));
    return hash_fields(h, (gba_view[]){method, in->uri, hex_view(&body)}, 3, ha2);
}

/*= RFC 7616 3.4.1 */
static gba_rc digest(const struct gba_digest_in *in, gba_view method, struct gba_digest_hex *out)
{
    struct gba_digest_hex ha1, ha2;
    GBA_TRY(ha2_of(in, method, &ha2));
    GBA_TRY(ha1_of(in, &ha1));
    gba_view fields[] = {hex_view(&ha1), in->nonce, in->nc, in->cnonce, gba_digest_qop_name(in->qop),
                         hex_view(&ha2)};
    gba_rc rc = hash_fields(algs[in->alg].hash, fields, 6, out);
    gba_wipe(&ha1);
    return rc;
}

gba_rc gba_digest_response(const struct gba_digest_in *in, struct gba_digest_hex *out)
{
    return digest(in, in->method, out);
}

/*= RFC 7616 3.5: the same with an empty method. */
gba_rc gba_digest_rspauth(const struct gba_digest_in *in, struct gba_digest_hex *out)
{
    return digest(in, GBA_LIT(""), out);
}

/*= RFC 4169 3 */
gba_rc gba_digest_akav2_password(enum gba_digest_alg alg, const gba_aka_vector *av, gba_writer *w)
{
    uint8_t key[sizeof av->xres.b + sizeof av->ik.b + sizeof av->ck.b];
    uint8_t mac[GBA_HASH_MAX];
    gba_writer k = gba_writer_of(key, sizeof key);
    GBA_ENSURE(algs[alg].akav2, GBA_E_ALGORITHM);
    gba_put_view(&k, gba_view_of(av->xres.b, av->xres.n));
    gba_put_view(&k, GBA_ARRAY(av->ik.b));
    gba_put_view(&k, GBA_ARRAY(av->ck.b));
    gba_rc rc = gba_hmac(algs[alg].hash, gba_writer_view(&k), GBA_LIT("http-digest-akav2-password"), mac);
    if (rc == GBA_OK)
        gba_put_b64(w, gba_view_of(mac, gba_hash_size(algs[alg].hash)));
    gba_wipe(&key);
    gba_wipe(&mac);
    return rc == GBA_OK ? gba_writer_end(w) : rc;
}
