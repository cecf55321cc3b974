/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/ctl_http.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "gba/base/secret.h"
#include "gba/wire/chars.h"

enum { LINE_MAX_N = 1024, STEP = 16 * 1024 };

/* One exchange. */
struct exchange {
    CURL *curl;
    struct curl_slist *fields;
    struct m2m_ctl_answer *answer;
    size_t cap;
    bool too_large;
};

static gba_rc make_room(struct exchange *x, size_t n)
{
    struct m2m_ctl_answer *answer = x->answer;
    if (n <= x->cap - answer->n)
        return GBA_OK;
    size_t cap = 2 * x->cap + n + STEP;
    uint8_t *octets = calloc(1, cap);
    GBA_ENSURE(octets, GBA_E_MEMORY);
    gba_copy(octets, gba_view_of(answer->octets, answer->n));
    if (answer->octets)
        gba_wipe_bytes(answer->octets, answer->n);
    free(answer->octets);
    answer->octets = octets;
    x->cap = cap;
    return GBA_OK;
}

static size_t on_body(char *data, size_t size, size_t n, void *self)
{
    struct exchange *x = self;
    gba_view part = gba_view_of(data, size * n);
    x->too_large = part.n > M2M_CTL_ANSWER_MAX - x->answer->n;
    if (x->too_large || make_room(x, part.n) != GBA_OK)
        return part.n + 1; /* any other number makes libcurl stop */
    gba_copy(x->answer->octets + x->answer->n, part);
    x->answer->n += part.n;
    return part.n;
}

static gba_rc add_field(struct exchange *x, const char *name, gba_view value, bool b64)
{
    char line[LINE_MAX_N];
    gba_writer w = gba_writer_of(line, sizeof line);
    gba_put_str(&w, name);
    if (b64)
        gba_put_b64(&w, value);
    else
        gba_put_view(&w, value);
    gba_put_u8(&w, 0);
    gba_rc rc = gba_writer_end(&w) == GBA_OK ? GBA_OK : GBA_E_TOO_LONG;
    if (rc == GBA_OK) {
        struct curl_slist *longer = curl_slist_append(x->fields, line);
        x->fields = longer ? longer : x->fields;
        rc = longer ? GBA_OK : GBA_E_MEMORY;
    }
    gba_wipe(&line);
    return rc;
}

static gba_rc add_fields(struct exchange *x, const struct m2m_ctl_daemon *daemon,
                         const struct m2m_ctl_request *req)
{
    GBA_TRY(add_field(x, "Authorization: Bearer ", gba_view_of(daemon->token, daemon->token_n), false));
    GBA_TRY(add_field(x, "Content-Type: application/json", gba_view_cstr(NULL), false));
    GBA_TRY(add_field(x, "Expect:", gba_view_cstr(NULL), false));
    return req->signature.p ? add_field(x, "Keystrap-Signature: ", req->signature, true) : GBA_OK;
}

/* A name as one segment: RFC 3986 2.1, 2.3. */
static void put_segment(gba_writer *w, gba_view name)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (gba_char_is_alnum(c) || c == '-' || c == '_' || c == '@' || (c == '.' && name.n > 2)) {
            gba_put_u8(w, c);
            continue;
        }
        gba_put_u8(w, '%');
        gba_put_u8(w, (uint8_t)digits[c >> 4]);
        gba_put_u8(w, (uint8_t)digits[c & 15]);
    }
}

static void put_query(gba_writer *w, const struct m2m_ctl_request *req)
{
    const char *before = "?";
    for (size_t i = 0; i < sizeof req->query / sizeof *req->query; i++) {
        if (!req->query[i].value)
            continue;
        gba_put_str(w, before);
        gba_put_str(w, req->query[i].name);
        gba_put_u8(w, '=');
        put_segment(w, gba_view_cstr(req->query[i].value));
        before = "&";
    }
}

static gba_rc set_url(CURL *curl, const struct m2m_ctl_daemon *daemon, const struct m2m_ctl_request *req)
{
    char url[LINE_MAX_N + 3 * GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(url, sizeof url);
    gba_put_str(&w, "http://");
    gba_put_view(&w, gba_text_view(&daemon->address));
    gba_put_str(&w, req->collection);
    if (req->name.p) {
        gba_put_u8(&w, '/');
        put_segment(&w, req->name);
    }
    gba_put_str(&w, req->action ? req->action : "");
    put_query(&w, req);
    gba_put_u8(&w, 0);
    GBA_ENSURE(gba_writer_end(&w) == GBA_OK, GBA_E_TOO_LONG);
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK ? GBA_OK : GBA_E_MEMORY;
}

static void set_options(struct exchange *x, const struct m2m_ctl_request *req)
{
    CURL *curl = x->curl;
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, req->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, x->fields);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 5L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    if (req->body.n > 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)req->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)req->body.p);
    }
}

static gba_rc rc_of(CURLcode code, bool too_large)
{
    switch (code) {
    case CURLE_OK:
        return GBA_OK;
    case CURLE_WRITE_ERROR:
        return too_large ? GBA_E_HTTP_BODY_SIZE : GBA_E_MEMORY;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return GBA_E_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return GBA_E_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return GBA_E_MEMORY;
    default:
        return GBA_E_PEER_GONE;
    }
}

static gba_rc perform(struct exchange *x)
{
    long status = 0;
    CURLcode code = curl_easy_perform(x->curl);
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    x->answer->status = (unsigned)status;
    return rc_of(code, x->too_large);
}

/* libcurl keeps the fields in these strings. */
static void wipe_fields(struct curl_slist *fields)
{
    for (struct curl_slist *at = fields; at; at = at->next)
        gba_wipe_bytes(at->data, gba_view_cstr(at->data).n);
    curl_slist_free_all(fields);
}

gba_rc m2m_ctl_ask(const struct m2m_ctl_daemon *daemon, const struct m2m_ctl_request *req,
                   struct m2m_ctl_answer *answer)
{
    struct exchange x = {.curl = curl_easy_init(), .answer = answer};
    GBA_ENSURE(x.curl, GBA_E_MEMORY);
    gba_rc rc = add_fields(&x, daemon, req);
    if (rc == GBA_OK)
        rc = set_url(x.curl, daemon, req);
    if (rc == GBA_OK) {
        set_options(&x, req);
        rc = perform(&x);
    }
    curl_easy_cleanup(x.curl);
    wipe_fields(x.fields);
    return rc;
}

void m2m_ctl_answer_free(struct m2m_ctl_answer *answer)
{
    if (answer->octets)
        gba_wipe_bytes(answer->octets, answer->n);
    free(answer->octets);
    *answer = (struct m2m_ctl_answer){.octets = NULL};
}
