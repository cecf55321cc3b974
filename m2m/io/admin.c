/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/admin.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "gba/base/secret.h"
#include "m2m/io/secret_file.h"
#include "rt/addr.h"
#include "rt/audit.h"

enum { TOKEN_MIN = 32, NAME_ROOM = GBA_TEXT_MAX, SIGNATURE_ROOM = 256 };

static const char json[] = "application/json";

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
    const struct m2m_admin_table *table; /* NULL: none */
    const struct m2m_admin_route *route;
    bool known; /* the path is one, perhaps with another method */
};

static struct match match_of(const struct m2m_admin *admin, gba_view method, gba_view path, gba_writer *name)
{
    struct match match = {.route = NULL};
    for (size_t i = 0; i < admin->tables_n; i++) {
        for (const struct m2m_admin_route *route = admin->tables[i].routes; route->method; route++) {
            if (!path_fits(gba_view_cstr(route->path), path, name))
                continue;
            match.known = true;
            if (gba_view_eq(method, gba_view_cstr(route->method)))
                return (struct match){&admin->tables[i], route, true};
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

static void reply(struct rt_http_tx *tx, const struct m2m_admin_how *how, gba_view body)
{
    struct gba_http_msg rsp = {
        .status = body.n > 0 || how->status != 200 ? how->status : 204, .minor = 1, .body = body};
    gba_rc rc = gba_http_field_add(&rsp, GBA_LIT("Cache-Control"), GBA_LIT("no-store"));
    if (rc == GBA_OK && body.n > 0)
        rc = gba_http_field_add(&rsp, GBA_LIT("Content-Type"), gba_view_cstr(how->type));
    if (rc == GBA_OK && how->status == 401)
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

/* One request while it is served; freed when it is answered. */
struct m2m_admin_later {
    struct m2m_admin_ask ask;
    struct m2m_admin_how how;
    struct m2m_admin *admin;
    struct rt_http_tx *tx;
    const struct gba_http_msg *req;
    uint64_t run;
    struct match match;
    gba_writer name, signature, out;
    gba_text at;
    gba_rc rc;
    bool calling, later, answered;
    uint8_t name_room[NAME_ROOM], signature_room[SIGNATURE_ROOM];
    uint8_t memory[M2M_ADMIN_ANSWER_MAX];
};

static bool looks(const struct m2m_admin_later *x)
{
    return gba_view_eq(x->req->method, GBA_LIT("GET"));
}

/* Most resources have no name. */
#define NAME(x) ((x)->name.n > 0 ? RT_ID("name", gba_writer_view(&(x)->name)) : RT_CSTR("name", ""))

#define WHAT(x)                                                                                              \
    RT_STR("method", (x)->req->method),                                                                      \
        RT_CSTR("resource", (x)->match.route ? (x)->match.route->path : "unknown"), NAME(x)

/* Whoever watches needs no token for what tells nothing of anybody. */
static gba_rc may_ask(const struct m2m_admin_later *x, bool scrapes)
{
    const struct m2m_admin_table *table = x->match.table;
    if (scrapes)
        return table && table->access != M2M_ADMIN_TOKEN ? GBA_OK : GBA_E_ADMIN_ROUTE;
    if (table && table->access == M2M_ADMIN_OPEN)
        return GBA_OK;
    GBA_ENSURE(shows_token(x->admin, x->req), GBA_E_ADMIN_TOKEN);
    return table ? GBA_OK : GBA_E_ADMIN_ROUTE;
}

static gba_rc serve(struct m2m_admin_later *x, bool scrapes)
{
    gba_view path, query, field = gba_http_field_get(x->req, GBA_LIT("Keystrap-Signature"));
    gba_view_split(x->req->target, '?', &path, &query);
    x->match = match_of(x->admin, x->req->method, path, &x->name);
    GBA_TRY(may_ask(x, scrapes));
    GBA_ENSURE(!field.p || gba_b64_parse(field, &x->signature) == GBA_OK, GBA_E_SIGNATURE);
    x->ask = (struct m2m_admin_ask){.env = rt_loop_env(x->admin->loop),
                                    .name = x->name.n > 0 ? gba_writer_view(&x->name) : gba_view_cstr(NULL),
                                    .query = query,
                                    .body = x->req->body,
                                    .signature = field.p ? gba_writer_view(&x->signature) : field,
                                    .out = &x->out,
                                    .at = &x->at,
                                    .how = &x->how,
                                    .later = x};
    if (!looks(x))
        GBA_TRY(rt_audit("admin.action", WHAT(x)));
    return x->match.route->fn(x->match.table->arg, &x->ask);
}

/* Scrapes and probes come all the time. */
static void log_served(const struct m2m_admin_later *x, gba_rc rc)
{
    bool watches = x->match.table && x->match.table->access != M2M_ADMIN_TOKEN;
    rt_log(rc != GBA_OK ? RT_LOG_WARN
           : watches    ? RT_LOG_DEBUG
           : looks(x)   ? RT_LOG_INFO
                        : RT_LOG_NOTICE,
           rc == GBA_OK ? "admin.served" : "admin.refused", WHAT(x), RT_REASON(rc),
           RT_STR("at", gba_text_view(&x->at)));
    if (!looks(x))
        rt_audit_note("admin.result", WHAT(x), RT_REASON(rc));
}

static void finish(struct m2m_admin_later *x, gba_rc rc)
{
    if (rc == GBA_OK)
        rc = gba_writer_end(&x->out);
    log_served(x, rc);
    size_t used = x->out.n;
    if (rc != GBA_OK) {
        put_refusal(&x->out, rc, &x->at);
        x->how.type = json;
        x->how.status = rc == GBA_E_ADMIN_ROUTE && x->match.known && !x->match.route ? 405 : status_of(rc);
    }
    reply(x->tx, &x->how, gba_writer_view(&x->out));
    gba_wipe_bytes(x->memory, used > x->out.n ? used : x->out.n);
    free(x);
}

struct m2m_admin_later *m2m_admin_later(const struct m2m_admin_ask *ask)
{
    ask->later->later = true;
    return ask->later;
}

const struct m2m_admin_ask *m2m_admin_ask_of(struct m2m_admin_later *x)
{
    x->ask.env = rt_loop_env(x->admin->loop);
    return &x->ask;
}

void m2m_admin_answer(struct m2m_admin_later *x, gba_rc rc)
{
    x->rc = rc;
    x->answered = true;
    if (x->calling)
        return;
    uint64_t before = rt_log_run(x->run);
    finish(x, rc);
    rt_log_run(before);
}

static void take(struct m2m_admin *admin, struct rt_http_tx *tx, const struct gba_http_msg *req, bool scrapes)
{
    static const struct m2m_admin_how no_memory = {json, 503};
    struct m2m_admin_later *x = malloc(sizeof *x);
    if (!x) {
        reply(tx, &no_memory, gba_view_cstr(NULL));
        return;
    }
    x->how = (struct m2m_admin_how){json, 200};
    x->admin = admin;
    x->tx = tx;
    x->req = req;
    x->run = rt_log_run_new(rt_loop_env(admin->loop));
    x->name = gba_writer_of(x->name_room, sizeof x->name_room);
    x->signature = gba_writer_of(x->signature_room, sizeof x->signature_room);
    x->out = gba_writer_of(x->memory, sizeof x->memory);
    x->at.n = 0;
    x->later = x->answered = false;
    uint64_t before = rt_log_run(x->run);
    x->calling = true;
    gba_rc rc = serve(x, scrapes);
    x->calling = false;
    if (rc != GBA_OK || !x->later || x->answered)
        finish(x, rc == GBA_OK && x->answered ? x->rc : rc);
    rt_log_run(before);
}

static void on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    take(arg, tx, req, false);
}

static void on_scrape(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    take(arg, tx, req, true);
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

static gba_rc listen_on(struct m2m_admin *admin, struct rt_daemon *daemon, const gba_text *address,
                        bool scrapes)
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
        rc = rt_httpd_open(admin->loop, &conf, scrapes ? on_scrape : on_request, admin, &admin->at[admin->n]);
    if (rc != GBA_OK) {
        rt_log(RT_LOG_ERROR, "admin.listen-failed", RT_STR("address", gba_text_view(address)), RT_REASON(rc));
        return rc;
    }
    rt_httpd_address(admin->at[admin->n++], &listens);
    rt_daemon_listens(daemon, scrapes ? "metrics" : "admin", gba_text_view(&listens));
    return GBA_OK;
}

static gba_rc listen_on_all(struct m2m_admin *admin, struct rt_daemon *daemon,
                            const struct gba_opt_list *list, bool scrapes)
{
    const gba_text *addresses = list->items;
    for (size_t i = 0; i < list->n && i < M2M_ADMIN_LISTEN_MAX; i++)
        GBA_TRY(listen_on(admin, daemon, &addresses[i], scrapes));
    return GBA_OK;
}

gba_rc m2m_admin_open(struct m2m_admin *admin, struct rt_daemon *daemon, const struct m2m_conf_admin *conf)
{
    admin->loop = rt_daemon_loop(daemon);
    m2m_admin_watch_mount(&admin->watch, admin, daemon);
    if (conf->listen.n > 0)
        GBA_TRY(read_token(admin, conf));
    GBA_TRY(listen_on_all(admin, daemon, &conf->listen, false));
    return listen_on_all(admin, daemon, &conf->metrics_listen, true);
}

void m2m_admin_add_as(struct m2m_admin *admin, enum m2m_admin_access access,
                      const struct m2m_admin_route *routes, void *arg)
{
    if (admin->tables_n < M2M_ADMIN_TABLES_MAX)
        admin->tables[admin->tables_n++] = (struct m2m_admin_table){routes, arg, access};
}

void m2m_admin_add(struct m2m_admin *admin, const struct m2m_admin_route *routes, void *arg)
{
    m2m_admin_add_as(admin, M2M_ADMIN_TOKEN, routes, arg);
}

/* ---- queries ---- */

gba_rc m2m_admin_query(const struct m2m_admin_ask *ask, const char *name, gba_text *value)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_view left = ask->query, part, key, text;
    value->n = 0;
    value->s[0] = '\0';
    for (bool more = left.n > 0; more;) {
        gba_writer w = gba_writer_of(room, sizeof room);
        more = gba_view_split(left, '&', &part, &left);
        gba_view_split(part, '=', &key, &text);
        if (!gba_view_eq(key, gba_view_cstr(name)))
            continue;
        GBA_ENSURE(value->n == 0 && decode(text, &w), GBA_E_ADMIN_QUERY);
        GBA_TRY(gba_text_set(value, gba_writer_view(&w)));
    }
    return GBA_OK;
}

void m2m_admin_close(struct m2m_admin *admin)
{
    while (admin->n > 0)
        rt_httpd_close(admin->at[--admin->n]);
    rt_reasons_log(&admin->refused, "admin.count");
    gba_wipe(&admin->token);
}
