/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/io/http_curl.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 64 * 1024, BODY_STEP = 64 * 1024 };

struct ue_http {
    const struct ue_http_conf *conf;
    CURL *curl;
    struct curl_slist *fields;
    struct curl_slist *connect_to;
    char error[CURL_ERROR_SIZE];
    gba_rc rc; /* of a callback that gave up */
    bool to_head;
    uint8_t head[HEAD_MAX];
    size_t head_n;
    uint8_t *body;
    size_t body_n, body_cap;
    struct gba_http_msg response;
};

/* ---- receiving ---- */

/* One line of a header section; a new status line begins a new section (after
 * 100 Continue). */
static size_t on_head(char *data, size_t size, size_t n, void *self)
{
    struct ue_http *http = self;
    gba_view line = gba_view_of(data, size * n);
    if (gba_view_starts(line, GBA_LIT("HTTP/")))
        http->head_n = 0;
    if (line.n > sizeof http->head - http->head_n) {
        http->rc = GBA_E_HTTP_HEAD_SIZE;
        return 0;
    }
    gba_copy(http->head + http->head_n, line);
    http->head_n += line.n;
    return line.n;
}

static gba_rc make_room(struct ue_http *http, size_t n)
{
    GBA_ENSURE(n <= http->conf->max_body - http->body_n, GBA_E_HTTP_BODY_SIZE);
    if (n <= http->body_cap - http->body_n)
        return GBA_OK;
    size_t cap = 2 * http->body_cap + n + BODY_STEP;
    uint8_t *body = calloc(1, cap);
    GBA_ENSURE(body, GBA_E_MEMORY);
    gba_copy(body, gba_view_of(http->body, http->body_n));
    free(http->body);
    http->body = body;
    http->body_cap = cap;
    return GBA_OK;
}

static size_t on_body(char *data, size_t size, size_t n, void *self)
{
    struct ue_http *http = self;
    gba_view part = gba_view_of(data, size * n);
    http->rc = make_room(http, part.n);
    if (http->rc != GBA_OK)
        return part.n + 1; /* any other number makes libcurl stop */
    gba_copy(http->body + http->body_n, part);
    http->body_n += part.n;
    return part.n;
}

/* libcurl is lenient; what the engines see passed our own strict reader. */
static gba_rc take_response(struct ue_http *http, const struct gba_http_msg **response)
{
    size_t used = 0;
    gba_view head = gba_view_of(http->head, http->head_n);
    gba_rc rc = gba_http_response_parse(head, http->to_head, &http->response, &used);
    GBA_ENSURE(rc != GBA_E_HTTP_MORE, GBA_E_PEER_GONE); /* libcurl takes a head that is cut off */
    GBA_TRY(rc);
    http->response.body = gba_view_of(http->body, http->body_n);
    *response = &http->response;
    return GBA_OK;
}

/* ---- sending ---- */

static gba_rc append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    GBA_ENSURE(longer, GBA_E_MEMORY);
    *list = longer;
    return GBA_OK;
}

/* "Name: value", or "Name;" which is libcurl's way to send an empty value. */
static gba_rc add_field(struct ue_http *http, const struct gba_http_field *field)
{
    static const gba_view separator = {(const uint8_t *)": ", 2};
    size_t cap = field->name.n + separator.n + field->value.n + 1;
    char *line = calloc(1, cap);
    GBA_ENSURE(line, GBA_E_MEMORY);
    gba_writer w = gba_writer_of(line, cap - 1);
    gba_put_view(&w, field->name);
    gba_put_view(&w, field->value.n > 0 ? separator : GBA_LIT(";"));
    gba_put_view(&w, field->value);
    gba_rc rc = append(&http->fields, line);
    free(line);
    return rc;
}

/* Ours, and against libcurl's own: a field without a value is not sent. */
static gba_rc set_fields(struct ue_http *http, const struct gba_http_msg *request)
{
    static const char *const own[] = {"Accept", "User-Agent", "Expect", "Content-Type"};
    curl_slist_free_all(http->fields);
    http->fields = NULL;
    for (size_t i = 0; i < request->n_fields; i++)
        GBA_TRY(add_field(http, &request->fields[i]));
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        char line[32];
        snprintf(line, sizeof line, "%s:", own[i]);
        if (!gba_http_field_get(request, gba_view_cstr(own[i])).p)
            GBA_TRY(append(&http->fields, line));
    }
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->fields);
    return GBA_OK;
}

