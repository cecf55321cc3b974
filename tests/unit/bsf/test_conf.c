/* SPDX-License-Identifier: Apache-2.0 */
/* What the cross-field check of the configuration finds, and rules as they are read. */
#include "bsf/policy.h"
#include "m2m/cert.h"

#include <string.h>

#include "tests/lib/tap.h"

static struct bsf_conf conf;
static struct bsf_conf_name names[2];
static struct bsf_conf_rule rule;
static gba_text ua[2], ub_listen, mef_listen;
static struct m2m_conf_name mef_names[2];
static struct m2m_conf_party target;
static struct {
    unsigned n;
    char key[64];
} faults;

static void set(gba_text *t, const char *s)
{
    T_OK(gba_text_set(t, gba_view_cstr(s)));
}

static void set_up(void)
{
    memset(&conf, 0, sizeof conf);
    memset(&rule, 0, sizeof rule);
    conf.names = (struct gba_opt_list){names, 2};
    set(&names[0].host, "bsf.home.example");
    set(&names[0].btid_domain, "");
    set(&names[1].host, "bsf.other.example");
    set(&names[1].btid_domain, "keys.other.example");
    conf.ub.key_lifetime = (struct bsf_conf_lifetime){100, 10, 1000};
    set(&conf.ub.product, "keystrap-bsf");
    conf.zn = (struct gba_opt_list){&rule, 1};
    set(&rule.peer, "naf.home.example");
    set(&rule.naf, "*.home.example");
    set(&ua[0], "http");
    set(&ua[1], "tls:*");
    rule.ua = (struct gba_opt_list){ua, 2};
    conf.http.listen = (struct gba_opt_list){&ub_listen, 1};
    set(&conf.zh.realm, "home.example");
    set(&conf.diameter.identity, "bsf.home.example");
    conf.store.kind = BSF_STORE_MEMORY;
}

/* A MEF beside all that. */
static void with_mef(void)
{
    conf.mef.listen = (struct gba_opt_list){&mef_listen, 1};
    conf.mef.names = (struct gba_opt_list){mef_names, 2};
    set(&mef_names[0].fqdn, "mef.mte.example");
    set(&mef_names[1].fqdn, "mef.sp.example");
    conf.mef.targets = (struct gba_opt_list){&target, 1};
    memset(&target, 0, sizeof target);
    set(&target.id, "//sp.example/in-cse");
    target.expect.flavour = M2M_CERT_CSE;
    set(&target.expect.anchors, "anchors.pem");
}

static void on_fault(void *ctx, const char *key, const char *text)
{
    (void)ctx;
    CU_ASSERT(strlen(key) < sizeof faults.key && strlen(text) > 0);
    faults.n++;
    gba_copy(faults.key, gba_view_of(key, strlen(key) + 1));
}

/* Exactly this one fault (NULL: none). */
static void finds(const char *key)
{
    faults.n = 0;
    bsf_conf_check(&conf, &(struct gba_conf_sink){on_fault, NULL});
    CU_ASSERT_EQUAL(faults.n, key ? 1 : 0);
    if (key && faults.n > 0)
        CU_ASSERT_STRING_EQUAL(faults.key, key);
    set_up();
}

static void names_are_hosts(void)
{
    set(&names[0].host, "no host");
    finds("names.host");
    set(&names[1].host, "BSF.home.example");
    finds("names.host");
    set(&names[1].btid_domain, "a@b");
    finds("names.btid_domain");
}

static void bounds_are_in_order(void)
{
    conf.ub.key_lifetime.min_s = 101;
    finds("ub.key_lifetime");
    conf.ub.key_lifetime.max_s = 99;
    finds("ub.key_lifetime");
    set(&conf.ub.product, "a\tb");
    finds("ub.product");
    static int twice[] = {2, 0, 2};
    conf.ub.algorithms = (struct gba_opt_list){twice, 3};
    finds("ub.algorithms");
    conf.ub.algorithms = (struct gba_opt_list){twice, 2};
    finds(NULL);
}

static void rules_are_readable(void)
{
    set(&rule.peer, "*");
    finds("zn.peer");
    set(&rule.origin, "a b");
    finds("zn.origin");
    set(&rule.naf, "*");
    finds("zn.naf");
    set(&rule.naf, "*home.example");
    finds("zn.naf");
    set(&ua[1], "https");
    finds("zn.ua");
    set(&ua[1], "01000000");
    finds("zn.ua");
}

static void parts_are_whole(void)
{
    conf.http.listen.n = 0;
    finds("http");
    set(&conf.zh.realm, "");
    finds("zh");
    set(&conf.diameter.identity, "");
    finds("diameter");
    conf.names.n = 0;
    finds("names");
    set(&ub_listen, "192.0.2.1:80");
    conf.admin.listen = (struct gba_opt_list){&ub_listen, 1};
    finds("admin.listen");
}

