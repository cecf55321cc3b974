/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fdiam_int.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "diameter-dict/result.h"
#include "rt/addr.h"

enum {
    CONF_FIXED = 4096,    /* room for everything but peers */
    CONF_PEER = 512,      /* room for one peer */
    WATCHDOG_MIN_S = 6,   /* RFC 3539 3.4.1; freeDiameter refuses less */
    RECONNECT_S = 1,
    RECONNECT_MAX_S = 5,  /* see fdiam_psm.c */
    DISPATCH_THREADS = 1, /* our callbacks only hand over */
    ACCEPT_THREADS = 8,   /* a silent connection holds one for 20 s */
};

static gba_rc refuse(gba_text *why, const char *what, gba_view item)
{
    gba_writer w = gba_writer_of(why->s, GBA_TEXT_MAX);
    gba_put_str(&w, what);
    if (item.n > 0) {
        gba_put_str(&w, ": ");
        gba_put_view(&w, gba_view_sub(item, 0, GBA_TEXT_MAX - w.n));
    }
    why->n = (uint16_t)w.n;
    why->s[w.n] = '\0';
    return GBA_E_DIA_CONFIG;
}

/* ---- values that may stand between quotes ---- */

/* Letters, digits, dots and hyphens: what freeDiameter takes for a DiameterIdentity. */
static bool is_identity(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '-')
            return false;
    }
    return v.n > 0 && v.p[0] != '.' && v.p[0] != '-';
}

/* A path with a quote or a control character would end the string it stands in. */
static bool is_path(gba_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] == '"' || v.p[i] == 0x7f)
            return false;
    return v.n > 0;
}

