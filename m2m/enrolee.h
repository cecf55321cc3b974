/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Enrolee (TS-0003 8.3): from its instructions and what it has kept to a key that
 * it shares with its target.
 *
 *   START > DONE                          a valid key is there
 *         > HANDSHAKE > PRESENT > KEEP    with an MEF; PRESENT only with a token
 *         > BOOTSTRAP           > KEEP    GBA
 *
 * Whoever carries out HANDSHAKE reports success only when the MEF has proven itself
 * (its name and anchors, or the pre-provisioned key); so nothing, a token least of
 * all, goes to anybody else.
 */
#pragma once

#include "gba/base/env.h"
#include "m2m/instr.h"
#include "m2m/keyring.h"

/* Bootstrap Instruction Configuration of an Enrolee (tables 9.2.2.1-1 and -2). */
struct m2m_enrolee {
    struct m2m_id target; /* whom to share a key with: MAF-ID, CSE-ID or AE-ID */
    gba_text target_fqdn; /* its host name: of the id, or the public domain name of a CSE */
    enum m2m_framework framework;
    gba_text mef;        /* FQDN of the MEF URI; empty in GBA */
    uint32_t expiry_s;   /* Enrolment Expiry */
    unsigned suid;       /* usage-constrained key (10.3.7); 0: Km or Kpsa */
    bool token;          /* there is an Enrolment-Token: enrol and present it; not in GBA */
    bool client_in_uicc; /* GBA: Ks_int_NAF or nothing (8.3.2.3) */
    bool fresh;          /* enrol even when a valid key is there */
};

enum m2m_enrol_order_kind {
    M2M_ENROL_HANDSHAKE, /* with the MEF; answer HANDSHAKEN */
    M2M_ENROL_PRESENT,   /* POST /enrol in that session; answer PRESENTED */
    M2M_ENROL_BOOTSTRAP, /* on Ub, or use a valid Ks unless fresh; answer BOOTSTRAPPED */
    M2M_ENROL_KEEP,      /* run->link durably; answer KEPT */
    M2M_ENROL_DONE,
};

struct m2m_enrol_order {
    enum m2m_enrol_order_kind kind;
    gba_rc reason; /* DONE */
    bool reused;   /* DONE: the key was there */
    bool fresh;    /* BOOTSTRAP */
};

enum m2m_enrol_event_kind {
    M2M_ENROL_START,
    M2M_ENROL_HANDSHAKEN,
    M2M_ENROL_PRESENTED,
    M2M_ENROL_BOOTSTRAPPED,
    M2M_ENROL_KEPT,
};

struct m2m_enrol_event {
    enum m2m_enrol_event_kind kind;
    gba_rc rc;                /* all but START: whether it was possible */
    struct m2m_keyring *ring; /* START: what is kept */
    const uint8_t *exported;  /* HANDSHAKEN: M2M_EXPORT_N octets, label ...Bootstrap */
    unsigned status;          /* PRESENTED: of HTTP */
    gba_view btid;            /* BOOTSTRAPPED */
    int64_t until_s;          /* BOOTSTRAPPED: end of Ks */
    bool in_card;             /* BOOTSTRAPPED: GBA_U */
};

/* Wipe it when done. */
struct m2m_enrol {
    const struct m2m_enrolee *conf;
    enum m2m_enrol_order_kind waiting;
    struct m2m_link link; /* what is being made; after DONE with OK what there is */
};

void m2m_enrol_init(struct m2m_enrol *run, const struct m2m_enrolee *conf);

/* One order for one event.  Reasons: those of the events; E_ENROL_NONE without a
 * target, E_ENROL_UICC (GBA_ME where the UICC must have the key), E_TOKEN, E_RSPF,
 * E_MEF_ANSWER; E_BUG for an event that nobody waits for. */
void m2m_enrol_step(struct m2m_enrol *run, const gba_env *env, const struct m2m_enrol_event *event,
                    struct m2m_enrol_order *order);

/* The body of POST /enrol (part of TS-0003's predecessors that names an Enrolment-Token):
 * {"enrolmentToken":"...","rspf":["ppsk"]} */
void m2m_enrol_token_put(const struct m2m_enrolee *conf, gba_view token, gba_writer *w);

/* "unenrolled", "enrolled", "expired": in words what m2m_link_check said. */
const char *m2m_enrol_state(gba_rc checked);
