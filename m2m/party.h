/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody with an identity and a certificate, as engines know it: a target of a
 * MEF, a client of a MAF or of a peer.
 */
#pragma once

#include "m2m/cert.h"
#include "m2m/conf.h"
#include "m2m/id.h"

struct m2m_party {
    struct m2m_id id;         /* MAF-ID, MEF-ID, CSE-ID or AE-ID */
    gba_text fqdn;            /* the same as a host name */
    struct m2m_expect expect; /* its certificate */
};

/* "in-cse.sp.example" for "//sp.example/in-cse", "Ca3e.in-cse.sp.example" for
 * "//sp.example/in-cse/Ca3e", itself for a host name (TS-0001 6.5.1.1).  E_M2M_ID when it
 * is too long or has what host names have not: then it must be configured. */
GBA_MUST_USE gba_rc m2m_id_fqdn(const struct m2m_id *id, gba_text *fqdn);

/* Of configuration: id, host name and certificate in canonical form; anchors and crls, which
 * are files, stay absent.  E_M2M_ID, E_CERT_NAME. */
GBA_MUST_USE gba_rc m2m_party_of(const struct m2m_conf_party *conf, struct m2m_party *out);

/* What a certificate of this flavour names of an id without configuration; E_CERT_NAME
 * when nothing follows of it. */
GBA_MUST_USE gba_rc m2m_party_cert_id(enum m2m_flavour flavour, const struct m2m_party *party,
                                      gba_text *cert_id);

/* Who of them has a name that the certificate has?  NULL: nobody.  Says nothing about
 * trust: m2m_cert_check does. */
const struct m2m_party *m2m_party_find(const struct m2m_party *parties, size_t n,
                                       const struct m2m_shown *shown);
