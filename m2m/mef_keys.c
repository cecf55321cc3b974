/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment keys: made by a handshake, made usable by a token, given to targets,
 * listed, forgotten. */
#include "m2m/mef.h"
#include "m2m/mef_record.h"

static const char KIND[] = "ke";

enum {
    FORMAT = 1,
    RECORD_MAX = 2 * (GBA_TEXT_MAX + 2) + 64,
    LATEST_MAX = M2M_MEF_KEYS_MAX * (GBA_TEXT_MAX + 1),
    BATCH = 64,
};

/* An enrolment key as it is kept. */
struct kept {
    enum m2m_framework framework;
    bool token_due;
    int64_t until_s;
    gba_text record;
    gba_text enrolee; /* as it was when the key was made; empty: targets are told nothing */
    m2m_ke ke;        /* zeros in GBA: Ks stays with the BSF */
};

/* ---- records ---- */

static void put_text(gba_writer *w, const gba_text *t)
{
    gba_put_u8(w, (uint8_t)t->n);
    gba_put_view(w, gba_text_view(t));
}

static gba_rc get_text(gba_reader *r, gba_text *t)
{
    return gba_text_set(t, gba_get_view(r, gba_get_u8(r)));
}

static gba_rc decode(gba_view plain, struct kept *key)
{
    gba_reader r = gba_reader_of(plain);
    GBA_ENSURE(gba_get_u8(&r) == FORMAT, GBA_E_DB);
    key->framework = (enum m2m_framework)gba_get_u8(&r);
    key->token_due = gba_get_u8(&r) != 0;
    key->until_s = (int64_t)gba_get_u64(&r);
    GBA_TRY(get_text(&r, &key->record));
    GBA_TRY(get_text(&r, &key->enrolee));
    gba_get_bytes(&r, key->ke.b, sizeof key->ke.b);
    return gba_reader_end(&r) == GBA_OK ? GBA_OK : GBA_E_DB;
}

static gba_rc put(const struct m2m_mef *mef, const gba_env *env, gba_view keid, const struct kept *key)
{
    uint8_t plain[RECORD_MAX];
    gba_writer w = gba_writer_of(plain, sizeof plain);
    gba_put_u8(&w, FORMAT);
    gba_put_u8(&w, (uint8_t)key->framework);
    gba_put_u8(&w, key->token_due);
    gba_put_u64(&w, (uint64_t)key->until_s);
    put_text(&w, &key->record);
    put_text(&w, &key->enrolee);
    gba_put_view(&w, GBA_ARRAY(key->ke.b));
    gba_rc rc = gba_writer_end(&w);
    if (rc == GBA_OK)
        rc = m2m_vault_put(&mef->vault, env, KIND, keid, gba_writer_view(&w));
    gba_wipe_bytes(plain, sizeof plain);
    return rc;
}

static gba_rc get(const struct m2m_mef *mef, gba_view keid, struct kept *key)
{
    uint8_t plain[RECORD_MAX];
    gba_writer w = gba_writer_of(plain, sizeof plain);
    gba_rc rc = m2m_vault_get(&mef->vault, KIND, keid, &w);
    if (rc == GBA_OK)
        rc = decode(gba_writer_view(&w), key);
    gba_wipe_bytes(plain, sizeof plain);
    return rc;
}

static gba_rc record_of(const struct m2m_mef *mef, gba_view name, struct m2m_mef_record *record)
{
    record->room = gba_writer_of(record->memory, sizeof record->memory);
    return m2m_instr_get(&mef->vault, name, &record->room, &record->instr);
}

/* ---- the latest keys of a record, so that nobody fills the store with handshakes ---- */

static const char LATEST[] = "kx";

/* Those of `known` after the first that must go, which is forgotten, to w. */
static gba_rc put_latest(const struct m2m_mef *mef, gba_view known, gba_writer *w)
{
    gba_reader count = gba_reader_of(known), r = gba_reader_of(known);
    size_t n = 0;
    for (; gba_reader_left(&count) > 0; n++)
        gba_get_view(&count, gba_get_u8(&count));
    GBA_ENSURE(gba_reader_end(&count) == GBA_OK, GBA_E_DB);
    for (; n >= M2M_MEF_KEYS_MAX; n--)
        GBA_TRY(m2m_vault_del(&mef->vault, KIND, gba_get_view(&r, gba_get_u8(&r))));
    gba_put_view(w, gba_get_view(&r, gba_reader_left(&r)));
    return GBA_OK;
}

