/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bootstrap instructions of an MEF: who is to be enrolled, how it proves itself,
 * for which targets, under which name (TS-0003 9.2.2.3; tables 9.2.2.1-1/-2).
 *
 * Kept in the vault as kind "en" under the record's name, with index records of
 * kind "ix" from each credential ("psk:KpmId", "raw:ni:///...", "device:OID",
 * "gba:IMPI" ...) to the record's name.
 */
#pragma once

#include "m2m/cert.h"
#include "m2m/keys.h"
#include "m2m/token.h"
#include "m2m/vault.h"

enum m2m_framework { M2M_PPSK, M2M_CERT, M2M_GBA };

enum { M2M_TARGETS_MAX = 8, M2M_KPM_MIN = 16, M2M_KPM_MAX = 256, M2M_ANCHORS_MAX = 16 * 1024 };

struct m2m_kpm {
    uint8_t b[M2M_KPM_MAX];
    size_t n;
};

struct m2m_instr {
    gba_text name; /* of the record: letters, digits, '.', '_', '-' */
    enum m2m_framework framework;
    gba_text mef;          /* FQDN of the (virtual) MEF it belongs to */
    struct m2m_id enrolee; /* what targets are told; text empty in GBA: targets are told nothing */
    struct m2m_id targets[M2M_TARGETS_MAX];
    size_t targets_n;
    uint32_t expiry_s; /* lifetime of Ke */

    gba_text kpm_id; /* PPSK */
    struct m2m_kpm kpm;
    enum m2m_flavour flavour; /* CERT */
    gba_text cert_id;
    enum m2m_status status;
    gba_view anchors; /* PEM; points into what it was read from */
    gba_text impi;    /* GBA */

    bool e2e;            /* Kpsa may be used for end-to-end keys (9.2.2.1 NOTE 1) */
    gba_text e2e_params; /* capabilities and parameters of the target, as given */

    bool token_needed;
    struct m2m_token token; /* state NONE: never issued */
    gba_text aux;           /* auxiliary information, shown beside the credential */
};

/* From a JSON object as keystrap-ctl sends it (documented in keystrap-instructions(5)).
 * Every member is checked; anchors points into `room`.  On failure *out is wiped and
 * *at names the member at fault.  E_M2M_INSTR, E_M2M_ID, E_M2M_KEYID, E_IMPI,
 * E_CERT_NAME, E_CERT, E_WORD, E_BASE64, E_JSON... */
GBA_MUST_USE gba_rc m2m_instr_parse(gba_view json, gba_writer *room, struct m2m_instr *out, gba_text *at);

/* As JSON for people: without Kpm, of which the first octets of its SHA-256 are shown, and
 * without the token, of which the state at that time is; with the Credential-ID. */
void m2m_instr_show(const struct m2m_instr *instr, int64_t now_s, gba_writer *w);

/* Keep with its index; replaces the record of that name and, with it, its token.
 * E_M2M_TWICE when the credential belongs to another record; then nothing changed. */
GBA_MUST_USE gba_rc m2m_instr_put(const struct m2m_vault *v, const gba_env *env,
                                  const struct m2m_instr *instr);
GBA_MUST_USE gba_rc m2m_instr_del(const struct m2m_vault *v, gba_view name);

/* By name, by credential; anchors points into room.  E_ABSENT, E_DB, E_SEAL, E_SPACE. */
GBA_MUST_USE gba_rc m2m_instr_get(const struct m2m_vault *v, gba_view name, gba_writer *room,
                                  struct m2m_instr *out);
GBA_MUST_USE gba_rc m2m_instr_find_psk(const struct m2m_vault *v, gba_view kpm_id, gba_writer *room,
                                       struct m2m_instr *out);
GBA_MUST_USE gba_rc m2m_instr_find_cert(const struct m2m_vault *v, const struct m2m_shown *shown,
                                        gba_writer *room, struct m2m_instr *out);
GBA_MUST_USE gba_rc m2m_instr_find_impi(const struct m2m_vault *v, gba_view impi, gba_writer *room,
                                        struct m2m_instr *out);

/* Every record, in the order of names; each is wiped after the call. */
typedef gba_rc m2m_instr_fn(void *arg, const struct m2m_instr *instr);
GBA_MUST_USE gba_rc m2m_instr_each(const struct m2m_vault *v, m2m_instr_fn *fn, void *arg);

/* May this target have a key for this Enrolee? */
bool m2m_instr_permits(const struct m2m_instr *instr, const struct m2m_id *target);
