/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/admin.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "gba/base/secret.h"
#include "m2m/io/secret_file.h"
#include "rt/addr.h"
#include "rt/log.h"

enum { TOKEN_MIN = 32, NAME_ROOM = GBA_TEXT_MAX };

/* ---- paths ---- */

/* Octets of a segment, percent-decoded. */
static bool decode(gba_view segment, gba_writer *w)
{
    for (size_t i = 0; i < segment.n; i++) {
        uint8_t c = segment.p[i];
        if (c == '%') {
            if (gba_hex_parse(gba_view_sub(segment, i + 1, 2), &c, 1) != GBA_OK)
                return false;
            i += 2;
        }
        gba_put_u8(w, c);
    }
    return segment.n > 0 && gba_writer_end(w) == GBA_OK;
}

/* Segment by segment; the one that stands for '*' goes to w. */
static bool path_fits(gba_view pattern, gba_view path, gba_writer *w)
{
    gba_view want, got;
    bool more = true;
    w->n = 0;
    while (more) {
        more = gba_view_split(pattern, '/', &want, &pattern);
        if (gba_view_split(path, '/', &got, &path) != more)
            return false;
        if (gba_view_eq(want, GBA_LIT("*")) ? !decode(got, w) : !gba_view_eq(want, got))
            return false;
    }
    return true;
}

struct match {
    const struct m2m_admin_route *route; /* NULL: none */
    void *arg;
    bool known; /* the path is one, perhaps with another method */
};

static struct match match_of(const struct m2m_admin *admin, const struct gba_http_msg *req, gba_writer *name)
{
    struct match match = {.route = NULL};
    for (size_t i = 0; i < admin->tables_n; i++) {
        for (const struct m2m_admin_route *route = admin->tables[i].routes; route->method; route++) {
            if (!path_fits(gba_view_cstr(route->path), req->target, name))
                continue;
            match.known = true;
            if (gba_view_eq(req->method, gba_view_cstr(route->method)))
                return (struct match){route, admin->tables[i].arg, true};
        }
    }
    return match;
}

/* ---- answers ---- */

static unsigned status_of(gba_rc rc)
{
    static const struct {
        gba_rc rc;
        unsigned status;
    } known[] = {{GBA_E_ADMIN_TOKEN, 401}, {GBA_E_M2M_TWICE, 409}, {GBA_E_DB_FULL, 507}, {GBA_E_SPACE, 500}};
    static const unsigned classes[] = {
        [GBA_CLASS_OK] = 200,    [GBA_CLASS_MALFORMED] = 400,   [GBA_CLASS_AUTH] = 403,
        [GBA_CLASS_SYNC] = 500,  [GBA_CLASS_POLICY] = 403,      [GBA_CLASS_ABSENT] = 404,
        [GBA_CLASS_LIMIT] = 400, [GBA_CLASS_UNAVAILABLE] = 503, [GBA_CLASS_BUG] = 500,
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].rc == rc)
            return known[i].status;
    }
    return classes[gba_rc_class(rc)];
}

static void put_refusal(gba_writer *w, gba_rc rc, const gba_text *at)
{
    struct gba_json_out o = {.w = w};
    w->n = 0;
    w->bad = false;
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "error", gba_view_cstr(gba_rc_token(rc)));
    gba_json_text(&o, "text", gba_view_cstr(gba_rc_text(rc)));
    if (at->n > 0)
        gba_json_text(&o, "at", gba_text_view(at));
    gba_json_end(&o, '}');
}

static void reply(struct rt_http_tx *tx, unsigned status, gba_view body)
{
    struct gba_http_msg rsp = {
        .status = body.n > 0 || status != 200 ? status : 204, .minor = 1, .body = body};
    gba_rc rc = gba_http_field_add(&rsp, GBA_LIT("Cache-Control"), GBA_LIT("no-store"));
    if (rc == GBA_OK && body.n > 0)
        rc = gba_http_field_add(&rsp, GBA_LIT("Content-Type"), GBA_LIT("application/json"));
    if (rc == GBA_OK && status == 401)
        rc = gba_http_field_add(&rsp, GBA_LIT("WWW-Authenticate"), GBA_LIT("Bearer"));
    rsp.status = rc == GBA_OK ? rsp.status : 500;
    rt_http_reply(tx, &rsp);
}

/* ---- requests ---- */

/* Exactly one field with the token.  RFC 6750 2.1 */
static bool shows_token(const struct m2m_admin *admin, const struct gba_http_msg *req)
{
    gba_view field = gba_http_field_get(req, GBA_LIT("Authorization"));
    return gba_http_field_count(req, GBA_LIT("Authorization")) == 1 &&
           gba_view_eq_nocase(gba_view_sub(field, 0, 7), GBA_LIT("Bearer ")) &&
           gba_ct_eq(gba_view_sub(field, 7, field.n), gba_view_of(admin->token, admin->token_n));
}

/* One request while it is served. */
struct serving {
    struct m2m_admin *admin;
    const struct gba_http_msg *req;
    struct match match;
    gba_writer name, out;
    gba_text at;
};

static gba_rc serve(struct serving *s)
{
    uint8_t room[256];
    gba_writer signature = gba_writer_of(room, sizeof room);
    gba_view field = gba_http_field_get(s->req, GBA_LIT("Keystrap-Signature"));
    GBA_ENSURE(shows_token(s->admin, s->req), GBA_E_ADMIN_TOKEN);
    s->match = match_of(s->admin, s->req, &s->name);
    GBA_ENSURE(s->match.route != NULL, GBA_E_ADMIN_ROUTE);
    GBA_ENSURE(!field.p || gba_b64_parse(field, &signature) == GBA_OK, GBA_E_SIGNATURE);
    struct m2m_admin_ask ask = {.env = rt_loop_env(s->admin->loop),
                                .name = s->name.n > 0 ? gba_writer_view(&s->name) : gba_view_cstr(NULL),
                                .body = s->req->body,
                                .signature = field.p ? gba_writer_view(&signature) : field,
                                .out = &s->out,
                                .at = &s->at};
    GBA_TRY(s->match.route->fn(s->match.arg, &ask));
    return gba_writer_end(&s->out);
}

