/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenario/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CNONCE "6629fae49393a05397450978507c4ef1"

static gba_view arg(const struct script_line *line, const char *name, const char *fallback)
{
    return gba_view_cstr(script_arg(line, name, fallback));
}

static bool is(const struct script_line *line, const char *name, const char *value)
{
    return strcmp(script_arg(line, name, ""), value) == 0;
}

static void add(struct gba_http_msg *m, const char *name, gba_view value)
{
    if (gba_http_field_add(m, gba_view_cstr(name), value) != GBA_OK)
        abort();
}

static void keep(char *out, size_t cap, gba_view v)
{
    if (v.n >= cap)
        abort();
    gba_copy(out, v);
    out[v.n] = 0;
}

/* The card: open the nonce, check AUTN in the context the card has. */
static void ask_card(struct world_device *d)
{
    uint8_t raw[256];
    gba_writer w = gba_writer_of(raw, sizeof raw);
    struct gba_aka_checked checked = {0};
    gba_autn autn;
    if (gba_b64_parse(gba_view_cstr(d->nonce), &w) != GBA_OK || w.n < 32)
        abort();
    gba_copy(d->rand.b, gba_view_of(raw, 16));
    gba_copy(autn.b, gba_view_of(raw + 16, 16));
    d->card_rc = d->gba_u ? gba_aka_check_star(&d->key, &d->rand, &autn, &checked)
                          : gba_aka_check(&d->key, &d->rand, &autn, &checked);
    if (d->card_rc == GBA_OK)
        d->card_rc = gba_sqn_ms_accept(&d->sqn, checked.sqn);
    if (d->card_rc == GBA_E_SQN &&
        gba_aka_auts_make(&d->key, &d->rand, gba_sqn_ms_highest(&d->sqn), &d->auts) != GBA_OK)
        abort();
    if (d->card_rc == GBA_OK) {
        d->res = checked.av.xres;
        gba_aka_ks(&checked.av.ck, &checked.av.ik, &d->ks);
    }
}

/* The SIM: SRES and Kc, and what the phone makes of them (TS 33.220 I). */
static void ask_sim(struct world_device *d)
{
    struct gba_kdf_2g in;
    uint8_t raw[48];
    gba_writer w = gba_writer_of(raw, sizeof raw);
    if (gba_b64_parse(gba_view_cstr(d->nonce), &w) != GBA_OK || w.n != sizeof raw)
        abort();
    gba_copy(d->rand.b, gba_view_of(raw, 16));
    gba_copy(in.ks_input, gba_view_of(raw + 32, 16));
    if (gba_aka_triplet(&d->key, &d->rand, &in.triplet) != GBA_OK ||
        gba_kdf_2g_derive(&in, &d->res, &d->ks) != GBA_OK)
        abort();
}

/* GBA_Digest: the password on this TLS connection; and Ks, once the response is made. */
static void make_passwd(struct world_device *d)
{
    gba_ha1 ha1 = world_ha1(d);
    struct gba_kdf_digest in = {gba_view_of(ha1.b, ha1.n), &d->tls_mk};
    d->res.n = 32;
    if (gba_kdf_digest_passwd(&in, d->res.b) != GBA_OK)
        abort();
}

static void make_digest_ks(struct world_device *d, gba_view response)
{
    gba_ha1 ha1 = world_ha1(d);
    struct gba_kdf_digest in = {gba_view_of(ha1.b, ha1.n), &d->tls_mk};
    uint8_t resp[16];
    if (gba_hex_parse(response, resp, sizeof resp) != GBA_OK ||
        gba_kdf_digest_ks(&in, GBA_ARRAY(resp), &d->ks) != GBA_OK)
        abort();
}

/* over=relay: TLS ends at somebody else, who passes everything on over TLS of his own. */
static void connect(struct world_device *d, const struct script_line *line)
{
    static gba_tls_mk relay = {{1}};
    d->tls_mk = (gba_tls_mk){{2}};
    d->ub_via.tls = !is(line, "over", "") && !is(line, "over", "tcp");
    d->ub_via.tls_mk = is(line, "over", "relay") ? &relay : d->ub_via.tls ? &d->tls_mk : NULL;
}

