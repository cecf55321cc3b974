/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/http_msg.h"

#include "gba/base/text.h"
#include "gba/wire/chars.h"

/* ---- lines ---- */

/* The length of the header section at the start of `in`, blank line included;
 * 0 when its end is not there yet. */
static size_t head_length(gba_view in)
{
    size_t at = gba_view_find(in, '\n');
    while (at < in.n) {
        gba_view next = gba_view_sub(in, at + 1, 2);
        if (gba_view_eq(next, GBA_LIT("\r\n")))
            return at + 3;
        at += 1 + gba_view_find(gba_view_sub(in, at + 1, in.n), '\n');
    }
    return 0;
}

enum { AUTS_MAX = 40 };

/* Does the line break off inside auts of Authorization?  The base64 encoders of
 * some devices break lines there.  Only what base64 consists of may stand there,
 * or a line could be a field to others and a value to us. */
static bool inside_auts(gba_view line)
{
    size_t quote = gba_view_find_last(line, '"');
    gba_view before = gba_view_sub(line, 0, quote), auts = gba_view_sub(line, quote + 1, line.n);
    if (quote == line.n || auts.n > AUTS_MAX || !gba_view_ends(before, GBA_LIT("auts=")))
        return false;
    if (!gba_view_eq_nocase(gba_view_sub(line, 0, 14), GBA_LIT("Authorization:")))
        return false;
    for (size_t i = 0; i < auts.n; i++) {
        uint8_t c = auts.p[i];
        bool base64 = gba_char_is_alnum(c) || c == '+' || c == '/' || c == '=';
        if (!base64 && c != '\r' && c != '\n' && c != ' ' && c != '\t')
            return false;
    }
    return true;
}

/* The next line without its CRLF; a bare LF is a failure of class `rc`. */
static gba_rc get_line(gba_reader *r, gba_rc rc, gba_view *line)
{
    gba_view rest = gba_view_sub(r->in, r->at, r->in.n);
    size_t n = gba_view_find(rest, '\n');
    while (n < rest.n && inside_auts(gba_view_sub(rest, 0, n)))
        n += 1 + gba_view_find(gba_view_sub(rest, n + 1, rest.n), '\n');
    GBA_ENSURE(n < rest.n && n > 0 && rest.p[n - 1] == '\r', rc);
    *line = gba_view_sub(rest, 0, n - 1);
    r->at += n + 1;
    return GBA_OK;
}

static bool is_value(gba_view line)
{
    for (size_t i = 0; i < line.n; i++) {
        bool fold = line.p[i] == '\r' || line.p[i] == '\n';
        if (!gba_char_is_value(line.p[i]) && !(fold && inside_auts(gba_view_sub(line, 0, i))))
            return false;
    }
    return true;
}

static gba_rc parse_field(gba_view line, struct gba_http_msg *out)
{
    struct gba_http_field field;
    GBA_ENSURE(gba_view_split(line, ':', &field.name, &field.value), GBA_E_HTTP_FIELD);
    GBA_ENSURE(gba_view_is_token(field.name), GBA_E_HTTP_FIELD);
    field.value = gba_view_trim(field.value);
    GBA_ENSURE(is_value(line), GBA_E_HTTP_FIELD);
    GBA_ENSURE(out->n_fields < GBA_HTTP_MAX_FIELDS, GBA_E_HTTP_HEAD_SIZE);
    out->fields[out->n_fields++] = field;
    return GBA_OK;
}

static gba_rc parse_fields(gba_reader *r, struct gba_http_msg *out)
{
    gba_view line;
    GBA_TRY(get_line(r, GBA_E_HTTP_FIELD, &line));
    while (line.n > 0) {
        GBA_TRY(parse_field(line, out));
        GBA_TRY(get_line(r, GBA_E_HTTP_FIELD, &line));
    }
    return GBA_OK;
}

