/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/ub_reply.h"

#include <stddef.h>

#include "gba/base/stamp.h"
#include "gba/crypto/digest.h"
#include "gba/wire/bsinfo.h"

/* What a refusal is to the device.  The standards leave many statuses open
 * (TS 24.109 4.3 names few): the configuration chooses among `choices`. */
enum kind { FORBIDDEN, MALFORMED, IDENTITY, REFUSED, TMPI, NONCE, UNAVAILABLE, LIMITED, METHOD, BROKEN };

static const struct {
    unsigned choices[4];
    size_t option; /* in struct bsf_conf_status, when there is a choice */
} statuses[] = {
    [FORBIDDEN] = {{403}, 0},
    [MALFORMED] = {{400, 403}, offsetof(struct bsf_conf_status, malformed)},
    [IDENTITY] = {{403, 404}, offsetof(struct bsf_conf_status, unknown_identity)},
    [REFUSED] = {{403, 404}, offsetof(struct bsf_conf_status, refused)},
    [TMPI] = {{403, 400, 401, 404}, offsetof(struct bsf_conf_status, unknown_tmpi)},
    [NONCE] = {{401, 403}, offsetof(struct bsf_conf_status, unknown_nonce)},
    [UNAVAILABLE] = {{503, 504}, offsetof(struct bsf_conf_status, unavailable)},
    [LIMITED] = {{503, 429}, offsetof(struct bsf_conf_status, limited)},
    [METHOD] = {{405}, 0},
    [BROKEN] = {{500}, 0},
};

/* Reasons that do not follow their class (class_kind). */
static const struct {
    gba_rc reason;
    enum kind kind;
} kinds[] = {
    {GBA_E_UB_METHOD, METHOD},          {GBA_E_UB_OPAQUE, MALFORMED}, {GBA_E_TOO_LONG, MALFORMED},
    {GBA_E_UB_RESYNC_LIMIT, FORBIDDEN}, {GBA_E_UB_TMPI, TMPI},        {GBA_E_UB_NONCE, NONCE},
    {GBA_E_ZH_IDENTITY, IDENTITY},      {GBA_E_ZH_REFUSED, REFUSED},
    {GBA_E_ZH_SCHEME, REFUSED},
};

static enum kind class_kind(enum gba_class cls)
{
    switch (cls) {
    case GBA_CLASS_MALFORMED:
        return MALFORMED;
    case GBA_CLASS_AUTH:
    case GBA_CLASS_POLICY:
    case GBA_CLASS_ABSENT:
        return FORBIDDEN;
    case GBA_CLASS_LIMIT:
        return LIMITED;
    case GBA_CLASS_UNAVAILABLE:
        return UNAVAILABLE;
    default:
        return BROKEN;
    }
}

static enum kind kind_of(gba_rc reason)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].reason == reason)
            return kinds[i].kind;
    }
    return class_kind(gba_rc_class(reason));
}

unsigned bsf_ub_reply_status(const struct bsf_conf *conf, gba_rc reason)
{
    enum kind kind = kind_of(reason);
    if (statuses[kind].choices[1] == 0)
        return statuses[kind].choices[0];
    const char *options = (const char *)&conf->ub.replies;
    return statuses[kind].choices[*(const int *)(const void *)(options + statuses[kind].option)];
}

/* Text is appended to the reply's buffer, then named. */
struct build {
    struct bsf_ub_reply *reply;
    gba_writer w;
    size_t mark;
    gba_rc rc;
};

static gba_view taken(struct build *b)
{
    gba_view v = gba_view_of(b->w.p + b->mark, b->w.n - b->mark);
    b->mark = b->w.n;
    return v;
}

static void add(struct build *b, gba_view name, gba_view value)
{
    gba_rc rc = gba_http_field_add(&b->reply->msg, name, value);
    if (b->rc == GBA_OK)
        b->rc = rc;
}

/*= TS 24.109 4.2: the Server field carries the token 3gpp-gba-tmpi when the BSF takes TMPIs */
static struct build begin(const struct bsf_conf *conf, struct bsf_ub_reply *reply, unsigned status)
{
    struct build b = {.reply = reply, .w = gba_writer_of(reply->text, sizeof reply->text), .rc = GBA_OK};
    reply->msg = (struct gba_http_msg){
        .status = status, .reason = gba_http_reason(status), .minor = 1, .keep_alive = true};
    gba_put_view(&b.w, gba_text_view(&conf->ub.product));
    gba_put_str(&b.w, conf->ub.tmpi ? "; Release-6; 3gpp-gba-tmpi" : "; Release-6");
    add(&b, GBA_LIT("Server"), taken(&b));
    return b;
}

static gba_rc end(struct build *b)
{
    GBA_TRY(b->rc);
    b->reply->n = b->w.n;
    return gba_writer_end(&b->w);
}

enum { NONCE_N = 64 };

