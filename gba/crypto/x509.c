/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/x509.h"

#include <openssl/err.h>

#include "gba/crypto/x509_int.h"
#include "gba/wire/chars.h"

/* SubjectPublicKeyInfo of a P-256 key up to its point: id-ecPublicKey, secp256r1, and
 * the octet 04 of an uncompressed one (RFC 5480). */
static const uint8_t p256_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
enum { P256_SPKI = 91, TAG_RELATIVE_OID = 13 };

bool gba_x509_time(const ASN1_TIME *t, int64_t *s)
{
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool good = t && epoch && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;
    ASN1_TIME_free(epoch);
    *s = (int64_t)days * 86400 + seconds;
    return good;
}

/* ---- keys ---- */

bool gba_x509_spki_is_p256(gba_view spki)
{
    const unsigned char *p = spki.p;
    if (spki.n != P256_SPKI || !gba_view_starts(spki, GBA_ARRAY(p256_head)))
        return false;
    ERR_set_mark();
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.n); /* is the point on the curve? */
    EVP_PKEY_free(key);
    ERR_pop_to_mark();
    return key != NULL;
}

bool gba_x509_key_is_p256(const X509 *cert)
{
    uint8_t spki[P256_SPKI], *p = spki;
    const X509_PUBKEY *key = X509_get_X509_PUBKEY(cert);
    return i2d_X509_PUBKEY(key, NULL) == P256_SPKI && i2d_X509_PUBKEY(key, &p) == P256_SPKI &&
           gba_view_starts(GBA_ARRAY(spki), GBA_ARRAY(p256_head)) &&
           X509_PUBKEY_get0(key) != NULL; /* read, so its point is on the curve */
}

/* ---- facts ---- */

static bool is_for_tls(X509 *cert)
{
    uint32_t roles = X509_get_extended_key_usage(cert); /* all bits when there is none */
    return roles & (XKU_SSL_CLIENT | XKU_SSL_SERVER | XKU_ANYEKU);
}

static bool has_signature_usage(X509 *cert)
{
    return (X509_get_extension_flags(cert) & EXFLAG_KUSAGE) &&
           (X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE);
}

gba_rc gba_x509_facts(gba_view der, struct gba_x509_facts *facts)
{
    ERR_set_mark();
    X509 *cert = gba_x509_read(der);
    bool good = cert && gba_x509_time(X509_get0_notAfter(cert), &facts->until_s);
    if (good) {
        facts->p256 = gba_x509_key_is_p256(cert);
        facts->ecdsa_sha256 = X509_get_signature_nid(cert) == NID_ecdsa_with_SHA256;
        facts->signs = has_signature_usage(cert);
        facts->for_tls = is_for_tls(cert);
    }
    X509_free(cert);
    ERR_pop_to_mark();
    return good ? GBA_OK : GBA_E_CERT;
}

/* ---- object identifiers in otherNames ---- */

bool gba_x509_is_oid(gba_view v)
{
    gba_view arc, rest = v;
    for (bool more = true; more;) {
        more = gba_view_split(rest, '.', &arc, &rest);
        if (arc.n == 0 || (arc.n > 1 && arc.p[0] == '0'))
            return false;
        for (size_t i = 0; i < arc.n; i++) {
            if (!gba_char_is_digit(arc.p[i]))
                return false;
        }
    }
    return true;
}

/* X.690 8.20: groups of seven bits, the top bit set in all but the last; shortest form. */
static bool put_relative(gba_writer *w, gba_view der)
{
    uint64_t arc = 0;
    bool inside = false;
    for (size_t i = 0; i < der.n; i++) {
        if ((!inside && der.p[i] == 0x80) || arc > UINT64_MAX >> 7)
            return false;
        arc = arc << 7 | (der.p[i] & 0x7f);
        inside = der.p[i] & 0x80;
        if (inside)
            continue;
        gba_put_u8(w, '.');
        gba_put_dec(w, arc);
        arc = 0;
    }
    return der.n > 0 && !inside;
}

static bool put_text_arcs(gba_writer *w, gba_view text, bool constraint)
{
    if (text.n == 0)
        return constraint;
    gba_put_u8(w, '.');
    gba_put_view(w, text);
    return gba_x509_is_oid(text);
}

bool gba_x509_oid(const OTHERNAME *name, bool constraint, gba_text *dotted)
{
    uint8_t room[GBA_TEXT_MAX + 1];
    int n = OBJ_obj2txt((char *)room, sizeof room, name->type_id, 1);
    int type = name->value->type;
    if (n <= 0 || n > GBA_TEXT_MAX || (type != TAG_RELATIVE_OID && type != V_ASN1_UTF8STRING))
        return false;
    const ASN1_STRING *value = name->value->value.asn1_string;
    gba_view v = gba_view_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    gba_writer w = {.p = room, .cap = GBA_TEXT_MAX, .n = (size_t)n};
    bool good = type == TAG_RELATIVE_OID ? put_relative(&w, v) : put_text_arcs(&w, v, constraint);
    return good && gba_writer_end(&w) == GBA_OK && gba_text_set(dotted, gba_writer_view(&w)) == GBA_OK;
}