static void mef_is_checked(void)
{
    with_mef();
    conf.mef.listen.n = 0;
    finds("mef.listen");
    with_mef();
    set(&mef_names[0].fqdn, "MEF.sp.example");
    finds("mef.names.fqdn");
    with_mef();
    set(&target.id, "/in-cse");
    finds("mef.targets.id");
    with_mef();
    set(&target.expect.anchors, "");
    finds("mef.targets.anchors");
    with_mef();
    target.expect.flavour = M2M_CERT_DEVICE;
    finds("mef.targets.cert_id");
    with_mef();
    conf.names.n = conf.zn.n = conf.http.listen.n = 0;
    finds(NULL);
}

static void good_is_good(void)
{
    finds(NULL);
    set(&rule.origin, "*");
    set(&ua[0], "*");
    set(&ua[1], "0100000007");
    finds(NULL);
}

static gba_rc may(const char *naf, gba_uaid id)
{
    const struct bsf_conf_rule *found;
    gba_nafid nafid = {.ua = id};
    set(&nafid.fqdn, naf);
    struct bsf_policy_ask ask = {
        .peer = GBA_LIT("naf.home.example"), .origin = GBA_LIT("naf.home.example"), .naf = &nafid};
    gba_rc rc = bsf_policy_find(&conf, &ask, &found);
    CU_ASSERT_EQUAL(found != NULL, rc == GBA_OK);
    return rc;
}

static void rules_are_narrow(void)
{
    T_RC(may("home.example", gba_uaid_http_digest), GBA_E_ZN_NAF);
    T_RC(may(".home.example", gba_uaid_http_digest), GBA_E_ZN_NAF);
    T_RC(may("xhome.example", gba_uaid_http_digest), GBA_E_ZN_NAF);
    T_RC(may("a.home.example", gba_uaid_tls13_psk), GBA_E_ZN_UA);
    T_OK(may("a.home.example", gba_uaid_http_digest));
    T_OK(may("A.HOME.example", gba_uaid_tls(0x1301)));
    conf.zn.n = 0;
    T_RC(may("a.home.example", gba_uaid_http_digest), GBA_E_ZN_PEER);
}

/* ---- the store ---- */

static struct bsf_conf_store_key store_keys[2];
static gba_text redis[2];

static struct bsf_conf_store *with_redis(void)
{
    memset(store_keys, 0, sizeof store_keys);
    conf.store.kind = BSF_STORE_REDIS;
    conf.store.keys = (struct gba_opt_list){store_keys, 2};
    store_keys[0].id = 1;
    store_keys[1].id = 2;
    set(&store_keys[0].file, "store.key");
    set(&store_keys[1].pkcs11.module, "module.so");
    conf.store.redis.servers = (struct gba_opt_list){redis, 2};
    return &conf.store;
}

static void keys_of_the_store(void)
{
    with_redis()->keys.n = 0;
    finds("store.keys");
    with_redis();
    store_keys[1].id = 1;
    finds("store.keys.id");
    with_redis();
    set(&store_keys[1].file, "other.key");
    finds("store.keys");
    with_redis();
    store_keys[1].pkcs11.module.n = 0;
    finds("store.keys");
    with_redis()->kind = BSF_STORE_MEMORY;
    conf.store.redis.servers.n = 0;
    finds(NULL);
}

static struct bsf_conf_store *with_lmdb(void)
{
    with_redis()->kind = BSF_STORE_LMDB;
    conf.store.redis.servers.n = 0;
    conf.store.keys.n = 1;
    set(&conf.store.path, "sessions");
    return &conf.store;
}

static void lmdb_is_whole(void)
{
    with_lmdb();
    finds(NULL);
    with_lmdb()->redis.servers.n = 1;
    finds("store.redis");
    set(&with_lmdb()->path, "");
    finds("store.path");
    with_lmdb()->keys.n = 0;
    finds("store.keys");
}

static void redis_is_whole(void)
{
    with_redis();
    finds(NULL);
    with_redis()->redis.servers.n = 0;
    finds("store.redis");
    with_redis()->redis.sentinels = (struct gba_opt_list){redis, 1};
    set(&conf.store.redis.master, "keystrap");
    finds("store.redis");
    with_redis()->redis.sentinels = (struct gba_opt_list){redis, 1};
    conf.store.redis.servers.n = 0;
    finds("store.redis.master");
    set(&with_redis()->redis.master, "keystrap");
    finds("store.redis.master");
    set(&with_redis()->redis.sentinel_password_file, "sentinel.pw");
    finds("store.redis.sentinel_password_file");
    set(&with_redis()->redis.user, "bsf");
    finds("store.redis.user");
    set(&with_redis()->redis.tls.key, "key.pem");
    finds("store.redis.tls");
    with_redis()->kind = BSF_STORE_MEMORY;
    finds("store.redis");
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"names are host names, once each", names_are_hosts},
        {"bounds are in order", bounds_are_in_order},
        {"rules can be read", rules_are_readable},
        {"what belongs together is there", parts_are_whole},
        {"the MEF is checked", mef_is_checked},
        {"keys of the store", keys_of_the_store},
        {"LMDB is described whole", lmdb_is_whole},
        {"Redis is described whole", redis_is_whole},
        {"good is good", good_is_good},
        {"rules are narrow", rules_are_narrow},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"conf", NULL, NULL, set_up, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
