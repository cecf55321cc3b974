/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/vault.h"

/* Name of a record, joined. */
struct name {
    uint8_t room[M2M_DB_NAME_MAX];
    gba_view view;
};

static gba_rc name_join(const char *kind, gba_view rest, struct name *name)
{
    gba_writer w = gba_writer_of(name->room, sizeof name->room);
    gba_put_str(&w, kind);
    gba_put_u8(&w, ':');
    gba_put_view(&w, rest);
    name->view = gba_writer_view(&w);
    return gba_writer_end(&w) == GBA_OK ? GBA_OK : GBA_E_TOO_LONG;
}

gba_rc m2m_vault_put(const struct m2m_vault *v, const gba_env *env, const char *kind, gba_view rest,
                     gba_view plain)
{
    uint8_t sealed[M2M_DB_RECORD_MAX];
    gba_writer w = gba_writer_of(sealed, sizeof sealed);
    gba_seal_nonce nonce;
    struct name name;
    GBA_TRY(name_join(kind, rest, &name));
    GBA_ENSURE(plain.n <= sizeof sealed - GBA_SEAL_OVERHEAD, GBA_E_TOO_LONG);
    gba_env_random(env, nonce.b, sizeof nonce.b);
    GBA_TRY(gba_seal(v->key, name.view, &nonce, plain, &w));
    return v->db->put(v->db->self, name.view, gba_writer_view(&w));
}

gba_rc m2m_vault_get(const struct m2m_vault *v, const char *kind, gba_view rest, gba_writer *w)
{
    uint8_t sealed[M2M_DB_RECORD_MAX];
    gba_writer s = gba_writer_of(sealed, sizeof sealed);
    struct name name;
    GBA_TRY(name_join(kind, rest, &name));
    GBA_TRY(v->db->get(v->db->self, name.view, &s));
    return gba_seal_open(v->key, name.view, gba_writer_view(&s), w);
}

gba_rc m2m_vault_del(const struct m2m_vault *v, const char *kind, gba_view rest)
{
    struct name name;
    GBA_TRY(name_join(kind, rest, &name));
    return v->db->del(v->db->self, name.view);
}

gba_rc m2m_vault_begin(const struct m2m_vault *v)
{
    return v->db->begin(v->db->self);
}

gba_rc m2m_vault_end(const struct m2m_vault *v, gba_rc rc)
{
    return v->db->end(v->db->self, rc);
}

struct each {
    const struct m2m_vault *v;
    size_t prefix_n;
    m2m_vault_fn *fn;
    void *arg;
};

static gba_rc on_record(void *arg, gba_view name, gba_view record)
{
    const struct each *each = arg;
    uint8_t plain[M2M_DB_RECORD_MAX];
    gba_writer w = gba_writer_of(plain, sizeof plain);
    gba_rc rc = gba_seal_open(each->v->key, name, record, &w);
    if (rc == GBA_OK)
        rc = each->fn(each->arg, gba_view_sub(name, each->prefix_n, name.n), gba_writer_view(&w));
    gba_wipe_bytes(plain, w.n);
    return rc;
}

gba_rc m2m_vault_each(const struct m2m_vault *v, const char *kind, m2m_vault_fn *fn, void *arg)
{
    struct name prefix;
    GBA_TRY(name_join(kind, GBA_LIT(""), &prefix));
    struct each each = {v, prefix.view.n, fn, arg};
    return v->db->each(v->db->self, prefix.view, on_record, &each);
}
