/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of oneM2M and how they come from each other (TS-0003 10.3). */
#pragma once

#include "gba/base/secret.h"
#include "m2m/id.h"

typedef struct m2m_ke {
    uint8_t b[32];
} m2m_ke; /* enrolment key: exported, or Ks in the GBA framework */
typedef struct m2m_key {
    uint8_t b[32];
} m2m_key; /* Km, Kpsa, Kc or a usage-constrained key: what a target shares */

enum { M2M_EXPORT_N = 48 };

#define M2M_LABEL_BOOTSTRAP GBA_LIT("EXPORTER-oneM2M-Bootstrap")   /* Enrolee - MEF */
#define M2M_LABEL_CONNECTION GBA_LIT("EXPORTER-oneM2M-Connection") /* MAF client - MAF */

/* 10.3.1: the first 16 octets name the last 32. */
void m2m_export_split(const uint8_t exported[M2M_EXPORT_N], m2m_rel *rel, m2m_key *key);

/* 10.3.2: target a FQDN: Km; 10.3.3: target a CSE or AE: Kpsa. */
GBA_MUST_USE gba_rc m2m_derive(const m2m_ke *ke, const struct m2m_id *target, m2m_key *out);

/* 10.3.7: for one usage; the target as a host name. */
GBA_MUST_USE gba_rc m2m_derive_usage(const m2m_ke *ke, unsigned suid, gba_view target_fqdn, m2m_key *out);

/* 10.3.6: Ke2e_master = HMAC(salt, Kpsa), and the four keys made of it. */
struct m2m_e2e {
    m2m_key master, message_auth, message_conf, attribute_auth, attribute_conf;
};
GBA_MUST_USE gba_rc m2m_derive_e2e(const m2m_key *kpsa, gba_view salt, struct m2m_e2e *out);