static bool kernel_has_sctp(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* libfdcore would only say that an address cannot be listened on. */
static gba_rc check_sctp(const struct rt_dia_conf *conf, gba_text *why)
{
    for (size_t i = 0; i < conf->n_peers; i++) {
        const struct gba_conf_peer *peer = &conf->peers[i];
        if (peer->sctp && !conf->sctp)
            return refuse(why, "a peer with SCTP needs diameter.sctp", gba_text_view(&peer->identity));
    }
    if (conf->sctp && !kernel_has_sctp())
        return refuse(why, "diameter.sctp: this kernel has no SCTP (on Linux: load its module sctp)",
                      (gba_view){NULL, 0});
    return GBA_OK;
}

static gba_rc check_tls(const struct rt_dia_conf *conf, gba_text *why)
{
    const gba_text *files[] = {&conf->tls.cert, &conf->tls.key, &conf->tls.ca};
    size_t given = 0;
    for (size_t i = 0; i < 3; i++) {
        given += files[i]->n > 0;
        if (files[i]->n > 0 && !is_path(gba_text_view(files[i])))
            return refuse(why, "not a usable file name", gba_text_view(files[i]));
    }
    if (given != 0 && given != 3)
        return refuse(why, "TLS needs certificate, key and CA", (gba_view){NULL, 0});
    if (conf->listen_tls.n > 0 && given == 0)
        return refuse(why, "listening with TLS needs certificate, key and CA", (gba_view){NULL, 0});
    return GBA_OK;
}

static gba_rc check_peers(const struct rt_dia_conf *conf, gba_text *why)
{
    for (size_t i = 0; i < conf->n_peers; i++) {
        gba_view id = gba_text_view(&conf->peers[i].identity);
        if (!is_identity(id))
            return refuse(why, "not a DiameterIdentity", id);
        if (gba_view_eq_nocase(id, gba_text_view(&conf->identity)))
            return refuse(why, "a peer cannot be ourselves", id);
        for (size_t k = 0; k < i; k++)
            if (gba_view_eq_nocase(id, gba_text_view(&conf->peers[k].identity)))
                return refuse(why, "the peer is listed twice", id);
        if (conf->peers[i].tls && conf->tls.cert.n == 0)
            return refuse(why, "a peer with TLS needs certificate, key and CA", id);
    }
    return GBA_OK;
}

static gba_rc check(const struct rt_dia_conf *conf, gba_text *why)
{
    if (!is_identity(gba_text_view(&conf->identity)))
        return refuse(why, "not a DiameterIdentity", gba_text_view(&conf->identity));
    if (!is_identity(gba_text_view(&conf->realm)))
        return refuse(why, "not a realm", gba_text_view(&conf->realm));
    if (conf->watchdog_s < WATCHDOG_MIN_S)
        return refuse(why, "the watchdog must be at least 6 s", (gba_view){NULL, 0});
    if (conf->reconnect_s > RECONNECT_MAX_S)
        return refuse(why, "the time between attempts to connect must be at most 5 s", (gba_view){NULL, 0});
    if (conf->max_waiting == 0 || conf->n_apps == 0)
        return refuse(why, "neither max_waiting nor the applications may be empty", (gba_view){NULL, 0});
    GBA_TRY(check_sctp(conf, why));
    GBA_TRY(check_tls(conf, why));
    return check_peers(conf, why);
}

/* ---- addresses ---- */

struct endpoint {
    struct sockaddr_storage addr;
    socklen_t size;
    uint16_t port;
    char host[INET6_ADDRSTRLEN];
};

static gba_rc parse_endpoint(const gba_text *text, struct endpoint *ep, gba_text *why)
{
    if (rt_addr_parse(gba_text_view(text), &ep->addr) != GBA_OK)
        return refuse(why, "not ADDRESS:PORT", gba_text_view(text));
    const void *host;
    if (ep->addr.ss_family == AF_INET6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ep->addr;
        ep->size = sizeof *in6;
        ep->port = ntohs(in6->sin6_port);
        host = &in6->sin6_addr;
    } else {
        struct sockaddr_in *in4 = (struct sockaddr_in *)&ep->addr;
        ep->size = sizeof *in4;
        ep->port = ntohs(in4->sin_port);
        host = &in4->sin_addr;
    }
    if (ep->port == 0 || !inet_ntop(ep->addr.ss_family, host, ep->host, sizeof ep->host))
        return refuse(why, "a port is needed", gba_text_view(text));
    return GBA_OK;
}

/* Where to listen.  freeDiameter opens both ports on every address, so one
 * address must do for both. */
struct listening {
    struct endpoint at;
    bool given;
    uint16_t port, tls_port;
};

static gba_rc parse_listening(const struct rt_dia_conf *conf, struct listening *out, gba_text *why)
{
    *out = (struct listening){.port = 0};
    if (conf->listen.n > 0) {
        GBA_TRY(parse_endpoint(&conf->listen, &out->at, why));
        out->port = out->at.port;
        out->given = true;
    }
    if (conf->listen_tls.n == 0)
        return GBA_OK;
    struct endpoint tls;
    GBA_TRY(parse_endpoint(&conf->listen_tls, &tls, why));
    if (out->given && !gba_view_eq(gba_view_cstr(tls.host), gba_view_cstr(out->at.host)))
        return refuse(why, "the TLS port must be on the same address", gba_text_view(&conf->listen_tls));
    if (tls.port == out->port)
        return refuse(why, "the TLS port must be another one", gba_text_view(&conf->listen_tls));
    out->at = tls;
    out->tls_port = tls.port;
    out->given = true;
    return GBA_OK;
}

/* ---- freeDiameter's file ---- */

static void put_string(gba_writer *w, const char *name, gba_view value)
{
    gba_put_str(w, name);
    gba_put_str(w, " = \"");
    gba_put_view(w, value);
    gba_put_str(w, "\";\n");
}

static void put_number(gba_writer *w, const char *name, uint64_t value)
{
    gba_put_str(w, name);
    gba_put_str(w, " = ");
    gba_put_dec(w, value);
    gba_put_str(w, ";\n");
}

static void put_tls(gba_writer *w, const struct gba_conf_tls *tls)
{
    gba_put_str(w, "TLS_Cred = \"");
    gba_put_view(w, gba_text_view(&tls->cert));
    gba_put_str(w, "\", \"");
    gba_put_view(w, gba_text_view(&tls->key));
    gba_put_str(w, "\";\n");
    put_string(w, "TLS_CA", gba_text_view(&tls->ca));
    gba_put_str(w, "TLS_Prio = \"NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3\";\n");
}

/* Peers without an address are not listed: freeDiameter would look them up and
 * connect.  dia_guard_arm lets them in. */
static gba_rc put_peer(gba_writer *w, const struct gba_conf_peer *peer, bool sctp, gba_text *why)
{
    if (peer->address.n == 0)
        return GBA_OK;
    struct endpoint ep;
    GBA_TRY(parse_endpoint(&peer->address, &ep, why));
    gba_put_str(w, "ConnectPeer = \"");
    gba_put_view(w, gba_text_view(&peer->identity));
    gba_put_str(w, "\" { ");
    put_string(w, "ConnectTo", gba_view_cstr(ep.host));
    put_number(w, "Port", ep.port);
    if (sctp)
        gba_put_str(w, peer->sctp ? "No_TCP; " : "No_SCTP; ");
    gba_put_str(w, peer->tls ? "};\n" : "No_TLS; };\n");
    return GBA_OK;
}

static gba_rc put_conf(gba_writer *w, const struct rt_dia_conf *conf, gba_text *why)
{
    struct listening where;
    GBA_TRY(parse_listening(conf, &where, why));
    put_string(w, "Identity", gba_text_view(&conf->identity));
    put_string(w, "Realm", gba_text_view(&conf->realm));
    put_number(w, "Port", where.port);
    put_number(w, "SecPort", where.tls_port);
    put_number(w, "TcTimer", conf->reconnect_s > 0 ? conf->reconnect_s : RECONNECT_S);
    put_number(w, "TwTimer", conf->watchdog_s);
    put_number(w, "AppServThreads", DISPATCH_THREADS);
    put_number(w, "ThreadsPerServer", ACCEPT_THREADS);
    gba_put_str(w, conf->sctp ? "NoRelay;\n" : "No_SCTP;\nNoRelay;\n");
    if (conf->tls.cert.n > 0)
        put_tls(w, &conf->tls);
    for (size_t i = 0; i < conf->n_peers; i++)
        GBA_TRY(put_peer(w, &conf->peers[i], conf->sctp, why));
    return gba_writer_end(w);
}

/* freeDiameter reads files only: give it one that has no name. */
static gba_rc parse_octets(gba_view text, gba_text *why)
{
    static char path[32]; /* freeDiameter keeps the pointer */
    gba_writer w = gba_writer_of(path, sizeof path - 1);
    int fd = memfd_create("freeDiameter.conf", MFD_CLOEXEC);
    if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n) {
        if (fd >= 0)
            close(fd);
        return refuse(why, "no memory file for freeDiameter's configuration", (gba_view){NULL, 0});
    }
    gba_put_str(&w, "/proc/self/fd/");
    gba_put_dec(&w, (uint64_t)fd);
    int failed = fd_core_parseconf(path);
    close(fd);
    if (failed)
        return refuse(why, "freeDiameter refused its configuration", dia_guard_complaint());
    return GBA_OK;
}

