/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/target.h"

enum { SUID_SAEF_MAF = 32, RAND_TEXT_N = 24, PICKED_MAX = 8 };

/* ---- what an identity says ---- */

/* TS 33.222 5.4.0.2, TS 24.109: the prefix says which kind of bootstrapping. */
static gba_view without_prefix(gba_view identity, struct m2m_target_run *run)
{
    static const struct {
        gba_view text;
        bool uicc;
    } prefixes[] = {
        {{(const uint8_t *)"3GPP-bootstrapping-uicc", 23}, true},
        {{(const uint8_t *)"3GPP-bootstrapping-digest", 25}, false},
        {{(const uint8_t *)"3GPP-bootstrapping", 18}, false},
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t n = prefixes[i].text.n;
        if (!gba_view_starts(identity, prefixes[i].text) || identity.n <= n)
            continue;
        if (identity.p[n] != ';' && identity.p[n] != '.')
            continue;
        run->gba = true;
        run->uicc = prefixes[i].uicc;
        return gba_view_sub(identity, n + 1, identity.n);
    }
    return identity;
}

static gba_view domain_of(const gba_text *name)
{
    gba_view v = gba_text_view(name);
    return gba_view_sub(v, gba_view_find_last(v, '@') + 1, v.n);
}

/* Only of a KmId the left part has no case (TS-0003 10.6), and only a MAF has them. */
static gba_rc key_name(const struct m2m_target *t, gba_view text, gba_text *canonical, bool *keyid)
{
    m2m_rel rel;
    gba_text fqdn;
    *keyid = m2m_keyid_parse(text, &rel, &fqdn, canonical) == GBA_OK;
    if (*keyid)
        return GBA_OK;
    gba_view host = gba_view_sub(text, gba_view_find_last(text, '@') + 1, text.n);
    bool ours = t->self.kind == M2M_ID_FQDN && gba_view_eq_nocase(host, gba_text_view(&t->self.text));
    return m2m_key_name_parse(text, ours, canonical);
}

static gba_rc read_identity(const struct m2m_target *t, gba_view shown, struct m2m_target_run *run)
{
    gba_view bare = without_prefix(shown, run);
    if (bare.n == 0 || gba_text_set(&run->identity, bare) != GBA_OK)
        return GBA_E_TARGET_UNKNOWN;
    if (run->gba || key_name(t, bare, &run->name, &run->keyid) != GBA_OK)
        run->name.n = 0;
    return GBA_OK;
}

/* ---- keys that are known ---- */

static gba_rc fresh(const struct m2m_target *t, const gba_env *env, struct m2m_shared *shared)
{
    GBA_TRY(m2m_shared_get(&t->vault, shared));
    if (gba_env_now_s(env) < shared->until_s)
        return GBA_OK;
    GBA_TRY(m2m_shared_del(&t->vault, shared));
    return GBA_E_TARGET_EXPIRED;
}

/* The KmId stands for the key as its KeId does (TS-0003 8.3.1.2 NOTE 2). */
static gba_rc follow_alias(const struct m2m_target *t, struct m2m_target_run *run)
{
    gba_text id;
    gba_rc rc = m2m_shared_alias_get(&t->vault, gba_text_view(&run->name), &id);
    if (rc == GBA_E_ABSENT)
        return GBA_OK;
    GBA_TRY(rc);
    run->alias = run->name;
    return read_identity(t, gba_text_view(&id), run);
}

static gba_rc find(const struct m2m_target *t, const gba_env *env, struct m2m_target_run *run,
                   struct m2m_shared *shared)
{
    gba_rc named = GBA_E_ABSENT;
    if (run->name.n > 0) {
        GBA_TRY(follow_alias(t, run));
        shared->id = run->name;
        named = run->name.n > 0 ? fresh(t, env, shared) : GBA_E_ABSENT;
        if (named != GBA_E_ABSENT && named != GBA_E_TARGET_EXPIRED)
            return named;
    }
    GBA_ENSURE(run->suite != 0, named);
    gba_wipe(shared);
    shared->id = run->identity;
    shared->suite = run->suite;
    shared->uicc = run->uicc;
    gba_rc naf = fresh(t, env, shared);
    return naf == GBA_E_ABSENT ? named : naf;
}

/* ---- whom to ask ---- */

