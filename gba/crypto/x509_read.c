/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading certificates.  libcrypto 3.0 makes a new decoder for the key of each, which
 * takes longer than verifying a signature with it; and a handshake asks several
 * questions about the same certificates, most of them anchors.  So the last ones are
 * kept in atomic slots, chosen by an octet of the signature: whoever looks one up swaps
 * it out and back in, and reads anew when the slot is empty or has another.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdatomic.h>

#include "gba/crypto/x509_int.h"

enum { SLOTS = 64, KEPT_MAX = 4096 };

static _Atomic(X509 *) kept[SLOTS];

static _Atomic(X509 *) *slot_of(gba_view der)
{
    return &kept[der.p[der.n - 1] % SLOTS];
}

static bool has_octets(const X509 *cert, gba_view der)
{
    uint8_t room[KEPT_MAX], *p = room;
    return i2d_X509(cert, NULL) == (int)der.n && i2d_X509(cert, &p) == (int)der.n &&
           gba_view_eq(gba_view_of(room, der.n), der);
}

void gba_x509_keep(gba_view der, X509 *cert)
{
    if (der.n > 0 && der.n <= KEPT_MAX && X509_up_ref(cert) == 1)
        X509_free(atomic_exchange(slot_of(der), cert));
}

/* A reference of the caller's, or NULL. */
static X509 *find(gba_view der)
{
    if (der.n == 0 || der.n > KEPT_MAX)
        return NULL;
    X509 *cert = atomic_exchange(slot_of(der), NULL);
    if (!cert)
        return NULL;
    bool same = has_octets(cert, der) && X509_up_ref(cert) == 1;
    X509_free(atomic_exchange(slot_of(der), cert));
    return same ? cert : NULL;
}

/* Exactly one certificate, whatever its extensions. */
static X509 *decode(gba_view der)
{
    const unsigned char *p = der.p;
    X509 *cert = find(der);
    if (cert)
        return cert;
    cert = der.n <= INT32_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;
    if (cert && p == der.p + der.n) {
        gba_x509_keep(der, cert);
        return cert;
    }
    X509_free(cert);
    ERR_raise(ERR_LIB_X509, ERR_R_PASSED_INVALID_ARGUMENT);
    return NULL;
}

X509 *gba_x509_read(gba_view der)
{
    X509 *cert = decode(der);
    if (cert && !(X509_get_extension_flags(cert) & EXFLAG_INVALID))
        return cert;
    X509_free(cert);
    return NULL;
}

/* ---- PEM ---- */

bool gba_x509_pem_ended(void)
{
    unsigned long e = ERR_peek_last_error();
    return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

/* The next certificate; NULL at the end, and for one that is broken. */
static X509 *read_one(BIO *in)
{
    unsigned char *octets = NULL;
    long n = 0;
    if (PEM_bytes_read_bio(&octets, &n, NULL, PEM_STRING_X509, in, NULL, NULL) != 1)
        return NULL;
    X509 *cert = decode(gba_view_of(octets, (size_t)n));
    OPENSSL_free(octets);
    return cert;
}

STACK_OF(X509) * gba_x509_read_pem(gba_view pem)
{
    X509 *cert = NULL;
    BIO *in = pem.n > 0 && pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    STACK_OF(X509) *all = sk_X509_new_null();
    while (in && all && (cert = read_one(in)) && sk_X509_push(all, cert) > 0)
        cert = NULL;
    X509_free(cert);
    bool ended = gba_x509_pem_ended();
    BIO_free(in);
    if (ended && sk_X509_num(all) > 0)
        return all;
    sk_X509_pop_free(all, X509_free);
    return NULL;
}
