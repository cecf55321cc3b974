/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/load.h"

struct load {
    struct rt_loop *loop;
    const struct load_conf *conf;
    struct load_stats *stats, *challenges;
    struct rt_httpc *bsf, *naf;
    struct ue_boot_conf boot_conf;
    struct ue_ua_conf ua_conf;
    uint32_t next_subscriber;
    uint32_t started; /* runs begun */
    uint32_t working; /* devices that are not done */
    bool over;
    struct rt_timer *end, *tick, *pace;
    struct device *idle; /* with a rate: devices that wait for their time to begin */
    uint64_t begun;      /* runs that began, or should have */
};

struct device {
    struct load *load;
    struct ue_boot boot;
    struct ue_ua ua;
    uint64_t since_ns;
    bool challenged;
    bool called; /* with a rate: its time has come */
    struct ue_keys keys;
    struct device *next_idle;
};

static const gba_env *now(const struct device *d)
{
    return rt_loop_env(d->load->loop);
}

gba_rc load_impi(const struct load_conf *conf, uint32_t i, gba_text *imsi, gba_text *impi)
{
    uint64_t first;
    GBA_TRY(gba_dec_parse(gba_text_view(&conf->imsi), UINT64_MAX, &first));
    gba_writer w = gba_writer_of(imsi->s, GBA_TEXT_MAX);
    gba_put_dec_fill(&w, first + i, conf->imsi.n);
    imsi->n = (uint16_t)w.n;
    imsi->s[w.n] = 0;
    return gba_impi_from_imsi(gba_text_view(imsi), conf->mnc_n, impi);
}

static void stop_if_idle(struct load *load)
{
    if (load->working > 0)
        return; /* else all is over, or no device could begin */
    load->stats->ended_ns = load->challenges->ended_ns = uv_hrtime();
    rt_timer_cancel(load->end);
    rt_timer_cancel(load->tick);
    rt_timer_cancel(load->pace);
    rt_loop_stop(load->loop);
}

/* May another run begin?  Counts it when it may. */
static bool begin(struct device *d)
{
    struct load *load = d->load;
    if (load->conf->count > 0 && load->started == load->conf->count)
        load->over = true;
    if (load->over) {
        load->working--;
        stop_if_idle(load);
        return false;
    }
    if (load->conf->rate > 0 && !d->called) {
        d->next_idle = load->idle;
        load->idle = d;
        return false;
    }
    d->called = false;
    d->challenged = false;
    load->started++;
    d->since_ns = uv_hrtime();
    return true;
}

static void measure(struct device *d, gba_rc rc)
{
    load_stats_add(d->load->stats, rc, (uv_hrtime() - d->since_ns) / 1000);
}

/* ---- bootstrapping ---- */

/* The card is free of charge: AKA is computed here, and any SQN is accepted. */
static gba_rc ask_card(const struct device *d, const struct ue_boot_order *order, struct uicc_auth *auth)
{
    struct gba_aka_checked checked;
    GBA_TRY(gba_aka_check(&d->load->conf->key, order->rand, order->autn, &checked));
    *auth = (struct uicc_auth){.res = checked.av.xres, .ck = checked.av.ck, .ik = checked.av.ik};
    gba_wipe(&checked);
    return GBA_OK;
}

static gba_rc boot_begin(struct device *d)
{
    struct load *load = d->load;
    struct ue_keys who = {.app = UICC_APP_USIM};
    gba_text imsi;
    GBA_TRY(load_impi(load->conf, load->next_subscriber++ % load->conf->subscribers, &imsi, &who.impi));
    ue_boot_init(&d->boot, &load->boot_conf, &who, NULL);
    return GBA_OK;
}

