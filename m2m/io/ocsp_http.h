/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to OCSP responders by HTTP POST (RFC 6960 A.1): any number of responders,
 * told by their URLs, names looked up without stopping the loop.
 */
#pragma once

#include "rt/loop.h"

struct m2m_ocsp_http;

/* timeout_ms: of looking up the name, and then again of connecting and asking.  E_MEMORY. */
GBA_MUST_USE gba_rc m2m_ocsp_http_open(struct rt_loop *loop, uint32_t timeout_ms, struct m2m_ocsp_http **out);

/* rc OK and the body of a 200 (valid during the call; nothing of it was looked at), or why there is
 * none: E_ADDRESS (no plain http URL), E_CERT_STATUS (another status), E_CONNECT, E_TIMEOUT, E_PEER_GONE,
 * E_HTTP_*, E_MEMORY. */
typedef void m2m_ocsp_http_fn(void *arg, gba_rc rc, gba_view response);

/* Everything is copied; fn is called exactly once, perhaps before this returns. */
void m2m_ocsp_http_ask(struct m2m_ocsp_http *http, gba_view url, gba_view request, m2m_ocsp_http_fn *fn,
                       void *arg);

/* What waits gets E_PEER_GONE, now or later; frees itself on the loop.  NULL is ignored. */
void m2m_ocsp_http_close(struct m2m_ocsp_http *http);
