/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/reg.h"

#include "gba/crypto/hash.h"
#include "m2m/res.h"

/* What a request may say (TS-0003 8.8.2.3, 8.8.2.5, 8.8.2.7, 8.8.2.9), what it must
 * say, and what is told to whom. */
enum {
    CLIENT_MUST = M2M_HAS_ET | M2M_HAS_ADFQ,
    CLIENT_MAY = CLIENT_MUST | M2M_HAS_LBL,
    CLIENT_CHANGES = M2M_HAS_ET | M2M_HAS_LBL,
    CLIENT_TOLD = M2M_HAS_ALL & ~M2M_HAS_CRED,
    KEY_MUST = M2M_HAS_ET | M2M_HAS_ADFQ | M2M_HAS_SUID | M2M_HAS_TGIS,
    KEY_MAY = KEY_MUST | M2M_HAS_LBL | M2M_HAS_KV,
    KEY_CHANGES = M2M_HAS_ET | M2M_HAS_LBL | M2M_HAS_TGIS,
    KEY_TOLD_SOURCE = M2M_HAS_ALL & ~M2M_HAS_KV,
    KEY_TOLD_TARGET = M2M_HAS_ALL & ~M2M_HAS_TGIS,
};

/* ri of a client registration: this and 32 hexadecimal digits. */
#define CLIENT_PREFIX "c-"
enum { CLIENT_RI_N = sizeof CLIENT_PREFIX - 1 + 32 };

/* One request in progress. */
struct turn {
    const struct m2m_reg *reg;
    const gba_env *env;
    const struct m2m_reg_client *client;
    const struct m2m_request *req;
    gba_writer *room;
    struct m2m_reg_result *out;
};

/* ---- records ---- */

static gba_rc load(const struct m2m_reg *reg, const char *kind, gba_view ri, struct m2m_res *res)
{
    uint8_t plain[M2M_RES_JSON_MAX];
    gba_writer w = gba_writer_of(plain, sizeof plain);
    gba_rc rc = m2m_vault_get(&reg->vault, kind, ri, &w);
    if (rc == GBA_OK)
        rc = m2m_res_parse(gba_writer_view(&w), res) == GBA_OK ? GBA_OK : GBA_E_DB;
    gba_wipe(&plain);
    return rc == GBA_E_ABSENT ? GBA_E_REG_ABSENT : rc;
}

static gba_rc keep(const struct turn *t, const char *kind, const struct m2m_res *res)
{
    uint8_t plain[M2M_RES_JSON_MAX];
    gba_writer w = gba_writer_of(plain, sizeof plain);
    m2m_res_write(res, M2M_HAS_ALL, &w);
    gba_rc rc = gba_writer_end(&w);
    if (rc == GBA_OK)
        rc = m2m_vault_put(&t->reg->vault, t->env, kind, gba_text_view(&res->ri), gba_writer_view(&w));
    gba_wipe(&plain);
    return rc;
}

static bool expired(const struct m2m_res *res, const gba_env *env)
{
    return res->et <= gba_env_now_s(env);
}

/* ---- answers ---- */

static gba_rc answer(const struct turn *t, enum m2m_rsc rsc, const struct m2m_res *res, unsigned which)
{
    size_t at = t->room->n;
    m2m_res_write(res, which, t->room);
    GBA_TRY(gba_writer_end(t->room));
    t->out->rsp.rsc = rsc;
    t->out->rsp.body = gba_view_sub(gba_writer_view(t->room), at, t->room->n - at);
    return GBA_OK;
}

static void locate(const struct turn *t, const struct m2m_res *res)
{
    size_t at = t->room->n;
    gba_put_str(t->room, M2M_RES_BASE "/");
    gba_put_view(t->room, gba_text_view(&res->ri));
    t->out->rsp.location = gba_view_sub(gba_writer_view(t->room), at, t->room->n - at);
}

/* ---- what clients ask for, and what they get of it ---- */

/* Every member that is due, none that is not. */
static gba_rc has_exactly(const struct m2m_res *want, unsigned must, unsigned may)
{
    return (want->has & must) == must && !(want->has & ~may) ? GBA_OK : GBA_E_REG_MEMBER;
}

/*= TS-0003 8.8.2.3: the server may change what was proposed; nothing outlives the
 * credential that it was registered with (10.7) */