/* Let the run have an event; true when it ended, and how. */
static bool boot_drive(struct device *d, struct ue_boot_event event, rt_httpc_fn *on_http, gba_rc *rc)
{
    struct ue_boot_order order;
    struct uicc_auth auth = {0};
    for (;;) {
        ue_boot_step(&d->boot, now(d), &event, &order);
        gba_wipe(&auth);
        if (order.kind == UE_BOOT_SEND) {
            rt_httpc_request(d->load->bsf, order.msg, on_http, d);
            return false;
        }
        if (order.kind != UE_BOOT_CHALLENGE) {
            *rc = order.kind == UE_BOOT_DONE ? order.reason : GBA_E_BUG;
            return true;
        }
        if (!d->challenged && d->load->conf->mode == LOAD_BOOTSTRAP)
            load_stats_add(d->load->challenges, GBA_OK, (uv_hrtime() - d->since_ns) / 1000);
        d->challenged = true;
        event = (struct ue_boot_event){.kind = UE_BOOT_CARD, .auth = &auth};
        event.rc = ask_card(d, &order, &auth);
    }
}

static void on_boot_http(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct device *d = arg;
    struct ue_boot_event event = {.kind = UE_BOOT_HTTP, .rc = rc, .response = rsp};
    while (boot_drive(d, event, on_boot_http, &rc)) {
        measure(d, rc);
        if (!begin(d))
            return;
        event = (struct ue_boot_event){.kind = UE_BOOT_START};
        event.rc = boot_begin(d);
    }
}

/* ---- a given rate ---- */

enum { PACE_MS = 1 };

static void call(struct device *d)
{
    struct ue_boot_event event = {.kind = UE_BOOT_START};
    gba_rc rc;
    d->called = true;
    if (!begin(d))
        return;
    event.rc = boot_begin(d);
    if (boot_drive(d, event, on_boot_http, &rc))
        measure(d, rc);
}

/* What could not begin for want of a device is not made up for. */
static void on_pace(void *arg)
{
    struct load *load = arg;
    uint64_t due = (uv_hrtime() - load->stats->started_ns) / 1000 * load->conf->rate / 1000000;
    for (; load->begun < due && load->idle; load->begun++) {
        struct device *d = load->idle;
        load->idle = d->next_idle;
        call(d);
    }
    load->begun = due;
    load->pace = load->over ? NULL : rt_timer_start(load->loop, PACE_MS, on_pace, load);
}

/* ---- NAF: bootstrap once, then one request after the other with that key ---- */

static gba_rc ua_drive(struct device *d, struct ue_ua_event event, rt_httpc_fn *on_http, bool *ended)
{
    struct ue_ua_order order;
    gba_ks_naf ks_naf;
    *ended = false;
    for (;;) {
        ue_ua_step(&d->ua, now(d), &event, &order);
        if (order.kind == UE_UA_SEND) {
            rt_httpc_request(d->load->naf, order.msg, on_http, d);
            return GBA_OK;
        }
        if (order.kind == UE_UA_DONE) {
            *ended = true;
            return order.reason;
        }
        event = (struct ue_ua_event){
            .kind = UE_UA_KEY_READY, .btid = gba_text_view(&d->keys.btid), .ks_naf = &ks_naf};
        event.rc = order.fresh ? GBA_E_NAF_BTID_UNKNOWN : ue_keys_derive(&d->keys, order.naf, &ks_naf);
    }
}

static const struct ue_ua_request document = {
    .method = {(const uint8_t *)"GET", 3},
    .target = {(const uint8_t *)"/load", 5},
};

static void on_ua_http(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct device *d = arg;
    struct ue_ua_event event = {.kind = UE_UA_HTTP, .rc = rc, .response = rsp};
    bool ended = false;
    for (rc = ua_drive(d, event, on_ua_http, &ended); ended; rc = ua_drive(d, event, on_ua_http, &ended)) {
        measure(d, rc);
        if (!begin(d))
            return;
        event = (struct ue_ua_event){.kind = UE_UA_START, .request = &document};
    }
}

/* The first run is not measured: it only gives the device its key. */
static void on_first_boot_http(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct device *d = arg;
    struct ue_boot_event event = {.kind = UE_BOOT_HTTP, .rc = rc, .response = rsp};
    bool ended;
    if (!boot_drive(d, event, on_first_boot_http, &rc))
        return;
    d->keys = d->boot.result;
    ue_ua_init(&d->ua, &d->load->ua_conf);
    if (!begin(d))
        return;
    if (rc == GBA_OK)
        rc = ua_drive(d, (struct ue_ua_event){.kind = UE_UA_START, .request = &document}, on_ua_http, &ended);
    if (rc != GBA_OK) {
        measure(d, rc);
        d->load->working--;
        stop_if_idle(d->load);
    }
}

