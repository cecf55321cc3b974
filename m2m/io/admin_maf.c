/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/admin_maf.h"

#include "gba/base/secret.h"
#include "m2m/prim.h"

static const char *const use_names[] = {[M2M_USE_KM] = "km", [M2M_USE_KPSA] = "kpsa", [M2M_USE_KC] = "kc"};

enum { KEY_MIN = 16 };

/* ---- showing ---- */

static void put_text(struct gba_json_out *o, const char *name, const gba_text *text)
{
    if (text->n > 0)
        gba_json_text(o, name, gba_text_view(text));
}

static gba_rc on_key(void *arg, const struct m2m_shared *shared)
{
    struct gba_json_out *o = arg;
    uint8_t room[24];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_json_begin(o, NULL, '{');
    put_text(o, "name", &shared->id);
    put_text(o, "alias", &shared->alias);
    gba_json_text(o, "use", gba_view_cstr(use_names[shared->use]));
    put_text(o, "peer", &shared->peer.text);
    put_text(o, "credentialID", &shared->cred);
    if (shared->suid > 0)
        gba_json_integer(o, "suid", shared->suid);
    if (shared->suite > 0)
        gba_json_integer(o, "suite", shared->suite);
    gba_json_bool(o, "e2e", shared->e2e);
    if (shared->until_s != INT64_MAX) {
        m2m_put_time(&w, shared->until_s);
        gba_json_text(o, "until", gba_writer_view(&w));
    }
    gba_json_end(o, '}');
    return gba_writer_end(o->w);
}

static gba_rc list_keys(void *arg, const struct m2m_admin_ask *ask)
{
    struct gba_json_out o = {.w = ask->out};
    gba_json_begin(&o, NULL, '[');
    GBA_TRY(m2m_target_each(arg, on_key, &o));
    gba_json_end(&o, ']');
    return GBA_OK;
}

/* ---- import ---- */

static gba_rc set_key(struct m2m_shared *shared, gba_view b64)
{
    gba_writer w = gba_writer_of(shared->key, sizeof shared->key);
    gba_rc rc = gba_b64_parse(b64, &w);
    GBA_TRY(rc == GBA_E_SPACE ? GBA_E_TOO_LONG : rc);
    GBA_ENSURE(w.n >= KEY_MIN, GBA_E_TOO_SHORT);
    shared->n = w.n;
    return GBA_OK;
}

static gba_rc set_use(struct m2m_shared *shared, gba_view word)
{
    bool km = gba_view_eq(word, gba_view_cstr(use_names[M2M_USE_KM]));
    GBA_ENSURE(km || gba_view_eq(word, gba_view_cstr(use_names[M2M_USE_KPSA])), GBA_E_WORD);
    shared->use = km ? M2M_USE_KM : M2M_USE_KPSA;
    return GBA_OK;
}

struct import {
    const struct m2m_admin_ask *ask;
    struct m2m_shared *shared;
    bool use;
};

static gba_rc set_member(struct import *import, gba_view path, gba_view text)
{
    if (gba_view_eq(path, GBA_LIT("key")))
        return set_key(import->shared, text);
    if (gba_view_eq(path, GBA_LIT("peer")))
        return m2m_id_parse(text, &import->shared->peer);
    if (gba_view_eq(path, GBA_LIT("until")))
        return m2m_time_parse(text, &import->shared->until_s);
    GBA_ENSURE(gba_view_eq(path, GBA_LIT("use")), GBA_E_M2M_INSTR);
    import->use = true;
    return set_use(import->shared, text);
}

static gba_rc on_member(void *arg, gba_view path, const struct gba_json_value *value)
{
    struct import *import = arg;
    gba_rc rc = value->kind == GBA_JSON_TEXT ? set_member(import, path, value->text) : GBA_E_M2M_INSTR;
    if (rc != GBA_OK && gba_text_set(import->ask->at, gba_view_sub(path, 0, GBA_TEXT_MAX)) != GBA_OK)
        return GBA_E_BUG;
    return rc;
}

static gba_rc put_key(void *arg, const struct m2m_admin_ask *ask)
{
    struct m2m_shared shared = {.until_s = INT64_MAX};
    struct import import = {ask, &shared, false};
    gba_rc rc = gba_text_set(&shared.id, ask->name);
    if (rc == GBA_OK)
        rc = gba_json_read(ask->body, on_member, &import);
    if (rc == GBA_OK && (!import.use || shared.n == 0))
        rc = gba_text_set(ask->at, import.use ? GBA_LIT("key") : GBA_LIT("use")) == GBA_OK ? GBA_E_M2M_INSTR
                                                                                           : GBA_E_BUG;
    if (rc == GBA_OK)
        rc = m2m_target_import(arg, ask->env, &shared);
    gba_wipe(&shared);
    return rc;
}

static gba_rc delete_key(void *arg, const struct m2m_admin_ask *ask)
{
    return m2m_target_forget(arg, ask->name);
}

static const struct m2m_admin_route routes[] = {
    {"GET", "/v1/keys", list_keys},
    {"PUT", "/v1/keys/*", put_key},
    {"DELETE", "/v1/keys/*", delete_key},
    {0},
};

void m2m_admin_maf_mount(struct m2m_admin *admin, const struct m2m_target *target)
{
    m2m_admin_add(admin, routes, (void *)target);
}
