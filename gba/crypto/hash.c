/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdatomic.h>

/*
 * libcrypto 3 pays for a name look-up and several allocations at each fetch and
 * each new context, more than the hash itself.  So one ready context of a kind
 * is parked in an atomic slot: whoever needs it swaps it out and later back in,
 * and makes a new one if the slot is empty.  That is safe on any thread without
 * locks.  A parked context has been reset to an empty message or a zero key: it
 * holds no secret.
 */
static const char *const hash_names[] = {
    [GBA_HASH_MD5] = "MD5",
    [GBA_HASH_SHA1] = "SHA1",
    [GBA_HASH_SHA256] = "SHA256",
};

enum { HASHES = sizeof hash_names / sizeof *hash_names };

static _Atomic(EVP_MD_CTX *) parked_md[HASHES];
static _Atomic(EVP_MAC_CTX *) parked_mac[HASHES];
static _Atomic(EVP_CIPHER_CTX *) parked_aes;

static const uint8_t zero_key[16];

size_t gba_hash_size(enum gba_hash h)
{
    static const size_t sizes[] = {[GBA_HASH_MD5] = 16, [GBA_HASH_SHA1] = 20, [GBA_HASH_SHA256] = 32};
    return sizes[h];
}

static const uint8_t *octets(gba_view v)
{
    return v.p ? v.p : zero_key;
}

/* ---- hashes ---- */

static EVP_MD_CTX *new_md(enum gba_hash h)
{
    EVP_MD *md = EVP_MD_fetch(NULL, hash_names[h], NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!md || !ctx || EVP_DigestInit_ex2(ctx, md, NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_MD_free(md); /* the context keeps its own reference */
    return ctx;
}

static bool digest(EVP_MD_CTX *ctx, const gba_view *parts, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (EVP_DigestUpdate(ctx, octets(parts[i]), parts[i].n) != 1)
            return false;
    }
    return EVP_DigestFinal_ex(ctx, out, NULL) == 1 && EVP_DigestInit_ex2(ctx, NULL, NULL) == 1;
}

gba_rc gba_hash_parts(enum gba_hash h, const gba_view *parts, size_t n, uint8_t *out)
{
    EVP_MD_CTX *ctx = atomic_exchange(&parked_md[h], NULL);
    if (!ctx)
        ctx = new_md(h);
    GBA_ENSURE(ctx, GBA_E_CRYPTO);
    bool good = digest(ctx, parts, n, out);
    EVP_MD_CTX_free(good ? atomic_exchange(&parked_md[h], ctx) : ctx);
    return good ? GBA_OK : GBA_E_CRYPTO;
}

/* ---- HMAC ---- */

static EVP_MAC_CTX *new_mac(enum gba_hash h)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)hash_names[h], 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    if (ctx && EVP_MAC_CTX_set_params(ctx, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

static bool mac_of(EVP_MAC_CTX *ctx, gba_view key, const gba_view *parts, size_t n, uint8_t *out)
{
    if (EVP_MAC_init(ctx, octets(key), key.n, NULL) != 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (EVP_MAC_update(ctx, octets(parts[i]), parts[i].n) != 1)
            return false;
    }
    size_t size = 0;
    return EVP_MAC_final(ctx, out, &size, GBA_HASH_MAX) == 1 &&
           EVP_MAC_init(ctx, zero_key, sizeof zero_key, NULL) == 1;
}

gba_rc gba_hmac_parts(enum gba_hash h, gba_view key, const gba_view *parts, size_t n, uint8_t *out)
{
    uint8_t mac[GBA_HASH_MAX];
    EVP_MAC_CTX *ctx = atomic_exchange(&parked_mac[h], NULL);
    if (!ctx)
        ctx = new_mac(h);
    GBA_ENSURE(ctx, GBA_E_CRYPTO);
    bool good = mac_of(ctx, key, parts, n, mac);
    EVP_MAC_CTX_free(good ? atomic_exchange(&parked_mac[h], ctx) : ctx);
    if (good)
        gba_copy(out, gba_view_of(mac, gba_hash_size(h)));
    gba_wipe(&mac);
    return good ? GBA_OK : GBA_E_CRYPTO;
}

gba_rc gba_hmac(enum gba_hash h, gba_view key, gba_view message, uint8_t *out)
{
    return gba_hmac_parts(h, key, &message, 1, out);
}

/* ---- AES-128 ---- */

static EVP_CIPHER_CTX *new_aes(void)
{
    EVP_CIPHER *aes = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!aes || !ctx || EVP_EncryptInit_ex2(ctx, aes, NULL, NULL, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_CIPHER_free(aes);
    return ctx;
}

static bool encrypt(EVP_CIPHER_CTX *ctx, const uint8_t key[16], const uint8_t *in, uint8_t *out, int size)
{
    int done = 0;
    return EVP_EncryptInit_ex2(ctx, NULL, key, NULL, NULL) == 1 &&
           EVP_EncryptUpdate(ctx, out, &done, in, size) == 1 && done == size &&
           EVP_EncryptInit_ex2(ctx, NULL, zero_key, NULL, NULL) == 1;
}

gba_rc gba_aes128_blocks(const uint8_t key[16], const uint8_t *in, uint8_t *out, size_t n)
{
    GBA_ENSURE(n <= INT32_MAX / 16, GBA_E_TOO_LONG);
    EVP_CIPHER_CTX *ctx = atomic_exchange(&parked_aes, NULL);
    if (!ctx)
        ctx = new_aes();
    GBA_ENSURE(ctx, GBA_E_CRYPTO);
    bool good = encrypt(ctx, key, in, out, (int)(16 * n));
    EVP_CIPHER_CTX_free(good ? atomic_exchange(&parked_aes, ctx) : ctx);
    return good ? GBA_OK : GBA_E_CRYPTO;
}

gba_rc gba_aes128_block(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    return gba_aes128_blocks(key, in, out, 1);
}
