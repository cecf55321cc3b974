/* SPDX-License-Identifier: Apache-2.0 */
/* The reverse proxy: does what the Ua engine orders, and logs every refusal. */
#pragma once

#include "naf/conf.h"
#include "naf/ua.h"
#include "rt/daemon.h"
#include "rt/fdiam.h"
#include "rt/httpc.h"
#include "rt/httpd.h"

struct naf_proxy;

/* Opens a client for every service.  conf and dia live longer.  E_MEMORY and what
 * rt_httpc_open says. */
GBA_MUST_USE gba_rc naf_proxy_open(struct rt_daemon *daemon, const struct naf_conf *conf, struct rt_dia *dia,
                                   struct naf_proxy **out);

/* Handler of the HTTP server; arg is the proxy. */
void naf_proxy_on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req);

/* One line a reason: how often it ended a request. */
void naf_proxy_log_counters(const struct naf_proxy *proxy);

/* Requests on their way are answered still, then keys are wiped, the counters
 * logged and everything freed.  Call once the HTTP server takes no more. */
void naf_proxy_close(struct naf_proxy *proxy);
