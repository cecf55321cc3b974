/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/instr_json.h"

#include "gba/base/secret.h"
#include "gba/crypto/hash.h"
#include "gba/crypto/x509.h"
#include "gba/wire/chars.h"
#include "gba/wire/json.h"
#include "gba/wire/names.h"

static const char *const framework_names[] = {[M2M_PPSK] = "ppsk", [M2M_CERT] = "cert", [M2M_GBA] = "gba"};
static const char *const status_names[] = {[M2M_STATUS_OFF] = "off",
                                           [M2M_STATUS_CRL] = "crl",
                                           [M2M_STATUS_OCSP] = "ocsp",
                                           [M2M_STATUS_IF_KNOWN] = "if-known"};

enum { LIFETIME_MAX = 315360000, NAME_MAX_N = 100, FINGERPRINT_N = 8 };

struct reading {
    struct m2m_instr *out;
    gba_writer *room;
    gba_text *at;
    enum m2m_instr_form form;
    uint32_t seen; /* bits: members, in the order of the table */
};

/* ---- values ---- */

static gba_rc word_of(gba_view word, const char *const *names, size_t n, unsigned *index)
{
    for (*index = 0; *index < n; ++*index) {
        if (gba_view_eq(word, gba_view_cstr(names[*index])))
            return GBA_OK;
    }
    return GBA_E_WORD;
}

static gba_rc set_name(struct reading *r, const struct gba_json_value *value)
{
    GBA_ENSURE(value->text.n > 0 && value->text.n <= NAME_MAX_N && value->text.p[0] != '.', GBA_E_M2M_INSTR);
    for (size_t i = 0; i < value->text.n; i++) {
        uint8_t c = value->text.p[i];
        GBA_ENSURE(gba_char_is_alnum(c) || c == '.' || c == '_' || c == '-', GBA_E_CHARSET);
    }
    return gba_text_set(&r->out->name, value->text);
}

static gba_rc set_framework(struct reading *r, const struct gba_json_value *value)
{
    unsigned index;
    GBA_TRY(word_of(value->text, framework_names, sizeof framework_names / sizeof *framework_names, &index));
    r->out->framework = (enum m2m_framework)index;
    return GBA_OK;
}

static gba_rc set_mef(struct reading *r, const struct gba_json_value *value)
{
    struct m2m_id id;
    GBA_TRY(m2m_id_parse(value->text, &id));
    GBA_ENSURE(id.kind == M2M_ID_FQDN, GBA_E_M2M_ID);
    r->out->mef = id.text;
    return GBA_OK;
}

static gba_rc set_enrolee(struct reading *r, const struct gba_json_value *value)
{
    GBA_TRY(m2m_id_parse(value->text, &r->out->enrolee));
    return r->out->enrolee.kind == M2M_ID_FQDN ? GBA_E_M2M_ID : GBA_OK;
}

static gba_rc add_target(struct reading *r, const struct gba_json_value *value)
{
    struct m2m_id id;
    GBA_ENSURE(r->out->targets_n < M2M_TARGETS_MAX, GBA_E_TOO_LONG);
    GBA_TRY(m2m_id_parse(value->text, &id));
    GBA_ENSURE(!m2m_instr_permits(r->out, &id), GBA_E_M2M_TWICE);
    r->out->targets[r->out->targets_n++] = id;
    return GBA_OK;
}

static gba_rc set_expiry(struct reading *r, const struct gba_json_value *value)
{
    GBA_ENSURE(value->integer > 0 && value->integer <= LIFETIME_MAX, GBA_E_NUMBER);
    r->out->expiry_s = (uint32_t)value->integer;
    return GBA_OK;
}

static gba_rc set_kpm_id(struct reading *r, const struct gba_json_value *value)
{
    return m2m_key_name_parse(value->text, false, &r->out->kpm_id);
}

static gba_rc set_kpm(struct reading *r, const struct gba_json_value *value)
{
    gba_writer w = gba_writer_of(r->out->kpm.b, sizeof r->out->kpm.b);
    gba_rc rc = gba_b64_parse(value->text, &w);
    GBA_TRY(rc == GBA_E_SPACE ? GBA_E_TOO_LONG : rc);
    GBA_ENSURE(w.n >= M2M_KPM_MIN, GBA_E_TOO_SHORT);
    r->out->kpm.n = w.n;
    return GBA_OK;
}

static gba_rc set_flavour(struct reading *r, const struct gba_json_value *value)
{
    return m2m_flavour_parse(value->text, &r->out->flavour);
}

/* Made canonical when the flavour is known. */
static gba_rc set_cert_id(struct reading *r, const struct gba_json_value *value)
{
    return gba_text_set(&r->out->cert_id, value->text);
}

