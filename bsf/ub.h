/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ub: one bootstrapping request from its arrival to its answer (TS 33.220
 * 4.5.2, TS 24.109 4; RFC 3310).
 *
 * struct bsf_ub is shared by all requests of one loop; struct bsf_ub_run is one
 * request in progress.  The first event of a run is BSF_UB_REQUEST; each order
 * but BSF_UB_REPLY is answered by exactly one event:
 *
 *   BSF_UB_FIND     -> BSF_UB_FOUND      BSF_UB_STORE -> BSF_UB_STORED
 *   BSF_UB_ASK_HSS  -> BSF_UB_VECTOR     BSF_UB_REPLY                -> the run is over
 *
 * The request's views must live until the reply.  Views in an order live until
 * the next step of any run.
 */
#pragma once

#include "bsf/guss_cache.h"
#include "bsf/limits.h"
#include "bsf/ub_reply.h"
#include "bsf/zh_ask.h"

struct bsf_ub_scratch;

/* The connection a request came over. Views live as long as the request's. */
struct bsf_ub_via {
    gba_view address; /* of the peer: 4 or 16 octets; absent: not known */
    bool tls;
    uint64_t run; /* of the log; a response is of the run of its challenge: see bsf_ub_run */
    const gba_tls_mk *tls_mk; /* what TLS exports for GBA_Digest; NULL: nothing */
};

struct bsf_ub {
    const struct bsf_conf *conf;
    struct bsf_challenges challenges;
    struct bsf_challenges nexts; /* for the next run of those who bootstrapped; they live longer */
    struct bsf_guss_cache gusses;
    struct bsf_limits limits;
    gba_amf amf; /* of the last AUTN: those we make up look alike */
    struct bsf_ub_scratch *scratch;
};

/* Octets of memory for the engine under this configuration. */
size_t bsf_ub_memory(const struct bsf_conf *conf);

/* memory has bsf_ub_memory(conf) octets, aligned for any type, and lives as
 * long; so do conf and ring. */
void bsf_ub_init(struct bsf_ub *ub, const struct bsf_conf *conf, const gba_seal_ring *ring, void *memory,
                 const gba_env *env);

/* Steps and ticks from now on go by this configuration, which differs from the first in what
 * may change at run time only. */
void bsf_ub_use(struct bsf_ub *ub, const struct bsf_conf *conf);

/* Drop challenges whose time is over, so that their secrets do not linger. */
void bsf_ub_tick(struct bsf_ub *ub, const gba_env *env);

/* Wipe every secret the engine holds. */
void bsf_ub_wipe(struct bsf_ub *ub);

/* One request in progress.  Nothing in it is for others; room for it is the
 * caller's and needs no preparation before BSF_UB_REQUEST. */
struct bsf_ub_run {
    int state;
    gba_rc cause; /* why we challenge (again) */
    struct bsf_ub_ask ask;
    struct bsf_ub_via via;
    gba_text impi;
    gba_text btid; /* of the new session */
    gba_text name; /* by which the device goes on after it */
    gba_rand rand; /* beside auts */
    gba_auts auts;
    bool resync, second;
    enum bsf_gba_type type;
    uint32_t resyncs;
    int64_t guss_stamp_s;
    int64_t expiry_s;
    struct bsf_ub_reply reply;
    uint8_t room[2048]; /* of parameters that had to be unescaped */
};

enum bsf_ub_event_kind { BSF_UB_REQUEST, BSF_UB_FOUND, BSF_UB_VECTOR, BSF_UB_STORED };

struct bsf_ub_event {
    enum bsf_ub_event_kind kind;
    const struct gba_http_msg *req; /* REQUEST */
    const struct bsf_ub_via *via;   /* REQUEST */
    gba_rc rc;                      /* FOUND, STORED: of the store; VECTOR: OK, or why there is none */
    const struct bsf_stored *found; /* FOUND, when rc is OK */
    const struct dia_maa *maa;      /* VECTOR, when rc is OK */
    uint32_t retry_after_s;         /* VECTOR: worth trying again then; 0: as configured */
};

enum bsf_ub_order_kind { BSF_UB_FIND, BSF_UB_ASK_HSS, BSF_UB_STORE, BSF_UB_REPLY };

struct bsf_ub_order {
    enum bsf_ub_order_kind kind;
    gba_rc reason;                    /* REPLY: OK, or why refused or challenged again */
    bsf_store_key key;                /* FIND */
    struct bsf_store_put put;         /* STORE */
    struct bsf_zh_ask zh;             /* ASK_HSS: lives until BSF_UB_VECTOR */
    const struct gba_http_msg *reply; /* REPLY */
};

/* One step: what to do next goes to *order, with the reason when it is the reply.
 * Nothing fails but by a reply. */
void bsf_ub_step(struct bsf_ub *ub, struct bsf_ub_run *run, const gba_env *env,
                 const struct bsf_ub_event *event, struct bsf_ub_order *order);
