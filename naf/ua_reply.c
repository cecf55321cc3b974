/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/ua_reply.h"

/* Which status a reason has.  A reason that is not listed: by class. */
static const struct {
    gba_rc reason;
    unsigned status;
} statuses[] = {
    {GBA_E_NAF_HOST, 421},         {GBA_E_NAF_CHALLENGE, 401},     {GBA_E_NAF_NO_ROUTE, 403},
    {GBA_E_NAF_BTID_UNKNOWN, 401}, {GBA_E_NAF_KEY_AGE, 401},       {GBA_E_NAF_NO_UICC_KEY, 401},
    {GBA_E_NAF_NO_ME_KEY, 401},
    {GBA_E_NAF_UPSTREAM, 502},     {GBA_E_NAF_UPSTREAM_SLOW, 504}, {GBA_E_BTID, 401},
};

static unsigned status_of(gba_rc reason)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (statuses[i].reason == reason)
            return statuses[i].status;
    }
    switch (gba_rc_class(reason)) {
    case GBA_CLASS_MALFORMED:
        return 400;
    case GBA_CLASS_AUTH:
        return 401;
    case GBA_CLASS_POLICY:
        return 403;
    case GBA_CLASS_LIMIT:
    case GBA_CLASS_UNAVAILABLE:
        return 503;
    default:
        return 500;
    }
}

/* What the writer of the run holds since `from`. */
static gba_view written(const struct naf_ua_run *run, size_t from)
{
    return gba_view_sub(gba_writer_view(&run->w), from, run->w.n);
}

/*= TS 24.109 I: what the device says that it did */
static bool wants_digest(const struct naf_ua_run *run)
{
    gba_view agent = gba_http_field_get(run->req, GBA_LIT("User-Agent"));
    return gba_view_contains(agent, GBA_LIT("3gpp-gba-digest"));
}

/* Several keys on offer make one realm string, parted by ';' (TS 24.109 5.2). */
static gba_view put_realm(struct naf_ua_run *run)
{
    gba_view fqdn = gba_text_view(&run->service->fqdn);
    size_t from = run->w.n;
    if (run->service->gba_digest && wants_digest(run)) {
        gba_put_view(&run->w, NAF_REALM_DIGEST);
        gba_put_u8(&run->w, '@');
        gba_put_view(&run->w, fqdn);
        return written(run, from);
    }
    if (run->service->uicc_keys) {
        gba_put_view(&run->w, NAF_REALM_UICC);
        gba_put_u8(&run->w, '@');
        gba_put_view(&run->w, fqdn);
        gba_put_u8(&run->w, ';');
    }
    gba_put_view(&run->w, NAF_REALM_ME);
    gba_put_u8(&run->w, '@');
    gba_put_view(&run->w, fqdn);
    return written(run, from);
}

static gba_rc add_challenge(const struct naf_ua *ua, struct naf_ua_run *run, const struct gba_auth *challenge,
                            enum gba_digest_alg alg)
{
    struct gba_auth one = *challenge;
    size_t from = run->w.n;
    one.algorithm = gba_digest_alg_name(alg);
    one.opaque = gba_view_cstr(ua->opaque);
    gba_put_challenge(&run->w, &one);
    GBA_TRY(gba_writer_end(&run->w));
    return gba_http_field_add(&run->msg, GBA_LIT("WWW-Authenticate"), written(run, from));
}

/* The stronger algorithm first (RFC 7616 3.7); "auth-int" first, because some
 * devices take the first of several. A bare 401 tells the device to bootstrap
 * again, so a mere new nonce says stale=true (TS 24.109 5.2.5). */
static gba_rc challenge(const struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env, gba_rc reason)
{
    size_t from = run->w.n;
    GBA_TRY(naf_nonce_make(ua->nonces, env, gba_text_view(&run->service->fqdn), &run->w));
    struct gba_auth a = {.nonce = written(run, from), .qop = GBA_LIT("auth-int,auth")};
    a.realm = put_realm(run);
    if (reason == GBA_E_NAF_STALE || reason == GBA_E_NAF_REPLAY)
        a.stale = GBA_LIT("true");
    if (run->service->algorithms != NAF_ALG_MD5)
        GBA_TRY(add_challenge(ua, run, &a, GBA_DIGEST_SHA256));
    if (run->service->algorithms != NAF_ALG_SHA256)
        GBA_TRY(add_challenge(ua, run, &a, GBA_DIGEST_MD5));
    return GBA_OK;
}

