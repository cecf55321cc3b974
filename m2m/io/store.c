/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/store.h"

#include "gba/base/secret.h"
#include "m2m/io/secret_file.h"
#include "rt/log.h"

static gba_rc check_record(void *arg, gba_view name, gba_view record)
{
    const struct m2m_store *store = arg;
    uint8_t plain[M2M_DB_RECORD_MAX];
    gba_writer w = gba_writer_of(plain, sizeof plain);
    gba_rc rc = gba_seal_open(&store->key, name, record, &w);
    gba_wipe_bytes(plain, w.n);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "store.record-damaged", RT_ID("name", name), RT_REASON(rc));
    return rc;
}

/* Every record must open; one of no content tells of an empty store whose key it is. */
static gba_rc check_records(struct rt_loop *loop, struct m2m_store *store)
{
    GBA_TRY(store->vault.db->each(store->vault.db->self, GBA_LIT(""), check_record, store));
    return m2m_vault_put(&store->vault, rt_loop_env(loop), "vault", GBA_LIT("key"), GBA_LIT(""));
}

gba_rc m2m_store_open(struct rt_loop *loop, const struct m2m_conf_store *conf, struct m2m_store *store)
{
    gba_text why = {.n = 0};
    struct m2m_lmdb_conf lmdb = {.path = conf->path.s, .size_mib = conf->size_mib};
    gba_rc rc = m2m_key_file_read(conf->key_file.s, &store->key, &why);
    if (rc == GBA_OK)
        rc = m2m_lmdb_open(loop, &lmdb, &store->lmdb, &why);
    if (rc == GBA_OK) {
        store->vault = (struct m2m_vault){m2m_lmdb_db(store->lmdb), &store->key};
        rc = check_records(loop, store);
    }
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "store.not-opened", RT_STR("path", gba_text_view(&conf->path)), RT_REASON(rc),
               RT_STR("why", why.n > 0 ? gba_text_view(&why) : gba_view_cstr(gba_rc_text(rc))));
    return rc;
}

void m2m_store_close(struct m2m_store *store)
{
    m2m_lmdb_close(store->lmdb);
    gba_wipe(store);
}