static gba_rc set_status(struct reading *r, const struct gba_json_value *value)
{
    unsigned index;
    GBA_TRY(word_of(value->text, status_names, sizeof status_names / sizeof *status_names, &index));
    r->out->status = (enum m2m_status)index;
    return GBA_OK;
}

static gba_rc set_anchors(struct reading *r, const struct gba_json_value *value)
{
    GBA_ENSURE(value->text.n <= M2M_ANCHORS_MAX, GBA_E_TOO_LONG);
    if (r->form == M2M_INSTR_WRITTEN)
        GBA_TRY(gba_x509_anchors_check(value->text));
    uint8_t *p = gba_put_room(r->room, value->text.n);
    GBA_ENSURE(p != NULL, GBA_E_SPACE);
    gba_copy(p, value->text);
    r->out->anchors = gba_view_of(p, value->text.n);
    return GBA_OK;
}

static gba_rc set_impi(struct reading *r, const struct gba_json_value *value)
{
    GBA_TRY(gba_impi_check(value->text));
    return gba_text_set(&r->out->impi, value->text);
}

static gba_rc set_e2e(struct reading *r, const struct gba_json_value *value)
{
    r->out->e2e = value->truth;
    return GBA_OK;
}

static gba_rc set_e2e_params(struct reading *r, const struct gba_json_value *value)
{
    GBA_ENSURE(gba_view_is_value(value->text), GBA_E_CHARSET);
    return gba_text_set(&r->out->e2e_params, value->text);
}

static gba_rc set_token_needed(struct reading *r, const struct gba_json_value *value)
{
    r->out->token_needed = value->truth;
    return GBA_OK;
}

static gba_rc set_aux(struct reading *r, const struct gba_json_value *value)
{
    GBA_ENSURE(gba_view_is_value(value->text), GBA_E_CHARSET);
    return gba_text_set(&r->out->aux, value->text);
}

static gba_rc set_token_state(struct reading *r, const struct gba_json_value *value)
{
    GBA_ENSURE(value->integer >= M2M_TOKEN_NONE && value->integer <= M2M_TOKEN_REVOKED, GBA_E_NUMBER);
    r->out->token.state = (enum m2m_token_state)value->integer;
    return GBA_OK;
}

static gba_rc set_token_hash(struct reading *r, const struct gba_json_value *value)
{
    return gba_hex_parse(value->text, r->out->token.hash, sizeof r->out->token.hash);
}

static gba_rc set_token_session(struct reading *r, const struct gba_json_value *value)
{
    return gba_hex_parse(value->text, r->out->token.session, sizeof r->out->token.session);
}

static gba_rc set_token_expiry(struct reading *r, const struct gba_json_value *value)
{
    r->out->token.expiry_s = value->integer;
    return GBA_OK;
}

static gba_rc set_token_failures(struct reading *r, const struct gba_json_value *value)
{
    GBA_ENSURE(value->integer >= 0 && value->integer <= M2M_TOKEN_TRIES, GBA_E_NUMBER);
    r->out->token.failures = (uint8_t)value->integer;
    return GBA_OK;
}

/* ---- members ---- */

enum { PPSK = 1 << M2M_PPSK, CERT = 1 << M2M_CERT, GBA = 1 << M2M_GBA, ALL = PPSK | CERT | GBA };

/* One member of the object; "name/" is each entry of an array. */
struct member {
    const char *path;
    enum gba_json_kind kind;
    gba_rc (*set)(struct reading *r, const struct gba_json_value *value);
    unsigned allowed, needed; /* in which frameworks */
    enum m2m_instr_form form;
};

