/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of Zh routing on the bench: three HSS, an SLF, and a clock that stands still. */
#pragma once

#include "bsf/zh_route.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

#define IMPI "user@ims.one.example"

static struct fake_world world;
static struct bsf_conf conf;
static struct bsf_conf_zh_route routes[3];
static struct bsf_conf_zh_host hosts[3], slf;
static struct gba_conf_peer peers[6];
static struct bsf_zh_route zr;
static struct bsf_zh_run run;
static struct bsf_zh_order order;
static struct dia_maa maa;
static void *memory;

static inline void set(gba_text *t, const char *s)
{
    T_OK(gba_text_set(t, gba_view_cstr(s)));
}

static inline void open_engine(void)
{
    free(memory);
    memory = malloc(bsf_zh_route_memory(&conf));
    CU_ASSERT_FATAL(memory != NULL);
    bsf_zh_route_init(&zr, &conf, memory, &world.env);
}

static inline void set_up(void)
{
    static const char *const names[] = {"hss1.example", "hss2.example", "hss3.example", "slf.example",
                                        "hss9.example"};
    memset(&conf, 0, sizeof conf);
    memset(routes, 0, sizeof routes);
    memset(hosts, 0, sizeof hosts);
    memset(peers, 0, sizeof peers);
    memset(&maa, 0, sizeof maa);
    fake_world_init(&world);
    set(&conf.diameter.identity, "bsf.example");
    set(&conf.diameter.realm, "example");
    conf.diameter.timeout_ms = 1000;
    for (size_t i = 0; i < 5; i++) {
        set(&peers[i].identity, names[i]);
        set(&peers[i].address, "127.0.0.1:3868");
    }
    conf.diameter.peers = (struct gba_opt_list){peers, 5};
    for (size_t i = 0; i < 3; i++) {
        set(&hosts[i].identity, names[i]);
        hosts[i].application = DIA_APP_ZH;
    }
    set(&slf.identity, "slf.example");
    slf.application = DIA_APP_ZH;
    set(&routes[0].domain, "ims.one.example");
    set(&routes[0].realm, "one.example");
    routes[0].hosts = (struct gba_opt_list){hosts, 3};
    set(&routes[1].domain, "ims.two.example");
    set(&routes[1].realm, "two.example");
    set(&routes[2].domain, "ims.slf.example");
    set(&routes[2].realm, "slf.example");
    routes[2].hosts = (struct gba_opt_list){&slf, 1};
    conf.zh = (struct bsf_conf_zh){
        .routes = {routes, 3},
        .timeout_ms = 6000,
        .attempts = 3,
        .backoff_ms = 2000,
        .max_waiting = 10,
        .redirect_cache = 4,
        .overload = true,
        .overload_max_s = 300,
    };
    open_engine();
}

static inline void tear_down(void)
{
    free(memory);
    memory = NULL;
}

/* ---- what happens ---- */

static inline void ask(const char *impi)
{
    struct bsf_zh_ask what = {.impi = gba_view_cstr(impi)};
    bsf_zh_route_ask(&zr, &run, &world.env, &what, &order);
}

static inline void ask_resync(void)
{
    static const gba_rand rand = {{1}};
    static const gba_auts auts = {{2}};
    struct bsf_zh_ask what = {.impi = GBA_LIT(IMPI), .auts = &auts, .rand = &rand};
    bsf_zh_route_ask(&zr, &run, &world.env, &what, &order);
}

/* The transport says this, or the answer in maa is decoded. */
static inline void get(gba_rc rc)
{
    struct bsf_zh_got got = {rc, rc == GBA_OK ? &maa : NULL};
    bsf_zh_route_answer(&zr, &run, &world.env, &got, &order);
}

static inline void answer(uint32_t code)
{
    maa.result = (struct dia_result){false, code};
    maa.said = code;
    maa.has_vector = code == DIA_SUCCESS;
    maa.vector.xres.n = 8;
    get(GBA_OK);
}

static inline void answer_experimental(uint32_t code)
{
    maa.result = (struct dia_result){true, code};
    maa.said = code;
    maa.has_vector = false;
    get(GBA_OK);
}

static inline void time_out(void)
{
    fake_world_pass(&world, order.timeout_ms);
    get(GBA_E_DIA_TIMEOUT);
}

static inline void answer_redirect(const char *to, uint32_t usage, uint32_t cache_s)
{
    maa.redirect_hosts[0] = gba_view_cstr(to);
    maa.n_redirects = 1;
    maa.redirect_usage = usage;
    maa.redirect_cache_s = cache_s;
    answer(DIA_REDIRECT_INDICATION);
}

/* ---- what is expected ---- */

static inline void sent_to(const char *host)
{
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_ZH_SEND);
    T_STR(order.mar.route.dest_host, host);
}

static inline void done(gba_rc reason)
{
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_ZH_DONE);
    T_RC(order.reason, reason);
}

static inline void good_from(const char *host)
{
    sent_to(host);
    answer(DIA_SUCCESS);
    done(GBA_OK);
    CU_ASSERT_PTR_EQUAL(order.maa, &maa);
}

static inline struct bsf_zh_host *host(const char *name)
{
    struct bsf_zh_host *h = bsf_zh_hosts_find(&zr.hosts, gba_view_cstr(name), GBA_LIT(""));
    CU_ASSERT_FATAL(h != NULL);
    return h;
}
