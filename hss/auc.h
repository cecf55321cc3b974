/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AuC and HSS behind Zh, TS 29.109 4.2, with AKA vectors, GSM triplets for 2G GBA and
 * SIP Digest credentials for GBA_Digest: takes a decoded MAR and says what
 * to do.  Decides; knows no socket and no file.
 */
#pragma once

#include "diameter-dict/zh.h"
#include "gba/base/env.h"
#include "hss/subs.h"

struct hss_auc {
    struct hss_subs *subs;
    unsigned ind;      /* the IND that belongs to GBA alone, TS 33.102 C.3.4 */
    uint32_t block;    /* numbers reserved at once */
    int64_t loaded_s;  /* no GUSS is older than this; see hss_auc_stamp */
    gba_view scheme_2g; /* of a MAR that asks for a triplet */
};

enum hss_auc_order_kind {
    HSS_AUC_REPLY, /* send maa */
    HSS_AUC_WAIT,  /* step again with the same MAR once the subscriber's numbers are stored */
};

struct hss_auc_order {
    enum hss_auc_order_kind kind;
    gba_rc reason;
    uint32_t sub;       /* GBA_SLOT_NONE: unknown */
    bool resynced;      /* SQN_HE was changed by this step */
    uint64_t seq_ms;    /* SEQ_MS of an AUTS that was good; 0: none */
    struct dia_maa maa; /* without origin; its views live as long as the subscribers */
};

/* One step for a MAR.  The caller wipes *order.  A wrong MAC-S changes nothing. */
void hss_auc_step(struct hss_auc *auc, const gba_env *env, const struct dia_mar *mar,
                  struct hss_auc_order *order);

/* After a step: true when *limit is to be written for this subscriber. */
bool hss_auc_wants(struct hss_auc *auc, uint32_t sub, uint64_t *limit);

/* It was written, or not. */
void hss_auc_stored(struct hss_auc *auc, uint32_t sub, uint64_t limit, bool good);

/* The results of a refusal, also for one that the adapter decides. */
void hss_auc_refuse(gba_rc reason, struct dia_maa *maa);

/* What loaded_s is for subscribers loaded at now_ms: the next whole second, so
 * that nothing a BSF got from an earlier run of ours can look as new. */
int64_t hss_auc_stamp(int64_t now_ms);