static gba_rc bound_expiry(const struct turn *t, uint32_t longest_s, int64_t *et)
{
    int64_t now = gba_env_now_s(t->env);
    GBA_ENSURE(*et > now, GBA_E_REG_CONTENT);
    GBA_ENSURE(t->client->until_s > now, GBA_E_REG_EXPIRED);
    if (*et > now + longest_s)
        *et = now + longest_s;
    if (*et > t->client->until_s)
        *et = t->client->until_s;
    return GBA_OK;
}

static gba_rc serves_admin(const struct m2m_reg *reg, const gba_text *admin)
{
    bool served = reg->admins_n == 0;
    for (size_t i = 0; i < reg->admins_n && !served; i++)
        served = gba_view_eq_nocase(gba_text_view(&reg->admins[i]), gba_text_view(admin));
    return served ? GBA_OK : GBA_E_REG_ADMIN;
}

/*= TS-0003 8.8.2.7: one target of a key for a security association or for end-to-end
 * primitives, one or more of a key for data.  A MAF distributes keys of the kinds 3x,
 * a MEF those of the kinds 2x (TS-0004 6.3.4.2.39). */
static gba_rc check_use(const struct m2m_reg *reg, const struct m2m_res *key)
{
    unsigned use = key->suid % 10;
    GBA_ENSURE(m2m_suid_known(key->suid) && key->suid / 10 == (reg->maf ? 3 : 2), GBA_E_REG_CONTENT);
    GBA_ENSURE(key->tgis.n > 0 && (use > 3 || key->tgis.n == 1), GBA_E_REG_CONTENT);
    return GBA_OK;
}

static gba_rc set_creator(const struct turn *t, struct m2m_res *res)
{
    res->ct = res->lt = gba_env_now_s(t->env);
    res->has |= M2M_HAS_RI | M2M_HAS_CR | M2M_HAS_CT | M2M_HAS_LT;
    return gba_text_set(&res->cr, t->client->who);
}

static bool is_of_client(const struct turn *t, const struct m2m_res *res)
{
    return gba_view_eq(gba_text_view(&res->cr), t->client->who);
}

/* ---- client registrations ---- */

/*= TS-0003 8.8.2.3, 10.6: a Km that was remotely provisioned came under the name that a
 * MEF gave it; the KmId of a MAF ends in the name of the MAF.  A client that shows a
 * KmId of ours has its name already. */
