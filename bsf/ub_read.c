/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/ub_read.h"

#include "gba/crypto/aka.h"
#include "gba/crypto/digest.h"
#include "gba/wire/names.h"

static bool is_our_name(const struct bsf_conf *conf, gba_view name, size_t *at)
{
    for (*at = 0; *at < conf->names.n; ++*at) {
        if (gba_view_eq_nocase(gba_text_view(&bsf_conf_name_at(conf, *at)->host), name))
            return true;
    }
    return false;
}

static gba_view host_of(const struct gba_http_msg *req)
{
    gba_view host, port;
    (void)gba_view_split(gba_http_field_get(req, GBA_LIT("Host")), ':', &host, &port);
    return host;
}

static gba_view domain_of(gba_view username)
{
    size_t at = gba_view_find_last(username, '@');
    return gba_view_sub(username, at + 1, username.n);
}

/* The realm names us.  A first request may also have none, or that of its user
 * (seen in the field): then Host does, and without it our first name. */
static gba_rc find_name(const struct bsf_conf *conf, const struct gba_http_msg *req, struct bsf_ub_ask *ask)
{
    gba_view realm = ask->auth.realm;
    if (ask->digest) {
        /*= TS 24.109 I.2: the realm is the home network's; the challenge knows it */
        if (!is_our_name(conf, host_of(req), &ask->name))
            ask->name = 0;
        return GBA_OK;
    }
    if (is_our_name(conf, realm, &ask->name))
        return GBA_OK;
    bool tolerable = realm.n == 0 || gba_view_eq_nocase(realm, domain_of(ask->auth.username));
    GBA_ENSURE(ask->first && tolerable, GBA_E_UB_REALM);
    if (!is_our_name(conf, host_of(req), &ask->name))
        ask->name = 0;
    return GBA_OK;
}

static gba_rc check_username(gba_view username)
{
    GBA_ENSURE(username.n > 0, GBA_E_AUTH_MISSING);
    GBA_ENSURE(username.n <= GBA_TEXT_MAX, GBA_E_TOO_LONG);
    return gba_is_tmpi(username) ? GBA_OK : gba_impi_check(username);
}

/* The path of http://NAME/PATH where NAME is ours; else the whole text. */
static gba_view path_of(const struct bsf_conf *conf, gba_view target)
{
    gba_view authority, host, port;
    size_t scheme = gba_view_starts(target, GBA_LIT("http://"))    ? 7
                    : gba_view_starts(target, GBA_LIT("https://")) ? 8
                                                                   : 0;
    gba_view rest = gba_view_sub(target, scheme, target.n);
    size_t slash = gba_view_find(rest, '/');
    authority = gba_view_sub(rest, 0, slash);
    (void)gba_view_split(authority, ':', &host, &port);
    size_t at;
    if (scheme == 0 || !is_our_name(conf, host, &at))
        return target;
    return slash < rest.n ? gba_view_sub(rest, slash, rest.n) : GBA_LIT("/");
}

/* The digest covers the request only when uri is its target, in whichever form
 * each of them has (RFC 7616 3.4.6). */
static gba_rc check_uri(const struct bsf_conf *conf, const struct bsf_ub_ask *ask)
{
    if (ask->first && ask->auth.uri.n == 0)
        return GBA_OK;
    bool same = gba_view_eq(path_of(conf, ask->auth.uri), path_of(conf, ask->target));
    return same ? GBA_OK : GBA_E_UB_URI;
}

/* Some devices send the list of qop values back; the first one counts. */
static gba_view first_of(gba_view list)
{
    gba_view first, rest;
    (void)gba_view_split(list, ',', &first, &rest);
    return list.p ? gba_view_trim(first) : list;
}

/* No algorithm is AKAv1-MD5 here, as in the oldest devices; with GBA_Digest it is MD5 (RFC 7616 3.4). */
static void read_algorithm(struct bsf_ub_ask *ask)
{
    ask->alg = ask->digest ? GBA_DIGEST_MD5 : GBA_DIGEST_AKAV1_MD5;
    ask->alg_known =
        ask->auth.algorithm.p == NULL || gba_digest_alg_parse(ask->auth.algorithm, &ask->alg) == GBA_OK;
}

gba_rc bsf_ub_read(const struct bsf_conf *conf, const struct gba_http_msg *req, gba_arena *arena,
                   struct bsf_ub_ask *ask)
{
    GBA_ENSURE(gba_view_eq(req->method, GBA_LIT("GET")), GBA_E_UB_METHOD);
    GBA_ENSURE(gba_http_field_count(req, GBA_LIT("Authorization")) == 1, GBA_E_UB_NO_AUTH);
    GBA_TRY(gba_auth_parse(gba_http_field_get(req, GBA_LIT("Authorization")), arena, &ask->auth));
    GBA_TRY(check_username(ask->auth.username));
    ask->method = req->method;
    ask->target = req->target;
    ask->body = req->body;
    ask->first = ask->auth.nonce.n == 0 || ask->auth.response.n == 0;
    ask->tmpi_capable =
        gba_view_contains(gba_http_field_get(req, GBA_LIT("User-Agent")), GBA_LIT("3gpp-gba-tmpi"));
    ask->digest = gba_view_contains(gba_http_field_get(req, GBA_LIT("User-Agent")), GBA_LIT("GBA_Digest"));
    GBA_ENSURE(ask->tmpi_capable || ask->digest || !conf->ub.require_token, GBA_E_UB_TOKEN);
    GBA_TRY(find_name(conf, req, ask));
    ask->qop = first_of(ask->auth.qop);
    read_algorithm(ask);
    return check_uri(conf, ask);
}

