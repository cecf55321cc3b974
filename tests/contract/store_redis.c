/* SPDX-License-Identifier: Apache-2.0 */
/* The Redis store over a real redis-server of the test's own; the program whose name ends with
 * _tls does so over TLS. */
#include "bsf/io/store_redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/store.h"
#include "tests/lib/pki.h"
#include "tests/lib/redis_server.h"

static struct redis_server server;
static struct bsf_conf_redis conf;
static gba_text address;

/* A prefix of its own is an empty store. */
static gba_rc open_store(struct rt_loop *loop, uint32_t cap, struct bsf_store *out)
{
    static unsigned n;
    char prefix[32];
    snprintf(prefix, sizeof prefix, "contract:%u:", ++n);
    GBA_TRY(gba_text_set(&conf.prefix, gba_view_cstr(prefix)));
    GBA_TRY(bsf_store_redis_open(loop, &conf, cap, out));
    /* Records may live shorter than a handshake takes. */
    int64_t until_ms = rt_loop_env(loop)->mono_ms + 10000;
    while (!out->ready(out->self) && rt_loop_env(loop)->mono_ms < until_ms)
        uv_run(rt_loop_uv(loop), UV_RUN_ONCE);
    return GBA_OK;
}

static bool start_plain(void)
{
    return redis_server_start(&server, NULL);
}

static bool start_tls(void)
{
    char cert[256], key[256], ca[256];
    t_pki("ca ca");
    t_pki("fqdn redis ca redis.example");
    snprintf(cert, sizeof cert, "%s/redis.pem", t_pki_dir());
    snprintf(key, sizeof key, "%s/redis.key", t_pki_dir());
    snprintf(ca, sizeof ca, "%s/ca.pem", t_pki_dir());
    const char *const more[] = {"--tls-cert-file",
                                cert,
                                "--tls-key-file",
                                key,
                                "--tls-ca-cert-file",
                                ca,
                                "--tls-auth-clients",
                                "no",
                                NULL};
    server.tls = true;
    return gba_text_set(&conf.tls.ca, gba_view_cstr(ca)) == GBA_OK &&
           gba_text_set(&conf.tls.name, GBA_LIT("redis.example")) == GBA_OK &&
           redis_server_start(&server, more);
}

int main(int argc, char **argv)
{
    bool tls = argc > 0 && gba_view_ends(gba_view_cstr(argv[0]), GBA_LIT("_tls"));
    const struct store_contract contract = {tls ? "Redis store over TLS" : "Redis store", open_store, true};
    if (!redis_server_exists()) {
        puts("1..0 # SKIP there is no redis-server");
        return 0;
    }
    conf = (struct bsf_conf_redis){.servers = {&address, 1}, .timeout_ms = 5000, .max_waiting = 100000};
    if (!(tls ? start_tls() : start_plain()) ||
        gba_text_set(&address, gba_view_cstr(server.address)) != GBA_OK)
        return 1;
    int code = store_contract_run(&contract);
    redis_server_end(&server);
    return code;
}
