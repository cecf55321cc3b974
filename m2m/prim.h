/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Primitives and their HTTP binding (TS-0009): what a request asks and what is
 * answered, apart from how it travels.
 */
#pragma once

#include "gba/wire/http_msg.h"

enum m2m_op { M2M_CREATE = 1, M2M_RETRIEVE = 2, M2M_UPDATE = 3, M2M_DELETE = 4 };

/* Response status codes, TS-0004 6.6.3. */
enum m2m_rsc {
    M2M_RSC_OK = 2000,
    M2M_RSC_CREATED = 2001,
    M2M_RSC_DELETED = 2002,
    M2M_RSC_UPDATED = 2004,
    M2M_RSC_BAD_REQUEST = 4000,
    M2M_RSC_NOT_FOUND = 4004,
    M2M_RSC_NOT_ALLOWED = 4005,
    M2M_RSC_CONTENTS = 4102,
    M2M_RSC_NO_PRIVILEGE = 4103,
    M2M_RSC_CONFLICT = 4105,
    M2M_RSC_NOT_AUTHENTICATED = 4106,
    M2M_RSC_ASSOCIATION_REQUIRED = 4107,
    M2M_RSC_INTERNAL = 5000,
    M2M_RSC_NOT_IMPLEMENTED = 5001,
    M2M_RSC_TARGET_UNREACHABLE = 5103,
};

/* Views into the message it was read from.
 * `to` is a path: "/-/RI" stands for the CSE-relative To "-/RI"; the absolute form is
 * "//HOST/-/RI" (on HTTP "/_/HOST/-/RI"); other forms stay as they came. */
struct m2m_request {
    enum m2m_op op;
    gba_view to;   /* without query, percent-decoded into the room given */
    gba_view from; /* X-M2M-Origin; absent: none */
    gba_view rqi, rvi;
    unsigned ty;   /* create; 0 when not said */
    gba_view body; /* JSON; empty: none */
    bool plain;    /* the body is application/json, no representation of a resource */
};

struct m2m_response {
    enum m2m_rsc rsc;
    gba_rc reason;     /* for log and counters; OK when it is none */
    gba_view rqi, rvi; /* of the request */
    gba_view body;     /* JSON; empty: none */
    gba_view location; /* create: Content-Location */
    bool plain;        /* as in a request */
};

/* From HTTP.  room holds what had to be decoded.  E_M2M_METHOD, E_M2M_TARGET (path
 * not well-formed), E_M2M_TYPE (content type or ty), E_M2M_HEADER (a repeated one). */
GBA_MUST_USE gba_rc m2m_request_of_http(const struct gba_http_msg *http, gba_writer *room,
                                        struct m2m_request *out);

/* What a request is answered with when nothing but this reason is to be said; OK: success. */
struct m2m_response m2m_answer_of(gba_rc rc, const struct m2m_request *req);

/* To HTTP, for servers; views into rsp and into scratch (8 octets for a number). */
void m2m_response_to_http(const struct m2m_response *rsp, gba_writer *scratch, struct gba_http_msg *http);

/* The two for clients; views into req and into scratch, which has room for 64 octets and
 * three for each one of `to`.  m2m_response_of_http: E_M2M_ANSWER when X-M2M-RSC is missing or no number. */
void m2m_request_to_http(const struct m2m_request *req, gba_writer *scratch, struct gba_http_msg *http);
GBA_MUST_USE gba_rc m2m_response_of_http(const struct gba_http_msg *http, struct m2m_response *out);

/* TS-0009 6.3.2. */
unsigned m2m_rsc_http(enum m2m_rsc rsc);

/* One table: what a refusal is on the wire. */
enum m2m_rsc m2m_rsc_of(gba_rc rc);

/* ISO 8601 basic, UTC: "20270101T000000" (TS-0004 6.3.3); what lies behind the year 9999
 * is its end.  Reading ignores a fraction behind a comma; E_TIME. */
void m2m_put_time(gba_writer *w, int64_t unix_s);
GBA_MUST_USE gba_rc m2m_time_parse(gba_view text, int64_t *unix_s);