gba_rc dia_conf_load(const struct rt_dia_conf *conf, gba_text *why)
{
    GBA_TRY(check(conf, why));
    size_t room = CONF_FIXED + conf->n_peers * CONF_PEER;
    char *text = calloc(1, room);
    GBA_ENSURE(text, GBA_E_MEMORY);
    gba_writer w = gba_writer_of(text, room);
    gba_rc rc = put_conf(&w, conf, why);
    if (rc == GBA_OK)
        rc = parse_octets(gba_writer_view(&w), why);
    free(text);
    return rc;
}

/* ---- after parsing ---- */

/* A node that only connects must still say an address in its CER: the one the
 * kernel would use towards its first peer (no packet is sent). */
static bool source_address(const struct rt_dia_conf *conf, struct endpoint *ep)
{
    bool found = false;
    gba_text ignored;
    for (size_t i = 0; i < conf->n_peers && !found; i++) {
        if (conf->peers[i].address.n == 0 || parse_endpoint(&conf->peers[i].address, ep, &ignored) != GBA_OK)
            continue;
        int fd = socket(ep->addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        found = fd >= 0 && connect(fd, (struct sockaddr *)&ep->addr, ep->size) == 0 &&
                getsockname(fd, (struct sockaddr *)&ep->addr, &ep->size) == 0;
        if (fd >= 0)
            close(fd);
    }
    return found;
}

static gba_rc add_endpoint(const struct rt_dia_conf *conf, gba_text *why)
{
    struct listening where;
    GBA_TRY(parse_listening(conf, &where, why));
    if (!where.given && !source_address(conf, &where.at))
        return GBA_OK; /* freeDiameter asks the kernel for its addresses */
    /* Ports are told apart by Port and SecPort. */
    if (where.at.addr.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&where.at.addr)->sin6_port = 0;
    else
        ((struct sockaddr_in *)&where.at.addr)->sin_port = 0;
    /* ListenOn would silently ignore loopback addresses and so listen everywhere. */
    if (fd_ep_add_merge(&fd_g_config->cnf_endpoints, (struct sockaddr *)&where.at.addr, where.at.size,
                        EP_FL_CONF | EP_ACCEPTALL))
        return refuse(why, "freeDiameter refused the address", gba_text_view(&conf->listen));
    return GBA_OK;
}

static gba_rc add_apps(const struct rt_dia_conf *conf, gba_text *why)
{
    struct dict_object *vendor = NULL, *app = NULL;
    vendor_id_t tgpp = DIA_VENDOR_3GPP;
    fd_dict_search(fd_g_config->cnf_dict, DICT_VENDOR, VENDOR_BY_ID, &tgpp, &vendor, ENOENT);
    for (size_t i = 0; i < conf->n_apps; i++) {
        application_id_t id = conf->apps[i];
        if (!vendor ||
            fd_dict_search(fd_g_config->cnf_dict, DICT_APPLICATION, APPLICATION_BY_ID, &id, &app, ENOENT) ||
            fd_disp_app_support(app, vendor, 1, 0))
            return refuse(why, "an application is not in the dictionary", (gba_view){NULL, 0});
    }
    return GBA_OK;
}

gba_rc dia_conf_apply(const struct rt_dia_conf *conf, gba_text *why)
{
    GBA_TRY(add_endpoint(conf, why));
    return add_apps(conf, why);
}

struct rt_dia_conf rt_dia_conf_of(const struct gba_conf_diameter *section, const uint32_t *apps,
                                  size_t n_apps)
{
    return (struct rt_dia_conf){
        .identity = section->identity,
        .realm = section->realm,
        .listen = section->listen,
        .listen_tls = section->listen_tls,
        .tls = section->tls,
        .peers = section->peers.items,
        .n_peers = section->peers.n,
        .watchdog_s = section->watchdog_s,
        .reconnect_s = section->reconnect_s,
        .sctp = section->sctp,
        .max_waiting = section->max_waiting,
        .apps = apps,
        .n_apps = n_apps,
    };
}