/* A device that proved itself is told so in refusals too (TS 24.109 E.4). */
static gba_rc add_auth_info(struct naf_ua_run *run, gba_view body)
{
    struct gba_digest_hex rspauth;
    struct gba_digest_in in = run->digest;
    size_t from = run->w.n;
    in.body = body;
    GBA_TRY(gba_digest_rspauth(&in, &rspauth));
    struct gba_auth a = {
        .qop = gba_digest_qop_name(in.qop),
        .rspauth = gba_view_of(rspauth.s, rspauth.n),
        .cnonce = in.cnonce,
        .nc = in.nc,
    };
    gba_put_auth_info(&run->w, &a);
    GBA_TRY(gba_writer_end(&run->w));
    return gba_http_field_add(&run->msg, GBA_LIT("Authentication-Info"), written(run, from));
}

static gba_rc fill_refusal(const struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env, gba_rc reason)
{
    GBA_TRY(gba_http_field_add(&run->msg, GBA_LIT("Server"), GBA_LIT("keystrap-naf; 3gpp-gba")));
    if (run->msg.status == 401)
        return challenge(ua, run, env, reason);
    if (run->msg.status == 503)
        GBA_TRY(gba_http_field_add(&run->msg, GBA_LIT("Retry-After"), GBA_LIT("5")));
    return run->proven ? add_auth_info(run, (gba_view){NULL, 0}) : GBA_OK;
}

static const struct naf_ua_order *reply(struct naf_ua_run *run, gba_rc reason)
{
    run->order = (struct naf_ua_order){NAF_UA_REPLY, reason, NULL, &run->msg, run->service};
    return &run->order;
}

const struct naf_ua_order *naf_ua_refuse(struct naf_ua *ua, struct naf_ua_run *run, const gba_env *env,
                                         gba_rc reason)
{
    run->msg = (struct gba_http_msg){.status = status_of(reason), .minor = 1, .keep_alive = true};
    gba_rc rc = fill_refusal(ua, run, env, reason);
    if (rc == GBA_OK)
        return reply(run, reason);
    run->msg = (struct gba_http_msg){.status = 500, .minor = 1};
    return reply(run, rc);
}

/* TS 24.109 cl. 7: who the device is, in the words of BSF and settings. */
static gba_rc add_asserted(struct naf_ua_run *run, const struct naf_key *key)
{
    size_t from = run->w.n;
    if (run->service->assert_identity == NAF_ASSERT_USS)
        gba_put_view(&run->w, gba_view_of(key->identities, key->identities_n));
    if (run->service->assert_identity == NAF_ASSERT_IMPI && key->impi.n > 0) {
        gba_put_u8(&run->w, '"');
        gba_put_view(&run->w, gba_text_view(&key->impi));
        gba_put_u8(&run->w, '"');
    }
    GBA_TRY(gba_writer_end(&run->w));
    if (run->w.n == from)
        return GBA_OK;
    return gba_http_field_add(&run->msg, NAF_ASSERTED, written(run, from));
}

static gba_rc fill_forward(struct naf_ua_run *run, const struct naf_key *key)
{
    struct gba_http_msg *m = &run->msg;
    gba_http_strip_hop_by_hop(m);
    gba_http_field_remove(m, GBA_LIT("Authorization"));
    gba_http_field_remove(m, GBA_LIT("Content-Length")); /* the writer sets it */
    gba_http_field_remove(m, NAF_INTENDED);
    gba_http_field_remove(m, NAF_ASSERTED);
    GBA_TRY(add_asserted(run, key));
    return gba_http_field_add(m, GBA_LIT("Via"), GBA_LIT("1.1 keystrap-naf")); /* RFC 9110 7.6.3 */
}

const struct naf_ua_order *naf_ua_forward(struct naf_ua_run *run, const struct naf_key *key)
{
    run->msg = *run->req;
    run->msg.minor = 1;
    gba_rc rc = fill_forward(run, key);
    if (rc != GBA_OK) {
        run->msg = (struct gba_http_msg){.status = 500, .minor = 1};
        return reply(run, rc);
    }
    run->order = (struct naf_ua_order){NAF_UA_FORWARD, GBA_OK, NULL, &run->msg, run->service};
    return &run->order;
}

const struct naf_ua_order *naf_ua_answer(struct naf_ua_run *run, const struct gba_http_msg *rsp)
{
    run->msg = *rsp;
    run->msg.minor = 1;
    gba_http_strip_hop_by_hop(&run->msg);
    gba_http_field_remove(&run->msg, GBA_LIT("Authentication-Info"));
    gba_rc rc = add_auth_info(run, rsp->body);
    if (rc != GBA_OK)
        run->msg = (struct gba_http_msg){.status = 500, .minor = 1};
    return reply(run, rc);
}
