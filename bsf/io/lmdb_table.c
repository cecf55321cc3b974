/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/lmdb_table.h"

#include "bsf/session.h"
#include "m2m/io/lmdb_env.h"

/* In front of each record. */
struct head {
    int64_t expiry_ms;
    uint64_t turn; /* of its owner's: a later record has a lower one */
    bsf_store_key owner, alias;
    bool has_alias;
};

enum { KEY = sizeof(bsf_store_key), HEAD = 8 + 8 + 2 * KEY + 1, SORTED = KEY + 8, SWEEP_FOR_ROOM = 64 };

gba_rc bsf_lmdb_rc(int code)
{
    gba_rc rc = m2m_lmdb_rc(code);
    return rc == GBA_E_DB_FULL ? GBA_E_STORE_FULL : rc == GBA_E_DB ? GBA_E_STORE : rc;
}

static MDB_val val_of(gba_view v)
{
    return (MDB_val){v.n, (void *)v.p};
}

static gba_view view_of(const MDB_val *val)
{
    return gba_view_of(val->mv_data, val->mv_size);
}

static MDB_val val_of_key(const bsf_store_key *key)
{
    return val_of(GBA_ARRAY(key->b));
}

/* ---- heads ---- */

static gba_rc read_head(const MDB_val *value, struct head *head)
{
    gba_reader r = gba_reader_of(view_of(value));
    head->expiry_ms = (int64_t)gba_get_u64(&r);
    head->turn = gba_get_u64(&r);
    gba_get_bytes(&r, head->owner.b, KEY);
    gba_get_bytes(&r, head->alias.b, KEY);
    head->has_alias = gba_get_u8(&r) != 0;
    return r.bad ? GBA_E_STORE : GBA_OK;
}

static void put_head(gba_writer *w, const struct head *head)
{
    gba_put_u64(w, (uint64_t)head->expiry_ms);
    gba_put_u64(w, head->turn);
    gba_put_view(w, GBA_ARRAY(head->owner.b));
    gba_put_view(w, GBA_ARRAY(head->alias.b));
    gba_put_u8(w, head->has_alias);
}

static gba_rc find(const struct bsf_lmdb_txn *t, const bsf_store_key *key, struct head *head,
                   gba_view *record)
{
    MDB_val name = val_of_key(key), value;
    GBA_TRY(bsf_lmdb_rc(mdb_get(t->txn, t->table->records, &name, &value)));
    GBA_TRY(read_head(&value, head));
    *record = gba_view_sub(view_of(&value), HEAD, value.mv_size);
    return GBA_OK;
}

/* ---- sorted names: an owner and a turn, an expiry and a key ---- */

static gba_view owner_name(uint8_t room[SORTED], const bsf_store_key *owner, uint64_t turn)
{
    gba_writer w = gba_writer_of(room, SORTED);
    gba_put_view(&w, GBA_ARRAY(owner->b));
    gba_put_u64(&w, turn);
    return gba_writer_view(&w);
}

static gba_view expiry_name(uint8_t room[SORTED], int64_t expiry_ms, const bsf_store_key *key)
{
    gba_writer w = gba_writer_of(room, SORTED);
    gba_put_u64(&w, (uint64_t)expiry_ms);
    gba_put_view(&w, GBA_ARRAY(key->b));
    return gba_writer_view(&w);
}

static gba_rc put_name(const struct bsf_lmdb_txn *t, MDB_dbi dbi, gba_view name, const bsf_store_key *key)
{
    MDB_val at = val_of(name), value = key ? val_of_key(key) : (MDB_val){0, (void *)""};
    return bsf_lmdb_rc(mdb_put(t->txn, dbi, &at, &value, 0));
}

static gba_rc del_name(const struct bsf_lmdb_txn *t, MDB_dbi dbi, gba_view name)
{
    MDB_val at = val_of(name);
    gba_rc rc = bsf_lmdb_rc(mdb_del(t->txn, dbi, &at, NULL));
    return rc == GBA_E_ABSENT ? GBA_OK : rc;
}

