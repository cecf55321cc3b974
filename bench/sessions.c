/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What many sessions cost: puts a second, look-ups a second, memory a session.
 *
 *   bench/sessions memory|lmdb|redis:ADDRESS:PORT SESSIONS [FEW]
 *
 * Sessions are as keystrap-bsf makes them: an IMPI of 49 octets, a TMPI, two user
 * security settings, sealed.  A look-up is what Zn does: the key of a B-TID, the
 * answer of the store, the record opened.  With FEW, another store in the same
 * process holds that many, and the two are looked up in turns; then the last figure
 * is how much more processor time a look-up takes in the large one
 * (of Redis: here, not in the server, which must be empty).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bsf/io/store_lmdb.h"
#include "bsf/io/store_mem.h"
#include "bsf/io/store_redis.h"
#include "bsf/session.h"
#include "gba/wire/names.h"
#include "gba/wire/uss_pack.h"

enum { AT_ONCE = 64, LOOK_UPS = 200000, TURNS = 10, LIFETIME_S = 86400 };

#define DOMAIN "bsf.mnc001.mcc001.pub.3gppnetwork.org"

static const char guss_xml[] =
    "<guss><ussList><uss id='1' type='1' nafGroup='A'><uids><uid>sip:user@ims.mnc001.mcc001.3gppnetwork.org"
    "</uid><uid>tel:+15550001</uid></uids><flags><flag>1</flag><flag>2</flag></flags></uss><uss id='4' "
    "type='4'>"
    "<uids><uid>001010123456789@ims.mnc001.mcc001.3gppnetwork.org</uid></uids><flags/></uss></ussList></"
    "guss>";

struct bench {
    struct rt_loop *loop;
    struct bsf_store store;
    uint32_t n; /* sessions in it */
    unsigned waiting, failed;
};

static struct bsf_sealer sealer;
static gba_seal_ring ring;
static uint8_t settings[1024];
static size_t settings_n;

static void die(const char *why)
{
    fprintf(stderr, "sessions: %s\n", why);
    exit(1);
}

static void need(gba_rc rc, const char *what)
{
    if (rc == GBA_OK)
        return;
    fprintf(stderr, "sessions: %s: %s\n", what, gba_rc_text(rc));
    exit(1);
}

static double now_s(void)
{
    return (double)uv_hrtime() / 1e9;
}

static size_t rss_mib(void)
{
    long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &size, &resident) != 2)
        die("no /proc/self/statm");
    fclose(f);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE) / 1024 / 1024;
}

/* ---- sessions ---- */

static void pack_settings(void)
{
    static max_align_t room[4096];
    struct gba_guss guss;
    gba_arena arena = gba_arena_of(room, sizeof room);
    gba_writer w = gba_writer_of(settings, sizeof settings);
    need(gba_guss_parse(gba_view_cstr(guss_xml), &arena, &guss), "settings");
    gba_put_uss_packed(&w, &guss);
    settings_n = w.n;
}

/* Spread over all octets, the same in each run. */
static void make_rand(uint32_t i, gba_rand *rand)
{
    uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15), y = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    gba_copy(rand->b, gba_view_of(&x, 8));
    gba_copy(rand->b + 8, gba_view_of(&y, 8));
}

static void make_session(const struct bench *b, uint32_t i, struct bsf_session *s)
{
    char impi[64];
    *s = (struct bsf_session){.tmpi = true, .created_s = gba_env_now_s(rt_loop_env(b->loop))};
    s->expiry_s = s->created_s + LIFETIME_S + i % LIFETIME_S;
    make_rand(i, &s->rand);
    gba_env_random(rt_loop_env(b->loop), s->ks.b, sizeof s->ks.b);
    snprintf(impi, sizeof impi, "00101%010u@ims.mnc001.mcc001.3gppnetwork.org", i);
    need(gba_text_set(&s->impi, gba_view_cstr(impi)), "IMPI");
    need(gba_text_set(&s->domain, GBA_LIT(DOMAIN)), "domain");
    s->settings = gba_view_of(settings, settings_n);
}

