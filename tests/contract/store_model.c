/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/store_model.h"

struct store_model_record store_model[STORE_MODEL_KEYS];

unsigned store_model_owned(unsigned owner, const struct store_model_record **oldest)
{
    unsigned n = 0;
    for (const struct store_model_record *r = store_model; r < store_model + STORE_MODEL_KEYS; r++) {
        if (!r->there || r->owner != owner)
            continue;
        if (n++ == 0 || r->age < (*oldest)->age)
            *oldest = r;
    }
    return n;
}

const struct store_model_record *store_model_alias(unsigned alias)
{
    for (const struct store_model_record *r = store_model; r < store_model + STORE_MODEL_KEYS; r++) {
        if (r->there && r->alias == alias)
            return r;
    }
    return NULL;
}

void store_model_put(unsigned key, const struct store_model_record *is, unsigned keep)
{
    const struct store_model_record *oldest = NULL;
    for (unsigned i = 0; i < STORE_MODEL_KEYS; i++) {
        if (store_model[i].alias == is->alias)
            store_model[i].alias = UINT32_MAX;
    }
    store_model[key] = *is;
    while (store_model_owned(is->owner, &oldest) > keep)
        store_model[oldest - store_model].there = false;
}
