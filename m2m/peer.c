/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/peer.h"

#include "gba/crypto/hash.h"
#include "gba/wire/json.h"

enum { TY_AE = 2, TY_CSE_BASE = 5, STEM_OCTETS = 8 };

static const char kind_ae[] = "ae";

const char *m2m_assoc_use_name(enum m2m_assoc_use use)
{
    static const char *const names[] = {
        [M2M_ASSOC_KPSA] = "kpsa", [M2M_ASSOC_KC] = "kc", [M2M_ASSOC_NAF] = "naf", [M2M_ASSOC_CERT] = "cert"};
    return names[use];
}

/* ---- whom an association is bound to ---- */

/*= TS-0003 8.2.2.1, 8.2.2.3 */
gba_rc m2m_assoc_of_key(const struct m2m_shared *shared, struct m2m_assoc *out)
{
    enum { CRED_SAEF = 12 };
    out->use = shared->suite != 0 ? M2M_ASSOC_NAF : shared->use == M2M_USE_KC ? M2M_ASSOC_KC : M2M_ASSOC_KPSA;
    out->until_s = shared->until_s;
    out->credential = shared->cred;
    if (shared->cred.n == 0)
        GBA_TRY(m2m_cred_make(CRED_SAEF, gba_text_view(&shared->id), &out->credential));
    out->who = shared->peer.text.n > 0 ? shared->peer.text : out->credential;
    return GBA_OK;
}

/*= TS-0003 10.4, 12.3.2.1 */
static gba_rc cert_credential(const struct m2m_expect *expect, gba_text *credential)
{
    static const unsigned types[] = {[M2M_CERT_RAW] = 30, [M2M_CERT_DEVICE] = 31, [M2M_CERT_CSE] = 32,
                                     [M2M_CERT_AE] = 33,  [M2M_CERT_NODE] = 34,   [M2M_CERT_FQDN] = 0};
    GBA_ENSURE(types[expect->flavour] != 0, GBA_E_CERT_FLAVOUR);
    return m2m_cred_make(types[expect->flavour], gba_text_view(&expect->id), credential);
}

/*= TS-0003 8.2.2.2 */
gba_rc m2m_assoc_of_cert(const struct m2m_parties *parties, const struct m2m_shown *shown, int64_t now_s,
                         struct m2m_assoc *out)
{
    const struct m2m_party *party = m2m_party_find(parties->at, parties->n, shown);
    GBA_ENSURE(party != NULL, GBA_E_CERT_NAME);
    GBA_TRY(m2m_cert_check(&party->expect, shown, now_s));
    out->use = M2M_ASSOC_CERT;
    out->who = party->id.text;
    GBA_TRY(m2m_cert_until(shown, &out->until_s));
    return cert_credential(&party->expect, &out->credential);
}

/* ---- names ---- */

static gba_view sp_of(const struct m2m_peer *peer)
{
    gba_view self = gba_text_view(&peer->self.text);
    return gba_view_sub(self, 0, 2 + gba_view_find(gba_view_sub(self, 2, self.n), '/'));
}

/* "/in-cse": the id without its service provider. */
static gba_view relative(const struct m2m_peer *peer, const struct m2m_id *id)
{
    gba_view v = gba_text_view(&id->text), sp = sp_of(peer);
    return gba_view_starts(v, sp) ? gba_view_sub(v, sp.n, v.n) : v;
}

