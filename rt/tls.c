/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gba/base/secret.h"
#include "gba/wire/hello.h"
#include "rt/tls_int.h"

/* ---- ends ---- */

static void destroy(struct rt_tls *tls)
{
    rt_tls_abandon(tls);
    rt_timer_cancel(tls->until);
    if (tls->done)
        tls->done(tls->data);
    if (tls->engine)
        tls->ops->free(tls);
    ASYNC_WAIT_CTX_free(tls->wait);
    rt_buf_free(&tls->hello);
    rt_tls_ctx_free(tls->ctx);
    rt_tls_ctx_free(tls->first);
    free(tls);
}

static void fail(struct rt_tls *tls, gba_rc rc)
{
    tls->state = RT_TLS_FAILED;
    tls->reason = rc;
    if (tls->hooks->refused && !tls->dead)
        tls->hooks->refused(tls->hooks->arg, tls, rc);
}

/* Why the handshake cannot go on: what was answered says more than what followed from it. */
static gba_rc cause(const struct rt_tls *tls)
{
    if (tls->refused != GBA_OK)
        return tls->refused;
    return tls->alerted ? GBA_E_TLS_ALERT : GBA_E_TLS_HANDSHAKE;
}

void rt_tls_ended(struct rt_tls *tls, gba_rc rc)
{
    tls->state = rc == GBA_OK ? RT_TLS_CLOSED : RT_TLS_FAILED;
    tls->reason = rc;
}

void rt_tls_shut(struct rt_tls *tls)
{
    if (tls->state == RT_TLS_HANDSHAKE || tls->state == RT_TLS_ASKING)
        fail(tls, cause(tls));
    if (tls->state != RT_TLS_OPEN)
        return;
    tls->ops->shut(tls);
    rt_tls_ended(tls, GBA_OK);
}

void rt_tls_lost(struct rt_tls *tls, gba_rc rc)
{
    if (tls->begun && (tls->state == RT_TLS_HANDSHAKE || tls->state == RT_TLS_ASKING))
        fail(tls, tls->refused != GBA_OK ? tls->refused : rc);
}

static void on_until(void *arg)
{
    struct rt_tls *tls = arg;
    tls->until = NULL;
    rt_tls_shut(tls);
    tls->wake(tls->owner);
}

/* ---- handshake ---- */

static gba_rc limit_life(struct rt_tls *tls)
{
    int64_t left = tls->peer.until_ms - rt_loop_env(tls->loop)->now_ms;
    if (tls->peer.until_ms == 0)
        return GBA_OK;
    tls->until = rt_timer_start(tls->loop, left > 0 ? (uint64_t)left : 0, on_until, tls);
    return tls->until ? GBA_OK : GBA_E_MEMORY;
}

static void opened(struct rt_tls *tls)
{
    tls->state = RT_TLS_OPEN;
    gba_rc rc = limit_life(tls);
    if (rc == GBA_OK && tls->hooks->open)
        rc = tls->hooks->open(tls->hooks->arg, tls);
    if (rc == GBA_OK)
        return;
    rt_tls_shut(tls);
    fail(tls, rc);
}

/* False when it was freed in a hook. */
static bool drive(struct rt_tls *tls)
{
    tls->driving = true;
    switch (rt_tls_run(tls)) {
    case RT_TLS_STEP_WAITS:
        tls->state = RT_TLS_ASKING;
        break;
    case RT_TLS_STEP_MORE:
        tls->state = RT_TLS_HANDSHAKE;
        break;
    case RT_TLS_STEP_DONE:
        opened(tls);
        break;
    case RT_TLS_STEP_BROKEN:
        fail(tls, cause(tls));
        break;
    }
    tls->driving = false;
    if (!tls->dead)
        return true;
    destroy(tls);
    return false;
}

void rt_tls_resume(struct rt_tls *tls)
{
    if (tls->state == RT_TLS_ASKING && drive(tls))
        tls->wake(tls->owner);
}

void rt_tls_start(struct rt_tls *tls)
{
    tls->begun = true;
    if (tls->state == RT_TLS_HANDSHAKE && !tls->driving)
        drive(tls);
}

/* ---- which engine ---- */

static gba_rc use_engine(struct rt_tls *tls, const struct rt_tls_ops *ops)
{
    tls->ops = ops;
    return ops->open(tls);
}

/* A client that can show a raw key, in a suite where one can be shown. */
static bool offers_raw(const struct gba_hello *hello)
{
    gba_view types = hello->client_cert_types;
    return gba_view_find(types, GBA_HELLO_RAW_KEY) < types.n &&
           (gba_hello_offers(hello, GBA_HELLO_ECDSA_CBC) || gba_hello_offers(hello, GBA_HELLO_ECDSA_CCM_8));
}

/* E_HELLO_MORE: not known yet.  Else what the client is, if it is a TLS client at all. */
static gba_rc read_hello(struct rt_tls *tls, bool *raw)
{
    struct gba_hello hello;
    struct rt_buf whole = {0};
    GBA_TRY(rt_buf_reserve(&whole, GBA_HELLO_MAX));
    gba_writer w = rt_buf_room(&whole, GBA_HELLO_MAX);
    gba_view octets = rt_buf_view(&tls->hello);
    gba_rc rc = tls->first->dtls ? gba_hello_dtls(octets, &hello) : gba_hello_tls(octets, &w, &hello);
    if (rc == GBA_OK)
        *raw = offers_raw(&hello);
    if (rc == GBA_OK && tls->first->dtls && !gba_ct_eq(hello.cookie, GBA_ARRAY(tls->cookie)))
        rc = GBA_E_HELLO;
    rt_buf_free(&whole);
    return rc;
}

