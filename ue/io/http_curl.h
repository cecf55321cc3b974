/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP exchanges over libcurl, one at a time.  It sends exactly the request it
 * is given: no credentials, cookies, redirects or proxies of libcurl's own.
 */
#pragma once

#include "gba/wire/http_msg.h"
#include "ue/url.h"

struct ue_http;

/* Views must outlive it. */
struct ue_http_conf {
    gba_view proxy; /* empty: none */
    uint32_t timeout_ms;
    size_t max_body;
};

/* E_MEMORY. */
GBA_MUST_USE gba_rc ue_http_open(const struct ue_http_conf *conf, struct ue_http **http);

/* Send to the URL's host and port and wait for the response, which lives until
 * the next call.  E_CONNECT, E_TIMEOUT, E_PEER_GONE, E_IO, E_HTTP_*. */
GBA_MUST_USE gba_rc ue_http_send(struct ue_http *http, const struct ue_url *url,
                                 const struct gba_http_msg *request, const struct gba_http_msg **response);

/* What libcurl says about the last failure; empty when it says nothing. */
const char *ue_http_detail(const struct ue_http *http);

void ue_http_close(struct ue_http *http);
