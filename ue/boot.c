/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/boot_secret.h"

#include "gba/base/stamp.h"
#include "gba/crypto/aka.h"
#include "gba/crypto/kdf.h"
#include "gba/wire/bsinfo.h"

enum stage { FIRST, CARD, EXPORT, SECOND, RESYNC, STORE, DERIVE };

/* RAND, AUTN and what a server may add (RFC 3310 3.2). */
enum { NONCE_MAX = 3 * UE_CHALLENGE_ROOM / 4 };

static const gba_view tmpi_token = {(const uint8_t *)"3gpp-gba-tmpi", 13};

void ue_boot_init(struct ue_boot *b, const struct ue_boot_conf *conf, const struct ue_keys *who,
                  const struct ue_keys *before)
{
    *b = (struct ue_boot){.conf = conf, .store_rc = GBA_OK};
    bool same = before && before->app == who->app && gba_text_eq(&before->impi, &who->impi);
    if (same)
        b->result = *before;
    b->result.impi = who->impi;
    b->result.app = who->app;
    /*= TS 24.109 H.2: with 2G GBA the username is the IMPI */
    b->with_tmpi = conf->tmpi && conf->gba == UE_GBA_3G && b->result.tmpi.n > 0;
}

static void done(struct ue_boot *b, gba_rc reason, struct ue_boot_order *order)
{
    gba_wipe(&b->auth);
    ue_boot_forget(b);
    gba_wipe_bytes(b->text, sizeof b->text);
    *order = (struct ue_boot_order){.kind = UE_BOOT_DONE, .reason = reason};
}

/* ---- requests ---- */

static struct ue_answer answer_of(const struct ue_boot *b)
{
    /*= RFC 3310 3.4: with auts the password is empty */
    bool resync = b->stage == RESYNC;
    return (struct ue_answer){
        .username = gba_text_view(b->with_tmpi ? &b->result.tmpi : &b->result.impi),
        .password = resync ? GBA_LIT("") : gba_view_of(b->password, b->password_n),
        .auts = resync ? gba_writer_view(&b->auts_w) : (gba_view){NULL, 0},
        .method = GBA_LIT("GET"),
        .uri = GBA_LIT("/"),
        .body = GBA_LIT(""),
    };
}

/*= TS 24.109 A.3: the BSF; I.2: with GBA_Digest the home network */
static gba_view realm_of(const struct ue_boot *b)
{
    return b->conf->gba == UE_GBA_DIGEST ? b->conf->digest.realm : b->conf->bsf;
}

/* The first request names the identity and nothing else (TS 24.109 A.3). */
static gba_rc put_authorization(struct ue_boot *b, gba_writer *w)
{
    struct ue_answer a = answer_of(b);
    if (b->stage != FIRST)
        return ue_challenge_answer(&b->challenge, &a, w);
    struct gba_auth first = {
        .username = a.username,
        .realm = realm_of(b),
        .nonce = GBA_LIT(""),
        .uri = a.uri,
        .response = GBA_LIT(""),
    };
    gba_put_credentials(w, &first);
    return gba_writer_end(w);
}

static gba_rc build(struct ue_boot *b)
{
    gba_writer w = gba_writer_of(b->text, sizeof b->text);
    gba_put_view(&w, b->conf->product);
    gba_put_str(&w, "; Release-6");
    if (b->conf->tmpi) {
        gba_put_str(&w, "; ");
        gba_put_view(&w, tmpi_token);
    }
    if (b->conf->gba == UE_GBA_DIGEST)
        gba_put_str(&w, "; GBA_Digest"); /*= TS 24.109 I.2 */
    gba_view agent = gba_writer_view(&w);
    GBA_TRY(put_authorization(b, &w));
    gba_view credentials = gba_view_sub(gba_writer_view(&w), agent.n, w.n);
    b->msg = (struct gba_http_msg){.method = GBA_LIT("GET"), .target = GBA_LIT("/"), .minor = 1};
    GBA_TRY(gba_http_field_add(&b->msg, GBA_LIT("Host"), b->conf->host));
    GBA_TRY(gba_http_field_add(&b->msg, GBA_LIT("User-Agent"), agent));
    GBA_TRY(gba_http_field_add(&b->msg, GBA_LIT("Accept"), GBA_LIT("*/*")));
    return gba_http_field_add(&b->msg, GBA_LIT("Authorization"), credentials);
}