static const struct m2m_source *source_of(const struct m2m_target *t, gba_view fqdn, int kind)
{
    for (size_t i = 0; i < t->sources_n; i++) {
        if ((int)t->sources[i].kind == kind && gba_view_eq_nocase(gba_text_view(&t->sources[i].fqdn), fqdn))
            return &t->sources[i];
    }
    return NULL;
}

/* Is this "base64(RAND)@..." as BSFs make them (TS 33.220 4.5.2)? */
static bool is_rand(const gba_text *identity)
{
    uint8_t room[16];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view left = gba_view_sub(gba_text_view(identity), 0, gba_view_find(gba_text_view(identity), '@'));
    return left.n == RAND_TEXT_N && gba_b64_parse(left, &w) == GBA_OK && w.n == sizeof room;
}

static const struct m2m_source *bsf_of(const struct m2m_target *t, const struct m2m_target_run *run)
{
    gba_view domain;
    if (run->suite == 0 || gba_btid_domain(gba_text_view(&run->identity), &domain) != GBA_OK)
        return NULL;
    const struct m2m_source *exact = source_of(t, domain, M2M_SOURCE_BSF);
    if (exact != NULL || !(run->gba || is_rand(&run->identity)))
        return exact;
    return source_of(t, GBA_LIT("*"), M2M_SOURCE_BSF);
}

static void order_of(enum m2m_target_order_kind kind, gba_view source, const gba_text *id,
                     struct m2m_target_order *order)
{
    order->kind = kind;
    order->id = *id;
    order->reason = gba_text_set(&order->source, source);
    if (order->reason != GBA_OK)
        order->kind = M2M_TARGET_REFUSE;
    gba_text_lower(&order->source);
}

static void refuse(gba_rc reason, struct m2m_target_order *order)
{
    gba_wipe(order);
    order->kind = M2M_TARGET_REFUSE;
    order->reason = reason;
}

/* The name behind '@' says whom to ask, and only those of ours are (TS-0003 8.3.1.2). */
static void ask(const struct m2m_target *t, const struct m2m_target_run *run, gba_rc missing,
                struct m2m_target_order *order)
{
    gba_view domain = domain_of(&run->identity);
    const struct m2m_source *bsf = bsf_of(t, run);
    if (run->keyid && source_of(t, domain, M2M_SOURCE_MEF) != NULL) {
        order_of(M2M_TARGET_FETCH_MEF, domain, &run->name, order);
        order->suid = t->suid;
    } else if (run->keyid && t->self.kind != M2M_ID_FQDN && source_of(t, domain, M2M_SOURCE_MAF) != NULL) {
        order_of(M2M_TARGET_FETCH_MAF, domain, &run->name, order);
    } else if (bsf != NULL) {
        order_of(M2M_TARGET_ASK_ZN, domain, &run->identity, order);
        order->naf = (gba_nafid){.fqdn = t->fqdn, .ua = gba_uaid_tls(run->suite)};
        order->uicc = run->uicc;
    } else if (missing == GBA_E_TARGET_EXPIRED) {
        refuse(missing, order);
    } else {
        bool asked_for = run->keyid || run->gba || is_rand(&run->identity);
        refuse(asked_for ? GBA_E_TARGET_SOURCE : GBA_E_TARGET_UNKNOWN, order);
    }
}

void m2m_target_begin(const struct m2m_target *t, const gba_env *env, const struct m2m_target_shown *shown,
                      struct m2m_target_run *run, struct m2m_target_order *order)
{
    gba_wipe(order);
    gba_wipe(run);
    run->suite = shown->suite;
    gba_rc rc = read_identity(t, shown->identity, run);
    if (rc == GBA_OK)
        rc = find(t, env, run, &order->shared);
    if (rc == GBA_OK && t->peer_required && order->shared.peer.text.n == 0)
        rc = GBA_E_TARGET_NO_PEER;
    if (rc == GBA_OK)
        order->kind = M2M_TARGET_USE;
    else if (rc == GBA_E_ABSENT || rc == GBA_E_TARGET_EXPIRED)
        ask(t, run, rc, order);
    else
        refuse(rc, order);
    if (order->kind != M2M_TARGET_USE)
        gba_wipe(&order->shared);
    run->asked = order->kind;
}

/* ---- keys that came ---- */