/* ---- names ---- */

static gba_rc tell_name(const GENERAL_NAME *name, gba_x509_name_fn *fn, void *self)
{
    gba_text dotted;
    if (name->type == GEN_OTHERNAME)
        return gba_x509_oid(name->d.otherName, false, &dotted)
                   ? fn(self, GBA_X509_OID, gba_text_view(&dotted))
                   : GBA_OK;
    if (name->type != GEN_DNS && name->type != GEN_URI)
        return GBA_OK;
    gba_view text = gba_view_of(ASN1_STRING_get0_data(name->d.ia5), (size_t)ASN1_STRING_length(name->d.ia5));
    return fn(self, name->type == GEN_DNS ? GBA_X509_DNS : GBA_X509_URI, text);
}

static gba_rc tell_names(const X509 *cert, gba_x509_name_fn *fn, void *self)
{
    int how = 0;
    gba_rc rc = GBA_OK;
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, &how, NULL);
    if (!names)
        return how == -1 ? GBA_OK : GBA_E_CERT; /* -1: there is none */
    for (int i = 0; rc == GBA_OK && i < sk_GENERAL_NAME_num(names); i++)
        rc = tell_name(sk_GENERAL_NAME_value(names, i), fn, self);
    GENERAL_NAMES_free(names);
    return rc;
}

gba_rc gba_x509_names(gba_view der, gba_x509_name_fn *fn, void *self)
{
    ERR_set_mark();
    X509 *cert = gba_x509_read(der);
    gba_rc rc = cert ? tell_names(cert, fn, self) : GBA_E_CERT;
    X509_free(cert);
    ERR_pop_to_mark();
    return rc;
}

/* ---- URIs ---- */

static bool is_scheme(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (!gba_char_is_alnum(c) && c != '+' && c != '-' && c != '.')
            return false;
    }
    return v.n > 0 && !gba_char_is_digit(v.p[0]);
}

static size_t authority_end(gba_view v)
{
    size_t i = 0;
    while (i < v.n && v.p[i] != '/' && v.p[i] != '?' && v.p[i] != '#')
        i++;
    return i;
}

/*= RFC 3986 3.2: [scheme ":"] "//" authority */
bool gba_x509_uri_host(gba_view uri, gba_view *host, gba_view *rest)
{
    gba_view behind = uri, head, tail, port;
    if (!gba_view_starts(uri, GBA_LIT("//")) && gba_view_split(uri, ':', &head, &tail) && is_scheme(head))
        behind = tail;
    if (!gba_view_starts(behind, GBA_LIT("//")))
        return false;
    behind = gba_view_sub(behind, 2, behind.n);
    size_t n = authority_end(behind);
    *rest = gba_view_sub(behind, n, behind.n);
    if (gba_view_split(gba_view_sub(behind, 0, n), ':', host, &port)) {
        for (size_t i = 0; i < port.n; i++) {
            if (!gba_char_is_digit(port.p[i]))
                return false;
        }
    }
    return host->n > 0 && gba_view_find(*host, '@') == host->n && gba_view_find(*host, '[') == host->n;
}

/* ---- PEM ---- */

static gba_rc put_der(X509 *cert, gba_writer *room, gba_view *der)
{
    int n = i2d_X509(cert, NULL);
    uint8_t *at = n > 0 ? gba_put_room(room, (size_t)n) : NULL;
    GBA_ENSURE(n > 0, GBA_E_CERT);
    GBA_ENSURE(at, GBA_E_SPACE);
    *der = gba_view_of(at, (size_t)n);
    i2d_X509(cert, &at);
    return GBA_OK;
}

gba_rc gba_x509_chain_of_pem(gba_view pem, gba_writer *room, gba_view chain[GBA_X509_CHAIN_MAX], size_t *n)
{
    ERR_set_mark();
    STACK_OF(X509) *all = gba_x509_read_pem(pem);
    int count = sk_X509_num(all); /* -1 without a stack */
    gba_rc rc = all ? GBA_OK : GBA_E_CERT;
    if (count > GBA_X509_CHAIN_MAX)
        rc = GBA_E_TOO_LONG;
    for (int i = 0; rc == GBA_OK && i < count; i++)
        rc = put_der(sk_X509_value(all, i), room, &chain[i]);
    *n = rc == GBA_OK ? (size_t)count : 0;
    sk_X509_pop_free(all, X509_free);
    ERR_pop_to_mark();
    return rc;
}