/* The key gets its place among the latest of its record. */
static gba_rc enter(const struct m2m_mef *mef, const gba_env *env, const struct kept *key,
                    const gba_text *keid)
{
    uint8_t before[LATEST_MAX], after[LATEST_MAX];
    gba_writer known = gba_writer_of(before, sizeof before), w = gba_writer_of(after, sizeof after);
    gba_rc rc = m2m_vault_get(&mef->vault, LATEST, gba_text_view(&key->record), &known);
    GBA_ENSURE(rc == GBA_OK || rc == GBA_E_ABSENT, rc);
    GBA_TRY(put_latest(mef, gba_writer_view(&known), &w));
    put_text(&w, keid);
    GBA_TRY(gba_writer_end(&w));
    return m2m_vault_put(&mef->vault, env, LATEST, gba_text_view(&key->record), gba_writer_view(&w));
}

/* ---- enrolment ---- */

/* As one change of the store: both agree whenever the process dies, and it is written once. */
static gba_rc enter_and_put(const struct m2m_mef *mef, const gba_env *env, const struct kept *key,
                            const gba_text *keid)
{
    GBA_TRY(m2m_vault_begin(&mef->vault));
    gba_rc rc = enter(mef, env, key, keid);
    if (rc == GBA_OK)
        rc = put(mef, env, gba_text_view(keid), key);
    return m2m_vault_end(&mef->vault, rc);
}

static gba_rc keep(const struct m2m_mef *mef, const gba_env *env, struct m2m_mef_enrolled *out,
                   struct kept *key)
{
    struct m2m_mef_record record;
    gba_rc rc = record_of(mef, gba_text_view(&key->record), &record);
    if (rc == GBA_OK) {
        key->framework = record.instr.framework;
        key->enrolee = record.instr.enrolee.text;
        key->token_due = record.instr.token_needed;
        key->until_s = gba_env_now_s(env) + record.instr.expiry_s;
        rc = enter_and_put(mef, env, key, &out->keid);
    }
    out->until_s = key->until_s;
    out->token_due = key->token_due;
    gba_wipe(&record);
    return rc;
}

/*= TS-0003 8.3.2.1 a) to c), 10.3.1, 10.3.4 */
gba_rc m2m_mef_enrol(const struct m2m_mef *mef, const gba_env *env, const struct m2m_mef_handshake *done,
                     struct m2m_mef_enrolled *out)
{
    struct kept key = {.record = done->who->name}, other = {.token_due = false};
    m2m_key half;
    m2m_rel rel;
    GBA_ENSURE(!done->who->target, GBA_E_BUG);
    m2m_export_split(done->exported, &rel, &half);
    gba_copy(key.ke.b, GBA_ARRAY(half.b));
    gba_wipe(&half);
    gba_rc rc = m2m_keyid_make(&rel, gba_text_view(done->name), &out->keid);
    if (rc == GBA_OK) {
        rc = get(mef, gba_text_view(&out->keid), &other);
        gba_wipe(&other);
        rc = rc == GBA_OK ? GBA_E_MEF_KEID_TWICE : rc;
    }
    if (rc == GBA_E_ABSENT)
        rc = keep(mef, env, out, &key);
    gba_wipe(&key);
    return rc;
}

/*= TS-0003 8.3.2.3: Ke is Ks, KeId is the B-TID */
gba_rc m2m_mef_note_gba(const struct m2m_mef *mef, const gba_env *env, const struct m2m_mef_gba *run)
{
    struct m2m_mef_record record;
    record.room = gba_writer_of(record.memory, sizeof record.memory);
    gba_rc rc = m2m_instr_find_impi(&mef->vault, run->impi, &record.room, &record.instr);
    if (rc == GBA_OK) {
        struct kept key = {.framework = M2M_GBA,
                           .until_s = run->until_s,
                           .record = record.instr.name,
                           .enrolee = record.instr.enrolee.text};
        rc = put(mef, env, run->btid, &key);
    }
    gba_wipe(&record);
    return rc;
}

/* ---- tokens ---- */

/* The session is known by its KeId, whose first 16 octets are as random as the key. */
static gba_rc use_token(struct m2m_instr *instr, const gba_env *env, gba_view keid,
                        const struct m2m_mef_offer *offer)
{
    gba_text fqdn, canonical;
    m2m_rel session;
    GBA_TRY(m2m_keyid_parse(keid, &session, &fqdn, &canonical));
    GBA_TRY(m2m_token_present(&instr->token, env, offer->token, session.b));
    GBA_ENSURE(offer->frameworks & 1u << instr->framework, GBA_E_RSPF);
    return m2m_token_consume(&instr->token, env, session.b);
}

