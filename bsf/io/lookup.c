/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/lookup.h"

#include "gba/wire/names.h"

void bsf_lookup_begin(struct bsf_lookup *lookup, const struct bsf_lookup_parts *parts)
{
    lookup->store = parts->store;
    lookup->conf = parts->conf;
    lookup->sealer.ring = parts->ring;
    lookup->fn = parts->fn;
    lookup->arg = parts->arg;
    lookup->n = lookup->next = 0;
}

/* What may be shown of a record; the rest is wiped. */
static gba_rc take(struct bsf_lookup *lookup, const struct bsf_stored *stored)
{
    struct bsf_session session;
    struct bsf_lookup_session *to = &lookup->sessions[lookup->n];
    gba_rc rc = bsf_session_open(&lookup->sealer, &stored->key, stored->record, &session);
    if (rc == GBA_OK)
        rc = bsf_session_btid(&session, &to->btid);
    if (rc == GBA_OK) {
        to->key = stored->key;
        to->impi = session.impi;
        to->mode = session.mode;
        to->gba_type = session.gba_type;
        to->tmpi = session.tmpi;
        to->created_s = session.created_s;
        to->expiry_s = session.expiry_s;
        lookup->n++;
    }
    gba_wipe(&session);
    gba_wipe(&lookup->sealer.plain);
    return rc;
}

/* ---- one ---- */

static void on_one(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct bsf_lookup *lookup = arg;
    if (rc == GBA_OK)
        rc = n > 0 ? take(lookup, found) : GBA_E_ABSENT;
    lookup->fn(lookup->arg, rc);
}

void bsf_lookup_one(struct bsf_lookup *lookup, gba_view name)
{
    bsf_store_key key;
    gba_rc rc = bsf_key_of(gba_is_tmpi(name) ? BSF_KEY_TMPI : BSF_KEY_BTID, name, &key);
    if (rc == GBA_OK)
        lookup->store->get(lookup->store->self, &key, on_one, lookup);
    else
        lookup->fn(lookup->arg, rc);
}

/* ---- all ---- */

static gba_view domain_of(const struct bsf_conf *conf, size_t i)
{
    const struct bsf_conf_name *name = bsf_conf_name_at(conf, i);
    return gba_text_view(name->btid_domain.n > 0 ? &name->btid_domain : &name->host);
}

static bool domain_seen(const struct bsf_conf *conf, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (gba_view_eq(domain_of(conf, k), domain_of(conf, i)))
            return true;
    }
    return false;
}

static bool known(const struct bsf_lookup *lookup, const bsf_store_key *key)
{
    for (size_t i = 0; i < lookup->n; i++) {
        if (gba_view_eq(GBA_ARRAY(lookup->sessions[i].key.b), GBA_ARRAY(key->b)))
            return true;
    }
    return false;
}

static gba_rc take_all(struct bsf_lookup *lookup, const struct bsf_stored *found, size_t n)
{
    for (size_t i = 0; i < n && lookup->n < BSF_LOOKUP_MAX; i++) {
        if (!known(lookup, &found[i].key))
            GBA_TRY(take(lookup, &found[i]));
    }
    return GBA_OK;
}

/* The next name of the BSF under the next key that owners may have been made with. */
static void ask_next(struct bsf_lookup *lookup)
{
    bsf_store_key owner;
    size_t names = lookup->conf->names.n, all = names * lookup->sealer.ring->n;
    while (lookup->next < all && domain_seen(lookup->conf, lookup->next % names))
        lookup->next++;
    if (lookup->next >= all) {
        lookup->fn(lookup->arg, GBA_OK);
        return;
    }
    gba_rc rc =
        bsf_owner_of(&lookup->sealer.ring->keys[lookup->next / names].key, gba_text_view(&lookup->name),
                     domain_of(lookup->conf, lookup->next % names), &owner);
    lookup->next++;
    if (rc == GBA_OK)
        lookup->store->of(lookup->store->self, &owner, lookup->on_some, lookup);
    else
        lookup->fn(lookup->arg, rc);
}

static void on_some(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct bsf_lookup *lookup = arg;
    if (rc == GBA_OK)
        rc = take_all(lookup, found, n);
    if (rc == GBA_OK || gba_rc_class(rc) == GBA_CLASS_ABSENT)
        ask_next(lookup);
    else
        lookup->fn(lookup->arg, rc);
}

void bsf_lookup_all(struct bsf_lookup *lookup, gba_view impi)
{
    gba_rc rc = gba_text_set(&lookup->name, impi);
    lookup->on_some = on_some;
    if (rc == GBA_OK)
        ask_next(lookup);
    else
        lookup->fn(lookup->arg, rc);
}
