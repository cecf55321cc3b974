/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/conf.h"

static void check_tls(const struct bsf_conf_redis_tls *tls, const struct gba_conf_sink *sink)
{
    if ((tls->cert.n > 0) != (tls->key.n > 0))
        gba_conf_fault(sink, "store.redis.tls", "expected cert and key, or none of them");
}

static void check_redis(const struct bsf_conf_redis *redis, const struct gba_conf_sink *sink)
{
    bool by_sentinels = redis->sentinels.n > 0;
    if ((redis->servers.n > 0) == by_sentinels)
        gba_conf_fault(sink, "store.redis", "expected servers or sentinels");
    if (by_sentinels != (redis->master.n > 0))
        gba_conf_fault(sink, "store.redis.master", "goes with sentinels");
    if (!by_sentinels && redis->sentinel_password_file.n > 0)
        gba_conf_fault(sink, "store.redis.sentinel_password_file", "goes with sentinels");
    if (redis->user.n > 0 && redis->password_file.n == 0)
        gba_conf_fault(sink, "store.redis.user", "needs a password_file");
    check_tls(&redis->tls, sink);
}

static bool is_twice(const struct bsf_conf_store_key *keys, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (keys[k].id == keys[i].id)
            return true;
    }
    return false;
}

static void check_keys(const struct gba_opt_list *list, const struct gba_conf_sink *sink)
{
    const struct bsf_conf_store_key *keys = list->items;
    for (size_t i = 0; i < list->n; i++) {
        if ((keys[i].file.n > 0) == (keys[i].pkcs11.module.n > 0))
            gba_conf_fault(sink, "store.keys", "expected a file or a token (pkcs11) for each key");
        if (is_twice(keys, i))
            gba_conf_fault(sink, "store.keys.id", "this number stands here twice");
    }
}

void bsf_conf_store_check(const struct bsf_conf_store *conf, const struct gba_conf_sink *sink)
{
    bool redis = conf->kind == BSF_STORE_REDIS;
    bool has_redis = conf->redis.servers.n > 0 || conf->redis.sentinels.n > 0;
    if (redis)
        check_redis(&conf->redis, sink);
    else if (has_redis)
        gba_conf_fault(sink, "store.redis", "is only for the kind redis");
    if (conf->kind == BSF_STORE_LMDB && conf->path.n == 0)
        gba_conf_fault(sink, "store.path", "expected a folder");
    if (conf->kind != BSF_STORE_MEMORY && conf->keys.n == 0)
        gba_conf_fault(sink, "store.keys", "expected at least one key: sessions outlive this process");
    check_keys(&conf->keys, sink);
}