static void start_request(struct world_device *d, const struct script_line *line)
{
    const char *tmpi_agent = d->kind == WITH_DIGEST ? "unit/1 Release-6; 3gpp-gba-tmpi; GBA_Digest"
                                                    : "unit/1 Release-6; 3gpp-gba-tmpi";
    connect(d, line);
    d->ub_req =
        (struct gba_http_msg){.method = GBA_LIT("GET"), .target = arg(line, "target", "/"), .minor = 1};
    add(&d->ub_req, "Host", arg(line, "host", WORLD_BSF));
    add(&d->ub_req, "User-Agent", arg(line, "agent", tmpi_agent));
}

static void finish_request(struct world *w, struct world_device *d, const struct gba_auth *a)
{
    gba_writer out = gba_writer_of(d->ub_head, sizeof d->ub_head);
    gba_put_credentials(&out, a);
    if (gba_writer_end(&out) != GBA_OK)
        abort();
    add(&d->ub_req, "Authorization", gba_writer_view(&out));
    world_ub_request(w, d);
}

static void first(struct world *w, struct world_device *d, const struct script_line *line)
{
    size_t at = gba_view_find_last(gba_text_view(&d->impi), '@');
    keep(d->user, sizeof d->user, arg(line, "user", d->impi.s));
    struct gba_auth a = {
        .username = gba_view_cstr(d->user),
        .realm = arg(line, "realm", d->kind == WITH_DIGEST ? d->impi.s + at + 1 : WORLD_BSF),
        .nonce = arg(line, "nonce", ""),
        .uri = arg(line, "uri", "/"),
        .response = GBA_LIT(""),
    };
    start_request(d, line);
    finish_request(w, d, &a);
}

/* The digest over what the line leaves as it should be, and what it changes. */
static void sign(struct world_device *d, const struct script_line *line, gba_view password,
                 struct gba_auth *a)
{
    static struct gba_digest_hex response;
    static char user[sizeof d->user], nc[16], uri[256]; /* the proof is checked when the line is gone */
    struct gba_digest_in *in = &d->ub_digest;
    gba_view qop = arg(line, "qop", "auth-int");
    keep(user, sizeof user, arg(line, "user", d->user));
    keep(nc, sizeof nc, arg(line, "nc", "00000001"));
    keep(uri, sizeof uri, arg(line, "uri", "/"));
    *in = (struct gba_digest_in){
        .alg = d->kind == WITH_DIGEST ? GBA_DIGEST_MD5 : GBA_DIGEST_AKAV1_MD5,
        .username = gba_view_cstr(user),
        .realm = arg(line, "realm", d->realm),
        .password = password,
        .nonce = arg(line, "nonce", d->nonce),
        .nc = gba_view_cstr(nc),
        .cnonce = GBA_LIT(CNONCE),
        .method = GBA_LIT("GET"),
        .uri = gba_view_cstr(uri),
    };
    if (gba_digest_qop_parse(qop, &in->qop) != GBA_OK || gba_digest_response(in, &response) != GBA_OK)
        abort();
    *a = (struct gba_auth){
        .username = in->username,
        .realm = in->realm,
        .nonce = in->nonce,
        .uri = in->uri,
        .nc = in->nc,
        .response = gba_view_of(response.s, response.n),
        .cnonce = in->cnonce,
        .qop = qop,
        .opaque = arg(line, "opaque", d->opaque),
        .algorithm = arg(line, "algorithm", d->kind == WITH_DIGEST ? "MD5" : "AKAv1-MD5"),
    };
    if (is(line, "without", "qop"))
        a->qop = (gba_view){NULL, 0};
}

static void answer(struct world *w, struct world_device *d, const struct script_line *line)
{
    struct gba_auth a;
    connect(d, line);
    if (d->kind == WITH_SIM)
        ask_sim(d);
    else if (d->kind == WITH_DIGEST)
        make_passwd(d);
    else if (!is(line, "card", "asleep"))
        ask_card(d);
    gba_view res = gba_view_of(d->res.b, d->res.n);
    sign(d, line, is(line, "res", "bad") ? GBA_LIT("wrong!!!") : res, &a);
    if (d->kind == WITH_DIGEST)
        make_digest_ks(d, a.response);
    start_request(d, line);
    finish_request(w, d, &a);
}

/* RFC 3310 3.4: AUTS, and a response made with an empty password. */
static void resync(struct world *w, struct world_device *d, const struct script_line *line)
{
    struct gba_auth a;
    char auts[32];
    ask_card(d);
    gba_auts sent = d->auts;
    if (is(line, "auts", "forged"))
        sent.b[13] ^= 1;
    gba_writer out = gba_writer_of(auts, sizeof auts);
    gba_put_b64(&out, GBA_ARRAY(sent.b));
    sign(d, line, is(line, "res", "bad") ? GBA_LIT("x") : GBA_LIT(""), &a);
    a.auts = gba_writer_view(&out);
    start_request(d, line);
    finish_request(w, d, &a);
}

