/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/ua.h"

enum waiting { FOR_START, FOR_HTTP, FOR_KEY };

enum { STALE_MAX = 2 };

/*= TS 24.109 5.2, and annex I for GBA_Digest */
static gba_view realm_prefix(const struct ue_ua *u)
{
    return u->conf->digest ? GBA_LIT("3GPP-bootstrapping-digest@") : GBA_LIT("3GPP-bootstrapping@");
}

void ue_ua_init(struct ue_ua *u, const struct ue_ua_conf *conf)
{
    *u = (struct ue_ua){.conf = conf, .naf = {.ua = conf->ua}};
}

static struct ue_challenge *current(struct ue_ua *u)
{
    return &u->challenges[u->current];
}

static void done(struct ue_ua *u, gba_rc reason, struct ue_ua_order *order)
{
    u->waiting = FOR_START;
    *order = (struct ue_ua_order){.kind = UE_UA_DONE, .reason = reason};
}

/* ---- requests ---- */

static struct ue_answer answer_of(const struct ue_ua *u)
{
    return (struct ue_answer){
        .username = gba_text_view(&u->btid),
        .password = GBA_ARRAY(u->password), /*= TS 24.109 5.2.3: base64 of the key */
        .method = u->request.method,
        .uri = u->request.target,
        .body = u->request.body,
    };
}

static gba_rc add_credentials(struct ue_ua *u, gba_writer *w)
{
    struct ue_answer a = answer_of(u);
    size_t from = w->n;
    GBA_TRY(ue_challenge_answer(current(u), &a, w));
    return gba_http_field_add(&u->msg, GBA_LIT("Authorization"),
                              gba_view_sub(gba_writer_view(w), from, w->n));
}

static gba_rc build(struct ue_ua *u)
{
    gba_writer w = gba_writer_of(u->text, sizeof u->text);
    u->msg = (struct gba_http_msg){
        .method = u->request.method, .target = u->request.target, .minor = 1, .body = u->request.body};
    gba_put_view(&w, u->conf->product);
    /*= TS 24.109 B.3: this UE can do GBA */
    gba_put_str(&w, u->conf->digest ? " 3gpp-gba-digest" : " 3gpp-gba");
    gba_view agent = gba_writer_view(&w);
    GBA_TRY(gba_http_field_add(&u->msg, GBA_LIT("Host"), u->conf->authority));
    GBA_TRY(gba_http_field_add(&u->msg, GBA_LIT("User-Agent"), agent));
    for (size_t i = 0; i < u->request.n_fields; i++)
        GBA_TRY(gba_http_field_add(&u->msg, u->request.fields[i].name, u->request.fields[i].value));
    u->sent = u->have_key && u->have_challenge;
    return u->sent ? add_credentials(u, &w) : gba_writer_end(&w);
}

static void send(struct ue_ua *u, struct ue_ua_order *order)
{
    gba_rc rc = build(u);
    if (rc != GBA_OK) {
        done(u, rc, order);
        return;
    }
    u->waiting = FOR_HTTP;
    *order = (struct ue_ua_order){.kind = UE_UA_SEND, .msg = &u->msg};
}

static void ask_key(struct ue_ua *u, bool fresh, struct ue_ua_order *order)
{
    u->have_key = false;
    u->waiting = FOR_KEY;
    *order = (struct ue_ua_order){.kind = UE_UA_KEY, .naf = &u->naf, .fresh = fresh};
}

/* ---- challenges ---- */

/* One of the alternatives of the realm must be for the ME's key and for the
 * host that was contacted: it enters NAF_Id (TS 24.109 5.2.4, TS 33.222 5.3). */
static gba_rc choose_realm(const void *ctx, gba_view offered, gba_view *chosen)
{
    const struct ue_ua *u = ctx;
    gba_view item, rest = offered, prefix = realm_prefix(u);
    bool more = true;
    while (more) {
        more = gba_view_split(rest, ';', &item, &rest);
        item = gba_view_trim(item);
        gba_view host = gba_view_sub(item, prefix.n, item.n);
        if (gba_view_starts(item, prefix) && gba_view_eq_nocase(host, u->conf->host)) {
            *chosen = item;
            return GBA_OK;
        }
    }
    return GBA_E_UE_REALM;
}

static bool is_sha256(enum gba_digest_alg alg)
{
    return alg == GBA_DIGEST_SHA256 || alg == GBA_DIGEST_SHA256_SESS;
}

static bool is_session(enum gba_digest_alg alg)
{
    return alg == GBA_DIGEST_MD5_SESS || alg == GBA_DIGEST_SHA256_SESS;
}

/* A NAF that once asked for more may not ask for less. */
static gba_rc compare(const struct ue_challenge *before, const struct ue_challenge *now)
{
    GBA_ENSURE(is_sha256(now->alg) || !is_sha256(before->alg), GBA_E_UE_DOWNGRADE);
    GBA_ENSURE(now->qop == GBA_QOP_AUTH_INT || before->qop == GBA_QOP_AUTH, GBA_E_UE_DOWNGRADE);
    GBA_ENSURE(!gba_view_eq(now->nonce, before->nonce), GBA_E_UE_NONCE_REPEATED);
    return GBA_OK;
}

