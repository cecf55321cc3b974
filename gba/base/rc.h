/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results: the one vocabulary of success and failure.
 *
 * Every failure is a row of rc.def: a name for the code, a class on which
 * decisions are made, a stable token (the "reason code" of logs and metrics)
 * and a sentence for people.  Decide on the class, report the token.
 */
#pragma once

enum gba_class {
    GBA_CLASS_OK,          /* it worked */
    GBA_CLASS_MALFORMED,   /* the bytes are not what the clause says */
    GBA_CLASS_AUTH,        /* a proof of identity is wrong */
    GBA_CLASS_SYNC,        /* AKA's third outcome: resynchronise, then go on */
    GBA_CLASS_POLICY,      /* understood, and not allowed */
    GBA_CLASS_ABSENT,      /* what was named does not exist, or no longer */
    GBA_CLASS_LIMIT,       /* a bound was reached */
    GBA_CLASS_UNAVAILABLE, /* somebody else cannot answer now; try later */
    GBA_CLASS_BUG,         /* a caller broke a contract */
};

typedef enum gba_rc {
#define GBA_RC(name, cls, token, text) GBA_##name,
#include "gba/base/rc.def"
#undef GBA_RC
    GBA_RC_COUNT
} gba_rc;

#define GBA_MUST_USE __attribute__((warn_unused_result))

/* The class of a result; GBA_CLASS_BUG for a value outside the list. */
enum gba_class gba_rc_class(gba_rc rc);

/* The stable token, e.g. "ub-response-wrong"; never NULL. */
const char *gba_rc_token(gba_rc rc);

/* One English sentence without a full stop; never NULL. */
const char *gba_rc_text(gba_rc rc);

/* Return early with the failure of `expr`, else go on. */
#define GBA_TRY(expr)                                                                                        \
    do {                                                                                                     \
        gba_rc try_rc_ = (expr);                                                                             \
        if (try_rc_ != GBA_OK)                                                                               \
            return try_rc_;                                                                                  \
    } while (0)

/* Return `rc` unless `cond` holds. */
#define GBA_ENSURE(cond, rc)                                                                                 \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            return (rc);                                                                                     \
    } while (0)