static void key_of(uint32_t i, bsf_store_key *key)
{
    gba_rand rand;
    gba_text btid;
    make_rand(i, &rand);
    need(gba_btid_make(&rand, GBA_LIT(DOMAIN), &btid), "B-TID");
    need(bsf_key_of(BSF_KEY_BTID, gba_text_view(&btid), key), "key");
}

/* ---- putting ---- */

static void on_put(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct bench *b = arg;
    (void)found;
    (void)n;
    b->waiting--;
    b->failed += rc != GBA_OK;
}

static void put(struct bench *b, uint32_t i)
{
    struct bsf_session s;
    gba_text tmpi;
    make_session(b, i, &s);
    struct bsf_store_put p = {.has_alias = true, .keep = 2, .expiry_ms = s.expiry_s * 1000};
    key_of(i, &p.key);
    need(bsf_session_tmpi(&s, &tmpi), "TMPI");
    need(bsf_key_of(BSF_KEY_TMPI, gba_text_view(&tmpi), &p.alias), "alias");
    need(bsf_owner_of(&ring.keys[0].key, gba_text_view(&s.impi), GBA_LIT(DOMAIN), &p.owner), "owner");
    need(bsf_session_seal(&sealer, rt_loop_env(b->loop), &p.key, &s, &p.record), "seal");
    b->waiting++;
    b->store.put(b->store.self, &p, on_put, b);
}

static void wait_until(struct bench *b, unsigned waiting)
{
    while (b->waiting > waiting)
        uv_run(rt_loop_uv(b->loop), UV_RUN_ONCE);
}

static void fill(struct bench *b, uint32_t n)
{
    double begin = now_s();
    for (b->n = 0; b->n < n; b->n++) {
        put(b, b->n);
        wait_until(b, AT_ONCE - 1);
    }
    wait_until(b, 0);
    double took = now_s() - begin;
    if (b->failed > 0)
        die("not all were kept");
    printf("%u sessions: %.0f puts/s (each made, sealed and kept)\n", n, n / took);
}

/* ---- looking up ---- */

struct look {
    struct bench *b;
    bool opens;
};

static void on_found(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    const struct look *look = arg;
    struct bsf_session s;
    look->b->waiting--;
    if (rc != GBA_OK || n != 1)
        look->b->failed++;
    else if (look->opens && bsf_session_open(&sealer, &found->key, found->record, &s) != GBA_OK)
        look->b->failed++;
}

/* Seconds by the clock and of this process. */
struct took {
    double wall, cpu;
};

static struct took now(void)
{
    return (struct took){now_s(), (double)clock() / CLOCKS_PER_SEC};
}

/* `count` look-ups of any sessions, `at_once` of them under way. */
static struct took look_up(struct look *look, uint32_t count, unsigned at_once)
{
    static uint32_t state = 1;
    struct bench *b = look->b;
    struct took begin = now();
    for (uint32_t i = 0; i < count; i++) {
        bsf_store_key key;
        state = state * 1664525 + 1013904223;
        key_of((uint32_t)((uint64_t)state * b->n >> 32), &key);
        b->waiting++;
        b->store.get(b->store.self, &key, on_found, look);
        wait_until(b, at_once - 1);
    }
    wait_until(b, 0);
    if (b->failed > 0)
        die("a look-up failed");
    struct took end = now();
    return (struct took){end.wall - begin.wall, end.cpu - begin.cpu};
}

