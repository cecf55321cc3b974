/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers on Ub (TS 24.109 4, annex A): challenge, success, refusal.  A
 * reply is kept as text in a buffer of its owner; the message's views point
 * there.
 */
#pragma once

#include "bsf/ub_read.h"

enum { BSF_UB_REPLY_MAX = 2048 };

struct bsf_ub_reply {
    uint8_t text[BSF_UB_REPLY_MAX];
    size_t n; /* octets of text that are used */
    struct gba_http_msg msg;
    uint32_t retry_after_s; /* for a refusal with 503; 0: as configured */
};

/* 401 with the challenge. */
GBA_MUST_USE gba_rc bsf_ub_reply_challenge(const struct bsf_conf *conf, const struct bsf_challenge *c,
                                           struct bsf_ub_reply *reply);

/* What a 200 says. */
struct bsf_ub_success {
    const struct bsf_ub_ask *ask;
    gba_view password; /* of rspauth */
    const gba_text *btid;
    int64_t expiry_s, now_s;
};

/* 200 with Authentication-Info and BootstrappingInfo. */
GBA_MUST_USE gba_rc bsf_ub_reply_success(const struct bsf_conf *conf, const struct bsf_ub_success *success,
                                         struct bsf_ub_reply *reply);

/* A 200 gets nextnonce: the nonce of this challenge.  Fails without change. */
GBA_MUST_USE gba_rc bsf_ub_reply_next(const struct bsf_challenge *c, struct bsf_ub_reply *reply);

/* The refusal that belongs to a reason. */
void bsf_ub_reply_refuse(const struct bsf_conf *conf, gba_rc reason, struct bsf_ub_reply *reply);

/* The HTTP status that belongs to a reason, as configured. */
unsigned bsf_ub_reply_status(const struct bsf_conf *conf, gba_rc reason);
