/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server does in one step, as Lua: a record, its alias, the list of its
 * owner and the index of what lives change together or not at all.
 *
 *   PREFIX s:KEY    the record: alias (32) owner (32) expiry (16) octets, lives as long as it may
 *   PREFIX a:ALIAS  KEY
 *   PREFIX o:OWNER  list of KEYs, newest first
 *   PREFIX live     sorted set: KEYs by the time they end, by the server's clock
 *
 * Keys are hexadecimal; expiry is milliseconds since 1970 in hexadecimal.
 */
#pragma once

enum bsf_redis_script {
    BSF_REDIS_PUT,   /* prefix, key, alias or "", owner, keep, ttl ms, most records, whole record: how many
                        live;   error FULL when there is no room */
    BSF_REDIS_GET,   /* prefix, key or alias: key, whole record; or how many live */
    BSF_REDIS_OF,    /* prefix, owner: key, whole record, ... */
    BSF_REDIS_DEL,   /* prefix, key: how many live */
    BSF_REDIS_COUNT, /* prefix: how many live */
    BSF_REDIS_SCRIPTS,
};

/* Parts of a whole record. */
enum { BSF_REDIS_HEX = 32, BSF_REDIS_EXPIRY = 16, BSF_REDIS_HEAD = 2 * BSF_REDIS_HEX + BSF_REDIS_EXPIRY };

/* The text of a script. */
const char *bsf_redis_script(enum bsf_redis_script script);
