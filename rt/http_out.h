/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages on their way out.  Framing and connection fields are ours alone, so
 * that a handler (or an upstream whose answer it passes on) cannot break the
 * framing of a connection.
 */
#pragma once

#include "gba/wire/http_msg.h"
#include "rt/buf.h"

/* Append the octets of m, as gba_http_format makes them; its errors, E_MEMORY. */
GBA_MUST_USE gba_rc rt_http_out_put(const struct gba_http_msg *m, struct rt_buf *out);

struct rt_http_answer {
    bool to_head;   /* of the request: HEAD */
    unsigned minor; /* of the request: HTTP/1.minor */
    bool close;     /* the connection ends with this answer */
    gba_view date;  /* an HTTP-date, used when rsp has no Date */
};

/* Append the octets of a server's answer.  E_BUG for an interim status,
 * E_HTTP_FIELD or E_SPACE for fields that cannot be sent, E_MEMORY. */
GBA_MUST_USE gba_rc rt_http_out_answer(const struct gba_http_msg *rsp, const struct rt_http_answer *how,
                                       struct rt_buf *out);

/* Append the octets of a client's request; `host` is used when req has no Host.
 * The body is complete and sent at once, so Expect is dropped.  Errors as above. */
GBA_MUST_USE gba_rc rt_http_out_request(const struct gba_http_msg *req, gba_view host, struct rt_buf *out);
