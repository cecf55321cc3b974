/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of certificates: an octet for the flavour, an octet for the length of an id, the
 * id, two octets for the length of a leaf, the leaf, and a CA's certificate (DER).
 */
#include <stdlib.h>

#include "gba/crypto/x509_int.h"
#include "m2m/cert.h"
#include "tests/lib/fuzz.h"

enum { PEM_MAX = 1 << 18, NOW_S = 1800000000 };

struct input {
    enum m2m_flavour flavour;
    gba_view id, leaf, ca;
};

static void ensure(bool holds)
{
    if (!holds)
        abort();
}

static struct input read_input(gba_view data)
{
    gba_reader r = gba_reader_of(data);
    struct input in = {.flavour = (enum m2m_flavour)(gba_get_u8(&r) % (M2M_CERT_FQDN + 1))};
    in.id = gba_get_view(&r, gba_get_u8(&r));
    in.leaf = gba_get_view(&r, gba_get_u16(&r));
    in.ca = gba_get_view(&r, gba_reader_left(&r));
    return in;
}

/* Canonical forms stay as they are. */
static void check_canonical(enum m2m_flavour flavour, gba_view id)
{
    gba_text again;
    ensure(m2m_cert_id_parse(flavour, id, &again) == GBA_OK && gba_view_eq(gba_text_view(&again), id));
}

struct seen {
    enum m2m_flavour flavour;
    gba_text id;
    unsigned n;
    bool found;
};

static gba_rc on_name(void *self, enum m2m_flavour flavour, gba_view id)
{
    struct seen *seen = self;
    check_canonical(flavour, id);
    seen->n++;
    seen->found = seen->found || (flavour == seen->flavour && gba_view_eq(id, gba_text_view(&seen->id)));
    return GBA_OK;
}

static gba_view pem_of(gba_view der)
{
    static uint8_t room[PEM_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_str(&w, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < der.n; at += 48) {
        gba_put_b64(&w, gba_view_sub(der, at, 48));
        gba_put_u8(&w, '\n');
    }
    gba_put_str(&w, "-----END CERTIFICATE-----\n");
    return gba_writer_view(&w);
}

/* As its own anchor a certificate passes only with a name it has. */
static void check_verdict(const struct input *in, const struct m2m_shown *shown)
{
    struct m2m_ocsp_question missing = {.n = 0};
    struct m2m_shown asked = *shown;
    struct m2m_expect expect = {
        .flavour = in->flavour, .anchors = pem_of(in->leaf), .status = M2M_STATUS_IF_KNOWN};
    struct seen seen = {.flavour = in->flavour};
    int64_t until = 0;
    asked.missing = &missing;
    if (m2m_cert_id_parse(in->flavour, in->id, &seen.id) != GBA_OK)
        return;
    check_canonical(in->flavour, gba_text_view(&seen.id));
    expect.id = seen.id;
    bool named = m2m_cert_names(shown, on_name, &seen) == GBA_OK;
    gba_rc rc = m2m_cert_check(&expect, &asked, NOW_S);
    ensure(rc != GBA_OK || (named && seen.found));
    ensure(rc != GBA_OK || (m2m_cert_until(shown, &until) == GBA_OK && until >= NOW_S));
}

/* Constraints of the CA, without signatures that no mutation survives. */
static void check_constraints(const struct input *in)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *leaf = gba_x509_read(in->leaf), *ca = gba_x509_read(in->ca);
    if (chain && leaf && ca) {
        sk_X509_push(chain, leaf);
        sk_X509_push(chain, ca);
        bool strict = gba_x509_constraints(chain, true) == GBA_OK;
        bool lax = gba_x509_constraints(chain, false) == GBA_OK;
        ensure(!strict || lax);
    }
    sk_X509_free(chain);
    X509_free(leaf);
    X509_free(ca);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = read_input(gba_view_of(data, size));
    struct seen seen = {.n = 0};
    struct m2m_shown shown = {.chain = &in.leaf, .n = 1}, raw = {.raw = true, .chain = &in.leaf, .n = 1};
    int64_t until = 0;
    gba_rc named = m2m_cert_names(&shown, on_name, &seen);
    ensure(named == GBA_OK || named == GBA_E_CERT || named == GBA_E_CERT_PROFILE);
    ensure(m2m_cert_names(&raw, on_name, &seen) == GBA_OK);
    check_verdict(&in, &shown);
    check_constraints(&in);
    if (gba_x509_ocsp_until(in.leaf, &until) == GBA_OK)
        ensure(gba_x509_ocsp_check(&in.ca, 1, gba_view_of(NULL, 0), in.leaf, NOW_S) != GBA_OK);
    return 0;
}
