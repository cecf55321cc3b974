/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine may know of the world: the time and random bytes.  It is
 * given both; it never reads a clock or a random source itself.
 */
#pragma once

#include "gba/base/bytes.h"

typedef struct gba_env {
    int64_t now_ms; /* UTC, milliseconds since 1970; may be set back or forth */
    void (*random)(void *ctx, uint8_t *out, size_t n); /* fills out; cannot fail */
    void *random_ctx;
    int64_t mono_ms; /* milliseconds that only ever grow, from anywhere: for how long things take or wait */
} gba_env;

/* n random octets to out. */
static inline void gba_env_random(const gba_env *env, void *out, size_t n)
{
    env->random(env->random_ctx, out, n);
}

/* The time in whole seconds since 1970. */
static inline int64_t gba_env_now_s(const gba_env *env)
{
    return env->now_ms / 1000;
}