static void send(struct ue_boot *b, enum stage stage, struct ue_boot_order *order)
{
    b->stage = stage;
    gba_rc rc = build(b);
    if (rc != GBA_OK) {
        done(b, rc, order);
        return;
    }
    *order = (struct ue_boot_order){.kind = UE_BOOT_SEND, .msg = &b->msg};
}

/* The BSF does not know the TMPI (any more), or knows somebody else by it: go
 * on with the IMPI (TS 33.220 4.5.2). */
static void forget_tmpi(struct ue_boot *b, struct ue_boot_order *order)
{
    b->with_tmpi = false;
    gba_wipe(&b->result.tmpi);
    send(b, FIRST, order);
}

/* ---- the challenge ---- */

static gba_rc realm_is_ours(const void *ctx, gba_view offered, gba_view *chosen)
{
    const struct ue_boot *b = ctx;
    *chosen = offered;
    return gba_view_eq_nocase(offered, realm_of(b)) ? GBA_OK : GBA_E_UE_REALM;
}

/*= RFC 3310 3.2; TS 24.109 H.2: zeros for AUTN, then Ks-input */
static gba_rc read_nonce(struct ue_boot *b, gba_reader *r)
{
    static const gba_autn zeros;
    gba_get_bytes(r, b->rand.b, sizeof b->rand.b);
    gba_get_bytes(r, b->autn.b, sizeof b->autn.b);
    if (b->conf->gba == UE_GBA_2G) {
        gba_get_bytes(r, b->gsm.ks_input, sizeof b->gsm.ks_input);
        GBA_ENSURE(gba_view_eq(GBA_ARRAY(b->autn.b), GBA_ARRAY(zeros.b)), GBA_E_UE_NONCE);
    }
    return r->bad ? GBA_E_UE_NONCE : GBA_OK;
}

/* GBA_Digest: any text. */
static gba_rc keep_nonce(struct ue_boot *b)
{
    bool repeated = b->stage != FIRST && gba_view_eq(b->challenge.nonce, gba_text_view(&b->nonce));
    GBA_ENSURE(!repeated, GBA_E_UE_NONCE_REPEATED);
    return gba_text_set(&b->nonce, b->challenge.nonce) == GBA_OK ? GBA_OK : GBA_E_UE_NONCE;
}

/* RFC 3310 3.2: RAND and AUTN at the beginning of the nonce. */
static gba_rc open_nonce(struct ue_boot *b)
{
    uint8_t room[NONCE_MAX];
    gba_rand before = b->rand;
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_ENSURE(gba_b64_parse(b->challenge.nonce, &w) == GBA_OK, GBA_E_UE_NONCE);
    gba_reader r = gba_reader_of(gba_writer_view(&w));
    GBA_TRY(read_nonce(b, &r));
    bool repeated = b->stage != FIRST && gba_view_eq(GBA_ARRAY(before.b), GBA_ARRAY(b->rand.b));
    return repeated ? GBA_E_UE_NONCE_REPEATED : GBA_OK;
}

static gba_rc read_challenge(struct ue_boot *b, const gba_env *env, const struct gba_http_msg *response)
{
    struct ue_challenge_want want = {.algs = ue_boot_algs(b->conf),
                                     .strongest = true,
                                     .integrity = true,
                                     .realm = realm_is_ours,
                                     .ctx = b};
    GBA_TRY(ue_challenge_read(response, &want, env, &b->challenge));
    return b->conf->gba == UE_GBA_DIGEST ? keep_nonce(b) : open_nonce(b);
}

static void ask_card(struct ue_boot *b, struct ue_boot_order *order)
{
    b->stage = CARD;
    *order = (struct ue_boot_order){.kind = UE_BOOT_CHALLENGE,
                                    .rand = &b->rand,
                                    .autn = &b->autn,
                                    .as_me = b->as_me,
                                    .gsm = b->conf->gba == UE_GBA_2G};
}

static void on_challenge(struct ue_boot *b, const gba_env *env, const struct gba_http_msg *response,
                         struct ue_boot_order *order)
{
    gba_rc rc = read_challenge(b, env, response);
    if (rc == GBA_E_UE_CHALLENGE && b->stage == FIRST && b->with_tmpi) {
        forget_tmpi(b, order);
        return;
    }
    if (rc != GBA_OK) {
        done(b, rc, order);
        return;
    }
    if (b->conf->gba == UE_GBA_DIGEST) {
        b->stage = EXPORT;
        *order = (struct ue_boot_order){.kind = UE_BOOT_EXPORT};
        return;
    }
    ask_card(b, order);
}

