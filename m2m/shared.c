/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/shared.h"

enum { RECORD_VERSION = 1, RECORD_MAX = 2048, SHARED_NAME_MAX = GBA_TEXT_MAX + 8 };

static const char kind_key[] = "sk";
static const char kind_alias[] = "sa";

/* '#' stands in no name of a key: nobody can show the name of a NAF key's record. */
static void put_name(gba_writer *w, const struct m2m_shared *shared)
{
    uint8_t suite[2];
    gba_writer two = gba_writer_of(suite, sizeof suite);
    gba_put_view(w, gba_text_view(&shared->id));
    if (shared->suite == 0)
        return;
    gba_put_u16(&two, shared->suite);
    gba_put_u8(w, '#');
    gba_put_hex(w, gba_writer_view(&two));
    if (shared->uicc)
        gba_put_u8(w, 'u');
}

static void put_text(gba_writer *w, const gba_text *text)
{
    gba_put_u8(w, (uint8_t)text->n);
    gba_put_view(w, gba_text_view(text));
}

static void put_record(gba_writer *w, const struct m2m_shared *shared)
{
    gba_put_u8(w, RECORD_VERSION);
    gba_put_u8(w, (uint8_t)shared->use);
    gba_put_u8(w, (uint8_t)((shared->uicc ? 1 : 0) | (shared->e2e ? 2 : 0)));
    gba_put_u16(w, shared->suite);
    gba_put_u8(w, (uint8_t)shared->suid);
    gba_put_u64(w, (uint64_t)shared->until_s);
    gba_put_u16(w, (uint16_t)shared->n);
    gba_put_view(w, gba_view_of(shared->key, shared->n));
    put_text(w, &shared->id);
    put_text(w, &shared->alias);
    gba_put_u8(w, (uint8_t)shared->peer.kind);
    put_text(w, &shared->peer.text);
    put_text(w, &shared->cred);
    put_text(w, &shared->e2e_params);
}

static gba_rc get_text(gba_reader *r, gba_text *text)
{
    uint8_t n = gba_get_u8(r);
    return gba_text_set(text, gba_get_view(r, n));
}

static gba_rc get_record(gba_view plain, struct m2m_shared *shared)
{
    gba_reader r = gba_reader_of(plain);
    GBA_ENSURE(gba_get_u8(&r) == RECORD_VERSION, GBA_E_DB);
    shared->use = (enum m2m_key_use)gba_get_u8(&r);
    uint8_t flags = gba_get_u8(&r);
    shared->uicc = (flags & 1) != 0;
    shared->e2e = (flags & 2) != 0;
    shared->suite = gba_get_u16(&r);
    shared->suid = gba_get_u8(&r);
    shared->until_s = (int64_t)gba_get_u64(&r);
    shared->n = gba_get_u16(&r);
    GBA_ENSURE(shared->n <= sizeof shared->key, GBA_E_DB);
    gba_get_bytes(&r, shared->key, shared->n);
    GBA_TRY(get_text(&r, &shared->id));
    GBA_TRY(get_text(&r, &shared->alias));
    shared->peer.kind = (enum m2m_id_kind)gba_get_u8(&r);
    GBA_TRY(get_text(&r, &shared->peer.text));
    GBA_TRY(get_text(&r, &shared->cred));
    GBA_TRY(get_text(&r, &shared->e2e_params));
    return gba_reader_end(&r) == GBA_OK ? GBA_OK : GBA_E_DB;
}

gba_rc m2m_shared_alias_del(const struct m2m_vault *v, gba_view alias)
{
    return m2m_vault_del(v, kind_alias, alias);
}

gba_rc m2m_shared_put(const struct m2m_vault *v, const gba_env *env, const struct m2m_shared *shared)
{
    uint8_t name_room[SHARED_NAME_MAX], room[RECORD_MAX];
    gba_writer name = gba_writer_of(name_room, sizeof name_room);
    gba_writer w = gba_writer_of(room, sizeof room);
    put_name(&name, shared);
    put_record(&w, shared);
    gba_rc rc = gba_writer_end(&w);
    if (rc == GBA_OK)
        rc = m2m_vault_put(v, env, kind_key, gba_writer_view(&name), gba_writer_view(&w));
    gba_wipe(&room);
    return rc;
}

gba_rc m2m_shared_get(const struct m2m_vault *v, struct m2m_shared *shared)
{
    uint8_t name_room[SHARED_NAME_MAX], room[RECORD_MAX];
    gba_writer name = gba_writer_of(name_room, sizeof name_room);
    gba_writer w = gba_writer_of(room, sizeof room);
    put_name(&name, shared);
    gba_rc rc = m2m_vault_get(v, kind_key, gba_writer_view(&name), &w);
    if (rc == GBA_OK)
        rc = get_record(gba_writer_view(&w), shared);
    gba_wipe(&room);
    return rc;
}

gba_rc m2m_shared_del(const struct m2m_vault *v, const struct m2m_shared *shared)
{
    uint8_t name_room[SHARED_NAME_MAX];
    gba_writer name = gba_writer_of(name_room, sizeof name_room);
    put_name(&name, shared);
    GBA_TRY(m2m_vault_del(v, kind_key, gba_writer_view(&name)));
    return shared->alias.n > 0 ? m2m_shared_alias_del(v, gba_text_view(&shared->alias)) : GBA_OK;
}

gba_rc m2m_shared_alias_get(const struct m2m_vault *v, gba_view alias, gba_text *id)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_TRY(m2m_vault_get(v, kind_alias, alias, &w));
    return gba_text_set(id, gba_writer_view(&w));
}

gba_rc m2m_shared_alias_put(const struct m2m_vault *v, const gba_env *env, gba_view alias, gba_view id)
{
    return m2m_vault_put(v, env, kind_alias, alias, id);
}

struct each {
    m2m_shared_fn *fn;
    void *arg;
};

static gba_rc each_one(void *arg, gba_view rest, gba_view plain)
{
    const struct each *each = arg;
    struct m2m_shared shared = {0};
    (void)rest;
    gba_rc rc = get_record(plain, &shared);
    if (rc == GBA_OK)
        rc = each->fn(each->arg, &shared);
    gba_wipe(&shared);
    return rc;
}

gba_rc m2m_shared_each(const struct m2m_vault *v, m2m_shared_fn *fn, void *arg)
{
    return m2m_vault_each(v, kind_key, each_one, &(struct each){fn, arg});
}
