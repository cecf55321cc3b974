/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name constraints that libcrypto does not know (otherName) or is too strict with (a
 * URI without a scheme): RFC 5280 4.2.1.10 again, for dNSName, URI and otherName.
 */
#include "gba/crypto/x509_int.h"

enum verdict {
    APART,   /* of another kind: the constraint says nothing about the name */
    OUTSIDE, /* of the subtree */
    INSIDE,
    UNCLEAR, /* cannot be judged: refused */
};

static gba_view octets(const ASN1_STRING *s)
{
    return gba_view_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* An internationalised mail address (RFC 8398) falls under the constraints on mail. */
static int kind_of(const GENERAL_NAME *name)
{
    if (name->type == GEN_OTHERNAME && OBJ_obj2nid(name->d.otherName->type_id) == NID_id_on_SmtpUTF8Mailbox)
        return GEN_EMAIL;
    return name->type;
}

static bool ends_nocase(gba_view v, gba_view end)
{
    return v.n >= end.n && gba_view_eq_nocase(gba_view_sub(v, v.n - end.n, end.n), end);
}

static enum verdict judge_dns(gba_view name, gba_view base)
{
    if (base.n == 0 || gba_view_eq_nocase(name, base))
        return INSIDE;
    bool at_label = base.p[0] == '.' || (name.n > base.n && name.p[name.n - base.n - 1] == '.');
    return ends_nocase(name, base) && at_label ? INSIDE : OUTSIDE;
}

static enum verdict judge_uri(gba_view uri, gba_view base)
{
    gba_view host, rest;
    if (!gba_x509_uri_host(uri, &host, &rest))
        return UNCLEAR;
    bool below = base.n > 0 && base.p[0] == '.' && host.n > base.n && ends_nocase(host, base);
    return below || gba_view_eq_nocase(host, base) ? INSIDE : OUTSIDE;
}

/* Whole identifiers are compared: the same one can be cut in type and value at any arc. */
static enum verdict judge_other(const OTHERNAME *name, const OTHERNAME *base)
{
    gba_text id, top;
    bool both = gba_x509_oid(name, false, &id) && gba_x509_oid(base, true, &top);
    if (!both)
        return OBJ_cmp(name->type_id, base->type_id) == 0 ? UNCLEAR : APART;
    gba_view v = gba_text_view(&id), b = gba_text_view(&top);
    bool at_arc = v.n == b.n || (v.n > b.n && v.p[b.n] == '.');
    return gba_view_starts(v, b) && at_arc ? INSIDE : OUTSIDE;
}

static enum verdict judge(const GENERAL_NAME *name, const GENERAL_SUBTREE *tree)
{
    const GENERAL_NAME *base = tree->base;
    if (kind_of(name) != kind_of(base))
        return APART;
    if (tree->maximum || (tree->minimum && ASN1_INTEGER_get(tree->minimum) != 0))
        return UNCLEAR;
    switch (kind_of(name)) {
    case GEN_DNS:
        return judge_dns(octets(name->d.dNSName), octets(base->d.dNSName));
    case GEN_URI:
        return judge_uri(octets(name->d.uniformResourceIdentifier),
                         octets(base->d.uniformResourceIdentifier));
    case GEN_OTHERNAME:
        return judge_other(name->d.otherName, base->d.otherName);
    default:
        return UNCLEAR;
    }
}

static bool is_allowed(const GENERAL_NAME *name, const STACK_OF(GENERAL_SUBTREE) * trees, bool permitted)
{
    bool asked = false, inside = false;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
        enum verdict v = judge(name, sk_GENERAL_SUBTREE_value(trees, i));
        if (v == UNCLEAR)
            return false;
        asked = asked || v != APART;
        inside = inside || v == INSIDE;
    }
    return permitted ? !asked || inside : !inside;
}

static bool names_allowed(const GENERAL_NAMES *names, const NAME_CONSTRAINTS *nc, bool skipped)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        int kind = kind_of(name);
        bool ours = kind == GEN_DNS || kind == GEN_URI || kind == GEN_OTHERNAME;
        if (!ours && !skipped)
            continue; /* libcrypto has judged it */
        if (!is_allowed(name, nc->permittedSubtrees, true) || !is_allowed(name, nc->excludedSubtrees, false))
            return false;
    }
    return true;
}

static bool has_kind(const STACK_OF(GENERAL_SUBTREE) * trees, int kind)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
        if (sk_GENERAL_SUBTREE_value(trees, i)->base->type == kind)
            return true;
    }
    return false;
}

/* A mail address in the subject comes after what libcrypto was told to skip. */
static bool subject_unjudged(const X509 *cert, const NAME_CONSTRAINTS *nc)
{
    return X509_NAME_get_index_by_NID(X509_get_subject_name(cert), NID_pkcs9_emailAddress, -1) >= 0 &&
           (has_kind(nc->permittedSubtrees, GEN_EMAIL) || has_kind(nc->excludedSubtrees, GEN_EMAIL));
}

/* One certificate under the constraints of one above it. */
static bool pair_allowed(const X509 *cert, const X509 *ca, bool skipped)
{
    int nc_how = 0, names_how = 0; /* -1: there is none */
    NAME_CONSTRAINTS *nc = X509_get_ext_d2i(ca, NID_name_constraints, &nc_how, NULL);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, &names_how, NULL);
    bool good = (nc || nc_how == -1) && (names || names_how == -1);
    if (good && nc)
        good = names_allowed(names, nc, skipped) && !(skipped && subject_unjudged(cert, nc));
    GENERAL_NAMES_free(names);
    NAME_CONSTRAINTS_free(nc);
    return good;
}

gba_rc gba_x509_constraints(const STACK_OF(X509) * chain, bool skipped)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i);
        if (i > 0 && (X509_get_extension_flags(cert) & EXFLAG_SI))
            continue; /* self-issued CAs are exempt (6.1.3) */
        for (int above = i + 1; above < sk_X509_num(chain); above++)
            GBA_ENSURE(pair_allowed(cert, sk_X509_value(chain, above), skipped), GBA_E_CERT_CONSTRAINT);
    }
    return GBA_OK;
}
