/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers of oneM2M: entities, keys, credentials, security usage
 * (TS-0001 7.2, TS-0003 10.3.4, 10.4-10.6, 12.3.2.1, TS-0004 6.3.4.2.39).
 *
 * Entities are kept in their absolute form: "//sp.example/in-cse" (CSE-ID),
 * "//sp.example/S98821" or "//sp.example/in-cse/Ca3e3f3ab" (AE-ID), and a bare
 * host name "maf.mte.example" (MAF-ID, MEF-ID).  Host names are compared and
 * stored in lower case; everything is brought to Unicode NFKC (TS-0003 10.3.2).
 */
#pragma once

#include "gba/base/text.h"

enum m2m_id_kind { M2M_ID_CSE, M2M_ID_AE, M2M_ID_FQDN };

struct m2m_id {
    enum m2m_id_kind kind;
    gba_text text; /* canonical, absolute */
};

/* Any of the three kinds, absolute.  E_M2M_ID. */
GBA_MUST_USE gba_rc m2m_id_parse(gba_view text, struct m2m_id *id);

/* SP-relative forms too ("/in-cse", "/S98821", "/in-cse/Ca3e"), made absolute with
 * the M2M-SP-ID ("//sp.example").  E_M2M_ID. */
GBA_MUST_USE gba_rc m2m_id_absolute(gba_view text, gba_view sp_id, struct m2m_id *id);

bool m2m_id_eq(const struct m2m_id *a, const struct m2m_id *b);

/* The host part: "sp.example" of an entity, the name itself of a FQDN. */
gba_view m2m_id_host(const struct m2m_id *id);

/* Unicode NFKC of text appended to w; E_M2M_ID when it is not UTF-8. */
GBA_MUST_USE gba_rc m2m_nfkc(gba_view text, gba_writer *w);

/* A URI form of an AE-ID in a certificate: the absolute AE-ID, or the same behind
 * "m2m:" (TS-0003 10.1.1; a URI needs a scheme).  Is it this AE? */
bool m2m_id_is_uri(const struct m2m_id *ae, gba_view uri);

/* ---- names of keys ---- */

enum { M2M_REL_N = 16 };
typedef struct m2m_rel {
    uint8_t b[M2M_REL_N];
} m2m_rel; /* RelativeKeId, or KcId */

/* "EE71...A218@mef.mte.example": upper-case hexadecimal (TS-0003 10.3.4, 10.3.5). */
GBA_MUST_USE gba_rc m2m_keyid_make(const m2m_rel *rel, gba_view fqdn, gba_text *id);

/* Of 32 hexadecimal digits of either case, '@' and a host name: both parts, and the
 * canonical form.  E_M2M_KEYID: the name is another kind of name. */
GBA_MUST_USE gba_rc m2m_keyid_parse(gba_view text, m2m_rel *rel, gba_text *fqdn, gba_text *canonical);

/* "km-17@maf.mte.example", "kpm-0001@mef.mte.example", "psa-17@mte.example": letters,
 * digits, '.', '_', '-', then '@' and a host name (TS-0003 10.5, 10.6).  The canonical
 * form has the host in lower case; of a KmId the left part too, which is not
 * case-sensitive.  E_M2M_KEYID. */
GBA_MUST_USE gba_rc m2m_key_name_parse(gba_view text, bool nocase, gba_text *canonical);

/* ---- Security Usage Identifier ---- */

/* TS-0004 6.3.4.2.39; 10 to 15, 21 to 25, 32 to 35, 40 to 45. */
bool m2m_suid_known(unsigned suid);

/* ---- Credential-ID: "11-km-17@maf.mte.example" ---- */

/* Octets that a Credential-ID may not hold are percent-encoded (7.5). */
GBA_MUST_USE gba_rc m2m_cred_make(unsigned type, gba_view value, gba_text *cred);
GBA_MUST_USE gba_rc m2m_cred_parse(gba_view text, unsigned *type, gba_text *value);
