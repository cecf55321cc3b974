/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/cert.h"

#include "gba/crypto/x509.h"
#include "gba/wire/chars.h"
#include "m2m/id.h"

/* ---- flavours ---- */

static const char *const flavour_names[] = {
    [M2M_CERT_RAW] = "raw", [M2M_CERT_DEVICE] = "device", [M2M_CERT_CSE] = "cse",
    [M2M_CERT_AE] = "ae",   [M2M_CERT_NODE] = "node",     [M2M_CERT_FQDN] = "fqdn",
};

enum { FLAVOURS = sizeof flavour_names / sizeof *flavour_names, NAMES_MAX = 100 };

gba_rc m2m_flavour_parse(gba_view word, enum m2m_flavour *flavour)
{
    for (size_t i = 0; i < FLAVOURS; i++) {
        if (gba_view_eq(word, gba_view_cstr(flavour_names[i]))) {
            *flavour = (enum m2m_flavour)i;
            return GBA_OK;
        }
    }
    return GBA_E_WORD;
}

const char *m2m_flavour_name(enum m2m_flavour flavour)
{
    return flavour_names[flavour];
}

/* ---- identifiers ---- */

static bool is_visible(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] <= ' ' || v.p[i] >= 0x7f)
            return false;
    }
    return v.n > 0;
}

/*= TS-0004 6.3.3, RFC 8141 2: urn:NID:NSS */
static bool is_urn(gba_view v)
{
    gba_view scheme, nid, nss;
    return is_visible(v) && gba_view_split(v, ':', &scheme, &nid) &&
           gba_view_eq_nocase(scheme, GBA_LIT("urn")) && gba_view_split(nid, ':', &nid, &nss) && nid.n > 0 &&
           nss.n > 0;
}

static gba_rc id_of_kind(gba_view text, enum m2m_id_kind kind, gba_text *id)
{
    struct m2m_id parsed;
    GBA_ENSURE(m2m_id_parse(text, &parsed) == GBA_OK && parsed.kind == kind, GBA_E_CERT_NAME);
    *id = parsed.text;
    return GBA_OK;
}

/*= TS-0003 10.1.1: the URI form of an AE-ID has a scheme or not; canonical is the AE-ID */
static gba_view without_scheme(gba_view uri)
{
    gba_view scheme = GBA_LIT("m2m:");
    bool has = gba_view_eq_nocase(gba_view_sub(uri, 0, scheme.n), scheme);
    return has ? gba_view_sub(uri, scheme.n, uri.n) : uri;
}

gba_rc m2m_cert_id_parse(enum m2m_flavour flavour, gba_view text, gba_text *id)
{
    switch (flavour) {
    case M2M_CERT_CSE:
    case M2M_CERT_FQDN:
        return id_of_kind(text, M2M_ID_FQDN, id);
    case M2M_CERT_AE:
        return id_of_kind(without_scheme(text), M2M_ID_AE, id);
    case M2M_CERT_RAW:
        GBA_TRY(m2m_ni_check(text));
        break;
    case M2M_CERT_DEVICE:
        GBA_ENSURE(gba_x509_is_oid(text), GBA_E_CERT_NAME);
        break;
    case M2M_CERT_NODE:
        GBA_ENSURE(is_urn(text), GBA_E_CERT_NAME);
        break;
    }
    return gba_text_set(id, text) == GBA_OK ? GBA_OK : GBA_E_CERT_NAME;
}

/* ---- names of a certificate ---- */

struct names {
    m2m_cert_name_fn *fn;
    void *self;
    unsigned n;
};

static gba_rc tell_if(const struct names *names, enum m2m_flavour flavour, gba_view text)
{
    gba_text id;
    if (m2m_cert_id_parse(flavour, text, &id) != GBA_OK)
        return GBA_OK;
    return names->fn(names->self, flavour, gba_text_view(&id));
}

/* A URI that says nothing but a host, or the bare host name where a URI belongs.
 * "m2m://sp.example/S98821" is no name of sp.example. */
static gba_view host_of(gba_view uri)
{
    gba_view host, rest;
    if (!gba_x509_uri_host(uri, &host, &rest))
        return uri;
    return rest.n == 0 || gba_view_eq(rest, GBA_LIT("/")) ? host : GBA_LIT("");
}

static gba_rc on_name(void *self, enum gba_x509_name kind, gba_view name)
{
    struct names *names = self;
    GBA_ENSURE(++names->n <= NAMES_MAX, GBA_E_CERT_PROFILE);
    if (!is_visible(name))
        return GBA_OK;
    switch (kind) {
    case GBA_X509_DNS:
        GBA_TRY(tell_if(names, M2M_CERT_CSE, name));
        return tell_if(names, M2M_CERT_FQDN, name);
    case GBA_X509_URI:
        GBA_TRY(tell_if(names, M2M_CERT_AE, name));
        GBA_TRY(tell_if(names, M2M_CERT_NODE, name));
        return tell_if(names, M2M_CERT_FQDN, host_of(name));
    case GBA_X509_OID:
        break;
    }
    return tell_if(names, M2M_CERT_DEVICE, name);
}

static gba_rc tell_raw(gba_view spki, m2m_cert_name_fn *fn, void *self)
{
    static const unsigned lengths[] = {256, 128, 120};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        gba_text ni;
        GBA_TRY(m2m_ni_make(spki, lengths[i], &ni));
        GBA_TRY(fn(self, M2M_CERT_RAW, gba_text_view(&ni)));
    }
    return GBA_OK;
}