/*= TS-0003 9.2.2.3 tables 9.2.2.1-1, 9.2.2.1-2 */
static const struct member members[] = {
    {"name", GBA_JSON_TEXT, set_name, ALL, ALL, M2M_INSTR_WRITTEN},
    {"framework", GBA_JSON_TEXT, set_framework, ALL, ALL, M2M_INSTR_WRITTEN},
    {"mef", GBA_JSON_TEXT, set_mef, ALL, ALL, M2M_INSTR_WRITTEN},
    {"enroleeID", GBA_JSON_TEXT, set_enrolee, ALL, PPSK | CERT, M2M_INSTR_WRITTEN},
    {"targets/", GBA_JSON_TEXT, add_target, ALL, ALL, M2M_INSTR_WRITTEN},
    {"expiry", GBA_JSON_INTEGER, set_expiry, PPSK | CERT, PPSK | CERT, M2M_INSTR_WRITTEN},
    {"kpmID", GBA_JSON_TEXT, set_kpm_id, PPSK, PPSK, M2M_INSTR_WRITTEN},
    {"kpm", GBA_JSON_TEXT, set_kpm, PPSK, PPSK, M2M_INSTR_WRITTEN},
    {"flavour", GBA_JSON_TEXT, set_flavour, CERT, CERT, M2M_INSTR_WRITTEN},
    {"certID", GBA_JSON_TEXT, set_cert_id, CERT, CERT, M2M_INSTR_WRITTEN},
    {"status", GBA_JSON_TEXT, set_status, CERT, 0, M2M_INSTR_WRITTEN},
    {"anchors", GBA_JSON_TEXT, set_anchors, CERT, 0, M2M_INSTR_WRITTEN},
    {"impi", GBA_JSON_TEXT, set_impi, GBA, GBA, M2M_INSTR_WRITTEN},
    {"e2e", GBA_JSON_BOOL, set_e2e, ALL, 0, M2M_INSTR_WRITTEN},
    {"e2eParameters", GBA_JSON_TEXT, set_e2e_params, ALL, 0, M2M_INSTR_WRITTEN},
    {"tokenNeeded", GBA_JSON_BOOL, set_token_needed, ALL, 0, M2M_INSTR_WRITTEN},
    {"aux", GBA_JSON_TEXT, set_aux, ALL, 0, M2M_INSTR_WRITTEN},
    {"token/state", GBA_JSON_INTEGER, set_token_state, ALL, 0, M2M_INSTR_KEPT},
    {"token/hash", GBA_JSON_TEXT, set_token_hash, ALL, 0, M2M_INSTR_KEPT},
    {"token/session", GBA_JSON_TEXT, set_token_session, ALL, 0, M2M_INSTR_KEPT},
    {"token/expiry", GBA_JSON_INTEGER, set_token_expiry, ALL, 0, M2M_INSTR_KEPT},
    {"token/failures", GBA_JSON_INTEGER, set_token_failures, ALL, 0, M2M_INSTR_KEPT},
};

enum { MEMBERS = sizeof members / sizeof *members };

static bool is_member(const struct member *m, gba_view path)
{
    gba_view name = gba_view_cstr(m->path), index = gba_view_sub(path, name.n, path.n);
    if (!gba_view_ends(name, GBA_LIT("/")))
        return gba_view_eq(path, name);
    return gba_view_starts(path, name) && index.n > 0 && gba_view_find(index, '/') == index.n;
}

static gba_rc fault_at(struct reading *r, gba_view path, gba_rc rc)
{
    return gba_text_set(r->at, gba_view_sub(path, 0, GBA_TEXT_MAX)) == GBA_OK ? rc : GBA_E_BUG;
}

static gba_rc on_member(void *self, gba_view path, const struct gba_json_value *value)
{
    struct reading *r = self;
    unsigned i = 0;
    while (i < MEMBERS && !(is_member(&members[i], path) && members[i].form <= r->form))
        i++;
    if (i == MEMBERS || members[i].kind != value->kind)
        return fault_at(r, path, GBA_E_M2M_INSTR);
    r->seen |= UINT32_C(1) << i;
    gba_rc rc = members[i].set(r, value);
    return rc == GBA_OK ? GBA_OK : fault_at(r, path, rc);
}

/* What no single member can say. */
static gba_rc check_whole(struct reading *r)
{
    struct m2m_instr *out = r->out;
    if (!(r->seen & 2))
        return fault_at(r, GBA_LIT("framework"), GBA_E_M2M_INSTR);
    for (unsigned i = 0; i < MEMBERS; i++) {
        bool seen = r->seen >> i & 1;
        unsigned us = 1U << out->framework;
        gba_view path = gba_view_cstr(members[i].path);
        if ((seen && !(members[i].allowed & us)) || (!seen && members[i].needed & us))
            return fault_at(r, path.p[path.n - 1] == '/' ? gba_view_sub(path, 0, path.n - 1) : path,
                            GBA_E_M2M_INSTR);
    }
    if (out->framework != M2M_CERT)
        return GBA_OK;
    if (out->flavour != M2M_CERT_RAW && out->anchors.n == 0)
        return fault_at(r, GBA_LIT("anchors"), GBA_E_M2M_INSTR);
    gba_text id = out->cert_id;
    gba_rc rc = m2m_cert_id_parse(out->flavour, gba_text_view(&id), &out->cert_id);
    return rc == GBA_OK ? GBA_OK : fault_at(r, GBA_LIT("certID"), rc);
}

gba_rc m2m_instr_read(const struct m2m_instr_text *text, gba_writer *room, struct m2m_instr *out,
                      gba_text *at)
{
    struct reading r = {.out = out, .room = room, .at = at, .form = text->form};
    *out = (struct m2m_instr){.status = M2M_STATUS_IF_KNOWN};
    at->n = 0;
    gba_rc rc = gba_json_read(text->json, on_member, &r);
    if (rc == GBA_OK)
        rc = check_whole(&r);
    if (rc != GBA_OK)
        gba_wipe(out);
    return rc;
}

