/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verify function runs inside of gnutls_handshake, and that in a job: like
 * OpenSSL's callbacks it simply waits there for the answer of the hook.
 */
#include "rt/tls_gnu.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "gba/wire/hello.h"
#include "rt/tls_port.h"

enum {
    READ_MAX = 16384,
    PRIORITIES_MAX = 512,
    RETRANSMIT_MS = 1000, /* RFC 6347 4.2.4.1 */
    GIVE_UP_MS = 60000,
    UNRECOGNIZED_NAME = 112, /* RFC 6066 3 */
};

struct rt_tls_gnu {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities;
};

struct engine {
    gnutls_session_t session;
    struct rt_tls_port port;
    bool ticking;    /* this is no step: nothing can be asked */
    uint8_t refusal; /* the alert that tells why we refused; 0: we did not */
};

static struct rt_tls *of(gnutls_session_t session)
{
    return gnutls_session_get_ptr(session);
}

static gnutls_datum_t datum(gba_view v)
{
    return (gnutls_datum_t){(unsigned char *)v.p, (unsigned)v.n};
}

/* ---- questions ---- */

static gba_rc show(gnutls_session_t session, struct rt_tls_shown *shown)
{
    unsigned n = 0;
    gnutls_datum_t staple = {NULL, 0};
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
    GBA_ENSURE(chain && n > 0 && n <= RT_TLS_CHAIN_MAX, GBA_E_CERT_PATH);
    *shown = (struct rt_tls_shown){
        .raw = gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) == GNUTLS_CRT_RAWPK, .n = n};
    for (unsigned i = 0; i < n; i++)
        shown->chain[i] = gba_view_of(chain[i].data, chain[i].size);
    if (!of(session)->first->server && gnutls_ocsp_status_request_get(session, &staple) == 0)
        shown->staple = gba_view_of(staple.data, staple.size);
    return GBA_OK;
}

static int on_verify(gnutls_session_t session)
{
    struct rt_tls *tls = of(session);
    struct engine *e = tls->engine;
    struct rt_tls_shown shown;
    if (e->ticking)
        return GNUTLS_E_INTERRUPTED; /* step asks */
    gba_rc rc = show(session, &shown);
    if (rc == GBA_OK)
        rc = rt_tls_ask_cert(tls, &shown);
    else
        tls->refused = rc;
    if (rc != GBA_OK) {
        e->refusal = rt_tls_alert(tls, rc);
        return GNUTLS_E_CERTIFICATE_ERROR;
    }
    tls->peer.raw = shown.raw;
    return 0;
}

static int on_staple(gnutls_session_t session, void *arg, gnutls_datum_t *out)
{
    const struct rt_tls_ctx *ctx = arg;
    (void)session;
    out->data = ctx->staple.n > 0 ? gnutls_malloc(ctx->staple.n) : NULL;
    if (!out->data)
        return GNUTLS_E_NO_CERTIFICATE_STATUS;
    gba_copy(out->data, rt_buf_view(&ctx->staple));
    out->size = (unsigned)ctx->staple.n;
    return 0;
}

static int on_hello(gnutls_session_t session)
{
    char name[GBA_TEXT_MAX + 1];
    size_t n = sizeof name;
    unsigned type = 0;
    struct rt_tls *tls = of(session);
    struct engine *e = tls->engine;
    int r = gnutls_server_name_get(session, name, &n, &type, 0);
    bool none = r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
    gba_rc rc = r == 0 || none ? rt_tls_ask_sni(tls, gba_view_of(name, none ? 0 : n)) : GBA_E_TLS_NAME;
    if (rc == GBA_OK && tls->ctx->gnu &&
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->ctx->gnu->credentials) == 0)
        return 0;
    e->refusal = UNRECOGNIZED_NAME;
    return GNUTLS_E_UNRECOGNIZED_NAME;
}

/* ---- contexts ---- */

static gba_view next_suite(gba_view *list)
{
    gba_view head;
    if (!gba_view_split(*list, ':', &head, list))
        *list = gba_view_of(NULL, 0);
    return head;
}

