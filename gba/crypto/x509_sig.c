/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures over files, and the texts that keys and anchors come in. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "gba/crypto/x509_int.h"

gba_rc gba_x509_anchors_check(gba_view pem)
{
    ERR_set_mark();
    STACK_OF(X509) *certs = gba_x509_read_pem(pem);
    ERR_pop_to_mark();
    sk_X509_pop_free(certs, X509_free);
    return certs ? GBA_OK : GBA_E_CERT;
}

static EVP_PKEY *read_key(gba_view pem)
{
    char group[16] = "";
    BIO *bio = pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (key && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
        gba_view_eq(gba_view_cstr(group), GBA_LIT("prime256v1")))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static bool verifies(EVP_PKEY *key, gba_view content, gba_view signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature.p, signature.n, content.p, content.n) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

gba_rc gba_x509_signature_check(gba_view key_pem, gba_view content, gba_view signature)
{
    ERR_set_mark();
    EVP_PKEY *key = read_key(key_pem);
    gba_rc rc = key ? GBA_OK : GBA_E_CERT;
    if (rc == GBA_OK && !verifies(key, content, signature))
        rc = GBA_E_SIGNATURE;
    EVP_PKEY_free(key);
    ERR_pop_to_mark();
    return rc;
}
