/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that stands still until told and random bytes that repeat from a seed. */
#pragma once

#include "gba/base/env.h"

struct fake_world {
    gba_env env;
    uint64_t state;
};

static inline void fake_random(void *ctx, uint8_t *out, size_t n)
{
    struct fake_world *world = ctx;
    for (size_t i = 0; i < n; i++) {
        world->state = world->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(world->state >> 56);
    }
}

/* 2029-12-31T00:00:00Z, one day before the expiry in the vectors. */
static inline void fake_world_init(struct fake_world *world)
{
    *world = (struct fake_world){{INT64_C(1893369600000), fake_random, world, 1000}, 1};
}

/* Time passes; set now_ms alone for a clock that is stepped. */
static inline void fake_world_pass(struct fake_world *world, int64_t ms)
{
    world->env.now_ms += ms;
    world->env.mono_ms += ms;
}