/*= TS-0003 10.2.3, RFC 7250 */
static gba_rc set_priorities(struct rt_tls_gnu *gnu, const struct rt_tls_ctx_conf *conf)
{
    char text[PRIORITIES_MAX];
    gba_writer w = gba_writer_of(text, sizeof text);
    gba_view rest = gba_view_cstr(conf->suites);
    size_t n = 0;
    gba_put_str(&w, conf->dtls ? "NONE:+VERS-DTLS1.2" : "NONE:+VERS-TLS1.2");
    gba_put_str(&w, ":+COMP-NULL:+ECDHE-ECDSA:+GROUP-SECP256R1:+SIGN-ECDSA-SHA256"
                    ":+CTYPE-CLI-RAWPK:+CTYPE-SRV-X509:+CTYPE-SRV-RAWPK");
    while (rest.n > 0) {
        gba_view suite = next_suite(&rest);
        bool cbc = gba_view_eq(suite, GBA_LIT("ECDHE-ECDSA-AES128-SHA256"));
        bool ccm = gba_view_eq(suite, GBA_LIT("ECDHE-ECDSA-AES128-CCM8"));
        gba_put_str(&w, cbc ? ":+AES-128-CBC:+SHA256" : ccm ? ":+AES-128-CCM-8:+AEAD" : "");
        n += cbc || ccm;
    }
    gba_put_u8(&w, 0);
    GBA_ENSURE(n > 0 && gba_writer_end(&w) == GBA_OK, GBA_E_TLS_CONF);
    return gnutls_priority_init(&gnu->priorities, text, NULL) == 0 ? GBA_OK : GBA_E_TLS_CONF;
}

/* The public half of a private key in PEM, in PEM. */
static bool public_of(const gnutls_datum_t *key, gnutls_datum_t *out)
{
    gnutls_privkey_t private = NULL;
    gnutls_pubkey_t public = NULL;
    bool ok = gnutls_privkey_init(&private) == 0 && gnutls_pubkey_init(&public) == 0 &&
              gnutls_privkey_import_x509_raw(private, key, GNUTLS_X509_FMT_PEM, NULL, 0) == 0 &&
              gnutls_pubkey_import_privkey(public, private, 0, 0) == 0 &&
              gnutls_pubkey_export2(public, GNUTLS_X509_FMT_PEM, out) == 0;
    gnutls_pubkey_deinit(public);
    gnutls_privkey_deinit(private);
    return ok;
}

static gba_rc set_own(struct rt_tls_gnu *gnu, const struct rt_tls_ctx_conf *conf)
{
    gnutls_datum_t cert = datum(conf->cert_pem), key = datum(conf->key_pem), public = {NULL, 0};
    GBA_ENSURE(key.size > 0 && public_of(&key, &public), GBA_E_TLS_CONF);
    bool ok = gnutls_certificate_set_rawpk_key_mem(gnu->credentials, &public, &key, GNUTLS_X509_FMT_PEM, NULL,
                                                   0, NULL, 0, 0) == 0;
    if (ok && conf->server)
        ok = cert.size > 0 &&
             gnutls_certificate_set_x509_key_mem(gnu->credentials, &cert, &key, GNUTLS_X509_FMT_PEM) >= 0;
    gnutls_free(public.data);
    return ok ? GBA_OK : GBA_E_TLS_CONF;
}

gba_rc rt_tls_gnu_new(struct rt_tls_ctx *ctx, const struct rt_tls_ctx_conf *conf)
{
    ctx->gnu = calloc(1, sizeof *ctx->gnu);
    GBA_ENSURE(ctx->gnu && gnutls_certificate_allocate_credentials(&ctx->gnu->credentials) == 0,
               GBA_E_MEMORY);
    GBA_TRY(set_priorities(ctx->gnu, conf));
    GBA_TRY(set_own(ctx->gnu, conf));
    gnutls_certificate_set_verify_function(ctx->gnu->credentials, on_verify);
    if (conf->server)
        gnutls_certificate_set_ocsp_status_request_function(ctx->gnu->credentials, on_staple, ctx);
    ctx->raw_ops = &rt_tls_gnu_ops;
    return GBA_OK;
}

void rt_tls_gnu_free(struct rt_tls_gnu *gnu)
{
    if (!gnu)
        return;
    if (gnu->credentials)
        gnutls_certificate_free_credentials(gnu->credentials);
    gnutls_priority_deinit(gnu->priorities);
    free(gnu);
}

/* ---- octets, as GnuTLS moves them ---- */