/* A server with raw keys: the ClientHello tells whom the client is for.  What is
 * none is OpenSSL's to refuse; with DTLS nobody answers it. */
static gba_rc choose(struct rt_tls *tls, gba_view octets)
{
    bool raw = false;
    GBA_TRY(rt_buf_append(&tls->hello, octets));
    gba_rc rc = read_hello(tls, &raw);
    if (rc == GBA_E_MEMORY || rc == GBA_E_HELLO_MORE)
        return rc == GBA_E_MEMORY ? rc : GBA_OK;
    if (rc == GBA_OK || !tls->first->dtls) {
        GBA_TRY(use_engine(tls, raw ? tls->first->raw_ops : &rt_tls_ossl_ops));
        rc = tls->ops->feed(tls, rt_buf_view(&tls->hello));
    }
    rt_buf_free(&tls->hello);
    return rc == GBA_E_HELLO ? GBA_OK : rc;
}

static gba_rc feed(struct rt_tls *tls, gba_view octets)
{
    return tls->ops ? tls->ops->feed(tls, octets) : choose(tls, octets);
}

/* ---- life ---- */

gba_rc rt_tls_new(const struct rt_tls_new *conf, struct rt_tls **out)
{
    gba_rc rc = GBA_E_MEMORY;
    struct rt_tls *tls = calloc(1, sizeof *tls);
    GBA_ENSURE(tls, GBA_E_MEMORY);
    tls->loop = conf->loop;
    tls->first = rt_tls_ctx_hold(conf->ctx);
    tls->ctx = rt_tls_ctx_hold(conf->ctx);
    tls->hooks = conf->hooks;
    tls->wake = conf->wake;
    tls->owner = conf->owner;
    tls->peer.dtls = conf->ctx->dtls;
    tls->wait = ASYNC_WAIT_CTX_new();
    if (!tls->wait)
        goto out;
    rc = gba_text_set(&tls->peer.server_name, conf->server_name);
    if (rc == GBA_OK && conf->ctx->server && conf->ctx->dtls)
        rc = rt_tls_cookie(tls->ctx, conf->peer, tls->cookie);
    if (rc == GBA_OK && !(conf->ctx->server && conf->ctx->raw_ops))
        rc = use_engine(tls, conf->ctx->raw_ops ? conf->ctx->raw_ops : &rt_tls_ossl_ops);
out:
    if (rc != GBA_OK)
        destroy(tls);
    *out = rc == GBA_OK ? tls : NULL;
    return rc;
}

void rt_tls_free(struct rt_tls *tls)
{
    if (!tls || tls->dead)
        return;
    bool driving = tls->driving;
    tls->driving = true; /* the hook may free it too */
    if (!driving && tls->begun && (tls->state == RT_TLS_HANDSHAKE || tls->state == RT_TLS_ASKING))
        fail(tls, cause(tls));
    tls->dead = true;
    rt_tls_abandon(tls);
    tls->driving = driving;
    if (!driving)
        destroy(tls);
}

enum rt_tls_state rt_tls_state(const struct rt_tls *tls)
{
    return tls->state;
}

gba_rc rt_tls_reason(const struct rt_tls *tls)
{
    return tls->reason;
}

const struct rt_tls_peer *rt_tls_peer(const struct rt_tls *tls)
{
    return &tls->peer;
}

void rt_tls_keep(struct rt_tls *tls, void *data, void (*done)(void *data))
{
    tls->data = data;
    tls->done = done;
}

void *rt_tls_kept(const struct rt_tls *tls)
{
    return tls->data;
}

/* ---- octets ---- */

void rt_tls_feed(struct rt_tls *tls, gba_view octets)
{
    if (tls->state == RT_TLS_CLOSED || tls->state == RT_TLS_FAILED)
        return;
    gba_rc rc = feed(tls, octets);
    tls->begun = true;
    if (rc != GBA_OK && tls->state == RT_TLS_OPEN)
        rt_tls_ended(tls, rc);
    else if (rc != GBA_OK)
        fail(tls, rc);
    else if (tls->state == RT_TLS_HANDSHAKE && tls->ops && !tls->driving)
        drive(tls);
}

bool rt_tls_take(struct rt_tls *tls, struct rt_buf *out)
{
    return tls->ops && tls->ops->take(tls, out);
}

bool rt_tls_read(struct rt_tls *tls, struct rt_buf *out)
{
    return tls->state == RT_TLS_OPEN && tls->ops->read(tls, out);
}

gba_rc rt_tls_write(struct rt_tls *tls, gba_view plain)
{
    GBA_ENSURE(tls->state == RT_TLS_OPEN, GBA_E_TLS_STATE);
    return plain.n > 0 ? tls->ops->write(tls, plain) : GBA_OK;
}

int64_t rt_tls_timeout(const struct rt_tls *tls)
{
    bool runs = tls->state == RT_TLS_HANDSHAKE || tls->state == RT_TLS_OPEN;
    return runs && tls->ops && tls->peer.dtls ? tls->ops->timeout(tls) : -1;
}

void rt_tls_tick(struct rt_tls *tls)
{
    if (rt_tls_timeout(tls) < 0 || tls->ops->tick(tls))
        return;
    if (tls->state == RT_TLS_OPEN)
        rt_tls_ended(tls, GBA_E_TLS_BROKEN);
    else
        fail(tls, cause(tls));
}

gba_rc rt_tls_export(struct rt_tls *tls, gba_view label, uint8_t *out, size_t n)
{
    GBA_ENSURE(tls->state == RT_TLS_OPEN, GBA_E_TLS_STATE);
    return tls->ops->export(tls, label, out, n);
}