gba_rc bsf_ub_read_nonce(gba_view nonce, gba_rand *rand)
{
    uint8_t octets[48];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    GBA_ENSURE(gba_b64_parse(nonce, &w) == GBA_OK, GBA_E_UB_NONCE);
    gba_reader r = gba_reader_of(gba_writer_view(&w));
    gba_get_bytes(&r, rand->b, sizeof rand->b);
    return r.bad ? GBA_E_UB_NONCE : GBA_OK;
}

bool bsf_ub_read_is_for(const struct bsf_ub_ask *ask, const struct bsf_challenge *c)
{
    uint8_t nonce[64];
    gba_writer w = gba_writer_of(nonce, sizeof nonce);
    bsf_challenge_put_nonce(c, &w);
    return ask->digest == (c->type == BSF_DIGEST) && gba_view_eq(ask->auth.nonce, gba_writer_view(&w));
}

gba_view bsf_ub_read_realm(const struct bsf_conf *conf, const struct bsf_challenge *c)
{
    return gba_text_view(c->type == BSF_DIGEST ? &c->digest.realm : &bsf_conf_name_at(conf, c->name)->host);
}

enum { CNONCE_MAX = 256 };

static bool is_nc(gba_view nc)
{
    uint8_t count[4];
    return gba_hex_parse(nc, count, sizeof count) == GBA_OK;
}

/*= TS 24.109 4.3: auth-int, so that a BSF cannot be talked into less */
static gba_rc check_parameters(const struct bsf_ub_ask *ask, unsigned offered)
{
    const struct gba_auth *a = &ask->auth;
    enum gba_digest_qop qop;
    GBA_ENSURE(gba_digest_qop_parse(ask->qop, &qop) == GBA_OK && qop == GBA_QOP_AUTH_INT, GBA_E_UB_QOP);
    GBA_ENSURE(is_nc(a->nc) && a->cnonce.n > 0 && a->cnonce.n <= CNONCE_MAX, GBA_E_UB_QOP);
    return ask->alg_known && (offered & 1U << ask->alg) ? GBA_OK : GBA_E_UB_ALGORITHM;
}

gba_rc bsf_ub_read_match(const struct bsf_conf *conf, const struct bsf_ub_ask *ask,
                         const struct bsf_challenge *c)
{
    uint8_t opaque[sizeof c->opaque];
    GBA_ENSURE(gba_hex_parse(ask->auth.opaque, opaque, sizeof opaque) == GBA_OK, GBA_E_UB_OPAQUE);
    GBA_ENSURE(gba_ct_eq(GBA_ARRAY(opaque), GBA_ARRAY(c->opaque)), GBA_E_UB_OPAQUE);
    GBA_ENSURE(gba_view_eq(ask->auth.realm, bsf_ub_read_realm(conf, c)), GBA_E_UB_REALM);
    GBA_TRY(check_parameters(ask, c->algs));
    bool same = gba_view_eq(ask->auth.username, gba_text_view(&c->username));
    /* A device that was offered a TMPI with the last answer need not use it. */
    bool impi = c->next && gba_view_eq(ask->auth.username, gba_text_view(&c->impi));
    return same || impi ? GBA_OK : GBA_E_UB_USERNAME;
}

gba_rc bsf_ub_read_password(const struct bsf_ub_ask *ask, const struct bsf_challenge *c,
                            uint8_t room[BSF_UB_PASSWORD_MAX], gba_view *password)
{
    *password = gba_view_of(c->xres.b, c->xres.n);
    if (ask->alg == GBA_DIGEST_AKAV1_MD5)
        return GBA_OK;
    gba_aka_vector av = {.xres = c->xres};
    gba_aka_ks_split(&c->ks, &av.ck, &av.ik);
    gba_writer w = gba_writer_of(room, BSF_UB_PASSWORD_MAX);
    gba_rc rc = gba_digest_akav2_password(ask->alg, &av, &w);
    gba_wipe(&av);
    *password = gba_writer_view(&w);
    return rc;
}

gba_rc bsf_ub_read_proof(const struct bsf_ub_ask *ask, gba_view password)
{
    const struct gba_auth *a = &ask->auth;
    struct gba_digest_in in = {
        .alg = ask->alg,
        .qop = GBA_QOP_AUTH_INT,
        .username = a->username,
        .realm = a->realm,
        .password = password,
        .nonce = a->nonce,
        .nc = a->nc,
        .cnonce = a->cnonce,
        .method = ask->method,
        .uri = a->uri,
        .body = ask->body,
    };
    struct gba_digest_hex want;
    GBA_TRY(gba_digest_response(&in, &want));
    bool same = gba_ct_eq(a->response, gba_view_of(want.s, want.n));
    gba_wipe(&want);
    return same ? GBA_OK : GBA_E_UB_RESPONSE;
}

gba_rc bsf_ub_read_auts(const struct bsf_ub_ask *ask, gba_auts *auts)
{
    gba_writer w = gba_writer_of(auts->b, sizeof auts->b);
    bool ok = gba_b64_parse(ask->auth.auts, &w) == GBA_OK && w.n == sizeof auts->b;
    return ok ? GBA_OK : GBA_E_UB_AUTS;
}