static gba_rc parse_version(gba_view text, struct gba_http_msg *out)
{
    GBA_ENSURE(gba_view_starts(text, GBA_LIT("HTTP/")), GBA_E_HTTP_LINE);
    bool known = gba_view_eq(text, GBA_LIT("HTTP/1.1")) || gba_view_eq(text, GBA_LIT("HTTP/1.0"));
    GBA_ENSURE(known, GBA_E_HTTP_VERSION);
    out->minor = (unsigned)(text.p[text.n - 1] - '0');
    return GBA_OK;
}

/* ---- fields ---- */

gba_view gba_http_field_get(const struct gba_http_msg *m, gba_view name)
{
    for (size_t i = 0; i < m->n_fields; i++) {
        if (gba_view_eq_nocase(m->fields[i].name, name))
            return m->fields[i].value;
    }
    return (gba_view){NULL, 0};
}

size_t gba_http_field_count(const struct gba_http_msg *m, gba_view name)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_fields; i++)
        n += gba_view_eq_nocase(m->fields[i].name, name);
    return n;
}

static bool list_has(gba_view list, gba_view token)
{
    gba_view item;
    bool more = true;
    while (more) {
        more = gba_view_split(list, ',', &item, &list);
        if (gba_view_eq_nocase(gba_view_trim(item), token))
            return true;
    }
    return false;
}

bool gba_http_field_has_token(const struct gba_http_msg *m, gba_view name, gba_view token)
{
    for (size_t i = 0; i < m->n_fields; i++) {
        if (gba_view_eq_nocase(m->fields[i].name, name) && list_has(m->fields[i].value, token))
            return true;
    }
    return false;
}

gba_rc gba_http_field_add(struct gba_http_msg *m, gba_view name, gba_view value)
{
    GBA_ENSURE(m->n_fields < GBA_HTTP_MAX_FIELDS, GBA_E_SPACE);
    m->fields[m->n_fields++] = (struct gba_http_field){name, value};
    return GBA_OK;
}

void gba_http_field_remove(struct gba_http_msg *m, gba_view name)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->n_fields; i++) {
        if (!gba_view_eq_nocase(m->fields[i].name, name))
            m->fields[kept++] = m->fields[i];
    }
    m->n_fields = kept;
}

/* RFC 9110 7.6.1.  Host and Content-Length are end to end whatever Connection
 * says, or a client could take them away from the next hop. */
static bool is_hop_by_hop(const struct gba_http_msg *m, gba_view name)
{
    static const char *const always[] = {"Connection", "Proxy-Connection",  "Keep-Alive", "TE",
                                         "Trailer",    "Transfer-Encoding", "Upgrade"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        if (gba_view_eq_nocase(name, gba_view_cstr(always[i])))
            return true;
    }
    if (gba_view_eq_nocase(name, GBA_LIT("Host")) || gba_view_eq_nocase(name, GBA_LIT("Content-Length")))
        return false;
    return gba_http_field_has_token(m, GBA_LIT("Connection"), name);
}

void gba_http_strip_hop_by_hop(struct gba_http_msg *m)
{
    bool drop[GBA_HTTP_MAX_FIELDS];
    size_t kept = 0;
    for (size_t i = 0; i < m->n_fields; i++)
        drop[i] = is_hop_by_hop(m, m->fields[i].name);
    for (size_t i = 0; i < m->n_fields; i++) {
        if (!drop[i])
            m->fields[kept++] = m->fields[i];
    }
    m->n_fields = kept;
}

/* ---- framing ---- */

/* The one Content-Length; repetitions of the same text are taken out, so that
 * whoever forwards the message sends one. */
static gba_rc take_length(struct gba_http_msg *m, gba_view *length)
{
    static const gba_view name = {(const uint8_t *)"Content-Length", 14};
    size_t kept = 0;
    *length = gba_http_field_get(m, name);
    for (size_t i = 0; i < m->n_fields; i++) {
        struct gba_http_field field = m->fields[i];
        bool is_length = gba_view_eq_nocase(field.name, name);
        GBA_ENSURE(!is_length || gba_view_eq(field.value, *length), GBA_E_HTTP_FRAMING);
        if (!is_length || field.value.p == length->p)
            m->fields[kept++] = field;
    }
    m->n_fields = kept;
    return GBA_OK;
}

