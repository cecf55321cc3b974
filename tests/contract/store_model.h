/* SPDX-License-Identifier: Apache-2.0 */
/* A store as plain as can be: what others are compared with. */
#pragma once

#include "gba/base/bytes.h"

enum { STORE_MODEL_KEYS = 40 };

struct store_model_record {
    bool there;
    uint8_t value;
    unsigned owner, alias, age;
};

/* By key. */
extern struct store_model_record store_model[STORE_MODEL_KEYS];

/* How many an owner has, and the oldest of them. */
unsigned store_model_owned(unsigned owner, const struct store_model_record **oldest);

/* Who has this alias, or NULL. */
const struct store_model_record *store_model_alias(unsigned alias);

void store_model_put(unsigned key, const struct store_model_record *is, unsigned keep);