static gba_rc key_of_alias(const struct bsf_lmdb_txn *t, const bsf_store_key *alias, bsf_store_key *key)
{
    MDB_val name = val_of_key(alias), value;
    GBA_TRY(bsf_lmdb_rc(mdb_get(t->txn, t->table->aliases, &name, &value)));
    GBA_ENSURE(value.mv_size == KEY, GBA_E_STORE);
    gba_copy(key->b, view_of(&value));
    return GBA_OK;
}

/* ---- forgetting ---- */

/* Another record may have taken the alias since. */
static gba_rc del_alias(const struct bsf_lmdb_txn *t, const struct head *head, const bsf_store_key *key)
{
    bsf_store_key now;
    gba_rc rc = head->has_alias ? key_of_alias(t, &head->alias, &now) : GBA_E_ABSENT;
    if (rc == GBA_E_ABSENT)
        return GBA_OK;
    GBA_TRY(rc);
    return gba_view_eq(GBA_ARRAY(now.b), GBA_ARRAY(key->b))
               ? del_name(t, t->table->aliases, GBA_ARRAY(head->alias.b))
               : GBA_OK;
}

gba_rc bsf_lmdb_table_del(const struct bsf_lmdb_txn *t, const bsf_store_key *key)
{
    struct head head;
    gba_view record;
    uint8_t room[SORTED];
    gba_rc rc = find(t, key, &head, &record);
    if (rc == GBA_E_ABSENT)
        return GBA_OK;
    GBA_TRY(rc);
    GBA_TRY(del_alias(t, &head, key));
    GBA_TRY(del_name(t, t->table->owners, owner_name(room, &head.owner, head.turn)));
    GBA_TRY(del_name(t, t->table->expiries, expiry_name(room, head.expiry_ms, key)));
    return del_name(t, t->table->records, GBA_ARRAY(key->b));
}

/* The key that expires first and has expired. */
static gba_rc first_expired(const struct bsf_lmdb_txn *t, int64_t now_ms, bsf_store_key *key)
{
    MDB_cursor *cursor;
    MDB_val name, value;
    GBA_TRY(bsf_lmdb_rc(mdb_cursor_open(t->txn, t->table->expiries, &cursor)));
    gba_rc rc = bsf_lmdb_rc(mdb_cursor_get(cursor, &name, &value, MDB_FIRST));
    if (rc == GBA_OK) {
        gba_reader r = gba_reader_of(view_of(&name));
        bool expired = (int64_t)gba_get_u64(&r) <= now_ms;
        gba_get_bytes(&r, key->b, KEY);
        rc = r.bad ? GBA_E_STORE : expired ? GBA_OK : GBA_E_ABSENT;
    }
    mdb_cursor_close(cursor);
    return rc;
}

gba_rc bsf_lmdb_table_expire(const struct bsf_lmdb_txn *t, int64_t now_ms, size_t most, size_t *n)
{
    bsf_store_key key;
    gba_rc rc = GBA_OK;
    for (*n = 0; *n < most && rc == GBA_OK; (*n)++) {
        rc = first_expired(t, now_ms, &key);
        if (rc == GBA_E_ABSENT)
            return GBA_OK;
        if (rc == GBA_OK)
            rc = bsf_lmdb_table_del(t, &key);
    }
    return rc;
}

/* ---- owners ---- */

/* What an owner has, the newest first, expired ones too. */
struct owned {
    bsf_store_key keys[BSF_STORE_KEEP_MAX + 1];
    uint64_t turns[BSF_STORE_KEEP_MAX + 1];
    size_t n;
};