void device_ub(struct world *w, struct world_device *d, const struct script_line *line)
{
    const char *kind = script_word(line, 2);
    if (strcmp(kind, "first") == 0)
        first(w, d, line);
    else if (strcmp(kind, "answer") == 0)
        answer(w, d, line);
    else if (strcmp(kind, "resync") == 0)
        resync(w, d, line);
    else if (strcmp(kind, "replay") == 0)
        world_ub_request(w, d);
    else if (strcmp(kind, "bare") == 0) {
        start_request(d, line);
        world_ub_request(w, d);
    }
}

static bool parse_field(const struct gba_http_msg *msg, const char *name,
                        gba_rc (*parse)(gba_view, gba_arena *, struct gba_auth *), struct gba_auth *a)
{
    static uint8_t room[1024];
    gba_arena arena = gba_arena_of(room, sizeof room);
    gba_view value = gba_http_field_get(msg, gba_view_cstr(name));
    return value.p && parse(value, &arena, a) == GBA_OK;
}

void device_learn_ub(struct world_device *d)
{
    struct gba_auth a;
    struct gba_bsinfo info;
    if (d->ub.msg.status == 401 && parse_field(&d->ub.msg, "WWW-Authenticate", gba_auth_parse, &a)) {
        keep(d->nonce, sizeof d->nonce, a.nonce);
        keep(d->realm, sizeof d->realm, a.realm);
        keep(d->opaque, sizeof d->opaque, a.opaque);
    }
    if (d->ub.msg.status != 200 || gba_bsinfo_parse(d->ub.msg.body, &info) != GBA_OK)
        return;
    if (parse_field(&d->ub.msg, "Authentication-Info", gba_auth_info_parse, &a) && a.nextnonce.p)
        keep(d->nonce, sizeof d->nonce, a.nextnonce);
    d->btid = info.btid;
    d->expiry_s = info.lifetime_s;
    gba_view name;
    struct gba_kdf_naf in = {.ks = &d->ks, .rand = &d->rand, .impi = gba_text_view(&d->impi)};
    gba_writer w = gba_writer_of(d->tmpi.s, sizeof d->tmpi.s);
    if (gba_btid_domain(gba_text_view(&d->btid), &name) != GBA_OK || gba_kdf_tmpi(&in, name, &w) != GBA_OK)
        abort();
    d->tmpi.n = (uint16_t)w.n;
}

static bool rspauth_right(const struct gba_http_msg *msg, struct gba_digest_in in)
{
    struct gba_digest_hex want;
    struct gba_auth a;
    in.body = msg->body;
    return parse_field(msg, "Authentication-Info", gba_auth_info_parse, &a) &&
           gba_digest_rspauth(&in, &want) == GBA_OK && gba_view_eq(a.rspauth, gba_view_of(want.s, want.n));
}

bool device_trusts_ub(const struct world_device *d)
{
    struct gba_digest_in in = d->ub_digest;
    in.password = gba_view_of(d->res.b, d->res.n);
    return rspauth_right(&d->ub.msg, in);
}

/* ---- Ua ---- */

static void derive_key(struct world_device *d, const char *use)
{
    gba_ks_naf ks_naf;
    uint8_t naf_id[GBA_NAFID_MAX];
    gba_nafid nafid = {.ua = gba_uaid_http_digest};
    gba_writer id = gba_writer_of(naf_id, sizeof naf_id);
    gba_writer out = gba_writer_of(d->ua_key, sizeof d->ua_key);
    if (gba_text_set(&nafid.fqdn, GBA_LIT(WORLD_NAF)) != GBA_OK)
        abort();
    gba_nafid_encode(&nafid, &id);
    struct gba_kdf_naf in = {&d->ks, &d->rand, gba_text_view(&d->impi), gba_writer_view(&id)};
    gba_rc rc = strcmp(use, "digest") == 0
                    ? gba_kdf_ks_naf_digest(&in, gba_view_cstr(d->nonce), &ks_naf)
                    : gba_kdf_ks_naf(&in, strcmp(use, "uicc") == 0 ? GBA_KDF_UICC : GBA_KDF_ME, &ks_naf);
    if (rc != GBA_OK)
        abort();
    gba_put_b64(&out, GBA_ARRAY(ks_naf.b));
    d->ua_key[out.n] = 0;
}