/* The BSF gave the challenge of this run with the last one (nextnonce). */
static gba_rc resume(struct ue_boot *b, const gba_env *env)
{
    const struct ue_next *next = &b->result.next;
    const struct ue_challenge_known known = {b->conf->bsf, gba_text_view(&next->nonce),
                                             gba_text_view(&next->opaque), next->alg};
    GBA_ENSURE(b->conf->gba == UE_GBA_3G && next->nonce.n > 0, GBA_E_ABSENT);
    GBA_ENSURE(ue_boot_algs(b->conf) & 1U << next->alg, GBA_E_UE_ALGORITHM);
    GBA_TRY(ue_challenge_resume(&known, env, &b->challenge));
    return open_nonce(b);
}

static void start(struct ue_boot *b, const gba_env *env, struct ue_boot_order *order)
{
    b->resumed = resume(b, env) == GBA_OK;
    gba_wipe(&b->result.next); /* whatever comes of it, it was used */
    if (b->resumed)
        ask_card(b, order);
    else
        send(b, FIRST, order);
}

/* The BSF or the card wants nothing of the resumed challenge: begin as usual. */
static void start_anew(struct ue_boot *b, struct ue_boot_order *order)
{
    b->resumed = false;
    send(b, FIRST, order);
}

/* ---- the card ---- */

static void resynchronise(struct ue_boot *b, struct ue_boot_order *order)
{
    if (b->resyncs >= b->conf->max_resyncs) {
        done(b, GBA_E_UE_RESYNC_LIMIT, order);
        return;
    }
    b->resyncs++;
    b->auts_w = gba_writer_of(b->auts, sizeof b->auts);
    gba_put_b64(&b->auts_w, GBA_ARRAY(b->auth.auts.b));
    send(b, RESYNC, order);
}

/* The card does not believe the network.  With a TMPI the challenge may be
 * another subscriber's; in the GBA context the BSF may not have made AUTN*. */
static void on_mac_failure(struct ue_boot *b, bool gba_context, struct ue_boot_order *order)
{
    if (b->resumed) {
        start_anew(b, order);
    } else if (b->with_tmpi) {
        forget_tmpi(b, order);
    } else if (gba_context && b->conf->allow_downgrade && !b->as_me) {
        b->as_me = true;
        send(b, FIRST, order);
    } else {
        done(b, GBA_E_CARD_MAC, order);
    }
}

/* The password of the second request is at hand, or not. */
static void go_on(struct ue_boot *b, gba_rc rc, struct ue_boot_order *order)
{
    if (rc == GBA_OK)
        send(b, SECOND, order);
    else
        done(b, rc, order);
}

static void on_triplet(struct ue_boot *b, const struct ue_boot_event *event, struct ue_boot_order *order)
{
    go_on(b, event->rc == GBA_OK ? ue_boot_secret_2g(b, event->triplet) : event->rc, order);
}

static void on_exported(struct ue_boot *b, const struct ue_boot_event *event, struct ue_boot_order *order)
{
    go_on(b, event->rc == GBA_OK ? ue_boot_secret_digest(b, event->tls_mk) : event->rc, order);
}

static void on_card(struct ue_boot *b, const struct ue_boot_event *event, struct ue_boot_order *order)
{
    if (b->conf->gba == UE_GBA_2G) {
        on_triplet(b, event, order);
        return;
    }
    b->auth = *event->auth;
    if (event->rc == GBA_E_SQN) {
        resynchronise(b, order);
    } else if (event->rc == GBA_E_CARD_MAC) {
        on_mac_failure(b, event->gba_context, order);
    } else if (event->rc != GBA_OK) {
        done(b, event->rc, order);
    } else {
        if (b->auth.in_card) {
            /* The card has overwritten RAND and Ks of the last run (TS 33.220 G.1). */
            gba_wipe(&b->result.ks);
            b->result.mode = UE_MODE_NONE;
        }
        go_on(b, ue_boot_secret_3g(b), order);
    }
}

/* ---- success ---- */

/* How long the key lives by the BSF's clock, told by currenttime or Date, so
 * that ours may be wrong. */