/* From in any of its forms: absolute, relative to us or to the service provider, or a stem. */
static gba_rc from_of(const struct m2m_peer *peer, gba_view from, struct m2m_id *id)
{
    uint8_t room[2 * GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    bool by_us = gba_view_starts(from, GBA_LIT("C")), by_sp = gba_view_starts(from, GBA_LIT("S"));
    if (by_us)
        gba_put_view(&w, relative(peer, &peer->self));
    if (by_us || by_sp)
        gba_put_u8(&w, '/');
    gba_put_view(&w, from);
    return m2m_id_absolute(gba_writer_view(&w), sp_of(peer), id);
}

/* Who is known by a credential only gets an AE-ID of it, the same each time. */
static gba_rc assigned(const struct m2m_peer *peer, const struct m2m_assoc *assoc, struct m2m_id *id)
{
    uint8_t hash[GBA_HASH_MAX], room[2 * STEM_OCTETS + 1];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view credential = gba_text_view(&assoc->credential);
    GBA_ENSURE(peer->self.kind == M2M_ID_CSE, GBA_E_REG_OPERATION);
    GBA_TRY(gba_hash_parts(GBA_HASH_SHA256, &credential, 1, hash));
    gba_put_u8(&w, 'C');
    gba_put_hex(&w, gba_view_of(hash, STEM_OCTETS));
    return from_of(peer, gba_writer_view(&w), id);
}

/* Whom requests of this association come from. */
static gba_rc bound(const struct m2m_peer *peer, const struct m2m_assoc *assoc, struct m2m_id *id)
{
    if (m2m_id_parse(gba_text_view(&assoc->who), id) == GBA_OK)
        return GBA_OK;
    return assigned(peer, assoc, id);
}

/* Who has no AE-ID yet may ask for one of either kind, or say nothing (TS-0001 10.2.2.2). */
static bool no_id_yet(const struct m2m_request *req)
{
    bool asks = req->op == M2M_CREATE &&
                (gba_view_eq(req->from, GBA_LIT("C")) || gba_view_eq(req->from, GBA_LIT("S")));
    return req->from.n == 0 || asks;
}

/*= TS-0003 7.2.1, TS-0004 7.3: who is not bound to the association may not speak over it */
static gba_rc check_from(const struct m2m_peer *peer, const struct m2m_peer_ask *ask, struct m2m_id *who)
{
    struct m2m_id from;
    GBA_ENSURE(ask->assoc != NULL, GBA_E_REG_ASSOCIATION);
    GBA_TRY(bound(peer, ask->assoc, who));
    if (no_id_yet(ask->req))
        return GBA_OK;
    GBA_ENSURE(from_of(peer, ask->req->from, &from) == GBA_OK, GBA_E_REG_ORIGIN);
    if (m2m_id_eq(&from, who))
        return GBA_OK;
    return from.kind == M2M_ID_CSE ? GBA_E_REG_ASSOCIATION : GBA_E_REG_ORIGIN;
}

/* ---- resources ---- */

/* What is behind the name of the base in `to`; absent: it is not below the base. */
static gba_view below_base(const struct m2m_peer *peer, gba_view to)
{
    gba_view self = relative(peer, &peer->self);
    if (gba_view_starts(to, GBA_LIT("//")) && gba_view_starts(to, gba_text_view(&peer->self.text)))
        to = gba_view_sub(to, peer->self.text.n, to.n);
    else if (gba_view_starts(to, GBA_LIT("/~")) && gba_view_starts(gba_view_sub(to, 2, to.n), self))
        to = gba_view_sub(to, 2 + self.n, to.n);
    else if (!gba_view_starts(to, GBA_LIT("/-")))
        return (gba_view){NULL, 0};
    if (gba_view_starts(to, GBA_LIT("/-")))
        to = gba_view_sub(to, 2, to.n);
    if (to.n == 0)
        return GBA_LIT("");
    return to.p[0] == '/' ? gba_view_sub(to, 1, to.n) : (gba_view){NULL, 0};
}

static gba_view stem_of(const struct m2m_id *ae)
{
    gba_view v = gba_text_view(&ae->text);
    return gba_view_sub(v, gba_view_find_last(v, '/') + 1, v.n);
}

static gba_view written_from(const gba_writer *w, size_t at)
{
    return gba_view_sub(gba_writer_view(w), at, w->n);
}

static gba_rc put_base(const struct m2m_peer *peer, gba_writer *w, struct m2m_response *rsp)
{
    size_t at = w->n;
    struct gba_json_out o = {.w = w};
    bool cse = peer->self.kind == M2M_ID_CSE;
    gba_json_begin(&o, NULL, '{');
    gba_json_begin(&o, cse ? "m2m:cb" : "m2m:ae", '{');
    gba_json_integer(&o, "ty", cse ? TY_CSE_BASE : TY_AE);
    gba_json_text(&o, cse ? "csi" : "aei", relative(peer, &peer->self));
    gba_json_end(&o, '}');
    gba_json_end(&o, '}');
    rsp->body = written_from(w, at);
    return gba_writer_end(w);
}

static gba_rc put_ae(const struct m2m_peer *peer, const struct m2m_id *ae, gba_view app, gba_writer *w,
                     struct m2m_response *rsp)
{
    size_t at = w->n;
    struct gba_json_out o = {.w = w};
    gba_json_begin(&o, NULL, '{');
    gba_json_begin(&o, "m2m:ae", '{');
    gba_json_integer(&o, "ty", TY_AE);
    gba_json_text(&o, "ri", stem_of(ae));
    gba_json_text(&o, "aei", gba_text_view(&ae->text));
    gba_json_text(&o, "api", app);
    gba_json_end(&o, '}');
    gba_json_end(&o, '}');
    rsp->body = written_from(w, at);
    at = w->n;
    gba_put_str(w, "/~");
    gba_put_view(w, relative(peer, &peer->self));
    gba_put_u8(w, '/');
    gba_put_view(w, stem_of(ae));
    rsp->location = written_from(w, at);
    return gba_writer_end(w);
}

/* TS-0001 7.2: registered App-IDs begin with R, others with N. */
static gba_rc take_app(void *self, gba_view path, const struct gba_json_value *value)
{
    gba_text *app = self;
    if (!gba_view_eq(path, GBA_LIT("m2m:ae/api")))
        return gba_view_starts(path, GBA_LIT("m2m:ae")) ? GBA_OK : GBA_E_REG_CONTENT;
    GBA_ENSURE(value->kind == GBA_JSON_TEXT && value->text.n > 1, GBA_E_REG_CONTENT);
    GBA_ENSURE(gba_view_find(GBA_LIT("NRr"), value->text.p[0]) < 3, GBA_E_REG_CONTENT);
    return gba_text_set(app, value->text) == GBA_OK ? GBA_OK : GBA_E_REG_CONTENT;
}

struct at {
    const struct m2m_peer *peer;
    const gba_env *env;
    const struct m2m_request *req;
    const struct m2m_id *who;
    gba_writer *room;
};

/*= TS-0001 10.2.2.2 */
static gba_rc create(const struct at *at, struct m2m_response *rsp)
{
    gba_text app = {0};
    uint8_t known[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(known, sizeof known);
    gba_view name = gba_text_view(&at->who->text);
    GBA_ENSURE(at->req->ty == TY_AE, GBA_E_M2M_TYPE);
    GBA_ENSURE(at->peer->self.kind == M2M_ID_CSE, GBA_E_REG_OPERATION);
    GBA_ENSURE(at->who->kind == M2M_ID_AE, GBA_E_REG_PRIVILEGE);
    GBA_TRY(gba_json_read(at->req->body, take_app, &app));
    GBA_ENSURE(app.n > 0, GBA_E_REG_CONTENT);
    gba_rc rc = m2m_vault_get(&at->peer->vault, kind_ae, name, &w);
    GBA_ENSURE(rc != GBA_OK, GBA_E_REG_TWICE);
    GBA_ENSURE(rc == GBA_E_ABSENT, rc);
    GBA_TRY(m2m_vault_put(&at->peer->vault, at->env, kind_ae, name, gba_text_view(&app)));
    rsp->rsc = M2M_RSC_CREATED;
    return put_ae(at->peer, at->who, gba_text_view(&app), at->room, rsp);
}

static gba_rc serve_base(const struct at *at, struct m2m_response *rsp)
{
    if (at->req->op == M2M_CREATE)
        return create(at, rsp);
    GBA_ENSURE(at->req->op == M2M_RETRIEVE, GBA_E_REG_OPERATION);
    return put_base(at->peer, at->room, rsp);
}

static gba_rc serve_ae(const struct at *at, gba_view stem, struct m2m_response *rsp)
{
    uint8_t known[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(known, sizeof known);
    struct m2m_id ae;
    GBA_ENSURE(from_of(at->peer, stem, &ae) == GBA_OK && ae.kind == M2M_ID_AE, GBA_E_REG_ABSENT);
    GBA_ENSURE(m2m_id_eq(&ae, at->who), GBA_E_REG_PRIVILEGE);
    gba_rc rc = m2m_vault_get(&at->peer->vault, kind_ae, gba_text_view(&ae.text), &w);
    GBA_ENSURE(rc != GBA_E_ABSENT, GBA_E_REG_ABSENT);
    GBA_TRY(rc);
    if (at->req->op == M2M_DELETE) {
        rsp->rsc = M2M_RSC_DELETED;
        return m2m_vault_del(&at->peer->vault, kind_ae, gba_text_view(&ae.text));
    }
    GBA_ENSURE(at->req->op == M2M_RETRIEVE, GBA_E_REG_OPERATION);
    rc = put_ae(at->peer, &ae, gba_writer_view(&w), at->room, rsp);
    rsp->location = (gba_view){NULL, 0};
    return rc;
}

void m2m_peer_tell(const struct m2m_peer *peer, const struct m2m_assoc *assoc, gba_writer *w)
{
    struct gba_json_out o = {.w = w};
    uint8_t room[32];
    gba_writer until = gba_writer_of(room, sizeof room);
    m2m_put_time(&until, assoc->until_s);
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "self", gba_text_view(&peer->self.text));
    gba_json_text(&o, "peer", gba_text_view(&assoc->who));
    gba_json_text(&o, "credentialID", gba_text_view(&assoc->credential));
    if (assoc->until_s != INT64_MAX)
        gba_json_text(&o, "until", gba_writer_view(&until));
    gba_json_text(&o, "use", gba_view_cstr(m2m_assoc_use_name(assoc->use)));
    gba_json_end(&o, '}');
}

static gba_rc serve(const struct at *at, const struct m2m_assoc *assoc, struct m2m_response *rsp)
{
    size_t start = at->room->n;
    if (gba_view_eq(at->req->to, GBA_LIT("/"))) {
        GBA_ENSURE(at->req->op == M2M_RETRIEVE, GBA_E_REG_OPERATION);
        m2m_peer_tell(at->peer, assoc, at->room);
        rsp->body = written_from(at->room, start);
        return gba_writer_end(at->room);
    }
    gba_view rest = below_base(at->peer, at->req->to);
    GBA_ENSURE(rest.p != NULL, GBA_E_REG_ABSENT);
    return rest.n == 0 ? serve_base(at, rsp) : serve_ae(at, rest, rsp);
}

void m2m_peer_serve(const struct m2m_peer *peer, const gba_env *env, const struct m2m_peer_ask *ask,
                    gba_writer *room, struct m2m_response *rsp)
{
    struct m2m_id who;
    *rsp = (struct m2m_response){.rsc = M2M_RSC_OK, .rqi = ask->req->rqi, .rvi = ask->req->rvi};
    rsp->reason = check_from(peer, ask, &who);
    if (rsp->reason == GBA_OK)
        rsp->reason = serve(&(struct at){peer, env, ask->req, &who, room}, ask->assoc, rsp);
    if (rsp->reason == GBA_OK)
        return;
    rsp->rsc = m2m_rsc_of(rsp->reason);
    rsp->body = rsp->location = (gba_view){NULL, 0};
}
