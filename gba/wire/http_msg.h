/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 messages as data (RFC 9110, RFC 9112): a strict, sans-I/O reader
 * and a writer.
 *
 * Refused: obs-fold and bare CR or LF (but for line breaks inside the base64 of
 * auts in Authorization, which some devices send), white space before the colon, control
 * characters, both Content-Length and Transfer-Encoding, several differing
 * Content-Lengths, any transfer coding but one "chunked", missing or repeated
 * Host in HTTP/1.1 requests.
 */
#pragma once

#include "gba/base/text.h"

enum { GBA_HTTP_MAX_FIELDS = 64 };

struct gba_http_field {
    gba_view name, value;
};

enum gba_http_framing {
    GBA_HTTP_NO_BODY,
    GBA_HTTP_LENGTH,      /* body_n octets follow */
    GBA_HTTP_CHUNKED,
    GBA_HTTP_UNTIL_CLOSE, /* responses only */
};

/* Views point into the buffer that was parsed, or to whatever the writer's
 * caller provided. */
struct gba_http_msg {
    gba_view method, target; /* request */
    unsigned status;         /* response; 0 in a request */
    gba_view reason;         /* response */
    unsigned minor;          /* HTTP/1.minor */
    struct gba_http_field fields[GBA_HTTP_MAX_FIELDS];
    size_t n_fields;
    enum gba_http_framing framing;
    uint64_t body_n;         /* with GBA_HTTP_LENGTH */
    bool keep_alive;
    gba_view body;           /* set by whoever collected it */
};

/* Parse one header section at the start of `in`.  OK: *used octets were it,
 * framing and keep_alive are set.  E_HTTP_MORE: call again with more octets.
 * The caller bounds `in`. */
GBA_MUST_USE gba_rc gba_http_request_parse(gba_view in, struct gba_http_msg *out, size_t *used);

/* The same for a response; `to_head` when it answers HEAD (no body follows). */
GBA_MUST_USE gba_rc gba_http_response_parse(gba_view in, bool to_head, struct gba_http_msg *out,
                                            size_t *used);

/* First value of a field, name without regard to case; absent when missing. */
gba_view gba_http_field_get(const struct gba_http_msg *m, gba_view name);

/* How many fields have this name. */
size_t gba_http_field_count(const struct gba_http_msg *m, gba_view name);

/* Does the comma-separated list of a field (all its lines) hold the token? */
bool gba_http_field_has_token(const struct gba_http_msg *m, gba_view name, gba_view token);

/* Append a field; E_SPACE over GBA_HTTP_MAX_FIELDS.  Views are kept, not copied. */
GBA_MUST_USE gba_rc gba_http_field_add(struct gba_http_msg *m, gba_view name, gba_view value);

/* Take out every field of this name. */
void gba_http_field_remove(struct gba_http_msg *m, gba_view name);

/* Take out the hop-by-hop fields: RFC 9110 7.6.1, and those Connection names. */
void gba_http_strip_hop_by_hop(struct gba_http_msg *m);

/* ---- body collector: framing off, payload appended to a writer ---- */

struct gba_http_body {
    enum gba_http_framing framing;
    uint64_t left;     /* of the body or of the current chunk */
    int state;         /* private */
    size_t line_n;     /* private: length of the chunk line or trailer so far */
    bool done;
};

struct gba_http_body gba_http_body_of(const struct gba_http_msg *m);

/* Feed octets: payload goes to w, *used says how many were taken; done is set
 * at the end.  E_HTTP_BODY_SIZE when w is full, E_HTTP_FRAMING. */
GBA_MUST_USE gba_rc gba_http_body_feed(struct gba_http_body *b, gba_view in, gba_writer *w, size_t *used);

/* ---- writer ---- */

/* Start line, fields, Content-Length of body (unless one is among the fields or
 * the status has no body), blank line, body.  Refuses CR, LF and NUL inside
 * values (E_HTTP_FIELD) so that nothing can be smuggled. */
GBA_MUST_USE gba_rc gba_http_format(const struct gba_http_msg *m, gba_writer *w);

/* The standard reason phrase, or "" when there is none. */
gba_view gba_http_reason(unsigned status);