static void sign_ua(struct world_device *d, const struct script_line *line)
{
    static struct gba_digest_hex response;
    static char realm[256], number[9];
    const char *use = script_arg(line, "key", d->kind == WITH_DIGEST ? "digest" : "me");
    bool me = strcmp(use, "me") == 0;
    struct gba_digest_in *in = &d->ua_digest;
    derive_key(d, use);
    snprintf(number, sizeof number, "%08x", ++d->nc);
    keep(d->ua_nc, sizeof d->ua_nc, arg(line, "nc", number));
    snprintf(realm, sizeof realm, "3GPP-bootstrapping%s%s@" WORLD_NAF, me ? "" : "-", me ? "" : use);
    *in = (struct gba_digest_in){
        .alg = GBA_DIGEST_MD5,
        .username = arg(line, "user", d->btid.s),
        .realm = gba_view_cstr(realm),
        .password = is(line, "res", "bad") ? GBA_LIT("x") : gba_view_cstr(d->ua_key),
        .nonce = gba_view_cstr(d->ua_nonce),
        .nc = gba_view_cstr(d->ua_nc),
        .cnonce = GBA_LIT("0a4f113b"),
        .method = d->ua_req.method,
        .uri = arg(line, "uri", d->ua_target),
        .body = d->ua_req.body,
    };
    if (gba_digest_qop_parse(arg(line, "qop", "auth-int"), &in->qop) != GBA_OK ||
        gba_digest_response(in, &response) != GBA_OK)
        abort();
    struct gba_auth a = {
        .username = in->username,
        .realm = in->realm,
        .nonce = in->nonce,
        .uri = in->uri,
        .nc = in->nc,
        .response = gba_view_of(response.s, response.n),
        .cnonce = in->cnonce,
        .qop = gba_digest_qop_name(in->qop),
        .opaque = gba_view_cstr(d->ua_opaque),
        .algorithm = GBA_LIT("MD5"),
    };
    gba_writer out = gba_writer_of(d->ua_head, sizeof d->ua_head);
    gba_put_credentials(&out, &a);
    add(&d->ua_req, "Authorization", gba_writer_view(&out));
}

void device_ua(struct world *w, struct world_device *d, const struct script_line *line)
{
    static char intended[256];
    if (strcmp(script_word(line, 2), "replay") == 0) {
        world_ua_request(w, d);
        return;
    }
    keep(d->ua_method, sizeof d->ua_method, gba_view_cstr(script_word(line, 2)));
    keep(d->ua_target, sizeof d->ua_target, gba_view_cstr(script_word(line, 3)));
    keep(d->ua_body, sizeof d->ua_body, arg(line, "body", ""));
    d->ua_req = (struct gba_http_msg){.method = gba_view_cstr(d->ua_method),
                                      .target = gba_view_cstr(d->ua_target),
                                      .minor = 1,
                                      .body = gba_view_cstr(d->ua_body)};
    add(&d->ua_req, "Host", arg(line, "host", WORLD_NAF));
    add(&d->ua_req, "User-Agent",
        arg(line, "agent", d->kind == WITH_DIGEST ? "unit/1 3gpp-gba-digest" : "unit/1 3gpp-gba"));
    if (!is(line, "auth", "no"))
        sign_ua(d, line);
    if (*script_arg(line, "intended", "")) {
        snprintf(intended, sizeof intended, "\"%s\"", script_arg(line, "intended", ""));
        add(&d->ua_req, "X-3GPP-Intended-Identity", gba_view_cstr(intended));
    }
    if (*script_arg(line, "asserted", ""))
        add(&d->ua_req, "X-3GPP-Asserted-Identity", arg(line, "asserted", ""));
    if (*script_arg(line, "body-changed-to", ""))
        d->ua_req.body = arg(line, "body-changed-to", "");
    world_ua_request(w, d);
}

void device_learn_ua(struct world_device *d)
{
    struct gba_auth a;
    if (d->ua.msg.status != 401 || !parse_field(&d->ua.msg, "WWW-Authenticate", gba_auth_parse, &a))
        return;
    keep(d->ua_nonce, sizeof d->ua_nonce, a.nonce);
    keep(d->ua_opaque, sizeof d->ua_opaque, a.opaque);
    d->nc = 0;
}

bool device_trusts_ua(const struct world_device *d)
{
    return rspauth_right(&d->ua.msg, d->ua_digest);
}