static void log_served(const struct serving *s, gba_rc rc)
{
    bool looks = gba_view_eq(s->req->method, GBA_LIT("GET"));
    rt_log(rc != GBA_OK ? RT_LOG_WARN
           : looks      ? RT_LOG_INFO
                        : RT_LOG_NOTICE,
           rc == GBA_OK ? "admin.served" : "admin.refused", RT_STR("method", s->req->method),
           RT_CSTR("resource", s->match.route ? s->match.route->path : "unknown"),
           RT_ID("name", gba_writer_view(&s->name)), RT_REASON(rc), RT_STR("at", gba_text_view(&s->at)));
}

static void on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    uint8_t name[NAME_ROOM];
    struct serving s = {.admin = arg, .req = req, .name = gba_writer_of(name, sizeof name), .at.n = 0};
    uint8_t *memory = malloc(M2M_ADMIN_ANSWER_MAX);
    if (!memory) {
        reply(tx, 503, gba_view_cstr(NULL));
        return;
    }
    s.out = gba_writer_of(memory, M2M_ADMIN_ANSWER_MAX);
    gba_rc rc = serve(&s);
    log_served(&s, rc);
    size_t used = s.out.n;
    if (rc != GBA_OK)
        put_refusal(&s.out, rc, &s.at);
    reply(tx, rc == GBA_E_ADMIN_ROUTE && s.match.known ? 405 : status_of(rc), gba_writer_view(&s.out));
    gba_wipe_bytes(memory, used > s.out.n ? used : s.out.n);
    free(memory);
}

/* ---- opening ---- */

static gba_rc read_token(struct m2m_admin *admin, const struct m2m_conf_admin *conf)
{
    gba_text why = {.n = 0};
    gba_writer w = gba_writer_of(admin->token, sizeof admin->token);
    gba_rc rc = m2m_secret_file_read(conf->token_file.s, &w, &why);
    if (rc == GBA_OK) {
        admin->token_n = w.n > 0 && admin->token[w.n - 1] == '\n' ? w.n - 1 : w.n;
        for (size_t i = 0; i < admin->token_n && rc == GBA_OK; i++)
            rc = admin->token[i] > ' ' && admin->token[i] < 0x7f ? GBA_OK : GBA_E_CHARSET;
        if (rc == GBA_OK && admin->token_n < TOKEN_MIN)
            rc = GBA_E_TOO_SHORT;
    }
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "admin.no-token", RT_STR("path", gba_text_view(&conf->token_file)),
               RT_REASON(rc), RT_STR("why", gba_text_view(&why)));
    return rc;
}

gba_rc m2m_admin_address_check(gba_view address)
{
    struct sockaddr_storage at;
    GBA_TRY(rt_addr_parse(address, &at));
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&at;
    if (at.ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127 ? GBA_OK : GBA_E_ADMIN_ADDRESS;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ? GBA_OK : GBA_E_ADMIN_ADDRESS;
}

static gba_rc listen_on(struct m2m_admin *admin, struct rt_daemon *daemon, const gba_text *address)
{
    gba_text listens;
    struct rt_httpd_conf conf = {.listen = *address,
                                 .max_head = 8192,
                                 .max_body = GBA_JSON_SIZE_MAX,
                                 .max_conns = 16,
                                 .request_ms = 10000,
                                 .idle_ms = 10000,
                                 .refused = &admin->refused};
    gba_rc rc = m2m_admin_address_check(gba_text_view(address));
    if (rc == GBA_OK)
        rc = rt_httpd_open(admin->loop, &conf, on_request, admin, &admin->at[admin->n]);
    if (rc != GBA_OK) {
        rt_log(RT_LOG_ERROR, "admin.listen-failed", RT_STR("address", gba_text_view(address)), RT_REASON(rc));
        return rc;
    }
    rt_httpd_address(admin->at[admin->n++], &listens);
    rt_daemon_listens(daemon, "admin", gba_text_view(&listens));
    return GBA_OK;
}

gba_rc m2m_admin_open(struct m2m_admin *admin, struct rt_daemon *daemon, const struct m2m_conf_admin *conf)
{
    const gba_text *addresses = conf->listen.items;
    admin->loop = rt_daemon_loop(daemon);
    if (conf->listen.n > 0)
        GBA_TRY(read_token(admin, conf));
    for (size_t i = 0; i < conf->listen.n && i < M2M_ADMIN_LISTEN_MAX; i++)
        GBA_TRY(listen_on(admin, daemon, &addresses[i]));
    return GBA_OK;
}

void m2m_admin_add(struct m2m_admin *admin, const struct m2m_admin_route *routes, void *arg)
{
    if (admin->tables_n == M2M_ADMIN_TABLES_MAX)
        return;
    admin->tables[admin->tables_n].routes = routes;
    admin->tables[admin->tables_n++].arg = arg;
}

void m2m_admin_close(struct m2m_admin *admin)
{
    while (admin->n > 0)
        rt_httpd_close(admin->at[--admin->n]);
    rt_reasons_log(&admin->refused, "admin.count");
    gba_wipe(&admin->token);
}
