/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE

#include "ue/io/peer.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "m2m/io/coap_client.h"
#include "rt/addr.h"
#include "rt/httpc.h"

enum { MAX_HEAD = 16 * 1024 };

struct ue_peer {
    const struct ue_peer_conf *conf;
    struct rt_loop *loop;
    struct rt_tls_ctx *ctx;
    struct rt_tls_hooks hooks;
    struct rt_httpc *http; /* over TLS */
    struct rt_dtls *dtls;  /* over DTLS; NULL once it ended */
    bool waiting;
    gba_rc rc;      /* of what was waited for */
    gba_rc refused; /* what a hook of ours said against the handshake */
    struct m2m_coap_client coap;
    ue_peer_fn *fn;
    void *fn_arg;
};

/* ---- waiting ---- */

static void finish(struct ue_peer *peer, gba_rc rc)
{
    if (!peer->waiting)
        return;
    peer->waiting = false;
    peer->rc = rc;
    rt_loop_stop(peer->loop);
}

/* Until finish, which may have been already. */
static gba_rc wait_for(struct ue_peer *peer)
{
    if (peer->waiting)
        rt_loop_run(peer->loop);
    return peer->rc;
}

/* ---- hooks ---- */

static gba_rc on_psk(void *arg, gba_view hint, uint16_t suite, struct rt_tls_psk *out)
{
    struct ue_peer *peer = arg;
    (void)hint; /* the identity says everything */
    peer->refused = peer->conf->psk(peer->conf->psk_arg, suite, out);
    return peer->refused;
}

/*= TS-0003 8.1.2.5 */
static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    struct ue_peer *peer = arg;
    struct m2m_shown chain = {
        .raw = shown->raw, .chain = shown->chain, .n = shown->n, .staple = shown->staple};
    gba_rc rc = GBA_E_CERT_FLAVOUR; /* nobody is expected by certificate */
    if (peer->conf->expect)
        rc = m2m_cert_check(peer->conf->expect, &chain, gba_env_now_s(rt_loop_env(peer->loop)));
    peer->refused = rc;
    rt_tls_answer(ask, &(struct rt_tls_answer){.rc = rc});
}

static gba_rc on_open(void *arg, struct rt_tls *tls)
{
    struct ue_peer *peer = arg;
    (void)tls;
    if (peer->conf->dtls)
        finish(peer, GBA_OK);
    return GBA_OK;
}

/* ---- connecting ---- */

/* The first address of the name. */
static gba_rc look_up(const struct ue_peer_conf *conf, gba_text *address)
{
    char port[8];
    uint8_t room[80];
    struct addrinfo *found, hints = {.ai_socktype = conf->dtls ? SOCK_DGRAM : SOCK_STREAM};
    snprintf(port, sizeof port, "%u", conf->port);
    GBA_ENSURE(getaddrinfo(conf->name.s, port, &hints, &found) == 0, GBA_E_CONNECT);
    gba_writer w = gba_writer_of(room, sizeof room);
    rt_addr_format(found->ai_addr, &w);
    freeaddrinfo(found);
    return gba_text_set(address, gba_writer_view(&w));
}

static gba_rc make_ctx(struct ue_peer *peer)
{
    static const char *const suites[2][2] = {
        {"ECDHE-ECDSA-AES128-SHA256", "PSK-AES128-CBC-SHA256"}, /* TS-0003 10.2.3, 10.2.2: TLS */
        {"ECDHE-ECDSA-AES128-CCM8", "PSK-AES128-CCM8"},         /* DTLS */
    };
    const struct ue_peer_conf *conf = peer->conf;
    struct rt_tls_ctx_conf ctx = {
        .dtls = conf->dtls,
        .suites = suites[conf->dtls][conf->psk != NULL],
        .cert_pem = conf->cert_pem,
        .key_pem = conf->key_pem,
        .raw_keys = conf->raw,
        .web = conf->web,
        .ca_pem = conf->ca_pem,
    };
    peer->hooks = (struct rt_tls_hooks){.arg = peer, .cert = on_cert, .open = on_open};
    if (conf->psk)
        peer->hooks.psk_client = on_psk;
    return rt_tls_ctx_new(&ctx, &peer->ctx);
}

static void on_connected(void *arg, gba_rc rc)
{
    finish(arg, rc);
}

static gba_rc connect_tls(struct ue_peer *peer, const gba_text *address)
{
    const struct ue_peer_conf *conf = peer->conf;
    struct rt_httpc_conf http = {
        .server = *address,
        .max_conns = 1,
        .max_queue = 1,
        .max_head = MAX_HEAD,
        .max_body = conf->max_body,
        .connect_ms = conf->timeout_ms,
        .answer_ms = conf->timeout_ms,
        .tls = peer->ctx,
        .tls_hooks = &peer->hooks,
        .tls_name = conf->name,
    };
    GBA_TRY(rt_httpc_open(peer->loop, &http, &peer->http));
    rt_httpc_connect(peer->http, on_connected, peer);
    return wait_for(peer);
}

static void on_datagram(void *arg, struct rt_dtls *session, gba_view octets)
{
    struct ue_peer *peer = arg;
    (void)session;
    m2m_coap_client_data(&peer->coap, octets);
}