/* RFC 9112 6.1 and 6.3: what the fields say about the length of the body. */
static gba_rc field_framing(struct gba_http_msg *m, enum gba_http_framing otherwise)
{
    gba_view length;
    gba_view coding = gba_http_field_get(m, GBA_LIT("Transfer-Encoding"));
    GBA_TRY(take_length(m, &length));
    m->framing = otherwise;
    if (coding.p) {
        bool once = gba_http_field_count(m, GBA_LIT("Transfer-Encoding")) == 1;
        GBA_ENSURE(once && !length.p && m->minor == 1, GBA_E_HTTP_FRAMING);
        GBA_ENSURE(gba_view_eq_nocase(coding, GBA_LIT("chunked")), GBA_E_HTTP_FRAMING);
        m->framing = GBA_HTTP_CHUNKED;
    } else if (length.p) {
        GBA_ENSURE(gba_dec_parse(length, INT64_MAX, &m->body_n) == GBA_OK, GBA_E_HTTP_FRAMING);
        m->framing = GBA_HTTP_LENGTH;
    }
    return GBA_OK;
}

static bool wants_keep_alive(const struct gba_http_msg *m)
{
    static const gba_view name = {(const uint8_t *)"Connection", 10};
    if (gba_http_field_has_token(m, name, GBA_LIT("close")))
        return false;
    return m->minor == 1 || gba_http_field_has_token(m, name, GBA_LIT("keep-alive"));
}

/* ---- request ---- */

/* Host characters of a name, an address or a port; brackets, '@' and the like
 * stay outside. */
static bool is_host_text(gba_view text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (!gba_char_is_alnum(c) && c != '-' && c != '.' && c != '_' && c != '~')
            return false;
    }
    return text.n > 0;
}

static bool is_ip6_text(gba_view text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!gba_char_is_alnum(text.p[i]) && text.p[i] != ':' && text.p[i] != '.')
            return false;
    }
    return text.n > 1;
}

/* host[:port] or [IPv6][:port]. */
static bool is_authority(gba_view text)
{
    gba_view host, port;
    uint64_t number;
    bool bracketed = gba_view_starts(text, GBA_LIT("["));
    if (bracketed) {
        if (!gba_view_split(gba_view_sub(text, 1, text.n), ']', &host, &port) || !is_ip6_text(host))
            return false;
        if (port.n > 0 && port.p[0] != ':')
            return false;
        port = gba_view_sub(port, 1, port.n);
    } else {
        gba_view_split(text, ':', &host, &port);
        if (!is_host_text(host))
            return false;
    }
    return port.n == 0 || gba_dec_parse(port, 65535, &number) == GBA_OK;
}

/* The authority of an absolute-form target; absent for the other forms. */
static gba_view target_authority(gba_view target)
{
    gba_view scheme, rest, authority;
    if (target.p[0] == '/' || !gba_view_split(target, ':', &scheme, &rest))
        return (gba_view){NULL, 0};
    if (!gba_view_starts(rest, GBA_LIT("//")))
        return (gba_view){NULL, 0};
    gba_view_split(gba_view_sub(rest, 2, rest.n), '/', &authority, &rest);
    return authority;
}

/* RFC 9112 3.2: the four forms; CONNECT is for tunnels and none are offered. */
static gba_rc check_target(gba_view target)
{
    GBA_ENSURE(target.n > 0, GBA_E_HTTP_LINE);
    for (size_t i = 0; i < target.n; i++)
        GBA_ENSURE(target.p[i] > ' ' && target.p[i] < 0x7f && target.p[i] != '#', GBA_E_HTTP_LINE);
    bool asterisk = gba_view_eq(target, GBA_LIT("*"));
    GBA_ENSURE(asterisk || target.p[0] == '/' || target_authority(target).p, GBA_E_HTTP_LINE);
    return GBA_OK;
}

