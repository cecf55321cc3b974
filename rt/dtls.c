/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/dtls.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "gba/base/secret.h"
#include "gba/wire/hello.h"
#include "rt/addr.h"
#include "rt/log.h"

enum {
    DATAGRAM_MAX = 65536,
    PEER_MAX = 56, /* "[IPv6]:port" */
    BUCKETS = 1024,
    COOKIE = 32,
    RANDOM = 32,
    NEVER = 0,
};

struct rt_dtls {
    uv_timer_t timer;
    uv_udp_t *udp;                 /* the server's, or own */
    LIST_ENTRY(rt_dtls) entry;     /* of its bucket */
    struct rt_dtls_server *server; /* NULL: a client */
    struct rt_loop *loop;
    struct rt_tls *tls;
    rt_dtls_fn *fn;
    void *arg;
    struct sockaddr_storage addr;
    uint8_t random[RANDOM]; /* server: of the ClientHello that it began with */
    uint64_t deadline;      /* loop time: of the handshake, or of idleness; NEVER */
    uint64_t armed;         /* when the timer fires; NEVER */
    uint32_t idle_ms;       /* 0: it may be idle */
    bool open, closed;
    gba_rc why;
    void *kept;
    void (*drop)(void *data); /* of what is kept; NULL: nothing */
    uint8_t peer_n;
    char peer[PEER_MAX];
};

LIST_HEAD(bucket, rt_dtls);

struct rt_dtls_server {
    uv_udp_t udp;
    struct rt_loop *loop;
    struct rt_dtls_server_conf conf;
    rt_dtls_fn *fn;
    void *arg;
    gba_text address;
    struct bucket buckets[BUCKETS];
    size_t n_sessions; /* not freed */
    bool full;         /* and it was logged */
    bool closing, closed;
    char scratch[DATAGRAM_MAX];
};

struct client {
    struct rt_dtls session; /* first, so that its timer's data is the client's address too */
    uv_udp_t udp;
    void (*end)(void *arg, gba_rc rc);
    unsigned handles; /* not yet closed */
    char scratch[DATAGRAM_MAX];
};

/* ---- ends ---- */

static void server_settle(struct rt_dtls_server *server)
{
    if (!server->closed || server->n_sessions > 0)
        return;
    gba_wipe(server);
    free(server);
}

static void drop_kept(struct rt_dtls *s)
{
    if (s->drop)
        s->drop(s->kept);
}

static void on_session_closed(uv_handle_t *handle)
{
    struct rt_dtls *s = handle->data;
    struct rt_dtls_server *server = s->server;
    drop_kept(s);
    rt_tls_free(s->tls);
    free(s);
    server->n_sessions--;
    server->full = false;
    server_settle(server);
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *c = handle->data;
    if (--c->handles > 0)
        return;
    drop_kept(&c->session);
    rt_tls_free(c->session.tls);
    if (c->end)
        c->end(c->session.arg, c->session.why);
    gba_wipe(c);
    free(c);
}

gba_view rt_dtls_peer(const struct rt_dtls *session)
{
    return gba_view_of(session->peer, session->peer_n);
}

void rt_dtls_keep(struct rt_dtls *session, void *data, void (*drop)(void *data))
{
    session->kept = data;
    session->drop = drop;
}

void *rt_dtls_kept(const struct rt_dtls *session)
{
    return session->kept;
}

static void flush(struct rt_dtls *s)
{
    const struct sockaddr *to = s->server ? (struct sockaddr *)&s->addr : NULL;
    struct rt_buf out = {0};
    while (rt_tls_take(s->tls, &out)) {
        uv_buf_t datagram = uv_buf_init((char *)out.p, (unsigned)out.n);
        uv_udp_try_send(s->udp, &datagram, 1, to); /* what the kernel does not take is lost, as it may be */
        rt_buf_free(&out);
    }
    rt_buf_free(&out);
}

/* The session is over, for this reason. */
static void finish(struct rt_dtls *s, gba_rc why)
{
    if (s->closed)
        return;
    s->closed = true;
    s->why = why;
    rt_tls_lost(s->tls, why);
    rt_tls_shut(s->tls);
    flush(s);
    if (s->server) {
        LIST_REMOVE(s, entry);
        uv_close((uv_handle_t *)&s->timer, on_session_closed);
    } else {
        uv_close((uv_handle_t *)&s->timer, on_client_closed);
        uv_close((uv_handle_t *)s->udp, on_client_closed);
    }
}

void rt_dtls_close(struct rt_dtls *session)
{
    finish(session, GBA_OK);
}

/* ---- going on ---- */

