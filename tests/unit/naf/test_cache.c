/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/cache.h"

#include <stdlib.h>

#include "tests/lib/tap.h"

enum { CAP = 2 };

static struct naf_cache cache;
static void *memory;

static void set_up(void)
{
    memory = calloc(1, naf_cache_memory(CAP));
    CU_ASSERT_FATAL(memory != NULL);
    naf_cache_init(&cache, memory, CAP, 3);
}

static void tear_down(void)
{
    free(memory);
}

static struct naf_key key_of(const char *btid, gba_uaid ua, int64_t expiry_s)
{
    struct naf_key key = {.nafid = {.ua = ua}, .expiry_s = expiry_s};
    T_OK(gba_text_set(&key.btid, gba_view_cstr(btid)));
    T_OK(gba_text_set(&key.nafid.fqdn, GBA_LIT("naf.example")));
    return key;
}

static const struct naf_key *find(const struct naf_key *like, int64_t now_s)
{
    return naf_cache_find(&cache, gba_text_view(&like->btid), &like->nafid, now_s);
}

static void overlong_btid_is_absent(void)
{
    char big[GBA_TEXT_MAX + 50] = {1};
    gba_nafid nafid = {.ua = gba_uaid_http_digest};
    CU_ASSERT_PTR_NULL(naf_cache_find(&cache, GBA_ARRAY(big), &nafid, 0));
}

static void ua_ids_are_apart(void)
{
    struct naf_key http = key_of("a@b", gba_uaid_http_digest, 10);
    struct naf_key tls = key_of("a@b", gba_uaid_tls(0xc02f), 10);
    naf_cache_keep(&cache, &http);
    CU_ASSERT_PTR_NULL(find(&tls, 0));
    CU_ASSERT_PTR_NOT_NULL(find(&http, 0));
}

static void expired_is_wiped(void)
{
    struct naf_key key = key_of("a@b", gba_uaid_http_digest, 10);
    key.me.b[0] = 0xaa;
    naf_cache_keep(&cache, &key);
    CU_ASSERT_PTR_NOT_NULL(find(&key, 9));
    CU_ASSERT_PTR_NULL(find(&key, 10));
    CU_ASSERT_EQUAL(cache.keys[0].me.b[0] | cache.keys[1].me.b[0], 0);
    CU_ASSERT_EQUAL(cache.slots.n, 0);
}

static void oldest_makes_room(void)
{
    struct naf_key a = key_of("a@b", gba_uaid_http_digest, 10);
    struct naf_key b = key_of("b@b", gba_uaid_http_digest, 10);
    struct naf_key c = key_of("c@b", gba_uaid_http_digest, 10);
    naf_cache_keep(&cache, &a);
    naf_cache_keep(&cache, &b);
    naf_cache_keep(&cache, &c);
    CU_ASSERT_PTR_NULL(find(&a, 0));
    CU_ASSERT_PTR_NOT_NULL(find(&b, 0));
    CU_ASSERT_PTR_NOT_NULL(find(&c, 0));
}

static void newer_replaces(void)
{
    struct naf_key key = key_of("a@b", gba_uaid_http_digest, 10);
    naf_cache_keep(&cache, &key);
    key.expiry_s = 20;
    naf_cache_keep(&cache, &key);
    CU_ASSERT_EQUAL(cache.slots.n, 1);
    CU_ASSERT_PTR_NOT_NULL(find(&key, 15));
    naf_cache_drop(&cache, gba_text_view(&key.btid), &key.nafid);
    CU_ASSERT_PTR_NULL(find(&key, 15));
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"an overlong B-TID is absent", overlong_btid_is_absent},
        {"Ua ids have entries of their own", ua_ids_are_apart},
        {"an expired key is wiped", expired_is_wiped},
        {"the oldest makes room", oldest_makes_room},
        {"a newer key replaces the old", newer_replaces},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"cache", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