static gba_rc read_owned(const struct bsf_lmdb_txn *t, const bsf_store_key *owner, struct owned *owned)
{
    uint8_t room[SORTED];
    MDB_cursor *cursor;
    MDB_val name = val_of(owner_name(room, owner, 0)), value;
    owned->n = 0;
    GBA_TRY(bsf_lmdb_rc(mdb_cursor_open(t->txn, t->table->owners, &cursor)));
    int code = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && name.mv_size == SORTED && value.mv_size == KEY &&
           gba_view_starts(view_of(&name), GBA_ARRAY(owner->b)) && owned->n <= BSF_STORE_KEEP_MAX) {
        gba_reader r = gba_reader_of(gba_view_sub(view_of(&name), KEY, 8));
        owned->turns[owned->n] = gba_get_u64(&r);
        gba_copy(owned->keys[owned->n++].b, view_of(&value));
        code = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return code == MDB_SUCCESS || code == MDB_NOTFOUND ? GBA_OK : bsf_lmdb_rc(code);
}

/* Leave in *owned what is alive and not `key`. */
static gba_rc leave_others(const struct bsf_lmdb_txn *t, const struct bsf_lmdb_put *what, struct owned *owned)
{
    size_t n = 0;
    for (size_t i = 0; i < owned->n; i++) {
        struct head head;
        gba_view record;
        GBA_TRY(find(t, &owned->keys[i], &head, &record));
        bool same = gba_view_eq(GBA_ARRAY(owned->keys[i].b), GBA_ARRAY(what->put->key.b));
        if (head.expiry_ms <= what->now_ms)
            GBA_TRY(bsf_lmdb_table_del(t, &owned->keys[i]));
        else if (!same)
            owned->keys[n++] = owned->keys[i];
    }
    owned->n = n;
    return GBA_OK;
}

/* ---- putting ---- */

static size_t entries(const struct bsf_lmdb_txn *t)
{
    MDB_stat stat;
    return mdb_stat(t->txn, t->table->records, &stat) == MDB_SUCCESS ? stat.ms_entries : SIZE_MAX;
}

static gba_rc make_room(const struct bsf_lmdb_txn *t, const struct bsf_lmdb_put *what)
{
    struct head head;
    gba_view record;
    size_t n;
    if (entries(t) < what->cap || find(t, &what->put->key, &head, &record) == GBA_OK)
        return GBA_OK;
    GBA_TRY(bsf_lmdb_table_expire(t, what->now_ms, SWEEP_FOR_ROOM, &n));
    return entries(t) < what->cap ? GBA_OK : GBA_E_STORE_FULL;
}

static gba_rc write_record(const struct bsf_lmdb_txn *t, const struct bsf_store_put *put, uint64_t turn)
{
    const struct head head = {put->expiry_ms, turn, put->owner, put->alias, put->has_alias};
    uint8_t room[SORTED];
    MDB_val name = val_of_key(&put->key), value = {HEAD + put->record.n, NULL};
    GBA_TRY(bsf_lmdb_rc(mdb_put(t->txn, t->table->records, &name, &value, MDB_RESERVE)));
    gba_writer w = gba_writer_of(value.mv_data, value.mv_size);
    put_head(&w, &head);
    gba_put_view(&w, put->record);
    if (put->has_alias)
        GBA_TRY(put_name(t, t->table->aliases, GBA_ARRAY(put->alias.b), &put->key));
    GBA_TRY(put_name(t, t->table->owners, owner_name(room, &put->owner, turn), &put->key));
    return put_name(t, t->table->expiries, expiry_name(room, put->expiry_ms, &put->key), NULL);
}

gba_rc bsf_lmdb_table_put(const struct bsf_lmdb_txn *t, const struct bsf_lmdb_put *what)
{
    const struct bsf_store_put *put = what->put;
    struct owned owned;
    GBA_TRY(read_owned(t, &put->owner, &owned));
    uint64_t turn = (owned.n > 0 ? owned.turns[0] : UINT64_MAX) - 1;
    GBA_TRY(leave_others(t, what, &owned));
    if (put->expiry_ms <= what->now_ms)
        return bsf_lmdb_table_del(t, &put->key);
    if (owned.n < put->keep)
        GBA_TRY(make_room(t, what));
    GBA_TRY(bsf_lmdb_table_del(t, &put->key));
    for (size_t i = put->keep - 1; i < owned.n; i++)
        GBA_TRY(bsf_lmdb_table_del(t, &owned.keys[i]));
    return write_record(t, put, turn);
}