static gba_rc read_challenge(struct ue_ua *u, const gba_env *env, const struct gba_http_msg *response)
{
    struct ue_challenge *next = &u->challenges[!u->current];
    struct ue_challenge_want want = {
        .algs = 1U << GBA_DIGEST_MD5 | 1U << GBA_DIGEST_MD5_SESS | 1U << GBA_DIGEST_SHA256 |
                1U << GBA_DIGEST_SHA256_SESS,
        .integrity = u->conf->integrity,
        .realm = choose_realm,
        .ctx = u,
    };
    GBA_TRY(ue_challenge_read(response, &want, env, next));
    if (u->have_challenge)
        GBA_TRY(compare(current(u), next));
    u->current = !u->current;
    u->have_challenge = true;
    return gba_text_set(&u->naf.fqdn, gba_view_sub(next->realm, realm_prefix(u).n, next->realm.n));
}

/* After credentials a 401 means one of two things: with stale=true another
 * nonce (RFC 7616 3.3), else bootstrap again (TS 24.109 5.2.5). */
static void on_401(struct ue_ua *u, const gba_env *env, const struct gba_http_msg *response,
                   struct ue_ua_order *order)
{
    gba_rc rc = read_challenge(u, env, response);
    bool stale = u->sent && current(u)->stale;
    if (rc == GBA_OK && stale && u->stale_n++ >= STALE_MAX)
        rc = GBA_E_UE_STALE;
    if (rc == GBA_OK && u->sent && !stale && u->renewed)
        rc = GBA_E_UE_NAF_REJECTED;
    if (rc != GBA_OK) {
        done(u, rc, order);
        return;
    }
    if (u->have_key && (stale || !u->sent)) {
        send(u, order);
        return;
    }
    u->renewed = u->sent;
    ask_key(u, u->sent, order);
}

/* ---- answers ---- */

/* What an answer without proof of the key means. */
static gba_rc unproven(unsigned status)
{
    if (status == 403)
        return GBA_E_UE_NAF_FORBIDDEN;
    if (status == 502 || status == 503 || status == 504)
        return GBA_E_UE_NAF_UNAVAILABLE;
    return status >= 400 ? GBA_E_UE_NAF_STATUS : GBA_E_UE_NOT_CHALLENGED;
}

/* nextnonce replaces the nonce; session algorithms keep theirs, since it is in
 * their HA1 (RFC 7616 3.4.2). */
static void take_nextnonce(struct ue_ua *u, gba_view nextnonce)
{
    struct ue_challenge *c = current(u);
    if (nextnonce.n > 0 && !is_session(c->alg))
        u->have_challenge = ue_challenge_renew(c, nextnonce) == GBA_OK;
}

static void on_answer(struct ue_ua *u, const struct gba_http_msg *response, struct ue_ua_order *order)
{
    struct ue_answer a = answer_of(u);
    gba_view nextnonce;
    if (!u->sent) {
        done(u, unproven(response->status), order);
        return;
    }
    gba_rc rc = ue_challenge_proof(current(u), &a, response, &nextnonce);
    if (rc == GBA_OK)
        take_nextnonce(u, nextnonce);
    else if (rc == GBA_E_UE_RSPAUTH_MISSING && response->status >= 400)
        rc = unproven(response->status);
    done(u, rc, order);
    order->proven = rc == GBA_OK;
}

static void on_http(struct ue_ua *u, const gba_env *env, const struct ue_ua_event *event,
                    struct ue_ua_order *order)
{
    if (event->rc != GBA_OK) {
        done(u, event->rc, order);
        return;
    }
    u->status = event->response->status;
    if (u->status == 401)
        on_401(u, env, event->response, order);
    else
        on_answer(u, event->response, order);
}

static void on_key(struct ue_ua *u, const struct ue_ua_event *event, struct ue_ua_order *order)
{
    gba_writer w = gba_writer_of(u->password, sizeof u->password);
    gba_rc rc = event->rc;
    if (rc == GBA_OK)
        rc = gba_text_set(&u->btid, event->btid);
    if (rc == GBA_OK) {
        gba_put_b64(&w, GBA_ARRAY(event->ks_naf->b));
        rc = gba_writer_end(&w);
    }
    if (rc != GBA_OK) {
        done(u, rc, order);
        return;
    }
    u->have_key = true;
    send(u, order);
}

static void on_start(struct ue_ua *u, const struct ue_ua_request *request, struct ue_ua_order *order)
{
    u->request = *request;
    u->renewed = false;
    u->stale_n = 0;
    u->status = 0;
    send(u, order);
}

void ue_ua_step(struct ue_ua *u, const gba_env *env, const struct ue_ua_event *event,
                struct ue_ua_order *order)
{
    if (event->kind == UE_UA_START && u->waiting == FOR_START)
        on_start(u, event->request, order);
    else if (event->kind == UE_UA_HTTP && u->waiting == FOR_HTTP)
        on_http(u, env, event, order);
    else if (event->kind == UE_UA_KEY_READY && u->waiting == FOR_KEY)
        on_key(u, event, order);
    else
        done(u, GBA_E_BUG, order);
}