/* The best of several turns, large and small one after the other. */
static void compare(struct bench *large, struct bench *small, bool opens, unsigned at_once)
{
    struct took best[2] = {{1e9, 1e9}, {1e9, 1e9}};
    for (int turn = 0; turn < TURNS; turn++) {
        for (int i = 0; i < (small ? 2 : 1); i++) {
            struct look look = {i == 0 ? large : small, opens};
            struct took took = look_up(&look, LOOK_UPS / TURNS, at_once);
            best[i].wall = took.wall < best[i].wall ? took.wall : best[i].wall;
            best[i].cpu = took.cpu < best[i].cpu ? took.cpu : best[i].cpu;
        }
    }
    const char *what = opens ? "look-ups with opening" : "look-ups of the store alone";
    double each = LOOK_UPS / TURNS;
    printf("%s, %u at once: %.0f/s with %u sessions", what, at_once, each / best[0].wall, large->n);
    if (small)
        printf(", %.0f/s with %u: %+.1f %%", each / best[1].wall, small->n,
               (best[0].cpu / best[1].cpu - 1) * 100);
    printf("\n");
}

/* ---- stores ---- */

static void open_redis(struct bench *b, gba_view address, uint32_t cap)
{
    static gba_text addresses[2];
    static struct bsf_conf_redis confs[2];
    static unsigned n;
    struct bsf_conf_redis *conf = &confs[n];
    need(gba_text_set(&addresses[n], address), "address");
    *conf = (struct bsf_conf_redis){
        .servers = {&addresses[n], 1}, .timeout_ms = 5000, .max_waiting = 2 * AT_ONCE};
    need(gba_text_set(&conf->prefix, n++ == 0 ? GBA_LIT("bench:0:") : GBA_LIT("bench:1:")), "prefix");
    need(bsf_store_redis_open(b->loop, conf, cap, &b->store), "open");
    while (!b->store.ready(b->store.self))
        uv_run(rt_loop_uv(b->loop), UV_RUN_ONCE);
}

static void open_lmdb(struct bench *b, uint32_t cap)
{
    gba_text why = {0};
    char folder[] = "/tmp/store.XXXXXX", path[32];
    if (!mkdtemp(folder))
        die("no folder below /tmp");
    snprintf(path, sizeof path, "%s/s", folder);
    struct bsf_store_lmdb_conf conf = {path, 16384, cap};
    need(bsf_store_lmdb_open(b->loop, &conf, &b->store, &why), why.s);
    printf("in %s\n", folder);
}

static void open_store(struct bench *b, const char *kind, uint32_t cap)
{
    gba_view word = gba_view_cstr(kind), redis = GBA_LIT("redis:");
    if (gba_view_eq(word, GBA_LIT("memory")))
        need(bsf_store_mem_open(b->loop, cap, &b->store), "open");
    else if (gba_view_eq(word, GBA_LIT("lmdb")))
        open_lmdb(b, cap);
    else if (gba_view_eq(gba_view_sub(word, 0, redis.n), redis))
        open_redis(b, gba_view_sub(word, redis.n, word.n), cap);
    else
        die("expected memory, lmdb or redis:ADDRESS:PORT");
}

int main(int argc, char **argv)
{
    static struct bench large, small;
    gba_seal_key key = {{7}};
    if (argc < 3)
        die("usage: sessions memory|lmdb|redis:ADDRESS:PORT SESSIONS [FEW]");
    need(rt_loop_new(&large.loop), "loop");
    small.loop = large.loop;
    need(gba_seal_ring_add(&ring, 1, &key), "key");
    sealer.ring = &ring;
    pack_settings();
    uint32_t n = (uint32_t)strtoul(argv[2], NULL, 10),
             few = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    open_store(&large, argv[1], n);
    if (few > 0) {
        open_store(&small, argv[1], n);
        fill(&small, few);
    }
    fill(&large, n);
    printf("resident memory of the process: %zu MiB\n", rss_mib());
    for (int i = 0; i < 4; i++)
        compare(&large, few > 0 ? &small : NULL, i % 2 == 1, i < 2 ? 1 : AT_ONCE);
    large.store.close(large.store.self);
    if (few > 0)
        small.store.close(small.store.self);
    rt_loop_free(large.loop);
    return 0;
}