static ssize_t on_pull(gnutls_transport_ptr_t arg, void *out, size_t n)
{
    struct engine *e = arg;
    size_t got = rt_tls_port_read(&e->port, out, n);
    if (got > 0)
        return (ssize_t)got;
    gnutls_transport_set_errno(e->session, EAGAIN);
    return -1;
}

static int on_pull_timeout(gnutls_transport_ptr_t arg, unsigned ms)
{
    struct engine *e = arg;
    (void)ms;
    return rt_tls_port_has(&e->port);
}

static ssize_t on_push(gnutls_transport_ptr_t arg, const void *octets, size_t n)
{
    struct engine *e = arg;
    if (rt_tls_port_write(&e->port, gba_view_of(octets, n)) == GBA_OK)
        return (ssize_t)n;
    gnutls_transport_set_errno(e->session, ENOMEM);
    return -1;
}

/* ---- a connection ---- */

static void gnu_free(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    if (e->session)
        gnutls_deinit(e->session);
    rt_tls_port_free(&e->port);
    free(e);
    tls->engine = NULL;
}

/* As if we had asked for the cookie, which somebody else did, and forgot. */
static bool prepare_dtls(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    struct gba_hello hello;
    gnutls_dtls_prestate_st before = {0};
    gnutls_dtls_set_timeouts(e->session, RETRANSMIT_MS, GIVE_UP_MS);
    gnutls_dtls_set_mtu(e->session, RT_TLS_MTU);
    if (!tls->ctx->server)
        return true;
    if (gba_hello_dtls(rt_buf_view(&tls->hello), &hello) != GBA_OK)
        return false;
    before.record_seq = (unsigned)hello.record_seq;
    before.hsk_read_seq = hello.message_seq;
    gnutls_dtls_prestate_set(e->session, &before);
    return true;
}

static bool prepare_server(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    gnutls_certificate_server_set_request(e->session,
                                          tls->ctx->ask_cert ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_IGNORE);
    gnutls_handshake_set_post_client_hello_function(e->session, on_hello);
    return true;
}

static bool prepare_client(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    const gba_text *name = &tls->peer.server_name;
    return gnutls_ocsp_status_request_enable_client(e->session, NULL, 0, NULL) == 0 &&
           (name->n == 0 || gnutls_server_name_set(e->session, GNUTLS_NAME_DNS, name->s, name->n) == 0);
}

static gba_rc gnu_open(struct rt_tls *tls)
{
    unsigned flags = GNUTLS_ENABLE_RAWPK | GNUTLS_NO_TICKETS | GNUTLS_NONBLOCK;
    struct engine *e = calloc(1, sizeof *e);
    tls->engine = e;
    GBA_ENSURE(e, GBA_E_MEMORY);
    e->port.datagrams = tls->ctx->dtls;
    flags |= tls->ctx->server ? GNUTLS_SERVER : GNUTLS_CLIENT;
    flags |= tls->ctx->dtls ? GNUTLS_DATAGRAM : 0;
    GBA_ENSURE(gnutls_init(&e->session, flags) == 0, GBA_E_MEMORY);
    gnutls_session_set_ptr(e->session, tls);
    gnutls_transport_set_ptr(e->session, e);
    gnutls_transport_set_pull_function(e->session, on_pull);
    gnutls_transport_set_pull_timeout_function(e->session, on_pull_timeout);
    gnutls_transport_set_push_function(e->session, on_push);
    bool ok = gnutls_priority_set(e->session, tls->ctx->gnu->priorities) == 0 &&
              gnutls_credentials_set(e->session, GNUTLS_CRD_CERTIFICATE, tls->ctx->gnu->credentials) == 0 &&
              (!tls->ctx->dtls || prepare_dtls(tls)) &&
              (tls->ctx->server ? prepare_server(tls) : prepare_client(tls));
    return ok ? GBA_OK : GBA_E_MEMORY;
}

/* ---- handshake ---- */

static uint16_t suite_of(gnutls_session_t session)
{
    return gnutls_cipher_get(session) == GNUTLS_CIPHER_AES_128_CCM_8 ? GBA_HELLO_ECDSA_CCM_8
                                                                     : GBA_HELLO_ECDSA_CBC;
}