static gba_rc set_expiry(struct ue_keys *keys, const gba_env *env, const struct gba_bsinfo *info,
                         const struct gba_http_msg *response)
{
    int64_t now = gba_env_now_s(env), there = now;
    if (info->currenttime_s != 0)
        there = info->currenttime_s;
    else if (gba_httpdate_parse(gba_http_field_get(response, GBA_LIT("Date")), &there) != GBA_OK)
        there = now;
    GBA_ENSURE(info->lifetime_s > there, GBA_E_UE_LIFETIME);
    keys->created_s = now;
    keys->expires_s = now + (info->lifetime_s - there);
    return GBA_OK;
}

/* Both sides know TMPI only if both said so (TS 33.220 4.5.2). */
static bool tmpi_agreed(const struct ue_boot *b, const struct gba_http_msg *response)
{
    return b->conf->tmpi && gba_view_contains(gba_http_field_get(response, GBA_LIT("Server")), tmpi_token);
}

static gba_rc make_tmpi(struct ue_keys *keys)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_view domain;
    gba_writer w = gba_writer_of(room, sizeof room);
    struct gba_kdf_naf in = {&keys->ks, &keys->rand, gba_text_view(&keys->impi), {NULL, 0}};
    GBA_TRY(gba_btid_domain(gba_text_view(&keys->btid), &domain));
    GBA_TRY(gba_kdf_tmpi(&in, domain, &w));
    return gba_text_set(&keys->tmpi, gba_writer_view(&w));
}

/* The keys of this run out of a 200 whose proof was checked. */
static gba_rc take_keys(struct ue_boot *b, const gba_env *env, const struct gba_http_msg *response,
                        struct ue_keys *keys)
{
    struct gba_bsinfo info;
    GBA_TRY(gba_bsinfo_parse(response->body, &info));
    *keys = (struct ue_keys){
        .mode = ue_boot_mode(b),
        .app = b->result.app,
        .impi = b->result.impi,
        .btid = info.btid,
        .rand = b->rand,
        .nonce = b->nonce,
    };
    GBA_TRY(set_expiry(keys, env, &info, response));
    if (b->auth.in_card)
        return GBA_OK;
    GBA_TRY(ue_boot_ks(b, &keys->ks));
    return tmpi_agreed(b, response) ? make_tmpi(keys) : GBA_OK;
}

/* GBA_U: B-TID and lifetime go to the card, which needs them for EF_GBANL. */
static void store(struct ue_boot *b, const struct gba_http_msg *response, struct ue_boot_order *order)
{
    gba_view domain = {NULL, 0};
    b->stage = STORE;
    b->lifetime_w = gba_writer_of(b->lifetime, sizeof b->lifetime);
    gba_put_datetime(&b->lifetime_w, b->result.expires_s);
    b->naf_id_w = gba_writer_of(b->naf_id, sizeof b->naf_id);
    if (tmpi_agreed(b, response) && gba_btid_domain(gba_text_view(&b->result.btid), &domain) == GBA_OK) {
        gba_put_view(&b->naf_id_w, domain);
        gba_put_view(&b->naf_id_w, GBA_ARRAY(gba_uaid_tmpi.b));
    }
    *order = (struct ue_boot_order){.kind = UE_BOOT_STORE,
                                    .btid = gba_text_view(&b->result.btid),
                                    .lifetime = gba_writer_view(&b->lifetime_w)};
}

/* What is too long to be kept is not used. */
static void take_next(const struct ue_boot *b, gba_view nonce, struct ue_next *next)
{
    bool fits = nonce.n > 0 && b->challenge.opaque.n > 0 && gba_text_set(&next->nonce, nonce) == GBA_OK &&
                gba_text_set(&next->opaque, b->challenge.opaque) == GBA_OK;
    next->alg = b->challenge.alg;
    if (!fits)
        gba_wipe(next);
}

static gba_rc finish(struct ue_boot *b, const gba_env *env, const struct gba_http_msg *response)
{
    struct ue_answer a = answer_of(b);
    struct ue_keys keys = {.mode = UE_MODE_NONE};
    gba_view nextnonce;
    GBA_TRY(ue_challenge_proof(&b->challenge, &a, response, &nextnonce));
    gba_rc rc = take_keys(b, env, response, &keys);
    if (rc == GBA_OK && b->conf->gba == UE_GBA_3G)
        take_next(b, nextnonce, &keys.next);
    if (rc == GBA_OK)
        b->result = keys;
    gba_wipe(&keys);
    return rc;
}

