/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystrap-load: many devices at once, each the real device engine with real
 * AKA behind it, over kept-alive connections.
 */
#pragma once

#include "bench/stats.h"
#include "gba/crypto/aka.h"
#include "rt/httpc.h"
#include "ue/boot.h"
#include "ue/ua.h"

enum load_mode { LOAD_BOOTSTRAP, LOAD_NAF };

struct load_conf {
    enum load_mode mode;
    gba_text bsf, bsf_host; /* ADDRESS:PORT, and the name it goes by */
    gba_text naf, naf_host;
    gba_text imsi; /* of the first subscriber; the others count on */
    uint32_t mnc_n;
    uint32_t subscribers; /* how many; a run takes the next, round and round */
    uint32_t concurrency; /* devices at work at once */
    uint32_t seconds;     /* how long; 0: until count */
    uint32_t count;       /* how many; 0: until seconds */
    uint32_t rate;        /* runs begun a second; 0: each device begins anew at once */
    gba_aka_key key;      /* of every subscriber */
};

/* The IMPI of subscriber i. */
GBA_MUST_USE gba_rc load_impi(const struct load_conf *conf, uint32_t i, gba_text *imsi, gba_text *impi);

/* Run the load and fill *stats, and *challenges with the time from a device's first request to its
 * challenge; progress goes to the terminal, if standard error is one. */
GBA_MUST_USE gba_rc load_run(struct rt_loop *loop, const struct load_conf *conf, struct load_stats *stats,
                             struct load_stats *challenges);