static gba_rc assign_kmid(const struct turn *t, struct m2m_res *client)
{
    gba_view name, host;
    uint8_t random[8];
    char kmid[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(kmid, sizeof kmid);
    if (!t->reg->maf || !gba_view_split(t->client->credential, '@', &name, &host) ||
        gba_view_eq_nocase(host, gba_text_view(&t->reg->fqdn)) ||
        gba_view_eq(gba_text_view(&client->cred), t->client->credential))
        return GBA_OK;
    GBA_TRY(gba_text_set(&client->cred, t->client->credential));
    gba_env_random(t->env, random, sizeof random);
    gba_put_str(&w, "km-");
    gba_put_hex(&w, GBA_ARRAY(random));
    gba_put_u8(&w, '@');
    gba_put_view(&w, gba_text_view(&t->reg->fqdn));
    GBA_TRY(gba_writer_end(&w));
    GBA_TRY(gba_text_set(&client->aski, gba_writer_view(&w)));
    client->has |= M2M_HAS_ASKI | M2M_HAS_CRED;
    t->out->alias = client->aski;
    return GBA_OK;
}

/* A client has one registration an administrating stakeholder: what it is filed
 * under follows from both. */
static gba_rc name_client(const struct turn *t, struct m2m_res *client)
{
    const gba_view parts[] = {t->client->who, GBA_LIT("\0"), gba_text_view(&client->adfq)};
    uint8_t hash[GBA_HASH_MAX];
    char name[CLIENT_RI_N];
    gba_writer w = gba_writer_of(name, sizeof name);
    GBA_TRY(gba_hash_parts(GBA_HASH_SHA256, parts, sizeof parts / sizeof parts[0], hash));
    gba_put_str(&w, CLIENT_PREFIX);
    gba_put_hex(&w, gba_view_of(hash, 16));
    return gba_text_set(&client->ri, gba_writer_view(&w));
}

static gba_rc create_client(const struct turn *t, struct m2m_res *want)
{
    struct m2m_res old;
    GBA_TRY(has_exactly(want, CLIENT_MUST, CLIENT_MAY));
    GBA_TRY(serves_admin(t->reg, &want->adfq));
    GBA_TRY(bound_expiry(t, t->reg->max_client_s, &want->et));
    GBA_TRY(name_client(t, want));
    gba_rc rc = load(t->reg, "cr", gba_text_view(&want->ri), &old);
    GBA_ENSURE(rc == GBA_OK || rc == GBA_E_REG_ABSENT, rc);
    if (rc == GBA_OK && !expired(&old, t->env)) {
        locate(t, &old);
        return GBA_E_REG_TWICE;
    }
    GBA_TRY(set_creator(t, want));
    GBA_TRY(assign_kmid(t, want));
    GBA_TRY(keep(t, "cr", want));
    locate(t, want);
    return answer(t, M2M_RSC_CREATED, want, CLIENT_TOLD);
}

/* What the request changes of a registration. */
static gba_rc change(const struct turn *t, uint32_t longest_s, unsigned may, struct m2m_res *res,
                     struct m2m_res *want)
{
    GBA_TRY(m2m_res_parse(t->req->body, want));
    GBA_ENSURE(want->ty == res->ty && want->has, GBA_E_REG_MEMBER);
    GBA_TRY(has_exactly(want, 0, may));
    if (want->has & M2M_HAS_ET) {
        GBA_TRY(bound_expiry(t, longest_s, &want->et));
        res->et = want->et;
    }
    if (want->has & M2M_HAS_LBL)
        res->lbl = want->lbl;
    if (want->has & M2M_HAS_TGIS)
        res->tgis = want->tgis;
    res->has |= want->has;
    res->lt = gba_env_now_s(t->env);
    return GBA_OK;
}

static gba_rc update_client(const struct turn *t, struct m2m_res *client)
{
    struct m2m_res want;
    GBA_TRY(change(t, t->reg->max_client_s, CLIENT_CHANGES, client, &want));
    GBA_TRY(assign_kmid(t, client));
    GBA_TRY(keep(t, "cr", client));
    unsigned told = want.has | M2M_HAS_RI | M2M_HAS_LT | (t->out->alias.n ? M2M_HAS_ASKI : 0);
    return answer(t, M2M_RSC_UPDATED, client, told);
}

/* ---- key registrations ---- */

/* The RelativeKeyID: as in names of keys. */
static gba_rc set_relative(const struct turn *t, const m2m_rel *rel, gba_text *ri)
{
    gba_text whole;
    gba_view relative, fqdn;
    GBA_TRY(m2m_keyid_make(rel, gba_text_view(&t->reg->fqdn), &whole));
    gba_view_split(gba_text_view(&whole), '@', &relative, &fqdn);
    return gba_text_set(ri, relative);
}

/*= TS-0003 8.8.2.7, 10.3.5: without a value the key is the one of the session, and so is
 * its name; with one the name is random.  Either way it was never used before. */
static gba_rc name_key(const struct turn *t, struct m2m_res *key)
{
    uint8_t exported[M2M_EXPORT_N];
    m2m_rel rel;
    gba_rc rc = GBA_OK;
    if (key->has & M2M_HAS_KV) {
        gba_env_random(t->env, rel.b, sizeof rel.b);
    } else {
        rc = t->client->export ? t->client->export(t->client->export_arg, exported) : GBA_E_REG_CONTENT;
        if (rc == GBA_OK)
            m2m_export_split(exported, &rel, &key->kv);
        gba_wipe(&exported);
        t->out->exported = rc == GBA_OK;
    }
    GBA_TRY(rc);
    key->has |= M2M_HAS_KV;
    return set_relative(t, &rel, &key->ri);
}

static gba_rc create_key(const struct turn *t, struct m2m_res *want)
{
    struct m2m_res old;
    GBA_TRY(has_exactly(want, KEY_MUST, KEY_MAY));
    GBA_TRY(serves_admin(t->reg, &want->adfq));
    GBA_TRY(check_use(t->reg, want));
    GBA_TRY(bound_expiry(t, t->reg->max_key_s, &want->et));
    GBA_TRY(name_key(t, want));
    gba_rc rc = load(t->reg, "kr", gba_text_view(&want->ri), &old);
    gba_wipe(&old.kv);
    GBA_ENSURE(rc == GBA_E_REG_ABSENT, rc == GBA_OK ? GBA_E_REG_TWICE : rc);
    GBA_TRY(set_creator(t, want));
    GBA_TRY(keep(t, "kr", want));
    locate(t, want);
    return answer(t, M2M_RSC_CREATED, want, KEY_TOLD_SOURCE);
}

static gba_rc update_key(const struct turn *t, struct m2m_res *key)
{
    struct m2m_res want;
    GBA_TRY(change(t, t->reg->max_key_s, KEY_CHANGES, key, &want));
    GBA_TRY(check_use(t->reg, key));
    GBA_TRY(keep(t, "kr", key));
    return answer(t, M2M_RSC_UPDATED, key, want.has | M2M_HAS_RI | M2M_HAS_LT);
}

/*= TS-0003 8.8.2.8: the value for whoever proves to be a target, never for the source */
static gba_rc retrieve_key(const struct turn *t, const struct m2m_res *key)
{
    struct m2m_id client;
    if (is_of_client(t, key))
        return answer(t, M2M_RSC_OK, key, KEY_TOLD_SOURCE);
    GBA_ENSURE(m2m_id_parse(t->client->who, &client) == GBA_OK && m2m_res_is_target(key, &client),
               GBA_E_REG_PRIVILEGE);
    return answer(t, M2M_RSC_OK, key, KEY_TOLD_TARGET);
}

/* ---- requests ---- */

static gba_rc create(const struct turn *t)
{
    struct m2m_res want;
    enum m2m_res_type client = t->reg->maf ? M2M_TY_MAF_CLIENT_REG : M2M_TY_MEF_CLIENT_REG;
    gba_rc rc = m2m_res_parse(t->req->body, &want);
    if (rc == GBA_OK && t->req->ty != (unsigned)want.ty)
        rc = GBA_E_M2M_TYPE;
    if (rc == GBA_OK && want.ty == client)
        rc = create_client(t, &want);
    else if (rc == GBA_OK && want.ty == M2M_TY_SYMM_KEY_REG)
        rc = create_key(t, &want);
    else if (rc == GBA_OK)
        rc = GBA_E_REG_OPERATION;
    gba_wipe(&want.kv);
    return rc;
}

static gba_rc serve_base(const struct turn *t)
{
    struct m2m_res base = {.ty = t->reg->maf ? M2M_TY_MAF_BASE : M2M_TY_MEF_BASE, .has = M2M_HAS_FQ};
    if (t->req->op == M2M_CREATE)
        return create(t);
    GBA_ENSURE(t->req->op == M2M_RETRIEVE, GBA_E_REG_OPERATION);
    base.fq = t->reg->fqdn;
    return answer(t, M2M_RSC_OK, &base, M2M_HAS_ALL);
}

static gba_rc drop(const struct turn *t, const char *kind, const struct m2m_res *res)
{
    GBA_TRY(m2m_vault_del(&t->reg->vault, kind, gba_text_view(&res->ri)));
    t->out->rsp.rsc = M2M_RSC_DELETED;
    return GBA_OK;
}

static gba_rc serve_client(const struct turn *t, gba_view ri)
{
    struct m2m_res client;
    GBA_ENSURE(ri.n == CLIENT_RI_N && gba_view_starts(ri, GBA_LIT(CLIENT_PREFIX)), GBA_E_REG_ABSENT);
    GBA_TRY(load(t->reg, "cr", ri, &client));
    GBA_ENSURE(is_of_client(t, &client), GBA_E_REG_PRIVILEGE);
    GBA_ENSURE(!expired(&client, t->env), GBA_E_REG_EXPIRED);
    if (t->req->op == M2M_UPDATE)
        return update_client(t, &client);
    if (t->req->op == M2M_DELETE)
        return drop(t, "cr", &client);
    GBA_ENSURE(t->req->op == M2M_RETRIEVE, GBA_E_REG_OPERATION);
    return answer(t, M2M_RSC_OK, &client, CLIENT_TOLD);
}

static gba_rc serve_found_key(const struct turn *t, struct m2m_res *key)
{
    GBA_ENSURE(!expired(key, t->env), GBA_E_REG_EXPIRED);
    if (t->req->op == M2M_RETRIEVE)
        return retrieve_key(t, key);
    GBA_ENSURE(is_of_client(t, key), GBA_E_REG_PRIVILEGE);
    if (t->req->op == M2M_UPDATE)
        return update_key(t, key);
    return t->req->op == M2M_DELETE ? drop(t, "kr", key) : GBA_E_REG_OPERATION;
}

static gba_rc serve_key(const struct turn *t, const m2m_rel *rel)
{
    struct m2m_res key;
    gba_text ri;
    GBA_TRY(set_relative(t, rel, &ri));
    gba_rc rc = load(t->reg, "kr", gba_text_view(&ri), &key);
    if (rc == GBA_OK)
        rc = serve_found_key(t, &key);
    gba_wipe(&key.kv);
    return rc;
}

/* The part of `to` behind "/-": empty for the base, or an ri. */
static gba_rc local_part(const struct turn *t, gba_view *ri)
{
    gba_view to = t->req->to, host = gba_text_view(&t->reg->fqdn);
    if (gba_view_starts(to, GBA_LIT("//"))) {
        GBA_ENSURE(gba_view_eq_nocase(gba_view_sub(to, 2, host.n), host), GBA_E_REG_ABSENT);
        to = gba_view_sub(to, 2 + host.n, to.n);
    }
    GBA_ENSURE(gba_view_starts(to, GBA_LIT(M2M_RES_BASE)), GBA_E_REG_ABSENT);
    *ri = gba_view_sub(to, sizeof M2M_RES_BASE - 1, to.n);
    GBA_ENSURE(ri->n == 0 || ri->p[0] == '/', GBA_E_REG_ABSENT);
    *ri = gba_view_sub(*ri, 1, ri->n);
    return GBA_OK;
}

/*= TS-0003 7.2.1, TS-0004 7.3: nothing without a security association, and nobody speaks
 * for somebody else in one */
static gba_rc check_origin(const struct turn *t)
{
    struct m2m_id proven, said;
    GBA_ENSURE(t->client->who.n > 0, GBA_E_REG_ASSOCIATION);
    GBA_ENSURE(t->req->from.p, GBA_E_M2M_HEADER);
    if (gba_view_eq(t->req->from, t->client->who))
        return GBA_OK;
    bool same = m2m_id_parse(t->client->who, &proven) == GBA_OK &&
                m2m_id_parse(t->req->from, &said) == GBA_OK && m2m_id_eq(&proven, &said);
    return same ? GBA_OK : GBA_E_REG_ORIGIN;
}

static gba_rc serve(const struct turn *t)
{
    gba_view ri;
    m2m_rel rel;
    GBA_TRY(check_origin(t));
    GBA_TRY(local_part(t, &ri));
    if (ri.n == 0)
        return serve_base(t);
    if (gba_hex_parse(ri, rel.b, sizeof rel.b) == GBA_OK)
        return serve_key(t, &rel);
    return serve_client(t, ri);
}

void m2m_reg_serve(const struct m2m_reg *reg, const gba_env *env, const struct m2m_reg_ask *ask,
                   gba_writer *room, struct m2m_reg_result *out)
{
    const struct turn t = {reg, env, ask->client, ask->req, room, out};
    *out = (struct m2m_reg_result){.rsp = {.rqi = ask->req->rqi, .rvi = ask->req->rvi}};
    gba_rc rc = serve(&t);
    if (rc == GBA_OK)
        return;
    out->alias.n = 0;
    out->rsp.rsc = m2m_rsc_of(rc);
    out->rsp.reason = rc;
    out->rsp.body = (gba_view){NULL, 0};
}

/* ---- sweep ---- */

enum { SWEEP_AT_ONCE = 64 };

struct sweep {
    const gba_env *env;
    gba_text name[SWEEP_AT_ONCE];
    size_t n;
};

/* A record that cannot be read stays: it is a matter for the operator. */
static gba_rc note_expired(void *arg, gba_view rest, gba_view plain)
{
    struct sweep *sweep = arg;
    struct m2m_res res;
    gba_rc rc = m2m_res_parse(plain, &res);
    gba_wipe(&res.kv);
    if (rc == GBA_OK && expired(&res, sweep->env))
        GBA_TRY(gba_text_set(&sweep->name[sweep->n++], rest));
    return sweep->n < SWEEP_AT_ONCE ? GBA_OK : GBA_E_SPACE;
}

static gba_rc sweep_kind(const struct m2m_reg *reg, const gba_env *env, const char *kind, size_t *n)
{
    struct sweep sweep;
    do {
        sweep = (struct sweep){.env = env};
        gba_rc rc = m2m_vault_each(&reg->vault, kind, note_expired, &sweep);
        GBA_ENSURE(rc == GBA_OK || sweep.n == SWEEP_AT_ONCE, rc);
        for (size_t i = 0; i < sweep.n; i++)
            GBA_TRY(m2m_vault_del(&reg->vault, kind, gba_text_view(&sweep.name[i])));
        *n += sweep.n;
    } while (sweep.n == SWEEP_AT_ONCE);
    return GBA_OK;
}

gba_rc m2m_reg_sweep(const struct m2m_reg *reg, const gba_env *env, size_t *n)
{
    GBA_TRY(sweep_kind(reg, env, "cr", n));
    return sweep_kind(reg, env, "kr", n);
}
