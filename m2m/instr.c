/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/instr.h"

#include "gba/base/secret.h"
#include "gba/wire/names.h"
#include "m2m/instr_json.h"

static const char RECORD[] = "en", INDEX[] = "ix";

gba_rc m2m_instr_parse(gba_view json, gba_writer *room, struct m2m_instr *out, gba_text *at)
{
    return m2m_instr_read(&(struct m2m_instr_text){json, M2M_INSTR_WRITTEN}, room, out, at);
}

bool m2m_instr_permits(const struct m2m_instr *instr, const struct m2m_id *target)
{
    for (size_t i = 0; i < instr->targets_n; i++) {
        if (m2m_id_eq(&instr->targets[i], target))
            return true;
    }
    return false;
}

/* ---- records ---- */

/* A record that cannot be read was not written by this program. */
static gba_rc decode(gba_view plain, gba_writer *room, struct m2m_instr *out)
{
    gba_text at;
    gba_rc rc = m2m_instr_read(&(struct m2m_instr_text){plain, M2M_INSTR_KEPT}, room, out, &at);
    return rc == GBA_OK || rc == GBA_E_SPACE || rc == GBA_E_MEMORY ? rc : GBA_E_DB;
}

gba_rc m2m_instr_get(const struct m2m_vault *v, gba_view name, gba_writer *room, struct m2m_instr *out)
{
    uint8_t plain[M2M_DB_RECORD_MAX];
    gba_writer w = gba_writer_of(plain, sizeof plain);
    gba_rc rc = m2m_vault_get(v, RECORD, name, &w);
    if (rc == GBA_OK)
        rc = decode(gba_writer_view(&w), room, out);
    gba_wipe_bytes(plain, w.n);
    return rc;
}

static gba_rc put_record(const struct m2m_vault *v, const gba_env *env, const struct m2m_instr *instr)
{
    uint8_t plain[M2M_DB_RECORD_MAX];
    gba_writer w = gba_writer_of(plain, sizeof plain);
    m2m_instr_write(instr, &w);
    gba_rc rc = gba_writer_end(&w) == GBA_OK ? GBA_OK : GBA_E_TOO_LONG;
    if (rc == GBA_OK)
        rc = m2m_vault_put(v, env, RECORD, gba_text_view(&instr->name), gba_writer_view(&w));
    gba_wipe_bytes(plain, w.n);
    return rc;
}

struct each {
    m2m_instr_fn *fn;
    void *arg;
};

static gba_rc on_record(void *arg, gba_view rest, gba_view plain)
{
    const struct each *each = arg;
    uint8_t memory[M2M_ANCHORS_MAX];
    gba_writer room = gba_writer_of(memory, sizeof memory);
    struct m2m_instr instr;
    (void)rest;
    gba_rc rc = decode(plain, &room, &instr);
    if (rc == GBA_OK)
        rc = each->fn(each->arg, &instr);
    gba_wipe(&instr);
    return rc;
}

gba_rc m2m_instr_each(const struct m2m_vault *v, m2m_instr_fn *fn, void *arg)
{
    return m2m_vault_each(v, RECORD, on_record, &(struct each){fn, arg});
}

/* ---- index ---- */

/* What a record is found by: "psk:kpm-0001@mef.mte.example". */
struct credential {
    uint8_t room[GBA_TEXT_MAX + 8];
    gba_view view;
};

static void credential_join(const char *kind, gba_view value, struct credential *out)
{
    gba_writer w = gba_writer_of(out->room, sizeof out->room);
    gba_put_str(&w, kind);
    gba_put_u8(&w, ':');
    gba_put_view(&w, value);
    out->view = gba_writer_view(&w);
}

static void credential_of(const struct m2m_instr *instr, struct credential *out)
{
    if (instr->framework == M2M_PPSK)
        credential_join("psk", gba_text_view(&instr->kpm_id), out);
    else if (instr->framework == M2M_GBA)
        credential_join("gba", gba_text_view(&instr->impi), out);
    else
        credential_join(m2m_flavour_name(instr->flavour), gba_text_view(&instr->cert_id), out);
}

/* The record that an index record leads to.  One that a killed process left leads to a
 * record that is not there or has another credential by now: E_ABSENT. */