static gba_rc acceptable(const struct m2m_target *t, const gba_env *env, const struct m2m_target_run *run,
                         const struct m2m_shared *got)
{
    GBA_ENSURE(got->n > 0 && got->n <= sizeof got->key, GBA_E_TARGET_REFUSED);
    GBA_ENSURE(gba_env_now_s(env) < got->until_s, GBA_E_TARGET_EXPIRED);
    GBA_ENSURE(!t->peer_required || got->peer.text.n > 0, GBA_E_TARGET_NO_PEER);
    /*= TS-0003 8.2.2.3 */
    GBA_ENSURE(run->asked != M2M_TARGET_FETCH_MAF || got->suid == SUID_SAEF_MAF, GBA_E_TARGET_USE);
    return GBA_OK;
}

static enum m2m_key_use use_of(const struct m2m_target *t, enum m2m_target_order_kind asked)
{
    if (asked == M2M_TARGET_FETCH_MAF)
        return M2M_USE_KC;
    return t->self.kind == M2M_ID_FQDN ? M2M_USE_KM : M2M_USE_KPSA;
}

static gba_rc accept(const struct m2m_target *t, const gba_env *env, const struct m2m_target_run *run,
                     struct m2m_shared *shared)
{
    GBA_TRY(acceptable(t, env, run, shared));
    bool naf = run->asked == M2M_TARGET_ASK_ZN;
    shared->use = use_of(t, run->asked);
    shared->id = naf ? run->identity : run->name;
    shared->alias = run->alias;
    shared->suite = naf ? run->suite : 0;
    shared->uicc = naf && run->uicc;
    int64_t longest = gba_env_now_s(env) + (int64_t)t->max_key_s;
    if (t->max_key_s > 0 && shared->until_s > longest)
        shared->until_s = longest;
    return m2m_shared_put(&t->vault, env, shared);
}

void m2m_target_fetched(const struct m2m_target *t, const gba_env *env, const struct m2m_target_run *run,
                        const struct m2m_target_got *got, struct m2m_target_order *order)
{
    gba_rc rc = got->rc;
    gba_wipe(order);
    if (rc == GBA_OK) {
        order->shared = *got->shared;
        rc = accept(t, env, run, &order->shared);
    }
    if (rc == GBA_OK)
        order->kind = M2M_TARGET_USE;
    else
        refuse(rc, order);
}

/*= TS-0003 8.2.2.1, 8.2.2.3, 10.4 */
gba_rc m2m_target_who(const struct m2m_shared *shared, gba_text *who)
{
    enum { CRED_MAF = 11, CRED_SAEF = 12 };
    const gba_text *known = shared->peer.text.n > 0 ? &shared->peer.text : &shared->cred;
    if (known->n > 0) {
        *who = *known;
        return GBA_OK;
    }
    return m2m_cred_make(shared->use == M2M_USE_KM ? CRED_MAF : CRED_SAEF, gba_text_view(&shared->id), who);
}

/* ---- what an operator does ---- */

struct picked {
    gba_view id; /* those of this key; absent: those that are over */
    int64_t now_s;
    size_t n;
    struct m2m_shared at[PICKED_MAX]; /* without their keys */
};

static gba_rc pick(void *arg, const struct m2m_shared *shared)
{
    struct picked *p = arg;
    bool wanted =
        p->id.p != NULL ? gba_view_eq(gba_text_view(&shared->id), p->id) : shared->until_s <= p->now_s;
    if (!wanted || p->n == PICKED_MAX)
        return GBA_OK;
    struct m2m_shared *to = &p->at[p->n++];
    *to = (struct m2m_shared){
        .id = shared->id, .alias = shared->alias, .suite = shared->suite, .uicc = shared->uicc};
    return GBA_OK;
}

static gba_rc drop(const struct m2m_target *t, struct picked *p, size_t *n)
{
    do {
        p->n = 0;
        GBA_TRY(m2m_shared_each(&t->vault, pick, p));
        for (size_t i = 0; i < p->n; i++)
            GBA_TRY(m2m_shared_del(&t->vault, &p->at[i]));
        *n += p->n;
    } while (p->n > 0);
    return GBA_OK;
}

/* The key's own name, of whichever of its names; as it is for names of GBA. */
static gba_rc own_name(const struct m2m_target *t, gba_view id, gba_text *own)
{
    struct m2m_target_run run = {0};
    GBA_TRY(read_identity(t, id, &run));
    if (run.name.n > 0)
        GBA_TRY(follow_alias(t, &run));
    *own = run.name.n > 0 ? run.name : run.identity;
    return GBA_OK;
}

