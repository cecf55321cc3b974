/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_redis_script.h"

/* What is live now, by the server's clock. */
#define LIVE                                                                                                 \
    "local p = ARGV[1]\n"                                                                                    \
    "local live = p .. 'live'\n"                                                                             \
    "local function clock()\n"                                                                               \
    "  local time = redis.call('TIME')\n"                                                                    \
    "  return time[1] * 1000 + math.floor(time[2] / 1000)\n"                                                 \
    "end\n"                                                                                                  \
    "local function count() return redis.call('ZCOUNT', live, string.format('(%.0f', clock()), '+inf') "     \
    "end\n"

/* A record goes, with its alias if that still is its own. */
#define FORGET                                                                                               \
    "local function unalias(k, a)\n"                                                                         \
    "  if redis.call('GET', p .. 'a:' .. a) == k then redis.call('DEL', p .. 'a:' .. a) end\n"               \
    "end\n"                                                                                                  \
    "local function forget(k)\n"                                                                             \
    "  unalias(k, redis.call('GETRANGE', p .. 's:' .. k, 0, 31))\n"                                          \
    "  redis.call('DEL', p .. 's:' .. k)\n"                                                                  \
    "  redis.call('ZREM', live, k)\n"                                                                        \
    "end\n"

/* First all is read and judged, then SET: only the first writing command of a script is refused
 * when the server is out of memory. */
static const char put[] = LIVE FORGET
    "local k, a, o, now = ARGV[2], ARGV[3], ARGV[4], clock()\n"
    "local keep, ttl, most = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])\n"
    "local s, list = p .. 's:' .. k, p .. 'o:' .. o\n"
    "local old = redis.call('GETRANGE', s, 0, 63)\n"
    "local stay, go = {k}, {}\n"
    "for _, x in ipairs(redis.call('LRANGE', list, 0, -1)) do\n"
    "  if x ~= k and redis.call('GETRANGE', p .. 's:' .. x, 32, 63) == o then\n"
    "    if #stay < keep then stay[#stay + 1] = x else go[#go + 1] = x end\n"
    "  end\n"
    "end\n"
    "local more = (old == '' and 1 or 0) - #go\n"
    "if more > 0 and count() + more > most then return redis.error_reply('-FULL the store is full') end\n"
    "redis.call('SET', s, ARGV[8], 'PX', ttl)\n"
    "redis.call('ZADD', live, now + ttl, k)\n"
    "if old ~= '' and old:sub(1, 32) ~= a then unalias(k, old:sub(1, 32)) end\n"
    "if old ~= '' and old:sub(33) ~= o then redis.call('LREM', p .. 'o:' .. old:sub(33), 0, k) end\n"
    "if a ~= '' then redis.call('SET', p .. 'a:' .. a, k, 'PX', ttl) end\n"
    "for _, x in ipairs(go) do forget(x) end\n"
    "local left = math.max(ttl, redis.call('PTTL', list))\n"
    "redis.call('DEL', list)\n"
    "redis.call('RPUSH', list, unpack(stay))\n"
    "redis.call('PEXPIRE', list, left)\n"
    "for _, x in ipairs(redis.call('ZRANGE', live, '-inf', now, 'BYSCORE', 'LIMIT', 0, 16)) do\n"
    "  redis.call('DEL', p .. 's:' .. x)\n"
    "  redis.call('ZREM', live, x)\n"
    "end\n"
    "return count()\n";

static const char get[] = LIVE "local k = ARGV[2]\n"
                               "local r = redis.call('GET', p .. 's:' .. k)\n"
                               "if not r then\n"
                               "  k = redis.call('GET', p .. 'a:' .. k)\n"
                               "  r = k and redis.call('GET', p .. 's:' .. k)\n"
                               "end\n"
                               "return r and {k, r} or {count()}\n";

static const char of[] = "local p, o = ARGV[1], ARGV[2]\n"
                         "local found = {}\n"
                         "for _, k in ipairs(redis.call('LRANGE', p .. 'o:' .. o, 0, -1)) do\n"
                         "  local r = redis.call('GET', p .. 's:' .. k)\n"
                         "  if r and r:sub(33, 64) == o then\n"
                         "    found[#found + 1] = k\n"
                         "    found[#found + 1] = r\n"
                         "  end\n"
                         "end\n"
                         "return found\n";

static const char del[] = LIVE FORGET "local k = ARGV[2]\n"
                                      "local old = redis.call('GETRANGE', p .. 's:' .. k, 0, 63)\n"
                                      "if old ~= '' then\n"
                                      "  redis.call('LREM', p .. 'o:' .. old:sub(33), 0, k)\n"
                                      "  forget(k)\n"
                                      "end\n"
                                      "return count()\n";

static const char how_many[] = LIVE "return count()\n";

const char *bsf_redis_script(enum bsf_redis_script script)
{
    static const char *const texts[] = {
        [BSF_REDIS_PUT] = put, [BSF_REDIS_GET] = get,        [BSF_REDIS_OF] = of,
        [BSF_REDIS_DEL] = del, [BSF_REDIS_COUNT] = how_many,
    };
    return texts[script];
}