/* An alert instead of a certificate is told as the lack of one. */
static bool by_alert(gnutls_session_t session, int error)
{
    return error == GNUTLS_E_FATAL_ALERT_RECEIVED ||
           (error == GNUTLS_E_NO_CERTIFICATE_FOUND && gnutls_alert_get(session) != GNUTLS_A_CLOSE_NOTIFY);
}

static enum rt_tls_step broken(struct rt_tls *tls, int error)
{
    struct engine *e = tls->engine;
    tls->alerted = by_alert(e->session, error);
    if (e->refusal)
        gnutls_alert_send(e->session, GNUTLS_AL_FATAL, (gnutls_alert_description_t)e->refusal);
    else if (!tls->alerted)
        gnutls_alert_send_appropriate(e->session, error);
    return RT_TLS_STEP_BROKEN;
}

static enum rt_tls_step gnu_step(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    int r = 0;
    do {
        r = gnutls_handshake(e->session);
    } while (r < 0 && r != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(r));
    if (r == GNUTLS_E_AGAIN)
        return RT_TLS_STEP_MORE;
    if (r != 0)
        return broken(tls, r);
    tls->peer.suite = suite_of(e->session);
    return RT_TLS_STEP_DONE;
}

/* ---- octets ---- */

static gba_rc gnu_feed(struct rt_tls *tls, gba_view octets)
{
    struct engine *e = tls->engine;
    return rt_tls_port_feed(&e->port, octets);
}

static bool gnu_take(struct rt_tls *tls, struct rt_buf *out)
{
    struct engine *e = tls->engine;
    return rt_tls_port_take(&e->port, out);
}

static void gnu_shut(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    gnutls_bye(e->session, GNUTLS_SHUT_WR);
}

static bool gnu_read(struct rt_tls *tls, struct rt_buf *out)
{
    struct engine *e = tls->engine;
    ssize_t n = 0;
    if (rt_buf_reserve(out, READ_MAX) != GBA_OK)
        return false;
    do {
        n = gnutls_record_recv(e->session, out->p + out->n, READ_MAX);
    } while (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (n > 0) {
        out->n += (size_t)n;
        return true;
    }
    if (n == 0) {
        gnu_shut(tls);
        rt_tls_ended(tls, GBA_OK);
    } else if (n != GNUTLS_E_AGAIN) {
        rt_tls_ended(tls, n == GNUTLS_E_FATAL_ALERT_RECEIVED ? GBA_E_TLS_ALERT : GBA_E_TLS_BROKEN);
    }
    return false;
}

static gba_rc gnu_write(struct rt_tls *tls, gba_view plain)
{
    struct engine *e = tls->engine;
    GBA_ENSURE(!tls->ctx->dtls || plain.n <= gnutls_dtls_get_data_mtu(e->session), GBA_E_TOO_LONG);
    while (plain.n > 0) {
        ssize_t n = gnutls_record_send(e->session, plain.p, plain.n);
        GBA_ENSURE(n > 0, GBA_E_MEMORY);
        plain = gba_view_sub(plain, (size_t)n, plain.n);
    }
    return GBA_OK;
}

/* ---- timers ---- */

static int64_t gnu_timeout(const struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    return tls->state == RT_TLS_HANDSHAKE ? (int64_t)gnutls_dtls_get_timeout(e->session) : -1;
}

/* All that came was read by a step: this only repeats our flight. */
static bool gnu_tick(struct rt_tls *tls)
{
    struct engine *e = tls->engine;
    e->ticking = true;
    int r = gnutls_handshake(e->session);
    e->ticking = false;
    return r == 0 || !gnutls_error_is_fatal(r);
}

static gba_rc gnu_export(struct rt_tls *tls, gba_view label, uint8_t *out, size_t n)
{
    struct engine *e = tls->engine;
    /*= RFC 5705 4: without a context, which is not the same as an empty one */
    int r = gnutls_prf_rfc5705(e->session, label.n, (const char *)label.p, 0, NULL, n, (char *)out);
    return r == 0 ? GBA_OK : GBA_E_CRYPTO;
}

const struct rt_tls_ops rt_tls_gnu_ops = {
    .open = gnu_open,
    .step = gnu_step,
    .feed = gnu_feed,
    .take = gnu_take,
    .read = gnu_read,
    .write = gnu_write,
    .shut = gnu_shut,
    .timeout = gnu_timeout,
    .tick = gnu_tick,
    .export = gnu_export,
    .free = gnu_free,
};