gba_rc m2m_target_forget(const struct m2m_target *t, gba_view id)
{
    gba_text own;
    size_t n = 0;
    GBA_TRY(own_name(t, id, &own));
    return drop(t, &(struct picked){.id = gba_text_view(&own)}, &n);
}

gba_rc m2m_target_sweep(const struct m2m_target *t, const gba_env *env, size_t *n)
{
    return drop(t, &(struct picked){.now_s = gba_env_now_s(env)}, n);
}

static gba_rc set_alias(const struct m2m_target *t, const gba_env *env, struct m2m_shared *shared,
                        const gba_text *alias)
{
    gba_rc rc = m2m_shared_get(&t->vault, shared);
    if (rc == GBA_OK && shared->alias.n > 0 && !gba_text_eq(&shared->alias, alias))
        rc = m2m_shared_alias_del(&t->vault, gba_text_view(&shared->alias));
    shared->alias = *alias;
    if (rc == GBA_OK)
        rc = m2m_shared_put(&t->vault, env, shared);
    gba_wipe(shared);
    return rc;
}

gba_rc m2m_target_alias(const struct m2m_target *t, const gba_env *env, gba_view id, gba_view alias)
{
    gba_text own, name, taken;
    bool keyid;
    GBA_TRY(own_name(t, id, &own));
    GBA_TRY(key_name(t, alias, &name, &keyid));
    gba_rc rc = m2m_shared_alias_get(&t->vault, gba_text_view(&name), &taken);
    GBA_ENSURE(rc == GBA_OK || rc == GBA_E_ABSENT, rc);
    GBA_ENSURE(rc == GBA_E_ABSENT || gba_text_eq(&taken, &own), GBA_E_M2M_TWICE);
    struct picked same = {.id = gba_text_view(&name)}, of = {.id = gba_text_view(&own)};
    GBA_TRY(m2m_shared_each(&t->vault, pick, &same));
    GBA_ENSURE(same.n == 0, GBA_E_M2M_TWICE);
    GBA_TRY(m2m_shared_each(&t->vault, pick, &of));
    GBA_ENSURE(of.n > 0, GBA_E_TARGET_UNKNOWN);
    GBA_TRY(m2m_shared_alias_put(&t->vault, env, gba_text_view(&name), gba_text_view(&own)));
    for (size_t i = 0; i < of.n; i++)
        GBA_TRY(set_alias(t, env, &of.at[i], &name));
    return GBA_OK;
}

gba_rc m2m_target_import(const struct m2m_target *t, const gba_env *env, const struct m2m_shared *shared)
{
    struct m2m_shared known = {0};
    gba_text name, taken;
    bool keyid;
    GBA_TRY(key_name(t, gba_text_view(&shared->id), &name, &keyid));
    GBA_ENSURE((shared->use == M2M_USE_KM) == (t->self.kind == M2M_ID_FQDN), GBA_E_TARGET_USE);
    GBA_ENSURE(shared->n > 0 && shared->n <= sizeof shared->key, GBA_E_TOO_SHORT);
    GBA_ENSURE(gba_env_now_s(env) < shared->until_s, GBA_E_TARGET_EXPIRED);
    known.id = name;
    gba_rc rc = fresh(t, env, &known);
    bool same =
        rc == GBA_OK && gba_ct_eq(gba_view_of(known.key, known.n), gba_view_of(shared->key, shared->n));
    gba_wipe(&known.key);
    GBA_ENSURE(rc == GBA_E_ABSENT || rc == GBA_E_TARGET_EXPIRED || same, rc == GBA_OK ? GBA_E_M2M_TWICE : rc);
    GBA_ENSURE(m2m_shared_alias_get(&t->vault, gba_text_view(&name), &taken) == GBA_E_ABSENT,
               GBA_E_M2M_TWICE);
    struct m2m_shared keep = *shared;
    keep.id = name;
    keep.alias = known.alias;
    rc = m2m_shared_put(&t->vault, env, &keep);
    gba_wipe(&keep);
    return rc;
}

struct each {
    m2m_target_fn *fn;
    void *arg;
};

static gba_rc without_key(void *arg, const struct m2m_shared *shared)
{
    const struct each *each = arg;
    struct m2m_shared seen = *shared;
    gba_wipe(&seen.key);
    return each->fn(each->arg, &seen);
}

gba_rc m2m_target_each(const struct m2m_target *t, m2m_target_fn *fn, void *arg)
{
    return m2m_shared_each(&t->vault, without_key, &(struct each){fn, arg});
}