static gba_rc parse_request_line(gba_view line, struct gba_http_msg *out)
{
    gba_view rest, version;
    GBA_ENSURE(gba_view_split(line, ' ', &out->method, &rest), GBA_E_HTTP_LINE);
    GBA_ENSURE(gba_view_split(rest, ' ', &out->target, &version), GBA_E_HTTP_LINE);
    GBA_ENSURE(gba_view_is_token(out->method), GBA_E_HTTP_LINE);
    GBA_TRY(check_target(out->target));
    return parse_version(version, out);
}

/* RFC 9112 3.2: one Host, the same as an absolute-form target names. */
static gba_rc check_host(const struct gba_http_msg *m)
{
    gba_view host = gba_http_field_get(m, GBA_LIT("Host"));
    gba_view authority = target_authority(m->target);
    size_t n = gba_http_field_count(m, GBA_LIT("Host"));
    GBA_ENSURE(n == 1 || (n == 0 && m->minor == 0), GBA_E_HTTP_HOST);
    GBA_ENSURE(n == 0 || is_authority(host), GBA_E_HTTP_HOST);
    GBA_ENSURE(n == 0 || !authority.p || gba_view_eq_nocase(host, authority), GBA_E_HTTP_HOST);
    return GBA_OK;
}

/* An incomplete section whose first line is already wrong is refused at once. */
static gba_rc check_partial(gba_view in, bool request)
{
    struct gba_http_msg m = {.n_fields = 0};
    gba_reader r = gba_reader_of(in);
    gba_view line;
    if (gba_view_find(in, '\n') == in.n)
        return GBA_E_HTTP_MORE;
    GBA_TRY(get_line(&r, GBA_E_HTTP_LINE, &line));
    if (request)
        GBA_TRY(parse_request_line(line, &m));
    return GBA_E_HTTP_MORE;
}

gba_rc gba_http_request_parse(gba_view in, struct gba_http_msg *out, size_t *used)
{
    /* RFC 9112 2.2: one empty line before the request line is ignored. */
    size_t skip = gba_view_starts(in, GBA_LIT("\r\n")) ? 2 : 0;
    gba_view head = gba_view_sub(in, skip, in.n);
    gba_view line;
    head.n = head_length(head);
    if (head.n == 0)
        return check_partial(gba_view_sub(in, skip, in.n), true);
    gba_reader r = gba_reader_of(head);
    *out = (struct gba_http_msg){0};
    GBA_TRY(get_line(&r, GBA_E_HTTP_LINE, &line));
    GBA_TRY(parse_request_line(line, out));
    GBA_TRY(parse_fields(&r, out));
    GBA_TRY(check_host(out));
    GBA_TRY(field_framing(out, GBA_HTTP_NO_BODY));
    out->keep_alive = wants_keep_alive(out);
    *used = skip + r.at;
    return GBA_OK;
}

/* ---- response ---- */

static gba_rc parse_status_line(gba_view line, struct gba_http_msg *out)
{
    gba_view version, rest, code;
    uint64_t status;
    GBA_ENSURE(gba_view_split(line, ' ', &version, &rest), GBA_E_HTTP_LINE);
    GBA_TRY(parse_version(version, out));
    gba_view_split(rest, ' ', &code, &out->reason);
    GBA_ENSURE(code.n == 3 && gba_dec_parse(code, 599, &status) == GBA_OK, GBA_E_HTTP_LINE);
    GBA_ENSURE(status >= 100 && gba_view_is_value(out->reason), GBA_E_HTTP_LINE);
    out->status = (unsigned)status;
    return GBA_OK;
}