static uint64_t now(const struct rt_dtls *s)
{
    return uv_now(rt_loop_uv(s->loop));
}

/* The timer is touched only when it would fire too late. */
static void arm(struct rt_dtls *s)
{
    int64_t left = rt_tls_timeout(s->tls);
    uint64_t wanted = left < 0 ? s->deadline : now(s) + (uint64_t)left;
    if (s->deadline != NEVER && s->deadline < wanted)
        wanted = s->deadline;
    if (wanted == NEVER || (s->armed != NEVER && s->armed <= wanted))
        return;
    s->armed = wanted;
    uv_timer_set_repeat(&s->timer, wanted > now(s) ? wanted - now(s) : 1);
    uv_timer_again(&s->timer);
}

static void be_busy(struct rt_dtls *s)
{
    s->deadline = s->idle_ms > 0 ? now(s) + s->idle_ms : NEVER;
}

static void deliver(struct rt_dtls *s)
{
    struct rt_buf plain = {0};
    while (!s->closed && rt_tls_read(s->tls, &plain)) {
        be_busy(s);
        s->fn(s->arg, s, rt_buf_view(&plain));
        rt_buf_free(&plain);
    }
    rt_buf_free(&plain);
}

/* After anything that may have changed the TLS connection. */
static void go_on(struct rt_dtls *s)
{
    if (s->closed) /* by a hook */
        return;
    flush(s);
    if (!s->open && rt_tls_state(s->tls) == RT_TLS_OPEN) {
        s->open = true;
        be_busy(s);
    }
    deliver(s);
    if (s->closed)
        return;
    enum rt_tls_state state = rt_tls_state(s->tls);
    if (state == RT_TLS_CLOSED || state == RT_TLS_FAILED)
        finish(s, rt_tls_reason(s->tls));
    else
        arm(s);
}

static void on_wake(void *owner)
{
    go_on(owner);
}

static void on_timer(uv_timer_t *timer)
{
    struct rt_dtls *s = timer->data;
    uv_timer_stop(timer);
    s->armed = NEVER;
    if (s->deadline != NEVER && s->deadline <= now(s)) {
        finish(s, s->open ? GBA_OK : GBA_E_TIMEOUT);
        return;
    }
    if (rt_tls_timeout(s->tls) == 0)
        rt_tls_tick(s->tls);
    go_on(s);
}

static void on_datagram(struct rt_dtls *s, gba_view datagram)
{
    rt_tls_feed(s->tls, datagram);
    go_on(s);
}

/* What both kinds of session begin with. */
struct beginning {
    struct rt_loop *loop;
    struct rt_tls_ctx *ctx;
    const struct rt_tls_hooks *hooks;
    gba_view server_name;
    uint32_t handshake_ms;
};

static gba_rc begin(struct rt_dtls *s, const struct beginning *b)
{
    struct rt_tls_new conf = {
        .loop = b->loop,
        .ctx = b->ctx,
        .hooks = b->hooks,
        .server_name = b->server_name,
        .peer = rt_dtls_peer(s),
        .wake = on_wake,
        .owner = s,
    };
    s->loop = b->loop;
    GBA_TRY(rt_tls_new(&conf, &s->tls));
    uv_timer_init(rt_loop_uv(b->loop), &s->timer);
    s->timer.data = s;
    s->deadline = s->armed = now(s) + b->handshake_ms;
    uv_timer_start(&s->timer, on_timer, b->handshake_ms, b->handshake_ms);
    return GBA_OK;
}

static void note_peer(struct rt_dtls *s, const struct sockaddr *addr)
{
    gba_writer w = gba_writer_of(s->peer, sizeof s->peer);
    rt_addr_format(addr, &w);
    s->peer_n = (uint8_t)w.n;
}

/* ---- a session ---- */

gba_rc rt_dtls_send(struct rt_dtls *session, gba_view octets)
{
    GBA_ENSURE(!session->closed, GBA_E_TLS_STATE);
    GBA_TRY(rt_tls_write(session->tls, octets));
    if (session->open)
        be_busy(session);
    flush(session);
    return GBA_OK;
}

struct rt_tls *rt_dtls_tls(struct rt_dtls *session)
{
    return session->tls;
}

/* ---- server: who comes ---- */

/* A peer as text, to find its session by. */
struct caller {
    const struct sockaddr *addr;
    char text[PEER_MAX];
    gba_view peer;
    struct bucket *bucket;
};