static bool wants_body(const struct gba_http_msg *request)
{
    return request->body.n > 0 || gba_view_eq(request->method, GBA_LIT("POST")) ||
           gba_view_eq(request->method, GBA_LIT("PUT")) || gba_view_eq(request->method, GBA_LIT("PATCH"));
}

static gba_rc set_text(CURL *curl, CURLoption option, gba_view value)
{
    char text[8192];
    GBA_ENSURE(value.n < sizeof text, GBA_E_TOO_LONG);
    gba_copy(text, value);
    text[value.n] = '\0';
    return curl_easy_setopt(curl, option, text) == CURLE_OK ? GBA_OK : GBA_E_MEMORY;
}

static gba_rc set_url(CURL *curl, const struct ue_url *url)
{
    char text[GBA_TEXT_MAX + 32];
    snprintf(text, sizeof text, "http://%s:%u/", url->host.s, url->port);
    return curl_easy_setopt(curl, CURLOPT_URL, text) == CURLE_OK ? GBA_OK : GBA_E_MEMORY;
}

/* The connection goes to this address: HOST and PORT of the pattern are empty. */
static gba_rc set_connect(struct ue_http *http, const gba_text *connect)
{
    char entry[GBA_TEXT_MAX + 8];
    curl_slist_free_all(http->connect_to);
    http->connect_to = NULL;
    snprintf(entry, sizeof entry, "::%s", connect->s);
    if (connect->n > 0)
        GBA_TRY(append(&http->connect_to, entry));
    curl_easy_setopt(http->curl, CURLOPT_CONNECT_TO, http->connect_to);
    return GBA_OK;
}

static gba_rc set_request(struct ue_http *http, const struct ue_url *url, const struct gba_http_msg *request)
{
    CURL *curl = http->curl;
    http->to_head = gba_view_eq(request->method, GBA_LIT("HEAD"));
    GBA_TRY(set_url(curl, url));
    GBA_TRY(set_connect(http, &url->connect));
    GBA_TRY(set_fields(http, request));
    if (wants_body(request)) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.n ? (const char *)request->body.p : "");
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(curl, CURLOPT_NOBODY, (long)http->to_head);
    GBA_TRY(set_text(curl, CURLOPT_CUSTOMREQUEST, request->method));
    /* The digest is over the target as it stands: libcurl must not touch it. */
    return set_text(curl, CURLOPT_REQUEST_TARGET, request->target);
}

static gba_rc rc_of(const struct ue_http *http, CURLcode code)
{
    if (code != CURLE_OK && http->rc != GBA_OK)
        return http->rc;
    switch (code) {
    case CURLE_OK:
        return GBA_OK;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return GBA_E_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return GBA_E_TIMEOUT;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return GBA_E_PEER_GONE;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return GBA_E_HTTP_LINE;
    default:
        return GBA_E_IO;
    }
}

gba_rc ue_http_send(struct ue_http *http, const struct ue_url *url, const struct gba_http_msg *request,
                    const struct gba_http_msg **response)
{
    http->head_n = http->body_n = 0;
    http->error[0] = '\0';
    http->rc = GBA_OK;
    GBA_TRY(set_request(http, url, request));
    GBA_TRY(rc_of(http, curl_easy_perform(http->curl)));
    return take_response(http, response);
}

/* ---- opening ---- */

static gba_rc set_options(struct ue_http *http)
{
    CURL *curl = http->curl;
    const struct ue_http_conf *conf = http->conf;
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)conf->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)conf->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    if (conf->proxy.n > 0)
        GBA_TRY(set_text(curl, CURLOPT_PROXY, conf->proxy));
    else
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"); /* http_proxy of the environment must not count */
    return GBA_OK;
}

gba_rc ue_http_open(const struct ue_http_conf *conf, struct ue_http **http)
{
    GBA_ENSURE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, GBA_E_MEMORY);
    struct ue_http *opened = calloc(1, sizeof *opened);
    GBA_ENSURE(opened, GBA_E_MEMORY);
    opened->conf = conf;
    opened->curl = curl_easy_init();
    gba_rc rc = opened->curl ? set_options(opened) : GBA_E_MEMORY;
    if (rc != GBA_OK) {
        ue_http_close(opened);
        return rc;
    }
    *http = opened;
    return GBA_OK;
}

const char *ue_http_detail(const struct ue_http *http)
{
    return http->error;
}

void ue_http_close(struct ue_http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->curl);
    curl_slist_free_all(http->fields);
    curl_slist_free_all(http->connect_to);
    free(http->body);
    free(http);
    curl_global_cleanup();
}
