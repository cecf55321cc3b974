/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The M2M Enrolment Function (TS-0003 8.3): whom it lets bootstrap, the enrolment
 * key of a handshake, and to whom it gives what is derived of it.
 *
 * Keeps in the vault: "ke": enrolment keys under their KeId; "kx": which are the latest of a
 * record.
 */
#pragma once

#include "m2m/instr.h"
#include "m2m/party.h"

struct m2m_mef {
    struct m2m_vault vault;
    const gba_text *names; /* FQDNs of this MEF and its virtual ones */
    size_t names_n;
    const struct m2m_party *targets; /* that may fetch keys */
    size_t targets_n;
};

/* Whom a handshake proved: kind and name, as text that rt_tls_answer.who can carry:
 * "enrolee:RECORD" or "target:ID". */
struct m2m_mef_who {
    bool target;
    gba_text name;
};
void m2m_mef_who_put(const struct m2m_mef_who *who, gba_text *text);
GBA_MUST_USE gba_rc m2m_mef_who_parse(gba_view text, struct m2m_mef_who *who);

/* Is this one of our names?  (SNI; empty stands for the first.)  The name, or NULL. */
const gba_text *m2m_mef_name(const struct m2m_mef *mef, gba_view sni);

/* PPSK: the key behind a KpmId at this name of ours (8.3.2.1).  E_MEF_KPM (unknown, of
 * another framework or another MEF).  The caller wipes *kpm. */
GBA_MUST_USE gba_rc m2m_mef_psk(const struct m2m_mef *mef, const gba_text *name, gba_view identity,
                                struct m2m_mef_who *who, struct m2m_kpm *kpm);

/* Certificates: which Enrolee or target is this (8.3.2.2)?  An Enrolee that is a target too
 * counts as Enrolee, and may fetch keys all the same.  E_MEF_CERT (no record has any of its
 * names), E_CERT_*. */
GBA_MUST_USE gba_rc m2m_mef_cert(const struct m2m_mef *mef, const gba_env *env, const gba_text *name,
                                 const struct m2m_shown *shown, struct m2m_mef_who *who);

/* A bootstrap handshake of an Enrolee is complete: its key is kept until the Enrolment
 * Expiry, unusable while a token is due (8.3.2.1 a-c).  Of each record only the latest
 * M2M_MEF_KEYS_MAX keys are kept.  E_DB, E_MEF_KEID_TWICE. */
enum { M2M_MEF_KEYS_MAX = 64 };

struct m2m_mef_enrolled {
    gba_text keid;
    int64_t until_s;
    bool token_due;
};
struct m2m_mef_handshake {
    const gba_text *name; /* of ours */
    const struct m2m_mef_who *who;
    const uint8_t *exported; /* M2M_EXPORT_N octets */
};
GBA_MUST_USE gba_rc m2m_mef_enrol(const struct m2m_mef *mef, const gba_env *env,
                                  const struct m2m_mef_handshake *done, struct m2m_mef_enrolled *out);

/* The Enrolee of this session presents its token: its key becomes usable.  E_TOKEN,
 * E_RSPF (none of the frameworks it offers is the one of its record; the token stays
 * usable). */
struct m2m_mef_offer {
    gba_view token;
    unsigned frameworks; /* bits: 1 << enum m2m_framework */
};
GBA_MUST_USE gba_rc m2m_mef_present(const struct m2m_mef *mef, const gba_env *env, gba_view keid,
                                    const struct m2m_mef_offer *offer);

/* {"enrolmentToken":"...","rspf":["gba","ppsk","cert"]}; token points into room.  E_JSON, E_TOKEN
 * (none, or longer than one is).  Unknown frameworks are nothing in common. */
GBA_MUST_USE gba_rc m2m_mef_offer_parse(gba_view json, gba_writer *room, struct m2m_mef_offer *out);

