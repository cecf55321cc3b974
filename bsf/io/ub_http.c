/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/ub_http.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "rt/addr.h"
#include "rt/log.h"

enum { TICK_MS = 1000 };

struct bsf_ub_http {
    struct bsf_ub_http_parts parts;
    struct bsf_ub engine;
    void *memory;
    struct rt_timer *tick;
    size_t live; /* requests not yet answered */
    bool closing;
};

/* What is noted of a connection for its request. */
struct note {
    struct bsf_ub_via via;
    gba_tls_mk tls_mk;
    uint8_t address[16];
};

/* One request on its way; freed when it is answered. */
struct exchange {
    struct bsf_ub_http *ub;
    struct rt_http_tx *tx;
    const struct bsf_conf *conf;
    uint64_t log_run, begun_ns, asked_ns;
    void (*go_on)(struct exchange *x, const struct bsf_ub_event *event);
    struct bsf_ub_run run;
};

static void release(struct bsf_ub_http *ub)
{
    free(ub->memory);
    free(ub);
}

static void tell(const struct exchange *x)
{
    const struct bsf_ub_http_parts *parts = &x->ub->parts;
    if (parts->done)
        parts->done(parts->done_arg,
                    &(struct bsf_ub_http_done){gba_text_view(&x->run.impi), gba_text_view(&x->run.btid),
                                               x->run.expiry_s});
}

static void count_live(struct bsf_ub_http *ub, int by)
{
    ub->live += (size_t)by;
    ub->parts.seen->ub_live = ub->live;
}

static void on_forgotten(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    (void)arg;
    (void)rc;
    (void)found;
    (void)n;
}

/* What the audit log must know and does not, has not happened: the session goes again. */
static void take_back(struct exchange *x, gba_rc rc)
{
    const struct bsf_store *store = x->ub->parts.store;
    bsf_store_key key;
    bsf_ub_reply_refuse(x->conf, rc, &x->run.reply);
    if (bsf_key_of(BSF_KEY_BTID, gba_text_view(&x->run.btid), &key) == GBA_OK)
        store->del(store->self, &key, on_forgotten, NULL);
}

static void reply(struct exchange *x, const struct bsf_ub_order *order)
{
    struct bsf_ub_http *ub = x->ub;
    bool good = order->reply->status == 200;
    struct bsf_seen_ub seen = {
        .status = order->reply->status,
        .reason = order->reason,
        .impi = gba_text_view(&x->run.impi),
        .btid = good ? gba_text_view(&x->run.btid) : gba_view_cstr(NULL),
        .peer = rt_http_peer(x->tx),
        .expiry_s = x->run.expiry_s,
        .begun_ns = x->begun_ns,
    };
    gba_rc rc = good ? bsf_seen_bootstrap(&seen) : GBA_OK;
    if (rc != GBA_OK) {
        take_back(x, rc);
        seen.reason = rc;
        seen.status = x->run.reply.msg.status;
    } else if (good) {
        tell(x);
    }
    bsf_seen_ub(ub->parts.seen, rt_loop_env(ub->parts.loop), &seen);
    rt_http_reply(x->tx, rc == GBA_OK ? order->reply : &x->run.reply.msg);
    rt_live_drop(ub->parts.live, x->conf);
    bsf_ub_use(&ub->engine, rt_live_now(ub->parts.live)); /* the other may be gone */
    free(x);
    count_live(ub, -1);
    if (ub->closing && ub->live == 0)
        release(ub);
}

static void on_found(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct exchange *x = arg;
    (void)n;
    x->go_on(x, &(struct bsf_ub_event){.kind = BSF_UB_FOUND, .rc = rc, .found = found});
}

static void on_stored(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct exchange *x = arg;
    (void)found;
    (void)n;
    x->go_on(x, &(struct bsf_ub_event){.kind = BSF_UB_STORED, .rc = rc});
}

static void on_vector(void *arg, const struct bsf_zh_answer *answer)
{
    struct exchange *x = arg;
    bsf_seen_zh(x->ub->parts.seen, answer->rc, x->asked_ns);
    x->go_on(x, &(struct bsf_ub_event){.kind = BSF_UB_VECTOR,
                                       .rc = answer->rc,
                                       .maa = answer->maa,
                                       .retry_after_s = answer->retry_after_s});
}

static void obey(struct exchange *x, const struct bsf_ub_order *order)
{
    const struct bsf_ub_http_parts *parts = &x->ub->parts;
    const struct bsf_store *store = parts->store;
    switch (order->kind) {
    case BSF_UB_FIND:
        store->get(store->self, &order->key, on_found, x);
        return;
    case BSF_UB_STORE:
        store->put(store->self, &order->put, on_stored, x);
        return;
    case BSF_UB_ASK_HSS:
        x->asked_ns = uv_hrtime();
        bsf_zh_fd_ask(parts->zh, &order->zh, on_vector, x);
        return;
    case BSF_UB_REPLY:
        reply(x, order);
        return;
    }
}

