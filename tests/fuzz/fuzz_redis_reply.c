/* SPDX-License-Identifier: Apache-2.0 */
/* What a Redis server or Sentinel may send: the first octet says in what pieces the others come.
 * However they are cut, the same replies are read, within the bounds. */
#include <stdlib.h>

#include "bsf/io/store_redis_greet.h"
#include "tests/lib/fuzz.h"

static void ensure(bool holds)
{
    if (!holds)
        abort();
}

static void check_reply(const struct bsf_redis_reply *reply)
{
    struct bsf_redis_greet greet = {.n = BSF_REDIS_STEPS};
    ensure(reply->n > 0 && reply->n <= BSF_REDIS_ITEMS && reply->octets.n <= BSF_REDIS_REPLY);
    for (size_t i = 0; i <= reply->n; i++)
        ensure(bsf_redis_text(reply, i).n <= reply->octets.n);
    ensure(bsf_redis_error(reply).n <= 16);
    for (int i = 0; i < BSF_REDIS_STEPS; i++)
        greet.steps[i] = i;
    while (greet.at < greet.n) {
        gba_rc rc = bsf_redis_greet_reply(&greet, reply);
        ensure(rc == GBA_OK || greet.at <= greet.n);
    }
    ensure(bsf_redis_greet_reply(&greet, reply) == GBA_E_REDIS_ANSWER);
}

/* How many replies there are and what they come to; *rc is how it ends. */
static uint64_t read_all(gba_view octets, size_t piece, gba_rc *rc)
{
    struct bsf_redis_reader *reader = NULL;
    const struct bsf_redis_reply *reply = NULL;
    uint64_t sum = 0;
    ensure(bsf_redis_reader_new(&reader) == GBA_OK);
    *rc = GBA_OK;
    for (size_t at = 0; at < octets.n && *rc == GBA_OK; at += piece) {
        *rc = bsf_redis_reader_feed(reader, gba_view_sub(octets, at, piece));
        do {
            if (*rc == GBA_OK)
                *rc = bsf_redis_reader_next(reader, &reply);
            if (*rc == GBA_OK && reply) {
                check_reply(reply);
                sum = sum * 31 + reply->n * 7 + reply->octets.n;
            }
        } while (*rc == GBA_OK && reply);
    }
    bsf_redis_reader_free(reader);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gba_rc whole, cut;
    if (size < 2)
        return 0;
    gba_view octets = gba_view_of(data + 1, size - 1);
    uint64_t sum = read_all(octets, octets.n, &whole);
    ensure(sum == read_all(octets, 1 + data[0], &cut));
    ensure(whole == cut);
    return 0;
}
