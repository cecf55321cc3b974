/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/session.h"

enum { RECORD_VERSION = 1 };

gba_rc bsf_key_make(enum bsf_key_kind kind, gba_view name, bsf_key *key)
{
    GBA_ENSURE(name.n <= GBA_TEXT_MAX, GBA_E_TOO_LONG);
    gba_writer w = gba_writer_of(key->b, sizeof key->b);
    gba_put_u8(&w, (uint8_t)kind);
    gba_put_u8(&w, ':');
    gba_put_view(&w, name);
    key->n = w.n;
    return gba_writer_end(&w);
}

gba_view bsf_key_view(const bsf_key *key)
{
    return gba_view_of(key->b, key->n);
}

static void put_text(gba_writer *w, const gba_text *t)
{
    gba_put_u8(w, (uint8_t)t->n);
    gba_put_view(w, gba_text_view(t));
}

gba_rc bsf_session_encode(const struct bsf_session *s, gba_writer *w)
{
    GBA_ENSURE(s->guss.n <= BSF_GUSS_MAX, GBA_E_SPACE);
    gba_put_u8(w, RECORD_VERSION);
    gba_put_u8(w, (uint8_t)s->mode);
    gba_put_u8(w, (uint8_t)s->gba_type);
    gba_put_u64(w, (uint64_t)s->created_s);
    gba_put_u64(w, (uint64_t)s->expiry_s);
    gba_put_view(w, GBA_ARRAY(s->rand.b));
    gba_put_view(w, GBA_ARRAY(s->ks.b));
    put_text(w, &s->impi);
    put_text(w, &s->tmpi);
    gba_put_u8(w, s->guss.p != NULL);
    gba_put_u24(w, (uint32_t)s->guss.n);
    gba_put_view(w, s->guss);
    return gba_writer_end(w);
}

static gba_rc get_text(gba_reader *r, gba_text *t)
{
    return gba_text_set(t, gba_get_view(r, gba_get_u8(r)));
}

static gba_rc read_session(gba_reader *r, struct bsf_session *s)
{
    GBA_ENSURE(gba_get_u8(r) == RECORD_VERSION, GBA_E_SESSION);
    uint8_t mode = gba_get_u8(r);
    GBA_ENSURE(mode <= BSF_U, GBA_E_SESSION);
    s->mode = mode;
    s->gba_type = gba_get_u8(r);
    s->created_s = (int64_t)gba_get_u64(r);
    s->expiry_s = (int64_t)gba_get_u64(r);
    gba_get_bytes(r, s->rand.b, sizeof s->rand.b);
    gba_get_bytes(r, s->ks.b, sizeof s->ks.b);
    GBA_TRY(get_text(r, &s->impi));
    GBA_TRY(get_text(r, &s->tmpi));
    uint8_t has_guss = gba_get_u8(r);
    size_t n = gba_get_u24(r);
    GBA_ENSURE(has_guss <= 1 && n <= BSF_GUSS_MAX && (has_guss || n == 0), GBA_E_SESSION);
    s->guss = has_guss ? gba_get_view(r, n) : (gba_view){NULL, 0};
    GBA_TRY(gba_reader_end(r));
    return s->impi.n > 0 && s->created_s <= s->expiry_s ? GBA_OK : GBA_E_SESSION;
}

gba_rc bsf_session_decode(gba_view record, struct bsf_session *s)
{
    gba_reader r = gba_reader_of(record);
    if (read_session(&r, s) == GBA_OK)
        return GBA_OK;
    gba_wipe(s);
    return GBA_E_SESSION;
}

static gba_rc seal(struct bsf_sealer *sealer, const gba_env *env, const bsf_key *key, size_t n,
                   gba_view *record)
{
    gba_seal_nonce nonce;
    gba_env_random(env, nonce.b, sizeof nonce.b);
    gba_writer w = gba_writer_of(sealer->sealed, sizeof sealer->sealed);
    gba_rc rc = gba_seal(sealer->key, bsf_key_view(key), &nonce, gba_view_of(sealer->plain, n), &w);
    gba_wipe_bytes(sealer->plain, n);
    *record = gba_writer_view(&w);
    return rc;
}

static gba_rc open(struct bsf_sealer *sealer, const bsf_key *key, gba_view record, gba_view *plain)
{
    gba_writer w = gba_writer_of(sealer->plain, sizeof sealer->plain);
    GBA_TRY(gba_seal_open(sealer->key, bsf_key_view(key), record, &w));
    *plain = gba_writer_view(&w);
    return GBA_OK;
}

gba_rc bsf_session_seal(struct bsf_sealer *sealer, const gba_env *env, const bsf_key *key,
                        const struct bsf_session *s, gba_view *record)
{
    gba_writer w = gba_writer_of(sealer->plain, sizeof sealer->plain);
    GBA_TRY(bsf_session_encode(s, &w));
    return seal(sealer, env, key, w.n, record);
}

gba_rc bsf_session_open(struct bsf_sealer *sealer, const bsf_key *key, gba_view record, struct bsf_session *s)
{
    gba_view plain;
    GBA_TRY(open(sealer, key, record, &plain));
    return bsf_session_decode(plain, s);
}

gba_rc bsf_tmpi_seal(struct bsf_sealer *sealer, const gba_env *env, const bsf_key *key, gba_view impi,
                     gba_view *record)
{
    gba_writer w = gba_writer_of(sealer->plain, sizeof sealer->plain);
    gba_put_u8(&w, RECORD_VERSION);
    gba_put_view(&w, impi);
    GBA_TRY(gba_writer_end(&w));
    return seal(sealer, env, key, w.n, record);
}

gba_rc bsf_tmpi_open(struct bsf_sealer *sealer, const bsf_key *key, gba_view record, gba_text *impi)
{
    gba_view plain;
    GBA_TRY(open(sealer, key, record, &plain));
    GBA_ENSURE(plain.n > 1 && plain.p[0] == RECORD_VERSION, GBA_E_SESSION);
    return gba_text_set(impi, gba_view_sub(plain, 1, plain.n - 1));
}
