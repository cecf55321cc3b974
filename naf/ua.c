/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/ua.h"

#include "naf/ua_reply.h"

enum { CNONCE_MAX = 256 }; /* it goes back in Authentication-Info */

void naf_ua_init(struct naf_ua *ua, const struct naf_conf *conf, struct naf_cache *cache,
                 struct naf_nonces *nonces, const gba_env *env)
{
    uint8_t random[8];
    gba_writer w = gba_writer_of(ua->opaque, sizeof ua->opaque);
    *ua = (struct naf_ua){.conf = conf, .cache = cache, .nonces = nonces};
    gba_env_random(env, random, sizeof random);
    gba_put_hex(&w, GBA_ARRAY(random));
}

/* The alternatives of a realm are "3GPP-bootstrapping@fqdn" and, with keys of
 * the UICC, "3GPP-bootstrapping-uicc@fqdn" (TS 24.109 5.2); with GBA_Digest it is
 * "3GPP-bootstrapping-digest@fqdn". */
static gba_rc check_realm(struct naf_ua_run *run, gba_view realm)
{
    gba_view prefix, fqdn;
    GBA_ENSURE(gba_view_split(realm, '@', &prefix, &fqdn), GBA_E_NAF_REALM);
    GBA_ENSURE(gba_view_eq_nocase(fqdn, gba_text_view(&run->service->fqdn)), GBA_E_NAF_REALM);
    run->with_uicc_key = gba_view_eq(prefix, NAF_REALM_UICC);
    run->with_digest = gba_view_eq(prefix, NAF_REALM_DIGEST);
    if (run->with_digest)
        return run->service->gba_digest ? GBA_OK : GBA_E_NAF_REALM;
    if (run->with_uicc_key)
        return run->service->uicc_keys ? GBA_OK : GBA_E_NAF_REALM;
    return gba_view_eq(prefix, NAF_REALM_ME) ? GBA_OK : GBA_E_NAF_REALM;
}

static bool offered(const struct naf_service *service, enum gba_digest_alg alg)
{
    bool sha256 = alg == GBA_DIGEST_SHA256 || alg == GBA_DIGEST_SHA256_SESS;
    bool md5 = alg == GBA_DIGEST_MD5 || alg == GBA_DIGEST_MD5_SESS;
    return (sha256 && service->algorithms != NAF_ALG_MD5) || (md5 && service->algorithms != NAF_ALG_SHA256);
}

/* No qop, or no algorithm, would be a downgrade: what is absent was not offered. */
static gba_rc check_offer(struct naf_ua_run *run)
{
    const struct gba_auth *a = &run->auth;
    struct gba_digest_in *d = &run->digest;
    GBA_ENSURE(a->qop.p && gba_digest_qop_parse(a->qop, &d->qop) == GBA_OK, GBA_E_NAF_QOP);
    gba_view alg = a->algorithm.p ? a->algorithm : GBA_LIT("MD5"); /* RFC 7616 3.4 */
    GBA_ENSURE(gba_digest_alg_parse(alg, &d->alg) == GBA_OK, GBA_E_NAF_ALGORITHM);
    GBA_ENSURE(offered(run->service, d->alg), GBA_E_NAF_ALGORITHM);
    return GBA_OK;
}

static gba_rc check_nc(struct naf_ua_run *run)
{
    uint8_t octets[4];
    if (gba_hex_parse(run->auth.nc, octets, sizeof octets) != GBA_OK)
        return GBA_E_AUTH_SYNTAX;
    gba_reader r = gba_reader_of(GBA_ARRAY(octets));
    run->nc = gba_get_u32(&r);
    return GBA_OK;
}

/* RFC 7616 3.4: everything a response is made of, and nothing of another request. */
static gba_rc read_credentials(const struct naf_ua *ua, struct naf_ua_run *run, gba_view field)
{
    struct gba_auth *a = &run->auth;
    gba_arena arena = gba_arena_of(run->arena_room, sizeof run->arena_room);
    GBA_TRY(gba_auth_parse(field, &arena, a));
    GBA_ENSURE(a->username.p && a->realm.p && a->nonce.p && a->uri.p && a->response.p, GBA_E_AUTH_MISSING);
    GBA_TRY(check_realm(run, a->realm));
    GBA_TRY(check_offer(run));
    GBA_ENSURE(a->nc.p && a->cnonce.p && a->cnonce.n > 0, GBA_E_AUTH_MISSING);
    GBA_ENSURE(a->cnonce.n <= CNONCE_MAX, GBA_E_AUTH_SYNTAX);
    GBA_TRY(check_nc(run));
    GBA_ENSURE(gba_view_eq(a->uri, run->req->target), GBA_E_NAF_URI);
    GBA_ENSURE(!a->opaque.p || gba_view_eq(a->opaque, gba_view_cstr(ua->opaque)), GBA_E_NAF_OPAQUE);
    struct gba_digest_in *d = &run->digest;
    d->username = a->username;
    d->realm = a->realm;
    d->nonce = a->nonce;
    d->nc = a->nc;
    d->cnonce = a->cnonce;
    d->uri = a->uri;
    d->method = run->req->method;
    d->body = run->req->body;
    return GBA_OK;
}