/* {"keID":"...","expires":"20270101T000000"}; {"error":"token-invalid"} */
void m2m_mef_enrolled_put(const struct m2m_mef_enrolled *enrolled, gba_writer *w);
void m2m_mef_error_put(gba_rc why, gba_writer *w);

/* A subscriber bootstrapped by GBA (8.3.2.3): Ks stays with the BSF, its B-TID is the KeId.
 * E_ABSENT when there is no record of this IMPI. */
struct m2m_mef_gba {
    gba_view impi, btid;
    int64_t until_s;
};
GBA_MUST_USE gba_rc m2m_mef_note_gba(const struct m2m_mef *mef, const gba_env *env,
                                     const struct m2m_mef_gba *run);

/* Who is behind a session: a configured target, or an Enrolee, which may be a target of
 * others; fqdn is empty when nothing follows of its id.  E_MEF_NOT_TARGET. */
GBA_MUST_USE gba_rc m2m_mef_prover(const struct m2m_mef *mef, const struct m2m_mef_who *who,
                                   struct m2m_party *out);

/* A target fetches what it shares with an Enrolee (8.3.1.2, 8.3.2.1).  suid 0: Km or
 * Kpsa; else a usage-constrained key.  E_MEF_ORIGIN (says it is somebody else),
 * E_MEF_NOT_TARGET, E_MEF_KEID (unknown), E_MEF_EXPIRED, E_MEF_TOKEN_DUE, E_MEF_SUID. */
struct m2m_mef_fetch {
    const struct m2m_mef_who *who; /* NULL: nobody */
    gba_view origin;               /* X-M2M-Origin; absent: not said */
    gba_view keid;
    unsigned suid;
};
struct m2m_mef_given {
    m2m_key key; /* wiped by whoever declares it */
    struct m2m_id enrolee;
    int64_t until_s;
    bool e2e;
    gba_text e2e_params;
};
GBA_MUST_USE gba_rc m2m_mef_give(const struct m2m_mef *mef, const gba_env *env,
                                 const struct m2m_mef_fetch *ask, struct m2m_mef_given *out);

/* HTTP status of an answer: 200, 403, 404, 410 (expired), ... */
unsigned m2m_mef_status(gba_rc rc);

/* The answer as JSON, and its reading at the target:
 * {"status":true,"credential":"<base64>","enroleeID":..,"lifetime":..[,"e2e":true,"e2eParameters":..]}
 * {"status":false,"errorString":"<text>"}.  E_MEF_ANSWER. */
void m2m_mef_given_put(const struct m2m_mef_given *given, gba_writer *w);
void m2m_mef_refusal_put(gba_rc why, gba_writer *w);
GBA_MUST_USE gba_rc m2m_mef_given_parse(gba_view json, struct m2m_mef_given *out);

/* What there is, for operators: KeId, Enrolee, expiry, state; never a key. */
struct m2m_mef_key_seen {
    gba_text keid, record;
    struct m2m_id enrolee;
    int64_t until_s;
    bool token_due;
    enum m2m_framework framework;
};
typedef gba_rc m2m_mef_key_fn(void *arg, const struct m2m_mef_key_seen *key);
GBA_MUST_USE gba_rc m2m_mef_keys(const struct m2m_mef *mef, m2m_mef_key_fn *fn, void *arg);

/* Forget one key; E_ABSENT.  All keys of a record, or of a framework whose keys do not
 * outlive the process: how many went is added to *n. */
GBA_MUST_USE gba_rc m2m_mef_forget(const struct m2m_mef *mef, gba_view keid);
GBA_MUST_USE gba_rc m2m_mef_forget_record(const struct m2m_mef *mef, gba_view record, size_t *n);
GBA_MUST_USE gba_rc m2m_mef_forget_gba(const struct m2m_mef *mef, size_t *n);

/* Drop what has expired; how many went is added to *n. */
GBA_MUST_USE gba_rc m2m_mef_sweep(const struct m2m_mef *mef, const gba_env *env, size_t *n);