static gba_rc find(const struct m2m_vault *v, const struct credential *credential, gba_writer *room,
                   struct m2m_instr *out)
{
    uint8_t name[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(name, sizeof name);
    size_t before = room->n;
    struct credential own;
    GBA_TRY(m2m_vault_get(v, INDEX, credential->view, &w));
    GBA_TRY(m2m_instr_get(v, gba_writer_view(&w), room, out));
    credential_of(out, &own);
    if (gba_view_eq(own.view, credential->view))
        return GBA_OK;
    room->n = before;
    gba_wipe(out);
    return GBA_E_ABSENT;
}

/* The same, when only its name and credential matter. */
static gba_rc find_credential(const struct m2m_vault *v, const struct credential *credential, gba_text *name)
{
    uint8_t memory[M2M_ANCHORS_MAX];
    gba_writer room = gba_writer_of(memory, sizeof memory);
    struct m2m_instr instr = {.name.n = 0};
    gba_rc rc = find(v, credential, &room, &instr);
    *name = instr.name;
    gba_wipe(&instr);
    return rc;
}

static gba_rc get_credential(const struct m2m_vault *v, gba_view name, struct credential *out)
{
    uint8_t memory[M2M_ANCHORS_MAX];
    gba_writer room = gba_writer_of(memory, sizeof memory);
    struct m2m_instr instr;
    GBA_TRY(m2m_instr_get(v, name, &room, &instr));
    credential_of(&instr, out);
    gba_wipe(&instr);
    return GBA_OK;
}

/*
 * The new index comes before the record and the old one goes after it, so that a killed
 * process leaves at most an index that leads nowhere (see find).
 */
gba_rc m2m_instr_put(const struct m2m_vault *v, const gba_env *env, const struct m2m_instr *instr)
{
    struct credential old, new;
    gba_text owner;
    credential_of(instr, &new);
    gba_rc owned = find_credential(v, &new, &owner);
    GBA_ENSURE(owned == GBA_OK || owned == GBA_E_ABSENT, owned);
    GBA_ENSURE(owned == GBA_E_ABSENT || gba_text_eq(&owner, &instr->name), GBA_E_M2M_TWICE);
    gba_rc had = get_credential(v, gba_text_view(&instr->name), &old);
    GBA_ENSURE(had == GBA_OK || had == GBA_E_ABSENT, had);
    if (owned == GBA_E_ABSENT)
        GBA_TRY(m2m_vault_put(v, env, INDEX, new.view, gba_text_view(&instr->name)));
    gba_rc rc = put_record(v, env, instr);
    if (rc != GBA_OK && owned == GBA_E_ABSENT)
        GBA_ENSURE(m2m_vault_del(v, INDEX, new.view) == GBA_OK, rc);
    if (rc == GBA_OK && had == GBA_OK && !gba_view_eq(old.view, new.view))
        rc = m2m_vault_del(v, INDEX, old.view);
    return rc;
}

gba_rc m2m_instr_del(const struct m2m_vault *v, gba_view name)
{
    struct credential old;
    gba_rc had = get_credential(v, name, &old);
    GBA_TRY(had == GBA_E_ABSENT ? GBA_OK : had);
    GBA_TRY(m2m_vault_del(v, RECORD, name));
    return had == GBA_OK ? m2m_vault_del(v, INDEX, old.view) : GBA_OK;
}

/* ---- by credential ---- */

gba_rc m2m_instr_find_psk(const struct m2m_vault *v, gba_view kpm_id, gba_writer *room, struct m2m_instr *out)
{
    gba_text canonical;
    struct credential credential;
    GBA_ENSURE(m2m_key_name_parse(kpm_id, false, &canonical) == GBA_OK, GBA_E_ABSENT);
    credential_join("psk", gba_text_view(&canonical), &credential);
    return find(v, &credential, room, out);
}

gba_rc m2m_instr_find_impi(const struct m2m_vault *v, gba_view impi, gba_writer *room, struct m2m_instr *out)
{
    struct credential credential;
    GBA_ENSURE(gba_impi_check(impi) == GBA_OK, GBA_E_ABSENT);
    credential_join("gba", impi, &credential);
    return find(v, &credential, room, out);
}

struct finding {
    const struct m2m_vault *v;
    gba_writer *room;
    struct m2m_instr *out;
    gba_rc rc; /* ABSENT until something was found, or failed */
};

static gba_rc on_name(void *self, enum m2m_flavour flavour, gba_view id)
{
    struct finding *finding = self;
    struct credential credential;
    if (id.n > GBA_TEXT_MAX)
        return GBA_OK;
    credential_join(m2m_flavour_name(flavour), id, &credential);
    finding->rc = find(finding->v, &credential, finding->room, finding->out);
    return finding->rc == GBA_E_ABSENT ? GBA_OK : GBA_E_M2M_TWICE; /* enough */
}

gba_rc m2m_instr_find_cert(const struct m2m_vault *v, const struct m2m_shown *shown, gba_writer *room,
                           struct m2m_instr *out)
{
    struct finding finding = {v, room, out, GBA_E_ABSENT};
    gba_rc rc = m2m_cert_names(shown, on_name, &finding);
    return rc == GBA_OK || finding.rc != GBA_E_ABSENT ? finding.rc : rc;
}