/* ---- looking up ---- */

gba_rc bsf_lmdb_table_get(const struct bsf_lmdb_txn *t, const bsf_store_key *key, int64_t now_ms,
                          struct bsf_stored *found)
{
    struct head head;
    found->key = *key;
    gba_rc rc = find(t, key, &head, &found->record);
    if (rc == GBA_E_ABSENT) {
        GBA_TRY(key_of_alias(t, key, &found->key));
        rc = find(t, &found->key, &head, &found->record);
    }
    GBA_TRY(rc);
    found->expiry_ms = head.expiry_ms;
    return head.expiry_ms > now_ms ? GBA_OK : GBA_E_ABSENT;
}

gba_rc bsf_lmdb_table_of(const struct bsf_lmdb_txn *t, const bsf_store_key *owner, int64_t now_ms,
                         struct bsf_stored found[BSF_STORE_KEEP_MAX], size_t *n)
{
    struct owned owned;
    *n = 0;
    GBA_TRY(read_owned(t, owner, &owned));
    for (size_t i = 0; i < owned.n && *n < BSF_STORE_KEEP_MAX; i++) {
        gba_rc rc = bsf_lmdb_table_get(t, &owned.keys[i], now_ms, &found[*n]);
        if (rc == GBA_OK)
            (*n)++;
        else if (rc != GBA_E_ABSENT)
            return rc;
    }
    return *n > 0 ? GBA_OK : GBA_E_ABSENT;
}

size_t bsf_lmdb_table_count(const struct bsf_lmdb_txn *t, int64_t now_ms)
{
    MDB_cursor *cursor;
    MDB_val name, value;
    size_t n = entries(t), expired = 0;
    if (n == SIZE_MAX || mdb_cursor_open(t->txn, t->table->expiries, &cursor) != MDB_SUCCESS)
        return 0;
    int code = mdb_cursor_get(cursor, &name, &value, MDB_FIRST);
    while (code == MDB_SUCCESS) {
        gba_reader r = gba_reader_of(view_of(&name));
        if ((int64_t)gba_get_u64(&r) > now_ms)
            break;
        expired++;
        code = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return n - expired;
}

/* ---- opening ---- */

static int open_all(MDB_txn *txn, struct bsf_lmdb_table *table)
{
    const struct {
        const char *name;
        MDB_dbi *dbi;
    } dbs[BSF_LMDB_DBS] = {{"bsf records", &table->records},
                           {"bsf aliases", &table->aliases},
                           {"bsf owners", &table->owners},
                           {"bsf expiries", &table->expiries}};
    MDB_dbi main_db;
    MDB_stat stat;
    int code = mdb_dbi_open(txn, NULL, 0, &main_db);
    if (code == MDB_SUCCESS)
        code = mdb_stat(txn, main_db, &stat);
    if (code != MDB_SUCCESS)
        return code;
    if (stat.ms_entries != 0 && stat.ms_entries != BSF_LMDB_DBS)
        return MDB_INCOMPATIBLE;
    unsigned flags = stat.ms_entries == 0 ? MDB_CREATE : 0;
    for (size_t i = 0; i < BSF_LMDB_DBS; i++) {
        code = mdb_dbi_open(txn, dbs[i].name, flags, dbs[i].dbi);
        if (code != MDB_SUCCESS)
            return code == MDB_NOTFOUND ? MDB_INCOMPATIBLE : code;
    }
    return MDB_SUCCESS;
}

int bsf_lmdb_table_open(MDB_env *env, struct bsf_lmdb_table *table)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(env, NULL, 0, &txn);
    if (code != MDB_SUCCESS)
        return code;
    code = open_all(txn, table);
    if (code == MDB_SUCCESS)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}
