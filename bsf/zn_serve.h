/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zn: a NAF asks for a key (TS 33.220 4.5.3, TS 29.109 5.2).
 *
 * Two steps: the request is judged by policy and names the record to find; the
 * record, or its absence, becomes the answer.
 */
#pragma once

#include "bsf/conf.h"
#include "bsf/session.h"
#include "diameter-dict/zn.h"
#include "gba/wire/names.h"

struct bsf_zn_scratch;

/* What the MEF says beside the policy, when this BSF is one (oneM2M TS-0003 8.3.2.3). */
struct bsf_zn_mef {
    void *self;

    /* May this NAF have a key of this subscriber?  *uid: what it is told of him; empty:
     * nothing.  Any failure refuses. */
    gba_rc (*permit)(void *self, gba_view impi, gba_view naf, gba_text *uid);
    gba_text gsid; /* of the settings that hold the uid, to NAFs that may have and want them */
};

struct bsf_zn {
    const struct bsf_conf *conf;
    const struct bsf_zn_mef *mef; /* NULL: there is none */
    struct bsf_zn_scratch *scratch;
};

/* Octets of memory for the engine. */
size_t bsf_zn_serve_memory(void);

/* memory has bsf_zn_serve_memory() octets, aligned for any type, and lives as
 * long; so do conf and ring.  There is no MEF; zn->mef may be set then. */
void bsf_zn_serve_init(struct bsf_zn *zn, const struct bsf_conf *conf, const gba_seal_ring *ring,
                       void *memory);

/* Wipe every secret the engine holds. */
void bsf_zn_serve_wipe(struct bsf_zn *zn);

/* One request in progress. */
struct bsf_zn_run {
    const struct dia_bir *bir;
    const struct bsf_conf_rule *rule;
    gba_nafid naf;
    gba_text impi; /* for the answer, when policy shows it */
    gba_text uid;  /* of the MEF; empty: none */
    bsf_store_key key;
};

enum bsf_zn_event_kind { BSF_ZN_REQUEST, BSF_ZN_FOUND };

struct bsf_zn_event {
    enum bsf_zn_event_kind kind;
    const struct dia_bir *bir; /* REQUEST; lives until the answer */
    gba_view peer;             /* REQUEST: identity of the connected peer */
    bool in_cert;              /* REQUEST: the peer's certificate names the NAF */
    gba_rc rc;                 /* FOUND: of the store */
    gba_view record;           /* FOUND, when rc is OK: of the key that was asked for */
};

enum bsf_zn_order_kind { BSF_ZN_FIND, BSF_ZN_ANSWER };

/* Views live until the next step of any run. */
struct bsf_zn_order {
    enum bsf_zn_order_kind kind;
    bsf_store_key key;  /* FIND */
    gba_rc reason;      /* ANSWER: OK, or why refused */
    uint32_t avp_code;  /* ANSWER: the AVP at fault, or 0 */
    struct dia_bia bia; /* ANSWER; holds keys: whoever declares the order wipes it */
};

/* One step: find the record, or answer; the reason tells why there is no key. */
void bsf_zn_serve_step(struct bsf_zn *zn, struct bsf_zn_run *run, const gba_env *env,
                       const struct bsf_zn_event *event, struct bsf_zn_order *order);