/* TS 24.109 5.2: the password is the base64 text of the key. */
static gba_rc set_password(struct naf_ua_run *run, const struct naf_key *key)
{
    GBA_ENSURE(!run->with_uicc_key || key->has_uicc, GBA_E_NAF_NO_UICC_KEY);
    GBA_ENSURE(run->with_uicc_key || key->has_me, GBA_E_NAF_NO_ME_KEY);
    const gba_ks_naf *ks_naf = run->with_uicc_key ? &key->uicc : &key->me;
    gba_writer w = gba_writer_of(run->password, sizeof run->password);
    gba_put_b64(&w, GBA_ARRAY(ks_naf->b));
    run->digest.password = gba_writer_view(&w);
    return gba_writer_end(&w);
}

static gba_rc check_response(struct naf_ua_run *run, const struct naf_key *key)
{
    struct gba_digest_hex want;
    GBA_TRY(set_password(run, key));
    GBA_TRY(gba_digest_response(&run->digest, &want));
    bool right = gba_ct_eq(run->auth.response, gba_view_of(want.s, want.n));
    gba_wipe(&want);
    return right ? GBA_OK : GBA_E_NAF_RESPONSE;
}

static gba_rc check_nonce(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env)
{
    struct naf_nonce_claim claim = {run->auth.nonce, run->nc, ua->conf->nonce_s};
    switch (naf_nonce_use(ua->nonces, env, gba_text_view(&run->service->fqdn), &claim)) {
    case NAF_NONCE_FRESH:
        return GBA_OK;
    case NAF_NONCE_REPLAYED:
        return GBA_E_NAF_REPLAY;
    default:
        return GBA_E_NAF_STALE;
    }
}

enum { TYPE_2G = 1, TYPE_DIGEST = 2 };

/*= TS 33.220 I.4, M.5: a NAF may refuse keys by how they came about; a realm has one kind */
static gba_rc check_type(const struct naf_ua_run *run, const struct naf_key *key)
{
    GBA_ENSURE(run->with_digest == (key->gba_type == TYPE_DIGEST), GBA_E_NAF_GBA_TYPE);
    GBA_ENSURE(key->gba_type != TYPE_2G || run->service->gba_2g, GBA_E_NAF_GBA_TYPE);
    return GBA_OK;
}

/* TS 33.220 4.5.3: a NAF may want younger keys than the BSF allows. */
static gba_rc check_age(const struct naf_ua *ua, const struct naf_key *key, const gba_env *env)
{
    int64_t limit = ua->conf->max_key_s;
    bool old = limit > 0 && key->creation_s > 0 && gba_env_now_s(env) - key->creation_s > limit;
    return old ? GBA_E_NAF_KEY_AGE : GBA_OK;
}

/* The list holds quoted identities without quotes inside, parted by ", ". */
static bool list_holds(gba_view list, gba_view quoted)
{
    while (list.n > 0) {
        size_t n = gba_view_find(gba_view_sub(list, 1, list.n), '"') + 2;
        if (gba_view_eq(gba_view_sub(list, 0, n), quoted))
            return true;
        list = gba_view_sub(list, n + 2, list.n);
    }
    return false;
}

/* X-3GPP-Intended-Identity (TS 24.109 annex B.3): one quoted identity that the
 * settings must list.  Without settings there is nothing to allow it. */
static gba_rc check_intended(const struct naf_ua_run *run, const struct naf_key *key)
{
    size_t n = gba_http_field_count(run->req, NAF_INTENDED);
    if (n == 0)
        return GBA_OK;
    gba_view intended = gba_http_field_get(run->req, NAF_INTENDED);
    gba_view listed = gba_view_of(key->identities, key->identities_n);
    return n == 1 && list_holds(listed, intended) ? GBA_OK : GBA_E_NAF_IDENTITY;
}

