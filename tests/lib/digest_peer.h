/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of HTTP Digest for tests of the device: proves a key over a response. */
#pragma once

#include "gba/base/secret.h"
#include "gba/crypto/digest.h"
#include "gba/wire/auth_hdr.h"
#include "gba/wire/http_msg.h"
#include "tests/lib/tap.h"

/* The credentials of a request; absent values when it has none. */
static inline struct gba_auth peer_credentials(const struct gba_http_msg *request)
{
    static uint8_t room[4096];
    gba_arena arena = gba_arena_of(room, sizeof room);
    struct gba_auth a = {.qop = {NULL, 0}};
    gba_view field = gba_http_field_get(request, GBA_LIT("Authorization"));
    if (field.p)
        T_OK(gba_auth_parse(field, &arena, &a));
    return a;
}

static inline struct gba_digest_in peer_digest(const struct gba_auth *a, gba_view password,
                                               const struct gba_http_msg *request)
{
    struct gba_digest_in in = {.username = a->username,
                               .realm = a->realm,
                               .password = password,
                               .nonce = a->nonce,
                               .nc = a->nc,
                               .cnonce = a->cnonce,
                               .method = request->method,
                               .uri = a->uri,
                               .body = request->body};
    if (a->algorithm.p)
        T_OK(gba_digest_alg_parse(a->algorithm, &in.alg));
    T_OK(gba_digest_qop_parse(a->qop, &in.qop));
    return in;
}

/* Is the request's response right for this password? */
static inline bool peer_accepts(const struct gba_http_msg *request, gba_view password)
{
    struct gba_auth a = peer_credentials(request);
    struct gba_digest_hex want;
    struct gba_digest_in in = peer_digest(&a, password, request);
    T_OK(gba_digest_response(&in, &want));
    return gba_view_eq(a.response, gba_view_of(want.s, want.n));
}

/* Authentication-Info over `body`, appended to w with `extra` behind it. */
static inline void peer_prove(const struct gba_http_msg *request, gba_view password, gba_view body,
                              const char *extra, gba_writer *w)
{
    struct gba_auth a = peer_credentials(request);
    struct gba_digest_hex rspauth;
    struct gba_digest_in in = peer_digest(&a, password, request);
    in.body = body;
    T_OK(gba_digest_rspauth(&in, &rspauth));
    struct gba_auth info = {
        .qop = a.qop, .nc = a.nc, .cnonce = a.cnonce, .rspauth = gba_view_of(rspauth.s, rspauth.n)};
    gba_put_auth_info(w, &info);
    gba_put_str(w, extra);
}