static void on_success(struct ue_boot *b, const gba_env *env, const struct gba_http_msg *response,
                       struct ue_boot_order *order)
{
    gba_rc rc = finish(b, env, response);
    if (rc == GBA_OK && b->result.mode == UE_MODE_U)
        store(b, response, order);
    else
        done(b, rc, order);
}

/* ---- GBA_U after success ---- */

static void on_stored(struct ue_boot *b, gba_rc rc, struct ue_boot_order *order)
{
    b->store_rc = rc;
    if (b->naf_id_w.n == 0) {
        done(b, GBA_OK, order);
        return;
    }
    b->stage = DERIVE;
    *order = (struct ue_boot_order){.kind = UE_BOOT_DERIVE, .naf_id = gba_writer_view(&b->naf_id_w)};
}

/* B.4: with GBA_U the TMPI comes out of an ordinary derivation on the card.
 * Without it the next run starts with the IMPI. */
static void on_derived(struct ue_boot *b, const struct ue_boot_event *event, struct ue_boot_order *order)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    if (event->rc == GBA_OK) {
        gba_put_b64(&w, gba_view_of(event->ks_ext_naf->b, 24));
        gba_put_str(&w, "@tmpi.bsf.3gppnetwork.org");
        if (gba_text_set(&b->result.tmpi, gba_writer_view(&w)) != GBA_OK)
            gba_wipe(&b->result.tmpi);
    }
    done(b, GBA_OK, order);
}

/* ---- answers of the BSF ---- */

static gba_rc refusal(unsigned status)
{
    if (status >= 500)
        return GBA_E_UE_BSF_UNAVAILABLE;
    return status >= 400 ? GBA_E_UE_BSF_REFUSED : GBA_E_UE_BSF_ANSWER;
}

/* A 401 where a 200 was due: once, the challenge may have timed out meanwhile. */
static bool may_refresh(struct ue_boot *b)
{
    bool may = b->stage != SECOND || !b->refreshed;
    b->refreshed = b->refreshed || b->stage == SECOND;
    return may;
}

static void on_http(struct ue_boot *b, const gba_env *env, const struct ue_boot_event *event,
                    struct ue_boot_order *order)
{
    if (event->rc != GBA_OK) {
        done(b, event->rc, order);
        return;
    }
    unsigned status = b->status = event->response->status;
    if (status == 401 && may_refresh(b))
        on_challenge(b, env, event->response, order);
    else if (status == 200 && b->stage == SECOND)
        on_success(b, env, event->response, order);
    else if (status >= 400 && status < 500 && b->stage == FIRST && b->with_tmpi)
        forget_tmpi(b, order);
    else if (status >= 400 && status < 500 && b->resumed)
        start_anew(b, order);
    else
        done(b, refusal(status), order);
}

static bool expected(const struct ue_boot *b, enum ue_boot_event_kind kind)
{
    switch ((enum stage)b->stage) {
    case FIRST:
        return kind == UE_BOOT_HTTP || (kind == UE_BOOT_START && b->msg.n_fields == 0);
    case CARD:
        return kind == UE_BOOT_CARD;
    case EXPORT:
        return kind == UE_BOOT_EXPORTED;
    case SECOND:
    case RESYNC:
        return kind == UE_BOOT_HTTP;
    case STORE:
        return kind == UE_BOOT_STORED;
    case DERIVE:
        return kind == UE_BOOT_DERIVED;
    }
    return false;
}

void ue_boot_step(struct ue_boot *b, const gba_env *env, const struct ue_boot_event *event,
                  struct ue_boot_order *order)
{
    if (!expected(b, event->kind)) {
        done(b, GBA_E_BUG, order);
        return;
    }
    switch (event->kind) {
    case UE_BOOT_START:
        start(b, env, order);
        return;
    case UE_BOOT_HTTP:
        on_http(b, env, event, order);
        return;
    case UE_BOOT_CARD:
        on_card(b, event, order);
        return;
    case UE_BOOT_EXPORTED:
        on_exported(b, event, order);
        return;
    case UE_BOOT_STORED:
        on_stored(b, event->rc, order);
        return;
    case UE_BOOT_DERIVED:
        on_derived(b, event, order);
        return;
    }
}