/* Only AKA has a choice. */
static bool algorithm_at(const struct bsf_conf *conf, const struct bsf_challenge *c, size_t i,
                         enum gba_digest_alg *alg)
{
    if (c->type == BSF_3G)
        return bsf_conf_algorithm_at(&conf->ub, i, alg);
    *alg = c->type == BSF_2G ? GBA_DIGEST_AKAV1_MD5 : GBA_DIGEST_MD5;
    if (c->algs == 1U << GBA_DIGEST_SHA256)
        *alg = GBA_DIGEST_SHA256;
    return i == 0;
}

gba_rc bsf_ub_reply_challenge(const struct bsf_conf *conf, const struct bsf_challenge *c,
                              struct bsf_ub_reply *reply)
{
    uint8_t nonce[NONCE_N], opaque[2 * sizeof c->opaque];
    gba_writer nonce_w = gba_writer_of(nonce, sizeof nonce), w = gba_writer_of(opaque, sizeof opaque);
    bsf_challenge_put_nonce(c, &nonce_w);
    gba_put_hex(&w, GBA_ARRAY(c->opaque));
    struct gba_auth a = {
        .realm = bsf_ub_read_realm(conf, c),
        .nonce = gba_writer_view(&nonce_w),
        .qop = gba_digest_qop_name(GBA_QOP_AUTH_INT),
        .opaque = GBA_ARRAY(opaque),
    };
    struct build b = begin(conf, reply, 401);
    enum gba_digest_alg alg;
    for (size_t i = 0; algorithm_at(conf, c, i, &alg); i++) {
        a.algorithm = gba_digest_alg_name(alg);
        gba_put_challenge(&b.w, &a);
        add(&b, GBA_LIT("WWW-Authenticate"), taken(&b));
    }
    return end(&b);
}

static gba_rc put_auth_info(const struct bsf_ub_success *s, gba_view body, gba_writer *w)
{
    const struct gba_auth *got = &s->ask->auth;
    struct gba_digest_in in = {
        .alg = s->ask->alg,
        .qop = GBA_QOP_AUTH_INT,
        .username = got->username,
        .realm = got->realm,
        .password = s->password,
        .nonce = got->nonce,
        .nc = got->nc,
        .cnonce = got->cnonce,
        .uri = got->uri,
        .body = body,
    };
    struct gba_digest_hex rspauth;
    GBA_TRY(gba_digest_rspauth(&in, &rspauth));
    struct gba_auth info = {
        .qop = gba_digest_qop_name(GBA_QOP_AUTH_INT),
        .rspauth = gba_view_of(rspauth.s, rspauth.n),
        .cnonce = got->cnonce,
        .nc = got->nc,
    };
    gba_put_auth_info(w, &info);
    return GBA_OK;
}

gba_rc bsf_ub_reply_success(const struct bsf_conf *conf, const struct bsf_ub_success *s,
                            struct bsf_ub_reply *reply)
{
    struct build b = begin(conf, reply, 200);
    gba_put_bsinfo(&b.w, &(struct gba_bsinfo){*s->btid, s->expiry_s, conf->ub.currenttime ? s->now_s : 0});
    reply->msg.body = taken(&b);
    GBA_TRY(put_auth_info(s, reply->msg.body, &b.w));
    add(&b, GBA_LIT("Authentication-Info"), taken(&b));
    add(&b, GBA_LIT("Content-Type"), GBA_LIT("application/vnd.3gpp.bsf+xml"));
    gba_put_httpdate(&b.w, s->expiry_s);
    add(&b, GBA_LIT("Expires"), taken(&b));
    return end(&b);
}

gba_rc bsf_ub_reply_next(const struct bsf_challenge *c, struct bsf_ub_reply *reply)
{
    gba_writer w = gba_writer_of(reply->text + reply->n, sizeof reply->text - reply->n);
    for (size_t i = 0; i < reply->msg.n_fields; i++) {
        struct gba_http_field *field = &reply->msg.fields[i];
        if (!gba_view_eq(field->name, GBA_LIT("Authentication-Info")))
            continue;
        gba_put_view(&w, field->value);
        gba_put_str(&w, ", nextnonce=\"");
        bsf_challenge_put_nonce(c, &w);
        gba_put_u8(&w, '"');
        GBA_TRY(gba_writer_end(&w));
        field->value = gba_writer_view(&w);
        reply->n += w.n;
        return GBA_OK;
    }
    return GBA_E_BUG;
}

void bsf_ub_reply_refuse(const struct bsf_conf *conf, gba_rc reason, struct bsf_ub_reply *reply)
{
    struct build b = begin(conf, reply, bsf_ub_reply_status(conf, reason));
    if (reply->msg.status == 405)
        add(&b, GBA_LIT("Allow"), GBA_LIT("GET"));
    if (kind_of(reason) == LIMITED || kind_of(reason) == UNAVAILABLE) {
        gba_put_dec(&b.w, reply->retry_after_s ? reply->retry_after_s : conf->ub.retry_after_s);
        add(&b, GBA_LIT("Retry-After"), taken(&b));
    }
}
