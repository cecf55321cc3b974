/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/admin_mef.h"

#include <fcntl.h>
#include <unistd.h>

#include "gba/base/secret.h"
#include "gba/crypto/x509.h"
#include "m2m/prim.h"
#include "rt/file.h"
#include "rt/log.h"

enum { LIFETIME_S = 86400, LIFETIME_MAX = 31536000 };

/* A record with room for its anchors; wiped by whoever declares it. */
struct record {
    struct m2m_instr instr;
    gba_writer room;
    uint8_t memory[M2M_ANCHORS_MAX];
};

static void record_begin(struct record *record)
{
    record->instr.name.n = 0;
    record->room = gba_writer_of(record->memory, sizeof record->memory);
}

static gba_rc record_get(const struct m2m_admin_mef *self, const struct m2m_admin_ask *ask,
                         struct record *record)
{
    record_begin(record);
    return m2m_instr_get(&self->mef->vault, ask->name, &record->room, &record->instr);
}

static void put_time(struct gba_json_out *o, const char *name, int64_t unix_s)
{
    uint8_t room[24];
    gba_writer w = gba_writer_of(room, sizeof room);
    m2m_put_time(&w, unix_s);
    gba_json_text(o, name, gba_writer_view(&w));
}

/* ---- instructions ---- */

/* What is asked, while records or keys go by. */
struct listing {
    const struct m2m_admin_ask *ask;
    struct gba_json_out o;
};

static gba_rc on_instr(void *arg, const struct m2m_instr *instr)
{
    struct listing *listing = arg;
    if (listing->o.more)
        gba_put_u8(listing->ask->out, ',');
    listing->o.more = true;
    m2m_instr_show(instr, gba_env_now_s(listing->ask->env), listing->ask->out);
    return gba_writer_end(listing->ask->out);
}

static gba_rc list_enrolees(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_mef *self = arg;
    struct listing listing = {ask, {.w = ask->out}};
    gba_json_begin(&listing.o, NULL, '[');
    GBA_TRY(m2m_instr_each(&self->mef->vault, on_instr, &listing));
    gba_json_end(&listing.o, ']');
    return GBA_OK;
}

static gba_rc show_enrolee(void *arg, const struct m2m_admin_ask *ask)
{
    struct record record;
    gba_rc rc = record_get(arg, ask, &record);
    if (rc == GBA_OK)
        m2m_instr_show(&record.instr, gba_env_now_s(ask->env), ask->out);
    gba_wipe(&record.instr);
    return rc;
}

static gba_rc fault_at(const struct m2m_admin_ask *ask, const char *member)
{
    return gba_text_set(ask->at, gba_view_cstr(member)) == GBA_OK ? GBA_E_M2M_INSTR : GBA_E_BUG;
}

/*= TS-0003 9.2.1.1: who instructs is authenticated, and what was instructed is intact */
static gba_rc check_signature(const struct m2m_admin_mef *self, const struct m2m_admin_ask *ask)
{
    if (self->signer_n == 0)
        return GBA_OK;
    GBA_ENSURE(ask->signature.p, GBA_E_SIGNATURE);
    return gba_x509_signature_check(gba_view_of(self->signer, self->signer_n), ask->body, ask->signature);
}

static gba_rc take_in(const struct m2m_admin_mef *self, const struct m2m_admin_ask *ask,
                      struct record *record)
{
    GBA_TRY(m2m_instr_parse(ask->body, &record->room, &record->instr, ask->at));
    if (!gba_view_eq(gba_text_view(&record->instr.name), ask->name))
        return fault_at(ask, "name");
    if (!m2m_mef_name(self->mef, gba_text_view(&record->instr.mef)))
        return fault_at(ask, "mef");
    return m2m_instr_put(&self->mef->vault, ask->env, &record->instr);
}

static gba_rc put_enrolee(void *arg, const struct m2m_admin_ask *ask)
{
    struct record record;
    GBA_TRY(check_signature(arg, ask));
    record_begin(&record);
    gba_rc rc = take_in(arg, ask, &record);
    if (rc == GBA_OK)
        m2m_instr_show(&record.instr, gba_env_now_s(ask->env), ask->out);
    gba_wipe(&record.instr);
    return rc;
}

static gba_rc delete_enrolee(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_mef *self = arg;
    size_t keys = 0;
    struct record record;
    gba_rc rc = record_get(self, ask, &record);
    gba_wipe(&record.instr);
    GBA_TRY(rc);
    GBA_TRY(m2m_instr_del(&self->mef->vault, ask->name));
    return m2m_mef_forget_record(self->mef, ask->name, &keys);
}

/* ---- tokens ---- */

struct lifetime {
    const struct m2m_admin_ask *ask;
    uint32_t s;
};

static gba_rc on_lifetime(void *arg, gba_view path, const struct gba_json_value *value)
{
    struct lifetime *lifetime = arg;
    bool empty = path.n == 0 && value->kind == GBA_JSON_EMPTY;
    if (!empty && !gba_view_eq(path, GBA_LIT("lifetime")))
        return GBA_E_JSON;
    if (!empty && (value->kind != GBA_JSON_INTEGER || value->integer < 1 || value->integer > LIFETIME_MAX))
        return gba_text_set(lifetime->ask->at, path) == GBA_OK ? GBA_E_NUMBER : GBA_E_BUG;
    lifetime->s = empty ? LIFETIME_S : (uint32_t)value->integer;
    return GBA_OK;
}