static gba_rc check_settings(const struct naf_ua_run *run, const struct naf_key *key)
{
    GBA_ENSURE(key->has_uss || !run->service->uss_required, GBA_E_NAF_USS_MISSING);
    return check_intended(run, key);
}

static gba_rc judge(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env, const struct naf_key *key)
{
    GBA_TRY(check_response(run, key));
    GBA_TRY(check_nonce(ua, run, env));
    run->proven = true;
    GBA_TRY(check_type(run, key));
    GBA_TRY(check_age(ua, key, env));
    return check_settings(run, key);
}

/* A key is at hand: let the request through, or say why not. */
static const struct naf_ua_order *decide(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                         const struct naf_key *key)
{
    gba_rc rc = judge(ua, run, env, key);
    if (rc == GBA_OK)
        return naf_ua_forward(run, key);
    if (rc == GBA_E_NAF_KEY_AGE)
        naf_cache_drop(ua->cache, run->question.btid, &run->question.nafid);
    return naf_ua_refuse(ua, run, env, rc);
}

static const struct naf_ua_order *ask(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env)
{
    gba_rc rc = naf_zn_ask(ua->conf, &run->question, &run->bir);
    if (rc != GBA_OK)
        return naf_ua_refuse(ua, run, env, rc);
    run->order = (struct naf_ua_order){.kind = NAF_UA_ASK, .bir = &run->bir, .service = run->service};
    return &run->order;
}

/* What can be judged without a key. */
static gba_rc read_request(const struct naf_ua *ua, struct naf_ua_run *run)
{
    run->service = naf_conf_service(ua->conf, gba_http_field_get(run->req, GBA_LIT("Host")));
    GBA_ENSURE(run->service != NULL, GBA_E_NAF_HOST);
    gba_view agent = gba_http_field_get(run->req, GBA_LIT("User-Agent"));
    size_t n = gba_http_field_count(run->req, GBA_LIT("Authorization"));
    GBA_ENSURE(n > 0 || !run->service->token_required || gba_view_contains(agent, GBA_LIT("3gpp-gba")),
               GBA_E_NAF_TOKEN);
    GBA_ENSURE(n > 0, GBA_E_NAF_CHALLENGE);
    GBA_ENSURE(n == 1, GBA_E_AUTH_REPEATED);
    GBA_TRY(read_credentials(ua, run, gba_http_field_get(run->req, GBA_LIT("Authorization"))));
    run->question.service = run->service;
    run->question.btid = run->auth.username;
    run->question.nafid = (gba_nafid){run->service->fqdn, gba_uaid_http_digest};
    gba_view domain;
    return gba_btid_domain(run->question.btid, &domain);
}

const struct naf_ua_order *naf_ua_request(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                          const struct gba_http_msg *req)
{
    run->req = req;
    run->service = NULL;
    run->proven = false;
    run->w = gba_writer_of(run->text, sizeof run->text);
    gba_rc rc = read_request(ua, run);
    if (rc != GBA_OK)
        return naf_ua_refuse(ua, run, env, rc);
    const struct naf_key *key =
        naf_cache_find(ua->cache, run->question.btid, &run->question.nafid, gba_env_now_s(env));
    return key ? decide(ua, run, env, key) : ask(ua, run, env);
}

const struct naf_ua_order *naf_ua_key(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                      gba_rc rc, const struct dia_bia *bia)
{
    struct naf_key key;
    if (rc == GBA_OK)
        rc = naf_zn_learn(&run->question, bia, &key);
    if (rc == GBA_OK && key.expiry_s <= gba_env_now_s(env))
        rc = GBA_E_NAF_BTID_UNKNOWN;
    if (rc != GBA_OK) {
        gba_wipe(&key);
        return naf_ua_refuse(ua, run, env, rc);
    }
    naf_cache_keep(ua->cache, &key);
    const struct naf_ua_order *order = decide(ua, run, env, &key);
    gba_wipe(&key);
    return order;
}

const struct naf_ua_order *naf_ua_upstream(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                           gba_rc rc, const struct gba_http_msg *rsp)
{
    if (rc == GBA_OK)
        return naf_ua_answer(run, rsp);
    return naf_ua_refuse(ua, run, env, rc == GBA_E_TIMEOUT ? GBA_E_NAF_UPSTREAM_SLOW : GBA_E_NAF_UPSTREAM);
}

void naf_ua_run_wipe(struct naf_ua_run *run)
{
    gba_wipe(run);
}
