/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/seal.h"

#include <openssl/evp.h>

#include "gba/crypto/hash.h"

enum { NONCE = 12, TAG = 16 };

/* One GCM operation over a whole record. */
struct gcm {
    gba_seal_key key;
    gba_view nonce, name, in;
    uint8_t *out; /* in.n octets */
};

static bool encrypt(EVP_CIPHER_CTX *ctx, const struct gcm *g, uint8_t *tag)
{
    int n = 0;
    return EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, g->key.b, g->nonce.p) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &n, g->name.p, (int)g->name.n) == 1 &&
           EVP_EncryptUpdate(ctx, g->out, &n, g->in.p, (int)g->in.n) == 1 &&
           EVP_EncryptFinal_ex(ctx, g->out + g->in.n, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, tag) == 1;
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const struct gcm *g, const uint8_t *tag)
{
    int n = 0;
    uint8_t expected[TAG];
    gba_copy(expected, gba_view_of(tag, TAG));
    return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, g->key.b, g->nonce.p) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &n, g->name.p, (int)g->name.n) == 1 &&
           EVP_DecryptUpdate(ctx, g->out, &n, g->in.p, (int)g->in.n) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, expected) == 1 &&
           EVP_DecryptFinal_ex(ctx, g->out + g->in.n, &n) == 1;
}

gba_rc gba_seal(const gba_seal_key *key, gba_view name, const gba_seal_nonce *nonce, gba_view plain,
                gba_writer *w)
{
    gba_put_view(w, GBA_ARRAY(nonce->b));
    uint8_t *out = gba_put_room(w, plain.n);
    uint8_t *tag = gba_put_room(w, TAG);
    GBA_ENSURE(tag != NULL, GBA_E_SPACE);
    struct gcm g = {.nonce = GBA_ARRAY(nonce->b), .name = name, .in = plain, .out = out};
    GBA_TRY(gba_hmac(GBA_HASH_SHA256, GBA_ARRAY(key->b), name, g.key.b));
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx != NULL && encrypt(ctx, &g, tag);
    EVP_CIPHER_CTX_free(ctx);
    gba_wipe(&g);
    return ok ? GBA_OK : GBA_E_CRYPTO;
}

gba_rc gba_seal_open(const gba_seal_key *key, gba_view name, gba_view sealed, gba_writer *w)
{
    GBA_ENSURE(sealed.n >= GBA_SEAL_OVERHEAD, GBA_E_SEAL);
    size_t before = w->n;
    gba_view cipher = gba_view_sub(sealed, NONCE, sealed.n - GBA_SEAL_OVERHEAD);
    uint8_t *out = gba_put_room(w, cipher.n);
    GBA_ENSURE(out != NULL, GBA_E_SPACE);
    struct gcm g = {.nonce = gba_view_sub(sealed, 0, NONCE), .name = name, .in = cipher, .out = out};
    GBA_TRY(gba_hmac(GBA_HASH_SHA256, GBA_ARRAY(key->b), name, g.key.b));
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx != NULL && decrypt(ctx, &g, sealed.p + sealed.n - TAG);
    EVP_CIPHER_CTX_free(ctx);
    gba_wipe(&g);
    if (!ok) {
        gba_wipe_bytes(out, cipher.n);
        w->n = before;
    }
    return ok ? GBA_OK : GBA_E_SEAL;
}
