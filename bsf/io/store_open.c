/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_open.h"

#include "bsf/io/store_lmdb.h"
#include "bsf/io/store_mem.h"
#include "bsf/io/store_redis.h"
#include "m2m/io/secret_file.h"
#include "rt/log.h"
#include "rt/pkcs11.h"

enum { PIN_MAX = 256 };

static gba_rc key_of_token(const struct bsf_conf_store_key *conf, gba_seal_key *key, gba_text *why)
{
    uint8_t room[PIN_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    struct rt_pkcs11 from = {
        .module = conf->pkcs11.module.s,
        .token = conf->pkcs11.token.s,
        .label = conf->pkcs11.label.s,
        .key_id = (uint8_t)conf->id,
    };
    gba_rc rc = m2m_secret_file_read(conf->pkcs11.pin_file.s, &w, why);
    from.pin = gba_writer_view(&w);
    while (from.pin.n > 0 && (from.pin.p[from.pin.n - 1] == '\n' || from.pin.p[from.pin.n - 1] == '\r'))
        from.pin.n--;
    if (rc == GBA_OK)
        rc = rt_pkcs11_key(&from, key, why);
    gba_wipe(&room);
    return rc;
}

static gba_rc add_key(const struct bsf_conf_store_key *conf, gba_seal_ring *ring)
{
    gba_seal_key key = {0};
    gba_text why = {0};
    gba_rc rc =
        conf->file.n > 0 ? m2m_key_file_read(conf->file.s, &key, &why) : key_of_token(conf, &key, &why);
    if (rc == GBA_OK)
        rc = gba_seal_ring_add(ring, (uint8_t)conf->id, &key);
    gba_wipe(&key);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "store.key", RT_REASON(rc), RT_NUM("id", conf->id),
               RT_STR("why", gba_text_view(&why)));
    return rc;
}

/* Records in memory do not outlive the process, so their key need not. */
static gba_rc add_random(struct rt_loop *loop, gba_seal_ring *ring)
{
    gba_seal_key key;
    gba_env_random(rt_loop_env(loop), key.b, sizeof key.b);
    gba_rc rc = gba_seal_ring_add(ring, 1, &key);
    gba_wipe(&key);
    return rc;
}

static gba_rc open_lmdb(struct rt_loop *loop, const struct bsf_conf_store *conf, struct bsf_store *out)
{
    const struct bsf_store_lmdb_conf lmdb = {conf->path.s, conf->size_mib, conf->max_records};
    gba_text why = {0};
    gba_rc rc = bsf_store_lmdb_open(loop, &lmdb, out, &why);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "store.not-opened", RT_REASON(rc), RT_STR("why", gba_text_view(&why)));
    return rc;
}

gba_rc bsf_store_open(struct rt_loop *loop, const struct bsf_conf_store *conf, gba_seal_ring *ring,
                      struct bsf_store *out)
{
    const struct bsf_conf_store_key *keys = conf->keys.items;
    for (size_t i = 0; i < conf->keys.n; i++)
        GBA_TRY(add_key(&keys[i], ring));
    if (conf->keys.n == 0)
        GBA_TRY(add_random(loop, ring));
    if (conf->kind == BSF_STORE_LMDB)
        return open_lmdb(loop, conf, out);
    if (conf->kind == BSF_STORE_REDIS)
        return bsf_store_redis_open(loop, &conf->redis, conf->max_records, out);
    return bsf_store_mem_open(loop, conf->max_records, out);
}
