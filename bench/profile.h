/* SPDX-License-Identifier: Apache-2.0 */
/* The card's profile that bench programs take the subscribers' key from. */
#pragma once

#include "gba/base/text.h"
#include "gba/crypto/aka.h"

struct bench_profile {
    gba_text imsi;
    uint32_t mnc_n;
    gba_aka_key key; /* wiped by whoever declares the struct */
};

/* False when the file is no good; standard error says why. */
bool bench_profile_read(const char *path, struct bench_profile *out);
