/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/challenge.h"

#include "gba/base/secret.h"

/* ---- read ---- */

static gba_rc take_alg(const struct gba_auth *a, const struct ue_challenge_want *want,
                       struct ue_challenge *out)
{
    out->alg = GBA_DIGEST_MD5; /*= RFC 7616 3.3: what an absent algorithm means */
    out->alg_given = a->algorithm.p != NULL;
    if (out->alg_given)
        GBA_ENSURE(gba_digest_alg_parse(a->algorithm, &out->alg) == GBA_OK, GBA_E_UE_ALGORITHM);
    GBA_ENSURE(want->algs & 1U << out->alg, GBA_E_UE_ALGORITHM);
    return GBA_OK;
}

/* The form without qop (RFC 2069) protects too little to be accepted. */
static gba_rc take_qop(const struct gba_auth *a, const struct ue_challenge_want *want,
                       struct ue_challenge *out)
{
    bool integrity = gba_auth_qop_offers(a->qop, gba_digest_qop_name(GBA_QOP_AUTH_INT));
    bool plain = gba_auth_qop_offers(a->qop, gba_digest_qop_name(GBA_QOP_AUTH));
    GBA_ENSURE(integrity || (plain && !want->integrity), GBA_E_UE_QOP);
    out->qop = integrity ? GBA_QOP_AUTH_INT : GBA_QOP_AUTH;
    return GBA_OK;
}

static gba_rc copy_values(const struct gba_auth *a, struct ue_challenge *out)
{
    gba_arena arena = gba_arena_of(out->room, sizeof out->room);
    out->opaque = (gba_view){NULL, 0};
    GBA_TRY(gba_arena_copy(&arena, a->realm, &out->realm));
    if (a->opaque.p)
        GBA_TRY(gba_arena_copy(&arena, a->opaque, &out->opaque));
    return gba_arena_copy(&arena, a->nonce, &out->nonce);
}

static gba_rc accept(struct gba_auth *a, const struct ue_challenge_want *want, struct ue_challenge *out)
{
    GBA_ENSURE(a->realm.n > 0 && a->nonce.n > 0, GBA_E_AUTH_MISSING);
    GBA_TRY(want->realm(want->ctx, a->realm, &a->realm));
    GBA_TRY(take_alg(a, want, out));
    GBA_TRY(take_qop(a, want, out));
    GBA_TRY(copy_values(a, out));
    out->stale = gba_view_eq_nocase(a->stale, GBA_LIT("true"));
    return GBA_OK;
}

static void make_cnonce(const gba_env *env, struct ue_challenge *out)
{
    uint8_t octets[UE_CNONCE_N / 2];
    gba_writer w = gba_writer_of(out->cnonce, sizeof out->cnonce);
    gba_env_random(env, octets, sizeof octets);
    gba_put_hex(&w, GBA_ARRAY(octets));
}

/* The challenge of one field; E_AUTH_SCHEME when it is none of ours. */
static gba_rc read_field(const struct gba_http_field *field, const struct ue_challenge_want *want,
                         struct ue_challenge *out)
{
    uint8_t room[UE_CHALLENGE_ROOM];
    gba_arena arena = gba_arena_of(room, sizeof room);
    struct gba_auth a;
    GBA_ENSURE(gba_view_eq_nocase(field->name, GBA_LIT("WWW-Authenticate")), GBA_E_AUTH_SCHEME);
    gba_rc rc = gba_auth_parse(field->value, &arena, &a);
    if (rc == GBA_OK)
        rc = accept(&a, want, out);
    return rc == GBA_E_SPACE ? GBA_E_UE_CHALLENGE_SIZE : rc;
}

gba_rc ue_challenge_read(const struct gba_http_msg *response, const struct ue_challenge_want *want,
                         const gba_env *env, struct ue_challenge *out)
{
    const struct gba_http_field *best = NULL;
    enum gba_digest_alg best_alg = GBA_DIGEST_MD5;
    gba_rc first = GBA_E_UE_CHALLENGE;
    *out = (struct ue_challenge){.nc = 0};
    make_cnonce(env, out);
    for (size_t i = 0; i < response->n_fields && (!best || want->strongest); i++) {
        gba_rc rc = read_field(&response->fields[i], want, out);
        if (rc == GBA_OK && (!best || out->alg > best_alg)) {
            best = &response->fields[i];
            best_alg = out->alg;
        }
        if (first == GBA_E_UE_CHALLENGE && rc != GBA_OK && rc != GBA_E_AUTH_SCHEME)
            first = rc;
    }
    return best ? read_field(best, want, out) : first;
}