static struct bucket *bucket_of(struct rt_dtls_server *server, gba_view peer)
{
    uint32_t hash = 2166136261u; /* FNV-1a: cookies keep out whoever cannot receive at its address */
    for (size_t i = 0; i < peer.n; i++)
        hash = (hash ^ peer.p[i]) * 16777619u;
    return &server->buckets[hash % BUCKETS];
}

static struct rt_dtls *find(const struct caller *caller)
{
    struct rt_dtls *s;
    LIST_FOREACH(s, caller->bucket, entry)
    {
        if (gba_view_eq(rt_dtls_peer(s), caller->peer))
            return s;
    }
    return NULL;
}

static void ask_for_cookie(struct rt_dtls_server *server, const struct caller *caller,
                           const struct gba_hello *hello, gba_view cookie)
{
    uint8_t octets[128];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    gba_hello_put_verify(&w, hello, cookie);
    uv_buf_t datagram = uv_buf_init((char *)octets, (unsigned)w.n);
    uv_udp_try_send(&server->udp, &datagram, 1, caller->addr);
}

static void accept_peer(struct rt_dtls_server *server, const struct caller *caller,
                        const struct gba_hello *hello, gba_view datagram)
{
    const struct rt_dtls_server_conf *conf = &server->conf;
    struct beginning b = {server->loop, conf->ctx, conf->hooks, {NULL, 0}, conf->handshake_ms};
    struct rt_dtls *s = calloc(1, sizeof *s);
    gba_rc rc = s ? GBA_OK : GBA_E_MEMORY;
    if (rc == GBA_OK) {
        s->udp = &server->udp;
        s->server = server;
        s->fn = server->fn;
        s->arg = server->arg;
        s->idle_ms = conf->idle_ms;
        note_peer(s, caller->addr);
        gba_copy(&s->addr,
                 gba_view_of(caller->addr, caller->addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                                               : sizeof(struct sockaddr_in)));
        gba_copy(s->random, hello->random);
        rc = begin(s, &b);
    }
    if (rc != GBA_OK) {
        rt_log(RT_LOG_WARN, "dtls.accept-failed", RT_REASON(rc));
        free(s);
        return;
    }
    LIST_INSERT_HEAD(caller->bucket, s, entry);
    server->n_sessions++;
    on_datagram(s, datagram);
}

static bool has_room(struct rt_dtls_server *server)
{
    if (server->n_sessions < server->conf.max_sessions)
        return true;
    if (!server->full)
        rt_log(RT_LOG_WARN, "dtls.too-many-sessions", RT_NUM("sessions", server->n_sessions));
    server->full = true;
    return false;
}

/*= RFC 6347 4.2.1, 4.2.8 */
/* A ClientHello: of somebody new, of somebody who begins anew, or one that is
 * under way already and came twice. */
static void on_hello(struct rt_dtls_server *server, const struct caller *caller,
                     const struct gba_hello *hello, gba_view datagram)
{
    uint8_t cookie[COOKIE];
    struct rt_dtls *s = find(caller);
    if (s && gba_view_eq(hello->random, GBA_ARRAY(s->random))) {
        on_datagram(s, datagram);
        return;
    }
    if ((!s && !has_room(server)) || rt_tls_cookie(server->conf.ctx, caller->peer, cookie) != GBA_OK)
        return;
    if (!gba_ct_eq(hello->cookie, GBA_ARRAY(cookie))) {
        ask_for_cookie(server, caller, hello, GBA_ARRAY(cookie));
        return;
    }
    if (s)
        finish(s, GBA_E_PEER_GONE);
    accept_peer(server, caller, hello, datagram);
}

static void on_server_recv(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *addr,
                           unsigned flags)
{
    struct rt_dtls_server *server = udp->data;
    gba_view datagram = gba_view_of(buf->base, n > 0 ? (size_t)n : 0);
    struct caller caller = {.addr = addr};
    struct gba_hello hello;
    if (n <= 0 || !addr || (flags & UV_UDP_PARTIAL) || server->closing)
        return;
    gba_writer w = gba_writer_of(caller.text, sizeof caller.text);
    rt_addr_format(addr, &w);
    caller.peer = gba_writer_view(&w);
    caller.bucket = bucket_of(server, caller.peer);
    if (gba_hello_dtls(datagram, &hello) == GBA_OK) {
        on_hello(server, &caller, &hello, datagram);
    } else {
        struct rt_dtls *s = find(&caller);
        if (s)
            on_datagram(s, datagram);
    }
    gba_wipe_bytes(buf->base, (size_t)n);
}

static void on_server_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct rt_dtls_server *server = handle->data;
    (void)wanted;
    *buf = uv_buf_init(server->scratch, DATAGRAM_MAX);
}

/* ---- server: life ---- */