static void on_end(void *arg, gba_rc rc)
{
    struct ue_peer *peer = arg;
    peer->dtls = NULL;
    m2m_coap_client_stop(&peer->coap);
    finish(peer, rc == GBA_OK ? GBA_E_PEER_GONE : rc);
}

static gba_rc connect_dtls(struct ue_peer *peer, const gba_text *address)
{
    struct rt_dtls_client_conf dtls = {
        .server = *address,
        .name = peer->conf->name,
        .ctx = peer->ctx,
        .hooks = &peer->hooks,
        .handshake_ms = peer->conf->timeout_ms,
    };
    GBA_TRY(rt_dtls_connect(peer->loop, &dtls, on_datagram, on_end, peer, &peer->dtls));
    return wait_for(peer);
}

static gba_rc open_peer(struct ue_peer *peer)
{
    gba_text address = peer->conf->address;
    if (address.n == 0)
        GBA_TRY(look_up(peer->conf, &address));
    GBA_TRY(rt_loop_new(&peer->loop));
    peer->coap.loop = peer->loop;
    GBA_TRY(make_ctx(peer));
    peer->waiting = true;
    gba_rc rc = peer->conf->dtls ? connect_dtls(peer, &address) : connect_tls(peer, &address);
    return rc != GBA_OK && peer->refused != GBA_OK ? peer->refused : rc;
}

gba_rc ue_peer_open(const struct ue_peer_conf *conf, struct ue_peer **out)
{
    struct ue_peer *peer = calloc(1, sizeof *peer);
    *out = NULL;
    GBA_ENSURE(peer, GBA_E_MEMORY);
    peer->conf = conf;
    gba_rc rc = open_peer(peer);
    if (rc == GBA_OK)
        *out = peer;
    else
        ue_peer_close(peer);
    return rc;
}

/* ---- use ---- */

gba_rc ue_peer_renew(struct ue_peer *peer)
{
    if (!peer->http || rt_httpc_tls(peer->http))
        return GBA_OK;
    peer->waiting = true;
    rt_httpc_connect(peer->http, on_connected, peer);
    return wait_for(peer);
}

static struct rt_tls *tls_of(struct ue_peer *peer)
{
    if (peer->http)
        return rt_httpc_tls(peer->http);
    return peer->dtls ? rt_dtls_tls(peer->dtls) : NULL;
}

gba_rc ue_peer_export(struct ue_peer *peer, gba_view label, uint8_t *out, size_t n)
{
    struct rt_tls *tls = tls_of(peer);
    return tls ? rt_tls_export(tls, label, out, n) : GBA_E_PEER_GONE;
}

uint16_t ue_peer_suite(struct ue_peer *peer)
{
    struct rt_tls *tls = tls_of(peer);
    return tls ? rt_tls_peer(tls)->suite : 0;
}

static void on_answer(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct ue_peer *peer = arg;
    peer->fn(peer->fn_arg, rc, rsp);
    peer->fn = NULL;
    finish(peer, GBA_OK);
}

/* As HTTP says the same. */
static void on_coap_answer(void *arg, gba_rc rc, const struct m2m_response *rsp)
{
    struct gba_http_msg http;
    uint8_t small[8];
    gba_writer scratch = gba_writer_of(small, sizeof small);
    if (rsp)
        m2m_response_to_http(rsp, &scratch, &http);
    on_answer(arg, rc, rsp ? &http : NULL);
}

static gba_rc request_coap(struct ue_peer *peer, const struct gba_http_msg *http)
{
    uint8_t octets[M2M_COAP_REQUEST_MAX];
    gba_writer room = gba_writer_of(octets, sizeof octets);
    struct m2m_request req;
    const struct m2m_coap_asking asking = {&req, peer->conf->timeout_ms, on_coap_answer, peer};
    GBA_ENSURE(peer->dtls, GBA_E_PEER_GONE);
    GBA_TRY(m2m_request_of_http(http, &room, &req));
    GBA_TRY(m2m_coap_ask(&peer->coap, peer->dtls, &asking));
    return wait_for(peer);
}

void ue_peer_request(struct ue_peer *peer, const struct gba_http_msg *req, ue_peer_fn *fn, void *arg)
{
    struct gba_http_msg msg = *req;
    gba_rc rc = GBA_OK;
    if (!gba_http_field_get(req, GBA_LIT("Host")).p)
        rc = gba_http_field_add(&msg, GBA_LIT("Host"), gba_text_view(&peer->conf->name));
    peer->fn = fn;
    peer->fn_arg = arg;
    peer->waiting = true;
    if (rc == GBA_OK && peer->http) {
        rt_httpc_request(peer->http, &msg, on_answer, peer);
        rc = wait_for(peer);
    } else if (rc == GBA_OK) {
        rc = request_coap(peer, &msg);
    }
    peer->waiting = false;
    if (peer->fn) /* not answered */
        fn(arg, rc, NULL);
    peer->fn = NULL;
}

void ue_peer_close(struct ue_peer *peer)
{
    if (!peer)
        return;
    if (peer->http)
        rt_httpc_close(peer->http);
    m2m_coap_client_stop(&peer->coap);
    if (peer->dtls)
        rt_dtls_close(peer->dtls);
    if (peer->loop)
        rt_loop_free(peer->loop);
    if (peer->ctx)
        rt_tls_ctx_free(peer->ctx);
    free(peer);
}