/* ---- writing ---- */

static void put_text(struct gba_json_out *o, const char *name, const gba_text *text)
{
    if (text->n > 0)
        gba_json_text(o, name, gba_text_view(text));
}

static void put_common(struct gba_json_out *o, const struct m2m_instr *in)
{
    put_text(o, "name", &in->name);
    gba_json_text(o, "framework", gba_view_cstr(framework_names[in->framework]));
    put_text(o, "mef", &in->mef);
    put_text(o, "enroleeID", &in->enrolee.text);
    gba_json_begin(o, "targets", '[');
    for (size_t i = 0; i < in->targets_n; i++)
        gba_json_text(o, NULL, gba_text_view(&in->targets[i].text));
    gba_json_end(o, ']');
    if (in->expiry_s > 0)
        gba_json_integer(o, "expiry", in->expiry_s);
    put_text(o, "kpmID", &in->kpm_id);
    put_text(o, "impi", &in->impi);
    if (in->framework == M2M_CERT) {
        gba_json_text(o, "flavour", gba_view_cstr(m2m_flavour_name(in->flavour)));
        put_text(o, "certID", &in->cert_id);
        gba_json_text(o, "status", gba_view_cstr(status_names[in->status]));
    }
    if (in->anchors.n > 0)
        gba_json_text(o, "anchors", in->anchors);
    gba_json_bool(o, "e2e", in->e2e);
    put_text(o, "e2eParameters", &in->e2e_params);
    gba_json_bool(o, "tokenNeeded", in->token_needed);
    put_text(o, "aux", &in->aux);
}

static void put_hex(struct gba_json_out *o, const char *name, gba_view octets)
{
    uint8_t room[2 * GBA_HASH_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_hex(&w, octets);
    gba_json_text(o, name, gba_writer_view(&w));
}

void m2m_instr_write(const struct m2m_instr *instr, gba_writer *w)
{
    struct gba_json_out o = {.w = w};
    gba_json_begin(&o, NULL, '{');
    put_common(&o, instr);
    if (instr->kpm.n > 0)
        gba_json_b64(&o, "kpm", gba_view_of(instr->kpm.b, instr->kpm.n));
    gba_json_begin(&o, "token", '{');
    gba_json_integer(&o, "state", instr->token.state);
    put_hex(&o, "hash", GBA_ARRAY(instr->token.hash));
    put_hex(&o, "session", GBA_ARRAY(instr->token.session));
    gba_json_integer(&o, "expiry", instr->token.expiry_s);
    gba_json_integer(&o, "failures", instr->token.failures);
    gba_json_end(&o, '}');
    gba_json_end(&o, '}');
}

/*= TS-0003 12.3.2.1: 10 names a key towards a MEF, 30 to 34 the kinds of certificates */
static void put_credential(struct gba_json_out *o, const struct m2m_instr *instr)
{
    static const unsigned types[] = {[M2M_CERT_RAW] = 30, [M2M_CERT_DEVICE] = 31, [M2M_CERT_CSE] = 32,
                                     [M2M_CERT_AE] = 33,  [M2M_CERT_NODE] = 34,   [M2M_CERT_FQDN] = 0};
    gba_text cred;
    unsigned type = instr->framework == M2M_PPSK ? 10 : types[instr->flavour];
    const gba_text *value = instr->framework == M2M_PPSK ? &instr->kpm_id : &instr->cert_id;
    if (instr->framework != M2M_GBA && m2m_cred_make(type, gba_text_view(value), &cred) == GBA_OK)
        put_text(o, "credentialID", &cred);
}

void m2m_instr_show(const struct m2m_instr *instr, int64_t now_s, gba_writer *w)
{
    uint8_t hash[GBA_HASH_MAX];
    gba_view kpm = gba_view_of(instr->kpm.b, instr->kpm.n);
    struct gba_json_out o = {.w = w};
    gba_json_begin(&o, NULL, '{');
    put_common(&o, instr);
    if (kpm.n > 0 && gba_hash_parts(GBA_HASH_SHA256, &kpm, 1, hash) == GBA_OK)
        put_hex(&o, "kpmFingerprint", gba_view_of(hash, FINGERPRINT_N));
    put_credential(&o, instr);
    gba_json_text(&o, "token", gba_view_cstr(m2m_token_state_name(&instr->token, now_s)));
    if (instr->token.state != M2M_TOKEN_NONE)
        gba_json_integer(&o, "tokenExpires", instr->token.expiry_s);
    gba_json_end(&o, '}');
}
