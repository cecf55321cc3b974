/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entity A of a security association (TS-0003 8.2.2): with its target by a key that
 * both have, by a key that a MAF hands out, or by certificates; and the registrations
 * at a MAF that come before.
 *
 *   with a MAF: OPEN the MAF > SEND client registration > KEEP the assigned KmId
 *   by Kc:      ... > SEND key registration > KEEP Kc > OPEN the target
 *   all:        OPEN the target > SEND "retrieve /", or "/-" of a MAF > DONE
 *
 * One connection at a time: OPEN closes the one before.
 */
#pragma once

#include "gba/base/env.h"
#include "m2m/keyring.h"
#include "m2m/prim.h"

enum m2m_saef_way {
    M2M_SAEF_KEY,  /* Km with a MAF, Kpsa with others (8.2.2.1); in GBA a NAF key */
    M2M_SAEF_KC,   /* by a MAF (8.2.2.3) */
    M2M_SAEF_CERT, /* 8.2.2.2 */
};

struct m2m_saef_conf {
    enum m2m_saef_way way;
    struct m2m_id self, target;
    struct m2m_id registrar; /* the only CSE to associate with; text empty: any */
    struct m2m_id maf;       /* KC: whom to register Kc at */
    bool maf_by_cert;        /* towards the MAF our certificate is shown, no Km */
    gba_text admin;          /* adminFQDN of registrations */
    uint32_t lifetime_s;     /* proposed for registrations */
};

enum m2m_saef_order_kind {
    M2M_SAEF_OPEN, /* a handshake; answer OPENED */
    M2M_SAEF_SEND, /* a request in it; answer ANSWERED */
    M2M_SAEF_KEEP, /* the ring durably; answer KEPT */
    M2M_SAEF_DONE,
};

struct m2m_saef_order {
    enum m2m_saef_order_kind kind;
    gba_rc reason;               /* DONE */
    bool to_maf;                 /* OPEN: to conf->maf instead of conf->target */
    const struct m2m_link *link; /* OPEN: the key to use; NULL: certificates */
    struct m2m_request request;  /* SEND; views into the run */
};

enum m2m_saef_event_kind { M2M_SAEF_START, M2M_SAEF_OPENED, M2M_SAEF_ANSWERED, M2M_SAEF_KEPT };

struct m2m_saef_event {
    enum m2m_saef_event_kind kind;
    gba_rc rc;                           /* all but START */
    const uint8_t *exported;             /* OPENED: M2M_EXPORT_N octets, label ...Connection */
    const struct gba_http_msg *response; /* ANSWERED */
};

/* Wipe it when done. */
struct m2m_saef {
    const struct m2m_saef_conf *conf;
    struct m2m_keyring *ring; /* changed only between its KEEPs */
    enum m2m_saef_order_kind waiting;
    enum { M2M_SAEF_AT_CLIENT, M2M_SAEF_AT_KEY, M2M_SAEF_AT_ROOT } at; /* what the last SEND was */
    bool with_maf;        /* the open connection is with the MAF */
    m2m_rel rel;          /* exported from it, */
    m2m_key kc;           /* likewise */
    struct m2m_link link; /* what the open connection uses */
    uint8_t body[1024];
    uint8_t number; /* of the request */
    char rqi[4];
};

/* conf and ring live as long as the run. */
void m2m_saef_init(struct m2m_saef *run, const struct m2m_saef_conf *conf, struct m2m_keyring *ring);

/* One order for one event.  Reasons: those of the events; E_ENROL_REGISTRAR,
 * E_ENROL_NONE, E_ENROL_EXPIRED, E_ENROL_KC (what the MAF registered is not what the
 * handshake made), E_ENROL_REFUSED (a registration was), E_M2M_ANSWER. */
void m2m_saef_step(struct m2m_saef *run, const gba_env *env, const struct m2m_saef_event *event,
                   struct m2m_saef_order *order);
