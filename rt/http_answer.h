/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server makes of an answer before it is written: framing and
 * connection fields are the server's alone, so that a handler (or an upstream
 * whose answer it passes on) cannot break the message framing.
 */
#pragma once

#include "gba/wire/http_msg.h"
#include "rt/buf.h"

struct rt_http_answer {
    bool to_head;  /* of the request: HEAD */
    unsigned minor; /* of the request: HTTP/1.minor */
    bool close;    /* the connection ends with this answer */
    gba_view date; /* an HTTP-date, used when rsp has no Date */
};

/* Append the octets of rsp to out.  E_BUG for an interim status, E_HTTP_FIELD or
 * E_SPACE for fields that cannot be sent, E_MEMORY. */
GBA_MUST_USE gba_rc rt_http_answer_format(const struct gba_http_msg *rsp, const struct rt_http_answer *how,
                                          struct rt_buf *out);
