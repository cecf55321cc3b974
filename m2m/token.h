/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enrolment-Tokens: single-use random values that tie an Enrolee to whoever asked
 * for its enrolment.  The only module that makes or judges them.
 *
 *   issued > presented(session) > consumed | expired | revoked
 *
 * Only the SHA-256 of the text is kept.  Unknown, used, expired and revoked tokens
 * are refused alike (E_TOKEN).
 */
#pragma once

#include "gba/base/env.h"
#include "gba/base/text.h"

enum { M2M_TOKEN_TEXT_N = 43, M2M_TOKEN_TRIES = 3 };

typedef struct m2m_token_text {
    char s[M2M_TOKEN_TEXT_N + 1];
} m2m_token_text; /* a secret: wiped by whoever declares it */

enum m2m_token_state {
    M2M_TOKEN_NONE,
    M2M_TOKEN_ISSUED,
    M2M_TOKEN_PRESENTED,
    M2M_TOKEN_CONSUMED,
    M2M_TOKEN_REVOKED,
};

struct m2m_token {
    enum m2m_token_state state;
    uint8_t hash[32];
    int64_t expiry_s;
    uint8_t session[16]; /* that presented it */
    uint8_t failures;
};

/* A new token: 32 random octets in base64url. */
GBA_MUST_USE gba_rc m2m_token_issue(struct m2m_token *t, const gba_env *env, uint32_t lifetime_s,
                                    m2m_token_text *text);

/* issued > presented, for this session.  E_TOKEN. */
GBA_MUST_USE gba_rc m2m_token_present(struct m2m_token *t, const gba_env *env, gba_view text,
                                      const uint8_t session[16]);

/* The framework run of that session succeeded: consumed.  E_TOKEN. */
GBA_MUST_USE gba_rc m2m_token_consume(struct m2m_token *t, const gba_env *env, const uint8_t session[16]);

/* The run of that session failed: issued again, revoked after M2M_TOKEN_TRIES. */
void m2m_token_fail(struct m2m_token *t, const uint8_t session[16]);

void m2m_token_revoke(struct m2m_token *t);

/* "none", "issued", "presented", "consumed", "expired", "revoked". */
const char *m2m_token_state_name(const struct m2m_token *t, int64_t now_s);