static bool status_has_body(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

gba_rc gba_http_response_parse(gba_view in, bool to_head, struct gba_http_msg *out, size_t *used)
{
    gba_view line, head = gba_view_sub(in, 0, head_length(in));
    if (head.n == 0)
        return check_partial(in, false);
    gba_reader r = gba_reader_of(head);
    *out = (struct gba_http_msg){0};
    GBA_TRY(get_line(&r, GBA_E_HTTP_LINE, &line));
    GBA_TRY(parse_status_line(line, out));
    GBA_TRY(parse_fields(&r, out));
    GBA_TRY(field_framing(out, GBA_HTTP_UNTIL_CLOSE));
    if (to_head || !status_has_body(out->status)) {
        out->framing = GBA_HTTP_NO_BODY;
        out->body_n = 0;
    }
    out->keep_alive = wants_keep_alive(out) && out->framing != GBA_HTTP_UNTIL_CLOSE;
    *used = r.at;
    return GBA_OK;
}

/* ---- writer ---- */

static gba_rc put_request_line(const struct gba_http_msg *m, gba_writer *w)
{
    GBA_ENSURE(gba_view_is_token(m->method), GBA_E_HTTP_LINE);
    GBA_TRY(check_target(m->target));
    gba_put_view(w, m->method);
    gba_put_u8(w, ' ');
    gba_put_view(w, m->target);
    gba_put_str(w, m->minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    return GBA_OK;
}

static gba_rc put_status_line(const struct gba_http_msg *m, gba_writer *w)
{
    GBA_ENSURE(m->status >= 100 && m->status <= 599, GBA_E_HTTP_LINE);
    GBA_ENSURE(gba_view_is_value(m->reason), GBA_E_HTTP_LINE);
    gba_put_str(w, m->minor == 0 ? "HTTP/1.0 " : "HTTP/1.1 ");
    gba_put_dec(w, m->status);
    gba_put_u8(w, ' ');
    gba_put_view(w, m->reason.p ? m->reason : gba_http_reason(m->status));
    gba_put_str(w, "\r\n");
    return GBA_OK;
}

static gba_rc put_fields(const struct gba_http_msg *m, gba_writer *w)
{
    for (size_t i = 0; i < m->n_fields; i++) {
        GBA_ENSURE(gba_view_is_token(m->fields[i].name), GBA_E_HTTP_FIELD);
        GBA_ENSURE(gba_view_is_value(m->fields[i].value), GBA_E_HTTP_FIELD);
        gba_put_view(w, m->fields[i].name);
        gba_put_str(w, ": ");
        gba_put_view(w, m->fields[i].value);
        gba_put_str(w, "\r\n");
    }
    return GBA_OK;
}

/* RFC 9110 8.6: responses always say their length; requests do when they have
 * a body or their method would lead one to expect it. */
static bool needs_length(const struct gba_http_msg *m)
{
    static const char *const bodiless[] = {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"};
    if (gba_http_field_get(m, GBA_LIT("Content-Length")).p)
        return false;
    if (gba_http_field_get(m, GBA_LIT("Transfer-Encoding")).p)
        return false;
    if (m->status > 0)
        return status_has_body(m->status);
    for (size_t i = 0; i < sizeof bodiless / sizeof *bodiless && m->body.n == 0; i++) {
        if (gba_view_eq(m->method, gba_view_cstr(bodiless[i])))
            return false;
    }
    return true;
}

/* A given Content-Length may stand for a body that is sent later or never (HEAD),
 * but may not contradict the one that is here. */
static gba_rc check_length(const struct gba_http_msg *m)
{
    uint64_t n = 0;
    gba_view length = gba_http_field_get(m, GBA_LIT("Content-Length"));
    if (!length.p || m->body.n == 0)
        return GBA_OK;
    GBA_ENSURE(gba_dec_parse(length, INT64_MAX, &n) == GBA_OK && n == m->body.n, GBA_E_HTTP_FRAMING);
    return GBA_OK;
}

gba_rc gba_http_format(const struct gba_http_msg *m, gba_writer *w)
{
    GBA_TRY(check_length(m));
    if (m->status > 0)
        GBA_TRY(put_status_line(m, w));
    else
        GBA_TRY(put_request_line(m, w));
    GBA_TRY(put_fields(m, w));
    if (needs_length(m)) {
        gba_put_str(w, "Content-Length: ");
        gba_put_dec(w, m->body.n);
        gba_put_str(w, "\r\n");
    }
    gba_put_str(w, "\r\n");
    gba_put_view(w, m->body);
    return gba_writer_end(w);
}

gba_view gba_http_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } rows[] = {
        {100, "Continue"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {421, "Misdirected Request"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].status == status)
            return gba_view_cstr(rows[i].reason);
    }
    return GBA_LIT("");
}