static void put_token(const struct m2m_admin_ask *ask, const struct m2m_instr *instr,
                      const m2m_token_text *text)
{
    struct gba_json_out o = {.w = ask->out};
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "name", gba_text_view(&instr->name));
    gba_json_text(&o, "mef", gba_text_view(&instr->mef));
    gba_json_text(&o, "enrolmentToken", gba_view_of(text->s, M2M_TOKEN_TEXT_N));
    put_time(&o, "expires", instr->token.expiry_s);
    gba_json_end(&o, '}');
}

static gba_rc issue_token(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_mef *self = arg;
    struct lifetime lifetime = {ask, LIFETIME_S};
    struct record record;
    m2m_token_text text;
    if (ask->body.n > 0)
        GBA_TRY(gba_json_read(ask->body, on_lifetime, &lifetime));
    gba_rc rc = record_get(self, ask, &record);
    if (rc == GBA_OK)
        rc = m2m_token_issue(&record.instr.token, ask->env, lifetime.s, &text);
    if (rc == GBA_OK)
        rc = m2m_instr_put(&self->mef->vault, ask->env, &record.instr);
    if (rc == GBA_OK)
        put_token(ask, &record.instr, &text);
    gba_wipe(&text);
    gba_wipe(&record.instr);
    return rc;
}

static gba_rc revoke_token(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_mef *self = arg;
    struct record record;
    gba_rc rc = record_get(self, ask, &record);
    if (rc == GBA_OK && record.instr.token.state == M2M_TOKEN_NONE)
        rc = GBA_E_ABSENT;
    if (rc == GBA_OK) {
        m2m_token_revoke(&record.instr.token);
        rc = m2m_instr_put(&self->mef->vault, ask->env, &record.instr);
    }
    gba_wipe(&record.instr);
    return rc;
}

/* ---- enrolment keys ---- */

static gba_rc on_key(void *arg, const struct m2m_mef_key_seen *key)
{
    static const char *const frameworks[] = {[M2M_PPSK] = "ppsk", [M2M_CERT] = "cert", [M2M_GBA] = "gba"};
    struct listing *listing = arg;
    struct gba_json_out *o = &listing->o;
    bool over = gba_env_now_s(listing->ask->env) >= key->until_s;
    gba_json_begin(o, NULL, '{');
    gba_json_text(o, "keID", gba_text_view(&key->keid));
    gba_json_text(o, "record", gba_text_view(&key->record));
    gba_json_text(o, "enroleeID", gba_text_view(&key->enrolee.text));
    gba_json_text(o, "framework", gba_view_cstr(frameworks[key->framework]));
    put_time(o, "expires", key->until_s);
    gba_json_text(o, "state",
                  over             ? GBA_LIT("expired")
                  : key->token_due ? GBA_LIT("token-due")
                                   : GBA_LIT("usable"));
    gba_json_end(o, '}');
    return gba_writer_end(listing->ask->out);
}

static gba_rc list_keys(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_mef *self = arg;
    struct listing listing = {ask, {.w = ask->out}};
    gba_json_begin(&listing.o, NULL, '[');
    GBA_TRY(m2m_mef_keys(self->mef, on_key, &listing));
    gba_json_end(&listing.o, ']');
    return GBA_OK;
}

static gba_rc delete_key(void *arg, const struct m2m_admin_ask *ask)
{
    const struct m2m_admin_mef *self = arg;
    return m2m_mef_forget(self->mef, ask->name);
}

static const struct m2m_admin_route routes[] = {
    {"GET", "/v1/enrolees", list_enrolees},
    {"GET", "/v1/enrolees/*", show_enrolee},
    {"PUT", "/v1/enrolees/*", put_enrolee},
    {"DELETE", "/v1/enrolees/*", delete_enrolee},
    {"POST", "/v1/enrolees/*/token", issue_token},
    {"DELETE", "/v1/enrolees/*/token", revoke_token},
    {"GET", "/v1/enrolment-keys", list_keys},
    {"DELETE", "/v1/enrolment-keys/*", delete_key},
    {0},
};

static gba_rc read_signer(struct m2m_admin_mef *self, const gba_text *path)
{
    gba_writer w = gba_writer_of(self->signer, sizeof self->signer);
    int fd = open(path->s, O_RDONLY | O_CLOEXEC);
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    gba_rc rc = rt_file_read(fd, &w);
    close(fd);
    self->signer_n = w.n;
    GBA_TRY(rc);
    rc = gba_x509_signature_check(gba_writer_view(&w), GBA_LIT(""), GBA_LIT(""));
    return rc == GBA_E_SIGNATURE ? GBA_OK : rc;
}

gba_rc m2m_admin_mef_mount(struct m2m_admin_mef *self, struct m2m_admin *admin, const struct m2m_mef *mef,
                           const gba_text *signer)
{
    self->mef = mef;
    gba_rc rc = signer->n > 0 ? read_signer(self, signer) : GBA_OK;
    if (rc == GBA_OK)
        m2m_admin_add(admin, routes, self);
    else
        rt_log(RT_LOG_ERROR, "admin.no-signer", RT_STR("path", gba_text_view(signer)), RT_REASON(rc));
    return rc;
}