/* The token is used up first: a crash between both leaves no token that counts twice. */
static gba_rc present(const struct m2m_mef *mef, const gba_env *env, gba_view keid,
                      const struct m2m_mef_offer *offer, struct kept *key)
{
    struct m2m_mef_record record;
    gba_rc rc = record_of(mef, gba_text_view(&key->record), &record);
    if (rc == GBA_E_ABSENT)
        rc = GBA_E_TOKEN;
    if (rc == GBA_OK)
        rc = use_token(&record.instr, env, keid, offer);
    if (rc == GBA_OK)
        rc = m2m_instr_put(&mef->vault, env, &record.instr);
    gba_wipe(&record);
    key->token_due = false;
    return rc == GBA_OK ? put(mef, env, keid, key) : rc;
}

gba_rc m2m_mef_present(const struct m2m_mef *mef, const gba_env *env, gba_view keid,
                       const struct m2m_mef_offer *offer)
{
    struct kept key;
    gba_rc rc = get(mef, keid, &key);
    if (rc == GBA_OK)
        rc = present(mef, env, keid, offer, &key);
    gba_wipe(&key);
    return rc == GBA_E_ABSENT ? GBA_E_MEF_KEID : rc;
}

/* ---- giving ---- */

gba_rc m2m_mef_prover(const struct m2m_mef *mef, const struct m2m_mef_who *who, struct m2m_party *out)
{
    *out = (struct m2m_party){.fqdn = {.n = 0}};
    for (size_t i = 0; who->target && i < mef->targets_n; i++) {
        if (gba_text_eq(&mef->targets[i].id.text, &who->name)) {
            *out = mef->targets[i];
            return GBA_OK;
        }
    }
    GBA_ENSURE(!who->target, GBA_E_MEF_NOT_TARGET);
    struct m2m_mef_record record;
    gba_rc rc = record_of(mef, gba_text_view(&who->name), &record);
    if (rc == GBA_OK)
        out->id = record.instr.enrolee;
    gba_wipe(&record);
    GBA_ENSURE(rc == GBA_OK && out->id.text.n > 0,
               rc == GBA_OK || rc == GBA_E_ABSENT ? GBA_E_MEF_NOT_TARGET : rc);
    if (m2m_id_fqdn(&out->id, &out->fqdn) != GBA_OK)
        out->fqdn.n = 0;
    return GBA_OK;
}

/*= TS-0003 8.3.2.1: what X-M2M-Origin says must be what TLS proved */
static gba_rc check_origin(gba_view origin, const struct m2m_party *target)
{
    struct m2m_id said;
    if (origin.p == NULL)
        return GBA_OK;
    GBA_ENSURE(m2m_id_parse(origin, &said) == GBA_OK && m2m_id_eq(&said, &target->id), GBA_E_MEF_ORIGIN);
    return GBA_OK;
}

/* Does the record that the key was made under, as it is now, give it to this target? */
static gba_rc check_permission(const struct m2m_mef *mef, const struct kept *key,
                               const struct m2m_party *target, struct m2m_mef_given *out)
{
    struct m2m_mef_record record;
    gba_rc rc = record_of(mef, gba_text_view(&key->record), &record);
    const struct m2m_instr *instr = &record.instr;
    if (rc == GBA_E_ABSENT)
        rc = GBA_E_MEF_NOT_TARGET;
    if (rc == GBA_OK &&
        (!m2m_instr_permits(instr, &target->id) || !gba_text_eq(&instr->enrolee.text, &key->enrolee)))
        rc = GBA_E_MEF_NOT_TARGET;
    if (rc == GBA_OK) {
        out->enrolee = instr->enrolee;
        out->e2e = instr->e2e;
        out->e2e_params = instr->e2e_params;
    }
    gba_wipe(&record);
    return rc;
}

/*= TS-0003 10.3.7: keys of remote provisioning are for the usages 21 to 25 */
static gba_rc derive(const m2m_ke *ke, unsigned suid, const struct m2m_party *target, m2m_key *out)
{
    if (suid == 0)
        return m2m_derive(ke, &target->id, out);
    GBA_ENSURE(m2m_suid_known(suid) && suid / 10 == 2 && target->fqdn.n > 0, GBA_E_MEF_SUID);
    return m2m_derive_usage(ke, suid, gba_text_view(&target->fqdn), out);
}

static gba_rc give(const struct m2m_mef *mef, const gba_env *env, const struct m2m_party *target,
                   const struct kept *key, struct m2m_mef_given *out)
{
    GBA_TRY(check_permission(mef, key, target, out));
    GBA_ENSURE(key->until_s > gba_env_now_s(env), GBA_E_MEF_EXPIRED);
    GBA_ENSURE(!key->token_due, GBA_E_MEF_TOKEN_DUE);
    out->until_s = key->until_s;
    return GBA_OK;
}