gba_rc ue_challenge_resume(const struct ue_challenge_known *known, const gba_env *env,
                           struct ue_challenge *out)
{
    const struct gba_auth a = {.realm = known->realm, .nonce = known->nonce, .opaque = known->opaque};
    *out = (struct ue_challenge){.alg = known->alg, .alg_given = true, .qop = GBA_QOP_AUTH_INT};
    make_cnonce(env, out);
    return copy_values(&a, out);
}

gba_rc ue_challenge_renew(struct ue_challenge *c, gba_view nonce)
{
    /* The nonce is the last value in the room, so a new one may run to its end. */
    size_t at = (size_t)(c->nonce.p - c->room);
    GBA_ENSURE(nonce.n > 0 && nonce.n <= sizeof c->room - at, GBA_E_SPACE);
    gba_copy(c->room + at, nonce);
    c->nonce = gba_view_of(c->room + at, nonce.n);
    c->nc = 0;
    return GBA_OK;
}

/* ---- answer ---- */

static gba_view nc_text(uint32_t nc, uint8_t room[8])
{
    uint8_t octets[4];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    gba_put_u32(&w, nc);
    w = gba_writer_of(room, 8);
    gba_put_hex(&w, GBA_ARRAY(octets));
    return gba_writer_view(&w);
}

static struct gba_digest_in digest_of(const struct ue_challenge *c, const struct ue_answer *a, gba_view nc)
{
    return (struct gba_digest_in){
        .alg = c->alg,
        .qop = c->qop,
        .username = a->username,
        .realm = c->realm,
        .password = a->password,
        .nonce = c->nonce,
        .nc = nc,
        .cnonce = GBA_ARRAY(c->cnonce),
        .method = a->method,
        .uri = a->uri,
        .body = a->body,
    };
}

gba_rc ue_challenge_answer(struct ue_challenge *c, const struct ue_answer *a, gba_writer *w)
{
    uint8_t room[8];
    gba_view nc = nc_text(++c->nc, room);
    struct gba_digest_in in = digest_of(c, a, nc);
    GBA_TRY(gba_digest_response(&in, &c->response));
    struct gba_auth field = {
        .username = a->username,
        .realm = c->realm,
        .nonce = c->nonce,
        .uri = a->uri,
        .qop = gba_digest_qop_name(c->qop),
        .nc = nc,
        .cnonce = in.cnonce,
        .response = gba_view_of(c->response.s, c->response.n),
        .opaque = c->opaque,
        .auts = a->auts,
    };
    if (c->alg_given)
        field.algorithm = gba_digest_alg_name(c->alg);
    gba_put_credentials(w, &field);
    return gba_writer_end(w);
}

/* ---- proof ---- */

/* A parameter that is given must say what was sent. */
static bool agrees(gba_view given, gba_view sent)
{
    return given.p == NULL || gba_view_eq_nocase(given, sent);
}

gba_rc ue_challenge_proof(const struct ue_challenge *c, const struct ue_answer *a,
                          const struct gba_http_msg *response, gba_view *nextnonce)
{
    uint8_t room[UE_CHALLENGE_ROOM], nc_room[8];
    gba_arena arena = gba_arena_of(room, sizeof room);
    gba_view field = gba_http_field_get(response, GBA_LIT("Authentication-Info"));
    gba_view nc = nc_text(c->nc, nc_room);
    struct gba_auth info;
    struct gba_digest_hex rspauth;
    *nextnonce = (gba_view){NULL, 0};
    GBA_ENSURE(field.p, GBA_E_UE_RSPAUTH_MISSING);
    GBA_TRY(gba_auth_info_parse(field, &arena, &info));
    GBA_ENSURE(info.rspauth.p, GBA_E_UE_RSPAUTH_MISSING);
    GBA_ENSURE(agrees(info.qop, gba_digest_qop_name(c->qop)) && agrees(info.nc, nc), GBA_E_UE_INFO);
    GBA_ENSURE(agrees(info.cnonce, GBA_ARRAY(c->cnonce)), GBA_E_UE_INFO);
    struct gba_digest_in in = digest_of(c, a, nc);
    in.body = response->body;
    GBA_TRY(gba_digest_rspauth(&in, &rspauth));
    bool right = gba_ct_eq(info.rspauth, gba_view_of(rspauth.s, rspauth.n));
    gba_wipe(&rspauth);
    GBA_ENSURE(right, GBA_E_UE_RSPAUTH_WRONG);
    if (info.nextnonce.n > 0 && info.nextnonce.p >= field.p && info.nextnonce.p < field.p + field.n)
        *nextnonce = info.nextnonce;
    return GBA_OK;
}