/* ---- the whole ---- */

static void on_end(void *arg)
{
    struct load *load = arg;
    load->end = NULL;
    load->over = true;
    for (; load->idle; load->idle = load->idle->next_idle)
        load->working--;
    stop_if_idle(load);
}

static void on_tick(void *arg)
{
    struct load *load = arg;
    fprintf(stderr, "\r%zu done, %llu failed, %.0f s ", load->stats->n,
            (unsigned long long)load_stats_failed(load->stats),
            (double)(uv_hrtime() - load->stats->started_ns) / 1e9);
    load->tick = load->over ? NULL : rt_timer_start(load->loop, 1000, on_tick, load);
}

static gba_rc open_client(struct load *load, const gba_text *server, struct rt_httpc **out)
{
    struct rt_httpc_conf conf = {
        .server = *server,
        .max_conns = load->conf->concurrency,
        .max_queue = load->conf->concurrency,
        .max_head = 8192,
        .max_body = 65536,
        .connect_ms = 5000,
        .answer_ms = 30000,
    };
    return rt_httpc_open(load->loop, &conf, out);
}

static gba_rc start_device(struct load *load, struct device *d)
{
    gba_rc rc = GBA_OK;
    bool naf = load->conf->mode == LOAD_NAF;
    d->load = load;
    load->working++;
    if (!naf && !begin(d))
        return GBA_OK;
    GBA_TRY(boot_begin(d));
    if (boot_drive(d, (struct ue_boot_event){.kind = UE_BOOT_START}, naf ? on_first_boot_http : on_boot_http,
                   &rc))
        return rc;
    return GBA_OK;
}

static gba_rc start_all(struct load *load, struct device *devices)
{
    const struct load_conf *conf = load->conf;
    GBA_TRY(open_client(load, &conf->bsf, &load->bsf));
    if (conf->mode == LOAD_NAF)
        GBA_TRY(open_client(load, &conf->naf, &load->naf));
    load->stats->started_ns = load->challenges->started_ns = uv_hrtime();
    if (conf->seconds > 0)
        load->end = rt_timer_start(load->loop, 1000ULL * conf->seconds, on_end, load);
    if (conf->rate > 0)
        load->pace = rt_timer_start(load->loop, PACE_MS, on_pace, load);
    if (isatty(STDERR_FILENO))
        load->tick = rt_timer_start(load->loop, 1000, on_tick, load);
    for (uint32_t i = 0; i < conf->concurrency; i++)
        GBA_TRY(start_device(load, &devices[i]));
    return GBA_OK;
}

gba_rc load_run(struct rt_loop *loop, const struct load_conf *conf, struct load_stats *stats,
                struct load_stats *challenges)
{
    struct load load = {
        .loop = loop,
        .conf = conf,
        .stats = stats,
        .challenges = challenges,
        .boot_conf = {.bsf = gba_text_view(&conf->bsf_host),
                      .host = gba_text_view(&conf->bsf_host),
                      .product = GBA_LIT("keystrap-load"),
                      .max_resyncs = 2},
        .ua_conf = {.host = gba_text_view(&conf->naf_host),
                    .authority = gba_text_view(&conf->naf_host),
                    .product = GBA_LIT("keystrap-load"),
                    .ua = gba_uaid_http_digest},
    };
    struct device *devices = calloc(conf->concurrency, sizeof *devices);
    GBA_ENSURE(devices != NULL, GBA_E_MEMORY);
    gba_rc rc = start_all(&load, devices);
    if (rc == GBA_OK)
        rt_loop_run(loop);
    if (load.bsf)
        rt_httpc_close(load.bsf);
    if (load.naf)
        rt_httpc_close(load.naf);
    gba_wipe_bytes(devices, conf->concurrency * sizeof *devices);
    free(devices);
    return rc;
}