static void on_server_closed(uv_handle_t *handle)
{
    struct rt_dtls_server *server = handle->data;
    server->closed = true;
    server_settle(server);
}

static gba_rc start_listening(struct rt_dtls_server *server)
{
    struct sockaddr_storage addr;
    int n = sizeof addr;
    char text[PEER_MAX];
    gba_writer w = gba_writer_of(text, sizeof text);
    GBA_TRY(rt_addr_parse(gba_text_view(&server->conf.listen), &addr));
    GBA_ENSURE(uv_udp_bind(&server->udp, (struct sockaddr *)&addr, 0) == 0, GBA_E_LISTEN);
    GBA_ENSURE(uv_udp_recv_start(&server->udp, on_server_alloc, on_server_recv) == 0, GBA_E_LISTEN);
    GBA_ENSURE(uv_udp_getsockname(&server->udp, (struct sockaddr *)&addr, &n) == 0, GBA_E_LISTEN);
    rt_addr_format((struct sockaddr *)&addr, &w);
    return gba_text_set(&server->address, gba_writer_view(&w));
}

gba_rc rt_dtls_server_open(struct rt_loop *loop, const struct rt_dtls_server_conf *conf, rt_dtls_fn *fn,
                           void *arg, struct rt_dtls_server **out)
{
    struct rt_dtls_server *server = calloc(1, sizeof *server);
    GBA_ENSURE(server, GBA_E_MEMORY);
    server->loop = loop;
    server->conf = *conf;
    server->fn = fn;
    server->arg = arg;
    uv_udp_init(rt_loop_uv(loop), &server->udp);
    server->udp.data = server;
    gba_rc rc = start_listening(server);
    if (rc != GBA_OK)
        rt_dtls_server_close(server);
    else
        *out = server;
    return rc;
}

void rt_dtls_server_address(const struct rt_dtls_server *server, gba_text *out)
{
    *out = server->address;
}

void rt_dtls_server_close(struct rt_dtls_server *server)
{
    server->closing = true;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (!LIST_EMPTY(&server->buckets[i]))
            finish(LIST_FIRST(&server->buckets[i]), GBA_OK);
    }
    uv_close((uv_handle_t *)&server->udp, on_server_closed);
}

/* ---- client ---- */

static void on_client_recv(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *addr,
                           unsigned flags)
{
    struct client *c = udp->data;
    (void)addr;
    if (n < 0)
        finish(&c->session, c->session.open ? GBA_E_PEER_GONE : GBA_E_CONNECT);
    else if (n > 0 && !(flags & UV_UDP_PARTIAL) && !c->session.closed)
        on_datagram(&c->session, gba_view_of(buf->base, (size_t)n));
    if (n > 0)
        gba_wipe_bytes(buf->base, (size_t)n);
}

static void on_client_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct client *c = handle->data;
    (void)wanted;
    *buf = uv_buf_init(c->scratch, DATAGRAM_MAX);
}

static gba_rc client_begin(struct client *c, struct rt_loop *loop, const struct rt_dtls_client_conf *conf)
{
    struct rt_dtls *s = &c->session;
    struct beginning b = {loop, conf->ctx, conf->hooks, gba_text_view(&conf->name), conf->handshake_ms};
    GBA_TRY(rt_addr_parse(gba_text_view(&conf->server), &s->addr));
    note_peer(s, (struct sockaddr *)&s->addr);
    GBA_TRY(begin(s, &b));
    uv_udp_init(rt_loop_uv(loop), &c->udp);
    c->udp.data = c;
    return GBA_OK;
}

gba_rc rt_dtls_connect(struct rt_loop *loop, const struct rt_dtls_client_conf *conf, rt_dtls_fn *fn,
                       void (*end)(void *arg, gba_rc rc), void *arg, struct rt_dtls **out)
{
    struct client *c = calloc(1, sizeof *c);
    GBA_ENSURE(c, GBA_E_MEMORY);
    c->session.udp = &c->udp;
    c->session.fn = fn;
    c->session.arg = arg;
    c->handles = 2;
    gba_rc rc = client_begin(c, loop, conf);
    if (rc != GBA_OK) {
        free(c);
        return rc;
    }
    c->end = end;
    *out = &c->session;
    rt_tls_start(c->session.tls);
    if (uv_udp_connect(&c->udp, (struct sockaddr *)&c->session.addr) != 0 ||
        uv_udp_recv_start(&c->udp, on_client_alloc, on_client_recv) != 0)
        finish(&c->session, GBA_E_CONNECT);
    else
        go_on(&c->session);
    return GBA_OK;
}