gba_rc m2m_mef_give(const struct m2m_mef *mef, const gba_env *env, const struct m2m_mef_fetch *ask,
                    struct m2m_mef_given *out)
{
    gba_text fqdn, keid;
    m2m_rel rel;
    struct m2m_party target;
    struct kept key;
    *out = (struct m2m_mef_given){.until_s = 0};
    GBA_ENSURE(ask->who != NULL, GBA_E_MEF_ORIGIN);
    GBA_TRY(m2m_mef_prover(mef, ask->who, &target));
    GBA_TRY(check_origin(ask->origin, &target));
    GBA_ENSURE(m2m_keyid_parse(ask->keid, &rel, &fqdn, &keid) == GBA_OK, GBA_E_MEF_KEID);
    gba_rc rc = get(mef, gba_text_view(&keid), &key);
    if (rc == GBA_OK)
        rc = give(mef, env, &target, &key, out);
    if (rc == GBA_OK)
        rc = derive(&key.ke, ask->suid, &target, &out->key);
    gba_wipe(&key);
    return rc == GBA_E_ABSENT ? GBA_E_MEF_KEID : rc;
}

/* ---- listing ---- */

struct listing {
    m2m_mef_key_fn *fn;
    void *arg;
};

static gba_rc on_key(void *arg, gba_view rest, gba_view plain)
{
    const struct listing *listing = arg;
    struct m2m_mef_key_seen seen = {.token_due = false};
    struct kept key;
    gba_rc rc = decode(plain, &key);
    gba_wipe(&key.ke);
    GBA_TRY(rc);
    GBA_TRY(gba_text_set(&seen.keid, rest));
    if (key.enrolee.n > 0)
        GBA_TRY(m2m_id_parse(gba_text_view(&key.enrolee), &seen.enrolee));
    seen.record = key.record;
    seen.until_s = key.until_s;
    seen.token_due = key.token_due;
    seen.framework = key.framework;
    return listing->fn(listing->arg, &seen);
}

gba_rc m2m_mef_keys(const struct m2m_mef *mef, m2m_mef_key_fn *fn, void *arg)
{
    struct listing listing = {fn, arg};
    return m2m_vault_each(&mef->vault, KIND, on_key, &listing);
}

/* ---- forgetting ---- */

/* Which keys go; some at a time, because the store may not change while it is read. */
struct choice {
    int64_t now_s;   /* those that ended by then */
    gba_view record; /* those of this record */
    bool gba;        /* those of GBA */
    gba_text keid[BATCH];
    size_t n;
};

static gba_rc choose(void *arg, const struct m2m_mef_key_seen *key)
{
    struct choice *choice = arg;
    bool goes = key->until_s <= choice->now_s || (choice->gba && key->framework == M2M_GBA) ||
                (choice->record.n > 0 && gba_view_eq(gba_text_view(&key->record), choice->record));
    if (goes && choice->n < BATCH)
        choice->keid[choice->n++] = key->keid;
    return GBA_OK;
}

static gba_rc drop(const struct m2m_mef *mef, struct choice *choice, size_t *n)
{
    do {
        choice->n = 0;
        GBA_TRY(m2m_mef_keys(mef, choose, choice));
        for (size_t i = 0; i < choice->n; i++)
            GBA_TRY(m2m_vault_del(&mef->vault, KIND, gba_text_view(&choice->keid[i])));
        *n += choice->n;
    } while (choice->n == BATCH);
    return GBA_OK;
}

gba_rc m2m_mef_forget(const struct m2m_mef *mef, gba_view keid)
{
    struct kept key;
    gba_rc rc = get(mef, keid, &key);
    gba_wipe(&key);
    GBA_TRY(rc);
    return m2m_vault_del(&mef->vault, KIND, keid);
}

gba_rc m2m_mef_forget_record(const struct m2m_mef *mef, gba_view record, size_t *n)
{
    struct choice choice = {.now_s = INT64_MIN, .record = record};
    GBA_TRY(drop(mef, &choice, n));
    return m2m_vault_del(&mef->vault, LATEST, record);
}

gba_rc m2m_mef_forget_gba(const struct m2m_mef *mef, size_t *n)
{
    struct choice choice = {.now_s = INT64_MIN, .gba = true};
    return drop(mef, &choice, n);
}

gba_rc m2m_mef_sweep(const struct m2m_mef *mef, const gba_env *env, size_t *n)
{
    struct choice choice = {.now_s = gba_env_now_s(env)};
    return drop(mef, &choice, n);
}