static void go_on(struct exchange *x, const struct bsf_ub_event *event)
{
    struct bsf_ub_order order;
    uint64_t before = rt_log_run(x->log_run);
    bsf_ub_use(&x->ub->engine, x->conf);
    bsf_ub_step(&x->ub->engine, &x->run, rt_loop_env(x->ub->parts.loop), event, &order);
    x->log_run = x->run.via.run;
    rt_log_run(x->log_run);
    obey(x, &order);
    rt_log_run(before);
}

/*= TS 33.220 M.6.3: TLS_MK_Extr */
static void note_tls(const gba_text *label, struct rt_tls *tls, struct note *note)
{
    note->via.tls = true;
    if (rt_tls_export(tls, gba_text_view(label), note->tls_mk.b, sizeof note->tls_mk.b) == GBA_OK)
        note->via.tls_mk = &note->tls_mk;
}

/* The connection as the engine wants it; an address that the kernel did not tell stays absent.
 * On the connection's thread. */
static void note_via(const void *label, const struct rt_http_tx *tx, void *room)
{
    struct note *note = room;
    struct sockaddr_storage addr = {0};
    struct rt_tls *tls = rt_http_tls(tx);
    note->via = (struct bsf_ub_via){.tls = false};
    if (tls)
        note_tls(label, tls, note);
    if (rt_addr_parse(rt_http_peer(tx), &addr) != GBA_OK)
        return;
    if (addr.ss_family == AF_INET)
        note->via.address = gba_view_of(&((struct sockaddr_in *)&addr)->sin_addr, 4);
    else
        note->via.address = gba_view_of(&((struct sockaddr_in6 *)&addr)->sin6_addr, 16);
    gba_copy(note->address, note->via.address);
    note->via.address.p = note->address;
}

static void on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    static const struct gba_http_msg no_memory = {.status = 503, .minor = 1};
    struct bsf_ub_http *ub = arg;
    struct exchange *x = malloc(sizeof *x);
    if (!x) {
        rt_reasons_add(&ub->parts.seen->ub, GBA_E_MEMORY);
        rt_http_reply(tx, &no_memory);
        return;
    }
    x->ub = ub;
    x->tx = tx;
    x->conf = rt_live_hold(ub->parts.live);
    x->go_on = go_on;
    x->log_run = rt_log_run_new(rt_loop_env(ub->parts.loop));
    x->begun_ns = uv_hrtime();
    count_live(ub, 1);
    const struct note *note = rt_http_note(tx);
    struct bsf_ub_via via = note->via;
    via.run = x->log_run;
    go_on(x, &(struct bsf_ub_event){.kind = BSF_UB_REQUEST, .req = req, .via = &via});
}

struct rt_serve_handler bsf_ub_http_handler(struct bsf_ub_http *ub)
{
    return (struct rt_serve_handler){
        .fn = on_request,
        .arg = ub,
        .note = note_via,
        .note_arg = &ub->parts.conf->ub.digest_label,
        .note_n = sizeof(struct note),
    };
}

static void on_tick(void *arg)
{
    struct bsf_ub_http *ub = arg;
    bsf_ub_use(&ub->engine, rt_live_now(ub->parts.live));
    bsf_ub_tick(&ub->engine, rt_loop_env(ub->parts.loop));
    ub->tick = rt_timer_start(ub->parts.loop, TICK_MS, on_tick, ub);
}

gba_rc bsf_ub_http_open(const struct bsf_ub_http_parts *parts, struct bsf_ub_http **out)
{
    struct bsf_ub_http *ub = calloc(1, sizeof *ub);
    GBA_ENSURE(ub != NULL, GBA_E_MEMORY);
    ub->parts = *parts;
    ub->memory = malloc(bsf_ub_memory(parts->conf));
    ub->tick = rt_timer_start(parts->loop, TICK_MS, on_tick, ub);
    if (!ub->memory || !ub->tick)
        goto out;
    bsf_ub_init(&ub->engine, parts->conf, parts->ring, ub->memory, rt_loop_env(parts->loop));
    *out = ub;
    return GBA_OK;
out:
    rt_timer_cancel(ub->tick);
    release(ub);
    return GBA_E_MEMORY;
}

uint32_t bsf_ub_http_vectors_left(const struct bsf_ub_http *ub, gba_view impi)
{
    return bsf_limits_left(&ub->engine.limits, rt_loop_env(ub->parts.loop)->mono_ms, impi);
}

size_t bsf_ub_http_challenges(const struct bsf_ub_http *ub)
{
    return ub->engine.challenges.slots.n;
}

void bsf_ub_http_close(struct bsf_ub_http *ub)
{
    ub->closing = true;
    rt_timer_cancel(ub->tick);
    bsf_ub_wipe(&ub->engine);
    if (ub->live == 0)
        release(ub);
}