gba_rc m2m_cert_names(const struct m2m_shown *shown, m2m_cert_name_fn *fn, void *self)
{
    struct names names = {.fn = fn, .self = self};
    GBA_ENSURE(shown->n > 0, GBA_E_CERT);
    return shown->raw ? tell_raw(shown->chain[0], fn, self)
                      : gba_x509_names(shown->chain[0], on_name, &names);
}

/* ---- the verdict ---- */

struct match {
    enum m2m_flavour flavour;
    gba_text id;
    bool any, kind, found; /* a name at all, one of the flavour, the one */
};

static gba_rc on_candidate(void *self, enum m2m_flavour flavour, gba_view id)
{
    struct match *match = self;
    match->any = true;
    if (flavour != match->flavour)
        return GBA_OK;
    match->kind = true;
    match->found = match->found || gba_view_eq(id, gba_text_view(&match->id));
    return GBA_OK;
}

/*= TS-0003 8.1.2.5 (3): exactly one of the names is the configured one; a CN is none */
static gba_rc check_name(const struct m2m_expect *expect, const struct m2m_shown *shown)
{
    struct match match = {.flavour = expect->flavour};
    GBA_TRY(m2m_cert_id_parse(expect->flavour, gba_text_view(&expect->id), &match.id));
    GBA_TRY(m2m_cert_names(shown, on_candidate, &match));
    GBA_ENSURE(match.kind || !match.any, GBA_E_CERT_FLAVOUR);
    return match.found ? GBA_OK : GBA_E_CERT_NAME;
}

/*= TS-0003 10.1.1 */
static gba_rc check_profile(const struct m2m_shown *shown)
{
    struct gba_x509_facts facts;
    if (shown->raw)
        return gba_x509_spki_is_p256(shown->chain[0]) ? GBA_OK : GBA_E_CERT_PROFILE;
    GBA_TRY(gba_x509_facts(shown->chain[0], &facts));
    GBA_ENSURE(facts.p256 && facts.ecdsa_sha256 && facts.signs && facts.for_tls, GBA_E_CERT_PROFILE);
    return GBA_OK;
}

/* ---- status ---- */

gba_rc m2m_cert_ocsp_ask(const struct m2m_shown *shown, gba_view anchors, struct m2m_ocsp_question *q)
{
    gba_writer w = gba_writer_of(q->request, sizeof q->request);
    GBA_ENSURE(!shown->raw, GBA_E_ABSENT);
    GBA_TRY(gba_x509_ocsp_request(shown->chain, shown->n, anchors, &w, &q->url));
    q->n = w.n;
    return GBA_OK;
}

static bool is_answered(const struct m2m_shown *shown, const struct gba_x509_path *path)
{
    for (size_t i = 0; i < sizeof path->ocsp / sizeof *path->ocsp; i++) {
        gba_view response = path->ocsp[i];
        if (response.n > 0 &&
            gba_x509_ocsp_check(shown->chain, shown->n, path->anchors, response, path->now_s) == GBA_OK)
            return true;
    }
    return false;
}

static bool has_address(const struct m2m_shown *shown)
{
    gba_text url;
    return gba_x509_ocsp_url(shown->chain[0], &url) == GBA_OK && url.n > 0;
}

/* Addresses are taken only from certificates that are trusted but for their status:
 * nobody else shall make us send requests. */
static void tell_missing(const struct m2m_expect *expect, const struct m2m_shown *shown,
                         const struct gba_x509_path *path, gba_rc rc)
{
    struct gba_x509_path without = *path;
    without.need_ocsp = false;
    if (shown->missing->addressed && !has_address(shown))
        return;
    if (rc == GBA_E_CERT_STATUS)
        rc = gba_x509_path_check(&without);
    if (rc != GBA_OK || is_answered(shown, path))
        return;
    if (m2m_cert_ocsp_ask(shown, expect->anchors, shown->missing) != GBA_OK)
        shown->missing->n = 0;
}

/*= TS-0003 8.1.2.5 (4), (5) */
static gba_rc check_path(const struct m2m_expect *expect, const struct m2m_shown *shown, int64_t now_s)
{
    struct gba_x509_path path = {
        .chain = shown->chain,
        .n = shown->n,
        .anchors = expect->anchors,
        .crls = expect->crls,
        .ocsp = {shown->staple, expect->ocsp},
        .now_s = now_s,
        .status = expect->status != M2M_STATUS_OFF,
        .need_crl = expect->status == M2M_STATUS_CRL,
        .need_ocsp = expect->status == M2M_STATUS_OCSP,
    };
    gba_rc rc = gba_x509_path_check(&path);
    if (shown->missing && path.status && !path.need_crl)
        tell_missing(expect, shown, &path, rc);
    return rc;
}

gba_rc m2m_cert_check(const struct m2m_expect *expect, const struct m2m_shown *shown, int64_t now_s)
{
    if (shown->missing)
        shown->missing->n = 0;
    GBA_ENSURE(shown->n > 0, GBA_E_CERT);
    GBA_ENSURE(shown->raw == (expect->flavour == M2M_CERT_RAW), GBA_E_CERT_FLAVOUR);
    GBA_TRY(check_profile(shown));
    GBA_TRY(check_name(expect, shown));
    return shown->raw ? GBA_OK : check_path(expect, shown, now_s);
}

gba_rc m2m_cert_until(const struct m2m_shown *shown, int64_t *until_s)
{
    struct gba_x509_facts facts = {.until_s = INT64_MAX};
    GBA_ENSURE(shown->n > 0, GBA_E_CERT);
    if (!shown->raw)
        GBA_TRY(gba_x509_facts(shown->chain[0], &facts));
    *until_s = facts.until_s;
    return GBA_OK;
}
