/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/session.h"

#include "gba/crypto/hash.h"
#include "gba/crypto/kdf.h"
#include "gba/wire/names.h"

enum { RECORD_VERSION = 2 };

/* The second octet of a record: these, and the GBA type above. */
enum { IS_GBA_U = 1, HAS_TMPI = 2, HAS_SETTINGS = 4, HAS_NONCE = 8, TYPE_SHIFT = 4 };

static uint8_t marks_of(const struct bsf_session *s)
{
    return (uint8_t)((s->mode == BSF_U ? IS_GBA_U : 0) | (s->tmpi ? HAS_TMPI : 0) |
                     (s->settings.p ? HAS_SETTINGS : 0) | (s->ub_nonce.n > 0 ? HAS_NONCE : 0) |
                     s->gba_type << TYPE_SHIFT);
}

static void put_text(gba_writer *w, const gba_text *t)
{
    gba_put_u8(w, (uint8_t)t->n);
    gba_put_view(w, gba_text_view(t));
}

gba_rc bsf_session_encode(const struct bsf_session *s, gba_writer *w)
{
    int64_t lifetime = s->expiry_s - s->created_s;
    GBA_ENSURE(s->settings.n <= BSF_GUSS_MAX, GBA_E_SPACE);
    GBA_ENSURE(s->gba_type <= UINT8_MAX >> TYPE_SHIFT, GBA_E_TOO_LONG);
    GBA_ENSURE(s->created_s >= 0 && s->created_s >> 48 == 0 && lifetime >= 0 && lifetime <= UINT32_MAX,
               GBA_E_TOO_LONG);
    gba_put_u8(w, RECORD_VERSION);
    gba_put_u8(w, marks_of(s));
    gba_put_u48(w, (uint64_t)s->created_s);
    gba_put_u32(w, (uint32_t)lifetime);
    gba_put_view(w, GBA_ARRAY(s->rand.b));
    gba_put_view(w, GBA_ARRAY(s->ks.b));
    put_text(w, &s->impi);
    put_text(w, &s->domain);
    if (s->ub_nonce.n > 0)
        put_text(w, &s->ub_nonce);
    gba_put_view(w, s->settings);
    return gba_writer_end(w);
}

static gba_rc get_text(gba_reader *r, gba_text *t)
{
    GBA_TRY(gba_text_set(t, gba_get_view(r, gba_get_u8(r))));
    return t->n > 0 ? GBA_OK : GBA_E_SESSION;
}

static gba_rc read_session(gba_reader *r, struct bsf_session *s)
{
    GBA_ENSURE(gba_get_u8(r) == RECORD_VERSION, GBA_E_SESSION);
    uint8_t marks = gba_get_u8(r);
    s->mode = marks & IS_GBA_U ? BSF_U : BSF_ME;
    s->tmpi = (marks & HAS_TMPI) != 0;
    s->gba_type = marks >> TYPE_SHIFT;
    s->created_s = (int64_t)gba_get_u48(r);
    s->expiry_s = s->created_s + gba_get_u32(r);
    gba_get_bytes(r, s->rand.b, sizeof s->rand.b);
    gba_get_bytes(r, s->ks.b, sizeof s->ks.b);
    GBA_TRY(get_text(r, &s->impi));
    GBA_TRY(get_text(r, &s->domain));
    s->ub_nonce = (gba_text){.n = 0};
    if (marks & HAS_NONCE)
        GBA_TRY(get_text(r, &s->ub_nonce));
    s->settings = (gba_view){NULL, 0};
    if (marks & HAS_SETTINGS)
        s->settings = gba_get_view(r, gba_reader_left(r));
    GBA_TRY(gba_reader_end(r));
    return s->settings.n <= BSF_GUSS_MAX ? GBA_OK : GBA_E_SESSION;
}

gba_rc bsf_session_decode(gba_view record, struct bsf_session *s)
{
    gba_reader r = gba_reader_of(record);
    if (read_session(&r, s) == GBA_OK)
        return GBA_OK;
    gba_wipe(s);
    return GBA_E_SESSION;
}

gba_rc bsf_session_btid(const struct bsf_session *s, gba_text *btid)
{
    return gba_btid_make(&s->rand, gba_text_view(&s->domain), btid);
}

/*= TS 33.220 B.4 */
gba_rc bsf_session_tmpi(const struct bsf_session *s, gba_text *tmpi)
{
    uint8_t text[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(text, sizeof text);
    const struct gba_kdf_naf in = {.ks = &s->ks, .rand = &s->rand, .impi = gba_text_view(&s->impi)};
    GBA_TRY(gba_kdf_tmpi(&in, gba_text_view(&s->domain), &w));
    GBA_TRY(gba_writer_end(&w));
    return gba_text_set(tmpi, gba_writer_view(&w));
}

/* ---- keys ---- */

static void cut(const uint8_t hash[GBA_HASH_MAX], bsf_store_key *key)
{
    gba_copy(key->b, gba_view_of(hash, sizeof key->b));
}

gba_rc bsf_key_of(enum bsf_key_kind kind, gba_view name, bsf_store_key *key)
{
    const uint8_t prefix[] = {(uint8_t)kind, ':'};
    const gba_view parts[] = {GBA_ARRAY(prefix), name};
    uint8_t hash[GBA_HASH_MAX];
    GBA_TRY(gba_hash_parts(GBA_HASH_SHA256, parts, 2, hash));
    cut(hash, key);
    return GBA_OK;
}

gba_rc bsf_owner_of(const gba_seal_key *key, gba_view impi, gba_view domain, bsf_store_key *owner)
{
    const gba_view parts[] = {GBA_LIT("o:"), impi, GBA_LIT("\0"), domain};
    uint8_t hash[GBA_HASH_MAX];
    GBA_TRY(gba_hmac_parts(GBA_HASH_SHA256, GBA_ARRAY(key->b), parts, 4, hash));
    cut(hash, owner);
    return GBA_OK;
}

/* ---- sealing ---- */

gba_rc bsf_session_seal(struct bsf_sealer *sealer, const gba_env *env, const bsf_store_key *key,
                        const struct bsf_session *s, gba_view *record)
{
    gba_seal_nonce nonce;
    gba_env_random(env, nonce.b, sizeof nonce.b);
    gba_writer plain = gba_writer_of(sealer->plain, sizeof sealer->plain);
    gba_writer sealed = gba_writer_of(sealer->sealed, sizeof sealer->sealed);
    GBA_TRY(bsf_session_encode(s, &plain));
    gba_rc rc = gba_seal_ring_seal(sealer->ring, GBA_ARRAY(key->b), &nonce, gba_writer_view(&plain), &sealed);
    gba_wipe_bytes(sealer->plain, plain.n);
    *record = gba_writer_view(&sealed);
    return rc;
}

gba_rc bsf_session_open(struct bsf_sealer *sealer, const bsf_store_key *key, gba_view record,
                        struct bsf_session *s)
{
    gba_writer w = gba_writer_of(sealer->plain, sizeof sealer->plain);
    GBA_TRY(gba_seal_ring_open(sealer->ring, GBA_ARRAY(key->b), record, &w));
    return bsf_session_decode(gba_writer_view(&w), s);
}
